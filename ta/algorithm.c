// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
/* The algorithms (6.10.1), and which of libcrypto's they are. */
#include <errno.h>

#include <openssl/evp.h>
#include <openssl/rand.h>
#include <tee_api_defines_extensions.h>

#include "ta/operation.h"
#include "ta/runtime.h"

#define DIGEST(id, len, name)                                                                      \
	{                                                                                          \
		TEE_ALG_##id, TEE_OPERATION_DIGEST, TA_KIND_DIGEST, 0, len, 0, name, 0             \
	}
#define CIPHER(id, fam, kind)                                                                      \
	{                                                                                          \
		TEE_ALG_##id, TEE_OPERATION_CIPHER, TA_CIPHER_##kind, TA_##fam, 0, TEE_TYPE_##fam, \
			NULL, 0                                                                    \
	}
#define DES3(id, class, kind, len)                                                                 \
	{                                                                                          \
		id, class, kind, TA_DES, len, TEE_TYPE_DES3, NULL, 0                               \
	}
#define HMAC(id, len, name)                                                                        \
	{                                                                                          \
		TEE_ALG_HMAC_##id, TEE_OPERATION_MAC, TA_MAC_HMAC, 0, len, TEE_TYPE_HMAC_##id,     \
			name, 0                                                                    \
	}
#define MAC(id, fam, kind, len)                                                                    \
	{                                                                                          \
		TEE_ALG_##id, TEE_OPERATION_MAC, TA_MAC_##kind, TA_##fam, len, TEE_TYPE_##fam,     \
			NULL, 0                                                                    \
	}
#define RSA(id, class, kind, len, name)                                                            \
	{                                                                                          \
		TEE_ALG_##id, TEE_OPERATION_ASYMMETRIC_##class, TA_RSA_##kind, 0, len,             \
			TEE_TYPE_RSA_KEYPAIR, name, 0                                              \
	}
