/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/* Sessions between trusted applications, through a relay that does what its client says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/uuid.h"
#include "tests/system/client.h"
#include "tests/system/group.h"
#include "tests/system/probe_ta.h"
#include "tests/system/relay_ta.h"

#define LOGIN_TRUSTED_APP 0xf0000000u
#define FOREVER 0xffffffffu
#define TOO_LONG_MS 600000u /* whoever waits so long isn't ended as it should be */

static const TEEC_UUID probe = PROBE_TA_UUID;
static const TEEC_UUID shared = PROBE_SHARED_TA_UUID;
static const TEEC_UUID lonely = PROBE_LONELY_TA_UUID;
static const TEEC_UUID relay = RELAY_TA_UUID;
static const TEEC_UUID relay_a = RELAY_A_TA_UUID;
static const TEEC_UUID relay_b = RELAY_B_TA_UUID;
static const TEEC_UUID relay_eager = RELAY_EAGER_TA_UUID;

/* An open at the relay. @do_what: what probe does before it opens; 0: nothing, no parameter. */
static TEEC_Result try_open(struct client *c, const TEEC_UUID *to, uint32_t timeout,
			    uint32_t do_what, uint32_t *slot, uint32_t *origin)
{
	TEEC_Operation op = { 0 };
	uint8_t octets[16];
	TEEC_Result res;

	octets_of(to, octets);
	op.paramTypes = TEEC_PARAM_TYPES(TEEC_MEMREF_TEMP_INPUT, TEEC_VALUE_INOUT,
					 (uint32_t)(do_what ? TEEC_VALUE_INPUT : TEEC_NONE), TEEC_NONE);
	op.params[0].tmpref.buffer = octets;
	op.params[0].tmpref.size = sizeof(octets);
	op.params[1].value.b = timeout;
	op.params[2].value.a = do_what == 4 ? 0x80000042 : 0;
	op.params[2].value.b = do_what;
	res = TEEC_InvokeCommand(&c->session, RELAY_OPEN, &op, NULL);
	*slot = op.params[1].value.a;
	*origin = op.params[1].value.b;
	return res;
}

static uint32_t open_to(struct client *c, const TEEC_UUID *to)
{
	uint32_t slot, origin;

	assert_int_equal(try_open(c, to, FOREVER, 0, &slot, &origin), TEEC_SUCCESS);
	assert_int_equal(origin, TEEC_ORIGIN_TRUSTED_APP);
	return slot;
}

/* @op's params[1..3] are the other's 0..2. */
static TEEC_Result forward(struct client *c, TEEC_Operation *op, uint32_t slot, uint32_t cmd,
			   uint32_t timeout, uint32_t *origin)
{
	TEEC_Result res;

	op->paramTypes = (op->paramTypes & ~0xfu) | TEEC_VALUE_INOUT;
	op->params[0].value.a = cmd << 8 | slot;
	op->params[0].value.b = timeout;
	res = TEEC_InvokeCommand(&c->session, RELAY_INVOKE, op, NULL);
	*origin = op->params[0].value.b;
	return res;
}

static TEEC_Result forward_value(struct client *c, uint32_t slot, uint32_t cmd, uint32_t a,
				 uint32_t timeout, uint32_t *origin)
{
	TEEC_Operation op = { 0 };

	op.paramTypes = TEEC_PARAM_TYPES(0, TEEC_VALUE_INPUT, 0, 0);
	op.params[1].value.a = a;
	return forward(c, &op, slot, cmd, timeout, origin);
}

static void forward_works(struct client *c, uint32_t slot)
{
	TEEC_Operation op = { 0 };
	uint32_t origin;

	op.paramTypes = TEEC_PARAM_TYPES(0, TEEC_VALUE_INPUT, TEEC_VALUE_OUTPUT, TEEC_VALUE_INOUT);
	op.params[1].value.a = 5;
	op.params[1].value.b = 0xffffffff;
	op.params[3].value.a = 0x0f0f0f0f;
	op.params[3].value.b = 41;
	assert_int_equal(forward(c, &op, slot, PROBE_VALUES, FOREVER, &origin), TEEC_SUCCESS);
	assert_int_equal(origin, TEEC_ORIGIN_TRUSTED_APP);
	assert_int_equal(op.params[2].value.a, 0xffffffff);
	assert_int_equal(op.params[2].value.b, 5);
	assert_int_equal(op.params[3].value.a, 0xf0f0f0f0);
	assert_int_equal(op.params[3].value.b, 42);
}

