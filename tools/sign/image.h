/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * Making signed images of trusted applications: the other end of tee/ta/signed_image.h.
 * Thread rule: any thread; nothing is shared.
 * Ownership rule: what a function fills in is the caller's to free; inputs are borrowed.
 */
#ifndef TEELINK_TOOLS_SIGN_IMAGE_H
#define TEELINK_TOOLS_SIGN_IMAGE_H

#include <openssl/evp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/shdr.h"

#define SIGN_MAX_FILE (64u << 20)

struct sign_bytes {
	uint8_t *data;
	size_t size;
};

/* A whole file. Return: 0, -EFBIG, -ENOMEM, other -errno. */
int sign_read(const char *path, struct sign_bytes *b);
int sign_write(const char *path, const void *data, size_t size);
/* Of a PEM file: a private key, else a public one. Return: 0, -EINVAL (no RSA key), -errno. */
int sign_load_key(const char *path, EVP_PKEY **key);
/* The same of a PEM in memory. */
int sign_parse_key(const void *pem, size_t size, EVP_PKEY **key);
size_t sign_key_bytes(const EVP_PKEY *key);

/**
 * struct sign_request - one image
 * @type: SHDR_BOOTSTRAP_TA, SHDR_ENCRYPTED_TA, SHDR_TA or SHDR_SUBKEY
 * @enc_key: of 16, 24 or 32 bytes; for SHDR_ENCRYPTED_TA
 * @payload: the ELF file, or a sub-key's whole body
 * @key: private to sign with it; else give @sig
 * @sig: a signature that was made elsewhere, or empty
 * @prefix: sub-keys and name that go in front, or empty
 */
struct sign_request {
	uint32_t type;
	uint32_t algo;
	uint8_t uuid[16];
	uint32_t version;
	uint32_t enc_flags;
	struct sign_bytes enc_key;
	struct sign_bytes payload;
	struct sign_bytes sig;
	struct sign_bytes prefix;
	EVP_PKEY *key;
};

/* Return: 0, -ENOKEY (the key can't sign), -EKEYREJECTED (@sig isn't of this key), -ENOMEM. */
int sign_build(const struct sign_request *rq, struct sign_bytes *out);
/* What would be signed. An encrypted image has another digest each time. */
int sign_digest(const struct sign_request *rq, uint8_t digest[SHDR_HASH_SIZE]);
/* Is @sig @key's signature of @digest? */
bool sign_verify(EVP_PKEY *key, uint32_t algo, const uint8_t digest[SHDR_HASH_SIZE],
		 const uint8_t *sig, size_t size);

/* Body of a sub-key: @key is the one that it stands for. */
int sign_subkey_body(EVP_PKEY *key, const uint8_t uuid[16], uint32_t name_size, uint32_t version,
		     uint32_t max_depth, uint32_t algo, struct sign_bytes *body);
/* The UUID that comes after @name in the space of @uuid. */
void sign_next_uuid(const uint8_t uuid[16], const char *name, uint8_t next[16]);

#endif
