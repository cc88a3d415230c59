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

static TEE_Result aes_gcm(uint8_t *buf, uint32_t pieces)
{
	static const uint8_t nonce[12];
	TEE_ObjectHandle key = TEE_HANDLE_NULL;
	TEE_OperationHandle op = TEE_HANDLE_NULL;
	size_t len = BENCH_CRYPTO_SIZE, tag_len;
	TEE_Result res;
	uint8_t tag[16];

	res = TEE_AllocateTransientObject(TEE_TYPE_AES, 256, &key);
	if (res == TEE_SUCCESS)
		res = TEE_GenerateKey(key, 256, NULL, 0);
	if (res == TEE_SUCCESS)
		res = TEE_AllocateOperation(&op, TEE_ALG_AES_GCM, TEE_MODE_ENCRYPT, 256);
	if (res == TEE_SUCCESS)
		res = TEE_SetOperationKey(op, key);
	while (pieces-- && res == TEE_SUCCESS) {
		tag_len = sizeof(tag);
		res = TEE_AEInit(op, nonce, sizeof(nonce), 128, 0, 0);
		if (res == TEE_SUCCESS)
			res = TEE_AEEncryptFinal(op, buf, len, buf, &len, tag, &tag_len);
	}
	TEE_FreeOperation(op);
	TEE_FreeTransientObject(key);
	return res;
}

static TEE_Result sha256(uint8_t *buf, uint32_t pieces)
{
	TEE_OperationHandle op = TEE_HANDLE_NULL;
	TEE_Result res;

	res = TEE_AllocateOperation(&op, TEE_ALG_SHA256, TEE_MODE_DIGEST, 0);
	while (pieces-- && res == TEE_SUCCESS) {
		size_t len = 32;

		res = TEE_DigestDoFinal(op, buf, BENCH_CRYPTO_SIZE, buf, &len);
	}
	TEE_FreeOperation(op);
	return res;
}

static TEE_Result crypto(uint32_t cmd, uint32_t types, TEE_Param params[4])
{
	uint8_t *buf;
	TEE_Result res;

	if (types != TEE_PARAM_TYPES(TEE_PARAM_TYPE_VALUE_INPUT, TEE_PARAM_TYPE_NONE,
				     TEE_PARAM_TYPE_NONE, TEE_PARAM_TYPE_NONE))
		return TEE_ERROR_BAD_PARAMETERS;
	buf = TEE_Malloc(BENCH_CRYPTO_SIZE, TEE_MALLOC_FILL_ZERO);
	if (!buf)
		return TEE_ERROR_OUT_OF_MEMORY;
	res = cmd == BENCH_CMD_SHA256 ? sha256(buf, params[0].value.a) :
					aes_gcm(buf, params[0].value.a);
	TEE_Free(buf);
	return res;
}

static TEE_Result store(uint32_t types, TEE_Param params[4])
{
	static TEE_ObjectHandle object;
	TEE_Result res = TEE_SUCCESS;

	if (types != TEE_PARAM_TYPES(TEE_PARAM_TYPE_MEMREF_INPUT, TEE_PARAM_TYPE_NONE,
				     TEE_PARAM_TYPE_NONE, TEE_PARAM_TYPE_NONE))
		return TEE_ERROR_BAD_PARAMETERS;
	if (!object)
		res = TEE_CreatePersistentObject(
			TEE_STORAGE_PRIVATE, "bench", 5,
			TEE_DATA_FLAG_ACCESS_WRITE | TEE_DATA_FLAG_OVERWRITE, TEE_HANDLE_NULL,
			params[0].memref.buffer, params[0].memref.size, &object);
	if (res == TEE_SUCCESS)
		res = TEE_SeekObjectData(object, 0, TEE_DATA_SEEK_SET);
	if (res == TEE_SUCCESS)
		res = TEE_WriteObjectData(object, params[0].memref.buffer, params[0].memref.size);
	return res;
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
	case BENCH_CMD_AES_GCM:
	case BENCH_CMD_SHA256:
		return crypto(cmd, types, params);
	case BENCH_CMD_STORE:
		return store(types, params);
	default:
		return TEE_ERROR_NOT_SUPPORTED;
	}
}
