// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
/* Operations of class TEE_OPERATION_DIGEST (6.2, 6.3), on libcrypto. */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "ta/runtime.h"

struct __TEE_OperationHandle {
	struct list link;
	TEE_OperationInfo info;
	uint32_t state; /* TEE_OPERATION_STATE_* */
	const EVP_MD *md;
	EVP_MD_CTX *ctx;
	uint8_t digest[EVP_MAX_MD_SIZE]; /* EXTRACTING: what TEE_DigestExtract gives out */
	size_t extracted;
};

struct digest_alg {
	uint32_t id;
	const char *name;
	EVP_MD *md;
};

/*
 * Fetched once, before processes are forked from this one and confined; not changed after. Fetching
 * reads files and takes a good part of a millisecond.
 */
static struct digest_alg digest_algs[] = {
	{ TEE_ALG_MD5, "MD5", NULL },           { TEE_ALG_SHA1, "SHA1", NULL },
	{ TEE_ALG_SHA224, "SHA2-224", NULL },   { TEE_ALG_SHA256, "SHA2-256", NULL },
	{ TEE_ALG_SHA384, "SHA2-384", NULL },   { TEE_ALG_SHA512, "SHA2-512", NULL },
	{ TEE_ALG_SHA3_224, "SHA3-224", NULL }, { TEE_ALG_SHA3_256, "SHA3-256", NULL },
	{ TEE_ALG_SHA3_384, "SHA3-384", NULL }, { TEE_ALG_SHA3_512, "SHA3-512", NULL },
	{ TEE_ALG_SM3, "SM3", NULL },
};
#define NUM_DIGEST_ALGS (sizeof(digest_algs) / sizeof(digest_algs[0]))

static pthread_once_t digests_once = PTHREAD_ONCE_INIT;

static void digests_fetch(void)
{
	size_t i;

	/* What a build of libcrypto doesn't have is TEE_ERROR_NOT_SUPPORTED. */
	for (i = 0; i < NUM_DIGEST_ALGS; i++)
		digest_algs[i].md = EVP_MD_fetch(NULL, digest_algs[i].name, NULL);
}

int ta_digests_prepare(void)
{
	size_t i;

	pthread_once(&digests_once, digests_fetch);
	for (i = 0; i < NUM_DIGEST_ALGS; i++)
		if (digest_algs[i].id == TEE_ALG_SHA256 && !digest_algs[i].md)
			return -ENOSYS;
	return 0;
}

static const EVP_MD *digest_find(uint32_t id)
{
	size_t i;

	for (i = 0; i < NUM_DIGEST_ALGS; i++)
		if (digest_algs[i].id == id)
			return digest_algs[i].md;
	return NULL;
}

static void digest_start(TEE_OperationHandle op)
{
	if (EVP_DigestInit_ex2(op->ctx, op->md, NULL) != 1)
		TEE_Panic(TEE_ERROR_GENERIC);
	op->state = TEE_OPERATION_STATE_INITIAL;
	op->extracted = 0;
	op->info.handleState = TEE_HANDLE_FLAG_KEY_SET | TEE_HANDLE_FLAG_INITIALIZED;
}

static void operation_free(TEE_OperationHandle op)
{
	list_del(&op->link);
	EVP_MD_CTX_free(op->ctx);
	explicit_bzero(op, sizeof(*op));
	free(op);
}

void ta_operations_free(struct ta_runtime *rt)
{
	while (!list_empty(&rt->operations))
		operation_free(
			list_entry(rt->operations.next, struct __TEE_OperationHandle, link));
}

TEE_Result TEE_AllocateOperation(TEE_OperationHandle *operation, uint32_t algorithm, uint32_t mode,
				 uint32_t maxKeySize)
{
	struct ta_runtime *rt = ta_runtime_current();
	const EVP_MD *md = digest_find(algorithm);
	TEE_OperationHandle op;

	if (!operation)
		TEE_Panic(TEE_ERROR_BAD_PARAMETERS);
	*operation = NULL;
	if (!md || mode != TEE_MODE_DIGEST)
		return TEE_ERROR_NOT_SUPPORTED;
	op = calloc(1, sizeof(*op));
	if (!op)
		return TEE_ERROR_OUT_OF_MEMORY;
	list_init(&op->link);
	op->md = md;
	op->ctx = EVP_MD_CTX_new();
	if (!op->ctx) {
		free(op);
		return TEE_ERROR_OUT_OF_MEMORY;
	}
	op->info.algorithm = algorithm;
	op->info.operationClass = TEE_OPERATION_DIGEST;
	op->info.mode = mode;
	op->info.maxKeySize = maxKeySize;
	op->info.digestLength = (uint32_t)EVP_MD_get_size(md);
	list_add_tail(&rt->operations, &op->link);
	digest_start(op);
	*operation = op;
	return TEE_SUCCESS;
}

void TEE_FreeOperation(TEE_OperationHandle operation)
{
	if (operation)
		operation_free(operation);
}

