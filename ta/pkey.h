/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * Keys of objects as keys of libcrypto.
 * Thread rule: one caller at a time.
 * Ownership rule: the caller frees what the functions return, with EVP_PKEY_free and BN_clear_free.
 */
#ifndef TEELINK_TA_PKEY_H
#define TEELINK_TA_PKEY_H

#include <openssl/bn.h>
#include <openssl/evp.h>

#include "ta/object.h"

/* NULL: its numbers are no key, or memory is out. @private: with the private half. */
EVP_PKEY *ta_pkey_create(TEE_ObjectHandle obj, bool private);
/* The public key (@x, @y) on TEE_ECC_CURVE_*; NULL: no point of it. @sm2: for SM2's algorithms. */
EVP_PKEY *ta_pkey_point(uint32_t curve, const void *x, size_t x_len, const void *y, size_t y_len);
/* TEE_ECC_CURVE_* of a key of points. */
uint32_t ta_pkey_curve(TEE_ObjectHandle obj);
/* NULL: the attribute isn't there, or memory is out. */
BIGNUM *ta_object_bn(TEE_ObjectHandle obj, uint32_t id);
/* An attribute among a caller's; NULL: it isn't there. */
const TEE_Attribute *ta_param_find(const TEE_Attribute *params, uint32_t num, uint32_t id);

#endif
