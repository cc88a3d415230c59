// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
/* Attributes as bytes, as a storage keeps them: whoever keeps them may have changed them. */
#include "ta/object.h"

static bool put_u32(struct cursor *c, uint32_t v)
{
	uint8_t b[4] = { (uint8_t)v, (uint8_t)(v >> 8), (uint8_t)(v >> 16), (uint8_t)(v >> 24) };

	return cursor_put(c, b, sizeof(b));
}

static bool get_u32(struct cursor *c, uint32_t *v)
{
	uint8_t b[4];

	if (!cursor_get(c, b, sizeof(b)))
		return false;
	*v = b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
	return true;
}

static bool is_value(TEE_ObjectHandle obj, unsigned int i)
{
	return obj->type->attrs[i].form == TA_ATTR_VALUE;
}

size_t ta_object_pack_size(TEE_ObjectHandle obj)
{
	size_t size = 4;
	unsigned int i;

	for (i = 0; i < TA_OBJECT_MAX_ATTRS; i++)
		if (obj->have & (1u << i))
			size += 8u + (is_value(obj, i) ? 8u : obj->attr[i].len);
	return size;
}

bool ta_object_pack(TEE_ObjectHandle obj, struct cursor *out)
{
	unsigned int i;

	put_u32(out, (uint32_t)__builtin_popcount(obj->have));
	for (i = 0; i < TA_OBJECT_MAX_ATTRS; i++) {
		const struct ta_attr *attr = &obj->attr[i];

		if (!(obj->have & (1u << i)))
			continue;
		put_u32(out, obj->type->attrs[i].id);
		if (is_value(obj, i)) {
			put_u32(out, 0);
			put_u32(out, attr->a);
			put_u32(out, attr->b);
		} else {
			put_u32(out, attr->len);
			cursor_put(out, attr->data, attr->len);
		}
	}
	return !out->failed;
}

static TEE_Result unpack_one(TEE_ObjectHandle obj, struct cursor *in)
{
	uint32_t id, len, a, b;
	const void *data;
	int i;

	if (!get_u32(in, &id) || !get_u32(in, &len))
		return TEE_ERROR_CORRUPT_OBJECT;
	i = ta_attr_index(obj->type, id);
	if (i < 0 || obj->have & (1u << i))
		return TEE_ERROR_CORRUPT_OBJECT;
	if (!is_value(obj, (unsigned int)i)) {
		data = cursor_take(in, len);
		return data ? ta_object_set_ref(obj, id, data, len) : TEE_ERROR_CORRUPT_OBJECT;
	}
	if (len || !get_u32(in, &a) || !get_u32(in, &b))
		return TEE_ERROR_CORRUPT_OBJECT;
	return ta_object_set_value(obj, id, a, b);
}

/* What a type must have, and all or nothing of its group. */
static bool is_whole(TEE_ObjectHandle obj)
{
	uint32_t needed = 0, group = 0;
	unsigned int i;

	for (i = 0; obj->type && i < obj->type->num_attrs; i++) {
		if (obj->type->attrs[i].flags & TA_ATTR_REQUIRED)
			needed |= 1u << i;
		else if (obj->type->attrs[i].flags & TA_ATTR_GROUP)
			group |= 1u << i;
	}
	return (obj->have & needed) == needed &&
	       (!(obj->have & group) || (obj->have & group) == group);
}

TEE_Result ta_object_unpack(TEE_ObjectHandle obj, struct cursor *in)
{
	TEE_Result res = TEE_SUCCESS;
	uint32_t i, num;

	if (!get_u32(in, &num) || num > TA_OBJECT_MAX_ATTRS)
		return TEE_ERROR_CORRUPT_OBJECT;
	for (i = 0; i < num && res == TEE_SUCCESS; i++)
		res = unpack_one(obj, in);
	if (res == TEE_SUCCESS && num && !is_whole(obj))
		res = TEE_ERROR_CORRUPT_OBJECT;
	if (res == TEE_SUCCESS) {
		if (num)
			obj->info.handleFlags |= TEE_HANDLE_FLAG_INITIALIZED;
		return res;
	}
	ta_object_clear(obj);
	return res == TEE_ERROR_OUT_OF_MEMORY ? res : TEE_ERROR_CORRUPT_OBJECT;
}
