/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * GP's big integers (8.3): words that the TA gave, two of them a header, the rest the absolute value,
 * lowest first. What the TA writes there is checked each time it comes back.
 * Thread rule: one caller at a time.
 * Ownership rule: the words are the TA's; a BIGNUM from ta_bigint_get is its caller's until
 * BN_clear_free or ta_bigint_put.
 */
#ifndef TEELINK_TA_BIGINT_H
#define TEELINK_TA_BIGINT_H

#include <openssl/bn.h>
#include <tee_internal_api.h>

/* Bits of the largest number, gpd.tee.arith.maxBigIntSize. */
#define TA_BIGINT_MAX_BITS 16384u

struct ta_bigint_head {
	int32_t sign; /* 1 or -1 */
	uint16_t max_words; /* that follow */
	uint16_t words; /* that count */
};
_Static_assert(sizeof(struct ta_bigint_head) == 2 * sizeof(uint32_t), "TEE_BigIntSizeInU32");

/* Panics if it is none. */
BIGNUM *ta_bigint_get(const TEE_BigInt *src, const char *func);
/* A fresh number of value 0; panics when memory is out. */
BIGNUM *ta_bigint_new(const char *func);
/* Ends @bn. Return: TEE_SUCCESS, TEE_ERROR_OVERFLOW: @dest is too small and as it was. */
TEE_Result ta_bigint_put(TEE_BigInt *dest, BIGNUM *bn, const char *func);
/* The same; too small panics. */
void ta_bigint_put_sure(TEE_BigInt *dest, BIGNUM *bn, const char *func);
/* Panics when libcrypto can't go on: memory is out. */
void ta_bigint_check(int ok, const char *func);
/* A modulus: panics below 2. */
BIGNUM *ta_bigint_modulus(const TEE_BigInt *n, const char *func);

#endif
