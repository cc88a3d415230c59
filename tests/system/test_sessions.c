/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/* What a session manager owes its clients: endings of TAs, cancellation, who the client is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "tests/system/client.h"
#include "tests/system/fragile_ta.h"
#include "tests/system/group.h"
#include "tests/system/probe_ta.h"

#define SHARED_TEXT "6a1e2c60-93d1-4b0c-9f3e-5b1c228a7702"
#define PROBE_TEXT "6a1e2c60-93d1-4b0c-9f3e-5b1c228a7701"
#define TOO_LONG_MS 600000u /* whoever waits so long isn't ended as it should be */

static const TEEC_UUID probe = PROBE_TA_UUID;
static const TEEC_UUID shared = PROBE_SHARED_TA_UUID;
static const TEEC_UUID lonely = PROBE_LONELY_TA_UUID;
static const TEEC_UUID fragile = FRAGILE_TA_UUID;
static const TEEC_UUID fragile_born = FRAGILE_BORN_TA_UUID;
static const TEEC_UUID fragile_kept = FRAGILE_KEPT_TA_UUID;

static TEEC_Result try_open(const TEEC_UUID *uuid, uint32_t *origin)
{
	struct client c;
	TEEC_Result res;

	memset(&c, 0, sizeof(c));
	assert_int_equal(TEEC_InitializeContext(NULL, &c.ctx), TEEC_SUCCESS);
	res = TEEC_OpenSession(&c.ctx, &c.session, uuid, TEEC_LOGIN_PUBLIC, NULL, NULL, origin);
	if (!res)
		TEEC_CloseSession(&c.session);
	TEEC_FinalizeContext(&c.ctx);
	return res;
}

static void expect_open(const TEEC_UUID *uuid, TEEC_Result want)
{
	uint32_t origin;

	assert_int_equal(try_open(uuid, &origin), want);
	assert_int_equal(origin, want ? TEEC_ORIGIN_TEE : TEEC_ORIGIN_TRUSTED_APP);
}

/* Again and again, whatever the command. */
static void expect_dead(struct client *c)
{
	uint32_t origin;
	unsigned int i;

	for (i = 0; i < 3; i++) {
		assert_int_equal(client_invoke(c, FRAGILE_NOP, &origin), TEEC_ERROR_TARGET_DEAD);
		assert_int_equal(origin, TEEC_ORIGIN_TEE);
	}
}

static void expect_alive(struct client *c)
{
	assert_int_equal(client_invoke(c, FRAGILE_NOP, NULL), TEEC_SUCCESS);
}

static void panic_in_create(void **state)
{
	(void)state;
	expect_open(&fragile_born, TEEC_ERROR_TARGET_DEAD);
	expect_open(&fragile_born, TEEC_ERROR_TARGET_DEAD);
}

static void panic_in_open_session(void **state)
{
	struct client a, b;

	(void)state;
	client_open(&a, &fragile);
	client_open(&b, &fragile);
	assert_int_equal(client_invoke(&a, FRAGILE_PANIC_IN_OPEN, NULL), TEEC_SUCCESS);
	expect_open(&fragile, TEEC_ERROR_TARGET_DEAD);
	/* Who comes next has an instance that knows of nothing. */
	expect_open(&fragile, TEEC_SUCCESS);
	expect_dead(&a);
	expect_dead(&b);
	client_close(&a);
	expect_dead(&b);
	client_close(&b);
}

static void panic_in_invoke(void **state)
{
	struct client a, b, c;
	uint32_t origin;

	(void)state;
	client_open(&a, &fragile);
	client_open(&b, &fragile);
	assert_int_equal(client_invoke(&a, FRAGILE_PANIC, &origin), TEEC_ERROR_TARGET_DEAD);
	assert_int_equal(origin, TEEC_ORIGIN_TEE);
	expect_dead(&b);
	expect_dead(&a);
	client_open(&c, &fragile);
	expect_alive(&c);
	expect_dead(&a);
	client_close(&a);
	client_close(&b);
	expect_alive(&c);
	client_close(&c);
}

static void panic_in_close_session(void **state)
{
	struct client a, b, c;

	(void)state;
	client_open(&a, &fragile);
	client_open(&b, &fragile);
	assert_int_equal(client_invoke(&a, FRAGILE_PANIC_IN_CLOSE, NULL), TEEC_SUCCESS);
	client_close(&a);
	expect_dead(&b);
	client_open(&c, &fragile);
	expect_alive(&c);
	client_close(&c);
	client_close(&b);
}

