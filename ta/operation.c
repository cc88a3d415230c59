// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
/* Operations of any class (6.2). */
#include "ta/operation.h"

#include <stdlib.h>
#include <string.h>

#include "ta/curve.h"
#include "ta/runtime.h"

#define TWO_KEYS 2u /* an operation of two keys is allocated with the sum of their sizes */

static const struct ta_class_ops *class_ops(uint8_t op_class)
{
	switch (op_class) {
	case TEE_OPERATION_DIGEST:
		return &ta_digest_class;
	case TEE_OPERATION_CIPHER:
		return &ta_cipher_class;
	case TEE_OPERATION_MAC:
		return &ta_mac_class;
	case TEE_OPERATION_AE:
		return &ta_ae_class;
	case TEE_OPERATION_KEY_DERIVATION:
		return &ta_derive_class;
	default:
		return &ta_asym_class;
	}
}

/* What a key must be allowed to do; false: the algorithm has no such mode. */
static bool mode_usage(const struct ta_alg *alg, uint32_t mode, uint32_t *usage)
{
	bool raw = alg->kind == TA_RSA_RAW;

	*usage = 0;
	switch (mode) {
	case TEE_MODE_ENCRYPT:
		*usage = TEE_USAGE_ENCRYPT | (raw ? TEE_USAGE_VERIFY : 0);
		break;
	case TEE_MODE_DECRYPT:
		*usage = TEE_USAGE_DECRYPT | (raw ? TEE_USAGE_SIGN : 0);
		break;
	case TEE_MODE_SIGN:
		*usage = TEE_USAGE_SIGN;
		return alg->op_class == TEE_OPERATION_ASYMMETRIC_SIGNATURE;
	case TEE_MODE_VERIFY:
		*usage = TEE_USAGE_VERIFY;
		return alg->op_class == TEE_OPERATION_ASYMMETRIC_SIGNATURE;
	case TEE_MODE_MAC:
		*usage = TEE_USAGE_MAC;
		return alg->op_class == TEE_OPERATION_MAC;
	case TEE_MODE_DIGEST:
		return alg->op_class == TEE_OPERATION_DIGEST;
	case TEE_MODE_DERIVE:
		*usage = TEE_USAGE_DERIVE;
		return alg->op_class == TEE_OPERATION_KEY_DERIVATION;
	default:
		return false;
	}
	return alg->op_class == TEE_OPERATION_CIPHER || alg->op_class == TEE_OPERATION_AE ||
	       alg->op_class == TEE_OPERATION_ASYMMETRIC_CIPHER;
}

static bool two_keys(const struct ta_alg *alg)
{
	return alg->kind == TA_CIPHER_XTS || alg->kind == TA_DERIVE_SM2_KEP;
}

static bool size_ok(const struct ta_alg *alg, uint32_t bits)
{
	if (!alg->key_type)
		return true;
	if (two_keys(alg) && bits % TWO_KEYS)
		return false;
	bits /= two_keys(alg) ? TWO_KEYS : 1;
	return (!alg->bits || alg->bits == bits) &&
	       ta_object_size_ok(ta_object_type_find(alg->key_type), bits);
}

static void operation_free(TEE_OperationHandle op)
{
	list_del(&op->link);
	op->ops->destroy(op);
	ta_object_destroy(op->key[0]);
	ta_object_destroy(op->key[1]);
	free(op);
}

void ta_operations_free(struct ta_runtime *rt)
{
	while (!list_empty(&rt->operations))
		operation_free(list_entry(rt->operations.next, struct __TEE_OperationHandle, link));
}

