/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * Parameters of a call: each kind and direction, with memory that is shared as it is and through
 * shadows.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <tee_client_api.h>
#include <tee_client_api_extensions.h>

#include "tests/unit/ree/teec_fake.h"

#define BIG (3u << 20)

static TEEC_Context ctx;
static TEEC_Session session;
static uint8_t seen[64]; /* what the TA found in the memref */
static size_t seen_len;

static int open_all(uint32_t more_caps, uint32_t less_caps)
{
	const TEEC_UUID uuid = { .timeLow = 1 };

	teec_fake_reset();
	teec_fake.node[0].version.gen_caps |= more_caps;
	teec_fake.node[0].version.gen_caps &= ~less_caps;
	if (TEEC_InitializeContext(NULL, &ctx) != TEEC_SUCCESS)
		return 1;
	return TEEC_OpenSession(&ctx, &session, &uuid, TEEC_LOGIN_PUBLIC, NULL, NULL, NULL) !=
	       TEEC_SUCCESS;
}

static int setup(void **state)
{
	(void)state;
	return open_all(0, 0);
}

static int setup_reg_mem(void **state)
{
	(void)state;
	return open_all(TEE_GEN_CAP_REG_MEM, 0);
}

static int setup_no_null(void **state)
{
	(void)state;
	return open_all(0, TEE_GEN_CAP_MEMREF_NULL);
}

static int teardown(void **state)
{
	(void)state;
	TEEC_CloseSession(&session);
	TEEC_FinalizeContext(&ctx);
	assert_int_equal(teec_fake_leaks(), 0);
	return 0;
}

/* A TA that looks at the bytes and, unless they are input, makes all but the last 'A' + place. */
static void serve_letters(struct tee_ioctl_param *p)
{
	uint8_t *bytes = teec_fake_bytes(p);
	size_t i;

	seen_len = p->b;
	memcpy(seen, bytes, p->b < sizeof(seen) ? p->b : sizeof(seen));
	if (p->attr == TEE_IOCTL_PARAM_ATTR_TYPE_MEMREF_INPUT)
		return;
	for (i = 0; i + 1 < p->b; i++)
		bytes[i] = (uint8_t)('A' + i);
	p->b -= 1;
}

/* A TA that wants more room everywhere. */
static void serve_short(struct tee_ioctl_param *p)
{
	unsigned int i;

	for (i = 0; i < 4; i++)
		if (p[i].attr)
			p[i].b += 1000;
}

static void serve_values(struct tee_ioctl_param *p)
{
	unsigned int i;

	for (i = 0; i < 4; i++) {
		p[i].a += 10;
		p[i].b += 20;
	}
}

static void test_values(void **state)
{
	TEEC_Operation op = { .paramTypes = TEEC_PARAM_TYPES(TEEC_VALUE_INPUT, TEEC_VALUE_OUTPUT,
							     TEEC_VALUE_INOUT, TEEC_NONE) };
	unsigned int i;

	(void)state;
	for (i = 0; i < 4; i++)
		op.params[i].value = (TEEC_Value){ .a = i, .b = 0xffffffff };
	teec_fake.serve = serve_values;
	assert_int_equal(TEEC_InvokeCommand(&session, 3, &op, NULL), TEEC_SUCCESS);
	for (i = 0; i < 3; i++) {
		assert_int_equal(teec_fake.param[i].attr, i + 1);
		assert_int_equal(teec_fake.param[i].a, i);
		assert_int_equal(teec_fake.param[i].b, 0xffffffff);
	}
	assert_int_equal(teec_fake.param[3].attr, 0);
	assert_int_equal(teec_fake.param[3].a, 0);
	assert_int_equal(op.params[0].value.a, 0);
	assert_int_equal(op.params[1].value.a, 11);
	assert_int_equal(op.params[1].value.b, 19);
	assert_int_equal(op.params[2].value.a, 12);
	assert_int_equal(op.params[3].value.a, 3);
}

