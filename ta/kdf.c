// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
#include "ta/kdf.h"

#include <string.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <tee_api_defines_extensions.h>

/* A caller's parameters, whatever the function calls them. */
struct kdf_params {
	const TEE_Attribute *salt, *info;
	uint32_t hash; /* TEE_ALG_* */
	uint32_t count;
	uint32_t len;
	bool has_count, has_len;
};

/* False: no parameter of this function. */
static bool take(struct kdf_params *p, uint8_t kind, const TEE_Attribute *a)
{
	bool hkdf = kind == TA_DERIVE_HKDF || kind == TA_DERIVE_HKDF_GP;

	switch (a->attributeID) {
	case TEE_ATTR_HKDF_SALT:
	case __OPTEE_TEE_ATTR_HKDF_SALT:
		p->salt = a;
		return hkdf;
	case TEE_ATTR_HKDF_INFO:
	case __OPTEE_ATTR_HKDF_INFO:
		p->info = a;
		return hkdf;
	case TEE_ATTR_HKDF_HASH_ALGORITHM:
		p->hash = a->content.value.a;
		return kind == TA_DERIVE_HKDF_GP;
	case TEE_ATTR_PBKDF2_SALT:
		p->salt = a;
		return kind == TA_DERIVE_PBKDF2;
	case TEE_ATTR_PBKDF2_ITERATION_COUNT:
		p->count = a->content.value.a;
		p->has_count = true;
		return kind == TA_DERIVE_PBKDF2;
	case TEE_ATTR_CONCAT_KDF_OTHER_INFO:
		p->info = a;
		return kind == TA_DERIVE_CONCAT;
	case TEE_ATTR_KDF_KEY_SIZE:
	case TEE_ATTR_HKDF_OKM_LENGTH:
	case TEE_ATTR_CONCAT_KDF_DKM_LENGTH:
	case TEE_ATTR_PBKDF2_DKM_LENGTH:
		p->len = a->content.value.a;
		p->has_len = true;
		return true;
	default:
		return false;
	}
}

static bool take_all(struct kdf_params *p, const struct ta_alg *alg, const TEE_Attribute *params,
		     uint32_t num)
{
	uint32_t i;

	memset(p, 0, sizeof(*p));
	p->hash = TEE_ALG_SHA256;
	for (i = 0; i < num; i++)
		if (!take(p, alg->kind, &params[i]))
			return false;
	return p->has_len && p->len && (p->has_count || alg->kind != TA_DERIVE_PBKDF2);
}

static OSSL_PARAM octets(const char *name, const TEE_Attribute *a)
{
	static const uint8_t none;

	if (!a || !a->content.ref.length)
		return OSSL_PARAM_construct_octet_string(name, (void *)(uintptr_t)&none, 0);
	return OSSL_PARAM_construct_octet_string(name, a->content.ref.buffer,
						 a->content.ref.length);
}

static const char *function(uint8_t kind)
{
	switch (kind) {
	case TA_DERIVE_CONCAT:
		return "SSKDF";
	case TA_DERIVE_PBKDF2:
		return "PBKDF2";
	default:
		return "HKDF";
	}
}

static bool run(const struct ta_alg *alg, const char *hash, const struct kdf_params *p,
		const struct ta_attr *key, uint8_t *out)
{
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, function(alg->kind), NULL);
	EVP_KDF_CTX *ctx = kdf ? EVP_KDF_CTX_new(kdf) : NULL;
	const TEE_Attribute secret = { .content.ref = { key->data, key->len } };
	unsigned int count = p->count;
	int no_checks = 1;
	OSSL_PARAM params[6];
	char name[16];
	size_t n = 0;
	bool ok;

	strncpy(name, hash, sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	params[n++] = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, name, 0);
	if (alg->kind == TA_DERIVE_PBKDF2) {
		params[n++] = octets(OSSL_KDF_PARAM_PASSWORD, &secret);
		params[n++] = octets(OSSL_KDF_PARAM_SALT, p->salt);
		params[n++] = OSSL_PARAM_construct_uint(OSSL_KDF_PARAM_ITER, &count);
		/* What is too few iterations is the caller's to say. */
		params[n++] = OSSL_PARAM_construct_int(OSSL_KDF_PARAM_PKCS5, &no_checks);
	} else {
		params[n++] = octets(OSSL_KDF_PARAM_KEY, &secret);
		params[n++] = octets(OSSL_KDF_PARAM_INFO, p->info);
		if (alg->kind != TA_DERIVE_CONCAT && p->salt && p->salt->content.ref.length)
			params[n++] = octets(OSSL_KDF_PARAM_SALT, p->salt);
	}
	params[n] = OSSL_PARAM_construct_end();
	ok = ctx && EVP_KDF_derive(ctx, out, p->len, params) == 1;
	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
	return ok;
}

TEE_Result ta_kdf(TEE_OperationHandle op, const TEE_Attribute *params, uint32_t num, uint8_t *out,
		  size_t *len)
{
	const struct ta_attr *key = &op->key[0]->attr[0];
	struct kdf_params p;
	const char *hash;

	if (!take_all(&p, op->alg, params, num) || p.len > *len)
		return TEE_ERROR_BAD_PARAMETERS;
	hash = op->alg->hash ? op->alg->hash : ta_hash_name(p.hash);
	if (!hash || !run(op->alg, hash, &p, key, out))
		return TEE_ERROR_BAD_PARAMETERS;
	*len = p.len;
	return TEE_SUCCESS;
}
