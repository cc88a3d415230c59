/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include <string.h>

#include <tee_internal_api.h>

#include "ta/syscall.h"
#include "tests/system/probe_ta.h"

static uint32_t sessions, invokes;

static bool is_memref(uint32_t type)
{
	return type == TEE_PARAM_TYPE_MEMREF_INPUT || type == TEE_PARAM_TYPE_MEMREF_OUTPUT ||
	       type == TEE_PARAM_TYPE_MEMREF_INOUT;
}

static void crash(void)
{
	volatile uint8_t *volatile nowhere = NULL;

	*nowhere = 1;
}

TEE_Result TA_CreateEntryPoint(void)
{
	return TEE_SUCCESS;
}

void TA_DestroyEntryPoint(void)
{
}

TEE_Result TA_OpenSessionEntryPoint(uint32_t types, TEE_Param params[4], void **context)
{
	(void)context;
	if (TEE_PARAM_TYPE_GET(types, 0) == TEE_PARAM_TYPE_VALUE_INPUT) {
		switch (params[0].value.b) {
		case 1:
			TEE_Panic(params[0].value.a);
			break;
		case 2:
			crash();
			break;
		case 3:
			TEE_Wait(1000);
			break;
		case 5:
			TEE_UnmaskCancellation();
			TEE_Wait(TEE_TIMEOUT_INFINITE);
			break;
		default:
			break;
		}
		if (params[0].value.a)
			return params[0].value.a;
	}
	sessions++;
	return TEE_SUCCESS;
}

void TA_CloseSessionEntryPoint(void *context)
{
	(void)context;
	sessions--;
}

static uint32_t sum(const uint8_t *p, size_t n)
{
	uint32_t s = 0;
	size_t i;

	for (i = 0; i < n; i++)
		s += p[i];
	return s;
}

static void fill(uint8_t *p, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		p[i] = (uint8_t)(i * 7 + 3);
}

static TEE_Result memory(uint32_t types, TEE_Param params[4])
{
	uint32_t total = 0, i;
	size_t k;

	for (i = 0; i < 3; i++) {
		uint8_t *p = params[i].memref.buffer;
		size_t n = params[i].memref.size;

		switch (TEE_PARAM_TYPE_GET(types, i)) {
		case TEE_PARAM_TYPE_NONE:
			break;
		case TEE_PARAM_TYPE_MEMREF_INPUT:
			total += p ? sum(p, n) : 0;
			break;
		case TEE_PARAM_TYPE_MEMREF_OUTPUT:
			if (p)
				fill(p, n);
			break;
		case TEE_PARAM_TYPE_MEMREF_INOUT:
			for (k = 0; p && k < n; k++)
				p[k] ^= 0x5a;
			break;
		default:
			return TEE_ERROR_BAD_PARAMETERS;
		}
	}
	if (TEE_PARAM_TYPE_GET(types, 3) == TEE_PARAM_TYPE_VALUE_OUTPUT)
		params[3].value.a = total;
	return TEE_SUCCESS;
}

static TEE_Result want_size(TEE_Param params[4])
{
	uint32_t want = params[1].value.a;

	if (params[0].memref.size < want) {
		params[0].memref.size = want;
		return TEE_ERROR_SHORT_BUFFER;
	}
	fill(params[0].memref.buffer, want);
	params[0].memref.size = want;
	return TEE_SUCCESS;
}

static TEE_Result identity(TEE_Param params[4])
{
	TEE_Identity id;
	uint8_t *out = params[0].memref.buffer;
	TEE_Result res;

	if (params[0].memref.size < 20)
		return TEE_ERROR_SHORT_BUFFER;
	res = TEE_GetPropertyAsIdentity(TEE_PROPSET_CURRENT_CLIENT, "gpd.client.identity", &id);
	if (res)
		return res;
	memcpy(out, &id.login, 4);
	out[4] = (uint8_t)(id.uuid.timeLow >> 24);
	out[5] = (uint8_t)(id.uuid.timeLow >> 16);
	out[6] = (uint8_t)(id.uuid.timeLow >> 8);
	out[7] = (uint8_t)id.uuid.timeLow;
	out[8] = (uint8_t)(id.uuid.timeMid >> 8);
	out[9] = (uint8_t)id.uuid.timeMid;
	out[10] = (uint8_t)(id.uuid.timeHiAndVersion >> 8);
	out[11] = (uint8_t)id.uuid.timeHiAndVersion;
	memcpy(out + 12, id.uuid.clockSeqAndNode, 8);
	params[0].memref.size = 20;
	return TEE_SUCCESS;
}

