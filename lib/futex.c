/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "lib/futex.h"

#include <errno.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

uint64_t tl_now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

int futex_wait_shared(const uint32_t *word, uint32_t value, uint64_t deadline_ns)
{
	struct timespec ts = {
		.tv_sec = (time_t)(deadline_ns / 1000000000u),
		.tv_nsec = (long)(deadline_ns % 1000000000u),
	};

	/* WAIT_BITSET takes an absolute CLOCK_MONOTONIC time. */
	if (!syscall(SYS_futex, word, FUTEX_WAIT_BITSET, value, deadline_ns ? &ts : NULL, NULL,
		     FUTEX_BITSET_MATCH_ANY))
		return 0;
	return errno == EAGAIN ? 0 : -errno;
}

int futex_wake_shared(const uint32_t *word, int count)
{
	long n = syscall(SYS_futex, word, FUTEX_WAKE, count, NULL, NULL, 0);

	return n < 0 ? -errno : (int)n;
}
