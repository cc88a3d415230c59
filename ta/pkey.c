// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
#include "ta/pkey.h"

#include <string.h>

#include <openssl/core_names.h>
#include <openssl/param_build.h>

#include "ta/curve.h"

#define MAX_COORDINATE 66u /* bytes, on P-521 */
#define MAX_NUMBERS 8u

/* Numbers that are pushed to a builder are read when it builds: they live until then. */
struct builder {
	OSSL_PARAM_BLD *bld;
	BIGNUM *bn[MAX_NUMBERS];
	unsigned int num;
	bool ok;
};

BIGNUM *ta_object_bn(TEE_ObjectHandle obj, uint32_t id)
{
	const struct ta_attr *attr = ta_object_attr(obj, id);

	return attr ? BN_bin2bn(attr->data, (int)attr->len, NULL) : NULL;
}

const TEE_Attribute *ta_param_find(const TEE_Attribute *params, uint32_t num, uint32_t id)
{
	uint32_t i;

	for (i = 0; i < num; i++)
		if (params[i].attributeID == id)
			return &params[i];
	return NULL;
}

uint32_t ta_pkey_curve(TEE_ObjectHandle obj)
{
	const struct ta_attr *curve = ta_object_attr(obj, TEE_ATTR_ECC_CURVE);

	return curve ? curve->a : TEE_ECC_CURVE_SM2;
}

static void push(struct builder *b, const char *name, TEE_ObjectHandle obj, uint32_t id)
{
	BIGNUM *bn = ta_object_bn(obj, id);

	if (b->num == MAX_NUMBERS) {
		b->ok = false;
		BN_clear_free(bn);
		return;
	}
	b->bn[b->num++] = bn;
	b->ok = b->ok && bn && OSSL_PARAM_BLD_push_BN(b->bld, name, bn) == 1;
}

static void start(struct builder *b)
{
	memset(b, 0, sizeof(*b));
	b->bld = OSSL_PARAM_BLD_new();
	b->ok = b->bld != NULL;
}

/* The key, and the end of the builder. */
static EVP_PKEY *finish(struct builder *b, const char *type, bool private)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	OSSL_PARAM *params = b->ok ? OSSL_PARAM_BLD_to_param(b->bld) : NULL;
	EVP_PKEY *pkey = NULL;
	unsigned int i;

	if (ctx && params && EVP_PKEY_fromdata_init(ctx) == 1)
		EVP_PKEY_fromdata(ctx, &pkey, private ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY,
				  params);
	for (i = 0; i < b->num; i++)
		BN_clear_free(b->bn[i]);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(b->bld);
	EVP_PKEY_CTX_free(ctx);
	return pkey;
}

static EVP_PKEY *rsa(TEE_ObjectHandle obj, bool private)
{
	struct builder b;

	start(&b);
	push(&b, OSSL_PKEY_PARAM_RSA_N, obj, TEE_ATTR_RSA_MODULUS);
	push(&b, OSSL_PKEY_PARAM_RSA_E, obj, TEE_ATTR_RSA_PUBLIC_EXPONENT);
	if (private)
		push(&b, OSSL_PKEY_PARAM_RSA_D, obj, TEE_ATTR_RSA_PRIVATE_EXPONENT);
	if (private && ta_object_attr(obj, TEE_ATTR_RSA_PRIME1)) {
		push(&b, OSSL_PKEY_PARAM_RSA_FACTOR1, obj, TEE_ATTR_RSA_PRIME1);
		push(&b, OSSL_PKEY_PARAM_RSA_FACTOR2, obj, TEE_ATTR_RSA_PRIME2);
		push(&b, OSSL_PKEY_PARAM_RSA_EXPONENT1, obj, TEE_ATTR_RSA_EXPONENT1);
		push(&b, OSSL_PKEY_PARAM_RSA_EXPONENT2, obj, TEE_ATTR_RSA_EXPONENT2);
		push(&b, OSSL_PKEY_PARAM_RSA_COEFFICIENT1, obj, TEE_ATTR_RSA_COEFFICIENT);
	}
	return finish(&b, "RSA", private);
}

static EVP_PKEY *dsa(TEE_ObjectHandle obj, bool private)
{
	struct builder b;

	start(&b);
	push(&b, OSSL_PKEY_PARAM_FFC_P, obj, TEE_ATTR_DSA_PRIME);
	push(&b, OSSL_PKEY_PARAM_FFC_Q, obj, TEE_ATTR_DSA_SUBPRIME);
	push(&b, OSSL_PKEY_PARAM_FFC_G, obj, TEE_ATTR_DSA_BASE);
	push(&b, OSSL_PKEY_PARAM_PUB_KEY, obj, TEE_ATTR_DSA_PUBLIC_VALUE);
	if (private)
		push(&b, OSSL_PKEY_PARAM_PRIV_KEY, obj, TEE_ATTR_DSA_PRIVATE_VALUE);
	return finish(&b, "DSA", private);
}

