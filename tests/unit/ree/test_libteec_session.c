/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include <tee_client_api.h>

#include "tests/unit/ree/teec_fake.h"

#define NUM_THREADS 4
#define NUM_CALLS 500

static const TEEC_UUID uuid = { 0x00010203, 0x0405, 0x0607, { 8, 9, 10, 11, 12, 13, 14, 15 } };
static TEEC_Context ctx;

static int setup(void **state)
{
	(void)state;
	teec_fake_reset();
	return TEEC_InitializeContext(NULL, &ctx) != TEEC_SUCCESS;
}

static int teardown(void **state)
{
	(void)state;
	TEEC_FinalizeContext(&ctx);
	assert_int_equal(teec_fake_leaks(), 0);
	return 0;
}

static void test_open(void **state)
{
	TEEC_Session session;
	uint32_t origin = 0;
	unsigned int i;

	(void)state;
	assert_int_equal(TEEC_OpenSession(&ctx, &session, &uuid, TEEC_LOGIN_PUBLIC, NULL, NULL,
					  &origin),
			 TEEC_SUCCESS);
	assert_int_equal(origin, TEEC_ORIGIN_TRUSTED_APP);
	for (i = 0; i < 16; i++)
		assert_int_equal(teec_fake.open_arg.uuid[i], i);
	assert_int_equal(teec_fake.open_arg.num_params, 4);
	assert_int_equal(teec_fake.open_arg.session, 0);
	assert_int_equal(TEEC_InvokeCommand(&session, 0xabcd, NULL, &origin), TEEC_SUCCESS);
	assert_int_equal(teec_fake.invoke_arg.session, 7);
	assert_int_equal(teec_fake.invoke_arg.func, 0xabcd);
	TEEC_CloseSession(&session);
	assert_int_equal(teec_fake.close_arg.session, 7);
	/* Once is enough. */
	TEEC_CloseSession(&session);
	TEEC_CloseSession(NULL);
	assert_int_equal(teec_fake.closed, 1);
	assert_int_equal(TEEC_InvokeCommand(&session, 1, NULL, &origin), TEEC_ERROR_BAD_PARAMETERS);
	assert_int_equal(origin, TEEC_ORIGIN_API);
}

static void test_open_parameters(void **state)
{
	TEEC_Operation op = { .paramTypes = TEEC_PARAM_TYPES(TEEC_VALUE_INPUT, 0, 0, 0) };
	TEEC_Session session;

	(void)state;
	op.params[0].value.a = 77;
	assert_int_equal(TEEC_OpenSession(&ctx, &session, &uuid, TEEC_LOGIN_PUBLIC, NULL, &op,
					  NULL),
			 TEEC_SUCCESS);
	assert_int_equal(teec_fake.param[0].a, 77);
	TEEC_CloseSession(&session);
}

static void test_logins(void **state)
{
	static const uint32_t methods[] = {
		TEEC_LOGIN_PUBLIC,	     TEEC_LOGIN_USER,
		TEEC_LOGIN_GROUP,	     TEEC_LOGIN_APPLICATION,
		TEEC_LOGIN_USER_APPLICATION, TEEC_LOGIN_GROUP_APPLICATION,
		0x12345678,
	};
	static const uint8_t no_uuid[16], gid_uuid[16] = { 0xe8, 0x03 };
	const uint32_t gid = 1000;
	TEEC_Session session;
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		bool group = methods[i] == TEEC_LOGIN_GROUP ||
			     methods[i] == TEEC_LOGIN_GROUP_APPLICATION;

		assert_int_equal(TEEC_OpenSession(&ctx, &session, &uuid, methods[i],
						  group ? &gid : NULL, NULL, NULL),
				 TEEC_SUCCESS);
		assert_int_equal(teec_fake.open_arg.clnt_login, methods[i]);
		assert_memory_equal(teec_fake.open_arg.clnt_uuid, group ? gid_uuid : no_uuid, 16);
		TEEC_CloseSession(&session);
	}
}

static void test_bad_parameters(void **state)
{
	TEEC_Session session;
	uint32_t origin = 0;

	(void)state;
	assert_int_equal(TEEC_OpenSession(NULL, &session, &uuid, 0, NULL, NULL, &origin),
			 TEEC_ERROR_BAD_PARAMETERS);
	assert_int_equal(origin, TEEC_ORIGIN_API);
	assert_int_equal(TEEC_OpenSession(&ctx, NULL, &uuid, 0, NULL, NULL, NULL),
			 TEEC_ERROR_BAD_PARAMETERS);
	assert_int_equal(TEEC_OpenSession(&ctx, &session, NULL, 0, NULL, NULL, NULL),
			 TEEC_ERROR_BAD_PARAMETERS);
	assert_int_equal(TEEC_OpenSession(&ctx, &session, &uuid, TEEC_LOGIN_GROUP, NULL, NULL,
					  &origin),
			 TEEC_ERROR_BAD_PARAMETERS);
	assert_int_equal(origin, TEEC_ORIGIN_API);
	assert_int_equal(TEEC_InvokeCommand(NULL, 0, NULL, &origin), TEEC_ERROR_BAD_PARAMETERS);
	assert_int_equal(origin, TEEC_ORIGIN_API);
	assert_int_equal(teec_fake.opened + teec_fake.invoked, 0);
}

