/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * Key derivation functions: HKDF (GP's and OP-TEE's), concatenation KDF, PBKDF2.
 * Thread rule: the operation's thread.
 * Ownership rule: all buffers are the caller's.
 */
#ifndef TEELINK_TA_KDF_H
#define TEELINK_TA_KDF_H

#include "ta/operation.h"

/**
 * ta_kdf() - derive what the parameters ask for from the operation's key
 * @len: room of @out, then what was derived
 *
 * Return: TEE_SUCCESS; TEE_ERROR_BAD_PARAMETERS: a parameter is missing, unknown or doesn't fit.
 */
TEE_Result ta_kdf(TEE_OperationHandle op, const TEE_Attribute *params, uint32_t num, uint8_t *out,
		  size_t *len);

#endif
