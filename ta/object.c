// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
/* Objects and their handles (5.5), transient objects (5.6). */
#include "ta/object.h"

#include <stdlib.h>
#include <string.h>

#include "ta/runtime.h"

TEE_Result ta_object_create(uint32_t type_id, uint32_t max_bits, TEE_ObjectHandle *result)
{
	const struct ta_object_type *type = ta_object_type_find(type_id);
	TEE_ObjectHandle obj;

	if (type ? !ta_object_size_ok(type, max_bits) : type_id != TEE_TYPE_DATA || max_bits)
		return TEE_ERROR_NOT_SUPPORTED;
	obj = calloc(1, sizeof(*obj));
	if (!obj)
		return TEE_ERROR_OUT_OF_MEMORY;
	list_init(&obj->link);
	obj->type = type;
	obj->info.objectType = type_id;
	obj->info.maxObjectSize = max_bits;
	obj->info.objectUsage = TA_USAGE_DEFAULT;
	*result = obj;
	return TEE_SUCCESS;
}

void ta_object_destroy(TEE_ObjectHandle obj)
{
	if (!obj)
		return;
	list_del(&obj->link);
	ta_object_clear(obj);
	free(obj);
}

static TEE_ObjectHandle find(const struct ta_runtime *rt, uintptr_t number)
{
	struct list *pos;

	list_for_each (pos, &rt->objects) {
		TEE_ObjectHandle obj = list_entry(pos, struct __TEE_ObjectHandle, link);

		if (obj->number == number)
			return obj;
	}
	return NULL;
}

TEE_ObjectHandle ta_object_publish(struct ta_runtime *rt, TEE_ObjectHandle obj)
{
	do {
		obj->number = ++rt->last_object;
	} while (!obj->number || find(rt, obj->number));
	list_add(&rt->objects, &obj->link);
	return (TEE_ObjectHandle)(uintptr_t)obj->number;
}

TEE_ObjectHandle ta_object_get(TEE_ObjectHandle handle, const char *func)
{
	TEE_ObjectHandle obj = find(ta_runtime_current(), (uintptr_t)handle);

	if (obj)
		return obj;
	ta_panic(func, TEE_ERROR_BAD_PARAMETERS, "not the handle of an open object");
}

static void object_close(TEE_ObjectHandle obj)
{
	if (obj->ops)
		obj->ops->close(obj);
	ta_object_destroy(obj);
}

void ta_objects_free(struct ta_runtime *rt)
{
	while (!list_empty(&rt->objects)) {
		TEE_ObjectHandle obj =
			list_entry(rt->objects.next, struct __TEE_ObjectHandle, link);

		if (obj->ops)
			obj->ops->forget(obj);
		ta_object_destroy(obj);
	}
}

static TEE_ObjectHandle get_transient(TEE_ObjectHandle object, const char *func)
{
	TEE_ObjectHandle obj = ta_object_get(object, func);

	if (obj->ops)
		ta_panic(func, TEE_ERROR_BAD_PARAMETERS, "the object is persistent");
	return obj;
}

static TEE_ObjectHandle get_empty(TEE_ObjectHandle object, const char *func)
{
	TEE_ObjectHandle obj = get_transient(object, func);

	if (obj->info.handleFlags & TEE_HANDLE_FLAG_INITIALIZED)
		ta_panic(func, TEE_ERROR_BAD_STATE, "the object has a key already");
	return obj;
}

void TEE_CloseObject(TEE_ObjectHandle object)
{
	if (object)
		object_close(ta_object_get(object, __func__));
}

TEE_Result TEE_GetObjectInfo1(TEE_ObjectHandle object, TEE_ObjectInfo *info)
{
	TEE_ObjectHandle obj = ta_object_get(object, __func__);
	TEE_Result res = TEE_SUCCESS;

	if (!info)
		TA_PANIC(TEE_ERROR_BAD_PARAMETERS, "no place for the information");
	if (obj->ops)
		res = obj->ops->refresh(obj);
	*info = obj->info;
	return res;
}

void TEE_GetObjectInfo(TEE_ObjectHandle object, TEE_ObjectInfo *info)
{
	/* Its only errors are of corrupt objects, which have nothing to tell. */
	if (TEE_GetObjectInfo1(object, info) == TEE_SUCCESS)
		return;
	memset(info, 0, sizeof(*info));
	info->objectType = TEE_TYPE_CORRUPTED_OBJECT;
}

