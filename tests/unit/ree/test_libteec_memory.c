/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <tee_client_api.h>
#include <tee_client_api_extensions.h>

#include "tests/unit/ree/teec_fake.h"

static TEEC_Context ctx;

static int setup(void **state)
{
	(void)state;
	teec_fake_reset();
	return TEEC_InitializeContext(NULL, &ctx) != TEEC_SUCCESS;
}

/* The same on a device that shares memory as it is. */
static int setup_reg_mem(void **state)
{
	(void)state;
	teec_fake_reset();
	teec_fake.node[0].version.gen_caps |= TEE_GEN_CAP_REG_MEM;
	return TEEC_InitializeContext(NULL, &ctx) != TEEC_SUCCESS;
}

static int teardown(void **state)
{
	(void)state;
	TEEC_FinalizeContext(&ctx);
	assert_int_equal(teec_fake_leaks(), 0);
	return 0;
}

static void test_allocate(void **state)
{
	TEEC_SharedMemory shm = { .size = 100, .flags = TEEC_MEM_INPUT };

	(void)state;
	assert_int_equal(TEEC_AllocateSharedMemory(&ctx, &shm), TEEC_SUCCESS);
	assert_non_null(shm.buffer);
	assert_int_equal(shm.size, 100);
	memset(shm.buffer, 1, 100);
	TEEC_ReleaseSharedMemory(&shm);
	assert_null(shm.buffer);
	TEEC_ReleaseSharedMemory(&shm);
	assert_int_equal(teec_fake.unmaps, 1);
}

static void test_allocate_nothing(void **state)
{
	TEEC_SharedMemory shm = { .size = 0, .flags = TEEC_MEM_OUTPUT };

	(void)state;
	assert_int_equal(TEEC_AllocateSharedMemory(&ctx, &shm), TEEC_SUCCESS);
	assert_non_null(shm.buffer);
	assert_int_equal(shm.size, 0);
	TEEC_ReleaseSharedMemory(&shm);
}

static void test_allocate_reg_mem(void **state)
{
	TEEC_SharedMemory shm = { .size = 5000, .flags = TEEC_MEM_INPUT };

	(void)state;
	assert_int_equal(TEEC_AllocateSharedMemory(&ctx, &shm), TEEC_SUCCESS);
	assert_int_equal((uintptr_t)shm.buffer % 4096, 0);
	assert_int_equal(teec_fake.registers, 1);
	assert_int_equal(teec_fake.allocs, 0);
	TEEC_ReleaseSharedMemory(&shm);
	teec_fake.register_error = -ENOMEM;
	teec_fake.register_errors = 1;
	assert_int_equal(TEEC_AllocateSharedMemory(&ctx, &shm), TEEC_ERROR_OUT_OF_MEMORY);
	assert_null(shm.buffer);
	shm.size = SIZE_MAX - 1;
	assert_int_equal(TEEC_AllocateSharedMemory(&ctx, &shm), TEEC_ERROR_OUT_OF_MEMORY);
	TEEC_ReleaseSharedMemory(&shm);
}

static void test_bad_parameters(void **state)
{
	TEEC_SharedMemory shm = { .size = 8, .flags = 0 };
	char byte = 0;

	(void)state;
	shm.buffer = &byte;
	assert_int_equal(TEEC_RegisterSharedMemory(&ctx, &shm), TEEC_ERROR_BAD_PARAMETERS);
	assert_int_equal(TEEC_AllocateSharedMemory(&ctx, &shm), TEEC_ERROR_BAD_PARAMETERS);
	assert_int_equal(TEEC_RegisterSharedMemoryFileDescriptor(&ctx, &shm, 5),
			 TEEC_ERROR_BAD_PARAMETERS);
	shm.flags = 4 | TEEC_MEM_INPUT;
	assert_int_equal(TEEC_RegisterSharedMemory(&ctx, &shm), TEEC_ERROR_BAD_PARAMETERS);
	assert_int_equal(TEEC_AllocateSharedMemory(&ctx, &shm), TEEC_ERROR_BAD_PARAMETERS);
	shm.flags = TEEC_MEM_INPUT;
	shm.buffer = NULL;
	assert_int_equal(TEEC_RegisterSharedMemory(&ctx, &shm), TEEC_ERROR_BAD_PARAMETERS);
	assert_int_equal(TEEC_RegisterSharedMemory(NULL, &shm), TEEC_ERROR_BAD_PARAMETERS);
	assert_int_equal(TEEC_RegisterSharedMemory(&ctx, NULL), TEEC_ERROR_BAD_PARAMETERS);
	assert_int_equal(TEEC_AllocateSharedMemory(NULL, &shm), TEEC_ERROR_BAD_PARAMETERS);
	assert_int_equal(TEEC_AllocateSharedMemory(&ctx, NULL), TEEC_ERROR_BAD_PARAMETERS);
	assert_int_equal(TEEC_RegisterSharedMemoryFileDescriptor(&ctx, &shm, -1),
			 TEEC_ERROR_BAD_PARAMETERS);
	TEEC_ReleaseSharedMemory(&shm);
	TEEC_ReleaseSharedMemory(NULL);
	assert_int_equal(teec_fake.closes, 0);
}

/* What was never shared releases nothing, least of all the descriptor 0. */
static void test_release_of_zeroes(void **state)
{
	TEEC_SharedMemory shm;

	(void)state;
	memset(&shm, 0, sizeof(shm));
	TEEC_ReleaseSharedMemory(&shm);
	assert_int_equal(teec_fake.closes + teec_fake.bad_closes, 0);
}

