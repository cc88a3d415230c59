// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
/* Block ciphers with a key: what ciphers, MACs and authenticated encryption are made of. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "ta/operation.h"

#define MAX_KEY 32u
#define STEP (1u << 30) /* libcrypto counts in int */

size_t ta_block_size(enum ta_family family)
{
	return family == TA_DES ? 8 : 16;
}

/* DES is three times DES with one key, and with two the first comes again: no other code for them. */
static size_t expand_key(enum ta_family family, const struct ta_attr *secret, uint8_t key[MAX_KEY])
{
	size_t len = secret->len;

	if (len > MAX_KEY)
		return 0;
	memcpy(key, secret->data, len);
	if (family != TA_DES)
		return len;
	if (len == 8)
		memcpy(key + 8, key, 8);
	if (len <= 16)
		memcpy(key + 16, key, 8);
	return 24;
}

EVP_CIPHER_CTX *ta_block_create(enum ta_family family, TEE_ObjectHandle key, const char *mode,
				bool encrypt)
{
	const struct ta_attr *secret = ta_object_attr(key, TEE_ATTR_SECRET_VALUE);
	EVP_CIPHER_CTX *ctx = NULL;
	EVP_CIPHER *cipher = NULL;
	uint8_t bytes[MAX_KEY];
	char name[32];
	size_t len;

	if (!secret)
		return NULL;
	len = expand_key(family, secret, bytes);
	if (family == TA_AES)
		snprintf(name, sizeof(name), "AES-%zu-%s", len * 8, mode);
	else
		snprintf(name, sizeof(name), "%s-%s", family == TA_DES ? "DES-EDE3" : "SM4", mode);
	cipher = EVP_CIPHER_fetch(NULL, name, NULL);
	if (cipher && (size_t)EVP_CIPHER_get_key_length(cipher) == len)
		ctx = EVP_CIPHER_CTX_new();
	if (ctx && (EVP_CipherInit_ex2(ctx, cipher, bytes, NULL, encrypt, NULL) != 1 ||
		    EVP_CIPHER_CTX_set_padding(ctx, 0) != 1)) {
		EVP_CIPHER_CTX_free(ctx);
		ctx = NULL;
	}
	EVP_CIPHER_free(cipher);
	explicit_bzero(bytes, sizeof(bytes));
	return ctx;
}

bool ta_block_run(EVP_CIPHER_CTX *ctx, const uint8_t *in, uint8_t *out, size_t len)
{
	uint8_t nowhere[512];

	while (len) {
		size_t n = out ? STEP : sizeof(nowhere);
		int got;

		if (n > len)
			n = len;
		if (EVP_CipherUpdate(ctx, out ? out : nowhere, &got, in, (int)n) != 1 ||
		    got != (int)n)
			return false;
		in += n;
		out = out ? out + n : NULL;
		len -= n;
	}
	return true;
}

const uint8_t *ta_src_apart(const uint8_t *src, size_t len, const void *dst, size_t dst_len,
			    uint8_t **copy)
{
	uintptr_t s = (uintptr_t)src, d = (uintptr_t)dst;

	*copy = NULL;
	if (!len || !dst || s >= d + dst_len || d >= s + len)
		return src;
	*copy = malloc(len);
	if (!*copy)
		return NULL;
	memcpy(*copy, src, len);
	return *copy;
}

void ta_copy_free(uint8_t *copy, size_t len)
{
	if (copy)
		explicit_bzero(copy, len);
	free(copy);
}
