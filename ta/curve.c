// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
#include "ta/curve.h"

#include <stddef.h>

#include <tee_api_defines.h>

struct curve {
	uint32_t id; /* TEE_ECC_CURVE_* */
	uint32_t bits;
	const char *name; /* libcrypto's; NULL: its keys are no points (x, y) */
};

static const struct curve curves[] = {
	{ TEE_ECC_CURVE_NIST_P192, 192, "P-192" },
	{ TEE_ECC_CURVE_NIST_P224, 224, "P-224" },
	{ TEE_ECC_CURVE_NIST_P256, 256, "P-256" },
	{ TEE_ECC_CURVE_NIST_P384, 384, "P-384" },
	{ TEE_ECC_CURVE_NIST_P521, 521, "P-521" },
	{ TEE_ECC_CURVE_BSI_P160r1, 160, "brainpoolP160r1" },
	{ TEE_ECC_CURVE_BSI_P192r1, 192, "brainpoolP192r1" },
	{ TEE_ECC_CURVE_BSI_P224r1, 224, "brainpoolP224r1" },
	{ TEE_ECC_CURVE_BSI_P256r1, 256, "brainpoolP256r1" },
	{ TEE_ECC_CURVE_BSI_P320r1, 320, "brainpoolP320r1" },
	{ TEE_ECC_CURVE_BSI_P384r1, 384, "brainpoolP384r1" },
	{ TEE_ECC_CURVE_BSI_P512r1, 512, "brainpoolP512r1" },
	{ TEE_ECC_CURVE_BSI_P160t1, 160, "brainpoolP160t1" },
	{ TEE_ECC_CURVE_BSI_P192t1, 192, "brainpoolP192t1" },
	{ TEE_ECC_CURVE_BSI_P224t1, 224, "brainpoolP224t1" },
	{ TEE_ECC_CURVE_BSI_P256t1, 256, "brainpoolP256t1" },
	{ TEE_ECC_CURVE_BSI_P320t1, 320, "brainpoolP320t1" },
	{ TEE_ECC_CURVE_BSI_P384t1, 384, "brainpoolP384t1" },
	{ TEE_ECC_CURVE_BSI_P512t1, 512, "brainpoolP512t1" },
	{ TEE_ECC_CURVE_25519, 256, NULL },
	{ TEE_ECC_CURVE_448, 448, NULL },
	{ TEE_ECC_CURVE_SM2, 256, "SM2" },
};

static const struct curve *find(uint32_t id)
{
	size_t i;

	for (i = 0; i < sizeof(curves) / sizeof(curves[0]); i++)
		if (curves[i].id == id)
			return &curves[i];
	return NULL;
}

const char *ta_curve_name(uint32_t id)
{
	const struct curve *curve = find(id);

	return curve ? curve->name : NULL;
}

uint32_t ta_curve_bits(uint32_t id)
{
	const struct curve *curve = find(id);

	return curve ? curve->bits : 0;
}
