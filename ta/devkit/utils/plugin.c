// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
#include <pta_system.h>
#include <tee_internal_api.h>
#include <tee_internal_api_extensions.h>

TEE_Result tee_invoke_supp_plugin(const TEE_UUID *uuid, uint32_t cmd, uint32_t sub_cmd, void *buf,
				  size_t len, size_t *outlen)
{
	static const TEE_UUID system_pta = PTA_SYSTEM_UUID;
	TEE_Param params[TEE_NUM_PARAMS] = { { { 0 } } };
	TEE_TASessionHandle session;
	TEE_UUID name;
	TEE_Result res;

	if (!uuid || (!len) != (!buf))
		return TEE_ERROR_BAD_PARAMETERS;
	name = *uuid;
	params[0].memref.buffer = &name;
	params[0].memref.size = sizeof(name);
	params[1].value.a = cmd;
	params[1].value.b = sub_cmd;
	params[2].memref.buffer = buf;
	params[2].memref.size = len;
	res = TEE_OpenTASession(&system_pta, TEE_TIMEOUT_INFINITE, 0, NULL, &session, NULL);
	if (res != TEE_SUCCESS)
		return res;
	res = TEE_InvokeTACommand(session, TEE_TIMEOUT_INFINITE, PTA_SYSTEM_SUPP_PLUGIN_INVOKE,
				  TEE_PARAM_TYPES(TEE_PARAM_TYPE_MEMREF_INPUT,
						  TEE_PARAM_TYPE_VALUE_INPUT,
						  TEE_PARAM_TYPE_MEMREF_INOUT,
						  TEE_PARAM_TYPE_VALUE_OUTPUT),
				  params, NULL);
	TEE_CloseTASession(session);
	if (outlen)
		*outlen = params[3].value.a;
	return res;
}
