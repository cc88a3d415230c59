// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
/* DSA, ECDSA and SM2 signatures: GP has r || s, libcrypto ASN.1. */
#include <openssl/ec.h>
#include <string.h>

#include "ta/asym.h"
#include "ta/pkey.h"

#define MAX_NUMBER 66u /* bytes of r or s, on P-521 */
#define MAX_DER (2 * (MAX_NUMBER + 4) + 8)

/* Bytes of each number; 0: more than there can be. */
static size_t number_size(TEE_OperationHandle op)
{
	size_t size = (op->key[0]->info.objectSize + 7) / 8;

	if (op->alg->key_type == TEE_TYPE_DSA_KEYPAIR)
		size = ta_object_attr(op->key[0], TEE_ATTR_DSA_SUBPRIME)->len;
	return size <= MAX_NUMBER ? size : 0;
}

/* Of both algorithms the ASN.1 is the same: a sequence of two numbers. */
static bool from_der(const uint8_t *der, size_t der_len, uint8_t *sig, size_t size)
{
	ECDSA_SIG *s = d2i_ECDSA_SIG(NULL, &der, (long)der_len);
	bool ok = s && BN_bn2binpad(ECDSA_SIG_get0_r(s), sig, (int)size) == (int)size &&
		  BN_bn2binpad(ECDSA_SIG_get0_s(s), sig + size, (int)size) == (int)size;

	ECDSA_SIG_free(s);
	return ok;
}

static size_t to_der(const uint8_t *sig, size_t size, uint8_t der[MAX_DER])
{
	BIGNUM *r = BN_bin2bn(sig, (int)size, NULL), *s = BN_bin2bn(sig + size, (int)size, NULL);
	ECDSA_SIG *pair = ECDSA_SIG_new();
	int len = 0;

	if (r && s && pair && ECDSA_SIG_set0(pair, r, s) == 1) {
		if (i2d_ECDSA_SIG(pair, NULL) <= (int)MAX_DER)
			len = i2d_ECDSA_SIG(pair, &der);
	} else {
		BN_free(r);
		BN_free(s);
	}
	ECDSA_SIG_free(pair);
	return len > 0 ? (size_t)len : 0;
}

TEE_Result ta_pair_sign(const struct ta_asym_call *call, uint8_t *sig, size_t *len)
{
	size_t size = number_size(call->op), der_len = MAX_DER;
	uint8_t der[MAX_DER];
	EVP_PKEY_CTX *ctx;
	bool ok;

	if (!size)
		return TEE_ERROR_BAD_PARAMETERS;
	if (!ta_op_room(len, 2 * size))
		return TEE_ERROR_SHORT_BUFFER;
	ctx = EVP_PKEY_CTX_new_from_pkey(NULL, call->pkey, NULL);
	ok = ctx && EVP_PKEY_sign_init(ctx) == 1 &&
	     EVP_PKEY_sign(ctx, der, &der_len, call->in, call->in_len) == 1 &&
	     from_der(der, der_len, sig, size);
	EVP_PKEY_CTX_free(ctx);
	return ok ? TEE_SUCCESS : TEE_ERROR_GENERIC;
}

TEE_Result ta_pair_verify(const struct ta_asym_call *call, const uint8_t *sig, size_t len)
{
	size_t size = number_size(call->op), der_len = 0;
	uint8_t der[MAX_DER];
	EVP_PKEY_CTX *ctx;
	bool same;

	if (!size)
		return TEE_ERROR_BAD_PARAMETERS;
	if (len == 2 * size)
		der_len = to_der(sig, size, der);
	if (!der_len)
		return TEE_ERROR_SIGNATURE_INVALID;
	ctx = EVP_PKEY_CTX_new_from_pkey(NULL, call->pkey, NULL);
	same = ctx && EVP_PKEY_verify_init(ctx) == 1 &&
	       EVP_PKEY_verify(ctx, der, der_len, call->in, call->in_len) == 1;
	EVP_PKEY_CTX_free(ctx);
	return same ? TEE_SUCCESS : TEE_ERROR_SIGNATURE_INVALID;
}
