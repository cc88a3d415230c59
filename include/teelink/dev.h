/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * The exported table of device operations: how a program in this process reaches /dev/tee0,
 * /dev/teepriv0 and /dev/trusty-ipc-dev0 of its in-process VM without a kernel driver.
 * Thread rule: every operation from any thread; close wakes nobody: don't close under a caller.
 * Ownership rule: a descriptor from open (or from an ioctl that makes one) is closed with close; a
 * mapping from mmap is undone with munmap(2).
 *
 * Descriptors are real ones (they can't collide with the program's own), but only this table gives
 * them meaning. All operations return 0 or more, or -errno; errno is left alone.
 */
#ifndef TEELINK_DEV_H
#define TEELINK_DEV_H

#include <stddef.h>
#include <sys/types.h>
#include <sys/uio.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * struct teelink_dev_ops - operations on the in-process VM's device nodes
 * @open: @name is "/dev/tee0", "tee0", "trusty-ipc-dev0"…; attaches the VM on first use. Returns a
 *        descriptor, -ENOENT (no such node, or no machine), -ECONNREFUSED, -ENODEV (VM is dead)
 * @ioctl: as ioctl(2) on the node
 * @mmap: maps the object behind @fd (shared memory of TEE_IOC_SHM_ALLOC) into *@addr
 * @read: one message, as Linux's tipc_read_iter; blocks unless opened O_NONBLOCK
 * @write: one message
 * @poll: waits up to @timeout_ms (-1: for ever) for @events (POLLIN, POLLOUT); returns the bits that
 *        hold, POLLERR and POLLHUP included, 0 on time-out
 * @close: releases the descriptor; in-flight shared memory lives on until the secure world lets go
 * @owns: 1 when @fd is a descriptor of this table, else 0
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
