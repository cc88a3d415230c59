/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include <tee_client_api.h>

#include "ree/libteec/result.h"
#include "tests/unit/ree/teec_fake.h"
#include "wire/mipstee.h"

static int setup(void **state)
{
	(void)state;
	teec_fake_reset();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	assert_int_equal(teec_fake_leaks(), 0);
	return 0;
}

static void node_set(unsigned int n, uint32_t impl_id, uint32_t impl_caps, uint32_t gen_caps)
{
	teec_fake.node[n].open_error = 0;
	teec_fake.node[n].version.impl_id = impl_id;
	teec_fake.node[n].version.impl_caps = impl_caps;
	teec_fake.node[n].version.gen_caps = gen_caps;
}

static void test_first_gp_device(void **state)
{
	TEEC_Context ctx;

	(void)state;
	node_set(0, 2, 0, 0);
	node_set(1, 3, 0, TEE_GEN_CAP_GP | TEE_GEN_CAP_REG_MEM);
	assert_int_equal(TEEC_InitializeContext(NULL, &ctx), TEEC_SUCCESS);
	assert_string_equal(teec_fake.last_node, "/dev/tee1");
	assert_true(ctx.imp.reg_mem);
	assert_false(ctx.imp.memref_null);
	assert_int_equal(teec_fake.closes, 1);
	TEEC_FinalizeContext(&ctx);
	TEEC_FinalizeContext(&ctx);
	assert_int_equal(teec_fake.closes, 2);
}

static void test_names(void **state)
{
	TEEC_Context ctx;

	(void)state;
	assert_int_equal(TEEC_InitializeContext("optee-tz", &ctx), TEEC_ERROR_ITEM_NOT_FOUND);
	assert_int_equal(TEEC_InitializeContext("nonsense", &ctx), TEEC_ERROR_ITEM_NOT_FOUND);
	TEEC_FinalizeContext(&ctx);
	assert_int_equal(TEEC_InitializeContext("mipstee", &ctx), TEEC_SUCCESS);
	assert_string_equal(teec_fake.last_node, "/dev/tee0");
	TEEC_FinalizeContext(&ctx);

	node_set(3, TEE_IMPL_ID_OPTEE, 0, TEE_GEN_CAP_GP);
	node_set(15, TEE_IMPL_ID_OPTEE, TEE_OPTEE_CAP_TZ, TEE_GEN_CAP_GP);
	assert_int_equal(TEEC_InitializeContext("optee-tz", &ctx), TEEC_SUCCESS);
	assert_string_equal(teec_fake.last_node, "/dev/tee15");
	TEEC_FinalizeContext(&ctx);
	teec_fake.node[0].open_error = -ENOENT;
	assert_int_equal(TEEC_InitializeContext("mipstee", &ctx), TEEC_ERROR_ITEM_NOT_FOUND);
}

static void test_no_device(void **state)
{
	TEEC_Context ctx;

	(void)state;
	teec_fake.node[0].open_error = -ENOENT;
	assert_int_equal(TEEC_InitializeContext(NULL, &ctx), TEEC_ERROR_ITEM_NOT_FOUND);
	assert_int_equal(teec_fake.opens, FAKE_NUM_NODES);
	/* Neither the descriptor 0 nor any other is closed for a context that isn't one. */
	TEEC_FinalizeContext(&ctx);
	TEEC_FinalizeContext(NULL);
	assert_int_equal(teec_fake.closes, 0);
	assert_int_equal(TEEC_InitializeContext(NULL, NULL), TEEC_ERROR_BAD_PARAMETERS);
}

static void test_open_errors(void **state)
{
	TEEC_Context ctx;

	(void)state;
	/* One node that isn't for us doesn't hide the next. */
	teec_fake.node[0].open_error = -EACCES;
	assert_int_equal(TEEC_InitializeContext(NULL, &ctx), TEEC_ERROR_ACCESS_DENIED);
	node_set(1, 3, 0, TEE_GEN_CAP_GP);
	assert_int_equal(TEEC_InitializeContext(NULL, &ctx), TEEC_SUCCESS);
	TEEC_FinalizeContext(&ctx);
	/* A machine that refuses is asked once. */
	teec_fake.opens = 0;
	teec_fake.node[0].open_error = -ECONNREFUSED;
	assert_int_equal(TEEC_InitializeContext(NULL, &ctx), TEEC_ERROR_COMMUNICATION);
	assert_int_equal(teec_fake.opens, 1);
}

static void test_version_errors(void **state)
{
	TEEC_Context ctx;

	(void)state;
	teec_fake.version_error = -ENOTTY;
	assert_int_equal(TEEC_InitializeContext(NULL, &ctx), TEEC_ERROR_ITEM_NOT_FOUND);
	teec_fake.version_error = -EIO;
	assert_int_equal(TEEC_InitializeContext(NULL, &ctx), TEEC_ERROR_COMMUNICATION);
}

static void test_result_of_errno(void **state)
{
	(void)state;
	assert_int_equal(teec_result(0), TEEC_SUCCESS);
	assert_int_equal(teec_result(-EINVAL), TEEC_ERROR_BAD_PARAMETERS);
	assert_int_equal(teec_result(-ENOMEM), TEEC_ERROR_OUT_OF_MEMORY);
	assert_int_equal(teec_result(-EMFILE), TEEC_ERROR_OUT_OF_MEMORY);
	assert_int_equal(teec_result(-EPERM), TEEC_ERROR_ACCESS_DENIED);
	assert_int_equal(teec_result(-ENOENT), TEEC_ERROR_ITEM_NOT_FOUND);
	assert_int_equal(teec_result(-EBUSY), TEEC_ERROR_BUSY);
	assert_int_equal(teec_result(-EOPNOTSUPP), TEEC_ERROR_NOT_SUPPORTED);
	assert_int_equal(teec_result(-EIO), TEEC_ERROR_COMMUNICATION);
	assert_int_equal(teec_result(-ETIMEDOUT), TEEC_ERROR_COMMUNICATION);
	assert_int_equal(teec_result(-EDOM), TEEC_ERROR_GENERIC);
	assert_int_equal(teec_local_origin(-EINVAL), TEEC_ORIGIN_API);
	assert_int_equal(teec_local_origin(-EIO), TEEC_ORIGIN_COMMS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_first_gp_device, setup, teardown),
		cmocka_unit_test_setup_teardown(test_names, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_device, setup, teardown),
		cmocka_unit_test_setup_teardown(test_open_errors, setup, teardown),
		cmocka_unit_test_setup_teardown(test_version_errors, setup, teardown),
		cmocka_unit_test(test_result_of_errno),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