static void values(void **state)
{
	struct client c;
	uint32_t slot, other;
	unsigned int i;

	(void)state;
	client_open(&c, &relay);
	slot = open_to(&c, &probe);
	other = open_to(&c, &shared);
	assert_int_not_equal(slot, other);
	for (i = 0; i < 50; i++) {
		forward_works(&c, slot);
		forward_works(&c, other);
	}
	assert_int_equal(client_value(&c, RELAY_CLOSE, slot, NULL), TEEC_SUCCESS);
	forward_works(&c, other);
	client_close(&c);
}

static void memory_of(struct client *c, uint32_t slot, size_t size)
{
	uint8_t *buf[3], *was = malloc(size);
	TEEC_Operation op = { 0 };
	uint32_t origin;
	size_t i;

	assert_non_null(was);
	op.paramTypes = TEEC_PARAM_TYPES(0, TEEC_MEMREF_TEMP_INPUT, TEEC_MEMREF_TEMP_OUTPUT,
					 TEEC_MEMREF_TEMP_INOUT);
	for (i = 0; i < 3; i++) {
		buf[i] = malloc(size);
		assert_non_null(buf[i]);
		pattern_fill(buf[i], size, (uint8_t)i);
		op.params[i + 1].tmpref.buffer = buf[i];
		op.params[i + 1].tmpref.size = size;
	}
	memcpy(was, buf[2], size);
	assert_int_equal(forward(c, &op, slot, PROBE_MEMORY, FOREVER, &origin), TEEC_SUCCESS);
	assert_true(is_ta_output(buf[1], size));
	for (i = 0; i < size; i++)
		assert_int_equal(buf[2][i], was[i] ^ 0x5a);
	for (i = 0; i < 3; i++)
		free(buf[i]);
	free(was);
}

static void memory(void **state)
{
	static const size_t sizes[] = { 1, 63, 4096, 65536, (1u << 20) + 5, 4u << 20 };
	struct client c;
	unsigned int i;
	uint32_t slot;

	(void)state;
	client_open(&c, &relay);
	slot = open_to(&c, &probe);
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		memory_of(&c, slot, sizes[i]);
	assert_int_equal(client_value(&c, RELAY_EDGES, slot, NULL), TEEC_SUCCESS);
	assert_int_equal(client_value(&c, RELAY_WRONG_TYPES, slot, NULL), TEEC_SUCCESS);
	client_close(&c);
}

static void too_much_memory_is_refused(void **state)
{
	const size_t size = 17u << 20;
	TEEC_Operation op = { 0 };
	uint8_t *buf = calloc(1, size);
	uint32_t slot, origin;
	struct client c;

	(void)state;
	assert_non_null(buf);
	client_open(&c, &relay);
	slot = open_to(&c, &probe);
	op.paramTypes = TEEC_PARAM_TYPES(0, TEEC_MEMREF_TEMP_INPUT, 0, 0);
	op.params[1].tmpref.buffer = buf;
	op.params[1].tmpref.size = size;
	assert_int_equal(forward(&c, &op, slot, PROBE_MEMORY, FOREVER, &origin),
			 TEEC_ERROR_OUT_OF_MEMORY);
	assert_int_equal(origin, TEEC_ORIGIN_API);
	forward_works(&c, slot);
	client_close(&c);
	free(buf);
}

static void the_caller_is_the_client(void **state)
{
	uint8_t id[20] = { 0 }, octets[16];
	TEEC_Operation op = { 0 };
	uint32_t slot, origin, login;
	struct client c;

	(void)state;
	client_open(&c, &relay);
	slot = open_to(&c, &probe);
	op.paramTypes = TEEC_PARAM_TYPES(0, TEEC_MEMREF_TEMP_OUTPUT, 0, 0);
	op.params[1].tmpref.buffer = id;
	op.params[1].tmpref.size = sizeof(id);
	assert_int_equal(forward(&c, &op, slot, PROBE_IDENTITY, FOREVER, &origin), TEEC_SUCCESS);
	memcpy(&login, id, 4);
	assert_int_equal(login, LOGIN_TRUSTED_APP);
	octets_of(&relay, octets);
	assert_memory_equal(id + 4, octets, 16);
	client_close(&c);
}

