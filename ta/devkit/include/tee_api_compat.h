/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * GP TEE Internal Core API 1.1 for TAs that were written for it: where 1.3 has size_t, 1.1 has uint32_t.
 * <tee_internal_api.h> includes this when __OPTEE_CORE_API_COMPAT_1_1 is defined (in the dev kit:
 * CFG_TA_OPTEE_CORE_API_COMPAT_1_1=y).
 * Thread rule: the TA's one entry thread.
 * Ownership rule: as in 1.3.
 *
 * What passes a size by value needs nothing: it widens. What takes a uint32_t's address, or a
 * structure with one in it, goes through a wrapper. Of an entry point's parameters a uint32_t size is
 * the low half of the size_t (little-endian), so they stay where they are.
 */
#ifndef TEE_API_COMPAT_H
#define TEE_API_COMPAT_H

#include <tee_internal_api.h>

#ifdef __cplusplus
extern "C" {
#endif

/* In 1.1 the two sizes of an object's info have two names each. */
typedef struct {
	uint32_t objectType;
	__extension__ union {
		uint32_t keySize;
		uint32_t objectSize;
	};
	__extension__ union {
		uint32_t maxKeySize;
		uint32_t maxObjectSize;
	};
	uint32_t objectUsage;
	uint32_t dataSize;
	uint32_t dataPosition;
	uint32_t handleFlags;
} __GP11_TEE_ObjectInfo;

typedef struct {
	uint32_t attributeID;
	union {
		struct {
			void *buffer;
			uint32_t length;
		} ref;
		struct {
			uint32_t a, b;
		} value;
	} content;
} __GP11_TEE_Attribute;

typedef union {
	struct {
		void *buffer;
		uint32_t size;
	} memref;
	struct {
		uint32_t a, b;
	} value;
} __GP11_TEE_Param;

#define __GP11_MAX_ATTRS 32u

/* Parameters of 1.3 for those of 1.1. Return: how many fit. */
static inline uint32_t __gp11_attrs(const __GP11_TEE_Attribute *from, uint32_t num,
				    TEE_Attribute to[__GP11_MAX_ATTRS])
{
	uint32_t i;

	if (num > __GP11_MAX_ATTRS)
		TEE_Panic(TEE_ERROR_BAD_PARAMETERS);
	for (i = 0; i < num; i++) {
		to[i].attributeID = from[i].attributeID;
		if (from[i].attributeID & TEE_ATTR_FLAG_VALUE) {
			to[i].content.value.a = from[i].content.value.a;
			to[i].content.value.b = from[i].content.value.b;
		} else {
			to[i].content.ref.buffer = from[i].content.ref.buffer;
			to[i].content.ref.length = from[i].content.ref.length;
		}
	}
	return num;
}

static inline void __gp11_info(const TEE_ObjectInfo *from, __GP11_TEE_ObjectInfo *to)
{
	to->objectType = from->objectType;
	to->objectSize = from->objectSize;
	to->maxObjectSize = from->maxObjectSize;
	to->objectUsage = from->objectUsage;
	to->dataSize = (uint32_t)from->dataSize;
	to->dataPosition = (uint32_t)from->dataPosition;
	to->handleFlags = from->handleFlags;
}

/* A uint32_t's address where 1.3 wants a size_t's: @call says size_p_. */
#define __GP11_SIZE(type, len, call)                                                               \
	size_t size_ = (len) ? *(len) : 0, *size_p_ = (len) ? &size_ : NULL;                       \
	type res_ = call;                                                                          \
                                                                                                   \
	if (len)                                                                                   \
		*(len) = (uint32_t)size_;                                                          \
	return res_

static inline TEE_Result __GP11_TEE_GetPropertyAsString(TEE_PropSetHandle set, const char *name,
			char *value, uint32_t *len)
{
	__GP11_SIZE(TEE_Result, len, TEE_GetPropertyAsString(set, name, value, size_p_));
}

static inline TEE_Result __GP11_TEE_GetPropertyAsBinaryBlock(TEE_PropSetHandle set,
			const char *name, void *value, uint32_t *len)
{
	__GP11_SIZE(TEE_Result, len, TEE_GetPropertyAsBinaryBlock(set, name, value, size_p_));
}

static inline TEE_Result __GP11_TEE_GetPropertyName(TEE_PropSetHandle set, void *name,
			uint32_t *len)
{
	__GP11_SIZE(TEE_Result, len, TEE_GetPropertyName(set, name, size_p_));
}

static inline TEE_Result __GP11_TEE_GetObjectBufferAttribute(TEE_ObjectHandle object,
			uint32_t id, void *buffer, uint32_t *len)
{
	__GP11_SIZE(TEE_Result, len, TEE_GetObjectBufferAttribute(object, id, buffer, size_p_));
}

static inline TEE_Result __GP11_TEE_GetOperationInfoMultiple(TEE_OperationHandle op,
			TEE_OperationInfoMultiple *info, uint32_t *len)
{
	__GP11_SIZE(TEE_Result, len, TEE_GetOperationInfoMultiple(op, info, size_p_));
}

static inline TEE_Result __GP11_TEE_DigestDoFinal(TEE_OperationHandle op, const void *chunk,
			uint32_t size, void *hash, uint32_t *len)
{
	__GP11_SIZE(TEE_Result, len, TEE_DigestDoFinal(op, chunk, size, hash, size_p_));
}

static inline TEE_Result __GP11_TEE_CipherUpdate(TEE_OperationHandle op, const void *src,
			uint32_t size, void *dst, uint32_t *len)
{
	__GP11_SIZE(TEE_Result, len, TEE_CipherUpdate(op, src, size, dst, size_p_));
}

static inline TEE_Result __GP11_TEE_CipherDoFinal(TEE_OperationHandle op, const void *src,
			uint32_t size, void *dst, uint32_t *len)
{
	__GP11_SIZE(TEE_Result, len, TEE_CipherDoFinal(op, src, size, dst, size_p_));
}

static inline TEE_Result __GP11_TEE_AEUpdate(TEE_OperationHandle op, const void *src,
			uint32_t size, void *dst, uint32_t *len)
{
	__GP11_SIZE(TEE_Result, len, TEE_AEUpdate(op, src, size, dst, size_p_));
}

static inline TEE_Result __GP11_TEE_MACComputeFinal(TEE_OperationHandle op, const void *msg,
			uint32_t size, void *mac, uint32_t *len)
{
	__GP11_SIZE(TEE_Result, len, TEE_MACComputeFinal(op, msg, size, mac, size_p_));
}

static inline TEE_Result __GP11_TEE_AEEncryptFinal(TEE_OperationHandle op, const void *src,
			uint32_t size, void *dst, uint32_t *len, void *tag, uint32_t *tag_len)
{
	size_t n = len ? *len : 0, t = tag_len ? *tag_len : 0;
	TEE_Result res = TEE_AEEncryptFinal(op, src, size, dst, len ? &n : NULL, tag,
					    tag_len ? &t : NULL);

	if (len)
		*len = (uint32_t)n;
	if (tag_len)
		*tag_len = (uint32_t)t;
	return res;
}

static inline TEE_Result __GP11_TEE_AEDecryptFinal(TEE_OperationHandle op, const void *src,
			uint32_t size, void *dst, uint32_t *len, void *tag, uint32_t tag_len)
{
	__GP11_SIZE(TEE_Result, len,
		    TEE_AEDecryptFinal(op, src, size, dst, size_p_, tag, tag_len));
}

static inline TEE_Result __GP11_TEE_AsymmetricEncrypt(TEE_OperationHandle op,
			const __GP11_TEE_Attribute *params, uint32_t num, const void *src,
			uint32_t size, void *dst, uint32_t *len)
{
	TEE_Attribute attrs[__GP11_MAX_ATTRS] = {};

	num = __gp11_attrs(params, num, attrs);
	__GP11_SIZE(TEE_Result, len, TEE_AsymmetricEncrypt(op, attrs, num, src, size, dst, size_p_));
}

static inline TEE_Result __GP11_TEE_AsymmetricDecrypt(TEE_OperationHandle op,
			const __GP11_TEE_Attribute *params, uint32_t num, const void *src,
			uint32_t size, void *dst, uint32_t *len)
{
	TEE_Attribute attrs[__GP11_MAX_ATTRS] = {};

	num = __gp11_attrs(params, num, attrs);
	__GP11_SIZE(TEE_Result, len, TEE_AsymmetricDecrypt(op, attrs, num, src, size, dst, size_p_));
}

static inline TEE_Result __GP11_TEE_AsymmetricSignDigest(TEE_OperationHandle op,
			const __GP11_TEE_Attribute *params, uint32_t num, const void *src,
			uint32_t size, void *dst, uint32_t *len)
{
	TEE_Attribute attrs[__GP11_MAX_ATTRS] = {};

	num = __gp11_attrs(params, num, attrs);
	__GP11_SIZE(TEE_Result, len, TEE_AsymmetricSignDigest(op, attrs, num, src, size, dst, size_p_));
}

static inline TEE_Result __GP11_TEE_AsymmetricVerifyDigest(TEE_OperationHandle op,
			const __GP11_TEE_Attribute *params, uint32_t num, const void *digest,
			uint32_t size, const void *sig, uint32_t len)
{
	TEE_Attribute attrs[__GP11_MAX_ATTRS] = {};

	num = __gp11_attrs(params, num, attrs);
	return TEE_AsymmetricVerifyDigest(op, attrs, num, digest, size, sig, len);
}

static inline void __GP11_TEE_DeriveKey(TEE_OperationHandle op,
			const __GP11_TEE_Attribute *params, uint32_t num, TEE_ObjectHandle key)
{
	TEE_Attribute attrs[__GP11_MAX_ATTRS] = {};

	num = __gp11_attrs(params, num, attrs);
	TEE_DeriveKey(op, attrs, num, key);
}

static inline TEE_Result __GP11_TEE_GenerateKey(TEE_ObjectHandle object, uint32_t size,
			const __GP11_TEE_Attribute *params, uint32_t num)
{
	TEE_Attribute attrs[__GP11_MAX_ATTRS] = {};

	num = __gp11_attrs(params, num, attrs);
	return TEE_GenerateKey(object, size, attrs, num);
}

static inline TEE_Result __GP11_TEE_PopulateTransientObject(TEE_ObjectHandle object,
			const __GP11_TEE_Attribute *params, uint32_t num)
{
	TEE_Attribute attrs[__GP11_MAX_ATTRS] = {};

	num = __gp11_attrs(params, num, attrs);
	return TEE_PopulateTransientObject(object, attrs, num);
}

static inline void __GP11_TEE_InitRefAttribute(__GP11_TEE_Attribute *attr, uint32_t id,
			const void *buffer, uint32_t len)
{
	if (!attr || id & TEE_ATTR_FLAG_VALUE)
		TEE_Panic(TEE_ERROR_BAD_PARAMETERS);
	attr->attributeID = id;
	attr->content.ref.buffer = (void *)(uintptr_t)buffer;
	attr->content.ref.length = len;
}

static inline void __GP11_TEE_InitValueAttribute(__GP11_TEE_Attribute *attr, uint32_t id,
			uint32_t a, uint32_t b)
{
	if (!attr || !(id & TEE_ATTR_FLAG_VALUE))
		TEE_Panic(TEE_ERROR_BAD_PARAMETERS);
	attr->attributeID = id;
	attr->content.value.a = a;
	attr->content.value.b = b;
}

static inline void __GP11_TEE_GetObjectInfo(TEE_ObjectHandle object, __GP11_TEE_ObjectInfo *info)
{
	TEE_ObjectInfo whole;

	TEE_GetObjectInfo(object, &whole);
	__gp11_info(&whole, info);
}

static inline TEE_Result __GP11_TEE_GetObjectInfo1(TEE_ObjectHandle object,
			__GP11_TEE_ObjectInfo *info)
{
	TEE_ObjectInfo whole;
	TEE_Result res = TEE_GetObjectInfo1(object, &whole);

	if (res == TEE_SUCCESS)
		__gp11_info(&whole, info);
	return res;
}

static inline TEE_Result __GP11_TEE_GetNextPersistentObject(TEE_ObjectEnumHandle e,
			__GP11_TEE_ObjectInfo *info, void *id, uint32_t *len)
{
	size_t n = len ? *len : 0;
	TEE_ObjectInfo whole;
	TEE_Result res = TEE_GetNextPersistentObject(e, info ? &whole : NULL, id, len ? &n : NULL);

	if (res == TEE_SUCCESS && info)
		__gp11_info(&whole, info);
	if (len)
		*len = (uint32_t)n;
	return res;
}

static inline TEE_Result __GP11_TEE_ReadObjectData(TEE_ObjectHandle object, void *buffer,
			uint32_t size, uint32_t *len)
{
	__GP11_SIZE(TEE_Result, len, TEE_ReadObjectData(object, buffer, size, size_p_));
}

static inline TEE_Result __GP11_TEE_BigIntConvertToOctetString(uint8_t *buffer, uint32_t *len,
			const TEE_BigInt *n)
{
	__GP11_SIZE(TEE_Result, len, TEE_BigIntConvertToOctetString(buffer, size_p_, n));
}

static inline TEE_Result __GP11_TEE_OpenTASession(const TEE_UUID *uuid, uint32_t timeout,
			uint32_t types, __GP11_TEE_Param params[TEE_NUM_PARAMS],
			TEE_TASessionHandle *session, uint32_t *origin)
{
	TEE_Param whole[TEE_NUM_PARAMS];
	TEE_Result res;
	uint32_t i;

	for (i = 0; params && i < TEE_NUM_PARAMS; i++) {
		whole[i].memref.buffer = params[i].memref.buffer;
		whole[i].memref.size = params[i].memref.size;
	}
	res = TEE_OpenTASession(uuid, timeout, types, params ? whole : NULL, session, origin);
	for (i = 0; params && i < TEE_NUM_PARAMS; i++) {
		params[i].memref.buffer = whole[i].memref.buffer;
		params[i].memref.size = (uint32_t)whole[i].memref.size;
	}
	return res;
}

static inline TEE_Result __GP11_TEE_InvokeTACommand(TEE_TASessionHandle session,
			uint32_t timeout, uint32_t cmd, uint32_t types,
			__GP11_TEE_Param params[TEE_NUM_PARAMS], uint32_t *origin)
{
	TEE_Param whole[TEE_NUM_PARAMS];
	TEE_Result res;
	uint32_t i;

	for (i = 0; params && i < TEE_NUM_PARAMS; i++) {
		whole[i].memref.buffer = params[i].memref.buffer;
		whole[i].memref.size = params[i].memref.size;
	}
	res = TEE_InvokeTACommand(session, timeout, cmd, types, params ? whole : NULL, origin);
	for (i = 0; params && i < TEE_NUM_PARAMS; i++) {
		params[i].memref.buffer = whole[i].memref.buffer;
		params[i].memref.size = (uint32_t)whole[i].memref.size;
	}
	return res;
}

#ifdef __cplusplus
}
#endif

