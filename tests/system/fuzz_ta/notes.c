// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
/*
 * A note per session, with enough of the API around it that a fuzzer has something to get lost in: it
 * is written after a key was turned, read back, kept in storage. Up to CFG_NOTE_MAX bytes are taken.
 */
#include <tee_internal_api.h>

#define KEY 1

enum command { CMD_UNLOCK, CMD_WRITE, CMD_READ, CMD_KEEP, CMD_RECALL, CMD_PANIC };

struct note {
	bool unlocked;
	size_t size;
	char *text; /* CFG_NOTE_ROOM bytes */
};

static uint32_t writes; /* of this instance */

static const char name[] = "note";

/* Whatever another instance did, this one begins with its variables as they were built. */
TEE_Result TA_CreateEntryPoint(void)
{
	if (writes)
		__builtin_trap();
	return TEE_SUCCESS;
}

void TA_DestroyEntryPoint(void)
{
}

TEE_Result TA_OpenSessionEntryPoint(uint32_t types, TEE_Param params[4], void **ctx)
{
	struct note *n = TEE_Malloc(sizeof(*n), TEE_MALLOC_FILL_ZERO);

	(void)types;
	(void)params;
	if (!n)
		return TEE_ERROR_OUT_OF_MEMORY;
	n->text = TEE_Malloc(CFG_NOTE_ROOM, TEE_MALLOC_FILL_ZERO);
	if (!n->text) {
		TEE_Free(n);
		return TEE_ERROR_OUT_OF_MEMORY;
	}
	*ctx = n;
	return TEE_SUCCESS;
}

void TA_CloseSessionEntryPoint(void *ctx)
{
	struct note *n = ctx;

	TEE_Free(n->text);
	TEE_Free(n);
}

static TEE_Result note_write(struct note *n, TEE_Param *p)
{
	size_t i;

	if (!n->unlocked)
		return TEE_ERROR_ACCESS_DENIED;
	if (p->memref.size > CFG_NOTE_MAX)
		return TEE_ERROR_EXCESS_DATA;
	for (i = 0; i < p->memref.size; i++)
		n->text[i] = ((const char *)p->memref.buffer)[i];
	n->size = p->memref.size;
	writes++;
	return TEE_SUCCESS;
}

static TEE_Result note_read(const struct note *n, TEE_Param *p)
{
	size_t room = p->memref.size;

	p->memref.size = n->size;
	if (n->size > room)
		return TEE_ERROR_SHORT_BUFFER;
	TEE_MemMove(p->memref.buffer, n->text, n->size);
	return TEE_SUCCESS;
}

static TEE_Result note_keep(const struct note *n)
{
	TEE_ObjectHandle object = TEE_HANDLE_NULL;
	TEE_Result res;

	res = TEE_CreatePersistentObject(TEE_STORAGE_PRIVATE, name, sizeof(name),
					 TEE_DATA_FLAG_OVERWRITE, TEE_HANDLE_NULL, n->text, n->size,
					 &object);
	TEE_CloseObject(object);
	return res;
}

static TEE_Result note_recall(struct note *n)
{
	TEE_ObjectHandle object = TEE_HANDLE_NULL;
	size_t size = 0;
	TEE_Result res;

	res = TEE_OpenPersistentObject(TEE_STORAGE_PRIVATE, name, sizeof(name),
				       TEE_DATA_FLAG_ACCESS_READ, &object);
	if (res)
		return res;
	res = TEE_ReadObjectData(object, n->text, CFG_NOTE_ROOM, &size);
	n->size = size;
	TEE_CloseObject(object);
	return res;
}

TEE_Result TA_InvokeCommandEntryPoint(void *ctx, uint32_t cmd, uint32_t types, TEE_Param params[4])
{
	struct note *n = ctx;

	switch (cmd) {
	case CMD_UNLOCK:
		if (TEE_PARAM_TYPE_GET(types, 0) != TEE_PARAM_TYPE_VALUE_INPUT)
			return TEE_ERROR_BAD_PARAMETERS;
		if (params[0].value.a != KEY)
			return TEE_ERROR_ACCESS_DENIED;
		n->unlocked = true;
		return TEE_SUCCESS;
	case CMD_WRITE:
		if (TEE_PARAM_TYPE_GET(types, 0) != TEE_PARAM_TYPE_MEMREF_INPUT ||
		    !params[0].memref.buffer)
			return TEE_ERROR_BAD_PARAMETERS;
		return note_write(n, params);
	case CMD_READ:
		if (TEE_PARAM_TYPE_GET(types, 0) != TEE_PARAM_TYPE_MEMREF_OUTPUT ||
		    !params[0].memref.buffer)
			return TEE_ERROR_BAD_PARAMETERS;
		return note_read(n, params);
	case CMD_KEEP:
		return note_keep(n);
	case CMD_RECALL:
		return note_recall(n);
	case CMD_PANIC:
		TEE_Panic(CMD_PANIC);
		return TEE_SUCCESS;
	default:
		return TEE_ERROR_NOT_IMPLEMENTED;
	}
}
