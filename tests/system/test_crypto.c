// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
/* libcrypto does its work in a confined process: no files, few system calls. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/system/client.h"
#include "tests/system/crypto_ta.h"
#include "tests/system/group.h"

static const TEEC_UUID crypto = CRYPTO_TA_UUID;

static void test_confined(void **state)
{
	struct client c;
	uint32_t cmd, origin;

	(void)state;
	client_open(&c, &crypto);
	for (cmd = 0; cmd < CRYPTO_NUM_CMDS; cmd++)
		assert_int_equal(client_invoke(&c, cmd, &origin), TEEC_SUCCESS);
	client_close(&c);
}

/* A programmer's error ends the instance, and only that: the next one works. */
static void test_misuse_panics(void **state)
{
	struct client c;
	uint32_t origin;

	(void)state;
	client_open(&c, &crypto);
	assert_int_equal(client_invoke(&c, CRYPTO_MISUSE, &origin), TEEC_ERROR_TARGET_DEAD);
	client_close(&c);
	client_open(&c, &crypto);
	assert_int_equal(client_invoke(&c, CRYPTO_SYMMETRIC, &origin), TEEC_SUCCESS);
	client_close(&c);
}

/* A TA's persistent time outlives the instance that set it. */
static void test_persistent_time(void **state)
{
	struct client c;
	uint32_t origin;

	(void)state;
	client_open(&c, &crypto);
	assert_int_equal(client_invoke(&c, CRYPTO_TIME_UNSET, &origin), TEEC_SUCCESS);
	assert_int_equal(client_invoke(&c, CRYPTO_TIME_SET, &origin), TEEC_SUCCESS);
	assert_int_equal(client_invoke(&c, CRYPTO_TIME_RUNS, &origin), TEEC_SUCCESS);
	client_close(&c);
	client_open(&c, &crypto);
	assert_int_equal(client_invoke(&c, CRYPTO_TIME_RUNS, &origin), TEEC_SUCCESS);
	client_close(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_confined),
		cmocka_unit_test(test_misuse_panics),
		cmocka_unit_test(test_persistent_time),
	};

	return cmocka_run_group_tests(tests, group_start, group_stop);
}