/* 04 || x || y, each as long as the curve's numbers; 0: one is longer. */
static size_t point(uint32_t curve, const uint8_t *x, size_t x_len, const uint8_t *y, size_t y_len,
		    uint8_t out[1 + 2 * MAX_COORDINATE])
{
	size_t size = (ta_curve_bits(curve) + 7) / 8;

	while (x_len > size && !*x)
		x++, x_len--;
	while (y_len > size && !*y)
		y++, y_len--;
	if (!size || x_len > size || y_len > size)
		return 0;
	memset(out, 0, 1 + 2 * size);
	out[0] = 4;
	if (x_len)
		memcpy(out + 1 + size - x_len, x, x_len);
	if (y_len)
		memcpy(out + 1 + 2 * size - y_len, y, y_len);
	return 1 + 2 * size;
}

static void push_point(struct builder *b, uint32_t curve, const uint8_t *octets, size_t len)
{
	const char *name = ta_curve_name(curve);

	b->ok = b->ok && name && len &&
		OSSL_PARAM_BLD_push_utf8_string(b->bld, OSSL_PKEY_PARAM_GROUP_NAME, name, 0) == 1 &&
		OSSL_PARAM_BLD_push_octet_string(b->bld, OSSL_PKEY_PARAM_PUB_KEY, octets, len) == 1;
}

static const char *point_type(uint32_t curve)
{
	return curve == TEE_ECC_CURVE_SM2 ? "SM2" : "EC";
}

EVP_PKEY *ta_pkey_point(uint32_t curve, const void *x, size_t x_len, const void *y, size_t y_len)
{
	uint8_t octets[1 + 2 * MAX_COORDINATE];
	struct builder b;

	start(&b);
	push_point(&b, curve, octets, point(curve, x, x_len, y, y_len, octets));
	return finish(&b, point_type(curve), false);
}

static EVP_PKEY *ecc(TEE_ObjectHandle obj, bool private)
{
	const struct ta_attr *x = ta_object_attr(obj, TEE_ATTR_ECC_PUBLIC_VALUE_X);
	const struct ta_attr *y = ta_object_attr(obj, TEE_ATTR_ECC_PUBLIC_VALUE_Y);
	uint8_t octets[1 + 2 * MAX_COORDINATE];
	uint32_t curve = ta_pkey_curve(obj);
	struct builder b;

	if (!x || !y)
		return NULL;
	start(&b);
	push_point(&b, curve, octets, point(curve, x->data, x->len, y->data, y->len, octets));
	if (private)
		push(&b, OSSL_PKEY_PARAM_PRIV_KEY, obj, TEE_ATTR_ECC_PRIVATE_VALUE);
	return finish(&b, point_type(curve), private);
}

/* Types of such keys list the private value first, if they have one. */
static EVP_PKEY *raw(TEE_ObjectHandle obj, const char *name, bool private)
{
	const struct ta_attr *attr = &obj->attr[private ? 0 : obj->type->num_attrs - 1u];

	if (private)
		return EVP_PKEY_new_raw_private_key_ex(NULL, name, NULL, attr->data, attr->len);
	return EVP_PKEY_new_raw_public_key_ex(NULL, name, NULL, attr->data, attr->len);
}

EVP_PKEY *ta_pkey_create(TEE_ObjectHandle obj, bool private)
{
	switch (obj->info.objectType) {
	case TEE_TYPE_RSA_PUBLIC_KEY:
	case TEE_TYPE_RSA_KEYPAIR:
		return rsa(obj, private);
	case TEE_TYPE_DSA_PUBLIC_KEY:
	case TEE_TYPE_DSA_KEYPAIR:
		return dsa(obj, private);
	case TEE_TYPE_ED25519_PUBLIC_KEY:
	case TEE_TYPE_ED25519_KEYPAIR:
		return raw(obj, "ED25519", private);
	case TEE_TYPE_ED448_PUBLIC_KEY:
	case TEE_TYPE_ED448_KEYPAIR:
		return raw(obj, "ED448", private);
	case TEE_TYPE_X25519_KEYPAIR:
		return raw(obj, "X25519", private);
	case TEE_TYPE_X448_KEYPAIR:
		return raw(obj, "X448", private);
	default:
		return ecc(obj, private);
	}
}
