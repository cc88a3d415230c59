/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * The keys that images of trusted applications are checked and decrypted with.
 * Thread rule: created and destroyed by one thread; using them needs no lock.
 * Ownership rule: create gives keys to the caller; destroy takes NULL.
 */
#ifndef TEELINK_TEE_TA_IMAGE_KEY_H
#define TEELINK_TEE_TA_IMAGE_KEY_H

#include <openssl/evp.h>
#include <stdbool.h>

#include "wire/shdr.h"

#define IMAGE_MAX_KEYS 16u
#define IMAGE_ENC_KEY_SIZE 32u
/* In a folder of keys: the key that encrypted images are decrypted with, in hexadecimal. */
#define IMAGE_ENC_KEY_FILE "ta_enc.key"

struct image_keys {
	EVP_PKEY *root[IMAGE_MAX_KEYS]; /* an image may be signed by any of them */
	unsigned int num;
	uint8_t enc_key[IMAGE_ENC_KEY_SIZE];
};

/**
 * image_keys_create() - read keys, while the file system can still be reached
 * @path: a PEM file, or a folder of *.pem files that may hold IMAGE_ENC_KEY_FILE too; NULL: the
 *        key that the build was given (the dev kit's)
 *
 * Private keys serve by their public part. Without IMAGE_ENC_KEY_FILE the dev kit's is used.
 * Return: 0; -EINVAL (a file holds no RSA key of 2048 to 4096 bits), -ENOKEY (an empty folder), other
 * -errno; with a message in the log.
 */
int image_keys_create(const char *path, struct image_keys **kp);
void image_keys_destroy(struct image_keys *keys);

/* A sub-key, from big-endian numbers. Return: NULL when they make no RSA key that is allowed. */
EVP_PKEY *image_key_from_numbers(const uint8_t *n, size_t n_size, const uint8_t *e, size_t e_size);
/* Is @sig @key's signature of @hash? */
bool image_key_verify(EVP_PKEY *key, uint32_t algo, const uint8_t hash[SHDR_HASH_SIZE],
		      const uint8_t *sig, size_t sig_size);

#endif
