/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * The signed header of a TA's image, laid out as OP-TEE's, so that its signing tools and images
 * serve here too. An image is: any number of sub-keys, each followed by a name, then
 *
 *   shdr, hash[hash_size], sig[sig_size],
 *   shdr_bootstrap_ta                     (types BOOTSTRAP_TA and ENCRYPTED_TA)
 *   shdr_encrypted_ta, iv, tag            (type ENCRYPTED_TA)
 *   img_size bytes
 *
 * The hash is over the shdr and over all that follows the signature; the signature is of the hash.
 * Thread rule: none, layouts only.
 * Ownership rule: none.
 */
#ifndef TEELINK_WIRE_SHDR_H
#define TEELINK_WIRE_SHDR_H

#include "wire/port.h"

#define SHDR_MAGIC 0x4f545348u

enum shdr_img_type {
	SHDR_TA = 0,
	SHDR_BOOTSTRAP_TA = 1,
	SHDR_ENCRYPTED_TA = 2,
	SHDR_SUBKEY = 3,
};

/* GP's names: TEE_ALG_RSASSA_PKCS1_PSS_MGF1_SHA256, TEE_ALG_RSASSA_PKCS1_V1_5_SHA256, _AES_GCM. */
#define SHDR_ALG_RSA_PSS_SHA256 0x70414930u
#define SHDR_ALG_RSA_PKCS1_SHA256 0x70004830u
#define SHDR_ALG_AES_GCM 0x40000810u

#define SHDR_HASH_SIZE 32u /* SHA-256 */
#define SHDR_MIN_RSA_BITS 2048u
#define SHDR_MAX_RSA_BITS 4096u
#define SHDR_MAX_SUBKEYS 8u /* one below the other */
#define SHDR_MAX_ATTRS 8u   /* of one sub-key */
#define SHDR_IV_SIZE 12u
#define SHDR_TAG_SIZE 16u

#define SHDR_ATTR_RSA_MODULUS 0xd0000130u
#define SHDR_ATTR_RSA_PUBLIC_EXPONENT 0xd0000230u

struct shdr {
	uint32_t magic;
	uint32_t img_type;
	uint32_t img_size;
	uint32_t algo;
	uint16_t hash_size;
	uint16_t sig_size;
} TL_PACKED;

/*
 * What a SHDR_SUBKEY's img_size counts; the attributes' values follow. The name behind it, of
 * name_size bytes, says with @uuid which UUID comes next: SHA-512 over both, as version 5. An empty
 * name: the same UUID.
 */
struct shdr_subkey {
	uint8_t uuid[16];
	uint32_t name_size;
	uint32_t version;
	uint32_t max_depth; /* levels of sub-keys that may follow */
	uint32_t algo;
	uint32_t attr_count;
} TL_PACKED;

struct shdr_subkey_attr {
	uint32_t id;
	uint32_t offs; /* from the start of struct shdr_subkey */
	uint32_t size;
} TL_PACKED;

struct shdr_bootstrap_ta {
	uint8_t uuid[16];
	uint32_t version;
} TL_PACKED;

#define SHDR_ENC_KEY_CLASS_WIDE 1u /* flags: else the key is the device's own */

struct shdr_encrypted_ta {
	uint32_t enc_algo;
	uint32_t flags;
	uint16_t iv_size;
	uint16_t tag_size;
} TL_PACKED;

TL_STATIC_ASSERT(sizeof(struct shdr) == 20, "shdr");
TL_STATIC_ASSERT(sizeof(struct shdr_subkey) == 36, "shdr_subkey");
TL_STATIC_ASSERT(sizeof(struct shdr_subkey_attr) == 12, "shdr_subkey_attr");
TL_STATIC_ASSERT(sizeof(struct shdr_bootstrap_ta) == 20, "shdr_bootstrap_ta");
TL_STATIC_ASSERT(sizeof(struct shdr_encrypted_ta) == 12, "shdr_encrypted_ta");

#endif