#define TEE_Attribute __GP11_TEE_Attribute
#define TEE_ObjectInfo __GP11_TEE_ObjectInfo
#define TEE_Param __GP11_TEE_Param
#define TEE_GetPropertyAsString __GP11_TEE_GetPropertyAsString
#define TEE_GetPropertyAsBinaryBlock __GP11_TEE_GetPropertyAsBinaryBlock
#define TEE_GetPropertyName __GP11_TEE_GetPropertyName
#define TEE_GetObjectBufferAttribute __GP11_TEE_GetObjectBufferAttribute
#define TEE_GetOperationInfoMultiple __GP11_TEE_GetOperationInfoMultiple
#define TEE_DigestDoFinal __GP11_TEE_DigestDoFinal
#define TEE_CipherUpdate __GP11_TEE_CipherUpdate
#define TEE_CipherDoFinal __GP11_TEE_CipherDoFinal
#define TEE_AEUpdate __GP11_TEE_AEUpdate
#define TEE_MACComputeFinal __GP11_TEE_MACComputeFinal
#define TEE_AEEncryptFinal __GP11_TEE_AEEncryptFinal
#define TEE_AEDecryptFinal __GP11_TEE_AEDecryptFinal
#define TEE_AsymmetricEncrypt __GP11_TEE_AsymmetricEncrypt
#define TEE_AsymmetricDecrypt __GP11_TEE_AsymmetricDecrypt
#define TEE_AsymmetricSignDigest __GP11_TEE_AsymmetricSignDigest
#define TEE_AsymmetricVerifyDigest __GP11_TEE_AsymmetricVerifyDigest
#define TEE_DeriveKey __GP11_TEE_DeriveKey
#define TEE_GenerateKey __GP11_TEE_GenerateKey
#define TEE_PopulateTransientObject __GP11_TEE_PopulateTransientObject
#define TEE_InitRefAttribute __GP11_TEE_InitRefAttribute
#define TEE_InitValueAttribute __GP11_TEE_InitValueAttribute
#define TEE_GetObjectInfo __GP11_TEE_GetObjectInfo
#define TEE_GetObjectInfo1 __GP11_TEE_GetObjectInfo1
#define TEE_GetNextPersistentObject __GP11_TEE_GetNextPersistentObject
#define TEE_ReadObjectData __GP11_TEE_ReadObjectData
#define TEE_BigIntConvertToOctetString __GP11_TEE_BigIntConvertToOctetString
#define TEE_OpenTASession __GP11_TEE_OpenTASession
#define TEE_InvokeTACommand __GP11_TEE_InvokeTACommand

#endif
