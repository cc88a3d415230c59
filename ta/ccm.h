/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * AES-CCM (NIST SP 800-38C, RFC 3610) in as many pieces as the caller likes; libcrypto's takes the
 * payload in one.
 * Thread rule: one caller at a time.
 * Ownership rule: ta_ccm_clear frees what ta_ccm_set_key and ta_ccm_copy made.
 */
#ifndef TEELINK_TA_CCM_H
#define TEELINK_TA_CCM_H

#include "ta/operation.h"

#define TA_CCM_BLOCK 16u

struct ta_ccm {
	EVP_CIPHER_CTX *cbc, *ctr;
	uint8_t held[TA_CCM_BLOCK]; /* of what is authenticated: no whole block yet */
	size_t num_held;
	uint8_t mac[TA_CCM_BLOCK];
	uint8_t first[TA_CCM_BLOCK]; /* key stream that hides the tag */
	size_t tag_len;
	size_t aad_left, payload_left;
};

bool ta_ccm_set_key(struct ta_ccm *c, TEE_ObjectHandle key);
void ta_ccm_clear(struct ta_ccm *c);
bool ta_ccm_copy(struct ta_ccm *dst, const struct ta_ccm *src);
/* False: a nonce of less than 7 or more than 13 bytes, or too much payload for it. */
bool ta_ccm_init(struct ta_ccm *c, const uint8_t *nonce, size_t nonce_len, size_t tag_len,
		 size_t aad_len, size_t payload_len);
/* False: more than was announced. */
bool ta_ccm_aad(struct ta_ccm *c, const uint8_t *aad, size_t len);
/* False: more than was announced, or AAD is missing. */
bool ta_ccm_fits(const struct ta_ccm *c, size_t len);
/* False: it doesn't fit. @out may be @in. */
bool ta_ccm_payload(struct ta_ccm *c, const uint8_t *in, uint8_t *out, size_t len, bool encrypt);
/* False: less than was announced. */
bool ta_ccm_tag(struct ta_ccm *c, uint8_t *tag);

#endif
