// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
/* Fresh keys for transient objects (TEE_GenerateKey). */
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/rsa.h>

#include "ta/curve.h"
#include "ta/object.h"
#include "ta/pkey.h"

#define RSA_EXPONENT 65537u
#define RSA_EVP_MIN_BITS 512u /* below it libcrypto doesn't generate */

static TEE_Result set_bn(TEE_ObjectHandle obj, uint32_t id, const BIGNUM *bn)
{
	uint8_t bytes[TA_ATTR_MAX_SIZE];
	TEE_Result res;
	int len;

	if (BN_num_bytes(bn) > (int)sizeof(bytes))
		return TEE_ERROR_OVERFLOW;
	len = BN_bn2bin(bn, bytes);
	res = ta_object_set_ref(obj, id, bytes, (size_t)len);
	explicit_bzero(bytes, sizeof(bytes));
	return res;
}

static TEE_Result secret(TEE_ObjectHandle obj, uint32_t bits)
{
	uint8_t key[TA_ATTR_MAX_SIZE];
	size_t len = (bits + (ta_object_size_legacy(obj->type, bits) ? bits / 7 : 0)) / 8;
	TEE_Result res;

	TEE_GenerateRandom(key, len);
	res = ta_object_set_ref(obj, obj->type->attrs[0].id, key, len);
	explicit_bzero(key, sizeof(key));
	return res;
}

/* Number @p of OSSL_PKEY_PARAM_* becomes attribute @id. */
static TEE_Result take_bn(TEE_ObjectHandle obj, EVP_PKEY *pkey, const char *p, uint32_t id)
{
	BIGNUM *bn = NULL;
	TEE_Result res = TEE_ERROR_GENERIC;

	if (EVP_PKEY_get_bn_param(pkey, p, &bn) == 1)
		res = set_bn(obj, id, bn);
	BN_clear_free(bn);
	return res;
}

static TEE_Result rsa_take(TEE_ObjectHandle obj, EVP_PKEY *pkey)
{
	static const struct {
		const char *name;
		uint32_t id;
	} parts[] = {
		{ OSSL_PKEY_PARAM_RSA_N, TEE_ATTR_RSA_MODULUS },
		{ OSSL_PKEY_PARAM_RSA_E, TEE_ATTR_RSA_PUBLIC_EXPONENT },
		{ OSSL_PKEY_PARAM_RSA_D, TEE_ATTR_RSA_PRIVATE_EXPONENT },
		{ OSSL_PKEY_PARAM_RSA_FACTOR1, TEE_ATTR_RSA_PRIME1 },
		{ OSSL_PKEY_PARAM_RSA_FACTOR2, TEE_ATTR_RSA_PRIME2 },
		{ OSSL_PKEY_PARAM_RSA_EXPONENT1, TEE_ATTR_RSA_EXPONENT1 },
		{ OSSL_PKEY_PARAM_RSA_EXPONENT2, TEE_ATTR_RSA_EXPONENT2 },
		{ OSSL_PKEY_PARAM_RSA_COEFFICIENT1, TEE_ATTR_RSA_COEFFICIENT },
	};
	TEE_Result res = TEE_SUCCESS;
	size_t i;

	for (i = 0; i < sizeof(parts) / sizeof(parts[0]) && res == TEE_SUCCESS; i++)
		res = take_bn(obj, pkey, parts[i].name, parts[i].id);
	return res;
}

static TEE_Result rsa_evp(TEE_ObjectHandle obj, uint32_t bits, const BIGNUM *e)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	EVP_PKEY *pkey = NULL;
	TEE_Result res = TEE_ERROR_GENERIC;
	BIGNUM *copy = BN_dup(e);

	if (ctx && copy && EVP_PKEY_keygen_init(ctx) == 1 &&
	    EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, (int)bits) == 1 &&
	    EVP_PKEY_CTX_set1_rsa_keygen_pubexp(ctx, copy) == 1 &&
	    EVP_PKEY_generate(ctx, &pkey) == 1)
		res = rsa_take(obj, pkey);
	BN_free(copy);
	EVP_PKEY_free(pkey);
	EVP_PKEY_CTX_free(ctx);
	return res;
}