TEE_Result TEE_AllocateOperation(TEE_OperationHandle *operation, uint32_t algorithm, uint32_t mode,
				 uint32_t maxKeySize)
{
	const struct ta_alg *alg = ta_alg_find(algorithm);
	TEE_OperationHandle op;
	TEE_Result res;
	uint32_t usage;

	if (!operation)
		TA_PANIC(TEE_ERROR_BAD_PARAMETERS, "no place for the handle");
	*operation = TEE_HANDLE_NULL;
	if (!alg || !mode_usage(alg, mode, &usage) || !size_ok(alg, maxKeySize) ||
	    !ta_alg_available(alg))
		return TEE_ERROR_NOT_SUPPORTED;
	op = calloc(1, sizeof(*op));
	if (!op)
		return TEE_ERROR_OUT_OF_MEMORY;
	list_init(&op->link);
	op->alg = alg;
	op->ops = class_ops(alg->op_class);
	op->info.algorithm = algorithm;
	op->info.operationClass = alg->op_class;
	op->info.mode = mode;
	op->info.digestLength =
		alg->op_class == TEE_OPERATION_ASYMMETRIC_CIPHER ? 0 : alg->hash_len;
	op->info.maxKeySize = maxKeySize;
	op->info.requiredKeyUsage = usage;
	op->info.handleState = two_keys(alg) ? TEE_HANDLE_FLAG_EXPECT_TWO_KEYS : 0;
	res = op->ops->create(op);
	if (res != TEE_SUCCESS) {
		free(op);
		return res;
	}
	list_add(&ta_runtime_current()->operations, &op->link);
	*operation = op;
	return TEE_SUCCESS;
}

static TEE_OperationHandle op_find(TEE_OperationHandle handle, const char *func)
{
	struct list *pos;

	list_for_each (pos, &ta_runtime_current()->operations)
		if (list_entry(pos, struct __TEE_OperationHandle, link) == handle)
			return handle;
	ta_panic(func, TEE_ERROR_BAD_PARAMETERS, "not the handle of an operation");
}

TEE_OperationHandle ta_op_get(TEE_OperationHandle handle, uint32_t op_class, const char *func)
{
	TEE_OperationHandle op = op_find(handle, func);

	if (op->info.operationClass != op_class)
		ta_panic(func, TEE_ERROR_BAD_PARAMETERS, "an operation of another class");
	return op;
}

TEE_OperationHandle ta_op_get_active(TEE_OperationHandle handle, uint32_t op_class,
				     const char *func)
{
	TEE_OperationHandle op = ta_op_get(handle, op_class, func);

	if (!(op->info.handleState & TEE_HANDLE_FLAG_INITIALIZED) ||
	    op->state != TEE_OPERATION_STATE_ACTIVE)
		ta_panic(func, TEE_ERROR_BAD_STATE, "the operation isn't initialised");
	return op;
}

void ta_op_start(TEE_OperationHandle op, const char *func)
{
	if (!(op->info.handleState & TEE_HANDLE_FLAG_KEY_SET))
		ta_panic(func, TEE_ERROR_BAD_STATE, "the operation has no key");
	if (op->state != TEE_OPERATION_STATE_INITIAL)
		op->ops->reset(op);
	op->info.handleState |= TEE_HANDLE_FLAG_INITIALIZED;
	op->state = TEE_OPERATION_STATE_ACTIVE;
}

void ta_op_finish(TEE_OperationHandle op)
{
	op->info.handleState &= ~TEE_HANDLE_FLAG_INITIALIZED;
	op->state = TEE_OPERATION_STATE_INITIAL;
}

bool ta_op_room(size_t *len, size_t room)
{
	bool enough = *len >= room;

	*len = room;
	return enough;
}

void ta_op_check(bool ok, const char *func)
{
	if (!ok)
		ta_panic(func, TEE_ERROR_GENERIC, "libcrypto can't go on");
}

void TEE_FreeOperation(TEE_OperationHandle operation)
{
	if (operation)
		operation_free(op_find(operation, __func__));
}

void TEE_GetOperationInfo(TEE_OperationHandle operation, TEE_OperationInfo *info)
{
	TEE_OperationHandle op = op_find(operation, __func__);

	if (!info)
		TA_PANIC(TEE_ERROR_BAD_PARAMETERS, "no place for the information");
	*info = op->info;
	if (two_keys(op->alg)) {
		info->keySize = 0;
		info->requiredKeyUsage = 0;
	}
}