static void test_no_operation(void **state)
{
	unsigned int i;

	(void)state;
	assert_int_equal(TEEC_InvokeCommand(&session, 3, NULL, NULL), TEEC_SUCCESS);
	for (i = 0; i < 4; i++)
		assert_int_equal(teec_fake.param[i].attr, 0);
}

static void check_temp(uint32_t type, uint64_t attr)
{
	char buffer[] = "0123456789";
	TEEC_Operation op = { .paramTypes = TEEC_PARAM_TYPES(type, 0, 0, 0) };
	size_t len = type == TEEC_MEMREF_TEMP_INPUT ? 10 : 9;

	op.params[0].tmpref.buffer = buffer;
	op.params[0].tmpref.size = 10;
	teec_fake.serve = serve_letters;
	assert_int_equal(TEEC_InvokeCommand(&session, 3, &op, NULL), TEEC_SUCCESS);
	assert_int_equal(teec_fake.param[0].attr, attr);
	assert_int_equal(teec_fake.param[0].a, 0);
	assert_int_equal(teec_fake.param[0].b, 10);
	assert_memory_equal(seen, "0123456789", 10);
	assert_int_equal(op.params[0].tmpref.size, len);
	assert_string_equal(buffer, len == 10 ? "0123456789" : "ABCDEFGHI9");
	/* Only the node is left open. */
	assert_int_equal(teec_fake_leaks(), 1);
}

static void test_temp(void **state)
{
	(void)state;
	check_temp(TEEC_MEMREF_TEMP_INPUT, TEE_IOCTL_PARAM_ATTR_TYPE_MEMREF_INPUT);
	check_temp(TEEC_MEMREF_TEMP_OUTPUT, TEE_IOCTL_PARAM_ATTR_TYPE_MEMREF_OUTPUT);
	check_temp(TEEC_MEMREF_TEMP_INOUT, TEE_IOCTL_PARAM_ATTR_TYPE_MEMREF_INOUT);
}

static void test_temp_big(void **state)
{
	uint8_t *buffer = calloc(1, BIG);
	TEEC_Operation op = { .paramTypes = TEEC_PARAM_TYPES(TEEC_MEMREF_TEMP_INOUT, 0, 0, 0) };

	(void)state;
	assert_non_null(buffer);
	op.params[0].tmpref.buffer = buffer;
	op.params[0].tmpref.size = BIG;
	teec_fake.serve = serve_letters;
	assert_int_equal(TEEC_InvokeCommand(&session, 3, &op, NULL), TEEC_SUCCESS);
	assert_int_equal(op.params[0].tmpref.size, BIG - 1);
	assert_int_equal(buffer[BIG - 2], (uint8_t)('A' + BIG - 2));
	assert_int_equal(buffer[BIG - 1], 0);
	free(buffer);
}

static void test_temp_empty(void **state)
{
	char byte = 'x';
	TEEC_Operation op = { .paramTypes = TEEC_PARAM_TYPES(TEEC_MEMREF_TEMP_INOUT, 0, 0, 0) };

	(void)state;
	op.params[0].tmpref.buffer = &byte;
	assert_int_equal(TEEC_InvokeCommand(&session, 3, &op, NULL), TEEC_SUCCESS);
	assert_int_equal(teec_fake.param[0].b, 0);
	assert_true(teec_fake.param[0].c != TEE_MEMREF_NULL);
	assert_int_equal(byte, 'x');
}

static void test_temp_null(void **state)
{
	TEEC_Operation op = { .paramTypes = TEEC_PARAM_TYPES(TEEC_MEMREF_TEMP_OUTPUT, 0, 0, 0) };
	uint32_t origin = 0;

	(void)state;
	teec_fake.serve = serve_short;
	teec_fake.ret = TEEC_ERROR_SHORT_BUFFER;
	assert_int_equal(TEEC_InvokeCommand(&session, 3, &op, NULL), TEEC_ERROR_SHORT_BUFFER);
	assert_true(teec_fake.param[0].c == TEE_MEMREF_NULL);
	assert_int_equal(teec_fake.allocs + teec_fake.registers, 0);
	assert_int_equal(op.params[0].tmpref.size, 1000);
	/* Now it has a size and nowhere to put it. */
	assert_int_equal(TEEC_InvokeCommand(&session, 3, &op, &origin), TEEC_ERROR_BAD_PARAMETERS);
	assert_int_equal(origin, TEEC_ORIGIN_API);
	assert_int_equal(teec_fake.invoked, 1);
}