static TEE_Result allocate(uint32_t size)
{
	uint8_t *p = TEE_Malloc(size, TEE_MALLOC_FILL_ZERO);
	TEE_Result res = TEE_SUCCESS;

	if (!p)
		return TEE_ERROR_OUT_OF_MEMORY;
	if (sum(p, size))
		res = TEE_ERROR_GENERIC;
	TEE_MemFill(p, 1, size);
	if (sum(p, size) != size)
		res = TEE_ERROR_GENERIC;
	TEE_Free(p);
	return res;
}

static TEE_Result touch(TEE_Param params[4])
{
	const volatile uint8_t *p = params[0].memref.buffer;
	size_t i;

	for (i = 0; i < params[0].memref.size; i += 4096)
		(void)p[i];
	return TEE_SUCCESS;
}

static TEE_Result wait_masked(TEE_Param params[4])
{
	TEE_Result res;

	TEE_MaskCancellation();
	res = TEE_Wait(params[0].value.a);
	TEE_UnmaskCancellation();
	params[0].value.a = TEE_GetCancellationFlag();
	return res;
}

static void address_of(TEE_Param params[4])
{
	uintptr_t p = (uintptr_t)params[0].memref.buffer;

	params[1].value.a = (uint32_t)p;
	params[1].value.b = (uint32_t)((uint64_t)p >> 32);
}

static void now(TEE_Param params[4])
{
	TEE_Time t;

	TEE_GetSystemTime(&t);
	params[0].value.a = t.seconds;
	params[0].value.b = t.millis;
}

static TEE_Result system_call(TEE_Param params[4])
{
	uint64_t arg[MAILBOX_SYSCALL_NUM_ARGS] = { params[1].value.b, 0, 2, 3, 4, 5, 6, 7 };
	uint8_t *area = ta_syscall_area();
	TEE_Result res;

	if (params[0].memref.size > TA_SYSCALL_SIZE)
		return TEE_ERROR_BAD_PARAMETERS;
	arg[1] = params[0].memref.size;
	if (arg[1])
		memcpy(area, params[0].memref.buffer, params[0].memref.size);
	res = ta_syscall(params[1].value.a, arg);
	if (params[0].memref.size)
		memcpy(params[0].memref.buffer, area, params[0].memref.size);
	params[1].value.a = (uint32_t)arg[0];
	return res;
}