/* One prime of @bits whose predecessor shares no factor with @e. */
static bool rsa_prime(BIGNUM *p, uint32_t bits, const BIGNUM *e, BN_CTX *ctx)
{
	BIGNUM *t = BN_CTX_get(ctx), *g = BN_CTX_get(ctx);

	do {
		if (!g || !BN_generate_prime_ex2(p, (int)bits, 0, NULL, NULL, NULL, ctx) ||
		    !BN_sub(t, p, BN_value_one()) || !BN_gcd(g, t, e, ctx))
			return false;
	} while (!BN_is_one(g));
	return true;
}

/* Toy sizes, by the book (PKCS #1 3.2). */
static TEE_Result rsa_small(TEE_ObjectHandle obj, uint32_t bits, const BIGNUM *e)
{
	BN_CTX *ctx = BN_CTX_secure_new();
	BIGNUM *v[8];
	TEE_Result res = TEE_ERROR_GENERIC;
	size_t i;
	bool ok;

	if (!ctx)
		return TEE_ERROR_OUT_OF_MEMORY;
	BN_CTX_start(ctx);
	/* n, phi, d, p, q, dp, dq, qinv */
	for (i = 0; i < 8; i++)
		v[i] = BN_CTX_get(ctx);
	do {
		ok = v[7] && rsa_prime(v[3], bits - bits / 2, e, ctx) &&
		     rsa_prime(v[4], bits / 2, e, ctx) && BN_mul(v[0], v[3], v[4], ctx);
	} while (ok && (BN_num_bits(v[0]) != (int)bits || !BN_cmp(v[3], v[4])));
	ok = ok && BN_sub(v[5], v[3], BN_value_one()) && BN_sub(v[6], v[4], BN_value_one()) &&
	     BN_mul(v[1], v[5], v[6], ctx) && BN_mod_inverse(v[2], e, v[1], ctx) &&
	     BN_mod(v[5], v[2], v[5], ctx) && BN_mod(v[6], v[2], v[6], ctx) &&
	     BN_mod_inverse(v[7], v[4], v[3], ctx);
	if (ok)
		res = set_bn(obj, TEE_ATTR_RSA_MODULUS, v[0]);
	if (res == TEE_SUCCESS)
		res = set_bn(obj, TEE_ATTR_RSA_PRIVATE_EXPONENT, v[2]);
	for (i = 3; i < 8 && res == TEE_SUCCESS; i++)
		res = set_bn(obj, TEE_ATTR_RSA_PRIME1 + 0x100u * (uint32_t)(i - 3), v[i]);
	BN_CTX_end(ctx);
	BN_CTX_free(ctx);
	return res;
}

static TEE_Result rsa(TEE_ObjectHandle obj, uint32_t bits)
{
	static const uint8_t f4[] = { 1, 0, 1 };
	TEE_Result res = TEE_SUCCESS;
	BIGNUM *e;

	if (!ta_object_attr(obj, TEE_ATTR_RSA_PUBLIC_EXPONENT))
		res = ta_object_set_ref(obj, TEE_ATTR_RSA_PUBLIC_EXPONENT, f4, sizeof(f4));
	if (res != TEE_SUCCESS)
		return res;
	e = ta_object_bn(obj, TEE_ATTR_RSA_PUBLIC_EXPONENT);
	if (!e)
		return TEE_ERROR_OUT_OF_MEMORY;
	/* NIST SP 800-56B: odd, at least 65537, less than 2^256. */
	if (!BN_is_odd(e) || BN_num_bits(e) > 256 || BN_get_word(e) < RSA_EXPONENT)
		res = TEE_ERROR_BAD_PARAMETERS;
	else if (bits < RSA_EVP_MIN_BITS)
		res = rsa_small(obj, bits, e);
	else
		res = rsa_evp(obj, bits, e);
	BN_free(e);
	return res;
}

