// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "fake_runtime.h"

#include <cmocka.h>

#define READ TEE_MEMORY_ACCESS_READ
#define WRITE TEE_MEMORY_ACCESS_WRITE
#define ANY TEE_MEMORY_ACCESS_ANY_OWNER

static void test_blocks(void **state)
{
	uint8_t *p = TEE_Malloc(100, TEE_MALLOC_FILL_ZERO), *q;
	unsigned int i;

	(void)state;
	assert_non_null(p);
	for (i = 0; i < 100; i++)
		assert_int_equal(p[i], 0);
	TEE_MemFill(p, 0x5a, 100);
	q = TEE_Realloc(p, 200);
	assert_non_null(q);
	assert_int_equal(q[99], 0x5a);
	assert_int_equal(q[100], 0);
	q = TEE_Realloc(q, 10);
	assert_int_equal(q[9], 0x5a);
	TEE_Free(q);
	TEE_Free(NULL);
	assert_int_equal(fake.rt.heap_used, 0);
	p = TEE_Malloc(0, TEE_MALLOC_FILL_ZERO);
	assert_non_null(p);
	TEE_Free(p);
}

/* GP: only what was allocated is freed. */
static void test_other_memory(void **state)
{
	_Alignas(16) uint8_t own[64] = { 0 };
	uint8_t *p = TEE_Malloc(100, TEE_MALLOC_FILL_ZERO);

	(void)state;
	EXPECT_PANIC(TEE_Free(own + 32));
	EXPECT_PANIC(TEE_Free(p + 1));
	EXPECT_PANIC(TEE_Free(p + 64));
	EXPECT_PANIC(TEE_Realloc(p + 64, 10));
	TEE_Free(p);
}

/* TA_DATA_SIZE is the heap's. */
static void test_heap_is_bounded(void **state)
{
	void *p = TEE_Malloc(60000, TEE_MALLOC_NO_FILL);

	(void)state;
	assert_non_null(p);
	assert_null(TEE_Malloc(60000, 0));
	assert_null(TEE_Malloc(SIZE_MAX, 0));
	assert_null(TEE_Malloc(SIZE_MAX - 16, 0));
	/* A block that can't grow stays. */
	assert_null(TEE_Realloc(p, 90000));
	TEE_Free(p);
	p = TEE_Malloc(99000, 0);
	assert_non_null(p);
}

static int sign(int32_t n)
{
	return n < 0 ? -1 : n > 0;
}

static void test_compare(void **state)
{
	(void)state;
	assert_int_equal(TEE_MemCompare("abc", "abc", 3), 0);
	assert_int_equal(TEE_MemCompare("abc", "abd", 3), -1);
	assert_int_equal(sign(TEE_MemCompare("bbc", "abd", 3)), 1);
	assert_int_equal(sign(TEE_MemCompare("a\x01", "a\xff", 2)), -1);
	assert_int_equal(TEE_MemCompare("x", "y", 0), 0);
}

static void test_move(void **state)
{
	char text[] = "0123456789";

	(void)state;
	assert_ptr_equal(TEE_MemMove(text + 2, text, 5), text + 2);
	assert_string_equal(text, "0101234789");
	assert_null(TEE_MemMove(NULL, NULL, 0));
}

static void test_access_of_own(void **state)
{
	uint8_t *p = mmap(NULL, 12288, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint32_t local = 0;

	(void)state;
	assert_true(p != MAP_FAILED);
	assert_int_equal(TEE_CheckMemoryAccessRights(READ | WRITE, &local, sizeof(local)), 0);
	assert_int_equal(TEE_CheckMemoryAccessRights(READ | WRITE, p + 1, 12286), 0);
	assert_int_equal(mprotect(p + 4096, 4096, PROT_READ), 0);
	assert_int_equal(TEE_CheckMemoryAccessRights(READ, p, 12288), 0);
	assert_int_equal(TEE_CheckMemoryAccessRights(WRITE, p, 12288), TEE_ERROR_ACCESS_DENIED);
	assert_int_equal(TEE_CheckMemoryAccessRights(WRITE, p, 4096), 0);
	assert_int_equal(munmap(p + 4096, 4096), 0);
	assert_int_equal(TEE_CheckMemoryAccessRights(READ, p, 4097), TEE_ERROR_ACCESS_DENIED);
	assert_int_equal(TEE_CheckMemoryAccessRights(READ, p, SIZE_MAX), TEE_ERROR_ACCESS_DENIED);
	assert_int_equal(TEE_CheckMemoryAccessRights(READ, NULL, 1), TEE_ERROR_ACCESS_DENIED);
	assert_int_equal(TEE_CheckMemoryAccessRights(READ, NULL, 0), 0);
	munmap(p, 4096);
	munmap(p + 8192, 4096);
}

static void test_access_of_params(void **state)
{
	uint8_t *area = mmap(NULL, TA_AREA_SIZE, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	(void)state;
	assert_true(area != MAP_FAILED);
	fake.cfg.io_area = area;
	fake.rt.param_types = TEE_PARAM_TYPES(TEE_PARAM_TYPE_MEMREF_INPUT,
					      TEE_PARAM_TYPE_MEMREF_OUTPUT, 0, 0);
	fake.rt.params[0].memref.buffer = area;
	fake.rt.call.param[0].b = 100;
	fake.rt.params[1].memref.buffer = area + 200;
	fake.rt.call.param[1].b = 100;
	assert_int_equal(TEE_CheckMemoryAccessRights(READ, area, 10), TEE_ERROR_ACCESS_DENIED);
	assert_int_equal(TEE_CheckMemoryAccessRights(READ | ANY, area, 10), 0);
	assert_int_equal(TEE_CheckMemoryAccessRights(WRITE | ANY, area + 99, 10),
			 TEE_ERROR_ACCESS_DENIED);
	assert_int_equal(TEE_CheckMemoryAccessRights(READ | WRITE | ANY, area + 200, 100), 0);
	munmap(area, TA_AREA_SIZE);
}

static void test_wait(void **state)
{
	(void)state;
	fake.rt.cancel_masked = true;
	assert_int_equal(TEE_Wait(1), TEE_SUCCESS);
	fake.mb.cancel = MAILBOX_CANCEL;
	assert_int_equal(TEE_Wait(1), TEE_SUCCESS);
	assert_false(TEE_GetCancellationFlag());
	assert_true(TEE_UnmaskCancellation());
	assert_true(TEE_GetCancellationFlag());
	assert_int_equal(TEE_Wait(TEE_TIMEOUT_INFINITE), TEE_ERROR_CANCEL);
	assert_false(TEE_MaskCancellation());
	assert_true(TEE_MaskCancellation());
}

static void test_random(void **state)
{
	uint8_t a[600] = { 0 }, b[600] = { 0 };

	(void)state;
	TEE_GenerateRandom(a, sizeof(a));
	TEE_GenerateRandom(b, sizeof(b));
	TEE_GenerateRandom(NULL, 0);
	assert_memory_not_equal(a, b, sizeof(a));
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, fake_runtime_start, fake_runtime_stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_blocks),	     TEST(test_other_memory), TEST(test_heap_is_bounded),
		TEST(test_compare),	     TEST(test_move),	      TEST(test_access_of_own),
		TEST(test_access_of_params), TEST(test_wait),	      TEST(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
