/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "ree/tee/uaccess.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#define UACCESS_BATCH 256u

static bool access_ok(uint64_t uaddr, size_t len)
{
	return uaddr && uaddr <= UINTPTR_MAX && len <= UINTPTR_MAX - uaddr;
}

int uaccess_copy_in_unchecked(void *dst, uint64_t usrc, size_t len)
{
	if (!access_ok(usrc, len))
		return -EFAULT;
	memcpy(dst, (const void *)(uintptr_t)usrc, len);
	return 0;
}

int uaccess_copy_out_unchecked(uint64_t udst, const void *src, size_t len)
{
	if (!access_ok(udst, len))
		return -EFAULT;
	memcpy((void *)(uintptr_t)udst, src, len);
	return 0;
}

int uaccess_copy_in(void *dst, uint64_t usrc, size_t len)
{
	struct iovec local = { dst, len };
	struct iovec remote = { (void *)(uintptr_t)usrc, len };
	ssize_t n;

	if (!access_ok(usrc, len))
		return -EFAULT;
	n = process_vm_readv(getpid(), &local, 1, &remote, 1, 0);
	if (n == (ssize_t)len)
		return 0;
	if (n >= 0 || errno == EFAULT)
		return -EFAULT;
	/* A sandbox without the call: then as a program's own access. */
	return uaccess_copy_in_unchecked(dst, usrc, len);
}

int uaccess_copy_out(uint64_t udst, const void *src, size_t len)
{
	struct iovec local = { (void *)(uintptr_t)src, len };
	struct iovec remote = { (void *)(uintptr_t)udst, len };
	ssize_t n;

	if (!access_ok(udst, len))
		return -EFAULT;
	n = process_vm_writev(getpid(), &local, 1, &remote, 1, 0);
	if (n == (ssize_t)len)
		return 0;
	if (n >= 0 || errno == EFAULT)
		return -EFAULT;
	return uaccess_copy_out_unchecked(udst, src, len);
}

int uaccess_check_readable(uint64_t uaddr, size_t len)
{
	const uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	uint8_t bytes[UACCESS_BATCH];
	struct iovec remote[UACCESS_BATCH], local = { bytes, 0 };
	uint64_t next = uaddr, last;
	size_t i;

	if (!access_ok(uaddr, len))
		return -EFAULT;
	for (last = uaddr + len - 1; len && next <= last;) {
		for (i = 0; i < UACCESS_BATCH && next <= last; i++) {
			remote[i] = (struct iovec){ (void *)(uintptr_t)next, 1 };
			next = (next | (page - 1)) + 1;
		}
		local.iov_len = i;
		if (process_vm_readv(getpid(), &local, 1, remote, i, 0) == (ssize_t)i)
			continue;
		if (errno != EPERM && errno != ENOSYS)
			return -EFAULT;
		return 0; /* a sandbox without the call: then as a program's own access */
	}
	return 0;
}
