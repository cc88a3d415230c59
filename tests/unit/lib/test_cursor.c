/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/cursor.h"

static void gets_stop_at_the_end(void **state)
{
	uint8_t buf[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	struct cursor c;
	uint32_t v = 0;

	(void)state;
	cursor_init_ro(&c, buf, sizeof(buf));
	assert_true(cursor_get(&c, &v, 4));
	assert_int_equal(v, 0x04030201);
	assert_int_equal(cursor_left(&c), 4);
	assert_false(cursor_get(&c, &v, 5));
	assert_int_equal(v, 0x04030201);
}

static void failure_sticks(void **state)
{
	uint8_t buf[4] = { 0 };
	struct cursor c;

	(void)state;
	cursor_init(&c, buf, sizeof(buf));
	assert_null(cursor_take(&c, 5));
	assert_false(cursor_put(&c, "x", 1));
	assert_false(cursor_skip(&c, 1));
	assert_int_equal(cursor_left(&c), 0);
	assert_int_equal(buf[0], 0);
}

static void a_length_near_the_wrap_fails(void **state)
{
	uint8_t buf[4] = { 0 };
	struct cursor c;

	(void)state;
	cursor_init(&c, buf, sizeof(buf));
	assert_true(cursor_skip(&c, 2));
	assert_false(cursor_skip(&c, SIZE_MAX));
	cursor_init(&c, buf, sizeof(buf));
	assert_true(cursor_skip(&c, 4));
	assert_false(cursor_skip(&c, SIZE_MAX - 3));
	assert_true(c.failed);
}

static void puts_arrive_in_order(void **state)
{
	uint8_t buf[6];
	struct cursor c;

	(void)state;
	cursor_init(&c, buf, sizeof(buf));
	assert_true(cursor_put(&c, "abc", 3));
	assert_true(cursor_put(&c, "def", 3));
	assert_memory_equal(buf, "abcdef", 6);
	assert_true(cursor_put(&c, "", 0));
	assert_false(c.failed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gets_stop_at_the_end),
		cmocka_unit_test(failure_sticks),
		cmocka_unit_test(a_length_near_the_wrap_fails),
		cmocka_unit_test(puts_arrive_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
