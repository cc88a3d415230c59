/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * The exported table of device operations: how a program in this process reaches /dev/tee0,
 * /dev/teepriv0 and /dev/trusty-ipc-dev0 of its in-process VM without a kernel driver.
 * Thread rule: every operation from any thread, owns and reserved also in a signal handler; close wakes nobody, who
 * waits on a descriptor that is closed waits on.
 * Ownership rule: a descriptor from open (or from an ioctl that makes one) is closed with close; a
 * mapping from mmap is undone with munmap, and what is mapped outlives its descriptor.
 *
 * Descriptors are real ones (they can't collide with the program's own), but only this table gives
 * them meaning; an exec closes them. All operations return 0 or more, or -errno; errno is left alone.
 * In the child of a fork every operation on a descriptor of the parent's fails with -EIO but those that
 * close or duplicate it; open makes a VM of the child's own.
 */
#ifndef TEELINK_DEV_H
#define TEELINK_DEV_H

#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * struct teelink_dev_ops - operations on the in-process VM's device nodes
 * @open: @name is "/dev/tee0", "tee0", "trusty-ipc-dev0"…; attaches the VM on first use. Returns a
 *        descriptor, -ENOENT (no such node, or no machine), -ECONNREFUSED, -ENODEV (VM is dead)
 * @ioctl: as ioctl(2) on the node
 * @mmap: maps the object behind @fd (shared memory of TEE_IOC_SHM_ALLOC) into *@addr
 * @munmap: as munmap(2). -ENOENT: no object is mapped there, and nothing has been done
 * @read: one message, as Linux's tipc_read_iter; blocks unless opened O_NONBLOCK
 * @write: one message
 * @poll: waits up to @timeout_ms (-1: for ever) for @events (POLLIN, POLLOUT); returns the bits that
 *        hold, POLLERR and POLLHUP included, 0 on time-out
 * @close: releases the descriptor; in-flight shared memory lives on until the secure world lets go
 * @owns: 1 when @fd is a descriptor of this table, else 0
 * @exists: 0 when open would find @name; attaches the VM on first use. Errors as @open's
 * @dup: one more descriptor for the same file, the lowest free one that is not below @min
 * @dup3: likewise, @new_fd, which is closed first. @flags: O_CLOEXEC or 0, to no effect
 * @forget: closes those of this table from @first to @last, but leaves their numbers taken: for a
 *          program that closes or replaces them itself, as with closefrom(3) or dup2(2)
 * @reserved: 1 when @fd is one of the VM's own, which the program must leave alone
 * @next_reserved: the lowest of those from @first to @last, or UINT_MAX
 * @fcntl: F_GETFL and F_SETFL (O_NONBLOCK)
 * @ppoll: as ppoll(2), for descriptors of this table and others, at least one of this table
 * @renew: @fd, unless the machine behind it is gone; then a new descriptor of the node that it was opened
 *         by. @fd stays taken, each operation on it fails with -EIO, and it is closed with the new one.
 *         Errors as @open's; -EBADF. It is @fd in any case in the child of a fork, and
 *         for a program that has closed the VM's descriptors
 */
struct teelink_dev_ops {
	int (*open)(const char *name, int flags);
	int (*ioctl)(int fd, unsigned long request, void *arg);
	int (*mmap)(int fd, size_t len, int prot, void **addr);
	ssize_t (*read)(int fd, const struct iovec *iov, int iovcnt);
	ssize_t (*write)(int fd, const struct iovec *iov, int iovcnt);
	int (*poll)(int fd, short events, int timeout_ms);
	int (*close)(int fd);
	int (*owns)(int fd);
	int (*exists)(const char *name);
	int (*munmap)(void *addr, size_t len);
	int (*dup)(int fd, int min);
	int (*dup3)(int fd, int new_fd, int flags);
	void (*forget)(unsigned int first, unsigned int last);
	int (*reserved)(int fd);
	unsigned int (*next_reserved)(unsigned int first, unsigned int last);
	int (*fcntl)(int fd, int cmd, int arg);
	int (*ppoll)(struct pollfd *fds, nfds_t num, const struct timespec *timeout,
		     const sigset_t *mask);
	int (*renew)(int fd);
};

/* The table of this process's own VM. Never NULL. libteec.so.2 exports it beside TEEC_*. */
__attribute__((visibility("default"))) const struct teelink_dev_ops *teelink_dev(void);

/* ioctl of trusty-ipc-dev0: connect this descriptor's channel to a port; @arg is a NUL-terminated name. */
#ifndef TIPC_IOC_CONNECT
#include <sys/ioctl.h>
#define TIPC_IOC_MAGIC 'r'
#define TIPC_IOC_CONNECT _IOW(TIPC_IOC_MAGIC, 0x80, char *)
#endif

#ifdef __cplusplus
}
#endif

#endif