static void results_and_origins(void **state)
{
	static const TEEC_UUID nobody = { 1, 2, 3, { 4, 5, 6, 7, 8, 9, 10, 11 } };
	uint32_t slot, other, origin;
	struct client c, owner;

	(void)state;
	client_open(&c, &relay);
	assert_int_equal(try_open(&c, &nobody, FOREVER, 0, &slot, &origin),
			 TEEC_ERROR_ITEM_NOT_FOUND);
	assert_int_equal(origin, TEEC_ORIGIN_TEE);
	assert_int_equal(try_open(&c, &probe, FOREVER, 4, &slot, &origin), 0x80000042);
	assert_int_equal(origin, TEEC_ORIGIN_TRUSTED_APP);
	slot = open_to(&c, &probe);
	assert_int_equal(forward_value(&c, slot, PROBE_RETURN, 0x80001234, FOREVER, &origin),
			 0x80001234);
	assert_int_equal(origin, TEEC_ORIGIN_TRUSTED_APP);
	/* A single session that is had already: by another client, then by the TA itself. */
	client_open(&owner, &lonely);
	assert_int_equal(try_open(&c, &lonely, FOREVER, 0, &other, &origin), TEEC_ERROR_BUSY);
	assert_int_equal(origin, TEEC_ORIGIN_TEE);
	client_close(&owner);
	other = open_to(&c, &lonely);
	assert_int_equal(client_value(&c, RELAY_CLOSE, other, NULL), TEEC_SUCCESS);
	other = open_to(&c, &lonely);
	forward_works(&c, other);
	client_close(&c);
}

static void the_callee_dies(void **state)
{
	static const uint32_t deaths[] = { PROBE_PANIC, PROBE_CRASH };
	TEEC_Operation op = { 0 };
	uint32_t slot, origin;
	struct client c;
	unsigned int i, k;

	(void)state;
	client_open(&c, &relay);
	for (i = 0; i < 2; i++) {
		slot = open_to(&c, &probe);
		op.paramTypes = TEEC_PARAM_TYPES(0, (uint32_t)(i ? TEEC_NONE : TEEC_VALUE_INPUT), 0, 0);
		for (k = 0; k < 3; k++) {
			assert_int_equal(forward(&c, &op, slot, deaths[i], FOREVER, &origin),
					 TEEC_ERROR_TARGET_DEAD);
			assert_int_equal(origin, TEEC_ORIGIN_TEE);
		}
		assert_int_equal(client_value(&c, RELAY_CLOSE, slot, NULL), TEEC_SUCCESS);
		assert_int_equal(try_open(&c, &probe, FOREVER, i + 1, &slot, &origin),
				 TEEC_ERROR_TARGET_DEAD);
		assert_int_equal(origin, TEEC_ORIGIN_TEE);
	}
	client_close(&c);
}

struct count {
	struct client *c;
	uint32_t want;
};

static bool sessions_are(void *arg)
{
	struct count *n = arg;
	TEEC_Operation op = { 0 };

	op.paramTypes = TEEC_PARAM_TYPES(TEEC_VALUE_OUTPUT, 0, 0, 0);
	assert_int_equal(TEEC_InvokeCommand(&n->c->session, PROBE_COUNT, &op, NULL), TEEC_SUCCESS);
	return op.params[0].value.a == n->want;
}

static void expect_sessions(struct client *c, uint32_t want)
{
	struct count n = { c, want };

	assert_true(wait_until(sessions_are, &n));
}

static void the_caller_dies(void **state)
{
	struct client c, witness;
	uint32_t origin;

	(void)state;
	client_open(&witness, &shared);
	expect_sessions(&witness, 1);
	client_open(&c, &relay);
	open_to(&c, &shared);
	open_to(&c, &shared);
	expect_sessions(&witness, 3);
	/* Its handle is nobody's: it panics. */
	assert_int_equal(client_value(&c, RELAY_WRONG_HANDLE, 0x12345678, &origin),
			 TEEC_ERROR_TARGET_DEAD);
	expect_sessions(&witness, 1);
	assert_int_equal(client_value(&c, RELAY_CLOSE, 0, &origin), TEEC_ERROR_TARGET_DEAD);
	client_close(&c);
	client_works(&witness);
	client_close(&witness);
}

static void memory_that_it_may_not_write(void **state)
{
	uint8_t buf[100] = { 0 };
	TEEC_Operation op = { 0 };
	struct client c;

	(void)state;
	client_open(&c, &relay);
	op.params[1].value.a = open_to(&c, &probe);
	op.paramTypes = TEEC_PARAM_TYPES(TEEC_MEMREF_TEMP_INPUT, TEEC_VALUE_INPUT, 0, 0);
	op.params[0].tmpref.buffer = buf;
	op.params[0].tmpref.size = sizeof(buf);
	assert_int_equal(TEEC_InvokeCommand(&c.session, RELAY_WRONG_MEMORY, &op, NULL),
			 TEEC_ERROR_TARGET_DEAD);
	client_close(&c);
}