static void test_errors(void **state)
{
	static const struct {
		int err;
		TEEC_Result res;
	} row[] = {
		{ -ENOMEM, TEEC_ERROR_OUT_OF_MEMORY }, { -EINVAL, TEEC_ERROR_BAD_PARAMETERS },
		{ -EPERM, TEEC_ERROR_ACCESS_DENIED },  { -EIO, TEEC_ERROR_COMMUNICATION },
		{ -ENODEV, TEEC_ERROR_COMMUNICATION }, { -EDOM, TEEC_ERROR_GENERIC },
	};
	TEEC_Session session;
	uint32_t origin = 0;
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		teec_fake.open_error = row[i].err;
		assert_int_equal(TEEC_OpenSession(&ctx, &session, &uuid, 0, NULL, NULL, &origin),
				 row[i].res);
		assert_int_equal(origin, TEEC_ORIGIN_COMMS);
		/* There is nothing to close. */
		TEEC_CloseSession(&session);
	}
	teec_fake.open_error = 0;
	teec_fake.ret = TEEC_ERROR_ITEM_NOT_FOUND;
	teec_fake.ret_origin = TEEC_ORIGIN_TEE;
	assert_int_equal(TEEC_OpenSession(&ctx, &session, &uuid, 0, NULL, NULL, &origin),
			 TEEC_ERROR_ITEM_NOT_FOUND);
	assert_int_equal(origin, TEEC_ORIGIN_TEE);
	TEEC_CloseSession(&session);
	assert_int_equal(teec_fake.closed, 0);

	teec_fake.ret = 0;
	assert_int_equal(TEEC_OpenSession(&ctx, &session, &uuid, 0, NULL, NULL, NULL),
			 TEEC_SUCCESS);
	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		teec_fake.invoke_error = row[i].err;
		assert_int_equal(TEEC_InvokeCommand(&session, 0, NULL, &origin), row[i].res);
		assert_int_equal(origin, TEEC_ORIGIN_COMMS);
	}
	teec_fake.invoke_error = 0;
	teec_fake.ret = TEEC_ERROR_TARGET_DEAD;
	assert_int_equal(TEEC_InvokeCommand(&session, 0, NULL, &origin), TEEC_ERROR_TARGET_DEAD);
	assert_int_equal(origin, TEEC_ORIGIN_TEE);
	teec_fake.close_error = -EIO;
	TEEC_CloseSession(&session);
}

/* A call that waits in the device until another thread has cancelled it. */
static struct {
	TEEC_Operation op;
	TEEC_Session session;
	pthread_barrier_t in_call, cancelled;
	unsigned long request;
} pending;

static void wait_in_call(unsigned long request)
{
	if (request != pending.request)
		return;
	pthread_barrier_wait(&pending.in_call);
	pthread_barrier_wait(&pending.cancelled);
}

static void *canceller(void *arg)
{
	(void)arg;
	pthread_barrier_wait(&pending.in_call);
	TEEC_RequestCancellation(&pending.op);
	pthread_barrier_wait(&pending.cancelled);
	return NULL;
}

static void check_cancel(unsigned long request)
{
	pthread_t thread;

	pthread_barrier_init(&pending.in_call, NULL, 2);
	pthread_barrier_init(&pending.cancelled, NULL, 2);
	pending.request = request;
	teec_fake.before = wait_in_call;
	assert_int_equal(pthread_create(&thread, NULL, canceller, NULL), 0);
	if (request == TEE_IOC_INVOKE)
		TEEC_InvokeCommand(&pending.session, 1, &pending.op, NULL);
	else
		TEEC_OpenSession(&ctx, &pending.session, &uuid, 0, NULL, &pending.op, NULL);
	pthread_join(thread, NULL);
	teec_fake.before = NULL;
	pthread_barrier_destroy(&pending.in_call);
	pthread_barrier_destroy(&pending.cancelled);
}

