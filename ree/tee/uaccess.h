/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * A client's memory, which is this process's: copies that fail instead of faulting. Each argument
 * is copied in once and the copy is what counts: another thread may change the original at any
 * time.
 * Thread rule: any thread.
 * Ownership rule: none.
 */
#ifndef TEELINK_REE_TEE_UACCESS_H
#define TEELINK_REE_TEE_UACCESS_H

#include <stddef.h>
#include <stdint.h>

/* The kernel looks: one system call each. Return: 0 or -EFAULT. */
int uaccess_copy_in(void *dst, uint64_t usrc, size_t len);
int uaccess_copy_out(uint64_t udst, const void *src, size_t len);
/* Looks at a byte of each page, many to a system call. Return: 0 or -EFAULT. */
int uaccess_check_readable(uint64_t uaddr, size_t len);

/*
 * For the path that must not pay for a system call, TEE_IOC_INVOKE: NULL and addresses that wrap
 * are -EFAULT, others that aren't mapped fault as any access of the program's own would.
 */
int uaccess_copy_in_unchecked(void *dst, uint64_t usrc, size_t len);
int uaccess_copy_out_unchecked(uint64_t udst, const void *src, size_t len);

typedef int (*uaccess_copy_in_fn)(void *dst, uint64_t usrc, size_t len);
typedef int (*uaccess_copy_out_fn)(uint64_t udst, const void *src, size_t len);

#endif