static void panic_in_destroy(void **state)
{
	struct client a;
	unsigned int i;

	(void)state;
	for (i = 0; i < 3; i++) {
		client_open(&a, &fragile);
		assert_int_equal(client_invoke(&a, FRAGILE_PANIC_IN_DESTROY, NULL), TEEC_SUCCESS);
		client_close(&a);
	}
	client_open(&a, &fragile);
	expect_alive(&a);
	client_close(&a);
}

/* What GP and OP-TEE have for instances: each of them panics in each entry point but the one before any command. */
static const struct kind {
	TEEC_UUID uuid;
	bool multi; /* sessions in one instance */
	bool alive; /* after the last of them */
} kinds[] = {
	{ FRAGILE_OWN_TA_UUID, false, false },
	{ FRAGILE_LONELY_TA_UUID, false, false },
	{ FRAGILE_TA_UUID, true, false },
	{ FRAGILE_ALIVE_TA_UUID, true, true },
};

static void open_and_panic(const struct kind *k)
{
	TEEC_Operation op = { .paramTypes = TEEC_PARAM_TYPES(TEEC_VALUE_INPUT, 0, 0, 0) };
	struct client c = { 0 };
	uint32_t origin;

	op.params[0].value.a = FRAGILE_PANIC_IN_OPEN;
	assert_int_equal(TEEC_InitializeContext(NULL, &c.ctx), TEEC_SUCCESS);
	assert_int_equal(TEEC_OpenSession(&c.ctx, &c.session, &k->uuid, TEEC_LOGIN_PUBLIC, NULL,
					  &op, &origin),
			 TEEC_ERROR_TARGET_DEAD);
	assert_int_equal(origin, TEEC_ORIGIN_TEE);
	TEEC_FinalizeContext(&c.ctx);
}

/* Others of the instance find it dead, again and again; who comes next has a new one. */
static void panic_of_kind(const struct kind *k, uint32_t cmd)
{
	struct client a, b;

	if (k->multi)
		client_open(&b, &k->uuid);
	if (cmd == FRAGILE_PANIC_IN_OPEN) {
		open_and_panic(k);
	} else {
		client_open(&a, &k->uuid);
		assert_int_equal(client_invoke(&a, cmd, NULL),
				 cmd == FRAGILE_PANIC ? TEEC_ERROR_TARGET_DEAD : TEEC_SUCCESS);
		if (cmd == FRAGILE_PANIC)
			expect_dead(&a);
		client_close(&a);
	}
	if (k->multi && cmd != FRAGILE_PANIC_IN_DESTROY)
		expect_dead(&b);
	if (k->multi)
		client_close(&b);
	client_open(&a, &k->uuid);
	expect_alive(&a);
	client_close(&a);
}

static void panic_of_every_kind(void **state)
{
	static const uint32_t cmds[] = { FRAGILE_PANIC_IN_OPEN, FRAGILE_PANIC,
					 FRAGILE_PANIC_IN_CLOSE, FRAGILE_PANIC_IN_DESTROY };
	unsigned int i, k;

	(void)state;
	for (k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++)
		for (i = 0; i < sizeof(cmds) / sizeof(cmds[0]); i++)
			/* What is kept alive is destroyed with the machine. */
			if (!kinds[k].alive || cmds[i] != FRAGILE_PANIC_IN_DESTROY)
				panic_of_kind(&kinds[k], cmds[i]);
}

/* OP-TEE's TA_FLAG_INSTANCE_KEEP_CRASHED: nobody gets another instance. */
static void kept_when_it_crashed(void **state)
{
	struct client a, b;
	unsigned int i;

	(void)state;
	client_open(&a, &fragile_kept);
	client_open(&b, &fragile_kept);
	assert_int_equal(client_invoke(&a, FRAGILE_PANIC, NULL), TEEC_ERROR_TARGET_DEAD);
	for (i = 0; i < 3; i++) {
		expect_open(&fragile_kept, TEEC_ERROR_TARGET_DEAD);
		expect_dead(&b);
	}
	client_close(&a);
	client_close(&b);
	expect_open(&fragile_kept, TEEC_ERROR_TARGET_DEAD);
}

static void a_single_session_that_is_taken(void **state)
{
	struct client a;

	(void)state;
	client_open(&a, &lonely);
	expect_open(&lonely, TEEC_ERROR_BUSY);
	expect_open(&lonely, TEEC_ERROR_BUSY);
	client_works(&a);
	client_close(&a);
	expect_open(&lonely, TEEC_SUCCESS);
}

