/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include <string.h>

#include <tee_internal_api.h>

#include "tests/system/probe_ta.h"
#include "tests/system/relay_ta.h"

static TEE_TASessionHandle slots[RELAY_NUM_SLOTS], eager;

#ifdef RELAY_EAGER
static const bool is_eager = true;
#else
static const bool is_eager = false;
#endif

TEE_Result TA_CreateEntryPoint(void)
{
	static const TEE_UUID probe = PROBE_TA_UUID;

	if (!is_eager)
		return TEE_SUCCESS;
	return TEE_OpenTASession(&probe, TEE_TIMEOUT_INFINITE, 0, NULL, &eager, NULL);
}

void TA_DestroyEntryPoint(void)
{
	TEE_CloseTASession(eager);
}

TEE_Result TA_OpenSessionEntryPoint(uint32_t types, TEE_Param params[4], void **context)
{
	(void)params;
	(void)context;
	if (types)
		return TEE_ERROR_BAD_PARAMETERS;
	if (is_eager)
		return TEE_InvokeTACommand(eager, TEE_TIMEOUT_INFINITE, PROBE_NOP, 0, NULL, NULL);
	return TEE_SUCCESS;
}

void TA_CloseSessionEntryPoint(void *context)
{
	(void)context;
}

static void unmask(uint32_t flags)
{
	if (flags & RELAY_UNMASK)
		TEE_UnmaskCancellation();
}

static TEE_UUID uuid_of(const uint8_t o[16])
{
	TEE_UUID uuid = { .timeLow = (uint32_t)o[0] << 24 | (uint32_t)o[1] << 16 |
				     (uint32_t)o[2] << 8 | o[3],
			  .timeMid = (uint16_t)(o[4] << 8 | o[5]),
			  .timeHiAndVersion = (uint16_t)(o[6] << 8 | o[7]) };

	memcpy(uuid.clockSeqAndNode, o + 8, 8);
	return uuid;
}

static TEE_Result open_session(uint32_t types, TEE_Param params[4])
{
	TEE_Param theirs[4] = { params[2] };
	TEE_UUID uuid;
	TEE_Result res;
	uint32_t slot = 0;

	if (params[0].memref.size != 16)
		return TEE_ERROR_BAD_PARAMETERS;
	uuid = uuid_of(params[0].memref.buffer);
	while (slot < RELAY_NUM_SLOTS && slots[slot])
		slot++;
	if (slot == RELAY_NUM_SLOTS)
		return TEE_ERROR_OVERFLOW;
	unmask(params[1].value.a);
	res = TEE_OpenTASession(&uuid, params[1].value.b, TEE_PARAM_TYPE_GET(types, 2), theirs,
				&slots[slot], &params[1].value.b);
	params[1].value.a = slot;
	return res;
}

static TEE_Result invoke(uint32_t types, TEE_Param params[4])
{
	uint32_t slot = params[0].value.a & 0xff, cmd = (params[0].value.a & ~RELAY_UNMASK) >> 8;
	TEE_Param theirs[4] = { params[1], params[2], params[3] };
	TEE_Result res;
	unsigned int i;

	if (slot >= RELAY_NUM_SLOTS)
		return TEE_ERROR_BAD_PARAMETERS;
	unmask(params[0].value.a);
	res = TEE_InvokeTACommand(slots[slot], params[0].value.b, cmd, types >> 4, theirs,
				  &params[0].value.b);
	for (i = 1; i < 4; i++)
		params[i] = theirs[i - 1];
	return res;
}

static TEE_Result close_session(TEE_Param params[4])
{
	uint32_t slot = params[0].value.a;

	if (slot >= RELAY_NUM_SLOTS)
		return TEE_ERROR_BAD_PARAMETERS;
	TEE_CloseTASession(slots[slot]);
	slots[slot] = TEE_HANDLE_NULL;
	return TEE_SUCCESS;
}

static TEE_Result wrong_types(TEE_TASessionHandle s)
{
	static const uint32_t types[] = { 4, 8, 15, 0xb00 };
	TEE_Param p[4] = { 0 };
	uint32_t i, origin;

	for (i = 0; i < 4; i++) {
		origin = 0;
		if (TEE_InvokeTACommand(s, TEE_TIMEOUT_INFINITE, PROBE_NOP, types[i], p, &origin) !=
			    TEE_ERROR_BAD_PARAMETERS ||
		    origin != TEE_ORIGIN_API)
			return TEE_ERROR_GENERIC;
	}
	return TEE_SUCCESS;
}

static TEE_Result edges(TEE_TASessionHandle s)
{
	const uint32_t out = TEE_PARAM_TYPE_MEMREF_OUTPUT, in = TEE_PARAM_TYPE_MEMREF_INPUT;
	TEE_Param p[4] = { 0 };
	uint8_t byte = 0;
	TEE_Result res;

	/* NULL and no bytes; bytes that aren't there aren't touched. */
	p[1].memref.buffer = &byte;
	res = TEE_InvokeTACommand(s, TEE_TIMEOUT_INFINITE, PROBE_MEMORY,
				  TEE_PARAM_TYPES(in, out, 0, 0), p, NULL);
	if (res || byte || p[1].memref.size)
		return res ? res : TEE_ERROR_GENERIC;
	/* The size that would do comes back, and nothing behind the buffer changes. */
	p[0].memref.buffer = &byte;
	p[0].memref.size = 1;
	p[1].value.a = 1000;
	res = TEE_InvokeTACommand(s, TEE_TIMEOUT_INFINITE, PROBE_WANT_SIZE,
				  TEE_PARAM_TYPES(out, TEE_PARAM_TYPE_VALUE_INPUT, 0, 0), p, NULL);
	if (res != TEE_ERROR_SHORT_BUFFER || p[0].memref.size != 1000 || byte)
		return TEE_ERROR_GENERIC;
	return TEE_SUCCESS;
}

TEE_Result TA_InvokeCommandEntryPoint(void *context, uint32_t cmd, uint32_t types,
				      TEE_Param params[4])
{
	TEE_Param p[4] = { 0 };

	(void)context;
	switch (cmd) {
	case RELAY_OPEN:
		return open_session(types, params);
	case RELAY_INVOKE:
		return invoke(types, params);
	case RELAY_CLOSE:
		return close_session(params);
	case RELAY_WRONG_HANDLE:
		return TEE_InvokeTACommand((TEE_TASessionHandle)(uintptr_t)params[0].value.a,
					   TEE_TIMEOUT_INFINITE, 0, 0, NULL, NULL);
	case RELAY_WRONG_MEMORY:
		p[0] = params[0];
		return TEE_InvokeTACommand(slots[params[1].value.a % RELAY_NUM_SLOTS],
					   TEE_TIMEOUT_INFINITE, PROBE_MEMORY,
					   TEE_PARAM_TYPE_MEMREF_OUTPUT, p, NULL);
	case RELAY_WRONG_TYPES:
		return wrong_types(slots[params[0].value.a % RELAY_NUM_SLOTS]);
	case RELAY_EDGES:
		return edges(slots[params[0].value.a % RELAY_NUM_SLOTS]);
	default:
		return TEE_ERROR_NOT_SUPPORTED;
	}
}