void TEE_GetOperationInfo(TEE_OperationHandle operation, TEE_OperationInfo *info)
{
	if (!operation || !info)
		TEE_Panic(TEE_ERROR_BAD_PARAMETERS);
	*info = operation->info;
}

TEE_Result TEE_GetOperationInfoMultiple(TEE_OperationHandle operation,
					TEE_OperationInfoMultiple *info, size_t *size)
{
	if (!operation || !info || !size || *size < sizeof(*info))
		TEE_Panic(TEE_ERROR_BAD_PARAMETERS);
	memset(info, 0, sizeof(*info));
	info->algorithm = operation->info.algorithm;
	info->operationClass = operation->info.operationClass;
	info->mode = operation->info.mode;
	info->digestLength = operation->info.digestLength;
	info->maxKeySize = operation->info.maxKeySize;
	info->handleState = operation->info.handleState;
	info->operationState = operation->state;
	*size = sizeof(*info);
	return TEE_SUCCESS;
}

void TEE_ResetOperation(TEE_OperationHandle operation)
{
	if (!operation)
		TEE_Panic(TEE_ERROR_BAD_PARAMETERS);
	digest_start(operation);
}

void TEE_CopyOperation(TEE_OperationHandle dst, TEE_OperationHandle src)
{
	if (!dst || !src || dst->info.algorithm != src->info.algorithm ||
	    dst->info.mode != src->info.mode)
		TEE_Panic(TEE_ERROR_BAD_PARAMETERS);
	if (dst == src)
		return;
	if (EVP_MD_CTX_copy_ex(dst->ctx, src->ctx) != 1)
		TEE_Panic(TEE_ERROR_GENERIC);
	dst->info.handleState = src->info.handleState;
	dst->state = src->state;
	dst->extracted = src->extracted;
	memcpy(dst->digest, src->digest, sizeof(dst->digest));
}

TEE_Result TEE_IsAlgorithmSupported(uint32_t algId, uint32_t element)
{
	if (element != TEE_CRYPTO_ELEMENT_NONE || !digest_find(algId))
		return TEE_ERROR_NOT_SUPPORTED;
	return TEE_SUCCESS;
}

void TEE_DigestUpdate(TEE_OperationHandle operation, const void *chunk, size_t chunkSize)
{
	if (!operation || operation->state == TEE_OPERATION_STATE_EXTRACTING ||
	    (!chunk && chunkSize))
		TEE_Panic(TEE_ERROR_BAD_PARAMETERS);
	operation->state = TEE_OPERATION_STATE_ACTIVE;
	if (EVP_DigestUpdate(operation->ctx, chunk, chunkSize) != 1)
		TEE_Panic(TEE_ERROR_GENERIC);
}

static size_t extract(TEE_OperationHandle op, void *hash, size_t room)
{
	size_t left = op->info.digestLength - op->extracted;
	size_t len = left < room ? left : room;

	if (len)
		memcpy(hash, op->digest + op->extracted, len);
	op->extracted += len;
	return len;
}

TEE_Result TEE_DigestDoFinal(TEE_OperationHandle operation, const void *chunk, size_t chunkLen,
			     void *hash, size_t *hashLen)
{
	bool extracting;

	if (!operation || !hashLen || (!hash && *hashLen) || (!chunk && chunkLen))
		TEE_Panic(TEE_ERROR_BAD_PARAMETERS);
	extracting = operation->state == TEE_OPERATION_STATE_EXTRACTING;
	if (extracting && chunkLen)
		TEE_Panic(TEE_ERROR_BAD_PARAMETERS);
	if (extracting) {
		*hashLen = extract(operation, hash, *hashLen);
		digest_start(operation);
		return TEE_SUCCESS;
	}
	/* Before the chunk is taken: the caller comes again with all of it and a larger buffer. */
	if (*hashLen < operation->info.digestLength) {
		*hashLen = operation->info.digestLength;
		return TEE_ERROR_SHORT_BUFFER;
	}
	if (chunkLen)
		TEE_DigestUpdate(operation, chunk, chunkLen);
	if (EVP_DigestFinal_ex(operation->ctx, hash, NULL) != 1)
		TEE_Panic(TEE_ERROR_GENERIC);
	*hashLen = operation->info.digestLength;
	digest_start(operation);
	return TEE_SUCCESS;
}

TEE_Result TEE_DigestExtract(TEE_OperationHandle operation, void *hash, size_t *hashLen)
{
	if (!operation || !hashLen || (!hash && *hashLen))
		TEE_Panic(TEE_ERROR_BAD_PARAMETERS);
	if (operation->state != TEE_OPERATION_STATE_EXTRACTING) {
		if (EVP_DigestFinal_ex(operation->ctx, operation->digest, NULL) != 1)
			TEE_Panic(TEE_ERROR_GENERIC);
		operation->state = TEE_OPERATION_STATE_EXTRACTING;
		operation->info.handleState |= TEE_HANDLE_FLAG_EXTRACTING;
		operation->extracted = 0;
	}
	*hashLen = extract(operation, hash, *hashLen);
	return TEE_SUCCESS;
}
