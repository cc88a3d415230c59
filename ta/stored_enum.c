// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
/* Enumerators of persistent objects (5.8): the secure world's, by number. */
#include <string.h>

#include "ta/persistent_time.h"
#include "ta/runtime.h"
#include "ta/stored.h"

static TEE_Result call(uint32_t nr, TEE_ObjectEnumHandle e, uint64_t b)
{
	uint64_t arg[MAILBOX_SYSCALL_NUM_ARGS] = { (uint64_t)(uintptr_t)e, b };

	return ta_syscall(nr, arg);
}

TEE_Result TEE_AllocatePersistentObjectEnumerator(TEE_ObjectEnumHandle *objectEnumerator)
{
	static const TEE_Result allowed[] = { TEE_SUCCESS };
	uint64_t arg[MAILBOX_SYSCALL_NUM_ARGS] = { 0 };
	TEE_Result res;

	if (!objectEnumerator)
		TA_PANIC(TEE_ERROR_BAD_PARAMETERS, "no place for the handle");
	res = ta_syscall(STORAGE_SYS_ENUM_ALLOC, arg);
	*objectEnumerator = res == TEE_SUCCESS ? (TEE_ObjectEnumHandle)(uintptr_t)arg[0] : NULL;
	return stored_result(res, allowed, __func__);
}

void TEE_FreePersistentObjectEnumerator(TEE_ObjectEnumHandle objectEnumerator)
{
	if (objectEnumerator && call(STORAGE_SYS_ENUM_FREE, objectEnumerator, 0) != TEE_SUCCESS)
		TA_PANIC(TEE_ERROR_BAD_PARAMETERS, "not the handle of an enumerator");
}

void TEE_ResetPersistentObjectEnumerator(TEE_ObjectEnumHandle objectEnumerator)
{
	if (objectEnumerator && call(STORAGE_SYS_ENUM_RESET, objectEnumerator, 0) != TEE_SUCCESS)
		TA_PANIC(TEE_ERROR_BAD_PARAMETERS, "not the handle of an enumerator");
}

TEE_Result TEE_StartPersistentObjectEnumerator(TEE_ObjectEnumHandle objectEnumerator,
					       uint32_t storageID)
{
	static const TEE_Result allowed[] = { TEE_ERROR_ITEM_NOT_FOUND, TEE_ERROR_CORRUPT_OBJECT,
					      TEE_SUCCESS };

	return stored_result(call(STORAGE_SYS_ENUM_START, objectEnumerator, storageID), allowed,
			     __func__);
}

static void tell(TEE_ObjectInfo *out)
{
	struct storage_wire_info info;

	memcpy(&info, ta_syscall_area() + STORAGE_AT_INFO, sizeof(info));
	*out = (TEE_ObjectInfo){
		.objectType = info.type,
		.objectSize = info.object_size,
		.maxObjectSize = info.max_object_size,
		.objectUsage = info.usage,
		.dataSize = (size_t)info.data_size,
		.handleFlags = TEE_HANDLE_FLAG_PERSISTENT | TEE_HANDLE_FLAG_INITIALIZED,
	};
}

TEE_Result TEE_GetNextPersistentObject(TEE_ObjectEnumHandle objectEnumerator,
				       TEE_ObjectInfo *objectInfo, void *objectID,
				       size_t *objectIDLen)
{
	static const TEE_Result allowed[] = { TEE_ERROR_ITEM_NOT_FOUND, TEE_ERROR_CORRUPT_OBJECT,
					      TEE_SUCCESS };
	uint64_t arg[MAILBOX_SYSCALL_NUM_ARGS] = { 0 };
	TEE_Result res;

	/* The caller's buffer has TEE_OBJECT_ID_MAX_LEN bytes, whatever the length says before. */
	if (!objectID || !objectIDLen)
		TA_PANIC(TEE_ERROR_BAD_PARAMETERS, "no place for the id");
	do {
		arg[0] = (uint64_t)(uintptr_t)objectEnumerator;
		res = ta_syscall(STORAGE_SYS_ENUM_NEXT, arg);
	} while (res == TEE_SUCCESS &&
		 ta_persistent_time_is(ta_syscall_area() + STORAGE_AT_ID, (size_t)arg[0]));
	if (res == TEE_SUCCESS) {
		if (objectInfo)
			tell(objectInfo);
		*objectIDLen = (size_t)arg[0];
		memcpy(objectID, ta_syscall_area() + STORAGE_AT_ID, *objectIDLen);
	}
	return stored_result(res, allowed, __func__);
}
