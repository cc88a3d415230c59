/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>

#include "lib/uuid.h"

static const char text[] = "8aaaf200-2450-11e4-abe2-0002a5d5c51b";
static const uint8_t octets[16] = { 0x8a, 0xaa, 0xf2, 0x00, 0x24, 0x50, 0x11, 0xe4,
				    0xab, 0xe2, 0x00, 0x02, 0xa5, 0xd5, 0xc5, 0x1b };

static void text_and_octets_round_trip(void **state)
{
	uint8_t o[16];
	char t[UUID_TEXT_SIZE];

	(void)state;
	assert_int_equal(uuid_parse(text, o), 0);
	assert_memory_equal(o, octets, 16);
	uuid_format(o, t);
	assert_string_equal(t, text);
	assert_int_equal(uuid_parse("8AAAF200-2450-11E4-ABE2-0002A5D5C51B", o), 0);
	assert_memory_equal(o, octets, 16);
}

static void other_text_is_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"8aaaf200-2450-11e4-abe2-0002a5d5c51",
		"8aaaf200-2450-11e4-abe2-0002a5d5c51bb",
		"8aaaf2002-450-11e4-abe2-0002a5d5c51b",
		"8aaaf200-2450-11e4-abe2-0002a5d5c51g",
		"8aaaf200-2450-11e4-abe2-0002a5d5c5--",
	};
	uint8_t o[16];
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(uuid_parse(bad[i], o), -EINVAL);
}

static void fields_are_host_order(void **state)
{
	uint8_t node[8], o[16];
	uint32_t low;
	uint16_t mid, hi;

	(void)state;
	uuid_from_octets(octets, &low, &mid, &hi, node);
	assert_int_equal(low, 0x8aaaf200);
	assert_int_equal(mid, 0x2450);
	assert_int_equal(hi, 0x11e4);
	assert_memory_equal(node, octets + 8, 8);
	uuid_to_octets(low, mid, hi, node, o);
	assert_memory_equal(o, octets, 16);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_and_octets_round_trip),
		cmocka_unit_test(other_text_is_refused),
		cmocka_unit_test(fields_are_host_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
