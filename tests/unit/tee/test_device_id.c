// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
/* The machine's id as TAs hear it; the root key and the TA manager are played. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tee/property.h"
#include "tee/ta/syscall.h"
#include "tee/world.h"
#include "wire/property.h"

#define TEE_SUCCESS 0u
#define TEE_ERROR_NOT_IMPLEMENTED 0xffff0009u

static const struct ta_syscall_ops *ops;
static void *server;
static uint8_t root_byte;
static int key_result;

int world_root_key(struct tee_world *w, uint8_t key[32])
{
	(void)w;
	memset(key, root_byte, 32);
	return key_result;
}

int ta_syscall_register(struct tee_world *w, enum mailbox_syscall_range range,
			const struct ta_syscall_ops *to, void *data)
{
	(void)w;
	assert_int_equal(range, MAILBOX_SYSCALL_PROPERTY);
	ops = to;
	server = data;
	return 0;
}

static uint32_t ask(uint8_t id[PROPERTY_DEVICE_ID_SIZE])
{
	struct ta_syscall sc = { .nr = PROPERTY_DEVICE_ID };
	uint32_t res = ops->call(server, &sc);

	memcpy(id, sc.arg, PROPERTY_DEVICE_ID_SIZE);
	return res;
}

/* A machine's whole life, in which it is asked twice. */
static void live(uint8_t byte, int result, uint8_t id[PROPERTY_DEVICE_ID_SIZE])
{
	uint8_t again[PROPERTY_DEVICE_ID_SIZE];
	struct property_service *s;

	root_byte = byte;
	key_result = result;
	assert_int_equal(property_service_create(NULL, &s), 0);
	assert_int_equal(ask(id), TEE_SUCCESS);
	assert_int_equal(ask(again), TEE_SUCCESS);
	assert_memory_equal(id, again, sizeof(again));
	property_service_destroy(s);
}

static void test_of_the_key(void **state)
{
	/* HMAC-SHA256 of "teelink device id" and its NUL under 32 bytes of 0x11, as a UUID of version 5 */
	static const uint8_t want[] = { 0x5d, 0x03, 0x63, 0xd2, 0x55, 0x50, 0x5a, 0x73,
					0xbd, 0x50, 0x69, 0x17, 0xa0, 0x35, 0x63, 0x65 };
	uint8_t id[PROPERTY_DEVICE_ID_SIZE], other[PROPERTY_DEVICE_ID_SIZE];

	(void)state;
	live(0x11, 0, id);
	assert_memory_equal(id, want, sizeof(want));
	live(0x11, 0, other);
	assert_memory_equal(id, other, sizeof(id));
	live(0x12, 0, other);
	assert_memory_not_equal(id, other, sizeof(id));
}

static void test_without_key(void **state)
{
	uint8_t id[PROPERTY_DEVICE_ID_SIZE], other[PROPERTY_DEVICE_ID_SIZE];

	(void)state;
	live(0x11, -ENOENT, id);
	assert_int_equal(id[6] >> 4, 5);
	assert_int_equal(id[8] >> 6, 2);
	live(0x11, -ENOENT, other);
	assert_memory_not_equal(id, other, sizeof(id));
}

/* A key that can't be had now may be there later. */
static void test_trouble(void **state)
{
	struct ta_syscall sc = { .nr = PROPERTY_DEVICE_ID + 1 };
	uint8_t id[PROPERTY_DEVICE_ID_SIZE];
	struct property_service *s;

	(void)state;
	key_result = -EPERM;
	assert_int_equal(property_service_create(NULL, &s), 0);
	assert_int_not_equal(ask(id), TEE_SUCCESS);
	key_result = 0;
	assert_int_equal(ask(id), TEE_SUCCESS);
	assert_int_equal(ops->call(server, &sc), TEE_ERROR_NOT_IMPLEMENTED);
	property_service_destroy(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_of_the_key),
		cmocka_unit_test(test_without_key),
		cmocka_unit_test(test_trouble),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
