// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
#include "tools/sign/image.h"

#include <errno.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <stdlib.h>
#include <string.h>

#include "lib/cursor.h"

/* All that follows the signature, for @rq->type. */
static int body_size(const struct sign_request *rq, size_t *size)
{
	size_t n = rq->payload.size;

	if (n > SIGN_MAX_FILE)
		return -EFBIG;
	if (rq->type == SHDR_BOOTSTRAP_TA || rq->type == SHDR_ENCRYPTED_TA)
		n += sizeof(struct shdr_bootstrap_ta);
	if (rq->type == SHDR_ENCRYPTED_TA)
		n += sizeof(struct shdr_encrypted_ta) + SHDR_IV_SIZE + SHDR_TAG_SIZE;
	*size = n;
	return 0;
}

static const EVP_CIPHER *gcm(size_t key_size)
{
	switch (key_size) {
	case 16:
		return EVP_aes_128_gcm();
	case 24:
		return EVP_aes_192_gcm();
	case 32:
		return EVP_aes_256_gcm();
	default:
		return NULL;
	}
}

static int encrypt(const struct sign_request *rq, const uint8_t *iv, uint8_t *tag, uint8_t *out)
{
	const EVP_CIPHER *cipher = gcm(rq->enc_key.size);
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n = 0, rest = 0;
	bool ok;

	ok = ctx && cipher && EVP_EncryptInit_ex(ctx, cipher, NULL, rq->enc_key.data, iv) == 1 &&
	     EVP_EncryptUpdate(ctx, out, &n, rq->payload.data, (int)rq->payload.size) == 1 &&
	     EVP_EncryptFinal_ex(ctx, out + n, &rest) == 1 &&
	     EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, SHDR_TAG_SIZE, tag) == 1;
	EVP_CIPHER_CTX_free(ctx);
	return ok ? 0 : -EINVAL;
}

static int put_body(const struct sign_request *rq, struct cursor *c)
{
	const struct shdr_encrypted_ta enc = { .enc_algo = SHDR_ALG_AES_GCM,
					       .flags = rq->enc_flags,
					       .iv_size = SHDR_IV_SIZE,
					       .tag_size = SHDR_TAG_SIZE };
	struct shdr_bootstrap_ta bs = { .version = rq->version };
	uint8_t *iv, *tag, *out;

	memcpy(bs.uuid, rq->uuid, sizeof(bs.uuid));
	if (rq->type == SHDR_BOOTSTRAP_TA || rq->type == SHDR_ENCRYPTED_TA)
		cursor_put(c, &bs, sizeof(bs));
	if (rq->type != SHDR_ENCRYPTED_TA)
		return cursor_put(c, rq->payload.data, rq->payload.size) ? 0 : -EFBIG;
	cursor_put(c, &enc, sizeof(enc));
	iv = cursor_take(c, SHDR_IV_SIZE);
	tag = cursor_take(c, SHDR_TAG_SIZE);
	out = cursor_take(c, rq->payload.size);
	if (!out || RAND_bytes(iv, SHDR_IV_SIZE) != 1)
		return -EINVAL;
	return encrypt(rq, iv, tag, out);
}

static bool hash_image(const struct shdr *h, const uint8_t *body, size_t size,
		       uint8_t digest[SHDR_HASH_SIZE])
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	bool ok = md && EVP_DigestInit_ex(md, EVP_sha256(), NULL) == 1 &&
		  EVP_DigestUpdate(md, h, sizeof(*h)) == 1 &&
		  EVP_DigestUpdate(md, body, size) == 1 && EVP_DigestFinal_ex(md, digest, NULL) == 1;

	EVP_MD_CTX_free(md);
	return ok;
}

static bool set_padding(EVP_PKEY_CTX *ctx, uint32_t algo)
{
	if (EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) != 1)
		return false;
	if (algo == SHDR_ALG_RSA_PKCS1_SHA256)
		return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1;
	return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) == 1 &&
	       EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST) == 1;
}

bool sign_verify(EVP_PKEY *key, uint32_t algo, const uint8_t digest[SHDR_HASH_SIZE],
		 const uint8_t *sig, size_t size)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
	bool ok = ctx && EVP_PKEY_verify_init(ctx) == 1 && set_padding(ctx, algo) &&
		  EVP_PKEY_verify(ctx, sig, size, digest, SHDR_HASH_SIZE) == 1;

	EVP_PKEY_CTX_free(ctx);
	return ok;
}

static int put_signature(const struct sign_request *rq, const uint8_t digest[SHDR_HASH_SIZE],
			 uint8_t *sig, size_t size)
{
	EVP_PKEY_CTX *ctx;
	size_t len = size;
	bool ok;

	if (rq->sig.data) {
		if (rq->sig.size != size ||
		    !sign_verify(rq->key, rq->algo, digest, rq->sig.data, size))
			return -EKEYREJECTED;
		memcpy(sig, rq->sig.data, size);
		return 0;
	}
	ctx = EVP_PKEY_CTX_new(rq->key, NULL);
	ok = ctx && EVP_PKEY_sign_init(ctx) == 1 && set_padding(ctx, rq->algo) &&
	     EVP_PKEY_sign(ctx, sig, &len, digest, SHDR_HASH_SIZE) == 1 && len == size;
	EVP_PKEY_CTX_free(ctx);
	return ok ? 0 : -ENOKEY;
}

static void make_head(const struct sign_request *rq, struct shdr *h)
{
	*h = (struct shdr){
		.magic = SHDR_MAGIC,
		.img_type = rq->type,
		.img_size = (uint32_t)rq->payload.size,
		.algo = rq->algo,
		.hash_size = SHDR_HASH_SIZE,
		.sig_size = (uint16_t)sign_key_bytes(rq->key),
	};
}

int sign_build(const struct sign_request *rq, struct sign_bytes *out)
{
	uint8_t *hash, *sig, *body;
	struct cursor c;
	struct shdr h;
	size_t size;
	int ret = body_size(rq, &size);

	if (ret)
		return ret;
	make_head(rq, &h);
	out->size = rq->prefix.size + sizeof(h) + h.hash_size + h.sig_size + size;
	out->data = malloc(out->size);
	if (!out->data)
		return -ENOMEM;
	cursor_init(&c, out->data, out->size);
	if (rq->prefix.size)
		cursor_put(&c, rq->prefix.data, rq->prefix.size);
	cursor_put(&c, &h, sizeof(h));
	hash = cursor_take(&c, h.hash_size);
	sig = cursor_take(&c, h.sig_size);
	body = sig + h.sig_size;
	ret = put_body(rq, &c);
	if (!ret && !hash_image(&h, body, size, hash))
		ret = -ENOMEM;
	if (!ret)
		ret = put_signature(rq, hash, sig, h.sig_size);
	if (ret) {
		free(out->data);
		out->data = NULL;
	}
	return ret;
}

int sign_digest(const struct sign_request *rq, uint8_t digest[SHDR_HASH_SIZE])
{
	struct sign_bytes body;
	struct cursor c;
	struct shdr h;
	int ret = body_size(rq, &body.size);

	if (ret)
		return ret;
	make_head(rq, &h);
	body.data = malloc(body.size ? body.size : 1);
	if (!body.data)
		return -ENOMEM;
	cursor_init(&c, body.data, body.size);
	ret = put_body(rq, &c);
	if (!ret && !hash_image(&h, body.data, body.size, digest))
		ret = -ENOMEM;
	free(body.data);
	return ret;
}
