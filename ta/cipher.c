// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
/*
 * Operations of class TEE_OPERATION_CIPHER (6.4). Blocks are collected here, not in libcrypto: how much
 * an update gives out must be known before it is begun.
 */
#include "ta/cipher.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "ta/runtime.h"

static bool is_encrypt(TEE_OperationHandle op)
{
	return op->info.mode == TEE_MODE_ENCRYPT;
}

static void cipher_clear(struct ta_cipher *c)
{
	EVP_CIPHER_CTX_free(c->ctx);
	EVP_CIPHER_CTX_free(c->tweak_ctx);
	explicit_bzero(c, sizeof(*c));
}

static void cipher_destroy(TEE_OperationHandle op)
{
	cipher_clear(op->own);
	free(op->own);
}

static TEE_Result cipher_create(TEE_OperationHandle op)
{
	op->own = calloc(1, sizeof(struct ta_cipher));
	return op->own ? TEE_SUCCESS : TEE_ERROR_OUT_OF_MEMORY;
}

static const char *mode_name(uint8_t kind)
{
	switch (kind) {
	case TA_CIPHER_CBC:
	case TA_CIPHER_CTS:
	case TA_CIPHER_CBC_PKCS5:
		return "CBC";
	case TA_CIPHER_CTR:
		return "CTR";
	default:
		return "ECB";
	}
}

static TEE_Result cipher_set_key(TEE_OperationHandle op)
{
	struct ta_cipher *c = op->own;

	cipher_clear(c);
	if (!op->key[0])
		return TEE_SUCCESS;
	c->kind = op->alg->kind;
	c->encrypt = is_encrypt(op);
	c->block = ta_block_size(op->alg->family);
	c->ctx = ta_block_create(op->alg->family, op->key[0], mode_name(c->kind), c->encrypt);
	if (c->kind == TA_CIPHER_XTS)
		c->tweak_ctx = ta_block_create(op->alg->family, op->key[1], "ECB", true);
	return c->ctx && !c->tweak_ctx == (c->kind != TA_CIPHER_XTS) ? TEE_SUCCESS
								     : TEE_ERROR_GENERIC;
}

static void cipher_reset(TEE_OperationHandle op)
{
	struct ta_cipher *c = op->own;

	explicit_bzero(c->held, sizeof(c->held));
	c->num_held = 0;
}

static bool copy_ctx(EVP_CIPHER_CTX *dst, EVP_CIPHER_CTX *src)
{
	return !src || EVP_CIPHER_CTX_copy(dst, src) == 1;
}

static bool cipher_copy(TEE_OperationHandle dst, TEE_OperationHandle src)
{
	struct ta_cipher *to = dst->own;
	const struct ta_cipher *from = src->own;

	memcpy(to->held, from->held, sizeof(to->held));
	to->num_held = from->num_held;
	memcpy(to->chain, from->chain, sizeof(to->chain));
	return copy_ctx(to->ctx, from->ctx) && copy_ctx(to->tweak_ctx, from->tweak_ctx);
}

const struct ta_class_ops ta_cipher_class = {
	.create = cipher_create,
	.destroy = cipher_destroy,
	.set_key = cipher_set_key,
	.reset = cipher_reset,
	.copy = cipher_copy,
};

void TEE_CipherInit(TEE_OperationHandle operation, const void *IV, size_t IVLen)
{
	TEE_OperationHandle op = ta_op_get(operation, TEE_OPERATION_CIPHER, __func__);
	struct ta_cipher *c = op->own;
	bool ok;

	ta_op_start(op, __func__);
	cipher_reset(op);
	if (c->kind == TA_CIPHER_ECB || c->kind == TA_CIPHER_ECB_PKCS5)
		return;
	if (!IV || IVLen != c->block)
		TA_PANIC(TEE_ERROR_BAD_PARAMETERS, "an initialisation vector of another length");
	if (c->kind == TA_CIPHER_XTS) {
		ok = ta_block_run(c->tweak_ctx, IV, c->chain, c->block);
	} else {
		memcpy(c->chain, IV, c->block);
		ok = EVP_CipherInit_ex2(c->ctx, NULL, NULL, IV, c->encrypt, NULL) == 1;
	}
	ta_op_check(ok, __func__);
}