/* @y = @g ^ @x mod @p */
static TEE_Result power(TEE_ObjectHandle obj, const BIGNUM *g, BIGNUM *x, const BIGNUM *p,
			uint32_t x_id, uint32_t y_id)
{
	BN_CTX *ctx = BN_CTX_secure_new();
	BIGNUM *y = BN_new();
	TEE_Result res = TEE_ERROR_BAD_PARAMETERS;

	BN_set_flags(x, BN_FLG_CONSTTIME);
	if (!ctx || !y)
		res = TEE_ERROR_OUT_OF_MEMORY;
	else if (BN_is_odd(p) && BN_mod_exp(y, g, x, p, ctx))
		res = set_bn(obj, x_id, x);
	if (res == TEE_SUCCESS)
		res = set_bn(obj, y_id, y);
	BN_free(y);
	BN_CTX_free(ctx);
	return res;
}

static TEE_Result dsa(TEE_ObjectHandle obj, uint32_t bits)
{
	BIGNUM *p = ta_object_bn(obj, TEE_ATTR_DSA_PRIME),
	       *q = ta_object_bn(obj, TEE_ATTR_DSA_SUBPRIME);
	BIGNUM *g = ta_object_bn(obj, TEE_ATTR_DSA_BASE), *x = BN_secure_new();
	TEE_Result res = TEE_ERROR_BAD_PARAMETERS;

	if (!p || !q || !g || !x)
		res = TEE_ERROR_OUT_OF_MEMORY;
	else if (BN_num_bits(p) == (int)bits && BN_num_bits(q) > 1 && BN_sub_word(q, 1) &&
		 BN_priv_rand_range(x, q) && BN_add_word(x, 1))
		res = power(obj, g, x, p, TEE_ATTR_DSA_PRIVATE_VALUE, TEE_ATTR_DSA_PUBLIC_VALUE);
	BN_free(p);
	BN_free(q);
	BN_free(g);
	BN_clear_free(x);
	return res;
}

/* 1 < @x < @q, or @x of @bits, or of one bit less than @p (PKCS #3 7.1). */
static bool dh_private(BIGNUM *x, const BIGNUM *p, BIGNUM *q, uint32_t bits)
{
	if (bits)
		return (int)bits < BN_num_bits(p) &&
		       BN_priv_rand(x, (int)bits, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY);
	if (q)
		return BN_num_bits(q) > 2 && BN_sub_word(q, 2) && BN_priv_rand_range(x, q) &&
		       BN_add_word(x, 2);
	return BN_num_bits(p) > 2 &&
	       BN_priv_rand(x, BN_num_bits(p) - 1, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY);
}

static TEE_Result dh(TEE_ObjectHandle obj, uint32_t bits)
{
	const struct ta_attr *x_bits = ta_object_attr(obj, TEE_ATTR_DH_X_BITS);
	BIGNUM *p = ta_object_bn(obj, TEE_ATTR_DH_PRIME), *g = ta_object_bn(obj, TEE_ATTR_DH_BASE);
	BIGNUM *q = ta_object_bn(obj, TEE_ATTR_DH_SUBPRIME), *x = BN_secure_new();
	TEE_Result res = TEE_ERROR_BAD_PARAMETERS;

	if (!p || !g || !x)
		res = TEE_ERROR_OUT_OF_MEMORY;
	else if (BN_num_bits(p) <= (int)bits && dh_private(x, p, q, x_bits ? x_bits->a : 0))
		res = power(obj, g, x, p, TEE_ATTR_DH_PRIVATE_VALUE, TEE_ATTR_DH_PUBLIC_VALUE);
	if (res == TEE_SUCCESS)
		res = ta_object_set_value(obj, TEE_ATTR_DH_X_BITS, (uint32_t)BN_num_bits(x), 0);
	BN_free(p);
	BN_free(g);
	BN_free(q);
	BN_clear_free(x);
	return res;
}

