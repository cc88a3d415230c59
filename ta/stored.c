// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
/* Persistent objects (5.7). */
#include "ta/stored.h"

#include <string.h>

#include "ta/runtime.h"

#define ACCESS_FLAGS                                                                               \
	(TEE_DATA_FLAG_ACCESS_READ | TEE_DATA_FLAG_ACCESS_WRITE |                                  \
	 TEE_DATA_FLAG_ACCESS_WRITE_META | TEE_DATA_FLAG_SHARE_READ | TEE_DATA_FLAG_SHARE_WRITE)

TEE_Result stored_result(TEE_Result res, const TEE_Result *allowed, const char *func)
{
	if (res == TEE_SUCCESS || res == TEE_ERROR_STORAGE_NOT_AVAILABLE ||
	    res == TEE_ERROR_OUT_OF_MEMORY)
		return res;
	for (; *allowed != TEE_SUCCESS; allowed++)
		if (res == *allowed)
			return res;
	ta_panic(func, res, "the storage refuses what the specification forbids");
}

TEE_ObjectHandle stored_get(TEE_ObjectHandle handle, const char *func)
{
	TEE_ObjectHandle obj = ta_object_get(handle, func);

	if (!obj->ops)
		ta_panic(func, TEE_ERROR_BAD_PARAMETERS, "the object isn't persistent");
	return obj;
}

void stored_put_id(const void *id, size_t len, const char *func)
{
	if (len > TEE_OBJECT_ID_MAX_LEN || (len && !id))
		ta_panic(func, TEE_ERROR_BAD_PARAMETERS, "no object can have this id");
	/* 5.7.1 and following: whoever else has it could change it under the TA. */
	if (ta_memory_is_shared(ta_runtime_current(), id, len))
		ta_panic(func, TEE_ERROR_ACCESS_DENIED, "the id lies in memory that others have");
	if (len)
		memcpy(ta_syscall_area() + STORAGE_AT_ID, id, len);
}

static TEE_Result call1(uint32_t nr, uint64_t a, uint64_t b)
{
	uint64_t arg[MAILBOX_SYSCALL_NUM_ARGS] = { a, b };

	return ta_syscall(nr, arg);
}

static void read_info(struct storage_wire_info *info)
{
	memcpy(info, ta_syscall_area() + STORAGE_AT_INFO, sizeof(*info));
}

static void stored_close(TEE_ObjectHandle obj)
{
	call1(STORAGE_SYS_CLOSE, stored_handle(obj), 0);
}

/* The secure world lets go of an instance's handles by itself. */
static void stored_forget(TEE_ObjectHandle obj)
{
	obj->stored = NULL;
}

static TEE_Result stored_restrict(TEE_ObjectHandle obj, uint32_t usage)
{
	static const TEE_Result allowed[] = { TEE_ERROR_CORRUPT_OBJECT, TEE_SUCCESS };
	TEE_Result res = call1(STORAGE_SYS_SET_USAGE, stored_handle(obj), usage);

	if (res == TEE_ERROR_STORAGE_NO_SPACE)
		res = TEE_ERROR_STORAGE_NOT_AVAILABLE;
	return stored_result(res, allowed, "TEE_RestrictObjectUsage1");
}

static TEE_Result stored_refresh(TEE_ObjectHandle obj)
{
	static const TEE_Result allowed[] = { TEE_ERROR_CORRUPT_OBJECT, TEE_SUCCESS };
	struct storage_wire_info info;
	TEE_Result res = call1(STORAGE_SYS_INFO, stored_handle(obj), 0);

	if (res == TEE_SUCCESS) {
		read_info(&info);
		obj->info.objectUsage = info.usage;
		obj->info.dataSize = (size_t)info.data_size;
		return res;
	}
	/* Another handle's owner may have removed it from the disk: for this one it is broken. */
	if (res == TEE_ERROR_ITEM_NOT_FOUND)
		res = TEE_ERROR_CORRUPT_OBJECT;
	return stored_result(res, allowed, "TEE_GetObjectInfo1");
}

const struct ta_stored_ops stored_ops = {
	.close = stored_close,
	.forget = stored_forget,
	.restrict_usage = stored_restrict,
	.refresh = stored_refresh,
};

