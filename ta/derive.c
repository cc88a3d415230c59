// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
/* Operations of class TEE_OPERATION_KEY_DERIVATION (6.8): shared secrets. */
#include <string.h>

#include "ta/kdf.h"
#include "ta/kep.h"
#include "ta/operation.h"
#include "ta/pkey.h"
#include "ta/runtime.h"

static TEE_Result derive_create(TEE_OperationHandle op)
{
	op->own = NULL;
	return TEE_SUCCESS;
}

static void derive_destroy(TEE_OperationHandle op)
{
	(void)op;
}

/* The keys are all there is. */
static bool derive_copy(TEE_OperationHandle dst, TEE_OperationHandle src)
{
	return !dst->key[0] == !src->key[0];
}

const struct ta_class_ops ta_derive_class = {
	.create = derive_create,
	.destroy = derive_destroy,
	.copy = derive_copy,
};

/* A number without zeros in front, as OP-TEE gives it. */
static TEE_Result dh(TEE_ObjectHandle key, const TEE_Attribute *peer, uint8_t *out, size_t *len)
{
	BIGNUM *p = ta_object_bn(key, TEE_ATTR_DH_PRIME), *z = BN_secure_new();
	BIGNUM *x = ta_object_bn(key, TEE_ATTR_DH_PRIVATE_VALUE);
	BIGNUM *y = BN_bin2bn(peer->content.ref.buffer, (int)peer->content.ref.length, NULL);
	BN_CTX *ctx = BN_CTX_secure_new();
	TEE_Result res = TEE_ERROR_BAD_PARAMETERS;

	if (x)
		BN_set_flags(x, BN_FLG_CONSTTIME);
	/* 1 < y < p - 1 (NIST SP 800-56A 5.6.2.3.1): others give the secret away. */
	if (p && z && x && y && ctx && BN_is_odd(p) && BN_copy(z, p) && BN_sub_word(z, 1) &&
	    BN_cmp(y, z) < 0 && BN_cmp(y, BN_value_one()) > 0 && BN_mod_exp(z, y, x, p, ctx) &&
	    (size_t)BN_num_bytes(z) <= *len) {
		*len = (size_t)BN_bn2bin(z, out);
		res = TEE_SUCCESS;
	}
	BN_free(p);
	BN_clear_free(z);
	BN_clear_free(x);
	BN_free(y);
	BN_CTX_free(ctx);
	return res;
}

static TEE_Result agree(TEE_ObjectHandle key, EVP_PKEY *peer, uint8_t *out, size_t *len)
{
	EVP_PKEY *own = ta_pkey_create(key, true);
	EVP_PKEY_CTX *ctx = own ? EVP_PKEY_CTX_new_from_pkey(NULL, own, NULL) : NULL;
	TEE_Result res = TEE_ERROR_BAD_PARAMETERS;

	if (ctx && peer && EVP_PKEY_derive_init(ctx) == 1 &&
	    EVP_PKEY_derive_set_peer(ctx, peer) == 1 && EVP_PKEY_derive(ctx, out, len) == 1)
		res = TEE_SUCCESS;
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(own);
	EVP_PKEY_free(peer);
	return res;
}

static TEE_Result shared_secret(TEE_OperationHandle op, const TEE_Attribute *params, uint32_t num,
				uint8_t *out, size_t *len)
{
	uint32_t id = op->alg->kind == TA_DERIVE_DH	? TEE_ATTR_DH_PUBLIC_VALUE
		      : op->alg->kind == TA_DERIVE_ECDH ? TEE_ATTR_ECC_PUBLIC_VALUE_X
		      : op->alg->id == TEE_ALG_X448	? TEE_ATTR_X448_PUBLIC_VALUE
							: TEE_ATTR_X25519_PUBLIC_VALUE;
	const TEE_Attribute *peer = ta_param_find(params, num, id), *y;

	if (!peer || peer->content.ref.length > TA_ATTR_MAX_SIZE)
		return TEE_ERROR_BAD_PARAMETERS;
	if (op->alg->kind == TA_DERIVE_DH)
		return dh(op->key[0], peer, out, len);
	if (op->alg->kind == TA_DERIVE_RAW)
		return agree(op->key[0],
			     EVP_PKEY_new_raw_public_key_ex(NULL, op->alg->hash, NULL,
							    peer->content.ref.buffer,
							    peer->content.ref.length),
			     out, len);
	y = ta_param_find(params, num, TEE_ATTR_ECC_PUBLIC_VALUE_Y);
	if (!y)
		return TEE_ERROR_BAD_PARAMETERS;
	return agree(op->key[0],
		     ta_pkey_point(ta_pkey_curve(op->key[0]), peer->content.ref.buffer,
				   peer->content.ref.length, y->content.ref.buffer,
				   y->content.ref.length),
		     out, len);
}

static void check_params(const TEE_Attribute *params, uint32_t num, const char *func)
{
	uint32_t i;

	if (!params && num)
		ta_panic(func, TEE_ERROR_BAD_PARAMETERS, "no parameters where some should be");
	for (i = 0; i < num; i++)
		if (!(params[i].attributeID & TEE_ATTR_FLAG_VALUE) &&
		    !params[i].content.ref.buffer && params[i].content.ref.length)
			ta_panic(func, TEE_ERROR_BAD_PARAMETERS, "a parameter without a buffer");
}

void TEE_DeriveKey(TEE_OperationHandle operation, const TEE_Attribute *params, uint32_t paramCount,
		   TEE_ObjectHandle derivedKey)
{
	TEE_OperationHandle op = ta_op_get(operation, TEE_OPERATION_KEY_DERIVATION, __func__);
	TEE_ObjectHandle key = ta_object_get(derivedKey, __func__);
	uint8_t secret[TA_ATTR_MAX_SIZE];
	size_t len = sizeof(secret);
	TEE_Result res;

	check_params(params, paramCount, __func__);
	if (!(op->info.handleState & TEE_HANDLE_FLAG_KEY_SET))
		TA_PANIC(TEE_ERROR_BAD_STATE, "the operation has no key");
	if (key->ops || key->info.objectType != TEE_TYPE_GENERIC_SECRET)
		TA_PANIC(TEE_ERROR_BAD_PARAMETERS, "a derived key is a transient generic secret");
	if (key->info.handleFlags & TEE_HANDLE_FLAG_INITIALIZED)
		TA_PANIC(TEE_ERROR_BAD_PARAMETERS, "the object has a key already");
	if (op->alg->kind >= TA_DERIVE_HKDF_GP)
		res = ta_kdf(op, params, paramCount, secret, &len);
	else if (op->alg->kind == TA_DERIVE_SM2_KEP)
		/* As OP-TEE reads it: the object's size in bits is the secret's in bytes. */
		res = ta_kep(op, params, paramCount, key->info.maxObjectSize, secret, &len);
	else
		res = shared_secret(op, params, paramCount, secret, &len);
	/* As in OP-TEE a secret is bounded by the object's type, not by what it was allocated for. */
	if (res == TEE_SUCCESS && key->info.maxObjectSize < len * 8)
		key->info.maxObjectSize = (uint32_t)len * 8;
	if (res == TEE_SUCCESS)
		res = ta_object_set_ref(key, TEE_ATTR_SECRET_VALUE, secret, len);
	explicit_bzero(secret, sizeof(secret));
	if (res != TEE_SUCCESS)
		TA_PANIC(res, "parameters that don't fit the algorithm or the derived key");
	key->info.handleFlags |= TEE_HANDLE_FLAG_INITIALIZED;
}
