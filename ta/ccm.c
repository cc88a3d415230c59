// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
#include "ta/ccm.h"

#include <string.h>

#include <openssl/evp.h>

#define BLOCK TA_CCM_BLOCK
#define SHORT_AAD 0xff00u /* from here on its length is written in another form */

bool ta_ccm_set_key(struct ta_ccm *c, TEE_ObjectHandle key)
{
	c->cbc = ta_block_create(TA_AES, key, "CBC", true);
	c->ctr = ta_block_create(TA_AES, key, "CTR", true);
	return c->cbc && c->ctr;
}

void ta_ccm_clear(struct ta_ccm *c)
{
	EVP_CIPHER_CTX_free(c->cbc);
	EVP_CIPHER_CTX_free(c->ctr);
	explicit_bzero(c, sizeof(*c));
}

bool ta_ccm_copy(struct ta_ccm *dst, const struct ta_ccm *src)
{
	EVP_CIPHER_CTX *cbc = dst->cbc, *ctr = dst->ctr;

	memcpy(dst, src, sizeof(*dst));
	dst->cbc = cbc;
	dst->ctr = ctr;
	if (!src->cbc)
		return true;
	return EVP_CIPHER_CTX_copy(cbc, src->cbc) == 1 && EVP_CIPHER_CTX_copy(ctr, src->ctr) == 1;
}

static bool mac_blocks(struct ta_ccm *c, const uint8_t *p, size_t len)
{
	uint8_t out[32 * BLOCK];

	while (len) {
		size_t n = len < sizeof(out) ? len : sizeof(out);

		if (!ta_block_run(c->cbc, p, out, n))
			return false;
		memcpy(c->mac, out + n - BLOCK, BLOCK);
		p += n;
		len -= n;
	}
	return true;
}

static bool mac_update(struct ta_ccm *c, const uint8_t *p, size_t len)
{
	size_t n = BLOCK - c->num_held, whole;

	if (c->num_held) {
		if (n > len)
			n = len;
		memcpy(c->held + c->num_held, p, n);
		c->num_held += n;
		p += n;
		len -= n;
		if (c->num_held < BLOCK)
			return true;
		c->num_held = 0;
		if (!mac_blocks(c, c->held, BLOCK))
			return false;
	}
	whole = len - len % BLOCK;
	if (!mac_blocks(c, p, whole))
		return false;
	if (len > whole)
		memcpy(c->held, p + whole, len - whole);
	c->num_held = len - whole;
	return true;
}

/* Zeros up to a whole block. */
static bool mac_pad(struct ta_ccm *c)
{
	static const uint8_t zeros[BLOCK];

	return !c->num_held || mac_update(c, zeros, BLOCK - c->num_held);
}

/* The length of what is only authenticated, in front of it (RFC 3610 2.2). */
static bool mac_aad_len(struct ta_ccm *c, uint64_t len)
{
	uint8_t head[10] = { 0xff };
	size_t i, n = len < SHORT_AAD ? 2 : len >> 32 ? 8 : 4;

	if (!len)
		return true;
	head[1] = n == 8 ? 0xff : 0xfe;
	for (i = 0; i < n; i++)
		head[2 + i] = (uint8_t)(len >> (8 * (n - 1 - i)));
	return n == 2 ? mac_update(c, head + 2, 2) : mac_update(c, head, 2 + n);
}

bool ta_ccm_init(struct ta_ccm *c, const uint8_t *nonce, size_t nonce_len, size_t tag_len,
		 size_t aad_len, size_t payload_len)
{
	static const uint8_t zeros[BLOCK];
	size_t i, size_len = 15 - nonce_len;
	uint64_t len = payload_len;
	uint8_t b[BLOCK];

	if (nonce_len < 7 || nonce_len > 13 || (size_len < 8 && len >> (8 * size_len)))
		return false;
	c->num_held = 0;
	c->tag_len = tag_len;
	c->aad_left = aad_len;
	c->payload_left = payload_len;
	b[0] = (uint8_t)((aad_len ? 0x40u : 0) | (tag_len - 2) / 2 << 3 | (size_len - 1));
	memcpy(b + 1, nonce, nonce_len);
	for (i = 0; i < size_len; i++)
		b[BLOCK - 1 - i] = (uint8_t)(i < 8 ? len >> (8 * i) : 0);
	if (EVP_CipherInit_ex2(c->cbc, NULL, NULL, zeros, 1, NULL) != 1 ||
	    !mac_blocks(c, b, BLOCK) || !mac_aad_len(c, aad_len))
		return false;
	/* The first counter's key stream is the tag's, those after it the payload's. */
	b[0] = (uint8_t)(size_len - 1);
	memset(b + 1 + nonce_len, 0, size_len);
	return EVP_CipherInit_ex2(c->ctr, NULL, NULL, b, 1, NULL) == 1 &&
	       ta_block_run(c->ctr, zeros, c->first, BLOCK);
}

bool ta_ccm_aad(struct ta_ccm *c, const uint8_t *aad, size_t len)
{
	if (len > c->aad_left)
		return false;
	c->aad_left -= len;
	return mac_update(c, aad, len) && (c->aad_left || !len || mac_pad(c));
}

bool ta_ccm_fits(const struct ta_ccm *c, size_t len)
{
	return !len || (!c->aad_left && len <= c->payload_left);
}

bool ta_ccm_payload(struct ta_ccm *c, const uint8_t *in, uint8_t *out, size_t len, bool encrypt)
{
	if (!len)
		return true;
	if (!ta_ccm_fits(c, len))
		return false;
	c->payload_left -= len;
	if (encrypt && !mac_update(c, in, len))
		return false;
	return ta_block_run(c->ctr, in, out, len) && (encrypt || mac_update(c, out, len));
}

bool ta_ccm_tag(struct ta_ccm *c, uint8_t *tag)
{
	size_t i;

	if (c->aad_left || c->payload_left || !mac_pad(c))
		return false;
	for (i = 0; i < c->tag_len; i++)
		tag[i] = c->mac[i] ^ c->first[i];
	return true;
}