/* @c's session waits in TEE_Wait. */
static void start_waiting(struct client_call *w, struct client *c)
{
	*w = (struct client_call){ .c = c, .cmd = PROBE_WAIT };
	w->op.paramTypes = TEEC_PARAM_TYPES(TEEC_VALUE_INPUT, 0, 0, 0);
	w->op.params[0].value.a = TOO_LONG_MS;
	client_call_start(w);
	machine_until_busy(&machine, SHARED_TEXT);
}

static void expect_cancelled(struct client_call *w, uint32_t origin)
{
	client_call_cancel(w);
	assert_int_equal(w->res, TEEC_ERROR_CANCEL);
	assert_int_equal(w->origin, origin);
}

static void cancel_during_tee_wait(void **state)
{
	struct client_call w;
	struct client c;

	(void)state;
	client_open(&c, &shared);
	start_waiting(&w, &c);
	expect_cancelled(&w, TEEC_ORIGIN_TRUSTED_APP);
	client_works(&c);
	client_close(&c);
}

/* It waits its time, and sees the flag afterwards. */
static void cancel_while_it_is_masked(void **state)
{
	struct client c;
	struct client_call w = { .c = &c, .cmd = PROBE_WAIT_MASKED };

	(void)state;
	client_open(&c, &probe);
	w.op.paramTypes = TEEC_PARAM_TYPES(TEEC_VALUE_INOUT, 0, 0, 0);
	w.op.params[0].value.a = 500;
	client_call_start(&w);
	machine_until_busy(&machine, PROBE_TEXT);
	client_call_cancel(&w);
	assert_int_equal(w.res, TEEC_SUCCESS);
	assert_int_equal(w.op.params[0].value.a, 1);
	client_works(&c);
	client_close(&c);
}

static void cancel_of_a_queued_call(void **state)
{
	struct client a, b;
	struct client_call w, queued = { .c = &b, .cmd = PROBE_NOP };

	(void)state;
	client_open(&a, &shared);
	client_open(&b, &shared);
	start_waiting(&w, &a);
	client_call_start(&queued);
	expect_cancelled(&queued, TEEC_ORIGIN_TEE);
	/* The one before it goes on. */
	assert_int_not_equal(pthread_tryjoin_np(w.thread, NULL), 0);
	expect_cancelled(&w, TEEC_ORIGIN_TRUSTED_APP);
	client_works(&b);
	client_close(&a);
	client_close(&b);
}

static void cancel_of_a_queued_open(void **state)
{
	struct client a, b = { 0 };
	struct client_call w, queued = { .c = &b, .uuid = &shared };

	(void)state;
	client_open(&a, &shared);
	assert_int_equal(TEEC_InitializeContext(NULL, &b.ctx), TEEC_SUCCESS);
	start_waiting(&w, &a);
	client_call_start(&queued);
	expect_cancelled(&queued, TEEC_ORIGIN_TEE);
	expect_cancelled(&w, TEEC_ORIGIN_TRUSTED_APP);
	TEEC_FinalizeContext(&b.ctx);
	client_works(&a);
	client_close(&a);
}

/* A call that ended, and one that wasn't made, can't be cancelled; nothing else is hit. */
static void cancel_too_late(void **state)
{
	TEEC_Operation op = { .paramTypes = TEEC_PARAM_TYPES(TEEC_VALUE_INPUT, 0, 0, 0) };
	struct client c;

	(void)state;
	client_open(&c, &probe);
	op.params[0].value.a = 1;
	assert_int_equal(TEEC_InvokeCommand(&c.session, PROBE_WAIT, &op, NULL), TEEC_SUCCESS);
	TEEC_RequestCancellation(&op);
	TEEC_RequestCancellation(&op);
	assert_int_equal(TEEC_InvokeCommand(&c.session, PROBE_WAIT, &op, NULL), TEEC_SUCCESS);
	client_close(&c);
}

/* Linux's drivers/tee/tee_core.c: UUID of version 5 of the name in its own name space. */
static void linux_uuid(const char *name, uint8_t uuid[16])
{
	static const uint8_t space[16] = { 0x58, 0xac, 0x9c, 0xa0, 0x20, 0x86, 0x46, 0x83,
					   0xa1, 0xb8, 0xec, 0x4b, 0xc0, 0x8e, 0x01, 0xb6 };
	uint8_t text[64], digest[20];

	memcpy(text, space, sizeof(space));
	memcpy(text + sizeof(space), name, strlen(name));
	assert_int_equal(
		EVP_Digest(text, sizeof(space) + strlen(name), digest, NULL, EVP_sha1(), NULL), 1);
	memcpy(uuid, digest, 16);
	uuid[6] = (uint8_t)((uuid[6] & 0x0f) | 0x50);
	uuid[8] = (uint8_t)((uuid[8] & 0x3f) | 0x80);
}

