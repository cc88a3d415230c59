/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * The definitions that this library's stand before, by name without leading underscores.
 * Thread rule: any thread, also in a signal handler.
 * Ownership rule: none.
 */
#ifndef TEELINK_REE_PRELOAD_REAL_H
#define TEELINK_REE_PRELOAD_REAL_H

#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>

/* The names with 64 at their end are the same functions where off_t has 64 bits. */
_Static_assert(sizeof(off_t) == 8, "one definition for each pair");

struct real {
	int (*open)(const char *path, int flags, ...);
	int (*openat)(int dir, const char *path, int flags, ...);
	int (*open_2)(const char *path, int flags);
	int (*openat_2)(int dir, const char *path, int flags);
	int (*close)(int fd);
	int (*close_range)(unsigned int first, unsigned int last, int flags);
	int (*dup)(int fd);
	int (*dup2)(int fd, int new_fd);
	int (*dup3)(int fd, int new_fd, int flags);
	int (*fcntl)(int fd, int cmd, ...);
	int (*ioctl)(int fd, unsigned long request, ...);
	ssize_t (*read)(int fd, void *buf, size_t len);
	ssize_t (*read_chk)(int fd, void *buf, size_t len, size_t size);
	ssize_t (*readv)(int fd, const struct iovec *iov, int num);
	ssize_t (*write)(int fd, const void *buf, size_t len);
	ssize_t (*writev)(int fd, const struct iovec *iov, int num);
	void *(*mmap)(void *addr, size_t len, int prot, int flags, int fd, off_t offset);
	int (*munmap)(void *addr, size_t len);
	int (*poll)(struct pollfd *fds, nfds_t num, int timeout_ms);
	int (*poll_chk)(struct pollfd *fds, nfds_t num, int timeout_ms, size_t size);
	int (*ppoll)(struct pollfd *fds, nfds_t num,
			 const struct timespec *timeout, const sigset_t *mask);
	int (*ppoll_chk)(struct pollfd *fds, nfds_t num,
			 const struct timespec *timeout, const sigset_t *mask, size_t size);
	int (*select)(int num, fd_set *in, fd_set *out, fd_set *except, struct timeval *timeout);
	int (*pselect)(int num, fd_set *in, fd_set *out, fd_set *except,
			 const struct timespec *timeout, const sigset_t *mask);
	int (*epoll_ctl)(int epfd, int op, int fd, struct epoll_event *event);
	int (*fstat)(int fd, struct stat *st);
	int (*fstatat)(int dir, const char *path, struct stat *st, int flags);
	int (*statx)(int dir, const char *path, int flags, unsigned int mask, struct statx *st);
	int (*access)(const char *path, int mode);
	int (*faccessat)(int dir, const char *path, int mode, int flags);
	int (*euidaccess)(const char *path, int mode);
};

const struct real *real(void);

#endif
