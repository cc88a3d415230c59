// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
/*
 * EdDSA (RFC 8032): plain by libcrypto; with a context, or of a message's hash, which libcrypto 3.0
 * can't do, by libgcrypt (docs/decisions/eddsa.md).
 */
#include <errno.h>
#include <gcrypt.h>
#include <limits.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "ta/asym.h"
#include "ta/pkey.h"
#include "ta/runtime.h"

#define MAX_CONTEXT 255u /* RFC 8032 5.1, 5.2 */

struct edwards {
	uint32_t alg; /* TEE_ALG_* */
	size_t size; /* bytes of a key, of R and of S */
	const char *curve, *hash; /* libgcrypt's names */
	const char *order; /* of the base point, in hex */
};

static const struct edwards curves[] = {
	{ TEE_ALG_ED25519, 32, "Ed25519", "sha512",
	  "1000000000000000000000000000000014def9dea2f79cd65812631a5cf5d3ed" },
	{ TEE_ALG_ED448, 57, "Ed448", "shake256",
	  "3fffffffffffffffffffffffffffffffffffffffffffffffffffffff"
	  "7cca23e9c44edb49aed63690216cc2728dc58f552378c292ab5844f3" },
};

/* What goes beside the message. */
struct eddsa_params {
	const struct edwards *e;
	const TEE_Attribute *context; /* NULL: none */
	bool prehash;
};

/* Keys were in it: libgcrypt zeroes secure memory alone, which it would lock, and isn't given. */
static void wipe_and_free(void *p)
{
	if (p)
		explicit_bzero(p, malloc_usable_size(p));
	free(p);
}

static void *wipe_and_realloc(void *p, size_t size)
{
	size_t old = p ? malloc_usable_size(p) : 0;
	void *q = malloc(size);

	if (!q)
		return NULL;
	if (p)
		memcpy(q, p, old < size ? old : size);
	wipe_and_free(p);
	return q;
}

static int never_locked(const void *p)
{
	(void)p;
	return 0;
}

int ta_eddsa_prepare(void)
{
	/* In a program that uses it too, it is as that program wants it. */
	if (gcry_control(GCRYCTL_INITIALIZATION_FINISHED_P))
		return 0;
	gcry_set_allocation_handler(malloc, malloc, never_locked, wipe_and_realloc, wipe_and_free);
	if (!gcry_check_version(GCRYPT_VERSION) || gcry_control(GCRYCTL_DISABLE_SECMEM, 0) ||
	    gcry_control(GCRYCTL_INITIALIZATION_FINISHED, 0))
		return -ENOSYS;
	return 0;
}

static const struct edwards *curve_of(const struct ta_asym_call *call)
{
	return call->op->alg->id == curves[0].alg ? &curves[0] : &curves[1];
}

static TEE_Result take_params(const struct ta_asym_call *call, struct eddsa_params *p)
{
	uint32_t i;

	memset(p, 0, sizeof(*p));
	p->e = curve_of(call);
	for (i = 0; i < call->num_params; i++) {
		const TEE_Attribute *a = &call->params[i];

		if (a->attributeID == TEE_ATTR_EDDSA_PREHASH)
			p->prehash = a->content.value.a != 0;
		else if (a->attributeID == TEE_ATTR_EDDSA_CTX &&
			 a->content.ref.length <= MAX_CONTEXT &&
			 (a->content.ref.buffer || !a->content.ref.length))
			p->context = a->content.ref.length ? a : NULL;
		else
			return TEE_ERROR_BAD_PARAMETERS;
	}
	return TEE_SUCCESS;
}

static bool is_plain(const struct eddsa_params *p)
{
	return !p->prehash && !p->context;
}

/* The message as libgcrypt wants it; NULL: memory is out. */
static gcry_sexp_t gcrypt_data(const struct eddsa_params *p, const uint8_t *in, size_t len)
{
	static const char none[] = "";
	const char *flag = p->prehash ? "prehash" : "eddsa"; /* the same one twice is fine */
	gcry_sexp_t data = NULL;
	gcry_error_t err;

	if (len > INT_MAX)
		return NULL;
	if (!in)
		in = (const uint8_t *)none;
	if (p->context)
		err = gcry_sexp_build(&data, NULL,
				      "(data(flags eddsa %s)(hash-algo %s)(label %b)(value %b))",
				      flag, p->e->hash, (int)p->context->content.ref.length,
				      p->context->content.ref.buffer, (int)len, in);
	else
		err = gcry_sexp_build(&data, NULL, "(data(flags eddsa %s)(hash-algo %s)(value %b))",
				      flag, p->e->hash, (int)len, in);
	return err ? NULL : data;
}

