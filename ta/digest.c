// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
/* Operations of class TEE_OPERATION_DIGEST (6.3). */
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "ta/operation.h"
#include "ta/runtime.h"

struct digest {
	EVP_MD *md;
	EVP_MD_CTX *ctx;
	uint8_t digest[EVP_MAX_MD_SIZE]; /* EXTRACTING: what TEE_DigestExtract gives out */
	size_t extracted;
};

static bool is_xof(TEE_OperationHandle op)
{
	return op->alg->hash_len == 0;
}

static void digest_reset(TEE_OperationHandle op)
{
	struct digest *d = op->own;

	ta_op_check(EVP_DigestInit_ex2(d->ctx, d->md, NULL) == 1, __func__);
	explicit_bzero(d->digest, sizeof(d->digest));
	d->extracted = 0;
	op->state = TEE_OPERATION_STATE_INITIAL;
	op->info.handleState = TEE_HANDLE_FLAG_KEY_SET | TEE_HANDLE_FLAG_INITIALIZED;
}

static void digest_destroy(TEE_OperationHandle op)
{
	struct digest *d = op->own;

	EVP_MD_CTX_free(d->ctx);
	EVP_MD_free(d->md);
	explicit_bzero(d, sizeof(*d));
	free(d);
}

static TEE_Result digest_create(TEE_OperationHandle op)
{
	struct digest *d = calloc(1, sizeof(*d));

	if (!d)
		return TEE_ERROR_OUT_OF_MEMORY;
	op->own = d;
	d->md = EVP_MD_fetch(NULL, op->alg->hash, NULL);
	d->ctx = EVP_MD_CTX_new();
	if (!d->md || !d->ctx) {
		digest_destroy(op);
		return TEE_ERROR_OUT_OF_MEMORY;
	}
	digest_reset(op);
	return TEE_SUCCESS;
}

static bool digest_copy(TEE_OperationHandle dst, TEE_OperationHandle src)
{
	struct digest *to = dst->own;
	const struct digest *from = src->own;

	memcpy(to->digest, from->digest, sizeof(to->digest));
	to->extracted = from->extracted;
	return EVP_MD_CTX_copy_ex(to->ctx, from->ctx) == 1;
}

const struct ta_class_ops ta_digest_class = {
	.create = digest_create,
	.destroy = digest_destroy,
	.reset = digest_reset,
	.copy = digest_copy,
};

void TEE_DigestUpdate(TEE_OperationHandle operation, const void *chunk, size_t chunkSize)
{
	TEE_OperationHandle op = ta_op_get(operation, TEE_OPERATION_DIGEST, __func__);
	struct digest *d = op->own;

	if (!chunk && chunkSize)
		TA_PANIC(TEE_ERROR_BAD_PARAMETERS, "no data");
	if (op->state == TEE_OPERATION_STATE_EXTRACTING)
		TA_PANIC(TEE_ERROR_BAD_STATE, "the digest is being extracted");
	op->state = TEE_OPERATION_STATE_ACTIVE;
	ta_op_check(EVP_DigestUpdate(d->ctx, chunk, chunkSize) == 1, __func__);
}

/*
 * The next bytes of an extendable output. libcrypto gives it once, from its start, and is done: a copy
 * of it is asked for all up to the end.
 */
static void squeeze(struct digest *d, uint8_t *out, size_t len)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t *all = malloc(d->extracted + len);
	bool ok = ctx && all && EVP_MD_CTX_copy_ex(ctx, d->ctx) == 1 &&
		  EVP_DigestFinalXOF(ctx, all, d->extracted + len) == 1;

	if (ok && len)
		memcpy(out, all + d->extracted, len);
	free(all);
	EVP_MD_CTX_free(ctx);
	ta_op_check(ok, "TEE_DigestExtract");
	d->extracted += len;
}

static void start_extracting(TEE_OperationHandle op)
{
	struct digest *d = op->own;

	if (op->state == TEE_OPERATION_STATE_EXTRACTING)
		return;
	if (!is_xof(op))
		ta_op_check(EVP_DigestFinal_ex(d->ctx, d->digest, NULL) == 1, "TEE_DigestExtract");
	op->state = TEE_OPERATION_STATE_EXTRACTING;
	op->info.handleState |= TEE_HANDLE_FLAG_EXTRACTING;
	d->extracted = 0;
}

static size_t extract(TEE_OperationHandle op, void *hash, size_t room)
{
	struct digest *d = op->own;
	size_t left = op->alg->hash_len - d->extracted, len = left < room ? left : room;

	start_extracting(op);
	if (is_xof(op)) {
		if (room)
			squeeze(d, hash, room);
		return room;
	}
	if (len)
		memcpy(hash, d->digest + d->extracted, len);
	d->extracted += len;
	return len;
}

TEE_Result TEE_DigestDoFinal(TEE_OperationHandle operation, const void *chunk, size_t chunkLen,
			     void *hash, size_t *hashLen)
{
	TEE_OperationHandle op = ta_op_get(operation, TEE_OPERATION_DIGEST, __func__);
	struct digest *d = op->own;
	bool extracting = op->state == TEE_OPERATION_STATE_EXTRACTING;

	if (!hashLen || (!hash && *hashLen) || (!chunk && chunkLen))
		TA_PANIC(TEE_ERROR_BAD_PARAMETERS, "no data, or no place for the digest");
	if (extracting && chunkLen)
		TA_PANIC(TEE_ERROR_BAD_STATE, "the digest is being extracted");
	/* Before the chunk is taken: the caller comes again with all of it and a larger buffer. */
	if (!extracting && !is_xof(op) && *hashLen < op->alg->hash_len) {
		*hashLen = op->alg->hash_len;
		return TEE_ERROR_SHORT_BUFFER;
	}
	if (chunkLen)
		ta_op_check(EVP_DigestUpdate(d->ctx, chunk, chunkLen) == 1, __func__);
	*hashLen = extract(op, hash, *hashLen);
	digest_reset(op);
	return TEE_SUCCESS;
}

TEE_Result TEE_DigestExtract(TEE_OperationHandle operation, void *hash, size_t *hashLen)
{
	TEE_OperationHandle op = ta_op_get(operation, TEE_OPERATION_DIGEST, __func__);

	if (!hashLen || (!hash && *hashLen))
		TA_PANIC(TEE_ERROR_BAD_PARAMETERS, "no place for the digest");
	*hashLen = extract(op, hash, *hashLen);
	return TEE_SUCCESS;
}
