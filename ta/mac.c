// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
/* Operations of class TEE_OPERATION_MAC (6.5). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "ta/operation.h"
#include "ta/runtime.h"

#define MAX_BLOCK 16u

struct mac {
	EVP_MAC_CTX *ctx; /* HMAC, CMAC */
	EVP_CIPHER_CTX *cbc;
	size_t block;
	uint8_t held[MAX_BLOCK]; /* CBC-MAC: not worked on yet */
	size_t num_held;
	uint8_t last[MAX_BLOCK]; /* CBC-MAC: last block of ciphertext */
};

static void mac_clear(struct mac *m)
{
	EVP_MAC_CTX_free(m->ctx);
	EVP_CIPHER_CTX_free(m->cbc);
	explicit_bzero(m, sizeof(*m));
}

static void mac_destroy(TEE_OperationHandle op)
{
	mac_clear(op->own);
	free(op->own);
}

static TEE_Result mac_create(TEE_OperationHandle op)
{
	op->own = calloc(1, sizeof(struct mac));
	return op->own ? TEE_SUCCESS : TEE_ERROR_OUT_OF_MEMORY;
}

/* A context of libcrypto's with its key. @param: name of the digest or cipher. */
static EVP_MAC_CTX *keyed(const char *mac_name, const char *param, const char *value,
			  const uint8_t *key, size_t len)
{
	char text[32];
	OSSL_PARAM params[] = { OSSL_PARAM_utf8_string(param, text, 0), OSSL_PARAM_END };
	EVP_MAC *mac = EVP_MAC_fetch(NULL, mac_name, NULL);
	EVP_MAC_CTX *ctx = mac ? EVP_MAC_CTX_new(mac) : NULL;

	snprintf(text, sizeof(text), "%s", value);
	params[0].data_size = strlen(text);
	if (ctx && EVP_MAC_init(ctx, key, len, params) != 1) {
		EVP_MAC_CTX_free(ctx);
		ctx = NULL;
	}
	EVP_MAC_free(mac);
	return ctx;
}

static EVP_MAC_CTX *keyed_cmac(enum ta_family family, const struct ta_attr *secret)
{
	uint8_t key[32];
	size_t len = secret->len;
	EVP_MAC_CTX *ctx;
	char name[32];

	if (len > sizeof(key))
		return NULL;
	memcpy(key, secret->data, len);
	snprintf(name, sizeof(name), "AES-%zu-CBC", len * 8);
	if (family == TA_DES) {
		snprintf(name, sizeof(name), "DES-EDE3-CBC");
		if (len == 16)
			memcpy(key + 16, key, 8);
		len = 24;
	}
	ctx = keyed("CMAC", OSSL_MAC_PARAM_CIPHER, name, key, len);
	explicit_bzero(key, sizeof(key));
	return ctx;
}

static TEE_Result mac_set_key(TEE_OperationHandle op)
{
	struct mac *m = op->own;
	const struct ta_attr *secret;

	mac_clear(m);
	if (!op->key[0])
		return TEE_SUCCESS;
	secret = ta_object_attr(op->key[0], TEE_ATTR_SECRET_VALUE);
	if (op->alg->kind == TA_MAC_HMAC) {
		m->ctx = keyed("HMAC", OSSL_MAC_PARAM_DIGEST, op->alg->hash, secret->data,
			       secret->len);
	} else if (op->alg->kind == TA_MAC_CMAC) {
		m->ctx = keyed_cmac(op->alg->family, secret);
	} else {
		m->block = ta_block_size(op->alg->family);
		m->cbc = ta_block_create(op->alg->family, op->key[0], "CBC", true);
	}
	return m->ctx || m->cbc ? TEE_SUCCESS : TEE_ERROR_GENERIC;
}

static void mac_reset(TEE_OperationHandle op)
{
	struct mac *m = op->own;

	explicit_bzero(m->held, sizeof(m->held));
	explicit_bzero(m->last, sizeof(m->last));
	m->num_held = 0;
}

static bool mac_copy(TEE_OperationHandle dst, TEE_OperationHandle src)
{
	struct mac *to = dst->own;
	const struct mac *from = src->own;
	EVP_MAC_CTX *dup = from->ctx ? EVP_MAC_CTX_dup(from->ctx) : NULL;

	if (from->ctx && !dup)
		return false;
	EVP_MAC_CTX_free(to->ctx);
	to->ctx = dup;
	memcpy(to->held, from->held, sizeof(to->held));
	memcpy(to->last, from->last, sizeof(to->last));
	to->num_held = from->num_held;
	return !from->cbc || EVP_CIPHER_CTX_copy(to->cbc, from->cbc) == 1;
}

