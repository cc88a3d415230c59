/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "tee/storage/seal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

struct sealer {
	EVP_CIPHER *aes;
	EVP_CIPHER_CTX *ctx;
};

int seal_create(struct sealer **sp)
{
	struct sealer *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->aes = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
	s->ctx = EVP_CIPHER_CTX_new();
	if (!s->aes || !s->ctx) {
		seal_destroy(s);
		return -ENOMEM;
	}
	*sp = s;
	return 0;
}

void seal_destroy(struct sealer *s)
{
	if (!s)
		return;
	EVP_CIPHER_CTX_free(s->ctx);
	EVP_CIPHER_free(s->aes);
	free(s);
}

int seal_derive(const uint8_t key[STORE_KEY_SIZE], const char *label, const void *data, size_t len,
		uint8_t out[STORE_KEY_SIZE])
{
	uint8_t msg[32 + STORE_ID_MAX];
	size_t label_len = strlen(label) + 1;

	if (label_len > 32 || len > STORE_ID_MAX)
		return -EINVAL;
	/* The label ends with its NUL: no two pairs of label and data make the same message. */
	memcpy(msg, label, label_len);
	if (len)
		memcpy(msg + label_len, data, len);
	if (!HMAC(EVP_sha256(), key, (int)STORE_KEY_SIZE, msg, label_len + len, out, NULL))
		return -ENOMEM;
	return 0;
}

int seal_random(void *buf, size_t len)
{
	return RAND_bytes(buf, (int)len) == 1 ? 0 : -EIO;
}

int seal(struct sealer *s, const uint8_t key[STORE_KEY_SIZE], const struct seal_place *place,
	 const void *plain, size_t len, void *out, uint8_t iv[STORE_IV_SIZE],
	 uint8_t tag[STORE_TAG_SIZE])
{
	int n;

	if (seal_random(iv, STORE_IV_SIZE) || len > INT32_MAX)
		return -EIO;
	if (EVP_EncryptInit_ex2(s->ctx, s->aes, key, iv, NULL) != 1 ||
	    EVP_EncryptUpdate(s->ctx, NULL, &n, (const uint8_t *)place, sizeof(*place)) != 1 ||
	    EVP_EncryptUpdate(s->ctx, out, &n, plain, (int)len) != 1 ||
	    EVP_EncryptFinal_ex(s->ctx, (uint8_t *)out + n, &n) != 1 ||
	    EVP_CIPHER_CTX_ctrl(s->ctx, EVP_CTRL_AEAD_GET_TAG, (int)STORE_TAG_SIZE, tag) != 1)
		return -EIO;
	return 0;
}

int unseal(struct sealer *s, const uint8_t key[STORE_KEY_SIZE], const struct seal_place *place,
	   const void *sealed, size_t len, const uint8_t iv[STORE_IV_SIZE],
	   const uint8_t tag[STORE_TAG_SIZE], void *out)
{
	uint8_t want[STORE_TAG_SIZE];
	int n;

	memcpy(want, tag, sizeof(want));
	if (len <= INT32_MAX && EVP_DecryptInit_ex2(s->ctx, s->aes, key, iv, NULL) == 1 &&
	    EVP_DecryptUpdate(s->ctx, NULL, &n, (const uint8_t *)place, sizeof(*place)) == 1 &&
	    EVP_DecryptUpdate(s->ctx, out, &n, sealed, (int)len) == 1 &&
	    EVP_CIPHER_CTX_ctrl(s->ctx, EVP_CTRL_AEAD_SET_TAG, (int)STORE_TAG_SIZE, want) == 1 &&
	    EVP_DecryptFinal_ex(s->ctx, (uint8_t *)out + n, &n) == 1)
		return 0;
	OPENSSL_cleanse(out, len);
	return -EBADMSG;
}
