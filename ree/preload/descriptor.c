/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/* open, close, dup, fcntl and their kin. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <teelink/dev.h>

#include "ree/preload/preload.h"
#include "ree/preload/real.h"

/* What the C library's headers call instead of open, where they check the arguments. */
PRELOAD_EXPORT int __open_2(const char *path, int flags);
PRELOAD_EXPORT int __open64_2(const char *path, int flags);
PRELOAD_EXPORT int __openat_2(int dir, const char *path, int flags);
PRELOAD_EXPORT int __openat64_2(int dir, const char *path, int flags);

static int open_node(const char *path, int flags)
{
	int old = preload_enter();

	return (int)preload_leave(old, teelink_dev()->open(path, flags));
}

/* open's third argument, which is there if the flags say so. */
#define TAKE_MODE(mode, flags)                                                                     \
	do {                                                                                       \
		va_list ap;                                                                        \
		if (!__OPEN_NEEDS_MODE(flags))                                                     \
			break;                                                                     \
		va_start(ap, flags);                                                               \
		(mode) = va_arg(ap, mode_t);                                                       \
		va_end(ap);                                                                        \
	} while (0)

PRELOAD_EXPORT int open(const char *path, int flags, ...)
{
	mode_t mode = 0;

	if (preload_is_node(path))
		return open_node(path, flags);
	TAKE_MODE(mode, flags);
	return preload_other(real()->open(path, flags, mode));
}

PRELOAD_EXPORT int openat(int dir, const char *path, int flags, ...)
{
	mode_t mode = 0;

	if (preload_is_node(path))
		return open_node(path, flags);
	TAKE_MODE(mode, flags);
	return preload_other(real()->openat(dir, path, flags, mode));
}

int __open_2(const char *path, int flags)
{
	if (preload_is_node(path))
		return open_node(path, flags);
	return preload_other(real()->open_2(path, flags));
}

int __openat_2(int dir, const char *path, int flags)
{
	if (preload_is_node(path))
		return open_node(path, flags);
	return preload_other(real()->openat_2(dir, path, flags));
}

PRELOAD_EXPORT int open64(const char *path, int flags, ...) __attribute__((alias("open")));
PRELOAD_EXPORT int openat64(int dir, const char *path, int flags, ...)
	__attribute__((alias("openat")));
int __open64_2(const char *path, int flags) __attribute__((alias("__open_2")));
int __openat64_2(int dir, const char *path, int flags) __attribute__((alias("__openat_2")));

/* The VM's own descriptors aren't the program's to close, though it may go through all numbers. */
PRELOAD_EXPORT int close(int fd)
{
	int old;

	if (teelink_dev()->reserved(fd)) {
		errno = EBADF;
		return -1;
	}
	if (!preload_owns(fd))
		return real()->close(fd);
	old = preload_enter();
	return (int)preload_leave(old, teelink_dev()->close(fd));
}

/* All from @first to @last but the VM's own. */
static int close_others(unsigned int first, unsigned int last, int flags)
{
	unsigned int fd;
	int ret = 0;

	for (fd = first; fd <= last && fd <= INT_MAX && !ret; fd++) {
		fd = teelink_dev()->next_reserved(fd, last);
		if (fd > last || fd > INT_MAX)
			break;
		if (fd > first)
			ret = real()->close_range(first, fd - 1, flags);
		first = fd + 1;
	}
	if (ret || first > last)
		return ret;
	return real()->close_range(first, last, flags);
}

PRELOAD_EXPORT int close_range(unsigned int first, unsigned int last, int flags)
{
	int old;

	if (first > last || ((unsigned int)flags & CLOSE_RANGE_CLOEXEC))
		return real()->close_range(first, last, flags);
	old = preload_enter();
	teelink_dev()->forget(first, last);
	preload_leave(old, 0);
	return close_others(first, last, flags);
}

PRELOAD_EXPORT void closefrom(int first)
{
	int fd = first > 0 ? first : 0;
	long end = sysconf(_SC_OPEN_MAX);

	/* An old kernel, or a sandbox, doesn't have it. */
	if (close_range((unsigned int)fd, UINT_MAX, 0))
		for (; fd < end; fd++)
			close(fd);
}

PRELOAD_EXPORT int dup(int fd)
{
	int old;

	if (!preload_owns(fd))
		return preload_other(real()->dup(fd));
	old = preload_enter();
	return (int)preload_leave(old, teelink_dev()->dup(fd, 0));
}

/* Makes room at @new_fd for a file of another kind. */
static int replace(int fd, int new_fd)
{
	if (teelink_dev()->reserved(new_fd)) {
		errno = EBUSY;
		return -1;
	}
	/* If this fails, the file there stays. */
	if (preload_owns(new_fd) && real()->fcntl(fd, F_GETFD) < 0)
		return -1;
	preload_other(new_fd);
	return 0;
}

static int dup_node(int fd, int new_fd, int flags)
{
	int old;

	if (teelink_dev()->reserved(new_fd)) {
		errno = EBUSY;
		return -1;
	}
	old = preload_enter();
	return (int)preload_leave(old, teelink_dev()->dup3(fd, new_fd, flags));
}

PRELOAD_EXPORT int dup2(int fd, int new_fd)
{
	if (preload_owns(fd))
		return fd == new_fd ? fd : dup_node(fd, new_fd, 0);
	return replace(fd, new_fd) ? -1 : real()->dup2(fd, new_fd);
}

PRELOAD_EXPORT int dup3(int fd, int new_fd, int flags)
{
	if (preload_owns(fd))
		return dup_node(fd, new_fd, flags);
	return replace(fd, new_fd) ? -1 : real()->dup3(fd, new_fd, flags);
}

static int fcntl_node(int fd, int cmd, long arg)
{
	int old = preload_enter();
	int ret;

	switch (cmd) {
	case F_DUPFD:
	case F_DUPFD_CLOEXEC:
		ret = arg < 0 || arg > INT_MAX ? -EINVAL : teelink_dev()->dup(fd, (int)arg);
		break;
	case F_GETFL:
	case F_SETFL:
		ret = teelink_dev()->fcntl(fd, cmd, (int)arg);
		break;
	case F_SETFD:
		ret = 0; /* it never outlives an exec */
		break;
	default:
		ret = real()->fcntl(fd, cmd, arg);
		ret = ret < 0 ? -errno : ret;
		break;
	}
	return (int)preload_leave(old, ret);
}

PRELOAD_EXPORT int fcntl(int fd, int cmd, ...)
{
	va_list ap;
	long arg;
	int ret;

	/* A number or a pointer or nothing: all come in the same register. */
	va_start(ap, cmd);
	arg = va_arg(ap, long);
	va_end(ap);
	if (preload_owns(fd))
		return fcntl_node(fd, cmd, arg);
	ret = real()->fcntl(fd, cmd, arg);
	return cmd == F_DUPFD || cmd == F_DUPFD_CLOEXEC ? preload_other(ret) : ret;
}

PRELOAD_EXPORT int fcntl64(int fd, int cmd, ...) __attribute__((alias("fcntl")));