/* The other TA, a relay too, is told to open @to. */
static TEEC_Result open_behind(struct client *c, uint32_t slot, const TEEC_UUID *to,
			       uint32_t *origin)
{
	TEEC_Operation op = { 0 };
	uint8_t octets[16];
	TEEC_Result res;
	uint32_t ours;

	octets_of(to, octets);
	op.paramTypes = TEEC_PARAM_TYPES(0, TEEC_MEMREF_TEMP_INPUT, TEEC_VALUE_INOUT, 0);
	op.params[1].tmpref.buffer = octets;
	op.params[1].tmpref.size = sizeof(octets);
	op.params[2].value.b = FOREVER;
	res = forward(c, &op, slot, RELAY_OPEN, FOREVER, &ours);
	*origin = op.params[2].value.b;
	return res;
}

static void cycles_are_refused(void **state)
{
	uint32_t slot, back, origin;
	struct client c, d;

	(void)state;
	client_open(&c, &relay_a);
	assert_int_equal(try_open(&c, &relay_a, FOREVER, 0, &slot, &origin), TEEC_ERROR_BUSY);
	assert_int_equal(origin, TEEC_ORIGIN_TEE);
	slot = open_to(&c, &relay_b);
	assert_int_equal(open_behind(&c, slot, &relay_a, &origin), TEEC_ERROR_BUSY);
	assert_int_equal(origin, TEEC_ORIGIN_TEE);
	/* No way back where there is another instance each time. */
	assert_int_equal(open_behind(&c, slot, &relay, &origin), TEEC_SUCCESS);
	/* B has a session with A by another way: while A waits for B it is of no use. */
	client_open(&d, &relay_b);
	back = open_to(&d, &relay_a);
	{
		TEEC_Operation op = { 0 };

		op.paramTypes = TEEC_PARAM_TYPES(0, TEEC_VALUE_INOUT, 0, 0);
		op.params[1].value.a = (uint32_t)RELAY_CLOSE << 8 | back;
		op.params[1].value.b = FOREVER;
		assert_int_equal(forward(&c, &op, slot, RELAY_INVOKE, FOREVER, &origin),
				 TEEC_ERROR_BUSY);
		/* Closing it from there doesn't wait for A, and A closes it all the same. */
		assert_int_equal(forward_value(&c, slot, RELAY_CLOSE, back, FOREVER, &origin),
				 TEEC_SUCCESS);
	}
	client_close(&d);
	client_close(&c);
}

static void a_session_from_the_creation_on(void **state)
{
	struct client c;

	(void)state;
	client_open(&c, &relay_eager);
	open_to(&c, &probe);
	client_close(&c);
	client_open(&c, &relay_eager);
	client_close(&c);
}

static void time_outs_of_a_running_call(void **state)
{
	uint32_t slot, origin;
	struct client c;

	(void)state;
	client_open(&c, &relay);
	slot = open_to(&c, &probe);
	assert_int_equal(forward_value(&c, slot, PROBE_WAIT, TOO_LONG_MS, 20, &origin),
			 TEEC_ERROR_CANCEL);
	assert_int_equal(origin, TEEC_ORIGIN_TRUSTED_APP);
	/* None at all: cancelled from the start, but entered. */
	assert_int_equal(forward_value(&c, slot, PROBE_WAIT, TOO_LONG_MS, 0, &origin),
			 TEEC_ERROR_CANCEL);
	assert_int_equal(origin, TEEC_ORIGIN_TRUSTED_APP);
	assert_int_equal(forward_value(&c, slot, PROBE_RETURN, 3, 0, &origin), 3);
	forward_works(&c, slot);
	client_close(&c);
}

static void until_busy(const TEEC_UUID *uuid)
{
	char text[UUID_TEXT_SIZE];
	uint8_t octets[16];

	octets_of(uuid, octets);
	uuid_format(octets, text);
	machine_until_busy(&machine, text);
}

static void time_outs_of_a_queued_call(void **state)
{
	struct client c, other;
	struct client_call r = { .c = &other, .cmd = PROBE_WAIT };
	uint32_t slot, origin;

	(void)state;
	client_open(&other, &shared);
	client_open(&c, &relay);
	slot = open_to(&c, &shared);
	r.op.paramTypes = TEEC_PARAM_TYPES(TEEC_VALUE_INPUT, 0, 0, 0);
	r.op.params[0].value.a = TOO_LONG_MS;
	client_call_start(&r);
	until_busy(&shared);
	assert_int_equal(forward_value(&c, slot, PROBE_RETURN, 1, 20, &origin), TEEC_ERROR_CANCEL);
	assert_int_equal(origin, TEEC_ORIGIN_TEE);
	client_call_cancel(&r);
	assert_int_equal(r.res, TEEC_ERROR_CANCEL);
	forward_works(&c, slot);
	client_close(&c);
	client_close(&other);
}