/* A device without NULL memrefs gets an empty one. */
static void test_temp_null_unsupported(void **state)
{
	TEEC_Operation op = { .paramTypes = TEEC_PARAM_TYPES(TEEC_MEMREF_TEMP_OUTPUT, 0, 0, 0) };

	(void)state;
	assert_int_equal(TEEC_InvokeCommand(&session, 3, &op, NULL), TEEC_SUCCESS);
	assert_true(teec_fake.param[0].c != TEE_MEMREF_NULL);
	assert_int_equal(teec_fake.param[0].b, 0);
	assert_int_equal(teec_fake.allocs, 1);
}

static void test_short_buffer(void **state)
{
	char temp[] = "temp", whole[] = "whole", part[] = "in a part of";
	TEEC_SharedMemory a = { .buffer = whole, .size = 5, .flags = TEEC_MEM_OUTPUT };
	TEEC_SharedMemory b = { .buffer = part, .size = 12, .flags = TEEC_MEM_OUTPUT };
	TEEC_Operation op = { .paramTypes = TEEC_PARAM_TYPES(TEEC_MEMREF_TEMP_OUTPUT,
							     TEEC_MEMREF_WHOLE,
							     TEEC_MEMREF_PARTIAL_OUTPUT, 0) };
	unsigned int i;

	(void)state;
	assert_int_equal(TEEC_RegisterSharedMemory(&ctx, &a), TEEC_SUCCESS);
	assert_int_equal(TEEC_RegisterSharedMemory(&ctx, &b), TEEC_SUCCESS);
	teec_fake.ret = TEEC_ERROR_SHORT_BUFFER;
	for (i = 0; i < 2; i++) {
		op.params[0].tmpref.buffer = temp;
		op.params[0].tmpref.size = 4;
		op.params[1].memref.parent = &a;
		op.params[2].memref.parent = &b;
		op.params[2].memref.offset = 5;
		op.params[2].memref.size = 4;
		teec_fake.serve = serve_short;
		assert_int_equal(TEEC_InvokeCommand(&session, 3, &op, NULL),
				 TEEC_ERROR_SHORT_BUFFER);
		assert_int_equal(op.params[0].tmpref.size, 1004);
		assert_string_equal(temp, "temp");
		assert_string_equal(whole, "whole");
		assert_int_equal(op.params[1].memref.size, 1005);
		assert_int_equal(op.params[2].memref.size, 1004);
		assert_string_equal(part, "in a part of");
	}
	TEEC_ReleaseSharedMemory(&a);
	TEEC_ReleaseSharedMemory(&b);
}

static void check_whole(uint32_t flags, uint64_t attr)
{
	char buffer[] = "0123456789";
	TEEC_SharedMemory shm = { .buffer = buffer, .size = 10, .flags = flags };
	TEEC_Operation op = { .paramTypes = TEEC_PARAM_TYPES(0, 0, 0, TEEC_MEMREF_WHOLE) };

	assert_int_equal(TEEC_RegisterSharedMemory(&ctx, &shm), TEEC_SUCCESS);
	op.params[3].memref.parent = &shm;
	op.params[3].memref.size = 12345;
	op.params[3].memref.offset = 999;
	assert_int_equal(TEEC_InvokeCommand(&session, 3, &op, NULL), TEEC_SUCCESS);
	assert_int_equal(teec_fake.param[3].attr, attr);
	assert_int_equal(teec_fake.param[3].a, 0);
	assert_int_equal(teec_fake.param[3].b, 10);
	if (flags & TEEC_MEM_OUTPUT)
		assert_int_equal(op.params[3].memref.size, 10);
	else
		assert_int_equal(op.params[3].memref.size, 12345);
	assert_string_equal(buffer, "0123456789");
	TEEC_ReleaseSharedMemory(&shm);
}

