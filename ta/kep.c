// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
/* A is the initiator, B the responder; "our" and "peer" say which side this is. */
#include "ta/kep.h"

#include <string.h>

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/kdf.h>
#include <openssl/obj_mac.h>
#include <tee_api_defines_extensions.h>

#include "ta/pkey.h"

#define NUMBER 32u /* bytes of a coordinate */
#define HASH 32u
#define W 127 /* half of the bits of the order, less one */
#define MAX_ID 8191u /* its bits are counted in 16 */
#define CONFIRM_BY_B 2u
#define CONFIRM_BY_A 3u

/* A caller's parameters. */
struct kep_params {
	const TEE_Attribute *x, *y, *fresh_x, *fresh_y; /* the peer's */
	const TEE_Attribute *id_a, *id_b, *confirm_in, *confirm_out;
	bool initiator, has_user;
	uint32_t len; /* 0: not said */
};

/* What the steps of the exchange know. */
struct kep {
	EC_GROUP *group;
	BN_CTX *ctx;
	EC_POINT *ours, *our_fresh, *peer, *peer_fresh, *u;
	uint8_t z[2 * NUMBER + 2 * HASH]; /* xU || yU || ZA || ZB */
};

static bool take(struct kep_params *p, const TEE_Attribute *a)
{
	switch (a->attributeID) {
	case TEE_ATTR_SM2_KEP_USER:
		p->initiator = !a->content.value.a;
		p->has_user = true;
		return true;
	case TEE_ATTR_ECC_PUBLIC_VALUE_X:
		p->x = a;
		return true;
	case TEE_ATTR_ECC_PUBLIC_VALUE_Y:
		p->y = a;
		return true;
	case TEE_ATTR_ECC_EPHEMERAL_PUBLIC_VALUE_X:
	case __OPTEE_SM2_KEP_ATTR_ECC_EPHEMERAL_PUBLIC_VALUE_X:
		p->fresh_x = a;
		return true;
	case TEE_ATTR_ECC_EPHEMERAL_PUBLIC_VALUE_Y:
	case __OPTEE_SM2_KEP_ATTR_ECC_EPHEMERAL_PUBLIC_VALUE_Y:
		p->fresh_y = a;
		return true;
	case TEE_ATTR_SM2_ID_INITIATOR:
		p->id_a = a;
		return a->content.ref.length <= MAX_ID;
	case TEE_ATTR_SM2_ID_RESPONDER:
		p->id_b = a;
		return a->content.ref.length <= MAX_ID;
	case TEE_ATTR_SM2_KEP_CONFIRMATION_IN:
		p->confirm_in = a;
		return a->content.ref.length == HASH;
	case TEE_ATTR_SM2_KEP_CONFIRMATION_OUT:
		p->confirm_out = a;
		return a->content.ref.length >= HASH;
	case TEE_ATTR_KDF_KEY_SIZE:
		p->len = a->content.value.a;
		return p->len != 0;
	default:
		return false;
	}
}

static bool take_all(struct kep_params *p, const TEE_Attribute *params, uint32_t num)
{
	uint32_t i;

	memset(p, 0, sizeof(*p));
	for (i = 0; i < num; i++)
		if (!take(p, &params[i]))
			return false;
	return p->has_user && p->x && p->y && p->fresh_x && p->fresh_y && p->id_a && p->id_b;
}

static void kep_free(struct kep *k)
{
	EC_POINT_free(k->ours);
	EC_POINT_free(k->our_fresh);
	EC_POINT_free(k->peer);
	EC_POINT_free(k->peer_fresh);
	EC_POINT_clear_free(k->u);
	EC_GROUP_free(k->group);
	BN_CTX_free(k->ctx);
	explicit_bzero(k, sizeof(*k));
}

static bool kep_start(struct kep *k)
{
	memset(k, 0, sizeof(*k));
	k->group = EC_GROUP_new_by_curve_name_ex(NULL, NULL, NID_sm2);
	k->ctx = BN_CTX_secure_new();
	if (!k->group || !k->ctx)
		return false;
	k->ours = EC_POINT_new(k->group);
	k->our_fresh = EC_POINT_new(k->group);
	k->peer = EC_POINT_new(k->group);
	k->peer_fresh = EC_POINT_new(k->group);
	k->u = EC_POINT_new(k->group);
	return k->ours && k->our_fresh && k->peer && k->peer_fresh && k->u;
}

/* Takes @x and @y. False: no point of the curve, or none that was given. */
static bool set_point(const struct kep *k, EC_POINT *point, BIGNUM *x, BIGNUM *y)
{
	bool ok = x && y && EC_POINT_set_affine_coordinates(k->group, point, x, y, k->ctx) == 1;

	BN_free(x);
	BN_free(y);
	return ok;
}

static bool set_own(const struct kep *k, EC_POINT *point, TEE_ObjectHandle pair)
{
	return set_point(k, point, ta_object_bn(pair, TEE_ATTR_ECC_PUBLIC_VALUE_X),
			 ta_object_bn(pair, TEE_ATTR_ECC_PUBLIC_VALUE_Y));
}