static void expect_identity(uint32_t login, void *data, const char *name)
{
	uint8_t id[20], want[16] = { 0 };
	TEEC_Operation op = { 0 };
	struct client c = { 0 };
	uint32_t got;

	if (name)
		linux_uuid(name, want);
	assert_int_equal(TEEC_InitializeContext(NULL, &c.ctx), TEEC_SUCCESS);
	assert_int_equal(TEEC_OpenSession(&c.ctx, &c.session, &probe, login, data, NULL, NULL),
			 TEEC_SUCCESS);
	op.paramTypes = TEEC_PARAM_TYPES(TEEC_MEMREF_TEMP_OUTPUT, 0, 0, 0);
	op.params[0].tmpref.buffer = id;
	op.params[0].tmpref.size = sizeof(id);
	assert_int_equal(TEEC_InvokeCommand(&c.session, PROBE_IDENTITY, &op, NULL), TEEC_SUCCESS);
	memcpy(&got, id, 4);
	assert_int_equal(got, login);
	assert_memory_equal(id + 4, want, 16);
	client_close(&c);
}

static void identities_are_those_of_linux(void **state)
{
	gid_t groups[64];
	uint32_t gid = (uint32_t)getegid();
	char name[32];
	int i, num;

	(void)state;
	expect_identity(TEEC_LOGIN_PUBLIC, NULL, NULL);
	snprintf(name, sizeof(name), "uid=%x", (unsigned int)geteuid());
	expect_identity(TEEC_LOGIN_USER, NULL, name);
	snprintf(name, sizeof(name), "gid=%x", gid);
	expect_identity(TEEC_LOGIN_GROUP, &gid, name);
	num = getgroups(64, groups);
	for (i = 0; i < num && i < 4; i++) {
		gid = (uint32_t)groups[i];
		snprintf(name, sizeof(name), "gid=%x", gid);
		expect_identity(TEEC_LOGIN_GROUP, &gid, name);
	}
}

static void identities_that_nobody_vouches_for(void **state)
{
	static const uint32_t logins[] = { TEEC_LOGIN_APPLICATION, TEEC_LOGIN_USER_APPLICATION,
					   TEEC_LOGIN_GROUP_APPLICATION };
	uint32_t gid = 0xfffffff0u, origin;
	TEEC_Context ctx;
	TEEC_Session s;
	unsigned int i;

	(void)state;
	assert_int_equal(TEEC_InitializeContext(NULL, &ctx), TEEC_SUCCESS);
	assert_int_equal(TEEC_OpenSession(&ctx, &s, &probe, TEEC_LOGIN_GROUP, &gid, NULL, &origin),
			 TEEC_ERROR_ACCESS_DENIED);
	for (i = 0; i < 3; i++)
		assert_int_equal(
			TEEC_OpenSession(&ctx, &s, &probe, logins[i],
					 logins[i] == TEEC_LOGIN_GROUP_APPLICATION ? &gid : NULL,
					 NULL, &origin),
			TEEC_ERROR_NOT_IMPLEMENTED);
	/* A trusted application's, of a client. */
	assert_int_not_equal(TEEC_OpenSession(&ctx, &s, &probe, 0xf0000000u, NULL, NULL, &origin),
			     TEEC_SUCCESS);
	TEEC_FinalizeContext(&ctx);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(panic_in_create),
		cmocka_unit_test(panic_in_open_session),
		cmocka_unit_test(panic_in_invoke),
		cmocka_unit_test(panic_in_close_session),
		cmocka_unit_test(panic_in_destroy),
		cmocka_unit_test(panic_of_every_kind),
		cmocka_unit_test(kept_when_it_crashed),
		cmocka_unit_test(a_single_session_that_is_taken),
		cmocka_unit_test(cancel_during_tee_wait),
		cmocka_unit_test(cancel_while_it_is_masked),
		cmocka_unit_test(cancel_of_a_queued_call),
		cmocka_unit_test(cancel_of_a_queued_open),
		cmocka_unit_test(cancel_too_late),
		cmocka_unit_test(identities_are_those_of_linux),
		cmocka_unit_test(identities_that_nobody_vouches_for),
	};

	return cmocka_run_group_tests(tests, group_start, group_stop);
}