/* Of @total bytes, how many can be worked on before the end is known. */
static size_t ready(const struct ta_cipher *c, size_t total)
{
	switch (c->kind) {
	case TA_CIPHER_CTR:
		return total;
	case TA_CIPHER_CTS:
	case TA_CIPHER_XTS:
		/* The last two blocks may share bytes. */
		return total > 2 * c->block ? (total - c->block - 1) / c->block * c->block : 0;
	case TA_CIPHER_ECB_PKCS5:
	case TA_CIPHER_CBC_PKCS5:
		if (!c->encrypt)
			return total ? (total - 1) / c->block * c->block : 0;
		return total - total % c->block;
	default:
		return total - total % c->block;
	}
}

static bool run(struct ta_cipher *c, const uint8_t *in, uint8_t *out, size_t len)
{
	if (!len)
		return true;
	if (c->kind == TA_CIPHER_XTS)
		return ta_xts_run(c, in, out, len);
	if (c->kind == TA_CIPHER_CTS)
		memcpy(c->chain, in + len - c->block, c->block);
	if (!ta_block_run(c->ctx, in, out, len))
		return false;
	if (c->kind == TA_CIPHER_CTS && c->encrypt)
		memcpy(c->chain, out + len - c->block, c->block);
	return true;
}

/* Works on @todo bytes of what is held and @src, and holds the rest. */
static bool feed(struct ta_cipher *c, const uint8_t *src, size_t len, uint8_t *out, size_t todo)
{
	size_t head = 0, take = 0;

	if (c->num_held && todo) {
		take = (c->block - c->num_held % c->block) % c->block;
		head = c->num_held + take;
		if (head > todo) {
			head = todo;
			take = 0;
		} else {
			memcpy(c->held + c->num_held, src, take);
			c->num_held = head;
		}
		if (!run(c, c->held, out, head))
			return false;
		memmove(c->held, c->held + head, c->num_held - head);
		c->num_held -= head;
	}
	if (todo > head && !run(c, src + take, out + head, todo - head))
		return false;
	take += todo - head;
	if (len > take)
		memcpy(c->held + c->num_held, src + take, len - take);
	c->num_held += len - take;
	return true;
}

static bool feed_apart(struct ta_cipher *c, const uint8_t *src, size_t len, uint8_t *out,
		       size_t todo)
{
	bool in_place = src == out && !c->num_held && todo == len;
	uint8_t *copy = NULL;
	bool ok;

	if (!in_place)
		src = ta_src_apart(src, len, out, todo, &copy);
	ok = (src || !len) && feed(c, src, len, out, todo);
	ta_copy_free(copy, len);
	return ok;
}

TEE_Result TEE_CipherUpdate(TEE_OperationHandle operation, const void *srcData, size_t srcLen,
			    void *destData, size_t *destLen)
{
	TEE_OperationHandle op = ta_op_get_active(operation, TEE_OPERATION_CIPHER, __func__);
	struct ta_cipher *c = op->own;
	size_t todo;

	if (!destLen || (!srcData && srcLen) || (!destData && *destLen))
		TA_PANIC(TEE_ERROR_BAD_PARAMETERS, "no data, or no place for the result");
	if (srcLen > SIZE_MAX / 2)
		TA_PANIC(TEE_ERROR_BAD_PARAMETERS, "more data than there is memory");
	todo = ready(c, c->num_held + srcLen);
	if (!ta_op_room(destLen, todo))
		return TEE_ERROR_SHORT_BUFFER;
	ta_op_check(feed_apart(c, srcData, srcLen, destData, todo), __func__);
	return TEE_SUCCESS;
}

