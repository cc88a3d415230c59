// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
/* RSA in all its paddings (PKCS #1, RFC 8017). */
#include <openssl/rsa.h>
#include <stdlib.h>
#include <string.h>

#include "ta/asym.h"
#include "ta/pkey.h"
#include "ta/runtime.h"

static int padding(uint8_t kind)
{
	switch (kind) {
	case TA_RSA_RAW:
		return RSA_NO_PADDING;
	case TA_RSA_OAEP:
		return RSA_PKCS1_OAEP_PADDING;
	case TA_RSA_PSS:
		return RSA_PKCS1_PSS_PADDING;
	default:
		return RSA_PKCS1_PADDING;
	}
}

static bool is_encrypt(const struct ta_asym_call *call)
{
	return call->op->info.mode == TEE_MODE_ENCRYPT;
}

static TEE_Result set_oaep(const struct ta_asym_call *call, EVP_PKEY_CTX *ctx)
{
	const TEE_Attribute *label =
		ta_param_find(call->params, call->num_params, TEE_ATTR_RSA_OAEP_LABEL);
	const TEE_Attribute *mgf =
		ta_param_find(call->params, call->num_params, TEE_ATTR_RSA_OAEP_MGF_HASH);
	const char *hash = call->op->alg->hash, *mgf_hash = hash;
	uint32_t id;
	void *copy;

	if (mgf) {
		if (mgf->content.ref.length != sizeof(id))
			return TEE_ERROR_BAD_PARAMETERS;
		memcpy(&id, mgf->content.ref.buffer, sizeof(id));
		mgf_hash = ta_hash_name(id);
	}
	if (!mgf_hash)
		return TEE_ERROR_NOT_SUPPORTED;
	if (EVP_PKEY_CTX_set_rsa_oaep_md_name(ctx, hash, NULL) != 1 ||
	    EVP_PKEY_CTX_set_rsa_mgf1_md_name(ctx, mgf_hash, NULL) != 1)
		return TEE_ERROR_GENERIC;
	if (!label || !label->content.ref.length)
		return TEE_SUCCESS;
	if (label->content.ref.length > INT32_MAX)
		return TEE_ERROR_BAD_PARAMETERS;
	/* The context takes it over. */
	copy = OPENSSL_memdup(label->content.ref.buffer, label->content.ref.length);
	if (copy &&
	    EVP_PKEY_CTX_set0_rsa_oaep_label(ctx, copy, (int)label->content.ref.length) == 1)
		return TEE_SUCCESS;
	OPENSSL_free(copy);
	return TEE_ERROR_OUT_OF_MEMORY;
}

/* A context that knows what to do; NULL and *@res: why not. */
static EVP_PKEY_CTX *crypt_context(const struct ta_asym_call *call, TEE_Result *res)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, call->pkey, NULL);

	*res = TEE_ERROR_OUT_OF_MEMORY;
	if (!ctx)
		return NULL;
	*res = TEE_ERROR_GENERIC;
	if ((is_encrypt(call) ? EVP_PKEY_encrypt_init(ctx) : EVP_PKEY_decrypt_init(ctx)) == 1 &&
	    EVP_PKEY_CTX_set_rsa_padding(ctx, padding(call->op->alg->kind)) == 1)
		*res = TEE_SUCCESS;
	if (*res == TEE_SUCCESS && call->op->alg->kind == TA_RSA_OAEP)
		*res = set_oaep(call, ctx);
	if (*res == TEE_SUCCESS)
		return ctx;
	EVP_PKEY_CTX_free(ctx);
	return NULL;
}

/* Without padding the input is a number: as many zeros in front as are missing. */
static bool widen(const struct ta_asym_call *call, uint8_t *number, size_t size)
{
	const uint8_t *in = call->in;
	size_t len = call->in_len;

	while (len > size && !*in)
		in++, len--;
	if (len > size)
		return false;
	memset(number, 0, size - len);
	if (len)
		memcpy(number + size - len, in, len);
	return true;
}

/* And the output without zeros, one at least. */
static size_t strip(uint8_t *number, size_t len)
{
	size_t zeros = 0;

	while (zeros + 1 < len && !number[zeros])
		zeros++;
	memmove(number, number + zeros, len - zeros);
	return len - zeros;
}

