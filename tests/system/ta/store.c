// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
/* Persistent objects at a client's word: each command is one function of the API. */
#include <stdbool.h>
#include <string.h>

#include <tee_internal_api.h>

#include "tests/system/store_ta.h"

#define NUM_SLOTS 8u
#define MAX_ID 128u /* more than an object may have */

#define SLOW_END_MS 300u

static TEE_ObjectHandle slot[NUM_SLOTS];
static bool ends_slowly;

TEE_Result TA_CreateEntryPoint(void)
{
	return TEE_SUCCESS;
}

void TA_DestroyEntryPoint(void)
{
	if (ends_slowly)
		TEE_Wait(SLOW_END_MS);
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

static TEE_Result create(TEE_Param params[4])
{
	TEE_ObjectHandle *h = &slot[params[0].value.a % NUM_SLOTS];

	return TEE_CreatePersistentObject(TEE_STORAGE_PRIVATE, params[1].memref.buffer,
					  params[1].memref.size, params[0].value.b, TEE_HANDLE_NULL,
					  params[2].memref.buffer, params[2].memref.size, h);
}

static TEE_Result read_data(TEE_ObjectHandle h, TEE_Param params[4])
{
	size_t count = 0;
	TEE_Result res;

	res = TEE_ReadObjectData(h, params[2].memref.buffer, params[2].memref.size, &count);
	params[2].memref.size = count;
	return res;
}

static TEE_Result info(TEE_ObjectHandle h, TEE_Param params[4])
{
	TEE_ObjectInfo i;
	TEE_Result res = TEE_GetObjectInfo1(h, &i);

	if (params[2].memref.size < 7 * sizeof(uint32_t))
		return TEE_ERROR_SHORT_BUFFER;
	if (res == TEE_SUCCESS)
		memcpy(params[2].memref.buffer,
		       (uint32_t[]){ i.objectType, i.objectSize, i.maxObjectSize, i.objectUsage,
				     (uint32_t)i.dataSize, (uint32_t)i.dataPosition,
				     i.handleFlags },
		       7 * sizeof(uint32_t));
	params[2].memref.size = 7 * sizeof(uint32_t);
	return res;
}

/* Ids, each with a byte of length before it. */
static TEE_Result list(TEE_Param params[4])
{
	uint8_t *out = params[2].memref.buffer, id[TEE_OBJECT_ID_MAX_LEN];
	size_t at = 0, len = sizeof(id);
	TEE_ObjectEnumHandle e;
	TEE_ObjectInfo i;
	TEE_Result res = TEE_AllocatePersistentObjectEnumerator(&e);

	if (res != TEE_SUCCESS)
		return res;
	res = TEE_StartPersistentObjectEnumerator(e, TEE_STORAGE_PRIVATE);
	while (res == TEE_SUCCESS) {
		len = sizeof(id);
		res = TEE_GetNextPersistentObject(e, &i, id, &len);
		if (res != TEE_SUCCESS || at + 1 + len > params[2].memref.size)
			break;
		out[at++] = (uint8_t)len;
		memcpy(out + at, id, len);
		at += len;
	}
	TEE_FreePersistentObjectEnumerator(e);
	params[2].memref.size = at;
	return res;
}

/* A key of 256 bits, which is kept, closed, and opened again with the same bytes. */
static TEE_Result keep_key(TEE_Param params[4])
{
	TEE_ObjectHandle key, kept;
	uint8_t before[32], after[32];
	size_t len = sizeof(before);
	TEE_Result res;

	res = TEE_AllocateTransientObject(TEE_TYPE_AES, 256, &key);
	if (res == TEE_SUCCESS)
		res = TEE_GenerateKey(key, 256, NULL, 0);
	if (res == TEE_SUCCESS)
		res = TEE_GetObjectBufferAttribute(key, TEE_ATTR_SECRET_VALUE, before, &len);
	if (res == TEE_SUCCESS)
		res = TEE_CreatePersistentObject(
			TEE_STORAGE_PRIVATE, params[1].memref.buffer, params[1].memref.size,
			TEE_DATA_FLAG_ACCESS_READ | TEE_DATA_FLAG_OVERWRITE, key, "data too", 8,
			&kept);
	if (res != TEE_SUCCESS)
		return res;
	TEE_FreeTransientObject(key);
	TEE_CloseObject(kept);
	res = TEE_OpenPersistentObject(TEE_STORAGE_PRIVATE, params[1].memref.buffer,
				       params[1].memref.size, TEE_DATA_FLAG_ACCESS_READ, &kept);
	if (res != TEE_SUCCESS)
		return res;
	len = sizeof(after);
	res = TEE_GetObjectBufferAttribute(kept, TEE_ATTR_SECRET_VALUE, after, &len);
	if (res == TEE_SUCCESS && (len != 32 || memcmp(before, after, 32)))
		res = TEE_ERROR_GENERIC;
	if (res == TEE_SUCCESS)
		res = TEE_ReadObjectData(kept, after, sizeof(after), &len);
	if (res == TEE_SUCCESS && (len != 8 || memcmp(after, "data too", 8)))
		res = TEE_ERROR_GENERIC;
	TEE_CloseObject(kept);
	return res;
}

/* A transient key becomes the persistent one, without a second handle. */
static TEE_Result turn_key(TEE_Param params[4])
{
	TEE_ObjectHandle key;
	TEE_ObjectInfo i;
	TEE_Result res;

	res = TEE_AllocateTransientObject(TEE_TYPE_AES, 128, &key);
	if (res == TEE_SUCCESS)
		res = TEE_GenerateKey(key, 128, NULL, 0);
	if (res == TEE_SUCCESS)
		res = TEE_CreatePersistentObject(
			TEE_STORAGE_PRIVATE, params[1].memref.buffer, params[1].memref.size,
			TEE_DATA_FLAG_ACCESS_WRITE_META, key, NULL, 0, NULL);
	if (res == TEE_SUCCESS)
		res = TEE_RestrictObjectUsage1(key, TEE_USAGE_ENCRYPT);
	if (res == TEE_SUCCESS)
		res = TEE_GetObjectInfo1(key, &i);
	if (res == TEE_SUCCESS && (i.objectUsage != TEE_USAGE_ENCRYPT || i.objectSize != 128 ||
				   !(i.handleFlags & TEE_HANDLE_FLAG_PERSISTENT)))
		res = TEE_ERROR_GENERIC;
	return res == TEE_SUCCESS ? TEE_CloseAndDeletePersistentObject1(key) : res;
}

static TEE_Result device_id(TEE_Param params[4])
{
	TEE_UUID id;
	TEE_Result res =
		TEE_GetPropertyAsUUID(TEE_PROPSET_TEE_IMPLEMENTATION, "gpd.tee.deviceID", &id);

	if (params[2].memref.size < sizeof(id))
		return TEE_ERROR_SHORT_BUFFER;
	if (res == TEE_SUCCESS)
		memcpy(params[2].memref.buffer, &id, sizeof(id));
	params[2].memref.size = sizeof(id);
	return res;
}

/* An id in the client's memory, which GP forbids. */
static TEE_Result with_shared_id(TEE_ObjectHandle *h, uint32_t cmd, TEE_Param params[4])
{
	const void *id = params[1].memref.buffer;
	size_t len = params[1].memref.size;

	switch (cmd) {
	case STORE_OPEN_SHARED:
		return TEE_OpenPersistentObject(TEE_STORAGE_PRIVATE, id, len, params[0].value.b, h);
	case STORE_CREATE_SHARED:
		return create(params);
	default:
		return TEE_RenamePersistentObject(*h, id, len);
	}
}

TEE_Result TA_InvokeCommandEntryPoint(void *context, uint32_t cmd, uint32_t types,
				      TEE_Param params[4])
{
	TEE_ObjectHandle *h = &slot[params[0].value.a % NUM_SLOTS];
	uint8_t id[MAX_ID];
	TEE_Result res;

	(void)context;
	if (types != TEE_PARAM_TYPES(TEE_PARAM_TYPE_VALUE_INPUT, TEE_PARAM_TYPE_MEMREF_INPUT,
				     TEE_PARAM_TYPE_MEMREF_INOUT, TEE_PARAM_TYPE_NONE) ||
	    params[1].memref.size > sizeof(id))
		return TEE_ERROR_BAD_PARAMETERS;
	if (cmd >= STORE_OPEN_SHARED)
		return with_shared_id(h, cmd, params);
	/* Ids are the TA's own memory. */
	if (params[1].memref.size)
		memcpy(id, params[1].memref.buffer, params[1].memref.size);
	params[1].memref.buffer = id;
	switch (cmd) {
	case STORE_DEVICE_ID:
		return device_id(params);
	case STORE_OPEN:
		return TEE_OpenPersistentObject(TEE_STORAGE_PRIVATE, params[1].memref.buffer,
						params[1].memref.size, params[0].value.b, h);
	case STORE_CREATE:
		return create(params);
	case STORE_CLOSE:
		TEE_CloseObject(*h);
		return TEE_SUCCESS;
	case STORE_DELETE:
		return TEE_CloseAndDeletePersistentObject1(*h);
	case STORE_RENAME:
		return TEE_RenamePersistentObject(*h, params[1].memref.buffer,
						  params[1].memref.size);
	case STORE_READ:
		return read_data(*h, params);
	case STORE_WRITE:
		return TEE_WriteObjectData(*h, params[2].memref.buffer, params[2].memref.size);
	case STORE_REWRITE:
		res = TEE_SeekObjectData(*h, 0, TEE_DATA_SEEK_SET);
		return res ? res
			   : TEE_WriteObjectData(*h, params[2].memref.buffer,
						 params[2].memref.size);
	case STORE_TRUNCATE:
		return TEE_TruncateObjectData(*h, params[0].value.b);
	case STORE_SEEK_SET:
		return TEE_SeekObjectData(*h, (int32_t)params[0].value.b, TEE_DATA_SEEK_SET);
	case STORE_SEEK_CUR:
		return TEE_SeekObjectData(*h, (int32_t)params[0].value.b, TEE_DATA_SEEK_CUR);
	case STORE_SEEK_END:
		return TEE_SeekObjectData(*h, (int32_t)params[0].value.b, TEE_DATA_SEEK_END);
	case STORE_INFO:
		return info(*h, params);
	case STORE_LIST:
		return list(params);
	case STORE_KEEP_KEY:
		return keep_key(params);
	case STORE_TURN_KEY:
		return turn_key(params);
	case STORE_END_SLOWLY:
		ends_slowly = true;
		return TEE_SUCCESS;
	default:
		return TEE_ERROR_NOT_SUPPORTED;
	}
}