static void test_whole(void **state)
{
	(void)state;
	check_whole(TEEC_MEM_INPUT, TEE_IOCTL_PARAM_ATTR_TYPE_MEMREF_INPUT);
	check_whole(TEEC_MEM_OUTPUT, TEE_IOCTL_PARAM_ATTR_TYPE_MEMREF_OUTPUT);
	check_whole(TEEC_MEM_INPUT | TEEC_MEM_OUTPUT, TEE_IOCTL_PARAM_ATTR_TYPE_MEMREF_INOUT);
}

static void test_whole_allocated(void **state)
{
	TEEC_SharedMemory shm = { .size = 8, .flags = TEEC_MEM_INPUT | TEEC_MEM_OUTPUT };
	TEEC_Operation op = { .paramTypes = TEEC_PARAM_TYPES(TEEC_MEMREF_WHOLE, 0, 0, 0) };

	(void)state;
	assert_int_equal(TEEC_AllocateSharedMemory(&ctx, &shm), TEEC_SUCCESS);
	memcpy(shm.buffer, "12345678", 8);
	op.params[0].memref.parent = &shm;
	teec_fake.serve = serve_letters;
	assert_int_equal(TEEC_InvokeCommand(&session, 3, &op, NULL), TEEC_SUCCESS);
	assert_memory_equal(seen, "12345678", 8);
	assert_memory_equal(shm.buffer, "ABCDEFG8", 8);
	assert_int_equal(op.params[0].memref.size, 7);
	TEEC_ReleaseSharedMemory(&shm);
	/* What was released is nobody's parent. */
	assert_int_equal(TEEC_InvokeCommand(&session, 3, &op, NULL), TEEC_ERROR_BAD_PARAMETERS);
}

/* At an odd offset; the shadow's other bytes must not come back. */
static void check_partial(uint32_t type, uint64_t attr)
{
	char buffer[] = "0123456789abcdef";
	TEEC_SharedMemory shm = { .buffer = buffer,
				  .size = 16,
				  .flags = TEEC_MEM_INPUT | TEEC_MEM_OUTPUT };
	TEEC_Operation op = { .paramTypes = TEEC_PARAM_TYPES(0, type, 0, 0) };

	assert_int_equal(TEEC_RegisterSharedMemory(&ctx, &shm), TEEC_SUCCESS);
	op.params[1].memref.parent = &shm;
	op.params[1].memref.offset = 3;
	op.params[1].memref.size = 7;
	assert_int_equal(TEEC_InvokeCommand(&session, 3, &op, NULL), TEEC_SUCCESS);
	assert_int_equal(teec_fake.param[1].attr, attr);
	assert_int_equal(teec_fake.param[1].a, 3);
	assert_int_equal(teec_fake.param[1].b, 7);
	assert_int_equal(op.params[1].memref.size, 7);
	assert_string_equal(buffer, "0123456789abcdef");

	op.paramTypes = TEEC_PARAM_TYPES(type, 0, 0, 0);
	op.params[0] = op.params[1];
	teec_fake.serve = serve_letters;
	assert_int_equal(TEEC_InvokeCommand(&session, 3, &op, NULL), TEEC_SUCCESS);
	assert_int_equal(seen_len, 7);
	assert_memory_equal(seen, "3456789", 7);
	if (type == TEEC_MEMREF_PARTIAL_INPUT)
		assert_string_equal(buffer, "0123456789abcdef");
	else
		assert_string_equal(buffer, "012ABCDEF9abcdef");
	teec_fake.serve = NULL;
	TEEC_ReleaseSharedMemory(&shm);
}

