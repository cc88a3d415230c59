// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
/* Time (7), cancellation (4.10), random data (6.9). */
#include <errno.h>
#include <sys/random.h>
#include <time.h>

#include "lib/futex.h"
#include "ta/runtime.h"

static bool cancelled(const struct ta_runtime *rt)
{
	return !rt->cancel_masked && tl_load_acquire(&rt->mb->cancel) & MAILBOX_CANCEL;
}

bool TEE_GetCancellationFlag(void)
{
	return cancelled(ta_runtime_current());
}

bool TEE_UnmaskCancellation(void)
{
	struct ta_runtime *rt = ta_runtime_current();
	bool was = rt->cancel_masked;

	rt->cancel_masked = false;
	return was;
}

bool TEE_MaskCancellation(void)
{
	struct ta_runtime *rt = ta_runtime_current();
	bool was = rt->cancel_masked;

	rt->cancel_masked = true;
	return was;
}

TEE_Result TEE_Wait(uint32_t timeout)
{
	struct ta_runtime *rt = ta_runtime_current();
	uint64_t deadline = 0;

	if (timeout != TEE_TIMEOUT_INFINITE)
		deadline = tl_now_ns() + (uint64_t)timeout * 1000000u;
	for (;;) {
		uint32_t word = tl_load_acquire(&rt->mb->cancel);

		ta_runtime_check_stop(rt);
		if (cancelled(rt))
			return TEE_ERROR_CANCEL;
		if (rt->cfg->answered || (deadline && tl_now_ns() >= deadline))
			return TEE_SUCCESS;
		futex_wait_shared(&rt->mb->cancel, word, deadline);
	}
}

static void read_clock(clockid_t id, TEE_Time *t, const char *func)
{
	struct timespec ts;

	if (!t || clock_gettime(id, &ts))
		ta_panic(func, TEE_ERROR_BAD_PARAMETERS, "no place for the time");
	t->seconds = (uint32_t)ts.tv_sec;
	t->millis = (uint32_t)(ts.tv_nsec / 1000000);
}

void TEE_GetSystemTime(TEE_Time *t)
{
	read_clock(CLOCK_BOOTTIME, t, __func__);
}

void TEE_GetREETime(TEE_Time *t)
{
	read_clock(CLOCK_REALTIME, t, __func__);
}

void TEE_GenerateRandom(void *buffer, size_t len)
{
	uint8_t *p = buffer;

	while (len) {
		ssize_t n = getrandom(p, len, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			TA_PANIC(TEE_ERROR_BAD_PARAMETERS, "no place for random data");
		p += n;
		len -= (size_t)n;
	}
}
