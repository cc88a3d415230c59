/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * The seam between libteec and the device that it talks the Linux TEE uapi to.
 * Thread rule: any thread.
 * Ownership rule: a descriptor from open or from an ioctl that makes one is closed with close; a
 * mapping is undone with munmap.
 */
#ifndef TEELINK_REE_LIBTEEC_SYS_H
#define TEELINK_REE_LIBTEEC_SYS_H

#include <stdbool.h>
#include <stddef.h>

/**
 * struct teec_sys_ops - a way to a TEE device
 * @open: @node is "/dev/tee0"… or what TEELINK_DEVICE holds. Returns a descriptor or -errno
 * @ioctl: returns 0 or more, or -errno
 * @mmap: maps @len bytes of the shared memory behind @fd, read-write. Returns 0 or -errno
 * @munmap: undoes it
 * @close: closes a descriptor of this table
 * @renew: a descriptor of the same device that lives: @fd itself unless its machine is gone, else another
 *         one, in place of which @fd stays open as a dead one. May be NULL: devices stay as they are.
 *         -errno when there is none
 * @own_memory: what the device allocates is shared as it is in any size, and memory of the program's
 *              own may be copied: then allocations come from the device
 */
struct teec_sys_ops {
	int (*open)(const char *node);
	int (*ioctl)(int fd, unsigned long request, void *arg);
	int (*mmap)(int fd, size_t len, void **addr);
	void (*munmap)(void *addr, size_t len);
	void (*close)(int fd);
	int (*renew)(int fd);
	bool own_memory;
};

extern const struct teec_sys_ops teec_sys_kernel; /* system calls */
extern const struct teec_sys_ops teec_sys_vm;     /* include/teelink/dev.h */

struct teec_sys {
	const struct teec_sys_ops *ops;
	const char *node; /* the one node to try, or NULL: /dev/tee0, /dev/tee1… */
};

/**
 * teec_sys_choose() - what a value of TEELINK_DEVICE means
 * @device: the value, or NULL; stays referenced by @sys
 */
void teec_sys_choose(const char *device, struct teec_sys *sys);

/* This process's choice, made once. A unit test of the library links its own definition of it. */
const struct teec_sys *teec_sys(void);

#endif
