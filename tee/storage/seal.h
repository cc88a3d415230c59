/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * Sealing: AES-256-GCM with random nonces, and keys derived with HMAC-SHA256. libcrypto's.
 * Thread rule: one thread at a time per sealer.
 * Ownership rule: seal_create gives the sealer to the caller; buffers are borrowed.
 */
#ifndef TEELINK_TEE_STORAGE_SEAL_H
#define TEELINK_TEE_STORAGE_SEAL_H

#include <stddef.h>
#include <stdint.h>

#include "tee/storage/format.h"

struct sealer;

/* What is sealed with a block, and must be the same when it is opened. */
struct seal_place {
	uint32_t level; /* of the tree; SEAL_HEAD for a header */
	uint32_t reserved;
	uint64_t index;
};

#define SEAL_HEAD 0xffffffffu

/* Return: 0 or -ENOMEM. */
int seal_create(struct sealer **sp);
void seal_destroy(struct sealer *s); /* NULL is fine */

/* @out = HMAC-SHA256 of @label and @data under @key. Return: 0 or -ENOMEM. */
int seal_derive(const uint8_t key[STORE_KEY_SIZE], const char *label, const void *data, size_t len,
		uint8_t out[STORE_KEY_SIZE]);
/* Random bytes. Return: 0 or -EIO. */
int seal_random(void *buf, size_t len);

/**
 * seal() - encrypt @len bytes of @plain into @out, with a fresh nonce
 *
 * Return: 0 and *@iv, *@tag; -EIO.
 */
int seal(struct sealer *s, const uint8_t key[STORE_KEY_SIZE], const struct seal_place *place,
	 const void *plain, size_t len, void *out, uint8_t iv[STORE_IV_SIZE],
	 uint8_t tag[STORE_TAG_SIZE]);
/* Return: 0; -EBADMSG: it isn't what was sealed, @out is zero. In place is fine. */
int unseal(struct sealer *s, const uint8_t key[STORE_KEY_SIZE], const struct seal_place *place,
	   const void *sealed, size_t len, const uint8_t iv[STORE_IV_SIZE],
	   const uint8_t tag[STORE_TAG_SIZE], void *out);

#endif
