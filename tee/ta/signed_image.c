// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
#include "tee/ta/signed_image.h"

#include <openssl/crypto.h>
#include <string.h>

#include "lib/cursor.h"

/* Where in the image we are, and who must have signed what comes next. */
struct walk {
	const struct image_keys *keys;
	struct cursor c;
	EVP_PKEY *subkey; /* NULL: one of the root keys */
	bool have_next;	  /* a sub-key says whose turn it is */
	uint8_t next[16];
	uint32_t max_depth;
	struct shdr h;
	const uint8_t *hash, *sig;
};

const char *image_fault_text(enum image_fault fault)
{
	static const char *const texts[IMAGE_NUM_FAULTS] = {
		[IMAGE_GOOD] = "good",
		[IMAGE_UNSIGNED] = "it isn't signed",
		[IMAGE_TRUNCATED] = "it is truncated",
		[IMAGE_OVERSIZED] = "it is larger than its header says",
		[IMAGE_TOO_LARGE] = "it is larger than images may be",
		[IMAGE_WRONG_TYPE] = "its header is of an unknown type",
		[IMAGE_WRONG_ALGORITHM] = "its header names an algorithm that isn't allowed",
		[IMAGE_WRONG_KEY] = "it is signed with a wrong key",
		[IMAGE_WRONG_HASH] = "its hash is wrong",
		[IMAGE_WRONG_UUID] = "it is another TA's",
		[IMAGE_WRONG_SUBKEY] = "a sub-key of its is malformed",
		[IMAGE_TOO_DEEP] = "its sub-keys are deeper than allowed",
		[IMAGE_NOT_DECRYPTED] = "it can't be decrypted",
		[IMAGE_ROLLED_BACK] = "its version is older than one that was seen",
	};

	return texts[fault];
}

static bool is_signature(const struct walk *w)
{
	unsigned int i;

	if (w->subkey)
		return image_key_verify(w->subkey, w->h.algo, w->hash, w->sig, w->h.sig_size);
	for (i = 0; i < w->keys->num; i++)
		if (image_key_verify(w->keys->root[i], w->h.algo, w->hash, w->sig, w->h.sig_size))
			return true;
	return false;
}

/* The next header; its signature is good then. */
static enum image_fault take_header(struct walk *w)
{
	/* Without as much as a magic number there is nothing that could have been cut. */
	uint32_t magic = 0;
	size_t start = w->c.pos;

	if (!cursor_get(&w->c, &magic, sizeof(magic)) || magic != SHDR_MAGIC)
		return IMAGE_UNSIGNED;
	w->c.pos = start;
	if (!cursor_get(&w->c, &w->h, sizeof(w->h)))
		return IMAGE_TRUNCATED;
	if (w->h.img_type > SHDR_SUBKEY)
		return IMAGE_WRONG_TYPE;
	if ((w->h.algo != SHDR_ALG_RSA_PSS_SHA256 && w->h.algo != SHDR_ALG_RSA_PKCS1_SHA256) ||
	    w->h.hash_size != SHDR_HASH_SIZE)
		return IMAGE_WRONG_ALGORITHM;
	w->hash = cursor_take(&w->c, w->h.hash_size);
	w->sig = cursor_take(&w->c, w->h.sig_size);
	if (!w->hash || !w->sig)
		return IMAGE_TRUNCATED;
	return is_signature(w) ? IMAGE_GOOD : IMAGE_WRONG_KEY;
}

/* Is the header's hash that of the header and @size bytes at @body? */
static bool is_hash(const struct walk *w, const uint8_t *body, size_t size)
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	uint8_t digest[SHDR_HASH_SIZE];
	bool ok = md && EVP_DigestInit_ex(md, EVP_sha256(), NULL) == 1 &&
		  EVP_DigestUpdate(md, &w->h, sizeof(w->h)) == 1 &&
		  EVP_DigestUpdate(md, body, size) == 1 &&
		  EVP_DigestFinal_ex(md, digest, NULL) == 1 &&
		  !CRYPTO_memcmp(digest, w->hash, sizeof(digest));

	EVP_MD_CTX_free(md);
	return ok;
}

