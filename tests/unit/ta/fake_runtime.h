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
	bool expect_panic;
	jmp_buf panic;
};

extern struct fake_runtime fake;

int fake_runtime_start(void **state);
int fake_runtime_stop(void **state);

#define EXPECT_PANIC(stmt)                                                                         \
	do {                                                                                       \
		fake.expect_panic = true;                                                          \
		if (!setjmp(fake.panic)) {                                                         \
			stmt;                                                                      \
			fail_msg("no panic: %s", #stmt);                                           \
		}                                                                                  \
		fake.expect_panic = false;                                                         \
	} while (0)

#endif
