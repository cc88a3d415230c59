/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/number.h"

static void test_parse(void **state)
{
	(void)state;
	assert_int_equal(number_parse("0", 0), 0);
	assert_int_equal(number_parse("0012", 12), 12);
	assert_int_equal(number_parse("2147483647", INT_MAX), INT_MAX);
}

static void test_parse_refuses(void **state)
{
	static const char *const texts[] = { "",
					     " 1",
					     "1 ",
					     "+1",
					     "-1",
					     "-0",
					     "0x1",
					     "1x",
					     "11",
					     "99999999999999999999",
					     "18446744073709551617" };
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_int_equal(number_parse(texts[i], 10), -EINVAL);
}

static void test_page_up(void **state)
{
	uint64_t page = tl_page_size();

	(void)state;
	assert_int_equal(tl_page_up(0), 0);
	assert_int_equal(tl_page_up(1), page);
	assert_int_equal(tl_page_up(page), page);
	assert_int_equal(tl_page_up(5 * page + 1), 6 * page);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_parse_refuses),
		cmocka_unit_test(test_page_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
