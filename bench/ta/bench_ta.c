/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include <tee_internal_api.h>

#include "bench/bench_ta.h"

TEE_Result TA_CreateEntryPoint(void)
{
	return TEE_SUCCESS;
}

void TA_DestroyEntryPoint(void)
{
}

TEE_Result TA_OpenSessionEntryPoint(uint32_t types, TEE_Param params[4], void **context)
{
	(void)types;
	(void)params;
	(void)context;
	return TEE_SUCCESS;
}

void TA_CloseSessionEntryPoint(void *context)
{
	(void)context;
}

static TEE_Result touch(uint32_t types, TEE_Param params[4])
{
	const uint8_t *p = params[0].memref.buffer;
	uint64_t sum = 0, word;
	size_t i;

	if (types != TEE_PARAM_TYPES(TEE_PARAM_TYPE_MEMREF_INPUT, TEE_PARAM_TYPE_VALUE_OUTPUT,
				     TEE_PARAM_TYPE_NONE, TEE_PARAM_TYPE_NONE))
		return TEE_ERROR_BAD_PARAMETERS;
	for (i = 0; i + sizeof(word) <= params[0].memref.size; i += sizeof(word)) {
		__builtin_memcpy(&word, p + i, sizeof(word));
		sum ^= word;
	}
	params[1].value.a = (uint32_t)sum;
	params[1].value.b = (uint32_t)(sum >> 32);
	return TEE_SUCCESS;
}

static TEE_Result touch_once(uint32_t types, TEE_Param params[4])
{
	const volatile uint8_t *p = params[0].memref.buffer;

	if (types != TEE_PARAM_TYPES(TEE_PARAM_TYPE_MEMREF_INPUT, TEE_PARAM_TYPE_NONE,
				     TEE_PARAM_TYPE_NONE, TEE_PARAM_TYPE_NONE) ||
	    !params[0].memref.size)
		return TEE_ERROR_BAD_PARAMETERS;
	return *p == 1 ? TEE_SUCCESS : TEE_ERROR_CORRUPT_OBJECT;
}

TEE_Result TA_InvokeCommandEntryPoint(void *context, uint32_t cmd, uint32_t types,
				      TEE_Param params[4])
{
	(void)context;
	switch (cmd) {
	case BENCH_CMD_NOP:
		return TEE_SUCCESS;
	case BENCH_CMD_TOUCH:
		return touch(types, params);
	case BENCH_CMD_ONCE:
		return touch_once(types, params);
	default:
		return TEE_ERROR_NOT_SUPPORTED;
	}
}
