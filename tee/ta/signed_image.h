/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * Is this image signed by whom we trust? Asked of the immutable copy before anything else looks at
 * what it holds (wire/shdr.h has the layout).
 * Thread rule: pure functions; the keys aren't changed.
 * Ownership rule: the image and the keys are borrowed.
 */
#ifndef TEELINK_TEE_TA_SIGNED_IMAGE_H
#define TEELINK_TEE_TA_SIGNED_IMAGE_H

#include <stddef.h>

#include "tee/ta/image_key.h"

enum image_fault {
	IMAGE_GOOD = 0,
	IMAGE_UNSIGNED,
	IMAGE_TRUNCATED,
	IMAGE_OVERSIZED,
	IMAGE_TOO_LARGE,
	IMAGE_WRONG_TYPE,
	IMAGE_WRONG_ALGORITHM,
	IMAGE_WRONG_KEY,
	IMAGE_WRONG_HASH,
	IMAGE_WRONG_UUID,
	IMAGE_WRONG_SUBKEY,
	IMAGE_TOO_DEEP,
	IMAGE_NOT_DECRYPTED,
	IMAGE_ROLLED_BACK,
	IMAGE_NUM_FAULTS
};

struct image_version {
	uint8_t uuid[16];
	uint32_t version;
};

/**
 * struct signed_image - an image that has been checked
 * @offset, @size: where its ELF file, or what that was encrypted to, lies
 * @encrypted: then @iv and @tag are those of AES-GCM
 * @ta: what the header says of the TA; version 0 where it says nothing
 * @subkey: those on the way, in order
 */
struct signed_image {
	size_t offset, size;
	bool encrypted;
	uint8_t iv[SHDR_IV_SIZE], tag[SHDR_TAG_SIZE];
	struct image_version ta;
	struct image_version subkey[SHDR_MAX_SUBKEYS];
	unsigned int num_subkeys;
};

/**
 * signed_image_check() - check header, sub-keys, signature, hash and UUID
 * @uuid: whose image was asked for
 * @out: filled in when the image is good
 *
 * Return: IMAGE_GOOD or what is wrong; versions aren't looked at.
 */
enum image_fault signed_image_check(const struct image_keys *keys, const uint8_t uuid[16],
				    const uint8_t *image, size_t size, struct signed_image *out);

/* The ELF file of an encrypted image, into @out of @si->size bytes. */
enum image_fault signed_image_decrypt(const struct image_keys *keys, const struct signed_image *si,
				      const uint8_t *image, uint8_t *out);

/* For people. */
const char *image_fault_text(enum image_fault fault);

#endif