/* What each command's parameters must be, 0 where any will do. */
static uint32_t wanted_types(uint32_t cmd, uint32_t types)
{
	uint32_t first = TEE_PARAM_TYPE_GET(types, 0);

	switch (cmd) {
	case PROBE_VALUES:
		return TEE_PARAM_TYPES(TEE_PARAM_TYPE_VALUE_INPUT, TEE_PARAM_TYPE_VALUE_OUTPUT,
				       TEE_PARAM_TYPE_VALUE_INOUT, TEE_PARAM_TYPE_NONE);
	case PROBE_WANT_SIZE:
	case PROBE_WAIT_AND_FILL:
		return TEE_PARAM_TYPES(TEE_PARAM_TYPE_MEMREF_OUTPUT, TEE_PARAM_TYPE_VALUE_INPUT, 0, 0);
	case PROBE_WRITE_INPUT:
		return TEE_PARAM_TYPES(TEE_PARAM_TYPE_MEMREF_INPUT, 0, 0, 0);
	case PROBE_WAIT:
	case PROBE_PANIC:
	case PROBE_RETURN:
	case PROBE_MALLOC:
		return TEE_PARAM_TYPES(TEE_PARAM_TYPE_VALUE_INPUT, 0, 0, 0);
	case PROBE_COUNT:
	case PROBE_TIME:
		return TEE_PARAM_TYPES(TEE_PARAM_TYPE_VALUE_OUTPUT, 0, 0, 0);
	case PROBE_READ_AT:
	case PROBE_WAIT_MASKED:
		return TEE_PARAM_TYPES(TEE_PARAM_TYPE_VALUE_INOUT, 0, 0, 0);
	case PROBE_IDENTITY:
	case PROBE_LIE_SIZE:
		return TEE_PARAM_TYPES(TEE_PARAM_TYPE_MEMREF_OUTPUT, 0, 0, 0);
	case PROBE_ADDRESS:
		return is_memref(first) ? TEE_PARAM_TYPES(first, TEE_PARAM_TYPE_VALUE_OUTPUT, 0, 0) : ~0u;
	case PROBE_SYSCALL:
		return TEE_PARAM_TYPES(is_memref(first) ? TEE_PARAM_TYPE_MEMREF_INOUT : 0,
				       TEE_PARAM_TYPE_VALUE_INOUT, 0, 0);
	case PROBE_TOUCH:
		return is_memref(first) ? TEE_PARAM_TYPES(first, 0, 0, 0) : ~0u;
	default:
		return types;
	}
}

static void swap_values(TEE_Param params[4])
{
	params[1].value.a = params[0].value.b;
	params[1].value.b = params[0].value.a;
	params[2].value.a = ~params[2].value.a;
	params[2].value.b += 1;
}

TEE_Result TA_InvokeCommandEntryPoint(void *context, uint32_t cmd, uint32_t types, TEE_Param params[4])
{
	(void)context;
	invokes++;
	if (types != wanted_types(cmd, types))
		return TEE_ERROR_BAD_PARAMETERS;
	switch (cmd) {
	case PROBE_NOP:
		return TEE_SUCCESS;
	case PROBE_VALUES:
		swap_values(params);
		return TEE_SUCCESS;
	case PROBE_MEMORY:
		return memory(types, params);
	case PROBE_WANT_SIZE:
		return want_size(params);
	case PROBE_WRITE_INPUT:
		*(volatile uint8_t *)params[0].memref.buffer = 0xee;
		return TEE_SUCCESS;
	case PROBE_WAIT:
		TEE_UnmaskCancellation();
		return TEE_Wait(params[0].value.a);
	case PROBE_SPIN:
		for (;;)
			__asm__ volatile("");
	case PROBE_PANIC:
		TEE_Panic(params[0].value.a);
		return TEE_SUCCESS;
	case PROBE_CRASH:
		crash();
		return TEE_SUCCESS;
	case PROBE_RETURN:
		return params[0].value.a;
	case PROBE_IDENTITY:
		return identity(params);
	case PROBE_COUNT:
		params[0].value.a = sessions;
		params[0].value.b = invokes;
		return TEE_SUCCESS;
	case PROBE_MALLOC:
		return allocate(params[0].value.a);
	case PROBE_ADDRESS:
		address_of(params);
		return TEE_SUCCESS;
	case PROBE_READ_AT:
		params[0].value.a = *(const volatile uint8_t *)(uintptr_t)(
			params[0].value.a | (uint64_t)params[0].value.b << 32);
		return TEE_SUCCESS;
	case PROBE_WAIT_MASKED:
		return wait_masked(params);
	case PROBE_LIE_SIZE:
		params[0].memref.size = params[0].memref.size * 2 + 100;
		return TEE_SUCCESS;
	case PROBE_TOUCH:
		return touch(params);
	case PROBE_TIME:
		now(params);
		return TEE_SUCCESS;
	case PROBE_SYSCALL:
		return system_call(params);
	case PROBE_WAIT_AND_FILL:
		TEE_UnmaskCancellation();
		TEE_Wait(params[1].value.a);
		fill(params[0].memref.buffer, params[0].memref.size);
		return TEE_SUCCESS;
	default:
		return TEE_ERROR_NOT_SUPPORTED;
	}
}
