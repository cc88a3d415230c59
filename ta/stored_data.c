// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
/* Data streams of persistent objects (5.9). */
#include <string.h>

#include "ta/runtime.h"
#include "ta/stored.h"

static TEE_ObjectHandle get_for(TEE_ObjectHandle handle, uint32_t flag, const char *func)
{
	TEE_ObjectHandle obj = stored_get(handle, func);

	if (!(obj->info.handleFlags & flag))
		ta_panic(func, TEE_ERROR_ACCESS_CONFLICT, "the object wasn't opened for this");
	return obj;
}

TEE_Result TEE_ReadObjectData(TEE_ObjectHandle object, void *buffer, size_t size, size_t *count)
{
	static const TEE_Result allowed[] = { TEE_ERROR_CORRUPT_OBJECT, TEE_SUCCESS };
	TEE_ObjectHandle obj = get_for(object, TEE_DATA_FLAG_ACCESS_READ, __func__);
	uint64_t piece, done = 0;
	TEE_Result res;

	if (!count || (size && !buffer))
		TA_PANIC(TEE_ERROR_BAD_PARAMETERS, "no place for the data");
	*count = 0;
	do {
		uint64_t arg[MAILBOX_SYSCALL_NUM_ARGS] = { stored_handle(obj) };

		piece = size - done < STORAGE_MAX_BYTES ? size - done : STORAGE_MAX_BYTES;
		arg[1] = obj->info.dataPosition + done;
		arg[2] = piece;
		res = ta_syscall(STORAGE_SYS_READ, arg);
		if (res != TEE_SUCCESS)
			return stored_result(res, allowed, __func__);
		if (arg[0])
			memcpy((uint8_t *)buffer + done, ta_syscall_area() + STORAGE_AT_BYTES,
			       arg[0]);
		done += arg[0];
		if (arg[0] < piece)
			break;
	} while (done < size);
	obj->info.dataPosition += done;
	*count = done;
	return TEE_SUCCESS;
}

TEE_Result TEE_WriteObjectData(TEE_ObjectHandle object, const void *buffer, size_t size)
{
	static const TEE_Result allowed[] = { TEE_ERROR_STORAGE_NO_SPACE, TEE_ERROR_OVERFLOW,
					      TEE_ERROR_CORRUPT_OBJECT, TEE_SUCCESS };
	TEE_ObjectHandle obj = get_for(object, TEE_DATA_FLAG_ACCESS_WRITE, __func__);
	const uint8_t *from = buffer;

	if (size && !buffer)
		TA_PANIC(TEE_ERROR_BAD_PARAMETERS, "no data where some should be");
	if (size > TEE_DATA_MAX_POSITION - obj->info.dataPosition)
		return TEE_ERROR_OVERFLOW;
	/* What one system call takes is written as a whole or not at all. */
	while (size) {
		size_t piece = size < STORAGE_MAX_BYTES ? size : STORAGE_MAX_BYTES;
		uint64_t arg[MAILBOX_SYSCALL_NUM_ARGS] = { stored_handle(obj),
							   obj->info.dataPosition, piece };
		TEE_Result res;

		memcpy(ta_syscall_area() + STORAGE_AT_BYTES, from, piece);
		res = ta_syscall(STORAGE_SYS_WRITE, arg);
		if (res != TEE_SUCCESS)
			return stored_result(res, allowed, __func__);
		obj->info.dataPosition += piece;
		from += piece;
		size -= piece;
	}
	return TEE_SUCCESS;
}

TEE_Result TEE_TruncateObjectData(TEE_ObjectHandle object, size_t size)
{
	static const TEE_Result allowed[] = { TEE_ERROR_STORAGE_NO_SPACE, TEE_ERROR_CORRUPT_OBJECT,
					      TEE_SUCCESS };
	TEE_ObjectHandle obj = get_for(object, TEE_DATA_FLAG_ACCESS_WRITE, __func__);
	uint64_t arg[MAILBOX_SYSCALL_NUM_ARGS] = { stored_handle(obj), size };
	TEE_Result res = ta_syscall(STORAGE_SYS_TRUNCATE, arg);

	if (res == TEE_ERROR_OVERFLOW)
		res = TEE_ERROR_STORAGE_NO_SPACE;
	return stored_result(res, allowed, __func__);
}

/* A place before the first byte is the first byte. */
static TEE_Result place(TEE_ObjectHandle obj, uint64_t base, intmax_t offset)
{
	if (offset < 0) {
		uint64_t back = 0 - (uint64_t)offset;

		obj->info.dataPosition = back < base ? base - back : 0;
		return TEE_SUCCESS;
	}
	if ((uint64_t)offset > TEE_DATA_MAX_POSITION - base)
		return TEE_ERROR_OVERFLOW;
	obj->info.dataPosition = base + (uint64_t)offset;
	return TEE_SUCCESS;
}

TEE_Result TEE_SeekObjectData(TEE_ObjectHandle object, intmax_t offset, TEE_Whence whence)
{
	TEE_ObjectHandle obj = stored_get(object, __func__);
	TEE_Result res;

	switch (whence) {
	case TEE_DATA_SEEK_SET:
		return place(obj, 0, offset);
	case TEE_DATA_SEEK_CUR:
		return place(obj, obj->info.dataPosition, offset);
	case TEE_DATA_SEEK_END:
		res = obj->ops->refresh(obj);
		return res == TEE_SUCCESS ? place(obj, obj->info.dataSize, offset) : res;
	default:
		TA_PANIC(TEE_ERROR_BAD_PARAMETERS, "no place to seek from");
	}
}
