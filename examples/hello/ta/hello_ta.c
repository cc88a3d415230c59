// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
#include <tee_internal_api.h>
#include <tee_ta_api.h>

#include "examples/hello/hello_ta.h"

TEE_Result TA_CreateEntryPoint(void)
{
	DMSG("hello");
	return TEE_SUCCESS;
}

void TA_DestroyEntryPoint(void)
{
	DMSG("goodbye");
}

TEE_Result TA_OpenSessionEntryPoint(uint32_t paramTypes, TEE_Param params[TEE_NUM_PARAMS],
				    void **sessionContext)
{
	(void)params;
	(void)sessionContext;
	return paramTypes ? TEE_ERROR_BAD_PARAMETERS : TEE_SUCCESS;
}

void TA_CloseSessionEntryPoint(void *sessionContext)
{
	(void)sessionContext;
}

static TEE_Result add(uint32_t paramTypes, TEE_Param params[TEE_NUM_PARAMS], uint32_t what)
{
	if (paramTypes != TEE_PARAM_TYPES(TEE_PARAM_TYPE_VALUE_INOUT, TEE_PARAM_TYPE_NONE,
					  TEE_PARAM_TYPE_NONE, TEE_PARAM_TYPE_NONE))
		return TEE_ERROR_BAD_PARAMETERS;
	IMSG("%u + %u", params[0].value.a, what);
	params[0].value.a += what;
	return TEE_SUCCESS;
}

TEE_Result TA_InvokeCommandEntryPoint(void *sessionContext, uint32_t commandID, uint32_t paramTypes,
				      TEE_Param params[TEE_NUM_PARAMS])
{
	(void)sessionContext;
	switch (commandID) {
	case HELLO_CMD_INC:
		return add(paramTypes, params, 1);
	case HELLO_CMD_ADD:
		return add(paramTypes, params, params[0].value.b);
	default:
		return TEE_ERROR_NOT_SUPPORTED;
	}
}
