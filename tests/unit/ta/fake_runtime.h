/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * A TA instance without a secure world: the API's functions find it, and a panic comes back here.
 * Thread rule: one thread.
 * Ownership rule: fake_runtime_stop frees what the instance still has.
 */
#ifndef TEELINK_TESTS_FAKE_RUNTIME_H
#define TEELINK_TESTS_FAKE_RUNTIME_H

#include "ta/runtime.h"

struct fake_runtime {
	struct ta_runtime rt;
	struct ta_runtime_config cfg;
	struct mailbox mb;
	TEE_UUID device_id; /* what the secure world says */
	TEE_Result device_id_result;
	bool expect_panic;
	const char *why; /* of the last panic: each has a reason in the log */
	jmp_buf panic;
};

extern struct fake_runtime fake;

int fake_runtime_start(void **state);
int fake_runtime_stop(void **state);

/* A panic leaves what was allocated: an instance takes it along, a leak check shouldn't see it. */
void __lsan_disable(void) __attribute__((weak));
void __lsan_enable(void) __attribute__((weak));

#define EXPECT_PANIC(stmt)                                                                         \
	do {                                                                                       \
		fake.expect_panic = true;                                                          \
		fake.why = NULL;                                                                   \
		if (__lsan_disable)                                                                \
			__lsan_disable();                                                          \
		if (!setjmp(fake.panic)) {                                                         \
			stmt;                                                                      \
			fail_msg("no panic: %s", #stmt);                                           \
		}                                                                                  \
		if (__lsan_enable)                                                                 \
			__lsan_enable();                                                           \
		fake.expect_panic = false;                                                         \
		assert_non_null(fake.why);                                                         \
	} while (0)

#endif