static void test_partial(void **state)
{
	(void)state;
	check_partial(TEEC_MEMREF_PARTIAL_INPUT, TEE_IOCTL_PARAM_ATTR_TYPE_MEMREF_INPUT);
	check_partial(TEEC_MEMREF_PARTIAL_OUTPUT, TEE_IOCTL_PARAM_ATTR_TYPE_MEMREF_OUTPUT);
	check_partial(TEEC_MEMREF_PARTIAL_INOUT, TEE_IOCTL_PARAM_ATTR_TYPE_MEMREF_INOUT);
}

static void test_partial_range(void **state)
{
	static const struct {
		size_t offset, size;
		TEEC_Result res;
	} row[] = {
		{ 0, 16, TEEC_SUCCESS },
		{ 16, 0, TEEC_SUCCESS },
		{ 15, 1, TEEC_SUCCESS },
		{ 17, 0, TEEC_ERROR_BAD_PARAMETERS },
		{ 0, 17, TEEC_ERROR_BAD_PARAMETERS },
		{ 15, 2, TEEC_ERROR_BAD_PARAMETERS },
		{ SIZE_MAX, 2, TEEC_ERROR_BAD_PARAMETERS },
		{ 2, SIZE_MAX, TEEC_ERROR_BAD_PARAMETERS },
	};
	TEEC_SharedMemory shm = { .size = 16, .flags = TEEC_MEM_INPUT };
	TEEC_Operation op = { .paramTypes = TEEC_PARAM_TYPES(TEEC_MEMREF_PARTIAL_INPUT, 0, 0, 0) };
	unsigned int i;

	(void)state;
	assert_int_equal(TEEC_AllocateSharedMemory(&ctx, &shm), TEEC_SUCCESS);
	op.params[0].memref.parent = &shm;
	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		op.params[0].memref.offset = row[i].offset;
		op.params[0].memref.size = row[i].size;
		assert_int_equal(TEEC_InvokeCommand(&session, 3, &op, NULL), row[i].res);
	}
	/* A direction that the memory doesn't have. */
	op.params[0].memref.offset = 0;
	op.params[0].memref.size = 1;
	op.paramTypes = TEEC_PARAM_TYPES(TEEC_MEMREF_PARTIAL_OUTPUT, 0, 0, 0);
	assert_int_equal(TEEC_InvokeCommand(&session, 3, &op, NULL), TEEC_ERROR_BAD_PARAMETERS);
	op.paramTypes = TEEC_PARAM_TYPES(TEEC_MEMREF_PARTIAL_INOUT, 0, 0, 0);
	assert_int_equal(TEEC_InvokeCommand(&session, 3, &op, NULL), TEEC_ERROR_BAD_PARAMETERS);
	op.params[0].memref.parent = NULL;
	assert_int_equal(TEEC_InvokeCommand(&session, 3, &op, NULL), TEEC_ERROR_BAD_PARAMETERS);
	op.paramTypes = TEEC_PARAM_TYPES(TEEC_MEMREF_WHOLE, 0, 0, 0);
	assert_int_equal(TEEC_InvokeCommand(&session, 3, &op, NULL), TEEC_ERROR_BAD_PARAMETERS);
	TEEC_ReleaseSharedMemory(&shm);
}

static void test_by_descriptor(void **state)
{
	TEEC_SharedMemory shm = { .flags = TEEC_MEM_INPUT };
	TEEC_Operation op = { .paramTypes = TEEC_PARAM_TYPES(TEEC_MEMREF_WHOLE, 0, 0, 0) };

	(void)state;
	assert_int_equal(TEEC_RegisterSharedMemoryFileDescriptor(&ctx, &shm, 5), TEEC_SUCCESS);
	op.params[0].memref.parent = &shm;
	assert_int_equal(TEEC_InvokeCommand(&session, 3, &op, NULL), TEEC_SUCCESS);
	assert_int_equal(teec_fake.param[0].b, 12288);
	TEEC_ReleaseSharedMemory(&shm);
}