#define RSA_ALL(hash, len, name)                                                                   \
	RSA(RSASSA_PKCS1_V1_5_##hash, SIGNATURE, PKCS1, len, name),                                \
		RSA(RSASSA_PKCS1_PSS_MGF1_##hash, SIGNATURE, PSS, len, name),                      \
		RSA(RSAES_PKCS1_OAEP_MGF1_##hash, CIPHER, OAEP, len, name)
#define SIGN(id, type, len, bits)                                                                  \
	{                                                                                          \
		id, TEE_OPERATION_ASYMMETRIC_SIGNATURE, TA_SIGN_PAIR, 0, len,                      \
			TEE_TYPE_##type##_KEYPAIR, NULL, bits                                      \
	}
#define DERIVE(id, kind, type, name, bits)                                                         \
	{                                                                                          \
		id, TEE_OPERATION_KEY_DERIVATION, TA_DERIVE_##kind, 0, 0, TEE_TYPE_##type, name,   \
			bits                                                                       \
	}
#define KDF(alg, kind, type, hash, name)                                                           \
	DERIVE(TEE_ALG_##alg##_##hash##_DERIVE_KEY, kind, type, name, 0)

static const struct ta_alg algs[] = {
	DIGEST(MD5, 16, "MD5"),
	DIGEST(SHA1, 20, "SHA1"),
	DIGEST(SHA224, 28, "SHA2-224"),
	DIGEST(SHA256, 32, "SHA2-256"),
	DIGEST(SHA384, 48, "SHA2-384"),
	DIGEST(SHA512, 64, "SHA2-512"),
	DIGEST(SHA3_224, 28, "SHA3-224"),
	DIGEST(SHA3_256, 32, "SHA3-256"),
	DIGEST(SHA3_384, 48, "SHA3-384"),
	DIGEST(SHA3_512, 64, "SHA3-512"),
	DIGEST(SM3, 32, "SM3"),
	DIGEST(MD5SHA1, 36, "MD5-SHA1"),
	DIGEST(SHAKE128, 0, "SHAKE-128"),
	DIGEST(SHAKE256, 0, "SHAKE-256"),

	CIPHER(AES_ECB_NOPAD, AES, ECB),
	CIPHER(AES_CBC_NOPAD, AES, CBC),
	CIPHER(AES_CTR, AES, CTR),
	CIPHER(AES_CTS, AES, CTS),
	CIPHER(AES_XTS, AES, XTS),
	CIPHER(DES_ECB_NOPAD, DES, ECB),
	CIPHER(DES_CBC_NOPAD, DES, CBC),
	DES3(TEE_ALG_DES3_ECB_NOPAD, TEE_OPERATION_CIPHER, TA_CIPHER_ECB, 0),
	DES3(TEE_ALG_DES3_CBC_NOPAD, TEE_OPERATION_CIPHER, TA_CIPHER_CBC, 0),
	CIPHER(SM4_ECB_NOPAD, SM4, ECB),
	CIPHER(SM4_CBC_NOPAD, SM4, CBC),
	CIPHER(SM4_ECB_PKCS5, SM4, ECB_PKCS5),
	CIPHER(SM4_CBC_PKCS5, SM4, CBC_PKCS5),
	CIPHER(SM4_CTR, SM4, CTR),
	CIPHER(SM4_XTS, SM4, XTS),

	HMAC(MD5, 16, "MD5"),
	HMAC(SHA1, 20, "SHA1"),
	HMAC(SHA224, 28, "SHA2-224"),
	HMAC(SHA256, 32, "SHA2-256"),
	HMAC(SHA384, 48, "SHA2-384"),
	HMAC(SHA512, 64, "SHA2-512"),
	HMAC(SHA3_224, 28, "SHA3-224"),
	HMAC(SHA3_256, 32, "SHA3-256"),
	HMAC(SHA3_384, 48, "SHA3-384"),
	HMAC(SHA3_512, 64, "SHA3-512"),
	HMAC(SM3, 32, "SM3"),
	MAC(AES_CMAC, AES, CMAC, 16),
	MAC(AES_CBC_MAC_NOPAD, AES, CBC, 16),
	MAC(AES_CBC_MAC_PKCS5, AES, CBC_PKCS5, 16),
	MAC(DES_CBC_MAC_NOPAD, DES, CBC, 8),
	MAC(DES_CBC_MAC_PKCS5, DES, CBC_PKCS5, 8),
	DES3(TEE_ALG_DES3_CMAC, TEE_OPERATION_MAC, TA_MAC_CMAC, 8),
	DES3(TEE_ALG_DES3_CBC_MAC_NOPAD, TEE_OPERATION_MAC, TA_MAC_CBC, 8),
	DES3(TEE_ALG_DES3_CBC_MAC_PKCS5, TEE_OPERATION_MAC, TA_MAC_CBC_PKCS5, 8),

	{ TEE_ALG_AES_GCM, TEE_OPERATION_AE, TA_AE_GCM, TA_AES, 0, TEE_TYPE_AES, NULL, 0 },
	{ TEE_ALG_AES_CCM, TEE_OPERATION_AE, TA_AE_CCM, TA_AES, 0, TEE_TYPE_AES, NULL, 0 },

	RSA(RSA_NOPAD, CIPHER, RAW, 0, NULL),
	RSA(RSAES_PKCS1_V1_5, CIPHER, PKCS1, 0, NULL),
	RSA(RSASSA_PKCS1_V1_5, SIGNATURE, PKCS1, 0, NULL),
	RSA(RSASSA_PKCS1_V1_5_MD5SHA1, SIGNATURE, PKCS1, 36, "MD5-SHA1"),
	RSA_ALL(MD5, 16, "MD5"),
	RSA_ALL(SHA1, 20, "SHA1"),
	RSA_ALL(SHA224, 28, "SHA2-224"),
	RSA_ALL(SHA256, 32, "SHA2-256"),
	RSA_ALL(SHA384, 48, "SHA2-384"),
	RSA_ALL(SHA512, 64, "SHA2-512"),
	RSA_ALL(SHA3_224, 28, "SHA3-224"),
	RSA_ALL(SHA3_256, 32, "SHA3-256"),
	RSA_ALL(SHA3_384, 48, "SHA3-384"),
	RSA_ALL(SHA3_512, 64, "SHA3-512"),

	SIGN(TEE_ALG_DSA_SHA1, DSA, 20, 0),
	SIGN(TEE_ALG_DSA_SHA224, DSA, 28, 0),
	SIGN(TEE_ALG_DSA_SHA256, DSA, 32, 0),
	SIGN(TEE_ALG_DSA_SHA3_224, DSA, 28, 0),
	SIGN(TEE_ALG_DSA_SHA3_256, DSA, 32, 0),
	SIGN(TEE_ALG_DSA_SHA3_384, DSA, 48, 0),
	SIGN(TEE_ALG_DSA_SHA3_512, DSA, 64, 0),
	SIGN(TEE_ALG_ECDSA_SHA1, ECDSA, 20, 0),
	SIGN(TEE_ALG_ECDSA_SHA224, ECDSA, 28, 0),
	SIGN(TEE_ALG_ECDSA_SHA256, ECDSA, 32, 0),
	SIGN(TEE_ALG_ECDSA_SHA384, ECDSA, 48, 0),
	SIGN(TEE_ALG_ECDSA_SHA512, ECDSA, 64, 0),
	SIGN(TEE_ALG_ECDSA_SHA3_224, ECDSA, 28, 0),
	SIGN(TEE_ALG_ECDSA_SHA3_256, ECDSA, 32, 0),
	SIGN(TEE_ALG_ECDSA_SHA3_384, ECDSA, 48, 0),
	SIGN(TEE_ALG_ECDSA_SHA3_512, ECDSA, 64, 0),
	SIGN(__OPTEE_ALG_ECDSA_P192, ECDSA, 0, 192),
	SIGN(__OPTEE_ALG_ECDSA_P224, ECDSA, 0, 224),
	SIGN(__OPTEE_ALG_ECDSA_P256, ECDSA, 0, 256),
	SIGN(__OPTEE_ALG_ECDSA_P384, ECDSA, 0, 384),
	SIGN(__OPTEE_ALG_ECDSA_P521, ECDSA, 0, 521),
	SIGN(TEE_ALG_SM2_DSA_SM3, SM2_DSA, 32, 256),
	{ TEE_ALG_ED25519, TEE_OPERATION_ASYMMETRIC_SIGNATURE, TA_SIGN_EDDSA, 0, 0,
	  TEE_TYPE_ED25519_KEYPAIR, NULL, 256 },
	{ TEE_ALG_ED448, TEE_OPERATION_ASYMMETRIC_SIGNATURE, TA_SIGN_EDDSA, 0, 0,
	  TEE_TYPE_ED448_KEYPAIR, NULL, 448 },
	{ TEE_ALG_SM2_PKE, TEE_OPERATION_ASYMMETRIC_CIPHER, TA_SM2_PKE, 0, 0,
	  TEE_TYPE_SM2_PKE_KEYPAIR, "SM3", 256 },

	DERIVE(TEE_ALG_DH_DERIVE_SHARED_SECRET, DH, DH_KEYPAIR, NULL, 0),
	DERIVE(TEE_ALG_ECDH_DERIVE_SHARED_SECRET, ECDH, ECDH_KEYPAIR, NULL, 0),
	DERIVE(__OPTEE_ALG_ECDH_P192, ECDH, ECDH_KEYPAIR, NULL, 192),
	DERIVE(__OPTEE_ALG_ECDH_P224, ECDH, ECDH_KEYPAIR, NULL, 224),
	DERIVE(__OPTEE_ALG_ECDH_P256, ECDH, ECDH_KEYPAIR, NULL, 256),
	DERIVE(__OPTEE_ALG_ECDH_P384, ECDH, ECDH_KEYPAIR, NULL, 384),
	DERIVE(__OPTEE_ALG_ECDH_P521, ECDH, ECDH_KEYPAIR, NULL, 521),
	DERIVE(TEE_ALG_X25519, RAW, X25519_KEYPAIR, "X25519", 256),
	DERIVE(TEE_ALG_X448, RAW, X448_KEYPAIR, "X448", 448),
	DERIVE(TEE_ALG_SM2_KEP, SM2_KEP, SM2_KEP_KEYPAIR, "SM3", 256),
	DERIVE(TEE_ALG_HKDF, HKDF_GP, HKDF, NULL, 0),
	KDF(HKDF, HKDF, HKDF_IKM, MD5, "MD5"),
	KDF(HKDF, HKDF, HKDF_IKM, SHA1, "SHA1"),
	KDF(HKDF, HKDF, HKDF_IKM, SHA224, "SHA2-224"),
	KDF(HKDF, HKDF, HKDF_IKM, SHA256, "SHA2-256"),
	KDF(HKDF, HKDF, HKDF_IKM, SHA384, "SHA2-384"),
	KDF(HKDF, HKDF, HKDF_IKM, SHA512, "SHA2-512"),
	KDF(CONCAT_KDF, CONCAT, CONCAT_KDF_Z, SHA1, "SHA1"),
	KDF(CONCAT_KDF, CONCAT, CONCAT_KDF_Z, SHA224, "SHA2-224"),
	KDF(CONCAT_KDF, CONCAT, CONCAT_KDF_Z, SHA256, "SHA2-256"),
	KDF(CONCAT_KDF, CONCAT, CONCAT_KDF_Z, SHA384, "SHA2-384"),
	KDF(CONCAT_KDF, CONCAT, CONCAT_KDF_Z, SHA512, "SHA2-512"),
	KDF(PBKDF2_HMAC, PBKDF2, PBKDF2_PASSWORD, SHA1, "SHA1"),
	KDF(PBKDF2_HMAC, PBKDF2, PBKDF2_PASSWORD, SHA224, "SHA2-224"),
	KDF(PBKDF2_HMAC, PBKDF2, PBKDF2_PASSWORD, SHA256, "SHA2-256"),
	KDF(PBKDF2_HMAC, PBKDF2, PBKDF2_PASSWORD, SHA384, "SHA2-384"),
	KDF(PBKDF2_HMAC, PBKDF2, PBKDF2_PASSWORD, SHA512, "SHA2-512"),
	KDF(PBKDF2_HMAC, PBKDF2, PBKDF2_PASSWORD, SM3, "SM3"),
};
#define NUM_ALGS (sizeof(algs) / sizeof(algs[0]))

const struct ta_alg *ta_alg_at(size_t i)
{
	return i < NUM_ALGS ? &algs[i] : NULL;
}

const struct ta_alg *ta_alg_find(uint32_t id)
{
	size_t i;

	for (i = 0; i < NUM_ALGS; i++)
		if (algs[i].id == id)
			return &algs[i];
	return NULL;
}

const char *ta_hash_name(uint32_t alg_id)
{
	const struct ta_alg *alg = ta_alg_find(alg_id);

	return alg && alg->op_class == TEE_OPERATION_DIGEST ? alg->hash : NULL;
}

bool ta_alg_available(const struct ta_alg *alg)
{
	EVP_MD *md;

	if (!alg->hash || alg->kind == TA_DERIVE_RAW)
		return true;
	/* Some builds leave MD5 out. */
	md = EVP_MD_fetch(NULL, alg->hash, NULL);
	EVP_MD_free(md);
	return md != NULL;
}

/*
 * The first fetch reads the configuration and makes the provider; a confined process couldn't. What is
 * fetched stays in libcrypto's store, whoever frees it, and is there in what is forked from this process.
 */
int ta_algorithms_prepare(void)
{
	static const char *const ciphers[] = { "AES-128-ECB", "AES-128-CBC", "AES-128-CTR",
					       "AES-128-GCM", "AES-256-ECB", "AES-256-CBC",
					       "AES-256-CTR", "AES-256-GCM" };
	static const char *const macs[] = { "HMAC", "CMAC" };
	uint8_t some[16];
	size_t i;

	for (i = 0; i < NUM_ALGS; i++)
		if (!ta_alg_available(&algs[i]) && algs[i].id == TEE_ALG_SHA256)
			return -ENOSYS;
	for (i = 0; i < sizeof(ciphers) / sizeof(ciphers[0]); i++)
		EVP_CIPHER_free(EVP_CIPHER_fetch(NULL, ciphers[i], NULL));
	for (i = 0; i < sizeof(macs) / sizeof(macs[0]); i++)
		EVP_MAC_free(EVP_MAC_fetch(NULL, macs[i], NULL));
	/* Makes the random generators; each process feeds its own anew. */
	if (RAND_priv_bytes(some, sizeof(some)) != 1)
		return -ENOSYS;
	return ta_eddsa_prepare();
}
