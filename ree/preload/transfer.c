/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/* ioctl, read, write, mmap and their kin. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <teelink/dev.h>

#include "ree/preload/preload.h"
#include "ree/preload/real.h"

PRELOAD_EXPORT ssize_t __read_chk(int fd, void *buf, size_t len, size_t size);

static int set_nonblock(int fd, const int *on)
{
	return teelink_dev()->fcntl(fd, F_SETFL, *on ? O_NONBLOCK : 0);
}

static int ioctl_node(int fd, unsigned long request, void *arg)
{
	switch (request) {
	/* Those that Linux answers for every file. */
	case FIOCLEX:
	case FIONCLEX:
		return 0;
	case FIONBIO:
		return set_nonblock(fd, arg);
	default:
		return teelink_dev()->ioctl(fd, request, arg);
	}
}

PRELOAD_EXPORT int ioctl(int fd, unsigned long request, ...)
{
	va_list ap;
	void *arg;
	int old;

	va_start(ap, request);
	arg = va_arg(ap, void *);
	va_end(ap);
	if (!preload_owns(fd))
		return real()->ioctl(fd, request, arg);
	old = preload_enter();
	return (int)preload_leave(old, ioctl_node(fd, request, arg));
}

static ssize_t readv_node(int fd, const struct iovec *iov, int num)
{
	int old = preload_enter();

	return preload_leave(old, teelink_dev()->read(fd, iov, num));
}

static ssize_t writev_node(int fd, const struct iovec *iov, int num)
{
	int old = preload_enter();

	return preload_leave(old, teelink_dev()->write(fd, iov, num));
}

PRELOAD_EXPORT ssize_t read(int fd, void *buf, size_t len)
{
	struct iovec iov = { buf, len };

	return preload_owns(fd) ? readv_node(fd, &iov, 1) : real()->read(fd, buf, len);
}

ssize_t __read_chk(int fd, void *buf, size_t len, size_t size)
{
	struct iovec iov = { buf, len };

	/* If the buffer is too small the C library says so. */
	if (!preload_owns(fd) || len > size)
		return real()->read_chk(fd, buf, len, size);
	return readv_node(fd, &iov, 1);
}

PRELOAD_EXPORT ssize_t readv(int fd, const struct iovec *iov, int num)
{
	return preload_owns(fd) ? readv_node(fd, iov, num) : real()->readv(fd, iov, num);
}

PRELOAD_EXPORT ssize_t write(int fd, const void *buf, size_t len)
{
	struct iovec iov = { (void *)(uintptr_t)buf, len };

	return preload_owns(fd) ? writev_node(fd, &iov, 1) : real()->write(fd, buf, len);
}

PRELOAD_EXPORT ssize_t writev(int fd, const struct iovec *iov, int num)
{
	return preload_owns(fd) ? writev_node(fd, iov, num) : real()->writev(fd, iov, num);
}

/* Shared, from its beginning, anywhere: what client libraries ask for. */
static int mmap_node(size_t len, int prot, int flags, int fd, off_t offset, void **addr)
{
	if (!(flags & MAP_SHARED) || (flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)) || offset)
		return -EINVAL;
	return teelink_dev()->mmap(fd, len, prot, addr);
}

PRELOAD_EXPORT void *mmap(void *addr, size_t len, int prot, int flags, int fd, off_t offset)
{
	void *p = MAP_FAILED;
	int old;

	if ((flags & MAP_ANONYMOUS) || !preload_owns(fd))
		return real()->mmap(addr, len, prot, flags, fd, offset);
	old = preload_enter();
	return preload_leave(old, mmap_node(len, prot, flags, fd, offset, &p)) ? MAP_FAILED : p;
}

PRELOAD_EXPORT void *mmap64(void *addr, size_t len, int prot, int flags, int fd, off_t offset)
	__attribute__((alias("mmap")));

PRELOAD_EXPORT int munmap(void *addr, size_t len)
{
	int old = preload_enter();
	int ret = teelink_dev()->munmap(addr, len);

	/* None of it was mapped from a device. */
	if (ret == -ENOENT)
		ret = real()->munmap(addr, len) ? -errno : 0;
	return (int)preload_leave(old, ret);
}