static bool find_attr(const struct shdr_subkey *sk, const uint8_t *body, size_t size, uint32_t id,
		      const uint8_t **value, size_t *value_size)
{
	struct shdr_subkey_attr attr;
	struct cursor c;
	uint32_t i;

	cursor_init_ro(&c, body, size);
	cursor_skip(&c, sizeof(*sk));
	for (i = 0; i < sk->attr_count; i++) {
		if (!cursor_get(&c, &attr, sizeof(attr)))
			return false;
		if (attr.id != id)
			continue;
		if (attr.offs > size || attr.size > size - attr.offs ||
		    attr.size > SHDR_MAX_RSA_BITS / 8 + 1)
			return false;
		*value = body + attr.offs;
		*value_size = attr.size;
		return true;
	}
	return false;
}

static EVP_PKEY *load_subkey(const struct shdr_subkey *sk, const uint8_t *body, size_t size)
{
	const uint8_t *n, *e;
	size_t n_size, e_size;

	if (sk->attr_count > SHDR_MAX_ATTRS ||
	    (sk->algo != SHDR_ALG_RSA_PSS_SHA256 && sk->algo != SHDR_ALG_RSA_PKCS1_SHA256) ||
	    !find_attr(sk, body, size, SHDR_ATTR_RSA_MODULUS, &n, &n_size) ||
	    !find_attr(sk, body, size, SHDR_ATTR_RSA_PUBLIC_EXPONENT, &e, &e_size))
		return NULL;
	return image_key_from_numbers(n, n_size, e, e_size);
}

/* What comes below @sk under @name: version 5 of RFC 4122, but with SHA-512. */
static bool next_uuid(const struct shdr_subkey *sk, const uint8_t *name, uint8_t next[16])
{
	uint8_t digest[EVP_MAX_MD_SIZE];
	size_t len = strnlen((const char *)name, sk->name_size);
	EVP_MD_CTX *md;
	bool ok;

	memcpy(next, sk->uuid, 16);
	if (!sk->name_size)
		return true;
	md = EVP_MD_CTX_new();
	ok = md && EVP_DigestInit_ex(md, EVP_sha512(), NULL) == 1 &&
	     EVP_DigestUpdate(md, sk->uuid, 16) == 1 && EVP_DigestUpdate(md, name, len) == 1 &&
	     EVP_DigestFinal_ex(md, digest, NULL) == 1;
	EVP_MD_CTX_free(md);
	memcpy(next, digest, 16);
	next[6] = (uint8_t)((next[6] & 0x0f) | 0x50);
	next[8] = (uint8_t)((next[8] & 0x3f) | 0x80);
	return ok;
}

/* The sub-key whose header has been taken: from now on it is what signs. */
static enum image_fault take_subkey(struct walk *w, struct signed_image *out)
{
	const uint8_t *body = cursor_take(&w->c, w->h.img_size), *name;
	struct image_version *v = &out->subkey[out->num_subkeys];
	struct shdr_subkey sk;
	EVP_PKEY *key;

	if (!body)
		return IMAGE_TRUNCATED;
	if (!is_hash(w, body, w->h.img_size))
		return IMAGE_WRONG_HASH;
	if (w->h.img_size < sizeof(sk))
		return IMAGE_WRONG_SUBKEY;
	memcpy(&sk, body, sizeof(sk));
	if (sk.max_depth >= w->max_depth || out->num_subkeys == SHDR_MAX_SUBKEYS)
		return IMAGE_TOO_DEEP;
	if (w->have_next && memcmp(w->next, sk.uuid, sizeof(sk.uuid)) != 0)
		return IMAGE_WRONG_UUID;
	name = cursor_take(&w->c, sk.name_size);
	if (!name)
		return IMAGE_TRUNCATED;
	key = load_subkey(&sk, body, w->h.img_size);
	if (!key || !next_uuid(&sk, name, w->next)) {
		EVP_PKEY_free(key);
		return IMAGE_WRONG_SUBKEY;
	}
	EVP_PKEY_free(w->subkey);
	w->subkey = key;
	w->have_next = true;
	w->max_depth = sk.max_depth;
	memcpy(v->uuid, sk.uuid, sizeof(v->uuid));
	v->version = sk.version;
	out->num_subkeys++;
	return IMAGE_GOOD;
}

