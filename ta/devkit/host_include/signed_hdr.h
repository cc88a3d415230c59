/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * The signed header of a trusted application's image, for programs that make or look at images.
 * Layout and names are OP-TEE's; docs/decisions/image-signatures.md says what machines check.
 * Thread rule: none, layouts only.
 * Ownership rule: none.
 */
#ifndef SIGNED_HDR_H
#define SIGNED_HDR_H

#include <stddef.h>
#include <stdint.h>

#define SHDR_MAGIC 0x4f545348

enum shdr_img_type {
	SHDR_TA = 0,
	SHDR_BOOTSTRAP_TA = 1,
	SHDR_ENCRYPTED_TA = 2,
	SHDR_SUBKEY = 3,
};

/* hash_size octets of hash and sig_size of signature follow. */
struct shdr {
	uint32_t magic;
	uint32_t img_type;
	uint32_t img_size;
	uint32_t algo; /* TEE_ALG_* */
	uint16_t hash_size;
	uint16_t sig_size;
};

#define SHDR_GET_SIZE(x) (sizeof(struct shdr) + (x)->hash_size + (x)->sig_size)
#define SHDR_GET_HASH(x) ((uint8_t *)((struct shdr *)(x) + 1))
#define SHDR_GET_SIG(x) (SHDR_GET_HASH(x) + (x)->hash_size)

/* What the image of a SHDR_SUBKEY is; a name of name_size octets follows it. */
struct shdr_subkey {
	uint8_t uuid[16];
	uint32_t name_size;
	uint32_t subkey_version;
	uint32_t max_depth; /* of sub-keys below it */
	uint32_t algo;
	uint32_t attr_count;
	struct shdr_subkey_attr {
		uint32_t id; /* TEE_ATTR_* */
		uint32_t offs; /* from the start of struct shdr_subkey */
		uint32_t size;
	} attrs[];
};

/* Behind the signature of SHDR_BOOTSTRAP_TA and SHDR_ENCRYPTED_TA. */
struct shdr_bootstrap_ta {
	uint8_t uuid[16];
	uint32_t ta_version;
};

/* Behind that, of SHDR_ENCRYPTED_TA; iv_size octets of IV and tag_size of tag follow. */
struct shdr_encrypted_ta {
	uint32_t enc_algo; /* TEE_ALG_* */
	uint32_t flags;
	uint16_t iv_size;
	uint16_t tag_size;
};

#define SHDR_ENC_KEY_TYPE_MASK 0x1

enum shdr_enc_key_type {
	SHDR_ENC_KEY_DEV_SPECIFIC = 0,
	SHDR_ENC_KEY_CLASS_WIDE = 1,
};

#define SHDR_ENC_GET_SIZE(x) (sizeof(struct shdr_encrypted_ta) + (x)->iv_size + (x)->tag_size)
#define SHDR_ENC_GET_IV(x) ((uint8_t *)((struct shdr_encrypted_ta *)(x) + 1))
#define SHDR_ENC_GET_TAG(x) (SHDR_ENC_GET_IV(x) + (x)->iv_size)

#endif
