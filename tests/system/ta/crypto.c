// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
#include <string.h>

#include <tee_api_defines_extensions.h>
#include <tee_internal_api.h>

#include "tests/system/crypto_ta.h"

static TEE_ObjectHandle fresh_key(uint32_t type, uint32_t bits, const TEE_Attribute *params,
				  uint32_t num)
{
	TEE_ObjectHandle key;

	if (TEE_AllocateTransientObject(type, bits, &key) != TEE_SUCCESS ||
	    TEE_GenerateKey(key, bits, params, num) != TEE_SUCCESS)
		TEE_Panic(TEE_ERROR_GENERIC);
	return key;
}

static TEE_OperationHandle keyed(uint32_t alg, uint32_t mode, uint32_t bits, TEE_ObjectHandle key)
{
	TEE_OperationHandle op;

	if (TEE_AllocateOperation(&op, alg, mode, bits) != TEE_SUCCESS ||
	    (key && TEE_SetOperationKey(op, key) != TEE_SUCCESS))
		TEE_Panic(TEE_ERROR_GENERIC);
	return op;
}

static TEE_Result check_hash_and_mac(void)
{
	static const uint8_t abc[] = { 0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea };
	TEE_ObjectHandle key = fresh_key(TEE_TYPE_HMAC_SHA256, 256, NULL, 0);
	TEE_OperationHandle hash = keyed(TEE_ALG_SHA256, TEE_MODE_DIGEST, 0, NULL);
	TEE_OperationHandle mac = keyed(TEE_ALG_HMAC_SHA256, TEE_MODE_MAC, 256, key);
	uint8_t out[32];
	size_t len = sizeof(out);

	if (TEE_DigestDoFinal(hash, "abc", 3, out, &len) != TEE_SUCCESS ||
	    memcmp(out, abc, sizeof(abc)))
		return TEE_ERROR_GENERIC;
	TEE_MACInit(mac, NULL, 0);
	if (TEE_MACComputeFinal(mac, "abc", 3, out, &len) != TEE_SUCCESS)
		return TEE_ERROR_GENERIC;
	TEE_MACInit(mac, NULL, 0);
	return TEE_MACCompareFinal(mac, "abc", 3, out, len);
}

static TEE_Result check_gcm(void)
{
	TEE_ObjectHandle key = fresh_key(TEE_TYPE_AES, 256, NULL, 0);
	TEE_OperationHandle seal = keyed(TEE_ALG_AES_GCM, TEE_MODE_ENCRYPT, 256, key);
	TEE_OperationHandle open = keyed(TEE_ALG_AES_GCM, TEE_MODE_DECRYPT, 256, key);
	uint8_t nonce[12], text[100] = "a text", sealed[100], tag[16];
	size_t len = sizeof(sealed), tag_len = sizeof(tag);

	TEE_GenerateRandom(nonce, sizeof(nonce));
	if (TEE_AEInit(seal, nonce, 12, 128, 0, 0) != TEE_SUCCESS ||
	    TEE_AEEncryptFinal(seal, text, 100, sealed, &len, tag, &tag_len) != TEE_SUCCESS ||
	    TEE_AEInit(open, nonce, 12, 128, 0, 0) != TEE_SUCCESS ||
	    TEE_AEDecryptFinal(open, sealed, 100, sealed, &len, tag, tag_len) != TEE_SUCCESS)
		return TEE_ERROR_GENERIC;
	return memcmp(sealed, text, 100) ? TEE_ERROR_GENERIC : TEE_SUCCESS;
}

/* Signs with one operation, verifies with another. */
static TEE_Result check_signature_with(uint32_t alg, uint32_t bits, TEE_ObjectHandle key,
				       const TEE_Attribute *params, uint32_t num)
{
	TEE_OperationHandle sign = keyed(alg, TEE_MODE_SIGN, bits, key);
	TEE_OperationHandle verify = keyed(alg, TEE_MODE_VERIFY, bits, key);
	uint8_t digest[32] = "a digest", sig[256];
	size_t len = sizeof(sig);

	if (TEE_AsymmetricSignDigest(sign, params, num, digest, 32, sig, &len) != TEE_SUCCESS)
		return TEE_ERROR_GENERIC;
	return TEE_AsymmetricVerifyDigest(verify, params, num, digest, 32, sig, len);
}

static TEE_Result check_signature(uint32_t alg, uint32_t bits, TEE_ObjectHandle key)
{
	return check_signature_with(alg, bits, key, NULL, 0);
}

/* Plain, and in the ways that another library does. */
static TEE_Result check_eddsa(uint32_t alg, uint32_t type, uint32_t bits)
{
	TEE_ObjectHandle key = fresh_key(type, bits, NULL, 0);
	TEE_Attribute params[2];
	TEE_Result res;

	TEE_InitRefAttribute(&params[0], TEE_ATTR_EDDSA_CTX, "context", 7);
	TEE_InitValueAttribute(&params[1], TEE_ATTR_EDDSA_PREHASH, 1, 0);
	res = check_signature(alg, bits, key);
	if (res == TEE_SUCCESS)
		res = check_signature_with(alg, bits, key, params, 1);
	return res == TEE_SUCCESS ? check_signature_with(alg, bits, key, params, 2) : res;
}

