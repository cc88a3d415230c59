// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
/*
 * Fast modular multiplication (8.10). GP leaves the representation open: ours is the number itself, below
 * its modulus, which libcrypto multiplies fast enough; a context holds nothing.
 */
#include <string.h>

#include "ta/bigint.h"
#include "ta/runtime.h"

size_t TEE_BigIntFMMContextSizeInU32(size_t modulusSizeInBits)
{
	(void)modulusSizeInBits;
	return 1;
}

size_t TEE_BigIntFMMSizeInU32(size_t modulusSizeInBits)
{
	return TEE_BigIntSizeInU32(modulusSizeInBits);
}

TEE_Result TEE_BigIntInitFMMContext1(TEE_BigIntFMMContext *context, size_t len,
				     const TEE_BigInt *modulus)
{
	BIGNUM *n = ta_bigint_modulus(modulus, __func__);
	bool odd = BN_is_odd(n);

	if (!context || !len)
		TA_PANIC(TEE_ERROR_BAD_PARAMETERS, "no place for the context");
	BN_clear_free(n);
	memset(context, 0, len * sizeof(*context));
	return odd ? TEE_SUCCESS : TEE_ERROR_NOT_SUPPORTED;
}

void TEE_BigIntInitFMMContext(TEE_BigIntFMMContext *context, size_t len, const TEE_BigInt *modulus)
{
	if (TEE_BigIntInitFMMContext1(context, len, modulus) != TEE_SUCCESS)
		TA_PANIC(TEE_ERROR_NOT_SUPPORTED, "the modulus is even");
}

void TEE_BigIntInitFMM(TEE_BigIntFMM *bigIntFMM, size_t len)
{
	TEE_BigIntInit(bigIntFMM, len);
}

void TEE_BigIntConvertToFMM(TEE_BigIntFMM *dest, const TEE_BigInt *src, const TEE_BigInt *n,
			    const TEE_BigIntFMMContext *context)
{
	(void)context;
	TEE_BigIntMod(dest, src, n);
}

void TEE_BigIntConvertFromFMM(TEE_BigInt *dest, const TEE_BigIntFMM *src, const TEE_BigInt *n,
			      const TEE_BigIntFMMContext *context)
{
	(void)context;
	TEE_BigIntMod(dest, src, n);
}

void TEE_BigIntComputeFMM(TEE_BigIntFMM *dest, const TEE_BigIntFMM *op1, const TEE_BigIntFMM *op2,
			  const TEE_BigInt *n, const TEE_BigIntFMMContext *context)
{
	(void)context;
	TEE_BigIntMulMod(dest, op1, op2, n);
}