TEE_Result TEE_RestrictObjectUsage1(TEE_ObjectHandle object, uint32_t usage)
{
	TEE_ObjectHandle obj = ta_object_get(object, __func__);
	TEE_Result res = TEE_SUCCESS;

	usage &= obj->info.objectUsage;
	if (obj->ops)
		res = obj->ops->restrict_usage(obj, usage);
	if (res == TEE_SUCCESS)
		obj->info.objectUsage = usage;
	return res;
}

void TEE_RestrictObjectUsage(TEE_ObjectHandle object, uint32_t usage)
{
	TEE_Result res = TEE_RestrictObjectUsage1(object, usage);

	if (res != TEE_SUCCESS && res != TEE_ERROR_CORRUPT_OBJECT)
		TA_PANIC(res, "the usage can't be restricted");
}

/* The attribute that a getter asks for; NULL: the object doesn't have it. */
static const struct ta_attr *readable_attr(TEE_ObjectHandle object, uint32_t id, const char *func)
{
	TEE_ObjectHandle obj = ta_object_get(object, func);

	if (!(obj->info.handleFlags & TEE_HANDLE_FLAG_INITIALIZED))
		ta_panic(func, TEE_ERROR_BAD_PARAMETERS, "the object has no key");
	if (!(id & TEE_ATTR_FLAG_PUBLIC) && !(obj->info.objectUsage & TEE_USAGE_EXTRACTABLE))
		ta_panic(func, TEE_ERROR_BAD_PARAMETERS,
			 "a protected attribute of a key that isn't extractable");
	return ta_object_attr(obj, id);
}

TEE_Result TEE_GetObjectBufferAttribute(TEE_ObjectHandle object, uint32_t attributeID, void *buffer,
					size_t *size)
{
	const struct ta_attr *attr;
	size_t room;

	if (!size || attributeID & TEE_ATTR_FLAG_VALUE)
		TA_PANIC(TEE_ERROR_BAD_PARAMETERS, "not a buffer attribute");
	attr = readable_attr(object, attributeID, __func__);
	if (!attr)
		return TEE_ERROR_ITEM_NOT_FOUND;
	room = *size;
	*size = attr->len;
	if (!attr->len)
		return TEE_SUCCESS;
	if (!buffer || room < attr->len)
		return TEE_ERROR_SHORT_BUFFER;
	memcpy(buffer, attr->data, attr->len);
	return TEE_SUCCESS;
}

TEE_Result TEE_GetObjectValueAttribute(TEE_ObjectHandle object, uint32_t attributeID, uint32_t *a,
				       uint32_t *b)
{
	const struct ta_attr *attr;

	if (!(attributeID & TEE_ATTR_FLAG_VALUE))
		TA_PANIC(TEE_ERROR_BAD_PARAMETERS, "not a value attribute");
	attr = readable_attr(object, attributeID, __func__);
	if (!attr)
		return TEE_ERROR_ITEM_NOT_FOUND;
	if (a)
		*a = attr->a;
	if (b)
		*b = attr->b;
	return TEE_SUCCESS;
}

TEE_Result TEE_AllocateTransientObject(TEE_ObjectType objectType, uint32_t maxObjectSize,
				       TEE_ObjectHandle *object)
{
	TEE_Result res = TEE_ERROR_NOT_SUPPORTED;
	TEE_ObjectHandle obj;

	if (!object)
		TA_PANIC(TEE_ERROR_BAD_PARAMETERS, "no place for the handle");
	*object = TEE_HANDLE_NULL;
	if (objectType != TEE_TYPE_DATA)
		res = ta_object_create(objectType, maxObjectSize, &obj);
	if (res == TEE_SUCCESS)
		*object = ta_object_publish(ta_runtime_current(), obj);
	return res;
}

void TEE_FreeTransientObject(TEE_ObjectHandle object)
{
	if (object)
		ta_object_destroy(get_transient(object, __func__));
}

void TEE_ResetTransientObject(TEE_ObjectHandle object)
{
	TEE_ObjectHandle obj;

	if (!object)
		return;
	obj = get_transient(object, __func__);
	ta_object_clear(obj);
	obj->info.objectUsage = TA_USAGE_DEFAULT;
}