static void test_cancel(void **state)
{
	uint32_t open_id;

	(void)state;
	memset(&pending, 0, sizeof(pending));
	/* Nothing has begun. */
	TEEC_RequestCancellation(&pending.op);
	TEEC_RequestCancellation(NULL);
	assert_int_equal(teec_fake.cancelled, 0);

	/* A session that is being opened has no id, whatever was there before. */
	memset(&pending.session, 0xa5, sizeof(pending.session));
	check_cancel(TEE_IOC_OPEN_SESSION);
	assert_int_equal(teec_fake.cancelled, 1);
	assert_int_equal(teec_fake.cancel_arg.session, 0);
	open_id = teec_fake.open_arg.cancel_id;
	assert_int_not_equal(open_id, 0);
	assert_int_equal(teec_fake.cancel_arg.cancel_id, open_id);

	check_cancel(TEE_IOC_INVOKE);
	assert_int_equal(teec_fake.cancelled, 2);
	assert_int_equal(teec_fake.cancel_arg.session, 7);
	assert_int_not_equal(teec_fake.invoke_arg.cancel_id, open_id);
	assert_int_equal(teec_fake.cancel_arg.cancel_id, teec_fake.invoke_arg.cancel_id);

	/* It has ended. */
	TEEC_RequestCancellation(&pending.op);
	assert_int_equal(teec_fake.cancelled, 2);
	TEEC_CloseSession(&pending.session);
}

/* started says that nothing has begun: no other member need be set. */
static void test_cancel_unset(void **state)
{
	TEEC_Operation op;

	(void)state;
	memset(&op, 0xa5, sizeof(op));
	op.started = 0;
	TEEC_RequestCancellation(&op);
	assert_int_equal(teec_fake.cancelled, 0);
}

static void open_session(TEEC_Session *session)
{
	assert_int_equal(TEEC_OpenSession(&ctx, session, &uuid, 0, NULL, NULL, NULL), TEEC_SUCCESS);
}

/* The machine goes twice: each new session lives, those before it have ended for good. */
static void test_renewed(void **state)
{
	TEEC_Session session[3];
	uint32_t origin;
	unsigned int i;

	(void)state;
	for (i = 0; i < 3; i++) {
		if (i)
			teec_fake_go();
		open_session(&session[i]);
		assert_int_equal(TEEC_InvokeCommand(&session[i], 1, NULL, NULL), TEEC_SUCCESS);
	}
	assert_int_equal(teec_fake.renewals, 2);
	for (i = 0; i < 2; i++) {
		assert_int_equal(TEEC_InvokeCommand(&session[i], 1, NULL, &origin),
				 TEEC_ERROR_COMMUNICATION);
		assert_int_equal(origin, TEEC_ORIGIN_COMMS);
	}
	assert_int_equal(teec_fake.invoked, 3 + 2); /* those of the dead are not answered */
	for (i = 0; i < 3; i++)
		TEEC_CloseSession(&session[i]);
}

static void test_not_renewed(void **state)
{
	static const struct {
		int err;
		TEEC_Result res;
	} cases[] = { { -ENOENT, TEEC_ERROR_COMMUNICATION },
		      { -ECONNREFUSED, TEEC_ERROR_COMMUNICATION },
		      { -ENOSPC, TEEC_ERROR_OUT_OF_MEMORY } };
	TEEC_SharedMemory shm = { .size = 10, .flags = TEEC_MEM_INPUT };
	TEEC_Session session;
	unsigned int i;

	(void)state;
	teec_fake_go();
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		teec_fake.renew_error = cases[i].err;
		assert_int_equal(TEEC_OpenSession(&ctx, &session, &uuid, 0, NULL, NULL, NULL),
				 cases[i].res);
		assert_int_equal(TEEC_AllocateSharedMemory(&ctx, &shm), cases[i].res);
	}
	teec_fake.renew_error = 0;
	open_session(&session);
	TEEC_CloseSession(&session);
}

/* An id means something in one machine's life only. */
static void test_memory_of_before(void **state)
{
	TEEC_SharedMemory old = { .size = 10, .flags = TEEC_MEM_INPUT }, new = old;
	TEEC_Operation op = { .paramTypes = TEEC_PARAM_TYPES(TEEC_MEMREF_WHOLE, 0, 0, 0) };
	TEEC_Session session[2];
	uint32_t origin;

	(void)state;
	open_session(&session[0]);
	assert_int_equal(TEEC_AllocateSharedMemory(&ctx, &old), TEEC_SUCCESS);
	teec_fake_go();
	/* Memory renews the device as well as a session. */
	assert_int_equal(TEEC_AllocateSharedMemory(&ctx, &new), TEEC_SUCCESS);
	open_session(&session[1]);
	assert_int_equal(teec_fake.renewals, 1);
	op.params[0].memref.parent = &old;
	assert_int_equal(TEEC_InvokeCommand(&session[1], 1, &op, &origin),
			 TEEC_ERROR_COMMUNICATION);
	assert_int_equal(origin, TEEC_ORIGIN_COMMS);
	op.params[0].memref.parent = &new;
	assert_int_equal(TEEC_InvokeCommand(&session[0], 1, &op, &origin),
			 TEEC_ERROR_COMMUNICATION);
	assert_int_equal(teec_fake.invoked, 0);
	assert_int_equal(TEEC_InvokeCommand(&session[1], 1, &op, NULL), TEEC_SUCCESS);
	TEEC_ReleaseSharedMemory(&old);
	TEEC_ReleaseSharedMemory(&new);
	TEEC_CloseSession(&session[0]);
	TEEC_CloseSession(&session[1]);
}

