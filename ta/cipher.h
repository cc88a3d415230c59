/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * What a cipher operation keeps, and the modes that steal ciphertext. libcrypto's own XTS starts
 * anew with every update and its CTS takes a single one; these go on.
 * Thread rule: the operation's thread.
 * Ownership rule: the operation's.
 */
#ifndef TEELINK_TA_CIPHER_H
#define TEELINK_TA_CIPHER_H

#include "ta/operation.h"

#define TA_CIPHER_MAX_BLOCK 16u

struct ta_cipher {
	EVP_CIPHER_CTX *ctx;
	EVP_CIPHER_CTX *tweak_ctx; /* XTS: the second key */
	uint8_t kind; /* enum ta_kind */
	bool encrypt;
	size_t block;
	uint8_t held[2 * TA_CIPHER_MAX_BLOCK]; /* not worked on yet */
	size_t num_held;
	uint8_t chain[TA_CIPHER_MAX_BLOCK]; /* XTS: next tweak; CTS: last block of ciphertext */
};

/* Whole blocks in the middle (IEEE 1619). */
bool ta_xts_run(struct ta_cipher *c, const uint8_t *in, uint8_t *out, size_t len);
/* What is held, one to two blocks or nothing; as many bytes to @out. */
bool ta_xts_finish(struct ta_cipher *c, uint8_t *out);
/* The same for CBC-CS3 (NIST SP 800-38A, addendum): the last two blocks change places. */
bool ta_cts_finish(struct ta_cipher *c, uint8_t *out);

#endif
