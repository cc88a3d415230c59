/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * What a TEE_ObjectHandle points to: a key or data object with attributes (TEE Internal Core API 5).
 * Thread rule: an instance's objects belong to its one thread.
 * Ownership rule: an object owns copies of its attributes; objects on the instance's list go with the
 * instance. What a persistent object has beside its attributes is the storage's, behind @stored.
 */
#ifndef TEELINK_TA_OBJECT_H
#define TEELINK_TA_OBJECT_H

#include <tee_internal_api.h>

#include "lib/cursor.h"
#include "lib/list.h"

struct ta_runtime;

#define TA_OBJECT_MAX_ATTRS 8u
#define TA_OBJECT_MAX_BITS 4096u
#define TA_ATTR_MAX_SIZE (TA_OBJECT_MAX_BITS / 8)
#define TA_USAGE_DEFAULT 0xffffffffu

enum ta_attr_form {
	TA_ATTR_SECRET, /* bytes as they came */
	TA_ATTR_BIGNUM, /* big-endian, kept without zeros in front */
	TA_ATTR_FIXED, /* exactly as many bytes as the object's maximum size */
	TA_ATTR_FIXED_PLUS, /* one more: Ed448's sign has no room in 448 bits (RFC 8032 5.2.2) */
	TA_ATTR_VALUE, /* two words */
};

/* What a type says of an attribute (5.9, table 5-9 and the tables of 6.11). */
#define TA_ATTR_REQUIRED (1u << 0) /* to populate */
#define TA_ATTR_GROUP (1u << 1) /* to populate: all of these or none */
#define TA_ATTR_SIZE (1u << 2) /* its size is the object's */
#define TA_ATTR_GEN_REQ (1u << 3) /* to generate */
#define TA_ATTR_GEN_OPT (1u << 4) /* may be given to generate */

struct ta_attr_type {
	uint32_t id; /* TEE_ATTR_* */
	uint8_t flags;
	uint8_t form; /* enum ta_attr_form */
};

struct ta_object_type {
	uint32_t id; /* TEE_TYPE_* */
	uint16_t quantum, min, max; /* bits */
	uint8_t num_attrs;
	const struct ta_attr_type *attrs;
};

struct ta_attr {
	uint8_t *data; /* reference attributes */
	uint32_t len;
	uint32_t a, b; /* value attributes */
};

/* How a persistent object differs; the storage fills this. */
struct ta_stored_ops {
	/* Ends @obj->stored; the object itself is freed after it. */
	void (*close)(TEE_ObjectHandle obj);
	/* Frees @obj->stored and asks nobody: the instance ends. */
	void (*forget)(TEE_ObjectHandle obj);
	/* Keeps the new usage. Return: TEE_SUCCESS or an error of TEE_RestrictObjectUsage1. */
	TEE_Result (*restrict_usage)(TEE_ObjectHandle obj, uint32_t usage);
	/* Makes @obj->info tell what is so now. */
	TEE_Result (*refresh)(TEE_ObjectHandle obj);
};

struct __TEE_ObjectHandle {
	struct list link; /* in the instance's objects; alone for an operation's key */
	uint32_t number; /* what the TA has for a handle, once it is on that list */
	TEE_ObjectInfo info;
	const struct ta_object_type *type; /* NULL: TEE_TYPE_DATA, no attributes */
	uint32_t have; /* bit i: attr[i] is set */
	struct ta_attr attr[TA_OBJECT_MAX_ATTRS];
	const struct ta_stored_ops *ops; /* NULL: transient */
	void *stored;
};

/* object_type.c */
/* NULL: there is no such type of key. */
const struct ta_object_type *ta_object_type_find(uint32_t id);
/* Bits that a key of this type may have; with DES, parity counted or not. */
bool ta_object_size_ok(const struct ta_object_type *type, uint32_t bits);
/* DES sizes of GP 1.0, which don't count parity. */
bool ta_object_size_legacy(const struct ta_object_type *type, uint32_t bits);
/* Index of an attribute in its type, or -1. */
int ta_attr_index(const struct ta_object_type *type, uint32_t id);

/* object.c */
/**
 * ta_object_create() - a new object that is on no list
 * @type: TEE_TYPE_*, TEE_TYPE_DATA with 0 bits
 *
 * Return: TEE_SUCCESS, TEE_ERROR_NOT_SUPPORTED (type or size), TEE_ERROR_OUT_OF_MEMORY.
 */
TEE_Result ta_object_create(uint32_t type, uint32_t max_bits, TEE_ObjectHandle *obj);
/* Off its list, attributes zeroed, freed; NULL is fine. Doesn't call @ops. */
void ta_object_destroy(TEE_ObjectHandle obj);
/**
 * ta_object_publish() - put an object on the instance's list
 *
 * Return: its handle, which is valid from now on: a number, since TAs pass handles
 * through TEE_Params' values.
 */
TEE_ObjectHandle ta_object_publish(struct ta_runtime *rt, TEE_ObjectHandle obj);
/* A handle as the TA gave it: panics unless it is one of the instance's. */
TEE_ObjectHandle ta_object_get(TEE_ObjectHandle handle, const char *func);

/* attribute.c */
/* Zeroes and drops all attributes: the object is uninitialised again. */
void ta_object_clear(TEE_ObjectHandle obj);
/**
 * ta_object_set_attr() - give an attribute its value
 *
 * Return: TEE_SUCCESS; TEE_ERROR_BAD_PARAMETERS (too long, or not the length it must have),
 * TEE_ERROR_ITEM_NOT_FOUND (not of this type), TEE_ERROR_OUT_OF_MEMORY.
 */
TEE_Result ta_object_set_ref(TEE_ObjectHandle obj, uint32_t id, const void *data, size_t len);
TEE_Result ta_object_set_value(TEE_ObjectHandle obj, uint32_t id, uint32_t a, uint32_t b);
/* NULL: not set. */
const struct ta_attr *ta_object_attr(TEE_ObjectHandle obj, uint32_t id);
/* Copies what @dst's type has of @src: all of it, or the public part of a pair. */
TEE_Result ta_object_copy(TEE_ObjectHandle dst, TEE_ObjectHandle src);
/* Takes a caller's attributes; @generate: as parameters of TEE_GenerateKey. */
TEE_Result ta_object_take(TEE_ObjectHandle obj, const TEE_Attribute *attrs, uint32_t num,
			  bool generate);

/* object_pack.c */
/* Bytes that ta_object_pack writes. */
size_t ta_object_pack_size(TEE_ObjectHandle obj);
/* Attributes to bytes, little-endian: number, then id, length or 0, bytes or two words each. */
bool ta_object_pack(TEE_ObjectHandle obj, struct cursor *out);
/**
 * ta_object_unpack() - bytes that anybody may have written, to attributes
 * @obj: of its type already and without attributes; initialised after it if any came
 *
 * Return: TEE_SUCCESS, TEE_ERROR_CORRUPT_OBJECT (@obj has no attributes then), TEE_ERROR_OUT_OF_MEMORY.
 */
TEE_Result ta_object_unpack(TEE_ObjectHandle obj, struct cursor *in);

/* generate.c */
/* Fills an object without attributes, or with a group's parameters, with a fresh key. */
TEE_Result ta_object_generate(TEE_ObjectHandle obj, uint32_t bits);

#endif
