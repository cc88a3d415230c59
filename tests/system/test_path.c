/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/* Calls through every hop of real processes: values, sessions, identities, errors, cancellation. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <linux/tee.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "examples/hello/hello_ta.h"
#include "tests/system/client.h"
#include "tests/system/group.h"
#include "tests/system/probe_ta.h"
#include "wire/mipstee.h"

static const TEEC_UUID probe = PROBE_TA_UUID;
static const TEEC_UUID shared = PROBE_SHARED_TA_UUID;
static const TEEC_UUID lonely = PROBE_LONELY_TA_UUID;
static const TEEC_UUID hello = HELLO_TA_UUID;

static void values_come_back_right(void **state)
{
	struct client c;
	unsigned int i;

	(void)state;
	client_open(&c, &probe);
	for (i = 0; i < 200; i++)
		client_works(&c);
	client_close(&c);
}

static void results_of_the_ta_arrive(void **state)
{
	static const uint32_t results[] = { 0, 1, TEEC_ERROR_BAD_FORMAT, 0x80000001, 0xffffffff };
	struct client c;
	uint32_t origin;
	unsigned int i;

	(void)state;
	client_open(&c, &probe);
	for (i = 0; i < 5; i++) {
		assert_int_equal(client_value(&c, PROBE_RETURN, results[i], &origin), results[i]);
		assert_int_equal(origin, TEEC_ORIGIN_TRUSTED_APP);
	}
	assert_int_equal(client_invoke(&c, 12345, &origin), TEEC_ERROR_NOT_SUPPORTED);
	assert_int_equal(client_invoke(&c, PROBE_RETURN, &origin), TEEC_ERROR_BAD_PARAMETERS);
	client_close(&c);
}

static void unknown_trusted_application(void **state)
{
	TEEC_UUID nobody = { 1, 2, 3, { 4, 5, 6, 7, 8, 9, 10, 11 } };
	TEEC_Context ctx;
	TEEC_Session s;
	uint32_t origin;

	(void)state;
	assert_int_equal(TEEC_InitializeContext(NULL, &ctx), TEEC_SUCCESS);
	assert_int_equal(TEEC_OpenSession(&ctx, &s, &nobody, TEEC_LOGIN_PUBLIC, NULL, NULL, &origin),
			 TEEC_ERROR_ITEM_NOT_FOUND);
	assert_int_equal(origin, TEEC_ORIGIN_TEE);
	TEEC_FinalizeContext(&ctx);
}

/* The same programs run on both drivers. */
static bool by_optee(void)
{
	const char *driver = getenv("TEELINK_DRIVER");

	return driver && !strcmp(driver, "optee");
}

static void context_names(void **state)
{
	TEEC_Context ctx;

	(void)state;
	assert_int_equal(TEEC_InitializeContext("no such tee", &ctx), TEEC_ERROR_ITEM_NOT_FOUND);
	assert_int_equal(TEEC_InitializeContext(by_optee() ? "mipstee" : "optee-tz", &ctx),
			 TEEC_ERROR_ITEM_NOT_FOUND);
	assert_int_equal(TEEC_InitializeContext(by_optee() ? "optee-tz" : "mipstee", &ctx), TEEC_SUCCESS);
	TEEC_FinalizeContext(&ctx);
}

/* What Linux shows in sysfs stands in the machine's status. */
static void the_device_describes_itself(void **state)
{
	json_t *status, *dev;
	struct client c;

	(void)state;
	client_open(&c, &probe);
	status = machine_status(&machine);
	dev = json_array_get(json_object_get(status, "devices"), 0);
	assert_string_equal(json_string_value(json_object_get(dev, "name")), "tee0");
	assert_int_equal(json_integer_value(json_object_get(dev, "implementation_id")),
			 by_optee() ? TEE_IMPL_ID_OPTEE : MIPSTEE_IMPL_ID);
	json_decref(status);
	client_close(&c);
}

