// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
#include <errno.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <stdlib.h>
#include <string.h>

#include "lib/cursor.h"
#include "tools/sign/image.h"

/* As big-endian bytes. */
static int number(EVP_PKEY *key, const char *name, struct sign_bytes *b)
{
	BIGNUM *n = NULL;

	if (EVP_PKEY_get_bn_param(key, name, &n) != 1)
		return -EINVAL;
	b->size = (size_t)BN_num_bytes(n);
	b->data = malloc(b->size);
	if (b->data)
		BN_bn2bin(n, b->data);
	BN_free(n);
	return b->data ? 0 : -ENOMEM;
}

static void put_all(struct sign_bytes *body, const struct shdr_subkey *sk,
		    const struct sign_bytes *n, const struct sign_bytes *e)
{
	struct shdr_subkey_attr attr[2] = {
		{ .id = SHDR_ATTR_RSA_MODULUS, .size = (uint32_t)n->size },
		{ .id = SHDR_ATTR_RSA_PUBLIC_EXPONENT, .size = (uint32_t)e->size },
	};
	struct cursor c;

	attr[0].offs = sizeof(*sk) + sizeof(attr);
	attr[1].offs = attr[0].offs + attr[0].size;
	cursor_init(&c, body->data, body->size);
	cursor_put(&c, sk, sizeof(*sk));
	cursor_put(&c, attr, sizeof(attr));
	cursor_put(&c, n->data, n->size);
	cursor_put(&c, e->data, e->size);
}

int sign_subkey_body(EVP_PKEY *key, const uint8_t uuid[16], uint32_t name_size, uint32_t version,
		     uint32_t max_depth, uint32_t algo, struct sign_bytes *body)
{
	struct shdr_subkey sk = { .name_size = name_size, .version = version,
				  .max_depth = max_depth, .algo = algo, .attr_count = 2 };
	struct sign_bytes n = { NULL, 0 }, e = { NULL, 0 };
	int ret = number(key, OSSL_PKEY_PARAM_RSA_N, &n);

	if (!ret)
		ret = number(key, OSSL_PKEY_PARAM_RSA_E, &e);
	if (ret)
		goto out;
	memcpy(sk.uuid, uuid, sizeof(sk.uuid));
	body->size = sizeof(sk) + 2 * sizeof(struct shdr_subkey_attr) + n.size + e.size;
	body->data = malloc(body->size);
	if (body->data)
		put_all(body, &sk, &n, &e);
	else
		ret = -ENOMEM;
out:
	free(n.data);
	free(e.data);
	return ret;
}

void sign_next_uuid(const uint8_t uuid[16], const char *name, uint8_t next[16])
{
	uint8_t digest[EVP_MAX_MD_SIZE];
	EVP_MD_CTX *md;

	memcpy(next, uuid, 16);
	if (!*name)
		return;
	md = EVP_MD_CTX_new();
	if (md && EVP_DigestInit_ex(md, EVP_sha512(), NULL) == 1 &&
	    EVP_DigestUpdate(md, uuid, 16) == 1 && EVP_DigestUpdate(md, name, strlen(name)) == 1 &&
	    EVP_DigestFinal_ex(md, digest, NULL) == 1) {
		memcpy(next, digest, 16);
		next[6] = (uint8_t)((next[6] & 0x0f) | 0x50);
		next[8] = (uint8_t)((next[8] & 0x3f) | 0x80);
	}
	EVP_MD_CTX_free(md);
}