static void test_memory_of_another_context(void **state)
{
	TEEC_SharedMemory shm = { .size = 10, .flags = TEEC_MEM_INPUT };
	TEEC_Operation op = { .paramTypes = TEEC_PARAM_TYPES(TEEC_MEMREF_WHOLE, 0, 0, 0) };
	TEEC_Session session;
	TEEC_Context other;
	uint32_t origin;

	(void)state;
	open_session(&session);
	assert_int_equal(TEEC_InitializeContext(NULL, &other), TEEC_SUCCESS);
	assert_int_equal(TEEC_AllocateSharedMemory(&other, &shm), TEEC_SUCCESS);
	op.params[0].memref.parent = &shm;
	assert_int_equal(TEEC_InvokeCommand(&session, 1, &op, &origin), TEEC_ERROR_BAD_PARAMETERS);
	assert_int_equal(origin, TEEC_ORIGIN_API);
	TEEC_ReleaseSharedMemory(&shm);
	TEEC_CloseSession(&session);
	TEEC_FinalizeContext(&other);
}

static void *open_and_close(void *arg)
{
	TEEC_Session session;

	if (TEEC_OpenSession(&ctx, &session, &uuid, 0, NULL, NULL, NULL) != TEEC_SUCCESS)
		return NULL;
	TEEC_CloseSession(&session);
	return arg;
}

static void test_renewed_by_many(void **state)
{
	pthread_t thread[NUM_THREADS];
	void *ok;
	int i;

	(void)state;
	teec_fake_go();
	for (i = 0; i < NUM_THREADS; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, open_and_close, &ctx), 0);
	for (i = 0; i < NUM_THREADS; i++) {
		pthread_join(thread[i], &ok);
		assert_ptr_equal(ok, &ctx);
	}
	assert_int_equal(teec_fake.renewals, 1);
}

static void serve_inc(struct tee_ioctl_param *p)
{
	p[0].a++;
	if (p[1].attr)
		teec_fake_bytes(&p[1])[0]++;
}

static void *many_calls(void *arg)
{
	uint8_t byte = 0;
	TEEC_Operation op = { .paramTypes = TEEC_PARAM_TYPES(TEEC_VALUE_INOUT,
							     TEEC_MEMREF_TEMP_INOUT, 0, 0) };
	unsigned int i;

	op.params[1].tmpref.buffer = &byte;
	op.params[1].tmpref.size = 1;
	for (i = 0; i < NUM_CALLS; i++)
		if (TEEC_InvokeCommand(arg, 0, &op, NULL) != TEEC_SUCCESS)
			return NULL;
	return op.params[0].value.a == NUM_CALLS && byte == (uint8_t)NUM_CALLS ? arg : NULL;
}

static void test_many_threads(void **state)
{
	pthread_t thread[NUM_THREADS];
	TEEC_Session session;
	void *ok;
	int i;

	(void)state;
	assert_int_equal(TEEC_OpenSession(&ctx, &session, &uuid, 0, NULL, NULL, NULL),
			 TEEC_SUCCESS);
	teec_fake.serve = serve_inc;
	for (i = 0; i < NUM_THREADS; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, many_calls, &session), 0);
	for (i = 0; i < NUM_THREADS; i++) {
		pthread_join(thread[i], &ok);
		assert_ptr_equal(ok, &session);
	}
	TEEC_CloseSession(&session);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_open, setup, teardown),
		cmocka_unit_test_setup_teardown(test_open_parameters, setup, teardown),
		cmocka_unit_test_setup_teardown(test_logins, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bad_parameters, setup, teardown),
		cmocka_unit_test_setup_teardown(test_errors, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cancel, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cancel_unset, setup, teardown),
		cmocka_unit_test_setup_teardown(test_renewed, setup, teardown),
		cmocka_unit_test_setup_teardown(test_not_renewed, setup, teardown),
		cmocka_unit_test_setup_teardown(test_memory_of_before, setup, teardown),
		cmocka_unit_test_setup_teardown(test_memory_of_another_context, setup, teardown),
		cmocka_unit_test_setup_teardown(test_renewed_by_many, setup, teardown),
		cmocka_unit_test_setup_teardown(test_many_threads, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
