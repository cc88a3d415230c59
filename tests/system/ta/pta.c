// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
#include <string.h>

#include <pta_system.h>
#include <tee_internal_api.h>
#include <tee_internal_api_extensions.h>

#include "tests/system/pta_ta.h"

#define KEY_ROOM 64u

TEE_Result TA_CreateEntryPoint(void)
{
	return TEE_SUCCESS;
}

void TA_DestroyEntryPoint(void)
{
}

TEE_Result TA_OpenSessionEntryPoint(uint32_t types, TEE_Param params[4], void **context)
{
	(void)params;
	(void)context;
	return types ? TEE_ERROR_BAD_PARAMETERS : TEE_SUCCESS;
}

void TA_CloseSessionEntryPoint(void *context)
{
	(void)context;
}

static TEE_Result call_plugin(TEE_Param params[4])
{
	static const TEE_UUID plugin = TEST_PLUGIN_UUID;
	size_t out_len = 0;
	TEE_Result res;

	res = tee_invoke_supp_plugin(&plugin, params[0].value.a, params[0].value.b,
				     params[1].memref.buffer, params[1].memref.size, &out_len);
	params[0].value.a = (uint32_t)out_len;
	return res;
}

static TEE_Result call_other_plugin(void)
{
	static const TEE_UUID nobody = { .timeLow = 1 };
	char bytes[4] = "abc";

	if (tee_invoke_supp_plugin(NULL, 0, 0, bytes, 4, NULL) != TEE_ERROR_BAD_PARAMETERS ||
	    tee_invoke_supp_plugin(&nobody, 0, 0, NULL, 4, NULL) != TEE_ERROR_BAD_PARAMETERS ||
	    tee_invoke_supp_plugin(&nobody, 0, 0, bytes, 0, NULL) != TEE_ERROR_BAD_PARAMETERS)
		return TEE_ERROR_GENERIC;
	return tee_invoke_supp_plugin(&nobody, 0, 0, bytes, sizeof(bytes), NULL);
}

static TEE_Result call_system(uint32_t cmd, uint32_t types, TEE_Param params[4])
{
	static const TEE_UUID system_pta = PTA_SYSTEM_UUID;
	TEE_TASessionHandle session;
	TEE_Result res;

	res = TEE_OpenTASession(&system_pta, TEE_TIMEOUT_INFINITE, 0, NULL, &session, NULL);
	if (res != TEE_SUCCESS)
		return res;
	res = TEE_InvokeTACommand(session, TEE_TIMEOUT_INFINITE, cmd, types, params, NULL);
	TEE_CloseTASession(session);
	return res;
}

static TEE_Result derive(uint32_t types, TEE_Param params[4])
{
	TEE_Param own[4] = { params[0] };
	uint8_t key[KEY_ROOM];
	TEE_Result res;

	if (params[1].memref.size > sizeof(key))
		return TEE_ERROR_BAD_PARAMETERS;
	own[1].memref.buffer = key;
	own[1].memref.size = params[1].memref.size;
	res = call_system(PTA_SYSTEM_DERIVE_TA_UNIQUE_KEY, types, own);
	if (res == TEE_SUCCESS)
		memcpy(params[1].memref.buffer, key, params[1].memref.size);
	return res;
}

TEE_Result TA_InvokeCommandEntryPoint(void *context, uint32_t cmd, uint32_t types,
				      TEE_Param params[4])
{
	TEE_Param none[4] = { 0 };

	(void)context;
	switch (cmd) {
	case PTA_PLUGIN:
		return call_plugin(params);
	case PTA_OTHER_PLUGIN:
		return call_other_plugin();
	case PTA_KEY:
		return derive(types, params);
	case PTA_SHARED_KEY:
		return call_system(PTA_SYSTEM_DERIVE_TA_UNIQUE_KEY, types, params);
	case PTA_ENTROPY:
		return call_system(PTA_SYSTEM_ADD_RNG_ENTROPY, types, params);
	case PTA_SYSTEM_CMD:
		return call_system(params[0].value.a, 0, none);
	case PTA_LOG:
		EMSG("line %u", params[0].value.a);
		return TEE_SUCCESS;
	default:
		return TEE_ERROR_NOT_SUPPORTED;
	}
}