const struct ta_class_ops ta_mac_class = {
	.create = mac_create,
	.destroy = mac_destroy,
	.set_key = mac_set_key,
	.reset = mac_reset,
	.copy = mac_copy,
};

void TEE_MACInit(TEE_OperationHandle operation, const void *IV, size_t IVLen)
{
	static const uint8_t zeros[MAX_BLOCK];
	TEE_OperationHandle op = ta_op_get(operation, TEE_OPERATION_MAC, __func__);
	struct mac *m = op->own;
	bool ok;

	/* None of the algorithms has one. */
	(void)IV;
	(void)IVLen;
	ta_op_start(op, __func__);
	mac_reset(op);
	if (m->ctx)
		ok = EVP_MAC_init(m->ctx, NULL, 0, NULL) == 1;
	else
		ok = EVP_CipherInit_ex2(m->cbc, NULL, NULL, zeros, 1, NULL) == 1;
	ta_op_check(ok, __func__);
}

/* One block's worth of CBC at a time: only the last one is of interest. */
static bool cbc_update(struct mac *m, const uint8_t *p, size_t len)
{
	while (len) {
		size_t n = m->block - m->num_held;

		if (n > len)
			n = len;
		memcpy(m->held + m->num_held, p, n);
		m->num_held += n;
		p += n;
		len -= n;
		if (m->num_held < m->block)
			break;
		if (!ta_block_run(m->cbc, m->held, m->last, m->block))
			return false;
		m->num_held = 0;
	}
	return true;
}

static bool update(struct mac *m, const void *chunk, size_t len)
{
	return m->ctx ? !len || EVP_MAC_update(m->ctx, chunk, len) == 1 : cbc_update(m, chunk, len);
}

void TEE_MACUpdate(TEE_OperationHandle operation, const void *chunk, size_t chunkSize)
{
	TEE_OperationHandle op = ta_op_get_active(operation, TEE_OPERATION_MAC, __func__);

	if (!chunk && chunkSize)
		TA_PANIC(TEE_ERROR_BAD_PARAMETERS, "no data");
	ta_op_check(update(op->own, chunk, chunkSize), __func__);
}

static void final(TEE_OperationHandle op, uint8_t *mac, const char *func)
{
	struct mac *m = op->own;
	uint8_t pad[MAX_BLOCK];
	bool ok = true;
	size_t len, n;

	if (m->ctx) {
		ok = EVP_MAC_final(m->ctx, mac, &len, op->alg->hash_len) == 1;
	} else {
		n = m->block - m->num_held;
		if (op->alg->kind == TA_MAC_CBC_PKCS5) {
			memset(pad, (int)n, n);
			ok = cbc_update(m, pad, n);
		} else if (m->num_held) {
			ta_panic(func, TEE_ERROR_BAD_PARAMETERS, "not whole blocks");
		}
		memcpy(mac, m->last, m->block);
	}
	ta_op_check(ok, func);
	mac_reset(op);
	ta_op_finish(op);
}

TEE_Result TEE_MACComputeFinal(TEE_OperationHandle operation, const void *message,
			       size_t messageLen, void *mac, size_t *macLen)
{
	TEE_OperationHandle op = ta_op_get_active(operation, TEE_OPERATION_MAC, __func__);

	if (!macLen || (!mac && *macLen) || (!message && messageLen))
		TA_PANIC(TEE_ERROR_BAD_PARAMETERS, "no data, or no place for the MAC");
	if (!ta_op_room(macLen, op->alg->hash_len))
		return TEE_ERROR_SHORT_BUFFER;
	ta_op_check(update(op->own, message, messageLen), __func__);
	final(op, mac, __func__);
	return TEE_SUCCESS;
}

TEE_Result TEE_MACCompareFinal(TEE_OperationHandle operation, const void *message,
			       size_t messageLen, const void *mac, size_t macLen)
{
	TEE_OperationHandle op = ta_op_get_active(operation, TEE_OPERATION_MAC, __func__);
	uint8_t ours[EVP_MAX_MD_SIZE];
	bool same;

	if (!mac || (!message && messageLen))
		TA_PANIC(TEE_ERROR_BAD_PARAMETERS, "no data, or no MAC");
	ta_op_check(update(op->own, message, messageLen), __func__);
	final(op, ours, __func__);
	same = macLen == op->alg->hash_len && !TEE_MemCompare(ours, mac, macLen);
	explicit_bzero(ours, sizeof(ours));
	return same ? TEE_SUCCESS : TEE_ERROR_MAC_INVALID;
}