static void make_stored(TEE_ObjectHandle obj, uint64_t handle, const struct storage_wire_info *info)
{
	obj->ops = &stored_ops;
	obj->stored = (void *)(uintptr_t)handle;
	obj->info.objectUsage = info->usage;
	obj->info.objectSize = info->object_size;
	obj->info.dataSize = (size_t)info->data_size;
	obj->info.dataPosition = 0;
	obj->info.handleFlags = TEE_HANDLE_FLAG_PERSISTENT | TEE_HANDLE_FLAG_INITIALIZED |
				(info->handle_flags & ACCESS_FLAGS);
}

/* The object that the secure world has just given a handle to; its attributes lie in the area. */
static TEE_Result object_of(uint64_t handle, TEE_ObjectHandle *objp)
{
	struct storage_wire_info info;
	struct cursor in;
	TEE_ObjectHandle obj;
	TEE_Result res;

	read_info(&info);
	res = ta_object_create(info.type, info.max_object_size, &obj);
	if (res == TEE_SUCCESS && info.attr_size) {
		cursor_init_ro(&in, ta_syscall_area() + STORAGE_AT_BYTES, info.attr_size);
		res = obj->type ? ta_object_unpack(obj, &in) : TEE_ERROR_CORRUPT_OBJECT;
		if (res != TEE_SUCCESS)
			ta_object_destroy(obj);
	}
	if (res != TEE_SUCCESS) {
		call1(STORAGE_SYS_CLOSE, handle, 0);
		return res == TEE_ERROR_OUT_OF_MEMORY ? res : TEE_ERROR_CORRUPT_OBJECT;
	}
	make_stored(obj, handle, &info);
	*objp = ta_object_publish(ta_runtime_current(), obj);
	return TEE_SUCCESS;
}

TEE_Result TEE_OpenPersistentObject(uint32_t storageID, const void *objectID, size_t objectIDLen,
				    uint32_t flags, TEE_ObjectHandle *object)
{
	static const TEE_Result allowed[] = { TEE_ERROR_ITEM_NOT_FOUND, TEE_ERROR_ACCESS_CONFLICT,
					      TEE_ERROR_CORRUPT_OBJECT, TEE_SUCCESS };
	uint64_t arg[MAILBOX_SYSCALL_NUM_ARGS] = { storageID, flags, objectIDLen };
	TEE_Result res;

	if (!object)
		TA_PANIC(TEE_ERROR_BAD_PARAMETERS, "no place for the handle");
	*object = TEE_HANDLE_NULL;
	if (flags & ~ACCESS_FLAGS)
		TA_PANIC(TEE_ERROR_BAD_PARAMETERS, "flags that opening doesn't have");
	stored_put_id(objectID, objectIDLen, __func__);
	res = ta_syscall(STORAGE_SYS_OPEN, arg);
	if (res == TEE_SUCCESS)
		res = object_of(arg[0], object);
	return stored_result(res, allowed, __func__);
}

/* What CREATE wants in the area. Return: bytes of attributes. */
static size_t put_content(TEE_ObjectHandle attributes, const void *data, size_t len)
{
	struct storage_wire_info info = { .type = TEE_TYPE_DATA, .usage = TA_USAGE_DEFAULT };
	uint8_t *area = ta_syscall_area();
	size_t attr_size = 0;
	struct cursor out;

	if (attributes) {
		info.type = attributes->info.objectType;
		info.usage = attributes->info.objectUsage;
		info.object_size = attributes->info.objectSize;
		info.max_object_size = attributes->info.maxObjectSize;
	}
	if (attributes && attributes->type) {
		attr_size = ta_object_pack_size(attributes);
		cursor_init(&out, area + STORAGE_AT_BYTES, STORAGE_MAX_ATTR);
		if (!ta_object_pack(attributes, &out))
			ta_panic("TEE_CreatePersistentObject", TEE_ERROR_GENERIC,
				 "the attributes can't be stored");
	}
	memcpy(area + STORAGE_AT_INFO, &info, sizeof(info));
	if (len && len <= STORAGE_MAX_BYTES - attr_size)
		memcpy(area + STORAGE_AT_BYTES + attr_size, data, len);
	return attr_size;
}

/* The object's handle goes to the caller, to the attributes that it was made of, or to nobody. */
static TEE_Result hand_over(uint64_t handle, TEE_ObjectHandle attributes, TEE_ObjectHandle *object)
{
	struct storage_wire_info info;

	if (object)
		return object_of(handle, object);
	if (attributes && !attributes->ops) {
		read_info(&info);
		make_stored(attributes, handle, &info);
		return TEE_SUCCESS;
	}
	return call1(STORAGE_SYS_CLOSE, handle, 0);
}