static enum image_fault take_encryption(struct walk *w, struct signed_image *out)
{
	struct shdr_encrypted_ta enc;

	if (!cursor_get(&w->c, &enc, sizeof(enc)))
		return IMAGE_TRUNCATED;
	if (enc.enc_algo != SHDR_ALG_AES_GCM || enc.iv_size != SHDR_IV_SIZE ||
	    enc.tag_size != SHDR_TAG_SIZE)
		return IMAGE_WRONG_ALGORITHM;
	if (!cursor_get(&w->c, out->iv, sizeof(out->iv)) ||
	    !cursor_get(&w->c, out->tag, sizeof(out->tag)))
		return IMAGE_TRUNCATED;
	out->encrypted = true;
	return IMAGE_GOOD;
}

/* The TA whose header has been taken. */
static enum image_fault take_ta(struct walk *w, const uint8_t uuid[16], struct signed_image *out)
{
	size_t start = w->c.pos;
	struct shdr_bootstrap_ta bs = { .version = 0 };
	enum image_fault fault;

	memcpy(bs.uuid, uuid, sizeof(bs.uuid));
	if (w->h.img_type != SHDR_TA && !cursor_get(&w->c, &bs, sizeof(bs)))
		return IMAGE_TRUNCATED;
	if (w->h.img_type == SHDR_ENCRYPTED_TA) {
		fault = take_encryption(w, out);
		if (fault)
			return fault;
	}
	if (cursor_left(&w->c) != w->h.img_size)
		return cursor_left(&w->c) < w->h.img_size ? IMAGE_TRUNCATED : IMAGE_OVERSIZED;
	if (!is_hash(w, w->c.buf + start, w->c.size - start))
		return IMAGE_WRONG_HASH;
	if (memcmp(bs.uuid, uuid, sizeof(bs.uuid)) != 0 ||
	    (w->have_next && memcmp(w->next, uuid, sizeof(w->next)) != 0))
		return IMAGE_WRONG_UUID;
	memcpy(out->ta.uuid, uuid, sizeof(out->ta.uuid));
	out->ta.version = bs.version;
	out->offset = w->c.pos;
	out->size = w->h.img_size;
	return IMAGE_GOOD;
}

enum image_fault signed_image_check(const struct image_keys *keys, const uint8_t uuid[16],
				    const uint8_t *image, size_t size, struct signed_image *out)
{
	struct walk w = { .keys = keys, .max_depth = UINT32_MAX };
	enum image_fault fault;

	memset(out, 0, sizeof(*out));
	cursor_init_ro(&w.c, image, size);
	for (;;) {
		fault = take_header(&w);
		if (fault || w.h.img_type != SHDR_SUBKEY)
			break;
		fault = take_subkey(&w, out);
		if (fault)
			break;
	}
	if (!fault)
		fault = take_ta(&w, uuid, out);
	EVP_PKEY_free(w.subkey);
	return fault;
}

enum image_fault signed_image_decrypt(const struct image_keys *keys, const struct signed_image *si,
				      const uint8_t *image, uint8_t *out)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t tag[SHDR_TAG_SIZE];
	int n = 0, rest = 0;
	bool ok;

	memcpy(tag, si->tag, sizeof(tag));
	ok = ctx && EVP_DecryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, keys->enc_key, si->iv) == 1 &&
	     EVP_DecryptUpdate(ctx, out, &n, image + si->offset, (int)si->size) == 1 &&
	     EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, sizeof(tag), tag) == 1 &&
	     EVP_DecryptFinal_ex(ctx, out + n, &rest) == 1;
	EVP_CIPHER_CTX_free(ctx);
	return ok ? IMAGE_GOOD : IMAGE_NOT_DECRYPTED;
}