static BIGNUM *number(const TEE_Attribute *a)
{
	return a->content.ref.length > TA_ATTR_MAX_SIZE
		       ? NULL
		       : BN_bin2bn(a->content.ref.buffer, (int)a->content.ref.length, NULL);
}

static bool set_points(const struct kep *k, TEE_OperationHandle op, const struct kep_params *p)
{
	return set_own(k, k->ours, op->key[0]) && set_own(k, k->our_fresh, op->key[1]) &&
	       set_point(k, k->peer, number(p->x), number(p->y)) &&
	       set_point(k, k->peer_fresh, number(p->fresh_x), number(p->fresh_y));
}

/* x || y */
static bool point_bytes(const struct kep *k, const EC_POINT *point, uint8_t out[2 * NUMBER])
{
	BIGNUM *x = BN_secure_new(), *y = BN_secure_new();
	bool ok = x && y && EC_POINT_get_affine_coordinates(k->group, point, x, y, k->ctx) == 1 &&
		  BN_bn2binpad(x, out, NUMBER) == (int)NUMBER &&
		  BN_bn2binpad(y, out + NUMBER, NUMBER) == (int)NUMBER;

	BN_clear_free(x);
	BN_clear_free(y);
	return ok;
}

/* @n = 2^W + (x mod 2^W) of a point. */
static bool half_of(const struct kep *k, const EC_POINT *point, BIGNUM *n)
{
	/* BN_mask_bits fails when there are no more bits than that. */
	return EC_POINT_get_affine_coordinates(k->group, point, n, NULL, k->ctx) == 1 &&
	       (BN_num_bits(n) <= W || BN_mask_bits(n, W) == 1) && BN_set_bit(n, W) == 1;
}

/* U = (d + half_of(own fresh) * r)(P + half_of(its fresh) * R): steps A4 to A7, B3 to B6. */
static TEE_Result common_point(struct kep *k, TEE_OperationHandle op)
{
	BIGNUM *d = ta_object_bn(op->key[0], TEE_ATTR_ECC_PRIVATE_VALUE);
	BIGNUM *r = ta_object_bn(op->key[1], TEE_ATTR_ECC_PRIVATE_VALUE);
	BIGNUM *t = BN_secure_new(), *half = BN_secure_new();
	const BIGNUM *order = EC_GROUP_get0_order(k->group);
	TEE_Result res = TEE_ERROR_OUT_OF_MEMORY;

	if (d && r && t && half && half_of(k, k->our_fresh, half) &&
	    BN_mod_mul(t, half, r, order, k->ctx) && BN_mod_add(t, t, d, order, k->ctx) &&
	    half_of(k, k->peer_fresh, half) &&
	    EC_POINT_mul(k->group, k->u, NULL, k->peer_fresh, half, k->ctx) == 1 &&
	    EC_POINT_add(k->group, k->u, k->u, k->peer, k->ctx) == 1 &&
	    EC_POINT_mul(k->group, k->u, NULL, k->u, t, k->ctx) == 1)
		res = EC_POINT_is_at_infinity(k->group, k->u) ? TEE_ERROR_BAD_PARAMETERS
							      : TEE_SUCCESS;
	if (res == TEE_SUCCESS && !point_bytes(k, k->u, k->z))
		res = TEE_ERROR_OUT_OF_MEMORY;
	BN_clear_free(d);
	BN_clear_free(r);
	BN_clear_free(t);
	BN_clear_free(half);
	return res;
}

/* ZA, ZB: the digest of a side's name, of the curve and of its fixed key (GB/T 32918.3 5.5). */
static bool name_digest(const struct kep *k, const TEE_Attribute *id, const EC_POINT *point,
			uint8_t out[HASH])
{
	uint16_t bits = (uint16_t)(id->content.ref.length * 8);
	uint8_t head[2] = { (uint8_t)(bits >> 8), (uint8_t)bits };
	uint8_t a_b[2 * NUMBER], g[2 * NUMBER], key[2 * NUMBER];
	BIGNUM *a = BN_new(), *b = BN_new();
	EVP_MD *sm3 = EVP_MD_fetch(NULL, "SM3", NULL);
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	bool ok = a && b && sm3 && md && EC_GROUP_get_curve(k->group, NULL, a, b, k->ctx) == 1 &&
		  BN_bn2binpad(a, a_b, NUMBER) == (int)NUMBER &&
		  BN_bn2binpad(b, a_b + NUMBER, NUMBER) == (int)NUMBER &&
		  point_bytes(k, EC_GROUP_get0_generator(k->group), g) &&
		  point_bytes(k, point, key) && EVP_DigestInit_ex2(md, sm3, NULL) == 1 &&
		  EVP_DigestUpdate(md, head, sizeof(head)) == 1 &&
		  EVP_DigestUpdate(md, id->content.ref.buffer, id->content.ref.length) == 1 &&
		  EVP_DigestUpdate(md, a_b, sizeof(a_b)) == 1 &&
		  EVP_DigestUpdate(md, g, sizeof(g)) == 1 &&
		  EVP_DigestUpdate(md, key, sizeof(key)) == 1 &&
		  EVP_DigestFinal_ex(md, out, NULL) == 1;

	EVP_MD_CTX_free(md);
	EVP_MD_free(sm3);
	BN_free(a);
	BN_free(b);
	return ok;
}