TEE_Result ta_rsa_crypt(const struct ta_asym_call *call, uint8_t *out, size_t *len)
{
	uint8_t in[TA_ATTR_MAX_SIZE], result[TA_ATTR_MAX_SIZE];
	bool raw = call->op->alg->kind == TA_RSA_RAW, ok;
	size_t size = (size_t)EVP_PKEY_get_size(call->pkey), got = sizeof(result);
	const uint8_t *src = call->in;
	size_t src_len = call->in_len;
	EVP_PKEY_CTX *ctx;
	TEE_Result res;

	if (size > sizeof(in) || (raw && !widen(call, in, size)))
		return TEE_ERROR_BAD_PARAMETERS;
	if (raw) {
		src = in;
		src_len = size;
	}
	if (is_encrypt(call) && !raw && *len < size) {
		*len = size;
		return TEE_ERROR_SHORT_BUFFER;
	}
	ctx = crypt_context(call, &res);
	if (!ctx)
		return res;
	if (is_encrypt(call))
		ok = EVP_PKEY_encrypt(ctx, result, &got, src, src_len) == 1;
	else
		ok = EVP_PKEY_decrypt(ctx, result, &got, src, src_len) == 1;
	EVP_PKEY_CTX_free(ctx);
	if (!ok) {
		res = is_encrypt(call) || raw ? TEE_ERROR_BAD_PARAMETERS
					      : TEE_ERROR_CIPHERTEXT_INVALID;
	} else {
		if (raw)
			got = strip(result, got);
		res = ta_op_room(len, got) ? TEE_SUCCESS : TEE_ERROR_SHORT_BUFFER;
		if (res == TEE_SUCCESS && got)
			memcpy(out, result, got);
	}
	explicit_bzero(in, sizeof(in));
	explicit_bzero(result, sizeof(result));
	return res;
}

static EVP_PKEY_CTX *sign_context(const struct ta_asym_call *call, bool verify)
{
	const struct ta_alg *alg = call->op->alg;
	const TEE_Attribute *salt =
		ta_param_find(call->params, call->num_params, TEE_ATTR_RSA_PSS_SALT_LENGTH);
	uint32_t salt_len = salt ? salt->content.value.a : alg->hash_len;
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, call->pkey, NULL);
	EVP_MD *md = alg->hash ? EVP_MD_fetch(NULL, alg->hash, NULL) : NULL;
	bool ok = ctx && (verify ? EVP_PKEY_verify_init(ctx) : EVP_PKEY_sign_init(ctx)) == 1 &&
		  EVP_PKEY_CTX_set_rsa_padding(ctx, padding(alg->kind)) == 1;

	if (ok && alg->hash)
		ok = md && EVP_PKEY_CTX_set_signature_md(ctx, md) == 1;
	if (ok && alg->kind == TA_RSA_PSS)
		ok = salt_len <= TA_ATTR_MAX_SIZE &&
		     EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, (int)salt_len) == 1 &&
		     EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, md) == 1;
	EVP_MD_free(md);
	if (ok)
		return ctx;
	EVP_PKEY_CTX_free(ctx);
	return NULL;
}

TEE_Result ta_rsa_sign(const struct ta_asym_call *call, uint8_t *sig, size_t *len)
{
	EVP_PKEY_CTX *ctx;
	bool ok;

	if (*len < (size_t)EVP_PKEY_get_size(call->pkey)) {
		*len = (size_t)EVP_PKEY_get_size(call->pkey);
		return TEE_ERROR_SHORT_BUFFER;
	}
	ctx = sign_context(call, false);
	ok = ctx && EVP_PKEY_sign(ctx, sig, len, call->in, call->in_len) == 1;
	EVP_PKEY_CTX_free(ctx);
	return ok ? TEE_SUCCESS : TEE_ERROR_BAD_PARAMETERS;
}

TEE_Result ta_rsa_verify(const struct ta_asym_call *call, const uint8_t *sig, size_t len)
{
	EVP_PKEY_CTX *ctx = sign_context(call, true);
	bool same;

	if (!ctx)
		return TEE_ERROR_BAD_PARAMETERS;
	same = EVP_PKEY_verify(ctx, sig, len, call->in, call->in_len) == 1;
	EVP_PKEY_CTX_free(ctx);
	return same ? TEE_SUCCESS : TEE_ERROR_SIGNATURE_INVALID;
}