TEE_Result TEE_CreatePersistentObject(uint32_t storageID, const void *objectID, size_t objectIDLen,
				      uint32_t flags, TEE_ObjectHandle attributes,
				      const void *initialData, size_t initialDataLen,
				      TEE_ObjectHandle *object)
{
	static const TEE_Result allowed[] = { TEE_ERROR_ITEM_NOT_FOUND, TEE_ERROR_ACCESS_CONFLICT,
					      TEE_ERROR_STORAGE_NO_SPACE, TEE_ERROR_CORRUPT_OBJECT,
					      TEE_SUCCESS };
	uint64_t arg[MAILBOX_SYSCALL_NUM_ARGS] = { storageID, flags, objectIDLen };
	TEE_ObjectHandle attr = attributes ? ta_object_get(attributes, __func__) : NULL;
	TEE_Result res;

	if (object)
		*object = TEE_HANDLE_NULL;
	if (flags & ~(ACCESS_FLAGS | TEE_DATA_FLAG_OVERWRITE))
		TA_PANIC(TEE_ERROR_BAD_PARAMETERS, "flags that creating doesn't have");
	if (initialDataLen && !initialData)
		TA_PANIC(TEE_ERROR_BAD_PARAMETERS, "no data where some should be");
	if (attr && !(attr->info.handleFlags & TEE_HANDLE_FLAG_INITIALIZED))
		TA_PANIC(TEE_ERROR_BAD_PARAMETERS, "the object with the attributes has none");
	arg[3] = put_content(attr, initialData, initialDataLen);
	arg[4] = initialDataLen;
	if (initialDataLen > STORAGE_MAX_BYTES - arg[3])
		return TEE_ERROR_OUT_OF_MEMORY;
	stored_put_id(objectID, objectIDLen, __func__);
	res = ta_syscall(STORAGE_SYS_CREATE, arg);
	if (res == TEE_SUCCESS)
		res = hand_over(arg[0], attr, object);
	if (res == TEE_ERROR_OVERFLOW)
		res = TEE_ERROR_STORAGE_NO_SPACE;
	return stored_result(res, allowed, __func__);
}

TEE_Result TEE_CloseAndDeletePersistentObject1(TEE_ObjectHandle object)
{
	static const TEE_Result allowed[] = { TEE_SUCCESS };
	TEE_ObjectHandle obj;
	TEE_Result res;

	if (!object)
		return TEE_SUCCESS;
	obj = stored_get(object, __func__);
	res = call1(STORAGE_SYS_DELETE, stored_handle(obj), 0);
	if (res == TEE_ERROR_ACCESS_CONFLICT)
		TA_PANIC(res, "the object wasn't opened with TEE_DATA_FLAG_ACCESS_WRITE_META");
	ta_object_destroy(obj);
	return stored_result(res, allowed, __func__);
}

void TEE_CloseAndDeletePersistentObject(TEE_ObjectHandle object)
{
	TEE_Result res = TEE_CloseAndDeletePersistentObject1(object);

	if (res != TEE_SUCCESS)
		TA_PANIC(res, "the object can't be deleted");
}

TEE_Result TEE_RenamePersistentObject(TEE_ObjectHandle object, const void *newObjectID,
				      size_t newObjectIDLen)
{
	static const TEE_Result allowed[] = { TEE_ERROR_ACCESS_CONFLICT, TEE_ERROR_CORRUPT_OBJECT,
					      TEE_SUCCESS };
	TEE_ObjectHandle obj = stored_get(object, __func__);
	TEE_Result res;

	if (!(obj->info.handleFlags & TEE_DATA_FLAG_ACCESS_WRITE_META))
		TA_PANIC(TEE_ERROR_BAD_STATE,
			 "the object wasn't opened with TEE_DATA_FLAG_ACCESS_WRITE_META");
	stored_put_id(newObjectID, newObjectIDLen, __func__);
	res = call1(STORAGE_SYS_RENAME, stored_handle(obj), newObjectIDLen);
	if (res == TEE_ERROR_STORAGE_NO_SPACE)
		res = TEE_ERROR_STORAGE_NOT_AVAILABLE;
	return stored_result(res, allowed, __func__);
}
