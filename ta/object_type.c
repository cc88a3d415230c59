// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
/* Which attributes and sizes each type of key has (5.9 and 6.11). */
#include "ta/object.h"

#include <tee_api_defines_extensions.h>

#define REQ TA_ATTR_REQUIRED
#define GROUP TA_ATTR_GROUP
#define SIZE TA_ATTR_SIZE
#define GEN TA_ATTR_GEN_REQ
#define OPT TA_ATTR_GEN_OPT

static const struct ta_attr_type secret[] = {
	{ TEE_ATTR_SECRET_VALUE, REQ | SIZE, TA_ATTR_SECRET },
};
static const struct ta_attr_type hkdf_ikm[] = {
	{ TEE_ATTR_HKDF_IKM, REQ | SIZE, TA_ATTR_SECRET },
};
static const struct ta_attr_type concat_kdf_z[] = {
	{ TEE_ATTR_CONCAT_KDF_Z, REQ | SIZE, TA_ATTR_SECRET },
};
static const struct ta_attr_type pbkdf2_password[] = {
	{ TEE_ATTR_PBKDF2_PASSWORD, REQ | SIZE, TA_ATTR_SECRET },
};
static const struct ta_attr_type rsa_public[] = {
	{ TEE_ATTR_RSA_MODULUS, REQ | SIZE, TA_ATTR_BIGNUM },
	{ TEE_ATTR_RSA_PUBLIC_EXPONENT, REQ, TA_ATTR_BIGNUM },
};
static const struct ta_attr_type rsa_pair[] = {
	{ TEE_ATTR_RSA_MODULUS, REQ | SIZE, TA_ATTR_BIGNUM },
	{ TEE_ATTR_RSA_PUBLIC_EXPONENT, REQ | OPT, TA_ATTR_BIGNUM },
	{ TEE_ATTR_RSA_PRIVATE_EXPONENT, REQ, TA_ATTR_BIGNUM },
	{ TEE_ATTR_RSA_PRIME1, GROUP, TA_ATTR_BIGNUM },
	{ TEE_ATTR_RSA_PRIME2, GROUP, TA_ATTR_BIGNUM },
	{ TEE_ATTR_RSA_EXPONENT1, GROUP, TA_ATTR_BIGNUM },
	{ TEE_ATTR_RSA_EXPONENT2, GROUP, TA_ATTR_BIGNUM },
	{ TEE_ATTR_RSA_COEFFICIENT, GROUP, TA_ATTR_BIGNUM },
};
static const struct ta_attr_type dsa_public[] = {
	{ TEE_ATTR_DSA_PRIME, REQ | SIZE, TA_ATTR_BIGNUM },
	{ TEE_ATTR_DSA_SUBPRIME, REQ, TA_ATTR_BIGNUM },
	{ TEE_ATTR_DSA_BASE, REQ, TA_ATTR_BIGNUM },
	{ TEE_ATTR_DSA_PUBLIC_VALUE, REQ, TA_ATTR_BIGNUM },
};
static const struct ta_attr_type dsa_pair[] = {
	{ TEE_ATTR_DSA_PRIME, REQ | GEN | SIZE, TA_ATTR_BIGNUM },
	{ TEE_ATTR_DSA_SUBPRIME, REQ | GEN, TA_ATTR_BIGNUM },
	{ TEE_ATTR_DSA_BASE, REQ | GEN, TA_ATTR_BIGNUM },
	{ TEE_ATTR_DSA_PRIVATE_VALUE, REQ, TA_ATTR_BIGNUM },
	{ TEE_ATTR_DSA_PUBLIC_VALUE, REQ, TA_ATTR_BIGNUM },
};
static const struct ta_attr_type dh_pair[] = {
	{ TEE_ATTR_DH_PRIME, REQ | GEN | SIZE, TA_ATTR_BIGNUM },
	{ TEE_ATTR_DH_BASE, REQ | GEN, TA_ATTR_BIGNUM },
	{ TEE_ATTR_DH_PUBLIC_VALUE, REQ, TA_ATTR_BIGNUM },
	{ TEE_ATTR_DH_PRIVATE_VALUE, REQ, TA_ATTR_BIGNUM },
	{ TEE_ATTR_DH_SUBPRIME, GROUP | OPT, TA_ATTR_BIGNUM },
	{ TEE_ATTR_DH_X_BITS, OPT, TA_ATTR_VALUE },
};
static const struct ta_attr_type ecc_public[] = {
	{ TEE_ATTR_ECC_PUBLIC_VALUE_X, REQ, TA_ATTR_BIGNUM },
	{ TEE_ATTR_ECC_PUBLIC_VALUE_Y, REQ, TA_ATTR_BIGNUM },
	{ TEE_ATTR_ECC_CURVE, REQ | SIZE, TA_ATTR_VALUE },
};
static const struct ta_attr_type ecc_pair[] = {
	{ TEE_ATTR_ECC_PRIVATE_VALUE, REQ, TA_ATTR_BIGNUM },
	{ TEE_ATTR_ECC_PUBLIC_VALUE_X, REQ, TA_ATTR_BIGNUM },
	{ TEE_ATTR_ECC_PUBLIC_VALUE_Y, REQ, TA_ATTR_BIGNUM },
	{ TEE_ATTR_ECC_CURVE, REQ | SIZE | GEN, TA_ATTR_VALUE },
};
/* GP's newer text wants the curve here too, as of all of ECC; older ones, and OP-TEE, know it. */
static const struct ta_attr_type sm2_public[] = {
	{ TEE_ATTR_ECC_PUBLIC_VALUE_X, REQ, TA_ATTR_BIGNUM },
	{ TEE_ATTR_ECC_PUBLIC_VALUE_Y, REQ, TA_ATTR_BIGNUM },
};
static const struct ta_attr_type sm2_pair[] = {
	{ TEE_ATTR_ECC_PRIVATE_VALUE, REQ, TA_ATTR_BIGNUM },
	{ TEE_ATTR_ECC_PUBLIC_VALUE_X, REQ, TA_ATTR_BIGNUM },
	{ TEE_ATTR_ECC_PUBLIC_VALUE_Y, REQ, TA_ATTR_BIGNUM },
};
static const struct ta_attr_type ed25519_public[] = {
	{ TEE_ATTR_ED25519_PUBLIC_VALUE, REQ, TA_ATTR_FIXED },
};
static const struct ta_attr_type ed25519_pair[] = {
	{ TEE_ATTR_ED25519_PRIVATE_VALUE, REQ, TA_ATTR_FIXED },
	{ TEE_ATTR_ED25519_PUBLIC_VALUE, REQ, TA_ATTR_FIXED },
};
static const struct ta_attr_type ed448_public[] = {
	{ TEE_ATTR_ED448_PUBLIC_VALUE, REQ, TA_ATTR_FIXED_PLUS },
};
static const struct ta_attr_type ed448_pair[] = {
	{ TEE_ATTR_ED448_PRIVATE_VALUE, REQ, TA_ATTR_FIXED_PLUS },
	{ TEE_ATTR_ED448_PUBLIC_VALUE, REQ, TA_ATTR_FIXED_PLUS },
};
static const struct ta_attr_type x25519_public[] = {
	{ TEE_ATTR_X25519_PUBLIC_VALUE, REQ, TA_ATTR_FIXED },
};
static const struct ta_attr_type x25519_pair[] = {
	{ TEE_ATTR_X25519_PRIVATE_VALUE, REQ, TA_ATTR_FIXED },
	{ TEE_ATTR_X25519_PUBLIC_VALUE, REQ, TA_ATTR_FIXED },
};
static const struct ta_attr_type x448_public[] = {
	{ TEE_ATTR_X448_PUBLIC_VALUE, REQ, TA_ATTR_FIXED },
};
static const struct ta_attr_type x448_pair[] = {
	{ TEE_ATTR_X448_PRIVATE_VALUE, REQ, TA_ATTR_FIXED },
	{ TEE_ATTR_X448_PUBLIC_VALUE, REQ, TA_ATTR_FIXED },
};

