/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * The asymmetric algorithms behind TEE_Asymmetric*.
 * Thread rule: the operation's thread.
 * Ownership rule: keys and buffers stay the caller's. A function's @len is room before and size after
 * it; with TEE_ERROR_SHORT_BUFFER it is what is needed.
 */
#ifndef TEELINK_TA_ASYM_H
#define TEELINK_TA_ASYM_H

#include <openssl/evp.h>

#include "ta/operation.h"

struct ta_asym_call {
	TEE_OperationHandle op;
	EVP_PKEY *pkey;
	const TEE_Attribute *params;
	uint32_t num_params;
	const uint8_t *in; /* message, ciphertext or digest */
	size_t in_len;
};

/* rsa.c. Errors: TEE_ERROR_BAD_PARAMETERS, TEE_ERROR_CIPHERTEXT_INVALID, TEE_ERROR_NOT_SUPPORTED. */
TEE_Result ta_rsa_crypt(const struct ta_asym_call *call, uint8_t *out, size_t *len);
TEE_Result ta_rsa_sign(const struct ta_asym_call *call, uint8_t *sig, size_t *len);
TEE_Result ta_rsa_verify(const struct ta_asym_call *call, const uint8_t *sig, size_t len);

/* pair.c: signatures of two numbers, r || s. */
TEE_Result ta_pair_sign(const struct ta_asym_call *call, uint8_t *sig, size_t *len);
TEE_Result ta_pair_verify(const struct ta_asym_call *call, const uint8_t *sig, size_t len);

/* eddsa.c. Errors beside those of rsa.c: TEE_ERROR_SIGNATURE_INVALID. */
TEE_Result ta_eddsa_sign(const struct ta_asym_call *call, uint8_t *sig, size_t *len);
TEE_Result ta_eddsa_verify(const struct ta_asym_call *call, const uint8_t *sig, size_t len);

/* sm2.c: C1 || C2 || C3, as the first edition of SM2 and OP-TEE have it (GB/T 32918.4: C3 first). */
TEE_Result ta_sm2_encrypt(const struct ta_asym_call *call, uint8_t *out, size_t *len);
TEE_Result ta_sm2_decrypt(const struct ta_asym_call *call, uint8_t *out, size_t *len);

#endif
