/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <teelink/dev.h>

#include "ree/libteec/sys.h"

static int kernel_open(const char *node)
{
	int fd = open(node, O_RDWR | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static int kernel_ioctl(int fd, unsigned long request, void *arg)
{
	int ret = ioctl(fd, request, arg);

	return ret < 0 ? -errno : ret;
}

static int kernel_mmap(int fd, size_t len, void **addr)
{
	void *p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (p == MAP_FAILED)
		return -errno;
	*addr = p;
	return 0;
}

static void kernel_munmap(void *addr, size_t len)
{
	munmap(addr, len);
}

static void kernel_close(int fd)
{
	close(fd);
}

const struct teec_sys_ops teec_sys_kernel = {
	.open = kernel_open,
	.ioctl = kernel_ioctl,
	.mmap = kernel_mmap,
	.munmap = kernel_munmap,
	.close = kernel_close,
};

static int vm_open(const char *node)
{
	return teelink_dev()->open(node, O_RDWR | O_CLOEXEC);
}

static int vm_ioctl(int fd, unsigned long request, void *arg)
{
	return teelink_dev()->ioctl(fd, request, arg);
}

static int vm_mmap(int fd, size_t len, void **addr)
{
	return teelink_dev()->mmap(fd, len, PROT_READ | PROT_WRITE, addr);
}

static void vm_munmap(void *addr, size_t len)
{
	teelink_dev()->munmap(addr, len);
}

static void vm_close(int fd)
{
	teelink_dev()->close(fd);
}

static int vm_renew(int fd)
{
	return teelink_dev()->renew(fd);
}

const struct teec_sys_ops teec_sys_vm = {
	.open = vm_open,
	.ioctl = vm_ioctl,
	.mmap = vm_mmap,
	.munmap = vm_munmap,
	.close = vm_close,
	.renew = vm_renew,
	.own_memory = true,
};

void teec_sys_choose(const char *device, struct teec_sys *sys)
{
	sys->ops = &teec_sys_vm;
	sys->node = NULL;
	if (!device || !device[0] || !strcmp(device, "vm"))
		return;
	if (!strcmp(device, "kernel")) {
		sys->ops = &teec_sys_kernel;
		return;
	}
	if (device[0] == '/')
		sys->ops = &teec_sys_kernel;
	sys->node = device;
}