/* SM3(who || yU || SM3(xU || ZA || ZB || RA || RB)) */
static bool confirmation(const struct kep *k, bool initiator, uint8_t who, uint8_t out[HASH])
{
	uint8_t inner[NUMBER + 2 * HASH + 4 * NUMBER], outer[1 + NUMBER + HASH];
	const EC_POINT *a = initiator ? k->our_fresh : k->peer_fresh;
	const EC_POINT *b = initiator ? k->peer_fresh : k->our_fresh;
	bool ok;

	memcpy(inner, k->z, NUMBER);
	memcpy(inner + NUMBER, k->z + 2 * NUMBER, 2 * HASH);
	outer[0] = who;
	memcpy(outer + 1, k->z + NUMBER, NUMBER);
	ok = point_bytes(k, a, inner + NUMBER + 2 * HASH) &&
	     point_bytes(k, b, inner + 3 * NUMBER + 2 * HASH) &&
	     EVP_Q_digest(NULL, "SM3", NULL, inner, sizeof(inner), outer + 1 + NUMBER, NULL) == 1 &&
	     EVP_Q_digest(NULL, "SM3", NULL, outer, sizeof(outer), out, NULL) == 1;
	explicit_bzero(inner, sizeof(inner));
	explicit_bzero(outer, sizeof(outer));
	return ok;
}

/*
 * OP-TEE's users pass on attributes whose buffer a client gave for input alone: OP-TEE writes nothing
 * there either.
 */
static bool is_writable(const TEE_Attribute *a)
{
	return TEE_CheckMemoryAccessRights(TEE_MEMORY_ACCESS_WRITE | TEE_MEMORY_ACCESS_ANY_OWNER,
					   a->content.ref.buffer, HASH) == TEE_SUCCESS;
}

static TEE_Result confirm(const struct kep *k, const struct kep_params *p)
{
	uint8_t theirs = p->initiator ? CONFIRM_BY_B : CONFIRM_BY_A;
	uint8_t own = p->initiator ? CONFIRM_BY_A : CONFIRM_BY_B;
	uint8_t digest[HASH];

	if (p->confirm_in) {
		if (!confirmation(k, p->initiator, theirs, digest))
			return TEE_ERROR_OUT_OF_MEMORY;
		if (TEE_MemCompare(digest, p->confirm_in->content.ref.buffer, HASH))
			return TEE_ERROR_BAD_STATE;
	}
	if (p->confirm_out) {
		if (!confirmation(k, p->initiator, own, digest))
			return TEE_ERROR_OUT_OF_MEMORY;
		if (is_writable(p->confirm_out))
			memcpy(p->confirm_out->content.ref.buffer, digest, HASH);
	}
	return TEE_SUCCESS;
}

/* SM2's function is the one of X9.63 with SM3 (GB/T 32918.3 5.4.3). */
static bool stretch(struct kep *k, uint8_t *out, size_t len)
{
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, OSSL_KDF_NAME_X963KDF, NULL);
	EVP_KDF_CTX *ctx = kdf ? EVP_KDF_CTX_new(kdf) : NULL;
	char hash[] = "SM3";
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, hash, 0),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SECRET, k->z, sizeof(k->z)),
		OSSL_PARAM_construct_end(),
	};
	bool ok = ctx && EVP_KDF_derive(ctx, out, len, params) == 1;

	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
	return ok;
}

TEE_Result ta_kep(TEE_OperationHandle op, const TEE_Attribute *params, uint32_t num, size_t max,
		  uint8_t *out, size_t *len)
{
	TEE_Result res = TEE_ERROR_BAD_PARAMETERS;
	struct kep_params p;
	struct kep k;

	if (!take_all(&p, params, num) || p.len > *len)
		return res;
	if (p.len)
		*len = p.len;
	else if (max && max < *len)
		*len = max;
	if (!kep_start(&k))
		res = TEE_ERROR_OUT_OF_MEMORY;
	else if (set_points(&k, op, &p))
		res = common_point(&k, op);
	if (res == TEE_SUCCESS &&
	    (!name_digest(&k, p.id_a, p.initiator ? k.ours : k.peer, k.z + 2 * NUMBER) ||
	     !name_digest(&k, p.id_b, p.initiator ? k.peer : k.ours, k.z + 2 * NUMBER + HASH) ||
	     !stretch(&k, out, *len)))
		res = TEE_ERROR_OUT_OF_MEMORY;
	if (res == TEE_SUCCESS)
		res = confirm(&k, &p);
	kep_free(&k);
	return res;
}
