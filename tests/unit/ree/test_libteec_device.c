/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include <tee_client_api.h>
#include <teelink/dev.h>

#include "ree/libteec/sys.h"
#include "ree/tee/uapi.h"

static struct {
	char name[64];
	int flags, fd, prot;
	unsigned long request;
	size_t len;
	void *arg;
} seen;

static int dev_open(const char *name, int flags)
{
	strncpy(seen.name, name, sizeof(seen.name) - 1);
	seen.flags = flags;
	return 42;
}

static int dev_ioctl(int fd, unsigned long request, void *arg)
{
	seen.fd = fd;
	seen.request = request;
	seen.arg = arg;
	return -EIO;
}

static int dev_mmap(int fd, size_t len, int prot, void **addr)
{
	seen.fd = fd;
	seen.len = len;
	seen.prot = prot;
	*addr = &seen;
	return 0;
}

static int dev_close(int fd)
{
	seen.fd = fd;
	return 0;
}

/* This process's VM, as far as libteec sees one. */
const struct teelink_dev_ops *teelink_dev(void)
{
	static const struct teelink_dev_ops ops = {
		.open = dev_open,
		.ioctl = dev_ioctl,
		.mmap = dev_mmap,
		.close = dev_close,
	};

	return &ops;
}

static void test_vm_table(void **state)
{
	void *addr = NULL;
	int arg;

	(void)state;
	assert_int_equal(teec_sys_vm.open("/dev/tee0"), 42);
	assert_string_equal(seen.name, "/dev/tee0");
	assert_int_equal(seen.flags & O_ACCMODE, O_RDWR);
	assert_int_equal(teec_sys_vm.ioctl(43, TEE_IOC_VERSION, &arg), -EIO);
	assert_int_equal(seen.fd, 43);
	assert_int_equal(seen.request, TEE_IOC_VERSION);
	assert_ptr_equal(seen.arg, &arg);
	assert_int_equal(teec_sys_vm.mmap(44, 123, &addr), 0);
	assert_int_equal(seen.fd, 44);
	assert_int_equal(seen.len, 123);
	assert_int_equal(seen.prot, PROT_READ | PROT_WRITE);
	assert_ptr_equal(addr, &seen);
	teec_sys_vm.close(45);
	assert_int_equal(seen.fd, 45);
}

static void test_kernel_table(void **state)
{
	struct tee_ioctl_version_data v;
	void *addr = NULL;
	int fd;

	(void)state;
	assert_int_equal(teec_sys_kernel.open("/dev/no-such-node"), -ENOENT);
	fd = teec_sys_kernel.open("/dev/null");
	assert_true(fd >= 0);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(teec_sys_kernel.ioctl(fd, TEE_IOC_VERSION, &v), -ENOTTY);
	teec_sys_kernel.close(fd);
	assert_int_equal(fcntl(fd, F_GETFD), -1);

	fd = memfd_create("test", MFD_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, 8192), 0);
	assert_int_equal(teec_sys_kernel.mmap(fd, 8192, &addr), 0);
	memcpy(addr, "shared", 7);
	teec_sys_kernel.munmap(addr, 8192);
	assert_int_equal(pread(fd, seen.name, 7, 0), 7);
	assert_string_equal(seen.name, "shared");
	teec_sys_kernel.close(fd);
	assert_int_equal(teec_sys_kernel.mmap(-1, 8192, &addr), -EBADF);
}

static void test_choice(void **state)
{
	static const struct {
		const char *device;
		const struct teec_sys_ops *ops;
		const char *node;
	} row[] = {
		{ NULL, &teec_sys_vm, NULL },
		{ "", &teec_sys_vm, NULL },
		{ "vm", &teec_sys_vm, NULL },
		{ "tee1", &teec_sys_vm, "tee1" },
		{ "kernel", &teec_sys_kernel, NULL },
		{ "/dev/tee3", &teec_sys_kernel, "/dev/tee3" },
	};
	struct teec_sys sys;
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		teec_sys_choose(row[i].device, &sys);
		assert_ptr_equal(sys.ops, row[i].ops);
		if (row[i].node)
			assert_string_equal(sys.node, row[i].node);
		else
			assert_null(sys.node);
	}
}

/* A node that is there and isn't a TEE, chosen as a user does it. */
static void test_environment(void **state)
{
	TEEC_Context ctx;

	(void)state;
	assert_int_equal(setenv("TEELINK_DEVICE", "/dev/null", 1), 0);
	assert_ptr_equal(teec_sys()->ops, &teec_sys_kernel);
	assert_int_equal(unsetenv("TEELINK_DEVICE"), 0);
	assert_ptr_equal(teec_sys()->ops, &teec_sys_kernel);
	assert_string_equal(teec_sys()->node, "/dev/null");
	assert_int_equal(TEEC_InitializeContext(NULL, &ctx), TEEC_ERROR_ITEM_NOT_FOUND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vm_table),
		cmocka_unit_test(test_kernel_table),
		cmocka_unit_test(test_choice),
		cmocka_unit_test(test_environment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