/* The end of @total bytes: what the operation needs room for. Panics if they can't be all. */
static size_t final_size(const struct ta_cipher *c, size_t total)
{
	const char *func = "TEE_CipherDoFinal";

	switch (c->kind) {
	case TA_CIPHER_CTR:
		return total;
	case TA_CIPHER_CTS:
	case TA_CIPHER_XTS:
		if (total && total < c->block)
			ta_panic(func, TEE_ERROR_BAD_PARAMETERS, "less than a block in all");
		return total;
	case TA_CIPHER_ECB_PKCS5:
	case TA_CIPHER_CBC_PKCS5:
		if (c->encrypt)
			return (total / c->block + 1) * c->block;
		if (!total || total % c->block)
			ta_panic(func, TEE_ERROR_BAD_PARAMETERS, "not whole blocks");
		return total;
	default:
		if (total % c->block)
			ta_panic(func, TEE_ERROR_BAD_PARAMETERS, "not whole blocks");
		return total;
	}
}

/* Pads what is held, or takes the padding off. *@len: bytes written. */
static TEE_Result finish_pkcs5(struct ta_cipher *c, uint8_t *out, size_t *len)
{
	uint8_t last[TA_CIPHER_MAX_BLOCK], pad;
	size_t i;

	*len = 0;
	if (c->encrypt) {
		pad = (uint8_t)(c->block - c->num_held);
		memset(c->held + c->num_held, pad, pad);
		*len = c->block;
		return run(c, c->held, out, c->block) ? TEE_SUCCESS : TEE_ERROR_GENERIC;
	}
	if (c->num_held != c->block || !run(c, c->held, last, c->block))
		return TEE_ERROR_GENERIC;
	pad = last[c->block - 1];
	if (!pad || pad > c->block)
		return TEE_ERROR_CIPHERTEXT_INVALID;
	for (i = c->block - pad; i < c->block; i++)
		if (last[i] != pad)
			return TEE_ERROR_CIPHERTEXT_INVALID;
	*len = c->block - pad;
	memcpy(out, last, *len);
	explicit_bzero(last, sizeof(last));
	return TEE_SUCCESS;
}

static TEE_Result finish(struct ta_cipher *c, uint8_t *out, size_t *len)
{
	bool ok = true;

	*len = c->num_held;
	switch (c->kind) {
	case TA_CIPHER_CTS:
		ok = ta_cts_finish(c, out);
		break;
	case TA_CIPHER_XTS:
		ok = ta_xts_finish(c, out);
		break;
	case TA_CIPHER_ECB_PKCS5:
	case TA_CIPHER_CBC_PKCS5:
		return finish_pkcs5(c, out, len);
	default:
		break;
	}
	return ok ? TEE_SUCCESS : TEE_ERROR_GENERIC;
}

TEE_Result TEE_CipherDoFinal(TEE_OperationHandle operation, const void *srcData, size_t srcLen,
			     void *destData, size_t *destLen)
{
	TEE_OperationHandle op = ta_op_get_active(operation, TEE_OPERATION_CIPHER, __func__);
	struct ta_cipher *c = op->own;
	size_t none = 0, total, todo, rest;
	TEE_Result res;

	if (!destLen)
		destLen = &none;
	if ((!srcData && srcLen) || (!destData && *destLen) || srcLen > SIZE_MAX / 2)
		TA_PANIC(TEE_ERROR_BAD_PARAMETERS, "no data, or no place for the result");
	total = c->num_held + srcLen;
	if (!ta_op_room(destLen, final_size(c, total)))
		return TEE_ERROR_SHORT_BUFFER;
	todo = ready(c, total);
	ta_op_check(feed_apart(c, srcData, srcLen, destData, todo), __func__);
	res = finish(c, destData ? (uint8_t *)destData + todo : NULL, &rest);
	ta_op_check(res != TEE_ERROR_GENERIC, __func__);
	*destLen = todo + rest;
	cipher_reset(op);
	ta_op_finish(op);
	return res;
}