static TEE_Result ecc(TEE_ObjectHandle obj, uint32_t bits)
{
	const struct ta_attr *curve = ta_object_attr(obj, TEE_ATTR_ECC_CURVE);
	uint32_t id = curve ? curve->a : TEE_ECC_CURVE_SM2;
	const char *name = ta_curve_name(id);
	TEE_Result res = TEE_ERROR_GENERIC;
	EVP_PKEY *pkey;

	if (!name || ta_curve_bits(id) != bits)
		return TEE_ERROR_BAD_PARAMETERS;
	pkey = EVP_PKEY_Q_keygen(NULL, NULL, "EC", name);
	if (pkey)
		res = take_bn(obj, pkey, OSSL_PKEY_PARAM_PRIV_KEY, TEE_ATTR_ECC_PRIVATE_VALUE);
	if (res == TEE_SUCCESS)
		res = take_bn(obj, pkey, OSSL_PKEY_PARAM_EC_PUB_X, TEE_ATTR_ECC_PUBLIC_VALUE_X);
	if (res == TEE_SUCCESS)
		res = take_bn(obj, pkey, OSSL_PKEY_PARAM_EC_PUB_Y, TEE_ATTR_ECC_PUBLIC_VALUE_Y);
	EVP_PKEY_free(pkey);
	return res;
}

/* Curves whose keys are strings of bytes; their types list the private one first. */
static TEE_Result raw(TEE_ObjectHandle obj, const char *name)
{
	EVP_PKEY *pkey = EVP_PKEY_Q_keygen(NULL, NULL, name);
	TEE_Result res = TEE_ERROR_GENERIC;
	uint8_t key[64];
	size_t len = sizeof(key);

	if (pkey && EVP_PKEY_get_raw_private_key(pkey, key, &len) == 1)
		res = ta_object_set_ref(obj, obj->type->attrs[0].id, key, len);
	len = sizeof(key);
	if (res == TEE_SUCCESS)
		res = EVP_PKEY_get_raw_public_key(pkey, key, &len) == 1
			      ? ta_object_set_ref(obj, obj->type->attrs[1].id, key, len)
			      : TEE_ERROR_GENERIC;
	explicit_bzero(key, sizeof(key));
	EVP_PKEY_free(pkey);
	return res;
}

TEE_Result ta_object_generate(TEE_ObjectHandle obj, uint32_t bits)
{
	switch (obj->info.objectType) {
	case TEE_TYPE_RSA_KEYPAIR:
		return rsa(obj, bits);
	case TEE_TYPE_DSA_KEYPAIR:
		return dsa(obj, bits);
	case TEE_TYPE_DH_KEYPAIR:
		return dh(obj, bits);
	case TEE_TYPE_ECDSA_KEYPAIR:
	case TEE_TYPE_ECDH_KEYPAIR:
	case TEE_TYPE_SM2_DSA_KEYPAIR:
	case TEE_TYPE_SM2_KEP_KEYPAIR:
	case TEE_TYPE_SM2_PKE_KEYPAIR:
		return ecc(obj, bits);
	case TEE_TYPE_ED25519_KEYPAIR:
		return raw(obj, "ED25519");
	case TEE_TYPE_ED448_KEYPAIR:
		return raw(obj, "ED448");
	case TEE_TYPE_X25519_KEYPAIR:
		return raw(obj, "X25519");
	case TEE_TYPE_X448_KEYPAIR:
		return raw(obj, "X448");
	default:
		/* A public key isn't generated. */
		return obj->type->attrs[0].form == TA_ATTR_SECRET ? secret(obj, bits)
								  : TEE_ERROR_NOT_SUPPORTED;
	}
}
