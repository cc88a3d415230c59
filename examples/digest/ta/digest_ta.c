// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
#include <tee_internal_api.h>
#include <tee_ta_api.h>

#include "examples/digest/digest_ta.h"

/* One digest per session; NULL while none is under way. */
struct digest_session {
	TEE_OperationHandle operation;
};

TEE_Result TA_CreateEntryPoint(void)
{
	return TEE_SUCCESS;
}

void TA_DestroyEntryPoint(void)
{
}

TEE_Result TA_OpenSessionEntryPoint(uint32_t paramTypes, TEE_Param params[TEE_NUM_PARAMS],
				    void **sessionContext)
{
	struct digest_session *s;

	(void)params;
	if (paramTypes)
		return TEE_ERROR_BAD_PARAMETERS;
	s = TEE_Malloc(sizeof(*s), TEE_MALLOC_FILL_ZERO);
	if (!s)
		return TEE_ERROR_OUT_OF_MEMORY;
	*sessionContext = s;
	return TEE_SUCCESS;
}

static void digest_drop(struct digest_session *s)
{
	TEE_FreeOperation(s->operation);
	s->operation = TEE_HANDLE_NULL;
}

void TA_CloseSessionEntryPoint(void *sessionContext)
{
	digest_drop(sessionContext);
	TEE_Free(sessionContext);
}

static uint32_t algorithm(uint32_t alg)
{
	switch (alg) {
	case DIGEST_MD5:
		return TEE_ALG_MD5;
	case DIGEST_SHA1:
		return TEE_ALG_SHA1;
	case DIGEST_SHA224:
		return TEE_ALG_SHA224;
	case DIGEST_SHA256:
		return TEE_ALG_SHA256;
	case DIGEST_SHA384:
		return TEE_ALG_SHA384;
	case DIGEST_SHA512:
		return TEE_ALG_SHA512;
	default:
		return TEE_ALG_ILLEGAL_VALUE;
	}
}

static TEE_Result digest_init(struct digest_session *s, uint32_t types,
			      TEE_Param params[TEE_NUM_PARAMS])
{
	if (types != TEE_PARAM_TYPES(TEE_PARAM_TYPE_VALUE_INPUT, TEE_PARAM_TYPE_NONE,
				     TEE_PARAM_TYPE_NONE, TEE_PARAM_TYPE_NONE))
		return TEE_ERROR_BAD_PARAMETERS;
	digest_drop(s);
	return TEE_AllocateOperation(&s->operation, algorithm(params[0].value.a), TEE_MODE_DIGEST,
				     0);
}

static TEE_Result digest_update(struct digest_session *s, uint32_t types,
				TEE_Param params[TEE_NUM_PARAMS])
{
	if (types != TEE_PARAM_TYPES(TEE_PARAM_TYPE_MEMREF_INPUT, TEE_PARAM_TYPE_NONE,
				     TEE_PARAM_TYPE_NONE, TEE_PARAM_TYPE_NONE))
		return TEE_ERROR_BAD_PARAMETERS;
	if (!s->operation)
		return TEE_ERROR_BAD_STATE;
	if (!params[0].memref.buffer && params[0].memref.size)
		return TEE_ERROR_BAD_PARAMETERS;
	TEE_DigestUpdate(s->operation, params[0].memref.buffer, params[0].memref.size);
	return TEE_SUCCESS;
}

static TEE_Result digest_final(struct digest_session *s, uint32_t types,
			       TEE_Param params[TEE_NUM_PARAMS])
{
	TEE_Result res;

	if (types != TEE_PARAM_TYPES(TEE_PARAM_TYPE_MEMREF_OUTPUT, TEE_PARAM_TYPE_NONE,
				     TEE_PARAM_TYPE_NONE, TEE_PARAM_TYPE_NONE))
		return TEE_ERROR_BAD_PARAMETERS;
	if (!s->operation)
		return TEE_ERROR_BAD_STATE;
	/* A NULL buffer asks for the size. */
	if (!params[0].memref.buffer)
		params[0].memref.size = 0;
	res = TEE_DigestDoFinal(s->operation, NULL, 0, params[0].memref.buffer,
				&params[0].memref.size);
	if (res == TEE_SUCCESS)
		digest_drop(s);
	return res;
}

TEE_Result TA_InvokeCommandEntryPoint(void *sessionContext, uint32_t commandID, uint32_t paramTypes,
				      TEE_Param params[TEE_NUM_PARAMS])
{
	switch (commandID) {
	case DIGEST_CMD_INIT:
		return digest_init(sessionContext, paramTypes, params);
	case DIGEST_CMD_UPDATE:
		return digest_update(sessionContext, paramTypes, params);
	case DIGEST_CMD_FINAL:
		return digest_final(sessionContext, paramTypes, params);
	default:
		return TEE_ERROR_NOT_SUPPORTED;
	}
}