static void test_unknown_types(void **state)
{
	static const uint32_t unknown[] = { 4, 8, 9, 10, 11 };
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
		TEEC_Operation op = { .paramTypes = TEEC_PARAM_TYPES(0, 0, 0, unknown[i]) };
		uint32_t origin = 0;

		assert_int_equal(TEEC_InvokeCommand(&session, 3, &op, &origin),
				 TEEC_ERROR_BAD_PARAMETERS);
		assert_int_equal(origin, TEEC_ORIGIN_API);
	}
	assert_int_equal(teec_fake.invoked, 0);
}

/* The second of two fails: the first goes too, and nothing that wasn't made. */
static void test_temp_fails_halfway(void **state)
{
	char buffer[8] = { 0 };
	TEEC_Operation op = { .paramTypes = TEEC_PARAM_TYPES(TEEC_MEMREF_TEMP_INPUT,
							     TEEC_MEMREF_TEMP_INPUT,
							     TEEC_MEMREF_TEMP_OUTPUT, 0) };
	uint32_t origin = 0;
	unsigned int i;

	(void)state;
	for (i = 0; i < 3; i++) {
		op.params[i].tmpref.buffer = buffer;
		op.params[i].tmpref.size = sizeof(buffer);
	}
	op.params[1].tmpref.size = teec_fake.max_alloc + 1;
	assert_int_equal(TEEC_InvokeCommand(&session, 3, &op, &origin), TEEC_ERROR_OUT_OF_MEMORY);
	assert_int_equal(origin, TEEC_ORIGIN_API);
	assert_int_equal(teec_fake.invoked, 0);
	assert_int_equal(teec_fake.closes, 1);
	assert_int_equal(teec_fake_leaks(), 1);

	op.params[1].tmpref.size = sizeof(buffer);
	teec_fake.mmap_error = -ENOMEM;
	assert_int_equal(TEEC_InvokeCommand(&session, 3, &op, &origin), TEEC_ERROR_OUT_OF_MEMORY);
	assert_int_equal(teec_fake_leaks(), 1);
	teec_fake.alloc_error = -EIO;
	assert_int_equal(TEEC_InvokeCommand(&session, 3, &op, &origin), TEEC_ERROR_COMMUNICATION);
	assert_int_equal(origin, TEEC_ORIGIN_COMMS);
}

/* No answer: outputs stay as they were, memory goes back. */
static void test_call_fails(void **state)
{
	char buffer[] = "before";
	TEEC_Operation op = { .paramTypes = TEEC_PARAM_TYPES(TEEC_MEMREF_TEMP_OUTPUT,
							     TEEC_VALUE_OUTPUT, 0, 0) };
	uint32_t origin = 0;

	(void)state;
	op.params[0].tmpref.buffer = buffer;
	op.params[0].tmpref.size = 6;
	op.params[1].value.a = 5;
	teec_fake.invoke_error = -EIO;
	assert_int_equal(TEEC_InvokeCommand(&session, 3, &op, &origin), TEEC_ERROR_COMMUNICATION);
	assert_int_equal(origin, TEEC_ORIGIN_COMMS);
	assert_int_equal(op.params[0].tmpref.size, 6);
	assert_int_equal(op.params[1].value.a, 5);
	assert_string_equal(buffer, "before");
	assert_int_equal(teec_fake_leaks(), 1);
}

#define BOTH(f)                                                                                    \
	cmocka_unit_test_setup_teardown(f, setup, teardown),                                       \
		cmocka_unit_test_setup_teardown(f, setup_reg_mem, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_values, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_operation, setup, teardown),
		BOTH(test_temp),
		BOTH(test_temp_big),
		BOTH(test_temp_empty),
		BOTH(test_temp_null),
		cmocka_unit_test_setup_teardown(test_temp_null_unsupported, setup_no_null,
						teardown),
		BOTH(test_short_buffer),
		BOTH(test_whole),
		BOTH(test_whole_allocated),
		BOTH(test_partial),
		BOTH(test_partial_range),
		BOTH(test_by_descriptor),
		BOTH(test_unknown_types),
		cmocka_unit_test_setup_teardown(test_temp_fails_halfway, setup, teardown),
		BOTH(test_call_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
