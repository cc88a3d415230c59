// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
/* Attributes of an object: taken from callers, kept, copied. */
#include <stdlib.h>
#include <string.h>

#include "ta/curve.h"
#include "ta/object.h"

void ta_object_clear(TEE_ObjectHandle obj)
{
	unsigned int i;

	for (i = 0; i < TA_OBJECT_MAX_ATTRS; i++) {
		if (obj->attr[i].data) {
			explicit_bzero(obj->attr[i].data, obj->attr[i].len);
			free(obj->attr[i].data);
		}
		memset(&obj->attr[i], 0, sizeof(obj->attr[i]));
	}
	obj->have = 0;
	obj->info.objectSize = 0;
	obj->info.handleFlags &= ~TEE_HANDLE_FLAG_INITIALIZED;
}

static uint32_t bignum_bits(const uint8_t *data, size_t len)
{
	uint32_t bits = (uint32_t)len * 8;
	uint8_t mask;

	if (!len)
		return 0;
	for (mask = 0x80; mask && !(*data & mask); mask >>= 1)
		bits--;
	return bits;
}

/* Most bits that an attribute of @obj may have; DES of GP 1.0 counts without parity. */
static uint32_t max_bits(TEE_ObjectHandle obj)
{
	uint32_t bits = obj->info.maxObjectSize;

	return ta_object_size_legacy(obj->type, bits) ? bits + bits / 7 : bits;
}

static TEE_Result check_ref(TEE_ObjectHandle obj, const struct ta_attr_type *t, const uint8_t *data,
			    size_t len)
{
	uint32_t bits;

	if (len > TA_ATTR_MAX_SIZE)
		return TEE_ERROR_OVERFLOW;
	if (t->form == TA_ATTR_FIXED || t->form == TA_ATTR_FIXED_PLUS) {
		if (t->form == TA_ATTR_FIXED_PLUS && len)
			len--;
		return len * 8 == obj->type->max ? TEE_SUCCESS : TEE_ERROR_BAD_PARAMETERS;
	}
	bits = t->form == TA_ATTR_BIGNUM ? bignum_bits(data, len) : (uint32_t)len * 8;
	if (bits > max_bits(obj))
		return TEE_ERROR_OVERFLOW;
	if (t->flags & TA_ATTR_SIZE && !ta_object_size_ok(obj->type, bits))
		return TEE_ERROR_BAD_PARAMETERS;
	return TEE_SUCCESS;
}

static void set_size(TEE_ObjectHandle obj, const struct ta_attr_type *t, const struct ta_attr *attr)
{
	uint32_t bits = attr->len * 8;

	/* SM2 and the curves of Edwards and Montgomery have one size each. */
	if (obj->type->min == obj->type->max && t->form != TA_ATTR_SECRET)
		bits = obj->type->max;
	else if (!(t->flags & TA_ATTR_SIZE))
		return;
	else if (t->form == TA_ATTR_BIGNUM)
		bits = bignum_bits(attr->data, attr->len);
	else if (t->form == TA_ATTR_VALUE)
		bits = ta_curve_bits(attr->a);
	else if (ta_object_size_legacy(obj->type, obj->info.maxObjectSize))
		bits -= bits / 8;
	obj->info.objectSize = bits;
}

TEE_Result ta_object_set_ref(TEE_ObjectHandle obj, uint32_t id, const void *data, size_t len)
{
	int i = ta_attr_index(obj->type, id);
	const struct ta_attr_type *t;
	const uint8_t *p = data;
	struct ta_attr *attr;
	TEE_Result res;
	uint8_t *copy;

	if (i < 0 || obj->type->attrs[i].form == TA_ATTR_VALUE)
		return TEE_ERROR_ITEM_NOT_FOUND;
	t = &obj->type->attrs[i];
	attr = &obj->attr[i];
	if (t->form == TA_ATTR_BIGNUM)
		while (len && !*p)
			p++, len--;
	res = check_ref(obj, t, p, len);
	if (res != TEE_SUCCESS)
		return res;
	copy = malloc(len ? len : 1);
	if (!copy)
		return TEE_ERROR_OUT_OF_MEMORY;
	if (len)
		memcpy(copy, p, len);
	if (attr->data) {
		explicit_bzero(attr->data, attr->len);
		free(attr->data);
	}
	attr->data = copy;
	attr->len = (uint32_t)len;
	obj->have |= 1u << i;
	set_size(obj, t, attr);
	return TEE_SUCCESS;
}