/* One side of an exchange with one whose fixed and fresh keys are the same. */
static TEE_Result check_exchange(void)
{
	TEE_ObjectHandle a = fresh_key(TEE_TYPE_SM2_KEP_KEYPAIR, 256, NULL, 0);
	TEE_ObjectHandle b = fresh_key(TEE_TYPE_SM2_KEP_KEYPAIR, 256, NULL, 0), secret;
	TEE_OperationHandle op = keyed(TEE_ALG_SM2_KEP, TEE_MODE_DERIVE, 512, NULL);
	uint8_t x[32], y[32], confirmation[32] = { 0 };
	size_t x_len = sizeof(x), y_len = sizeof(y);
	TEE_Attribute params[8];

	TEE_GetObjectBufferAttribute(b, TEE_ATTR_ECC_PUBLIC_VALUE_X, x, &x_len);
	TEE_GetObjectBufferAttribute(b, TEE_ATTR_ECC_PUBLIC_VALUE_Y, y, &y_len);
	TEE_InitRefAttribute(&params[0], TEE_ATTR_ECC_PUBLIC_VALUE_X, x, x_len);
	TEE_InitRefAttribute(&params[1], TEE_ATTR_ECC_PUBLIC_VALUE_Y, y, y_len);
	TEE_InitRefAttribute(&params[2], TEE_ATTR_ECC_EPHEMERAL_PUBLIC_VALUE_X, x, x_len);
	TEE_InitRefAttribute(&params[3], TEE_ATTR_ECC_EPHEMERAL_PUBLIC_VALUE_Y, y, y_len);
	TEE_InitRefAttribute(&params[4], TEE_ATTR_SM2_ID_INITIATOR, "a", 1);
	TEE_InitRefAttribute(&params[5], TEE_ATTR_SM2_ID_RESPONDER, "b", 1);
	TEE_InitValueAttribute(&params[6], TEE_ATTR_SM2_KEP_USER, 0, 0);
	TEE_InitRefAttribute(&params[7], TEE_ATTR_SM2_KEP_CONFIRMATION_OUT, confirmation, 32);
	if (TEE_SetOperationKey2(op, a, fresh_key(TEE_TYPE_SM2_KEP_KEYPAIR, 256, NULL, 0)) !=
		    TEE_SUCCESS ||
	    TEE_AllocateTransientObject(TEE_TYPE_GENERIC_SECRET, 128, &secret) != TEE_SUCCESS)
		return TEE_ERROR_GENERIC;
	TEE_DeriveKey(op, params, 8, secret);
	return memcmp(confirmation, (uint8_t[32]){ 0 }, 32) ? TEE_SUCCESS : TEE_ERROR_GENERIC;
}

static TEE_Result check_rsa(void)
{
	TEE_ObjectHandle key = fresh_key(TEE_TYPE_RSA_KEYPAIR, 1024, NULL, 0);
	TEE_OperationHandle seal =
		keyed(TEE_ALG_RSAES_PKCS1_OAEP_MGF1_SHA256, TEE_MODE_ENCRYPT, 1024, key);
	TEE_OperationHandle open =
		keyed(TEE_ALG_RSAES_PKCS1_OAEP_MGF1_SHA256, TEE_MODE_DECRYPT, 1024, key);
	uint8_t buf[128];
	size_t len = sizeof(buf), got = sizeof(buf);

	if (TEE_AsymmetricEncrypt(seal, NULL, 0, "text", 4, buf, &len) != TEE_SUCCESS ||
	    TEE_AsymmetricDecrypt(open, NULL, 0, buf, len, buf, &got) != TEE_SUCCESS || got != 4 ||
	    memcmp(buf, "text", 4))
		return TEE_ERROR_GENERIC;
	return check_signature(TEE_ALG_RSASSA_PKCS1_PSS_MGF1_SHA256, 1024, key);
}

