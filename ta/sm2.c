// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
/* SM2 encryption: GP has C1 || C2 || C3, libcrypto a sequence of x, y, C3 and C2. */
#include <limits.h>
#include <openssl/asn1t.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

#include "ta/asym.h"
#include "ta/pkey.h"

#define COORDINATE 32u
#define HASH 32u
#define POINT (1 + 2 * COORDINATE)
#define BESIDE (POINT + HASH) /* what a ciphertext is longer than its text */
#define MAX_TEXT (INT_MAX / 4)

struct sm2_text {
	ASN1_INTEGER *x, *y;
	ASN1_OCTET_STRING *c3, *c2;
};

ASN1_SEQUENCE(sm2_text) = {
	ASN1_SIMPLE(struct sm2_text, x, ASN1_INTEGER),
	ASN1_SIMPLE(struct sm2_text, y, ASN1_INTEGER),
	ASN1_SIMPLE(struct sm2_text, c3, ASN1_OCTET_STRING),
	ASN1_SIMPLE(struct sm2_text, c2, ASN1_OCTET_STRING),
} static_ASN1_SEQUENCE_END_name(struct sm2_text, sm2_text)

static void text_free(struct sm2_text *t)
{
	ASN1_item_free((ASN1_VALUE *)t, ASN1_ITEM_rptr(sm2_text));
}

static bool put_number(const ASN1_INTEGER *n, uint8_t *out)
{
	BIGNUM *bn = ASN1_INTEGER_to_BN(n, NULL);
	bool ok = bn && BN_bn2binpad(bn, out, COORDINATE) == (int)COORDINATE;

	BN_free(bn);
	return ok;
}

static bool get_number(ASN1_INTEGER *n, const uint8_t *in)
{
	BIGNUM *bn = BN_bin2bn(in, COORDINATE, NULL);
	bool ok = bn && BN_to_ASN1_INTEGER(bn, n);

	BN_free(bn);
	return ok;
}

static bool from_der(const uint8_t *der, size_t der_len, uint8_t *out, size_t text_len)
{
	struct sm2_text *t = (struct sm2_text *)ASN1_item_d2i(NULL, &der, (long)der_len,
							      ASN1_ITEM_rptr(sm2_text));
	bool ok = t && ASN1_STRING_length(t->c3) == (int)HASH &&
		  ASN1_STRING_length(t->c2) == (int)text_len && put_number(t->x, out + 1) &&
		  put_number(t->y, out + 1 + COORDINATE);

	if (ok) {
		out[0] = 4;
		memcpy(out + POINT, ASN1_STRING_get0_data(t->c2), text_len);
		memcpy(out + POINT + text_len, ASN1_STRING_get0_data(t->c3), HASH);
	}
	text_free(t);
	return ok;
}

static int to_der(const uint8_t *in, size_t len, uint8_t **der)
{
	struct sm2_text *t = (struct sm2_text *)ASN1_item_new(ASN1_ITEM_rptr(sm2_text));
	int der_len = -1;

	*der = NULL;
	if (t && get_number(t->x, in + 1) && get_number(t->y, in + 1 + COORDINATE) &&
	    ASN1_OCTET_STRING_set(t->c2, in + POINT, (int)(len - BESIDE)) &&
	    ASN1_OCTET_STRING_set(t->c3, in + len - HASH, HASH))
		der_len = ASN1_item_i2d((ASN1_VALUE *)t, der, ASN1_ITEM_rptr(sm2_text));
	text_free(t);
	return der_len;
}

TEE_Result ta_sm2_encrypt(const struct ta_asym_call *call, uint8_t *out, size_t *len)
{
	TEE_Result res = TEE_ERROR_GENERIC;
	EVP_PKEY_CTX *ctx;
	size_t der_len = 0;
	uint8_t *der = NULL;

	if (!call->in_len || call->in_len > MAX_TEXT)
		return TEE_ERROR_BAD_PARAMETERS;
	if (!ta_op_room(len, BESIDE + call->in_len))
		return TEE_ERROR_SHORT_BUFFER;
	ctx = EVP_PKEY_CTX_new_from_pkey(NULL, call->pkey, NULL);
	if (ctx && EVP_PKEY_encrypt_init(ctx) == 1 &&
	    EVP_PKEY_encrypt(ctx, NULL, &der_len, call->in, call->in_len) == 1 &&
	    (der = malloc(der_len)) &&
	    EVP_PKEY_encrypt(ctx, der, &der_len, call->in, call->in_len) == 1 &&
	    from_der(der, der_len, out, call->in_len))
		res = TEE_SUCCESS;
	free(der);
	EVP_PKEY_CTX_free(ctx);
	return res;
}

TEE_Result ta_sm2_decrypt(const struct ta_asym_call *call, uint8_t *out, size_t *len)
{
	TEE_Result res = TEE_ERROR_CIPHERTEXT_INVALID;
	EVP_PKEY_CTX *ctx = NULL;
	uint8_t *der = NULL;
	int der_len;

	if (call->in_len <= BESIDE || call->in_len > MAX_TEXT || call->in[0] != 4)
		return res;
	if (!ta_op_room(len, call->in_len - BESIDE))
		return TEE_ERROR_SHORT_BUFFER;
	der_len = to_der(call->in, call->in_len, &der);
	if (der_len > 0)
		ctx = EVP_PKEY_CTX_new_from_pkey(NULL, call->pkey, NULL);
	if (ctx && EVP_PKEY_decrypt_init(ctx) == 1 &&
	    EVP_PKEY_decrypt(ctx, out, len, der, (size_t)der_len) == 1)
		res = TEE_SUCCESS;
	OPENSSL_free(der);
	EVP_PKEY_CTX_free(ctx);
	return res;
}
