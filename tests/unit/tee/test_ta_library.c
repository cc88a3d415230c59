// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
/* Shared libraries of TAs that are processes, and of TAs that share one. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ta_fixture.h"
#include "tests/system/library_ta.h"

#define VALUE_INOUT 3u
#define TEE_ERROR_ACCESS_DENIED 0xffff0001u
#define BIT(octet) (1u << ((octet)&15))

static struct ta_fixture fx;

static void uuid_of(uint8_t octet, uint8_t uuid[16])
{
	static const uint8_t stem[15] = { 0x6a, 0x1e, 0x2c, 0x60, 0x93, 0xd1, 0x4b, 0x0c,
					  0x9f, 0x3e, 0x5b, 0x1c, 0x22, 0x8a, 0x77 };

	memcpy(uuid, stem, sizeof(stem));
	uuid[15] = octet;
}

static int setup_processes(void **state)
{
	(void)state;
	ta_fixture_start(&fx, false, true);
	return 0;
}

static int setup_threads(void **state)
{
	(void)state;
	ta_fixture_start(&fx, true, true);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	ta_fixture_stop(&fx);
	return 0;
}

static struct ta_instance *open_ta(void)
{
	uint8_t uuid[16];

	uuid_of(LIBRARY_TA, uuid);
	return ta_fixture_open(&fx, uuid);
}

/* Return: the result; *@a is the value on the way there and back. */
static uint32_t invoke(struct ta_instance *inst, enum library_cmd cmd, uint32_t *a, uint32_t *b)
{
	struct ta_call call = { .entry = TA_ENTRY_INVOKE, .session = 1, .cmd = cmd };

	call.param[0].type = VALUE_INOUT;
	call.param[0].u.value.a = *a;
	assert_int_equal(ta_fixture_call(&fx, inst, &call), 0);
	*a = call.param[0].u.value.a;
	*b = call.param[0].u.value.b;
	return call.result;
}

static uint32_t get(struct ta_instance *inst, enum library_cmd cmd, uint32_t a)
{
	uint32_t b;

	assert_int_equal(invoke(inst, cmd, &a, &b), 0);
	return a;
}

static void expect_values(struct ta_instance *inst, unsigned int nth)
{
	uint32_t a = 0, b = 0;

	assert_int_equal(invoke(inst, LIBRARY_VALUES, &a, &b), 0);
	assert_int_equal(b, 41 + nth);
	assert_int_equal(a, (41 + nth) * 10000 + 1000 + nth);
}

static void test_needed(void **state)
{
	struct ta_instance *inst = open_ta();

	(void)state;
	assert_int_equal(get(inst, LIBRARY_SEEN, 0), BIT(LIBRARY_FIRST) | BIT(LIBRARY_SECOND));
	expect_values(inst, 0);
	expect_values(inst, 1);
	ta_fixture_close(&fx, inst);
}

static void test_own_variables(void **state)
{
	struct ta_instance *one = open_ta(), *other = open_ta();

	(void)state;
	expect_values(one, 0);
	expect_values(one, 1);
	expect_values(other, 0);
	assert_int_equal(get(other, LIBRARY_OPEN, LIBRARY_LATE), LIBRARY_LATE);
	assert_int_equal(get(one, LIBRARY_SEEN, 0), BIT(LIBRARY_FIRST) | BIT(LIBRARY_SECOND));
	ta_fixture_close(&fx, one);
	expect_values(other, 1);
	one = open_ta();
	expect_values(one, 0);
	ta_fixture_close(&fx, other);
	ta_fixture_close(&fx, one);
}

static void test_opened(void **state)
{
	struct ta_instance *inst = open_ta();
	uint32_t a = 0, b;

	(void)state;
	assert_int_equal(get(inst, LIBRARY_OPEN, LIBRARY_NONE), 0);
	assert_int_equal(get(inst, LIBRARY_OPEN, LIBRARY_TA), 0);
	assert_int_equal(get(inst, LIBRARY_OPEN, LIBRARY_LATE), LIBRARY_LATE);
	assert_int_equal(get(inst, LIBRARY_SEEN, 0),
			 BIT(LIBRARY_FIRST) | BIT(LIBRARY_SECOND) | BIT(LIBRARY_LATE));
	assert_int_equal(invoke(inst, LIBRARY_NAMES, &a, &b), 0);
	assert_int_equal(invoke(inst, LIBRARY_OTHERS, &a, &b), 0);
	expect_values(inst, 0);
	ta_fixture_close(&fx, inst);
}

/* Two that are needed, and six more: the last one of MANY has no place. */
static void test_many(void **state)
{
	struct ta_instance *inst = open_ta();
	uint32_t i;

	(void)state;
	for (i = 0; i < LIBRARY_NUM_MANY; i++)
		assert_int_equal(get(inst, LIBRARY_OPEN, LIBRARY_MANY + i),
				 i < 6 ? LIBRARY_MANY + i : 0);
	assert_int_equal(get(inst, LIBRARY_OPEN, LIBRARY_MANY), LIBRARY_MANY);
	ta_fixture_close(&fx, inst);
}

static int create(uint8_t octet)
{
	struct ta_instance *inst = NULL;
	struct ta_image *img = NULL;
	uint8_t uuid[16];
	int ret;

	uuid_of(octet, uuid);
	assert_int_equal(ta_fixture_load(&fx, uuid, &img), 0);
	world_lock(fx.world);
	ret = ta_instance_create(fx.world, img, &inst);
	ta_instance_destroy(inst);
	ta_image_put(img);
	world_unlock(fx.world);
	return ret;
}

static void test_lacking(void **state)
{
	(void)state;
	assert_int_equal(create(LIBRARY_LACKING_TA), -ENOENT);
	assert_int_equal(create(LIBRARY_TA), 0);
}

/* The supplicant sends what is nobody's, when a library is asked for. */
static void test_spoiled(void **state)
{
	struct ta_instance *inst = open_ta();

	(void)state;
	fx.mood = SUPP_TRUNCATES;
	assert_int_equal(get(inst, LIBRARY_OPEN, LIBRARY_LATE), 0);
	fx.mood = SUPP_HONEST;
	assert_int_equal(get(inst, LIBRARY_OPEN, LIBRARY_LATE), LIBRARY_LATE);
	ta_fixture_close(&fx, inst);
}

static void test_places(void **state)
{
	struct ta_instance *inst = open_ta();
	uint32_t a = 0, b;

	(void)state;
	assert_int_equal(invoke(inst, LIBRARY_WRITE, &a, &b), TEE_ERROR_ACCESS_DENIED);
	ta_fixture_close(&fx, inst);
}

#define BOTH(test)                                                                                 \
	cmocka_unit_test_setup_teardown(test, setup_processes, teardown),                          \
		cmocka_unit_test_setup_teardown(test, setup_threads, teardown)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		BOTH(test_needed),
		BOTH(test_own_variables),
		BOTH(test_opened),
		BOTH(test_many),
		BOTH(test_lacking),
		BOTH(test_spoiled),
		cmocka_unit_test_setup_teardown(test_places, setup_processes, teardown),
	};

	ta_fixture_args(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