static gcry_sexp_t gcrypt_key(const struct edwards *e, TEE_ObjectHandle key, bool private)
{
	/* Types of such keys list the private value first, if they have one, the public one last. */
	const uint8_t *q = key->attr[key->type->num_attrs - 1u].data, *d = key->attr[0].data;
	gcry_sexp_t s = NULL;
	gcry_error_t err;

	if (private)
		err = gcry_sexp_build(&s, NULL,
				      "(private-key(ecc(curve %s)(flags eddsa)(q %b)(d %b)))",
				      e->curve, (int)e->size, q, (int)e->size, d);
	else
		err = gcry_sexp_build(&s, NULL, "(public-key(ecc(curve %s)(flags eddsa)(q %b)))",
				      e->curve, (int)e->size, q);
	return err ? NULL : s;
}

/* Number @name of a signature, as long as it must be. */
static bool signature_part(gcry_sexp_t sig, const char *name, uint8_t *out, size_t size)
{
	gcry_sexp_t part = gcry_sexp_find_token(sig, name, 0);
	size_t len = 0;
	const char *bytes = part ? gcry_sexp_nth_data(part, 1, &len) : NULL;
	bool ok = bytes && len == size;

	if (ok)
		memcpy(out, bytes, size);
	gcry_sexp_release(part);
	return ok;
}

static TEE_Result gcrypt_sign(const struct ta_asym_call *call, const struct eddsa_params *p,
			      uint8_t *out)
{
	gcry_sexp_t data = gcrypt_data(p, call->in, call->in_len);
	gcry_sexp_t key = gcrypt_key(p->e, call->op->key[0], true), sig = NULL;
	bool ok = data && key && !gcry_pk_sign(&sig, data, key) &&
		  signature_part(sig, "r", out, p->e->size) &&
		  signature_part(sig, "s", out + p->e->size, p->e->size);

	gcry_sexp_release(data);
	gcry_sexp_release(key);
	gcry_sexp_release(sig);
	return ok ? TEE_SUCCESS : TEE_ERROR_GENERIC;
}

/* RFC 8032 5.1.7, 5.2.7: S below the order, else anybody makes a second one; libgcrypt doesn't look. */
static bool in_range(const struct edwards *e, const uint8_t *s)
{
	BIGNUM *order = NULL, *n = BN_lebin2bn(s, (int)e->size, NULL);
	bool ok = n && BN_hex2bn(&order, e->order) && BN_cmp(n, order) < 0;

	BN_free(n);
	BN_free(order);
	return ok;
}

static TEE_Result gcrypt_verify(const struct ta_asym_call *call, const struct eddsa_params *p,
				const uint8_t *in)
{
	gcry_sexp_t data = gcrypt_data(p, call->in, call->in_len);
	gcry_sexp_t key = gcrypt_key(p->e, call->op->key[0], false), sig = NULL;
	TEE_Result res = TEE_ERROR_GENERIC;

	if (data && key &&
	    !gcry_sexp_build(&sig, NULL, "(sig-val(eddsa(r %b)(s %b)))", (int)p->e->size, in,
			     (int)p->e->size, in + p->e->size))
		res = in_range(p->e, in + p->e->size) && !gcry_pk_verify(sig, data, key)
			      ? TEE_SUCCESS
			      : TEE_ERROR_SIGNATURE_INVALID;
	gcry_sexp_release(data);
	gcry_sexp_release(key);
	gcry_sexp_release(sig);
	return res;
}

TEE_Result ta_eddsa_sign(const struct ta_asym_call *call, uint8_t *sig, size_t *len)
{
	struct eddsa_params p;
	TEE_Result res = take_params(call, &p);
	EVP_MD_CTX *ctx;
	bool ok;

	if (res != TEE_SUCCESS)
		return res;
	if (!ta_op_room(len, 2 * p.e->size))
		return TEE_ERROR_SHORT_BUFFER;
	if (!is_plain(&p))
		return gcrypt_sign(call, &p, sig);
	ctx = EVP_MD_CTX_new();
	ok = ctx && EVP_DigestSignInit_ex(ctx, NULL, NULL, NULL, NULL, call->pkey, NULL) == 1 &&
	     EVP_DigestSign(ctx, sig, len, call->in, call->in_len) == 1;
	EVP_MD_CTX_free(ctx);
	return ok ? TEE_SUCCESS : TEE_ERROR_GENERIC;
}

TEE_Result ta_eddsa_verify(const struct ta_asym_call *call, const uint8_t *sig, size_t len)
{
	struct eddsa_params p;
	TEE_Result res = take_params(call, &p);
	EVP_MD_CTX *ctx;

	if (res != TEE_SUCCESS)
		return res;
	if (len != 2 * p.e->size)
		return TEE_ERROR_SIGNATURE_INVALID;
	if (!is_plain(&p))
		return gcrypt_verify(call, &p, sig);
	ctx = EVP_MD_CTX_new();
	res = TEE_ERROR_GENERIC;
	if (ctx && EVP_DigestVerifyInit_ex(ctx, NULL, NULL, NULL, NULL, call->pkey, NULL) == 1)
		res = EVP_DigestVerify(ctx, sig, len, call->in, call->in_len) == 1
			      ? TEE_SUCCESS
			      : TEE_ERROR_SIGNATURE_INVALID;
	EVP_MD_CTX_free(ctx);
	return res;
}
