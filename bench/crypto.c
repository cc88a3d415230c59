// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
#include "bench/crypto.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "bench/bench_ta.h"
#include "lib/futex.h"

#define RUNS 9u
#define PIECES 4096u

static void check(int ok)
{
	if (!ok) {
		fputs("bench: libcrypto failed\n", stderr);
		exit(1);
	}
}

static void gcm_here(uint8_t *buf)
{
	static const uint8_t key[32], nonce[12];
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t tag[16];
	unsigned int i;
	int len;

	check(cipher && ctx && EVP_EncryptInit_ex2(ctx, cipher, key, nonce, NULL));
	for (i = 0; i < PIECES; i++)
		check(EVP_EncryptInit_ex2(ctx, NULL, NULL, nonce, NULL) &&
		      EVP_EncryptUpdate(ctx, buf, &len, buf, BENCH_CRYPTO_SIZE) &&
		      EVP_EncryptFinal_ex(ctx, buf, &len) &&
		      EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, sizeof(tag), tag));
	EVP_CIPHER_CTX_free(ctx);
	EVP_CIPHER_free(cipher);
}

static void sha256_here(uint8_t *buf)
{
	EVP_MD *md = EVP_MD_fetch(NULL, "SHA2-256", NULL);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned int i;

	check(md && ctx);
	for (i = 0; i < PIECES; i++)
		check(EVP_DigestInit_ex2(ctx, md, NULL) &&
		      EVP_DigestUpdate(ctx, buf, BENCH_CRYPTO_SIZE) &&
		      EVP_DigestFinal_ex(ctx, buf, NULL));
	EVP_MD_CTX_free(ctx);
	EVP_MD_free(md);
}

static uint64_t there(struct link *l, uint32_t cmd)
{
	TEEC_Operation op = { .paramTypes = TEEC_PARAM_TYPES(TEEC_VALUE_INPUT, TEEC_NONE, TEEC_NONE,
							     TEEC_NONE) };
	uint64_t start = tl_now_ns();

	op.params[0].value.a = PIECES;
	if (TEEC_InvokeCommand(&l->session, cmd, &op, NULL) != TEEC_SUCCESS) {
		fputs("bench: the TA's cryptography failed\n", stderr);
		exit(1);
	}
	return tl_now_ns() - start;
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* The best run of each: others were disturbed by what else the computer does. */
static double ratio(struct link *l, uint32_t cmd, void (*here)(uint8_t *buf))
{
	uint64_t best_here = UINT64_MAX, best_there = UINT64_MAX;
	uint8_t *buf = calloc(1, BENCH_CRYPTO_SIZE);
	unsigned int i;

	if (!buf)
		exit(1);
	for (i = 0; i < RUNS; i++) {
		uint64_t start = tl_now_ns();

		here(buf);
		best_here = least(best_here, tl_now_ns() - start);
		best_there = least(best_there, there(l, cmd));
	}
	free(buf);
	return (double)best_here / (double)best_there;
}

double crypto_aes_gcm_ratio(struct link *l)
{
	return ratio(l, BENCH_CMD_AES_GCM, gcm_here);
}

double crypto_sha256_ratio(struct link *l)
{
	return ratio(l, BENCH_CMD_SHA256, sha256_here);
}
