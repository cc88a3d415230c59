// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
#include "ta/curve.h"

#include <stddef.h>

#include <tee_api_defines.h>

const char *ta_curve_name(uint32_t curve)
{
	switch (curve) {
	case TEE_ECC_CURVE_NIST_P192:
		return "P-192";
	case TEE_ECC_CURVE_NIST_P224:
		return "P-224";
	case TEE_ECC_CURVE_NIST_P256:
		return "P-256";
	case TEE_ECC_CURVE_NIST_P384:
		return "P-384";
	case TEE_ECC_CURVE_NIST_P521:
		return "P-521";
	case TEE_ECC_CURVE_SM2:
		return "SM2";
	default:
		return NULL;
	}
}