TEE_Result TEE_GetOperationInfoMultiple(TEE_OperationHandle operation,
					TEE_OperationInfoMultiple *info, size_t *size)
{
	TEE_OperationHandle op = op_find(operation, __func__);
	uint32_t i, num = !op->alg->key_type ? 0 : two_keys(op->alg) ? 2 : 1;
	size_t need = sizeof(*info) + num * sizeof(info->keyInformation[0]);

	if (!info || !size || *size < sizeof(*info))
		TA_PANIC(TEE_ERROR_BAD_PARAMETERS, "no place for the information");
	if (!ta_op_room(size, need))
		return TEE_ERROR_SHORT_BUFFER;
	memset(info, 0, need);
	info->algorithm = op->info.algorithm;
	info->operationClass = op->info.operationClass;
	info->mode = op->info.mode;
	info->digestLength = op->info.digestLength;
	info->maxKeySize = op->info.maxKeySize;
	info->handleState = op->info.handleState;
	info->operationState = op->state;
	info->numberOfKeys = num;
	for (i = 0; i < num; i++) {
		info->keyInformation[i].keySize = op->key[i] ? op->key[i]->info.objectSize : 0;
		info->keyInformation[i].requiredKeyUsage = op->info.requiredKeyUsage;
	}
	return TEE_SUCCESS;
}

void TEE_ResetOperation(TEE_OperationHandle operation)
{
	TEE_OperationHandle op = op_find(operation, __func__);

	if (op->alg->key_type && !(op->info.handleState & TEE_HANDLE_FLAG_KEY_SET))
		TA_PANIC(TEE_ERROR_BAD_STATE, "the operation has no key");
	if (op->ops->reset)
		op->ops->reset(op);
	if (op->alg->key_type)
		ta_op_finish(op);
}

static void check_key(TEE_OperationHandle op, TEE_ObjectHandle key, const char *func)
{
	uint32_t type = key->info.objectType;
	/* One half needs the private part: deciphering, signing, deriving. */
	bool public = op->info.mode == TEE_MODE_ENCRYPT || op->info.mode == TEE_MODE_VERIFY;
	uint32_t max = op->info.maxKeySize / (two_keys(op->alg) ? TWO_KEYS : 1);

	if (!(key->info.handleFlags & TEE_HANDLE_FLAG_INITIALIZED))
		ta_panic(func, TEE_ERROR_BAD_PARAMETERS, "the object has no key");
	if (type != op->alg->key_type && !(public && type == (op->alg->key_type & ~0x01000000u)))
		ta_panic(func, TEE_ERROR_BAD_PARAMETERS, "a type of key that doesn't fit");
	if ((key->info.objectUsage & op->info.requiredKeyUsage) != op->info.requiredKeyUsage)
		ta_panic(func, TEE_ERROR_BAD_PARAMETERS, "the key may not be used for that");
	if (key->info.objectSize > max)
		ta_panic(func, TEE_ERROR_BAD_PARAMETERS, "the key is too long");
}

static TEE_ObjectHandle dup_key(TEE_ObjectHandle key)
{
	TEE_ObjectHandle dup;

	if (ta_object_create(key->info.objectType, key->info.maxObjectSize, &dup) != TEE_SUCCESS)
		return NULL;
	if (ta_object_copy(dup, key) == TEE_SUCCESS)
		return dup;
	ta_object_destroy(dup);
	return NULL;
}

/* Gives the operation copies of these keys, or takes its own away. */
static TEE_Result set_keys(TEE_OperationHandle op, TEE_ObjectHandle key1, TEE_ObjectHandle key2)
{
	unsigned int i;

	for (i = 0; i < 2; i++) {
		ta_object_destroy(op->key[i]);
		op->key[i] = NULL;
	}
	op->info.handleState &= ~TEE_HANDLE_FLAG_KEY_SET;
	op->info.keySize = 0;
	if (key1 && !(op->key[0] = dup_key(key1)))
		return TEE_ERROR_OUT_OF_MEMORY;
	if (key2 && !(op->key[1] = dup_key(key2)))
		return TEE_ERROR_OUT_OF_MEMORY;
	if (key1) {
		op->info.handleState |= TEE_HANDLE_FLAG_KEY_SET;
		op->info.keySize = key1->info.objectSize;
	}
	return op->ops->set_key ? op->ops->set_key(op) : TEE_SUCCESS;
}

/* The key as it is now: a persistent one may have been changed or lost. */
static TEE_Result refresh_key(TEE_ObjectHandle key)
{
	return key && key->ops ? key->ops->refresh(key) : TEE_SUCCESS;
}