TEE_Result ta_object_set_value(TEE_ObjectHandle obj, uint32_t id, uint32_t a, uint32_t b)
{
	int i = ta_attr_index(obj->type, id);
	const struct ta_attr_type *t;

	if (i < 0 || obj->type->attrs[i].form != TA_ATTR_VALUE)
		return TEE_ERROR_ITEM_NOT_FOUND;
	t = &obj->type->attrs[i];
	if (t->flags & TA_ATTR_SIZE) {
		if (!ta_curve_bits(a))
			return TEE_ERROR_BAD_PARAMETERS;
		if (ta_curve_bits(a) > obj->info.maxObjectSize)
			return TEE_ERROR_OVERFLOW;
	}
	obj->attr[i].a = a;
	obj->attr[i].b = b;
	obj->have |= 1u << i;
	set_size(obj, t, &obj->attr[i]);
	return TEE_SUCCESS;
}

const struct ta_attr *ta_object_attr(TEE_ObjectHandle obj, uint32_t id)
{
	int i = ta_attr_index(obj->type, id);

	return i >= 0 && obj->have & (1u << i) ? &obj->attr[i] : NULL;
}

TEE_Result ta_object_copy(TEE_ObjectHandle dst, TEE_ObjectHandle src)
{
	TEE_Result res = TEE_SUCCESS;
	unsigned int i;

	/* The public type of a pair's type differs in one bit. */
	if (dst->info.objectType != src->info.objectType &&
	    dst->info.objectType != (src->info.objectType & ~0x01000000u))
		return TEE_ERROR_BAD_PARAMETERS;
	for (i = 0; dst->type && i < dst->type->num_attrs && res == TEE_SUCCESS; i++) {
		uint32_t id = dst->type->attrs[i].id;
		const struct ta_attr *from = ta_object_attr(src, id);

		if (!from)
			continue;
		if (dst->type->attrs[i].form == TA_ATTR_VALUE)
			res = ta_object_set_value(dst, id, from->a, from->b);
		else
			res = ta_object_set_ref(dst, id, from->data, from->len);
	}
	if (res != TEE_SUCCESS) {
		ta_object_clear(dst);
		return res;
	}
	dst->info.objectSize = src->info.objectSize;
	dst->info.objectUsage = src->info.objectUsage;
	dst->info.handleFlags |= TEE_HANDLE_FLAG_INITIALIZED;
	return TEE_SUCCESS;
}

/* Each attribute belongs there, none comes twice, none that is needed is missing. */
static TEE_Result check_set(const struct ta_object_type *type, const TEE_Attribute *attrs,
			    uint32_t num, bool generate)
{
	uint8_t need = generate ? TA_ATTR_GEN_REQ : TA_ATTR_REQUIRED;
	uint8_t may = generate ? TA_ATTR_GEN_OPT : TA_ATTR_GROUP;
	uint32_t given = 0, needed = 0, group = 0;
	uint32_t n;
	int i;

	for (i = 0; i < type->num_attrs; i++) {
		if (type->attrs[i].flags & need)
			needed |= 1u << i;
		else if (type->attrs[i].flags & may)
			group |= 1u << i;
	}
	for (n = 0; n < num; n++) {
		i = ta_attr_index(type, attrs[n].attributeID);
		if (i < 0 || given & (1u << i) || !((needed | group) & (1u << i)))
			return TEE_ERROR_ITEM_NOT_FOUND;
		given |= 1u << i;
	}
	if ((given & needed) != needed)
		return TEE_ERROR_ITEM_NOT_FOUND;
	if (!generate && given & group && (given & group) != group)
		return TEE_ERROR_ITEM_NOT_FOUND;
	return TEE_SUCCESS;
}

TEE_Result ta_object_take(TEE_ObjectHandle obj, const TEE_Attribute *attrs, uint32_t num,
			  bool generate)
{
	TEE_Result res = check_set(obj->type, attrs, num, generate);
	uint32_t n;

	for (n = 0; n < num && res == TEE_SUCCESS; n++) {
		const TEE_Attribute *a = &attrs[n];

		if (a->attributeID & TEE_ATTR_FLAG_VALUE)
			res = ta_object_set_value(obj, a->attributeID, a->content.value.a,
						  a->content.value.b);
		else
			res = ta_object_set_ref(obj, a->attributeID, a->content.ref.buffer,
						a->content.ref.length);
	}
	if (res != TEE_SUCCESS)
		ta_object_clear(obj);
	return res;
}
