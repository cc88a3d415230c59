/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "lib/uuid.h"
#include "tests/system/client.h"
#include "tests/system/machine.h"
#include "tests/system/probe_ta.h"

void client_open(struct client *c, const TEEC_UUID *uuid)
{
	TEEC_Result res;
	uint32_t origin = 0;

	memset(c, 0, sizeof(*c));
	assert_int_equal(TEEC_InitializeContext(NULL, &c->ctx), TEEC_SUCCESS);
	res = TEEC_OpenSession(&c->ctx, &c->session, uuid, TEEC_LOGIN_PUBLIC, NULL, NULL, &origin);
	if (res)
		fail_msg("open session: 0x%x, origin %u", res, origin);
}

void client_close(struct client *c)
{
	TEEC_CloseSession(&c->session);
	TEEC_FinalizeContext(&c->ctx);
}

TEEC_Result client_invoke(struct client *c, uint32_t cmd, uint32_t *origin)
{
	TEEC_Operation op = { 0 };

	return TEEC_InvokeCommand(&c->session, cmd, &op, origin);
}

TEEC_Result client_value(struct client *c, uint32_t cmd, uint32_t a, uint32_t *origin)
{
	TEEC_Operation op = { 0 };

	op.paramTypes = TEEC_PARAM_TYPES(TEEC_VALUE_INPUT, 0, 0, 0);
	op.params[0].value.a = a;
	return TEEC_InvokeCommand(&c->session, cmd, &op, origin);
}

void client_works(struct client *c)
{
	TEEC_Operation op = { 0 };
	uint32_t origin = 0;

	op.paramTypes = TEEC_PARAM_TYPES(TEEC_VALUE_INPUT, TEEC_VALUE_OUTPUT, TEEC_VALUE_INOUT, 0);
	op.params[0].value.a = 1;
	op.params[0].value.b = 0xfffffffe;
	op.params[2].value.a = 0x0f0f0f0f;
	op.params[2].value.b = 0xffffffff;
	assert_int_equal(TEEC_InvokeCommand(&c->session, PROBE_VALUES, &op, &origin), TEEC_SUCCESS);
	assert_int_equal(origin, TEEC_ORIGIN_TRUSTED_APP);
	assert_int_equal(op.params[1].value.a, 0xfffffffe);
	assert_int_equal(op.params[1].value.b, 1);
	assert_int_equal(op.params[2].value.a, 0xf0f0f0f0);
	assert_int_equal(op.params[2].value.b, 0);
}

static void *run_call(void *arg)
{
	struct client_call *call = arg;

	if (call->uuid)
		call->res = TEEC_OpenSession(&call->c->ctx, &call->c->session, call->uuid,
					     TEEC_LOGIN_PUBLIC, NULL, &call->op, &call->origin);
	else
		call->res = TEEC_InvokeCommand(&call->c->session, call->cmd, &call->op, &call->origin);
	return NULL;
}

void client_call_start(struct client_call *call)
{
	assert_int_equal(pthread_create(&call->thread, NULL, run_call, call), 0);
}

static bool is_over(void *arg)
{
	struct client_call *call = arg;

	return pthread_tryjoin_np(call->thread, NULL) == 0;
}

static bool is_cancelled(void *arg)
{
	struct client_call *call = arg;

	TEEC_RequestCancellation(&call->op);
	return is_over(call);
}

void client_call_cancel(struct client_call *call)
{
	assert_true(wait_until(is_cancelled, call));
}

void client_call_end(struct client_call *call)
{
	assert_true(wait_until(is_over, call));
}

void octets_of(const TEEC_UUID *uuid, uint8_t octets[16])
{
	uuid_to_octets(uuid->timeLow, uuid->timeMid, uuid->timeHiAndVersion, uuid->clockSeqAndNode,
		       octets);
}

void pattern_fill(uint8_t *p, size_t n, uint8_t seed)
{
	size_t i;

	for (i = 0; i < n; i++)
		p[i] = (uint8_t)(i * 13 + seed + (i >> 12));
}

uint32_t pattern_sum(const uint8_t *p, size_t n)
{
	uint32_t s = 0;
	size_t i;

	for (i = 0; i < n; i++)
		s += p[i];
	return s;
}

bool is_ta_output(const uint8_t *p, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (p[i] != (uint8_t)(i * 7 + 3))
			return false;
	return true;
}