static TEE_Result give_keys(TEE_OperationHandle op, TEE_ObjectHandle key1, TEE_ObjectHandle key2,
			    const char *func)
{
	TEE_Result res = refresh_key(key1);

	if (res == TEE_SUCCESS)
		res = refresh_key(key2);
	if (res != TEE_SUCCESS)
		return res;
	if (!op->alg->key_type)
		ta_panic(func, TEE_ERROR_BAD_PARAMETERS, "the algorithm has no key");
	if (op->state != TEE_OPERATION_STATE_INITIAL)
		ta_panic(func, TEE_ERROR_BAD_STATE, "the operation is under way");
	if (key1)
		check_key(op, key1, func);
	if (key2)
		check_key(op, key2, func);
	res = set_keys(op, key1, key2);
	if (res != TEE_SUCCESS)
		ta_panic(func, res, "the key is none, or memory is out");
	return TEE_SUCCESS;
}

TEE_Result TEE_SetOperationKey(TEE_OperationHandle operation, TEE_ObjectHandle key)
{
	TEE_OperationHandle op = op_find(operation, __func__);

	if (two_keys(op->alg))
		TA_PANIC(TEE_ERROR_BAD_PARAMETERS, "the operation has two keys");
	return give_keys(op, key ? ta_object_get(key, __func__) : NULL, NULL, __func__);
}

TEE_Result TEE_SetOperationKey2(TEE_OperationHandle operation, TEE_ObjectHandle key1,
				TEE_ObjectHandle key2)
{
	TEE_OperationHandle op = op_find(operation, __func__);

	if (!two_keys(op->alg) || !key1 != !key2)
		TA_PANIC(TEE_ERROR_BAD_PARAMETERS, "not the number of keys that there should be");
	if (!key1)
		return give_keys(op, NULL, NULL, __func__);
	if (key1 == key2)
		return TEE_ERROR_SECURITY;
	return give_keys(op, ta_object_get(key1, __func__), ta_object_get(key2, __func__),
			 __func__);
}

void TEE_CopyOperation(TEE_OperationHandle dstOperation, TEE_OperationHandle srcOperation)
{
	TEE_OperationHandle dst = op_find(dstOperation, __func__);
	TEE_OperationHandle src = op_find(srcOperation, __func__);

	if (dst->alg != src->alg || dst->info.mode != src->info.mode ||
	    dst->info.maxKeySize < src->info.keySize)
		TA_PANIC(TEE_ERROR_BAD_PARAMETERS, "the operations aren't alike");
	if (dst == src)
		return;
	if (set_keys(dst, src->key[0], src->key[1]) != TEE_SUCCESS || !src->ops->copy(dst, src))
		TA_PANIC(TEE_ERROR_OUT_OF_MEMORY, "memory is out");
	dst->info.handleState = src->info.handleState;
	dst->info.digestLength = src->info.digestLength;
	dst->state = src->state;
}

TEE_Result TEE_IsAlgorithmSupported(uint32_t algId, uint32_t element)
{
	const struct ta_alg *alg = ta_alg_find(algId);
	uint32_t type = alg ? alg->key_type : 0;
	bool fits = element == TEE_CRYPTO_ELEMENT_NONE;

	if (!alg || !ta_alg_available(alg))
		return TEE_ERROR_NOT_SUPPORTED;
	if (type == TEE_TYPE_ECDSA_KEYPAIR || type == TEE_TYPE_ECDH_KEYPAIR)
		fits = ta_curve_name(element) && element != TEE_ECC_CURVE_SM2 &&
		       (!alg->bits || alg->bits == ta_curve_bits(element));
	else if (type == TEE_TYPE_SM2_DSA_KEYPAIR || type == TEE_TYPE_SM2_PKE_KEYPAIR ||
		 type == TEE_TYPE_SM2_KEP_KEYPAIR)
		fits = element == TEE_ECC_CURVE_SM2;
	else if (type == TEE_TYPE_ED25519_KEYPAIR || type == TEE_TYPE_X25519_KEYPAIR)
		fits = element == TEE_ECC_CURVE_25519;
	else if (type == TEE_TYPE_ED448_KEYPAIR || type == TEE_TYPE_X448_KEYPAIR)
		fits = element == TEE_ECC_CURVE_448;
	return fits ? TEE_SUCCESS : TEE_ERROR_NOT_SUPPORTED;
}
