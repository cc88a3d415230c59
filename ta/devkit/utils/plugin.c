// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
#include <pta_system.h>
#include <tee_internal_api.h>
#include <tee_internal_api_extensions.h>

/* As the system pseudo-TA takes it. */
static void to_octets(const TEE_UUID *uuid, uint8_t o[16])
{
	unsigned int i;

	for (i = 0; i < 4; i++)
		o[i] = (uint8_t)(uuid->timeLow >> (24 - 8 * i));
	o[4] = (uint8_t)(uuid->timeMid >> 8);
	o[5] = (uint8_t)uuid->timeMid;
	o[6] = (uint8_t)(uuid->timeHiAndVersion >> 8);
	o[7] = (uint8_t)uuid->timeHiAndVersion;
	TEE_MemMove(o + 8, uuid->clockSeqAndNode, sizeof(uuid->clockSeqAndNode));
}

TEE_Result tee_invoke_supp_plugin(const TEE_UUID *uuid, uint32_t cmd, uint32_t sub_cmd, void *buf,
				  size_t len, size_t *outlen)
{
	static const TEE_UUID system_pta = PTA_SYSTEM_UUID;
	TEE_Param params[TEE_NUM_PARAMS] = { { { 0 } } };
	TEE_TASessionHandle session;
	uint8_t octets[16];
	TEE_Result res;

	if (!uuid || (len && !buf))
		return TEE_ERROR_BAD_PARAMETERS;
	to_octets(uuid, octets);
	params[0].memref.buffer = octets;
	params[0].memref.size = sizeof(octets);
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
	if (res == TEE_SUCCESS && outlen)
		*outlen = params[3].value.a;
	return res;
}
