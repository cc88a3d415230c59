/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * SM2's key exchange (GB/T 32918.3), as TEE_DeriveKey has it: both sides' fixed and fresh keys become
 * a secret, and two digests by which each side knows that the other has come to the same.
 * Thread rule: the operation's thread.
 * Ownership rule: keys and buffers stay the caller's.
 */
#ifndef TEELINK_TA_KEP_H
#define TEELINK_TA_KEP_H

#include "ta/operation.h"

/**
 * ta_kep() - the secret of an operation whose keys are our fixed and our fresh pair
 * @max: bytes that the derived object is for; TEE_ATTR_KDF_KEY_SIZE says otherwise
 * @len: room before, size after it
 *
 * Return: TEE_SUCCESS, TEE_ERROR_BAD_PARAMETERS (a parameter is missing or none of this function, or a
 * point isn't on the curve), TEE_ERROR_BAD_STATE (the other side has come to something else),
 * TEE_ERROR_OUT_OF_MEMORY.
 */
TEE_Result ta_kep(TEE_OperationHandle op, const TEE_Attribute *params, uint32_t num, size_t max,
		  uint8_t *out, size_t *len);

#endif