static TEE_Result check_curves(void)
{
	TEE_ObjectHandle a = fresh_key(TEE_TYPE_X25519_KEYPAIR, 256, NULL, 0), secret;
	TEE_OperationHandle op = keyed(TEE_ALG_X25519, TEE_MODE_DERIVE, 256, a);
	TEE_Attribute curve, peer;
	uint8_t public[32];
	size_t len = sizeof(public);
	TEE_Result res;

	TEE_GetObjectBufferAttribute(a, TEE_ATTR_X25519_PUBLIC_VALUE, public, &len);
	TEE_InitRefAttribute(&peer, TEE_ATTR_X25519_PUBLIC_VALUE, public, len);
	TEE_AllocateTransientObject(TEE_TYPE_GENERIC_SECRET, 256, &secret);
	TEE_DeriveKey(op, &peer, 1, secret);
	TEE_InitValueAttribute(&curve, TEE_ATTR_ECC_CURVE, TEE_ECC_CURVE_NIST_P256, 0);
	res = check_signature(TEE_ALG_ECDSA_SHA256, 256,
			      fresh_key(TEE_TYPE_ECDSA_KEYPAIR, 256, &curve, 1));
	if (res == TEE_SUCCESS)
		res = check_eddsa(TEE_ALG_ED25519, TEE_TYPE_ED25519_KEYPAIR, 256);
	if (res == TEE_SUCCESS)
		res = check_eddsa(TEE_ALG_ED448, TEE_TYPE_ED448_KEYPAIR, 448);
	if (res == TEE_SUCCESS)
		res = check_signature(TEE_ALG_SM2_DSA_SM3, 256,
				      fresh_key(TEE_TYPE_SM2_DSA_KEYPAIR, 256, NULL, 0));
	if (res == TEE_SUCCESS)
		res = check_exchange();
	TEE_InitValueAttribute(&curve, TEE_ATTR_ECC_CURVE, TEE_ECC_CURVE_BSI_P512t1, 0);
	if (res == TEE_SUCCESS)
		res = check_signature(TEE_ALG_ECDSA_SHA256, 512,
				      fresh_key(TEE_TYPE_ECDSA_KEYPAIR, 512, &curve, 1));
	return res;
}

static TEE_Result check_numbers(void)
{
	TEE_BigInt n[TEE_BigIntSizeInU32(64)];

	TEE_BigIntInit(n, TEE_BigIntSizeInU32(64));
	TEE_BigIntConvertFromS32(n, INT32_MAX);
	return TEE_BigIntIsProbablePrime(n, 80) == 1 ? TEE_SUCCESS : TEE_ERROR_GENERIC;
}

#define SOME_TIME 1000000u

/* Set, and with time that went by; and no enumerator shows where it is kept. */
static TEE_Result check_time(void)
{
	TEE_ObjectEnumHandle e;
	uint8_t id[TEE_OBJECT_ID_MAX_LEN];
	size_t len = sizeof(id);
	TEE_Time time;
	TEE_Result res;

	if (TEE_GetTAPersistentTime(&time) != TEE_SUCCESS || time.seconds < SOME_TIME ||
	    time.seconds > SOME_TIME + 3600)
		return TEE_ERROR_GENERIC;
	if (TEE_AllocatePersistentObjectEnumerator(&e) != TEE_SUCCESS)
		return TEE_ERROR_GENERIC;
	res = TEE_StartPersistentObjectEnumerator(e, TEE_STORAGE_PRIVATE);
	if (res == TEE_SUCCESS)
		res = TEE_GetNextPersistentObject(e, NULL, id, &len);
	return res == TEE_ERROR_ITEM_NOT_FOUND ? TEE_SUCCESS : TEE_ERROR_GENERIC;
}

TEE_Result TA_CreateEntryPoint(void)
{
	return TEE_SUCCESS;
}

void TA_DestroyEntryPoint(void)
{
}

TEE_Result TA_OpenSessionEntryPoint(uint32_t types, TEE_Param params[TEE_NUM_PARAMS], void **ctx)
{
	(void)types;
	(void)params;
	(void)ctx;
	return TEE_SUCCESS;
}

void TA_CloseSessionEntryPoint(void *ctx)
{
	(void)ctx;
}

TEE_Result TA_InvokeCommandEntryPoint(void *ctx, uint32_t cmd, uint32_t types,
				      TEE_Param params[TEE_NUM_PARAMS])
{
	const TEE_Time some = { .seconds = SOME_TIME };
	TEE_OperationHandle op;
	TEE_Result res;
	TEE_Time time;

	(void)ctx;
	(void)types;
	(void)params;
	switch (cmd) {
	case CRYPTO_SYMMETRIC:
		res = check_hash_and_mac();
		return res == TEE_SUCCESS ? check_gcm() : res;
	case CRYPTO_RSA:
		return check_rsa();
	case CRYPTO_CURVES:
		return check_curves();
	case CRYPTO_NUMBERS:
		return check_numbers();
	case CRYPTO_MISUSE:
		op = keyed(TEE_ALG_AES_CTR, TEE_MODE_ENCRYPT, 128, NULL);
		TEE_CipherInit(op, NULL, 0);
		return TEE_SUCCESS;
	case CRYPTO_TIME_UNSET:
		res = TEE_GetTAPersistentTime(&time);
		return res == TEE_ERROR_TIME_NOT_SET ? TEE_SUCCESS : TEE_ERROR_GENERIC;
	case CRYPTO_TIME_SET:
		return TEE_SetTAPersistentTime(&some);
	case CRYPTO_TIME_RUNS:
		return check_time();
	default:
		return TEE_ERROR_BAD_PARAMETERS;
	}
}