/* The client cancels its call of a relay that waits for probe. */
static void cancelled_while_it_waits(uint32_t flags, uint32_t ms, TEEC_Result want)
{
	struct client c;
	struct client_call r = { .c = &c, .cmd = RELAY_INVOKE };
	uint32_t slot;

	client_open(&c, &relay);
	slot = open_to(&c, &probe);
	r.op.paramTypes = TEEC_PARAM_TYPES(TEEC_VALUE_INOUT, TEEC_VALUE_INPUT, 0, 0);
	r.op.params[0].value.a = flags | (uint32_t)PROBE_WAIT << 8 | slot;
	r.op.params[0].value.b = FOREVER;
	r.op.params[1].value.a = ms;
	client_call_start(&r);
	until_busy(&probe);
	client_call_cancel(&r);
	assert_int_equal(r.res, want);
	assert_int_equal(r.origin, TEEC_ORIGIN_TRUSTED_APP);
	client_close(&c);
}

static void cancellation_passes_on(void **state)
{
	(void)state;
	cancelled_while_it_waits(RELAY_UNMASK, TOO_LONG_MS, TEEC_ERROR_CANCEL);
	cancelled_while_it_waits(0, 500, TEEC_SUCCESS);
}

/* Killed in the middle of it, at whatever depth; a spinning TA has to be killed too. */
static void the_client_is_killed(void **state)
{
	struct machine_shape before;
	struct client witness;
	unsigned int i;

	(void)state;
	client_open(&witness, &shared);
	machine_look(&machine, &before);
	for (i = 0; i < 2; i++) {
		pid_t pid = fork();

		assert_true(pid >= 0);
		if (!pid) {
			struct client c, d;
			uint32_t origin, slot;

			client_open(&d, &relay);
			slot = open_to(&d, i ? &shared : &probe);
			client_open(&c, &relay);
			forward_value(&d, slot, i ? PROBE_WAIT : PROBE_SPIN, TOO_LONG_MS, FOREVER,
				      &origin);
			_exit(1);
		}
		until_busy(&relay);
		until_busy(i ? &shared : &probe);
		kill(pid, SIGKILL);
		assert_int_equal(waitpid(pid, NULL, 0), pid);
		machine_expect(&machine, &before);
	}
	client_works(&witness);
	client_close(&witness);
}

struct worker {
	pthread_t thread;
	unsigned int nr;
};

static void *work(void *arg)
{
	struct worker *w = arg;
	struct client c;
	uint32_t slot, i;

	for (i = 0; i < 3; i++) {
		client_open(&c, w->nr & 1 ? &relay_a : &relay);
		slot = open_to(&c, w->nr & 2 ? &shared : &probe);
		forward_works(&c, slot);
		forward_works(&c, slot);
		assert_int_equal(client_value(&c, RELAY_CLOSE, slot, NULL), TEEC_SUCCESS);
		client_close(&c);
	}
	return NULL;
}

static void many_at_once(void **state)
{
	struct worker w[8];
	unsigned int i;

	(void)state;
	for (i = 0; i < 8; i++) {
		w[i].nr = i;
		assert_int_equal(pthread_create(&w[i].thread, NULL, work, &w[i]), 0);
	}
	for (i = 0; i < 8; i++)
		pthread_join(w[i].thread, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values),
		cmocka_unit_test(memory),
		cmocka_unit_test(too_much_memory_is_refused),
		cmocka_unit_test(the_caller_is_the_client),
		cmocka_unit_test(results_and_origins),
		cmocka_unit_test(the_callee_dies),
		cmocka_unit_test(the_caller_dies),
		cmocka_unit_test(memory_that_it_may_not_write),
		cmocka_unit_test(cycles_are_refused),
		cmocka_unit_test(a_session_from_the_creation_on),
		cmocka_unit_test(time_outs_of_a_running_call),
		cmocka_unit_test(time_outs_of_a_queued_call),
		cmocka_unit_test(cancellation_passes_on),
		cmocka_unit_test(the_client_is_killed),
		cmocka_unit_test(many_at_once),
	};

	return cmocka_run_group_tests(tests, group_start, group_stop);
}
