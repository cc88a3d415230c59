// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "solo/fuzz/calls.h"
#include "ta/include/tee_api_defines.h"

#define MAX_SIZE 4096u

static struct fuzz_calls calls, other;

/* What LLVMFuzzerMutate does at its simplest: it grows, and turns bits. */
static size_t turn(uint8_t *data, size_t size, size_t max)
{
	size_t i;

	if (size < max)
		data[size++] = 0;
	for (i = 0; i < size; i++)
		data[i] ^= (uint8_t)(i + 1);
	return size;
}

static void a_call_is_what_the_format_says(void **state)
{
	static const uint8_t input[] = { 0x12, 3, 0, 0, 0,   1,	  7, 0, 0, 0,	 8, 0, 0,
					 0,    5, 2, 0, 'h', 'i', 6, 0, 1, 0x0d, 9, 0, 0x0c };
	const struct fuzz_call *c = &calls.call[0];

	(void)state;
	fuzz_calls_parse(&calls, input, sizeof(input));
	assert_int_equal(calls.num, 2);
	assert_int_equal(c->kind, FUZZ_INVOKE);
	assert_int_equal(c->session, 2);
	assert_true(c->cancelled);
	assert_int_equal(c->cmd, 3);
	assert_int_equal(c->param[0].type, TEE_PARAM_TYPE_VALUE_INPUT);
	assert_int_equal(c->param[0].a, 7);
	assert_int_equal(c->param[0].b, 8);
	assert_int_equal(c->param[1].type, TEE_PARAM_TYPE_MEMREF_INPUT);
	assert_int_equal(c->param[1].size, 2);
	assert_memory_equal(calls.store + c->param[1].at, "hi", 2);
	assert_int_equal(c->param[2].type, TEE_PARAM_TYPE_MEMREF_OUTPUT);
	assert_int_equal(c->param[2].size, 256);
	assert_true(c->param[3].null);
	assert_int_equal(c->param[3].size, 9);
	assert_int_equal(calls.call[1].kind, FUZZ_CLOSE);
}

static void what_is_missing_is_zero(void **state)
{
	static const uint8_t input[] = { 0, 1, 0, 0, 0, 5, 4, 0, 0xaa };
	static const uint8_t bytes[] = { 0xaa, 0, 0, 0 };

	(void)state;
	fuzz_calls_parse(&calls, input, 0);
	assert_int_equal(calls.num, 0);
	fuzz_calls_parse(&calls, input, sizeof(input));
	assert_int_equal(calls.num, 1);
	assert_int_equal(calls.call[0].param[0].size, 4);
	assert_memory_equal(calls.store + calls.call[0].param[0].at, bytes, 4);
	assert_int_equal(calls.call[0].param[3].type, TEE_PARAM_TYPE_NONE);
}

/* Changed @seed times, and each time read back as it was written. */
static void check_changes(unsigned int seed)
{
	static uint8_t first[MAX_SIZE], second[MAX_SIZE];
	size_t size, again;

	fuzz_calls_mutate(&calls, seed, turn);
	assert_true(calls.num <= FUZZ_MAX_CALLS && calls.used <= FUZZ_MAX_BYTES);
	size = fuzz_calls_format(&calls, first, sizeof(first));
	fuzz_calls_parse(&calls, first, size);
	again = fuzz_calls_format(&calls, second, sizeof(second));
	assert_int_equal(size, again);
	assert_memory_equal(first, second, size);
}

static void changed_calls_are_calls(void **state)
{
	unsigned int seed;

	(void)state;
	fuzz_calls_parse(&calls, NULL, 0);
	for (seed = 0; seed < 5000; seed++)
		check_changes(seed * 2654435761u);
	assert_true(calls.num > 0);
}

static void calls_of_two_inputs_meet(void **state)
{
	static const uint8_t one[] = { 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0 };
	static const uint8_t two[] = { 0, 9, 0, 0, 0, 5, 1, 0, 'x', 0, 0, 0 };
	unsigned int i, nines = 0;

	(void)state;
	fuzz_calls_parse(&calls, one, sizeof(one));
	fuzz_calls_parse(&other, two, sizeof(two));
	fuzz_calls_cross(&calls, &other, 5);
	assert_int_equal(calls.num, 3);
	for (i = 0; i < calls.num; i++) {
		const struct fuzz_param *p = &calls.call[i].param[0];

		if (calls.call[i].cmd != 9)
			continue;
		nines++;
		assert_int_equal(calls.store[p->at], 'x');
	}
	assert_int_equal(nines, 1);
	for (i = 0; i < FUZZ_MAX_CALLS; i++)
		fuzz_calls_cross(&calls, &other, i);
	assert_int_equal(calls.num, FUZZ_MAX_CALLS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_call_is_what_the_format_says),
		cmocka_unit_test(what_is_missing_is_zero),
		cmocka_unit_test(changed_calls_are_calls),
		cmocka_unit_test(calls_of_two_inputs_meet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