static void without_a_machine(void **state)
{
	char *path = strdup(getenv("TEELINK_SOCKET"));
	int status;
	pid_t pid;

	(void)state;
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		TEEC_Context ctx;

		setenv("TEELINK_SOCKET", "/nonexistent/sock", 1);
		_exit(TEEC_InitializeContext(NULL, &ctx) == TEEC_ERROR_ITEM_NOT_FOUND ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	free(path);
}

static void count(struct client *c, uint32_t *sessions, uint32_t *invokes)
{
	TEEC_Operation op = { 0 };
	uint32_t origin;

	op.paramTypes = TEEC_PARAM_TYPES(TEEC_VALUE_OUTPUT, 0, 0, 0);
	assert_int_equal(TEEC_InvokeCommand(&c->session, PROBE_COUNT, &op, &origin), TEEC_SUCCESS);
	*sessions = op.params[0].value.a;
	*invokes = op.params[0].value.b;
}

static void instances_as_their_flags_say(void **state)
{
	struct client a, b;
	uint32_t sessions, invokes, origin, before;
	TEEC_Session second;

	(void)state;
	client_open(&a, &probe);
	client_open(&b, &probe);
	client_works(&a);
	count(&b, &sessions, &invokes);
	assert_int_equal(sessions, 1);
	assert_int_equal(invokes, 1);
	client_close(&a);
	client_close(&b);

	client_open(&a, &shared);
	client_open(&b, &shared);
	count(&b, &sessions, &before);
	assert_int_equal(sessions, 2);
	client_close(&a);
	client_close(&b);
	/* Kept alive: the instance remembers. */
	client_open(&a, &shared);
	count(&a, &sessions, &invokes);
	assert_int_equal(sessions, 1);
	assert_int_equal(invokes, before + 1);
	client_close(&a);

	client_open(&a, &lonely);
	assert_int_equal(TEEC_OpenSession(&a.ctx, &second, &lonely, TEEC_LOGIN_PUBLIC, NULL, NULL,
					  &origin),
			 TEEC_ERROR_BUSY);
	assert_int_equal(origin, TEEC_ORIGIN_TEE);
	client_works(&a);
	client_close(&a);
	client_open(&a, &lonely);
	client_close(&a);
}

static void the_ta_refuses_a_session(void **state)
{
	TEEC_Operation op = { 0 };
	TEEC_Context ctx;
	TEEC_Session s;
	uint32_t origin;

	(void)state;
	assert_int_equal(TEEC_InitializeContext(NULL, &ctx), TEEC_SUCCESS);
	op.paramTypes = TEEC_PARAM_TYPES(TEEC_VALUE_INPUT, 0, 0, 0);
	op.params[0].value.a = TEEC_ERROR_ACCESS_DENIED;
	assert_int_equal(TEEC_OpenSession(&ctx, &s, &probe, TEEC_LOGIN_PUBLIC, NULL, &op, &origin),
			 TEEC_ERROR_ACCESS_DENIED);
	assert_int_equal(origin, TEEC_ORIGIN_TRUSTED_APP);
	op.params[0].value.b = 1;
	assert_int_equal(TEEC_OpenSession(&ctx, &s, &probe, TEEC_LOGIN_PUBLIC, NULL, &op, &origin),
			 TEEC_ERROR_TARGET_DEAD);
	assert_int_equal(origin, TEEC_ORIGIN_TEE);
	op.params[0].value.b = 2;
	assert_int_equal(TEEC_OpenSession(&ctx, &s, &probe, TEEC_LOGIN_PUBLIC, NULL, &op, &origin),
			 TEEC_ERROR_TARGET_DEAD);
	TEEC_FinalizeContext(&ctx);
}

static void panic_and_crash_take_only_their_instance(void **state)
{
	struct client victim, witness;
	uint32_t origin;
	unsigned int i;

	(void)state;
	client_open(&witness, &probe);
	for (i = 0; i < 2; i++) {
		client_open(&victim, &probe);
		assert_int_equal(client_value(&victim, i ? PROBE_CRASH : PROBE_PANIC, 0x77, &origin),
				 TEEC_ERROR_TARGET_DEAD);
		assert_int_equal(origin, TEEC_ORIGIN_TEE);
		assert_int_equal(client_invoke(&victim, PROBE_NOP, &origin), TEEC_ERROR_TARGET_DEAD);
		assert_int_equal(client_invoke(&victim, PROBE_NOP, &origin), TEEC_ERROR_TARGET_DEAD);
		assert_int_equal(origin, TEEC_ORIGIN_TEE);
		client_works(&witness);
		client_close(&victim);
	}
	client_close(&witness);
	/* A shared instance that died is made anew. */
	client_open(&victim, &shared);
	assert_int_equal(client_value(&victim, PROBE_PANIC, 1, &origin), TEEC_ERROR_TARGET_DEAD);
	client_close(&victim);
	client_open(&victim, &shared);
	client_works(&victim);
	client_close(&victim);
}

static void who_the_client_is(void **state)
{
	TEEC_Operation op = { 0 };
	uint8_t id[20], user[20];
	TEEC_Context ctx;
	TEEC_Session s;
	uint32_t origin, gid = (uint32_t)getegid(), other = 4242;

	(void)state;
	assert_int_equal(TEEC_InitializeContext(NULL, &ctx), TEEC_SUCCESS);
	op.paramTypes = TEEC_PARAM_TYPES(TEEC_MEMREF_TEMP_OUTPUT, 0, 0, 0);
	op.params[0].tmpref.buffer = id;
	op.params[0].tmpref.size = sizeof(id);
	assert_int_equal(TEEC_OpenSession(&ctx, &s, &probe, TEEC_LOGIN_PUBLIC, NULL, NULL, &origin),
			 TEEC_SUCCESS);
	assert_int_equal(TEEC_InvokeCommand(&s, PROBE_IDENTITY, &op, &origin), TEEC_SUCCESS);
	assert_memory_equal(id, (uint8_t[20]){ 0 }, 20);
	TEEC_CloseSession(&s);
	assert_int_equal(TEEC_OpenSession(&ctx, &s, &probe, TEEC_LOGIN_USER, NULL, NULL, &origin),
			 TEEC_SUCCESS);
	assert_int_equal(TEEC_InvokeCommand(&s, PROBE_IDENTITY, &op, &origin), TEEC_SUCCESS);
	memcpy(user, id, 20);
	assert_int_equal(user[0], TEEC_LOGIN_USER);
	assert_int_equal(user[10] >> 4, 5); /* UUID version 5 */
	TEEC_CloseSession(&s);
	assert_int_equal(TEEC_OpenSession(&ctx, &s, &probe, TEEC_LOGIN_GROUP, &gid, NULL, &origin),
			 TEEC_SUCCESS);
	assert_int_equal(TEEC_InvokeCommand(&s, PROBE_IDENTITY, &op, &origin), TEEC_SUCCESS);
	assert_int_equal(id[0], TEEC_LOGIN_GROUP);
	assert_memory_not_equal(id + 4, user + 4, 16);
	TEEC_CloseSession(&s);
	assert_int_equal(TEEC_OpenSession(&ctx, &s, &probe, TEEC_LOGIN_GROUP, &other, NULL, &origin),
			 TEEC_ERROR_ACCESS_DENIED);
	assert_int_not_equal(TEEC_OpenSession(&ctx, &s, &probe, TEEC_LOGIN_APPLICATION, NULL, NULL,
					      &origin),
			     TEEC_SUCCESS);
	TEEC_FinalizeContext(&ctx);
}

struct waiting {
	struct client *c;
	TEEC_Operation op;
	TEEC_Result res;
	uint32_t cmd, origin;
};

static void *invoke_thread(void *arg)
{
	struct waiting *w = arg;

	w->res = TEEC_InvokeCommand(&w->c->session, w->cmd, &w->op, &w->origin);
	return NULL;
}

static void cancel_while_running(void **state)
{
	struct client c;
	struct waiting w = { .c = &c, .cmd = PROBE_WAIT };
	pthread_t t;
	unsigned int i;

	(void)state;
	client_open(&c, &probe);
	w.op.paramTypes = TEEC_PARAM_TYPES(TEEC_VALUE_INPUT, 0, 0, 0);
	w.op.params[0].value.a = 60000;
	assert_int_equal(pthread_create(&t, NULL, invoke_thread, &w), 0);
	/* Until it works: the call may not have arrived yet. */
	for (i = 0; i < 100 && pthread_tryjoin_np(t, NULL); i++) {
		usleep(100000);
		TEEC_RequestCancellation(&w.op);
	}
	assert_int_equal(w.res, TEEC_ERROR_CANCEL);
	assert_int_equal(w.origin, TEEC_ORIGIN_TRUSTED_APP);
	client_works(&c);
	client_close(&c);
}

#define PAIRS 2
#define CALLS 500

static void *work(void *arg)
{
	struct client c;
	unsigned int i;

	client_open(&c, arg);
	for (i = 0; i < CALLS; i++) {
		TEEC_Operation op = { 0 };
		uint32_t origin;

		op.paramTypes = TEEC_PARAM_TYPES(TEEC_VALUE_INOUT, 0, 0, 0);
		op.params[0].value.a = i;
		if (arg == (const void *)&hello &&
		    (TEEC_InvokeCommand(&c.session, HELLO_CMD_INC, &op, &origin) ||
		     op.params[0].value.a != i + 1))
			return arg;
		if (arg != (const void *)&hello)
			client_works(&c);
	}
	client_close(&c);
	return NULL;
}

static void two_clients_and_two_tas_at_once(void **state)
{
	pid_t pid[2];
	unsigned int i;
	int status;

	(void)state;
	for (i = 0; i < 2; i++) {
		pid[i] = fork();
		assert_true(pid[i] >= 0);
		if (!pid[i]) {
			pthread_t t[PAIRS];
			void *bad, *any = NULL;
			unsigned int k;

			for (k = 0; k < PAIRS; k++)
				pthread_create(&t[k], NULL, work,
					       (void *)(uintptr_t)(k % 2 ? &hello : &probe));
			for (k = 0; k < PAIRS; k++) {
				pthread_join(t[k], &bad);
				any = bad ? bad : any;
			}
			_exit(any ? 1 : 0);
		}
	}
	for (i = 0; i < 2; i++) {
		assert_int_equal(waitpid(pid[i], &status, 0), pid[i]);
		assert_int_equal(status, 0);
	}
}

static void *shared_work(void *arg)
{
	struct client *c = arg;
	unsigned int i;

	for (i = 0; i < 200; i++)
		client_works(c);
	return NULL;
}

static void four_threads_on_one_session(void **state)
{
	struct client c;
	pthread_t t[4];
	unsigned int i;

	(void)state;
	client_open(&c, &probe);
	for (i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&t[i], NULL, shared_work, &c), 0);
	for (i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	client_close(&c);
}

static void a_childs_use_of_the_parents_context_fails(void **state)
{
	struct client c;
	uint32_t origin;
	int status;
	pid_t pid;

	(void)state;
	client_open(&c, &probe);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		TEEC_Result res = client_invoke(&c, PROBE_NOP, &origin);
		struct client own;

		if (res == TEEC_SUCCESS)
			_exit(1);
		client_open(&own, &probe);
		client_works(&own);
		client_close(&own);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	client_works(&c);
	client_close(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_come_back_right),
		cmocka_unit_test(results_of_the_ta_arrive),
		cmocka_unit_test(unknown_trusted_application),
		cmocka_unit_test(context_names),
		cmocka_unit_test(the_device_describes_itself),
		cmocka_unit_test(without_a_machine),
		cmocka_unit_test(instances_as_their_flags_say),
		cmocka_unit_test(the_ta_refuses_a_session),
		cmocka_unit_test(panic_and_crash_take_only_their_instance),
		cmocka_unit_test(who_the_client_is),
		cmocka_unit_test(cancel_while_running),
		cmocka_unit_test(two_clients_and_two_tas_at_once),
		cmocka_unit_test(four_threads_on_one_session),
		cmocka_unit_test(a_childs_use_of_the_parents_context_fails),
	};

	return cmocka_run_group_tests(tests, group_start, group_stop);
}