static void check_attrs(const TEE_Attribute *attrs, uint32_t num, const char *func)
{
	uint32_t n;

	if (!attrs && num)
		ta_panic(func, TEE_ERROR_BAD_PARAMETERS, "no attributes where some should be");
	for (n = 0; n < num; n++)
		if (!(attrs[n].attributeID & TEE_ATTR_FLAG_VALUE) && attrs[n].content.ref.length &&
		    !attrs[n].content.ref.buffer)
			ta_panic(func, TEE_ERROR_BAD_PARAMETERS, "an attribute without a buffer");
}

TEE_Result TEE_PopulateTransientObject(TEE_ObjectHandle object, const TEE_Attribute *attrs,
				       uint32_t attrCount)
{
	TEE_ObjectHandle obj = get_empty(object, __func__);
	TEE_Result res;

	check_attrs(attrs, attrCount, __func__);
	res = ta_object_take(obj, attrs, attrCount, false);
	if (res == TEE_SUCCESS)
		obj->info.handleFlags |= TEE_HANDLE_FLAG_INITIALIZED;
	else if (res == TEE_ERROR_ITEM_NOT_FOUND)
		TA_PANIC(res, "an attribute is missing, there twice, or none of this type");
	else if (res != TEE_ERROR_BAD_PARAMETERS)
		TA_PANIC(res, "an attribute is larger than the object may be");
	return res;
}

void TEE_InitRefAttribute(TEE_Attribute *attr, uint32_t attributeID, const void *buffer,
			  size_t length)
{
	if (!attr || attributeID & TEE_ATTR_FLAG_VALUE)
		TA_PANIC(TEE_ERROR_BAD_PARAMETERS, "not a buffer attribute");
	attr->attributeID = attributeID;
	/* GP's attribute has no const; nothing writes through it. */
	attr->content.ref.buffer = (void *)(uintptr_t)buffer;
	attr->content.ref.length = length;
}

void TEE_InitValueAttribute(TEE_Attribute *attr, uint32_t attributeID, uint32_t a, uint32_t b)
{
	if (!attr || !(attributeID & TEE_ATTR_FLAG_VALUE))
		TA_PANIC(TEE_ERROR_BAD_PARAMETERS, "not a value attribute");
	attr->attributeID = attributeID;
	attr->content.value.a = a;
	attr->content.value.b = b;
}

TEE_Result TEE_CopyObjectAttributes1(TEE_ObjectHandle destObject, TEE_ObjectHandle srcObject)
{
	TEE_ObjectHandle dst = get_empty(destObject, __func__);
	TEE_ObjectHandle src = ta_object_get(srcObject, __func__);
	TEE_Result res;

	if (!(src->info.handleFlags & TEE_HANDLE_FLAG_INITIALIZED))
		TA_PANIC(TEE_ERROR_BAD_PARAMETERS, "the source has no key");
	res = src->ops ? src->ops->refresh(src) : TEE_SUCCESS;
	if (res != TEE_SUCCESS)
		return res;
	res = ta_object_copy(dst, src);
	if (res != TEE_SUCCESS)
		TA_PANIC(res, "types or sizes of the objects don't go together");
	return res;
}

void TEE_CopyObjectAttributes(TEE_ObjectHandle destObject, TEE_ObjectHandle srcObject)
{
	TEE_Result res = TEE_CopyObjectAttributes1(destObject, srcObject);

	if (res != TEE_SUCCESS && res != TEE_ERROR_CORRUPT_OBJECT)
		TA_PANIC(res, "the attributes can't be copied");
}

TEE_Result TEE_GenerateKey(TEE_ObjectHandle object, uint32_t keySize, const TEE_Attribute *params,
			   uint32_t paramCount)
{
	TEE_ObjectHandle obj = get_empty(object, __func__);
	TEE_Result res;

	check_attrs(params, paramCount, __func__);
	if (!ta_object_size_ok(obj->type, keySize) || keySize > obj->info.maxObjectSize)
		TA_PANIC(TEE_ERROR_BAD_PARAMETERS, "a size that keys of this object can't have");
	res = ta_object_take(obj, params, paramCount, true);
	if (res == TEE_ERROR_ITEM_NOT_FOUND)
		TA_PANIC(res, "a parameter is missing, there twice, or none of this type");
	if (res == TEE_SUCCESS)
		res = ta_object_generate(obj, keySize);
	if (res == TEE_SUCCESS) {
		obj->info.objectSize = keySize;
		obj->info.handleFlags |= TEE_HANDLE_FLAG_INITIALIZED;
		return res;
	}
	ta_object_clear(obj);
	if (res != TEE_ERROR_BAD_PARAMETERS)
		TA_PANIC(res, "the key can't be generated");
	return res;
}
