/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * The curves of TEE_ECC_CURVE_* in libcrypto's words.
 * Thread rule: pure functions.
 * Ownership rule: names are constants.
 */
#ifndef TEELINK_TA_CURVE_H
#define TEELINK_TA_CURVE_H

#include <stdint.h>

/* NULL: not a curve of points (or unknown). */
const char *ta_curve_name(uint32_t curve);
/* Bits of TEE_ECC_CURVE_*; 0: unknown. */
uint32_t ta_curve_bits(uint32_t curve);

#endif