static void test_alloc_errors(void **state)
{
	TEEC_SharedMemory shm = { .size = 4096, .flags = TEEC_MEM_INPUT };
	char buffer[16];

	(void)state;
	teec_fake.alloc_error = -ENOMEM;
	assert_int_equal(TEEC_AllocateSharedMemory(&ctx, &shm), TEEC_ERROR_OUT_OF_MEMORY);
	teec_fake.alloc_error = -EIO;
	assert_int_equal(TEEC_AllocateSharedMemory(&ctx, &shm), TEEC_ERROR_COMMUNICATION);
	assert_null(shm.buffer);
	teec_fake.alloc_error = 0;
	shm.size = teec_fake.max_alloc + 1;
	assert_int_equal(TEEC_AllocateSharedMemory(&ctx, &shm), TEEC_ERROR_OUT_OF_MEMORY);
	shm.size = 16;
	teec_fake.mmap_error = -ENOMEM;
	assert_int_equal(TEEC_AllocateSharedMemory(&ctx, &shm), TEEC_ERROR_OUT_OF_MEMORY);
	assert_null(shm.buffer);
	shm.buffer = buffer;
	assert_int_equal(TEEC_RegisterSharedMemory(&ctx, &shm), TEEC_ERROR_OUT_OF_MEMORY);
	assert_ptr_equal(shm.buffer, buffer);
	TEEC_ReleaseSharedMemory(&shm);
	assert_int_equal(teec_fake_leaks(), 1);
}

static void test_register_shadow(void **state)
{
	char buffer[16];
	TEEC_SharedMemory shm = { .buffer = buffer, .size = 16, .flags = TEEC_MEM_INPUT };

	(void)state;
	assert_int_equal(TEEC_RegisterSharedMemory(&ctx, &shm), TEEC_SUCCESS);
	assert_ptr_equal(shm.buffer, buffer);
	assert_int_equal(teec_fake.allocs, 1);
	TEEC_ReleaseSharedMemory(&shm);
	assert_null(shm.buffer);
	assert_int_equal(teec_fake.unmaps, 1);
}

static void test_register_reg_mem(void **state)
{
	char buffer[16];
	TEEC_SharedMemory shm = { .buffer = buffer, .size = 16, .flags = TEEC_MEM_INPUT };

	(void)state;
	assert_int_equal(TEEC_RegisterSharedMemory(&ctx, &shm), TEEC_SUCCESS);
	assert_null(shm.imp.shadow_buffer);
	assert_int_equal(teec_fake.registers, 1);
	TEEC_ReleaseSharedMemory(&shm);
	assert_null(shm.buffer);

	/* Memory that can't be shared as it is gets a shadow from the heap. */
	shm.buffer = buffer;
	teec_fake.register_error = -EFAULT;
	teec_fake.register_errors = 1;
	assert_int_equal(TEEC_RegisterSharedMemory(&ctx, &shm), TEEC_SUCCESS);
	assert_ptr_equal(shm.buffer, buffer);
	assert_non_null(shm.imp.shadow_buffer);
	TEEC_ReleaseSharedMemory(&shm);

	shm.buffer = buffer;
	teec_fake.register_errors = 2;
	assert_int_equal(TEEC_RegisterSharedMemory(&ctx, &shm), TEEC_ERROR_BAD_PARAMETERS);
	teec_fake.registers = 0;
	teec_fake.register_error = -EIO;
	teec_fake.register_errors = 1;
	assert_int_equal(TEEC_RegisterSharedMemory(&ctx, &shm), TEEC_ERROR_COMMUNICATION);
	assert_int_equal(teec_fake.registers, 1);
	TEEC_ReleaseSharedMemory(&shm);
}

static void test_register_fd(void **state)
{
	TEEC_SharedMemory shm = { .flags = TEEC_MEM_INPUT | TEEC_MEM_OUTPUT };

	(void)state;
	assert_int_equal(TEEC_RegisterSharedMemoryFileDescriptor(&ctx, &shm, 5), TEEC_SUCCESS);
	assert_int_equal(shm.size, 12288);
	assert_null(shm.buffer);
	TEEC_ReleaseSharedMemory(&shm);
	assert_int_equal(TEEC_RegisterSharedMemoryFileDescriptor(&ctx, &shm, 6),
			 TEEC_ERROR_BAD_PARAMETERS);
	teec_fake.register_error = -ENOTTY;
	assert_int_equal(TEEC_RegisterSharedMemoryFileDescriptor(&ctx, &shm, 5),
			 TEEC_ERROR_NOT_SUPPORTED);
	TEEC_ReleaseSharedMemory(&shm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_allocate, setup, teardown),
		cmocka_unit_test_setup_teardown(test_allocate_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(test_allocate_reg_mem, setup_reg_mem, teardown),
		cmocka_unit_test_setup_teardown(test_bad_parameters, setup, teardown),
		cmocka_unit_test_setup_teardown(test_release_of_zeroes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_alloc_errors, setup, teardown),
		cmocka_unit_test_setup_teardown(test_register_shadow, setup, teardown),
		cmocka_unit_test_setup_teardown(test_register_reg_mem, setup_reg_mem, teardown),
		cmocka_unit_test_setup_teardown(test_register_fd, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