#define TYPE(id, quantum, min, max, attrs)                                                         \
	{                                                                                          \
		(id), (quantum), (min), (max), sizeof(attrs) / sizeof((attrs)[0]), (attrs)         \
	}

static const struct ta_object_type types[] = {
	TYPE(TEE_TYPE_AES, 64, 128, 256, secret),
	TYPE(TEE_TYPE_DES, 64, 64, 64, secret),
	TYPE(TEE_TYPE_DES3, 64, 128, 192, secret),
	TYPE(TEE_TYPE_SM4, 128, 128, 128, secret),
	TYPE(TEE_TYPE_HMAC_MD5, 8, 64, 512, secret),
	TYPE(TEE_TYPE_HMAC_SHA1, 8, 80, 512, secret),
	TYPE(TEE_TYPE_HMAC_SHA224, 8, 112, 512, secret),
	TYPE(TEE_TYPE_HMAC_SHA256, 8, 192, 1024, secret),
	TYPE(TEE_TYPE_HMAC_SHA384, 8, 256, 1024, secret),
	TYPE(TEE_TYPE_HMAC_SHA512, 8, 256, 1024, secret),
	TYPE(TEE_TYPE_HMAC_SHA3_224, 8, 192, 1024, secret),
	TYPE(TEE_TYPE_HMAC_SHA3_256, 8, 256, 1024, secret),
	TYPE(TEE_TYPE_HMAC_SHA3_384, 8, 256, 1024, secret),
	TYPE(TEE_TYPE_HMAC_SHA3_512, 8, 256, 1024, secret),
	TYPE(TEE_TYPE_HMAC_SM3, 8, 80, 1024, secret),
	TYPE(TEE_TYPE_GENERIC_SECRET, 8, 0, TA_OBJECT_MAX_BITS, secret),
	TYPE(TEE_TYPE_HKDF, 8, 0, TA_OBJECT_MAX_BITS, secret),
	TYPE(TEE_TYPE_HKDF_IKM, 8, 0, TA_OBJECT_MAX_BITS, hkdf_ikm),
	TYPE(TEE_TYPE_CONCAT_KDF_Z, 8, 0, TA_OBJECT_MAX_BITS, concat_kdf_z),
	TYPE(TEE_TYPE_PBKDF2_PASSWORD, 8, 0, TA_OBJECT_MAX_BITS, pbkdf2_password),
	TYPE(TEE_TYPE_RSA_PUBLIC_KEY, 1, 256, TA_OBJECT_MAX_BITS, rsa_public),
	TYPE(TEE_TYPE_RSA_KEYPAIR, 1, 256, TA_OBJECT_MAX_BITS, rsa_pair),
	TYPE(TEE_TYPE_DSA_PUBLIC_KEY, 64, 512, 3072, dsa_public),
	TYPE(TEE_TYPE_DSA_KEYPAIR, 64, 512, 3072, dsa_pair),
	TYPE(TEE_TYPE_DH_KEYPAIR, 1, 256, 2048, dh_pair),
	TYPE(TEE_TYPE_ECDSA_PUBLIC_KEY, 1, 160, 521, ecc_public),
	TYPE(TEE_TYPE_ECDSA_KEYPAIR, 1, 160, 521, ecc_pair),
	TYPE(TEE_TYPE_ECDH_PUBLIC_KEY, 1, 160, 521, ecc_public),
	TYPE(TEE_TYPE_ECDH_KEYPAIR, 1, 160, 521, ecc_pair),
	TYPE(TEE_TYPE_SM2_DSA_PUBLIC_KEY, 1, 256, 256, sm2_public),
	TYPE(TEE_TYPE_SM2_DSA_KEYPAIR, 1, 256, 256, sm2_pair),
	TYPE(TEE_TYPE_SM2_KEP_PUBLIC_KEY, 1, 256, 256, sm2_public),
	TYPE(TEE_TYPE_SM2_KEP_KEYPAIR, 1, 256, 256, sm2_pair),
	TYPE(TEE_TYPE_SM2_PKE_PUBLIC_KEY, 1, 256, 256, sm2_public),
	TYPE(TEE_TYPE_SM2_PKE_KEYPAIR, 1, 256, 256, sm2_pair),
	TYPE(TEE_TYPE_ED25519_PUBLIC_KEY, 1, 256, 256, ed25519_public),
	TYPE(TEE_TYPE_ED25519_KEYPAIR, 1, 256, 256, ed25519_pair),
	TYPE(TEE_TYPE_ED448_PUBLIC_KEY, 1, 448, 448, ed448_public),
	TYPE(TEE_TYPE_ED448_KEYPAIR, 1, 448, 448, ed448_pair),
	TYPE(TEE_TYPE_X25519_PUBLIC_KEY, 1, 256, 256, x25519_public),
	TYPE(TEE_TYPE_X25519_KEYPAIR, 1, 256, 256, x25519_pair),
	TYPE(TEE_TYPE_X448_PUBLIC_KEY, 1, 448, 448, x448_public),
	TYPE(TEE_TYPE_X448_KEYPAIR, 1, 448, 448, x448_pair),
};

const struct ta_object_type *ta_object_type_find(uint32_t id)
{
	size_t i;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (types[i].id == id)
			return &types[i];
	return NULL;
}

bool ta_object_size_legacy(const struct ta_object_type *type, uint32_t bits)
{
	return (type->id == TEE_TYPE_DES && bits == 56) ||
	       (type->id == TEE_TYPE_DES3 && (bits == 112 || bits == 168));
}

bool ta_object_size_ok(const struct ta_object_type *type, uint32_t bits)
{
	if (ta_object_size_legacy(type, bits))
		return true;
	return bits % type->quantum == 0 && bits >= type->min && bits <= type->max;
}

int ta_attr_index(const struct ta_object_type *type, uint32_t id)
{
	int i;

	for (i = 0; type && i < type->num_attrs; i++)
		if (type->attrs[i].id == id)
			return i;
	return -1;
}
