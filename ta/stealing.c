// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
/* XTS and CTS. */
#include <string.h>

#include "ta/cipher.h"

#define BLOCK TA_CIPHER_MAX_BLOCK
#define BLOCKS_AT_ONCE 32u

/* Times x in GF(2^128), bytes in little-endian order. */
static void times_x(uint8_t t[BLOCK])
{
	uint8_t carry = 0;
	size_t i;

	for (i = 0; i < BLOCK; i++) {
		uint8_t next = t[i] >> 7;

		t[i] = (uint8_t)(t[i] << 1 | carry);
		carry = next;
	}
	if (carry)
		t[0] ^= 0x87;
}

static void xor
	(uint8_t * out, const uint8_t *a, const uint8_t *b, size_t len) {
		size_t i;

		for (i = 0; i < len; i++)
			out[i] = a[i] ^ b[i];
	}

	bool ta_xts_run(struct ta_cipher *c, const uint8_t *in, uint8_t *out, size_t len)
{
	uint8_t tweak[BLOCKS_AT_ONCE * BLOCK], mixed[BLOCKS_AT_ONCE * BLOCK];

	while (len) {
		size_t i, n = len < sizeof(tweak) ? len : sizeof(tweak);

		for (i = 0; i < n; i += BLOCK) {
			memcpy(tweak + i, c->chain, BLOCK);
			times_x(c->chain);
		}
		xor(mixed, in, tweak, n);
		if (!ta_block_run(c->ctx, mixed, mixed, n))
			return false;
		xor(out, mixed, tweak, n);
		in += n;
		out += n;
		len -= n;
	}
	explicit_bzero(mixed, sizeof(mixed));
	return true;
}

bool ta_xts_finish(struct ta_cipher *c, uint8_t *out)
{
	size_t tail = c->num_held % BLOCK;
	uint8_t *a = c->held, *b = c->held + BLOCK;
	uint8_t first[BLOCK], second[BLOCK];
	bool ok;

	if (!tail || c->num_held < BLOCK)
		return !tail && ta_xts_run(c, c->held, out, c->num_held);
	memcpy(first, c->chain, BLOCK);
	memcpy(second, c->chain, BLOCK);
	times_x(second);
	/* The whole block; deciphering, its tweak is the later one. */
	memcpy(c->chain, c->encrypt ? first : second, BLOCK);
	ok = ta_xts_run(c, a, a, BLOCK);
	/* The short one gives its bytes and takes the rest of the whole one. */
	memcpy(out + BLOCK, a, tail);
	memcpy(a, b, tail);
	memcpy(c->chain, c->encrypt ? second : first, BLOCK);
	return ok && ta_xts_run(c, a, out, BLOCK);
}

static bool cts_encrypt(struct ta_cipher *c, uint8_t *out, size_t tail)
{
	uint8_t *b = c->held + BLOCK, sealed[2 * BLOCK];

	memset(b + tail, 0, BLOCK - tail);
	if (!ta_block_run(c->ctx, c->held, sealed, 2 * BLOCK))
		return false;
	memcpy(out, sealed + BLOCK, BLOCK);
	memcpy(out + BLOCK, sealed, tail);
	return true;
}

/*
 * Held is the last ciphertext block, then what is left of the one before it. The CBC context takes off
 * the block in front each time, which is put back where CBC means another.
 */
static bool cts_decrypt(struct ta_cipher *c, uint8_t *out, size_t tail)
{
	uint8_t last[BLOCK], before[BLOCK], plain[BLOCK];

	memcpy(last, c->held, BLOCK);
	if (!ta_block_run(c->ctx, last, plain, BLOCK))
		return false;
	xor(plain, plain, c->chain, BLOCK);
	memcpy(before, c->held + BLOCK, tail);
	memcpy(before + tail, plain + tail, BLOCK - tail);
	xor(out + BLOCK, plain, before, tail);
	if (!ta_block_run(c->ctx, before, plain, BLOCK))
		return false;
	xor(plain, plain, last, BLOCK);
	xor(out, plain, c->chain, BLOCK);
	explicit_bzero(plain, sizeof(plain));
	return true;
}

bool ta_cts_finish(struct ta_cipher *c, uint8_t *out)
{
	if (!c->num_held)
		return true;
	if (c->num_held == BLOCK)
		return ta_block_run(c->ctx, c->held, out, BLOCK);
	return c->encrypt ? cts_encrypt(c, out, c->num_held - BLOCK)
			  : cts_decrypt(c, out, c->num_held - BLOCK);
}
