// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "crypto_words.h"

#include <cmocka.h>
#include <tee_api_defines_extensions.h>

#define DO(call) assert_int_equal((call), TEE_SUCCESS)

static TEE_ObjectHandle populate(uint32_t type, uint32_t bits, TEE_Attribute *attrs, uint32_t num)
{
	TEE_ObjectHandle key = key_object(type, bits);

	DO(TEE_PopulateTransientObject(key, attrs, num));
	return key;
}

static TEE_OperationHandle with_key(uint32_t alg, uint32_t mode, uint32_t bits,
				    TEE_ObjectHandle key)
{
	TEE_OperationHandle op = operation(alg, mode, bits);

	DO(TEE_SetOperationKey(op, key));
	return op;
}

static struct hex digest_of(uint32_t alg, const struct hex *text)
{
	TEE_OperationHandle op = operation(alg, TEE_MODE_DIGEST, 0);
	struct hex digest = { .len = HEX_MAX };

	DO(TEE_DigestDoFinal(op, text->b, text->len, digest.b, &digest.len));
	TEE_FreeOperation(op);
	return digest;
}

/* Signs, verifies, and refuses what was changed. */
static void round_trip(uint32_t alg, uint32_t bits, TEE_ObjectHandle key, size_t digest_len,
		       const TEE_Attribute *params, uint32_t num)
{
	TEE_OperationHandle sign = with_key(alg, TEE_MODE_SIGN, bits, key);
	TEE_OperationHandle verify = with_key(alg, TEE_MODE_VERIFY, bits, key);
	uint8_t digest[64], sig[512];
	size_t len = 0, need;

	memset(digest, 0x5a, sizeof(digest));
	assert_int_equal(
		TEE_AsymmetricSignDigest(sign, params, num, digest, digest_len, NULL, &len),
		TEE_ERROR_SHORT_BUFFER);
	need = len;
	assert_true(need && need <= sizeof(sig));
	DO(TEE_AsymmetricSignDigest(sign, params, num, digest, digest_len, sig, &len));
	assert_int_equal(len, need);
	DO(TEE_AsymmetricVerifyDigest(verify, params, num, digest, digest_len, sig, len));
	assert_int_equal(
		TEE_AsymmetricVerifyDigest(verify, params, num, digest, digest_len, sig, len - 1),
		TEE_ERROR_SIGNATURE_INVALID);
	sig[len / 2] ^= 1;
	assert_int_equal(
		TEE_AsymmetricVerifyDigest(verify, params, num, digest, digest_len, sig, len),
		TEE_ERROR_SIGNATURE_INVALID);
	sig[len / 2] ^= 1;
	digest[0] ^= 1;
	assert_int_equal(
		TEE_AsymmetricVerifyDigest(verify, params, num, digest, digest_len, sig, len),
		TEE_ERROR_SIGNATURE_INVALID);
	TEE_FreeOperation(sign);
	TEE_FreeOperation(verify);
}

/* NIST CAVP, SigGenRSA_186-2, modulus of 1024 bits */
#define RSA_N                                                                                      \
	"909d1c40da8b0840be7d0e626539c5884f907b505d7e573deeee1d66c5b73e6a"                         \
	"38f376aaf4cdd97441034e9a7f055d5b53f93567393364cdc591b8f86668cae2"                         \
	"a5fb1432eac3883381e7cd299c7dbaaba74a22a02263678be43ccc01cb936b20"                         \
	"f7c968284524691f1ffa28ad8f00a8a929da99bc4b3bd757743912e5de708851"
#define RSA_D                                                                                      \
	"059a64c419839e09fe2773c579b513937cbbb51f6fc3eba6ed6941efdfb4c221"                         \
	"14fc4fea7f4a3384f6d8e53484bbe53a5ae652bca1617da42065cd442899a254"                         \
	"b75eeca60aa8c38cb7921ae334314275b561269b2bcbc816170c0fda5fe38e81"                         \
	"0b970bad6ae989aa1d42bbe282744f59e79ea9d036a0922a859130a55b777f81"
/* A signature of its first message, and the number under it */
#define RSA_S                                                                                      \
	"2dd5aeefb9d62496c4865a9e01ea8d7348acd93eeef630e1af28e25fccd84f72"                         \
	"f8cbf2c1a5a767c55810c0c8a492aeac905f65f35ea8f30fe5dcdc076e3a4319"                         \
	"d86f29b1d3361488ae6375d348200a46cf678915f2951e7c5d920398fabf2e98"                         \
	"4d79f65397dbd197540d220b06bb0ddcdbc3939a86f359ec04f1c96c67c9c847"
#define RSA_M                                                                                      \
	"24e160851ecf4c8502c152a6a97e09cc93d4bf94a1c29b82333261ab09fb82ae"                         \
	"7d37baef39121db8854792dec349a19f983d79ab7d77a91209d5fd3caaad0f26"                         \
	"ea3f58772f07cc77c62c116de0c1feefeb8e66e466a7abd0288110460fd7af65"                         \
	"3c0dac6c8968ad63643f6b8b54c6b7186479fee0c7a7ae79d610613830335485"
/* SigGenPSS_186-2, modulus of 1024 bits, a salt of 20 bytes */
#define PSS_N                                                                                      \
	"bcb47b2e0dafcba81ff2a2b5cb115ca7e757184c9d72bcdcda707a146b3b4e29"                         \
	"989ddc660bd694865b932b71ca24a335cf4d339c719183e6222e4c9ea6875acd"                         \
	"528a49ba21863fe08147c3a47e41990b51a03f77d22137f8d74c43a5a45f4e9e"                         \
	"18a2d15db051dc89385db9cf8374b63a8cc88113710e6d8179075b7dc79ee76b"
#define PSS_TEXT                                                                                   \
	"1248f62a4389f42f7b4bb131053d6c88a994db2075b912ccbe3ea7dc611714f1"                         \
	"4e075c104858f2f6e6cfd6abdedf015a821d03608bf4eba3169a6725ec422cd9"                         \
	"069498b5515a9608ae7cc30e3d2ecfc1db6825f3e996ce9a5092926bc1cf61aa"                         \
	"42d7f240e6f7aa0edb38bf81aa929d66bb5d890018088458720d72d569247b0c"

static const struct {
	uint32_t alg, hash;
	const char *sig;
} pss_vectors[] = {
	{ TEE_ALG_RSASSA_PKCS1_PSS_MGF1_SHA1, TEE_ALG_SHA1,
	  "682cf53c1145d22a50caa9eb1a9ba70670c5915e0fdfde6457a765de2a8fe12d"
	  "e9794172a78d14e668d498acedad616504bb1764d094607070080592c3a69c34"
	  "3d982bd77865873d35e24822caf43443cc10249af6a1e26ef344f28b9ef6f14e"
	  "09ad839748e5148bcceb0fd2aa63709cb48975cbf9c7b49abc66a1dc6cb5b31a" },
	{ TEE_ALG_RSASSA_PKCS1_PSS_MGF1_SHA224, TEE_ALG_SHA224,
	  "53d859c9f10abf1c00284a4b55bf2bd84d8e313b4f3c35b8dec7bc3afe39b9b8"
	  "a155418ead1931895769ce2340be2091f2385bbcf10d9e92bcf5d0e2960d10e7"
	  "92e7d865c64e50d19ffa13e52817d7d8d8db34392c2374a2e9b69184f92a4ad9"
	  "b1b8bae99ca614d204b65a438e38dbbfc8c7cc44ed5677af70ce6c4f951f0244" },
	{ TEE_ALG_RSASSA_PKCS1_PSS_MGF1_SHA256, TEE_ALG_SHA256,
	  "7b1d37278e549898d4084e2210c4a9961edfe7b5963550cca1904248c8681513"
	  "539017820f0e9bd074b9f8a067b9fefff7f1fa20bf2d0c75015ff020b2210cc7"
	  "f79034fedf68e8d44a007abf4dd82c26e8b00393723aea15abfbc22941c8cf79"
	  "481718c008da713fb8f54cb3fca890bde1137314334b9b0a18515bfa48e5ccd0" },
};

static TEE_ObjectHandle rsa_key(void)
{
	struct hex n = hex(RSA_N), e = hex("010001"), d = hex(RSA_D);
	TEE_Attribute attrs[3];

	attrs[0] = ref_attr(TEE_ATTR_RSA_MODULUS, &n);
	attrs[1] = ref_attr(TEE_ATTR_RSA_PUBLIC_EXPONENT, &e);
	attrs[2] = ref_attr(TEE_ATTR_RSA_PRIVATE_EXPONENT, &d);
	return populate(TEE_TYPE_RSA_KEYPAIR, 1024, attrs, 3);
}

static void test_rsa_known(void **state)
{
	struct hex n = hex(PSS_N), e = hex("010001"), text = hex(PSS_TEXT), s = hex(RSA_S);
	TEE_OperationHandle op;
	TEE_Attribute attrs[2], salt;
	TEE_ObjectHandle public;
	uint8_t number[128];
	size_t len = sizeof(number);
	unsigned int i;

	(void)state;
	op = with_key(TEE_ALG_RSA_NOPAD, TEE_MODE_ENCRYPT, 1024, rsa_key());
	DO(TEE_AsymmetricEncrypt(op, NULL, 0, s.b, s.len, number, &len));
	expect_hex(number, len, RSA_M);
	op = with_key(TEE_ALG_RSA_NOPAD, TEE_MODE_DECRYPT, 1024, rsa_key());
	len = sizeof(number);
	DO(TEE_AsymmetricDecrypt(op, NULL, 0, number, sizeof(number), number, &len));
	expect_hex(number, len, RSA_S);
	attrs[0] = ref_attr(TEE_ATTR_RSA_MODULUS, &n);
	attrs[1] = ref_attr(TEE_ATTR_RSA_PUBLIC_EXPONENT, &e);
	public = populate(TEE_TYPE_RSA_PUBLIC_KEY, 1024, attrs, 2);
	TEE_InitValueAttribute(&salt, TEE_ATTR_RSA_PSS_SALT_LENGTH, 20, 0);
	for (i = 0; i < 3; i++) {
		struct hex digest = digest_of(pss_vectors[i].hash, &text);

		s = hex(pss_vectors[i].sig);
		op = with_key(pss_vectors[i].alg, TEE_MODE_VERIFY, 1024, public);
		DO(TEE_AsymmetricVerifyDigest(op, &salt, 1, digest.b, digest.len, s.b, s.len));
	}
}

/* The number under a PKCS #1 v1.5 signature is what RFC 8017, 9.2 says. */
static void test_pkcs1_encoding(void **state)
{
	struct hex info = hex("003031300d060960864801650304020105000420");
	TEE_OperationHandle op =
		with_key(TEE_ALG_RSASSA_PKCS1_V1_5_SHA256, TEE_MODE_SIGN, 1024, rsa_key());
	uint8_t digest[32] = "thirty-two bytes of some digest", sig[128], em[128];
	size_t len = sizeof(sig);

	(void)state;
	memset(em, 0xff, sizeof(em));
	em[0] = 1;
	memcpy(em + 127 - 32 - info.len, info.b, info.len);
	memcpy(em + 127 - 32, digest, 32);
	DO(TEE_AsymmetricSignDigest(op, NULL, 0, digest, 32, sig, &len));
	op = with_key(TEE_ALG_RSA_NOPAD, TEE_MODE_ENCRYPT, 1024, rsa_key());
	DO(TEE_AsymmetricEncrypt(op, NULL, 0, sig, 128, sig, &len));
	assert_int_equal(len, 127);
	assert_memory_equal(sig, em, 127);
}

static void test_rsa_signatures(void **state)
{
	static const struct {
		uint32_t pkcs1, pss;
		size_t len;
	} hashes[] = {
		{ TEE_ALG_RSASSA_PKCS1_V1_5_MD5, TEE_ALG_RSASSA_PKCS1_PSS_MGF1_MD5, 16 },
		{ TEE_ALG_RSASSA_PKCS1_V1_5_SHA1, TEE_ALG_RSASSA_PKCS1_PSS_MGF1_SHA1, 20 },
		{ TEE_ALG_RSASSA_PKCS1_V1_5_SHA224, TEE_ALG_RSASSA_PKCS1_PSS_MGF1_SHA224, 28 },
		{ TEE_ALG_RSASSA_PKCS1_V1_5_SHA256, TEE_ALG_RSASSA_PKCS1_PSS_MGF1_SHA256, 32 },
		{ TEE_ALG_RSASSA_PKCS1_V1_5_SHA384, TEE_ALG_RSASSA_PKCS1_PSS_MGF1_SHA384, 48 },
		{ TEE_ALG_RSASSA_PKCS1_V1_5_SHA3_224, TEE_ALG_RSASSA_PKCS1_PSS_MGF1_SHA3_224, 28 },
		{ TEE_ALG_RSASSA_PKCS1_V1_5_SHA3_256, TEE_ALG_RSASSA_PKCS1_PSS_MGF1_SHA3_256, 32 },
		{ TEE_ALG_RSASSA_PKCS1_V1_5_SHA3_384, TEE_ALG_RSASSA_PKCS1_PSS_MGF1_SHA3_384, 48 },
	};
	TEE_ObjectHandle key = rsa_key();
	TEE_Attribute salt;
	unsigned int i;

	(void)state;
	TEE_InitValueAttribute(&salt, TEE_ATTR_RSA_PSS_SALT_LENGTH, 8, 0);
	for (i = 0; i < sizeof(hashes) / sizeof(hashes[0]); i++) {
		round_trip(hashes[i].pkcs1, 1024, key, hashes[i].len, NULL, 0);
		round_trip(hashes[i].pss, 1024, key, hashes[i].len, NULL, 0);
		round_trip(hashes[i].pss, 1024, key, hashes[i].len, &salt, 1);
	}
	round_trip(TEE_ALG_RSASSA_PKCS1_V1_5_SHA512, 1024, key, 64, NULL, 0);
	round_trip(TEE_ALG_RSASSA_PKCS1_V1_5_SHA3_512, 1024, key, 64, NULL, 0);
	round_trip(TEE_ALG_RSASSA_PKCS1_PSS_MGF1_SHA512, 1024, key, 64, &salt, 1);
	round_trip(TEE_ALG_RSASSA_PKCS1_PSS_MGF1_SHA3_512, 1024, key, 64, &salt, 1);
	round_trip(TEE_ALG_RSASSA_PKCS1_V1_5_MD5SHA1, 1024, key, 36, NULL, 0);
	round_trip(TEE_ALG_RSASSA_PKCS1_V1_5, 1024, key, 20, NULL, 0);
	/* A salt of the hash's length has no place with SHA-512 in 1024 bits. */
	EXPECT_PANIC(round_trip(TEE_ALG_RSASSA_PKCS1_PSS_MGF1_SHA512, 1024, key, 64, NULL, 0));
	EXPECT_PANIC(round_trip(TEE_ALG_RSASSA_PKCS1_V1_5_SHA256, 1024, key, 20, NULL, 0));
}

static void crypt(uint32_t alg, TEE_ObjectHandle key, uint32_t bits, const TEE_Attribute *params,
		  uint32_t num)
{
	TEE_OperationHandle seal = with_key(alg, TEE_MODE_ENCRYPT, bits, key);
	TEE_OperationHandle open = with_key(alg, TEE_MODE_DECRYPT, bits, key);
	uint8_t sealed[512], back[512];
	size_t len = 1, got = 1;

	assert_int_equal(TEE_AsymmetricEncrypt(seal, params, num, "secret", 6, sealed, &len),
			 TEE_ERROR_SHORT_BUFFER);
	DO(TEE_AsymmetricEncrypt(seal, params, num, "secret", 6, sealed, &len));
	assert_int_equal(TEE_AsymmetricDecrypt(open, params, num, sealed, len, back, &got),
			 TEE_ERROR_SHORT_BUFFER);
	assert_true(got >= 6);
	DO(TEE_AsymmetricDecrypt(open, params, num, sealed, len, back, &got));
	assert_int_equal(got, 6);
	assert_memory_equal(back, "secret", 6);
	sealed[len / 2] ^= 1;
	got = sizeof(back);
	assert_int_equal(TEE_AsymmetricDecrypt(open, params, num, sealed, len, back, &got),
			 TEE_ERROR_CIPHERTEXT_INVALID);
}

static void test_rsa_encryption(void **state)
{
	static const uint32_t algs[] = {
		TEE_ALG_RSAES_PKCS1_V1_5,
		TEE_ALG_RSAES_PKCS1_OAEP_MGF1_MD5,
		TEE_ALG_RSAES_PKCS1_OAEP_MGF1_SHA1,
		TEE_ALG_RSAES_PKCS1_OAEP_MGF1_SHA224,
		TEE_ALG_RSAES_PKCS1_OAEP_MGF1_SHA256,
		TEE_ALG_RSAES_PKCS1_OAEP_MGF1_SHA384,
		TEE_ALG_RSAES_PKCS1_OAEP_MGF1_SHA3_224,
		TEE_ALG_RSAES_PKCS1_OAEP_MGF1_SHA3_256,
		TEE_ALG_RSAES_PKCS1_OAEP_MGF1_SHA3_384,
	};
	TEE_ObjectHandle key = rsa_key(), big = key_object(TEE_TYPE_RSA_KEYPAIR, 1536);
	uint32_t mgf = TEE_ALG_SHA1;
	TEE_Attribute params[2];
	uint8_t text[128] = { 1 };
	TEE_OperationHandle op;
	size_t len = 128;
	unsigned int i;

	(void)state;
	TEE_InitRefAttribute(&params[0], TEE_ATTR_RSA_OAEP_LABEL, "label", 5);
	TEE_InitRefAttribute(&params[1], TEE_ATTR_RSA_OAEP_MGF_HASH, &mgf, sizeof(mgf));
	for (i = 0; i < sizeof(algs) / sizeof(algs[0]); i++)
		crypt(algs[i], key, 1024, NULL, 0);
	crypt(TEE_ALG_RSAES_PKCS1_OAEP_MGF1_SHA256, key, 1024, params, 2);
	DO(TEE_GenerateKey(big, 1536, NULL, 0));
	crypt(TEE_ALG_RSAES_PKCS1_OAEP_MGF1_SHA512, big, 1536, NULL, 0);
	crypt(TEE_ALG_RSAES_PKCS1_OAEP_MGF1_SHA3_512, big, 1536, params, 1);
	op = with_key(TEE_ALG_RSAES_PKCS1_V1_5, TEE_MODE_ENCRYPT, 1024, key);
	assert_int_equal(TEE_AsymmetricEncrypt(op, NULL, 0, text, 118, text, &len),
			 TEE_ERROR_BAD_PARAMETERS);
	memset(text, 0xff, sizeof(text));
	op = with_key(TEE_ALG_RSA_NOPAD, TEE_MODE_ENCRYPT, 1024, key);
	assert_int_equal(TEE_AsymmetricEncrypt(op, NULL, 0, text, 128, text, &len),
			 TEE_ERROR_BAD_PARAMETERS);
	EXPECT_PANIC(TEE_AsymmetricDecrypt(op, NULL, 0, text, 128, text, &len));
	EXPECT_PANIC(TEE_AsymmetricSignDigest(op, NULL, 0, text, 20, text, &len));
}

static TEE_ObjectHandle ecc_key(uint32_t type, uint32_t curve, uint32_t bits, const char *d,
				const char *x, const char *y)
{
	struct hex hd = hex(d), hx = hex(x), hy = hex(y);
	TEE_Attribute attrs[4];
	uint32_t num = 0;

	if (*d)
		attrs[num++] = ref_attr(TEE_ATTR_ECC_PRIVATE_VALUE, &hd);
	attrs[num++] = ref_attr(TEE_ATTR_ECC_PUBLIC_VALUE_X, &hx);
	attrs[num++] = ref_attr(TEE_ATTR_ECC_PUBLIC_VALUE_Y, &hy);
	if (curve)
		TEE_InitValueAttribute(&attrs[num++], TEE_ATTR_ECC_CURVE, curve, 0);
	return populate(type, bits, attrs, num);
}

/* RFC 6979, A.2.5: "sample" with SHA-256 */
static void test_ecdsa_known(void **state)
{
	TEE_ObjectHandle key =
		ecc_key(TEE_TYPE_ECDSA_PUBLIC_KEY, TEE_ECC_CURVE_NIST_P256, 256, "",
			"60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6",
			"7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299");
	struct hex sig = hex("efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
			     "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8");
	struct hex text = hex("73616d706c65"), digest = digest_of(TEE_ALG_SHA256, &text);
	TEE_OperationHandle op = with_key(TEE_ALG_ECDSA_SHA256, TEE_MODE_VERIFY, 256, key);

	(void)state;
	DO(TEE_AsymmetricVerifyDigest(op, NULL, 0, digest.b, digest.len, sig.b, sig.len));
	sig.b[0] ^= 1;
	assert_int_equal(
		TEE_AsymmetricVerifyDigest(op, NULL, 0, digest.b, digest.len, sig.b, sig.len),
		TEE_ERROR_SIGNATURE_INVALID);
	/* A public key doesn't sign; a point that isn't on the curve is no key. */
	EXPECT_PANIC(with_key(TEE_ALG_ECDSA_SHA256, TEE_MODE_SIGN, 256, key));
	key = ecc_key(TEE_TYPE_ECDSA_PUBLIC_KEY, TEE_ECC_CURVE_NIST_P256, 256, "", "01", "01");
	EXPECT_PANIC(with_key(TEE_ALG_ECDSA_SHA256, TEE_MODE_VERIFY, 256, key));
}

static void test_ecdsa(void **state)
{
	static const struct {
		uint32_t curve, bits, alg, old;
		size_t len;
	} kinds[] = {
		{ TEE_ECC_CURVE_NIST_P192, 192, TEE_ALG_ECDSA_SHA1, __OPTEE_ALG_ECDSA_P192, 20 },
		{ TEE_ECC_CURVE_NIST_P224, 224, TEE_ALG_ECDSA_SHA224, __OPTEE_ALG_ECDSA_P224, 28 },
		{ TEE_ECC_CURVE_NIST_P256, 256, TEE_ALG_ECDSA_SHA3_256, __OPTEE_ALG_ECDSA_P256,
		  32 },
		{ TEE_ECC_CURVE_NIST_P384, 384, TEE_ALG_ECDSA_SHA384, __OPTEE_ALG_ECDSA_P384, 48 },
		{ TEE_ECC_CURVE_NIST_P521, 521, TEE_ALG_ECDSA_SHA512, __OPTEE_ALG_ECDSA_P521, 64 },
	};
	TEE_OperationHandle op;
	TEE_Attribute curve;
	unsigned int i;

	(void)state;
	for (i = 0; i < 5; i++) {
		TEE_ObjectHandle key = key_object(TEE_TYPE_ECDSA_KEYPAIR, kinds[i].bits);

		TEE_InitValueAttribute(&curve, TEE_ATTR_ECC_CURVE, kinds[i].curve, 0);
		DO(TEE_GenerateKey(key, kinds[i].bits, &curve, 1));
		round_trip(kinds[i].alg, kinds[i].bits, key, kinds[i].len, NULL, 0);
		round_trip(kinds[i].old, kinds[i].bits, key, kinds[i].len, NULL, 0);
	}
	assert_int_equal(TEE_AllocateOperation(&op, __OPTEE_ALG_ECDSA_P256, TEE_MODE_SIGN, 384),
			 TEE_ERROR_NOT_SUPPORTED);
	assert_int_equal(TEE_IsAlgorithmSupported(TEE_ALG_ECDSA_SHA256, TEE_ECC_CURVE_NIST_P256),
			 TEE_SUCCESS);
	assert_int_equal(TEE_IsAlgorithmSupported(TEE_ALG_ECDSA_SHA256, TEE_CRYPTO_ELEMENT_NONE),
			 TEE_ERROR_NOT_SUPPORTED);
}

/* GB/T 32918.5's curve; its examples A.2 (a signature) and C.2 (a ciphertext) */
#define SM2_D "3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8"
#define SM2_X "09f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"
#define SM2_Y "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13"

static void test_sm2(void **state)
{
	TEE_ObjectHandle key = ecc_key(TEE_TYPE_SM2_DSA_KEYPAIR, 0, 256, SM2_D, SM2_X, SM2_Y);
	struct hex e = hex("f0b43e94ba45accaace692ed534382eb17e6ab5a19ce7b31f4486fdfc0d28640");
	struct hex sig = hex("f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3"
			     "b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa");
	struct hex sealed = hex("04"
				"04ebfc718e8d1798620432268e77feb6415e2ede0e073c0f4f640ecd2e149a73"
				"e858f9d81e5430a57b36daab8f950a3c64e6ee6a63094d99283aff767e124df0"
				"21886ca989ca9c7d58087307ca93092d651efa"
				"59983c18f809e262923c53aec295d30383b54e39d609d160afcb1908d0bd8766");
	TEE_OperationHandle op = with_key(TEE_ALG_SM2_DSA_SM3, TEE_MODE_VERIFY, 256, key);
	uint8_t text[64];
	size_t len = sizeof(text);

	(void)state;
	DO(TEE_AsymmetricVerifyDigest(op, NULL, 0, e.b, e.len, sig.b, sig.len));
	round_trip(TEE_ALG_SM2_DSA_SM3, 256, key, 32, NULL, 0);
	key = ecc_key(TEE_TYPE_SM2_PKE_KEYPAIR, 0, 256, SM2_D, SM2_X, SM2_Y);
	op = with_key(TEE_ALG_SM2_PKE, TEE_MODE_DECRYPT, 256, key);
	DO(TEE_AsymmetricDecrypt(op, NULL, 0, sealed.b, sealed.len, text, &len));
	assert_int_equal(len, 19);
	assert_memory_equal(text, "encryption standard", 19);
	crypt(TEE_ALG_SM2_PKE, key, 256, NULL, 0);
	assert_int_equal(TEE_AsymmetricDecrypt(op, NULL, 0, sealed.b, 97, text, &len),
			 TEE_ERROR_CIPHERTEXT_INVALID);
	sealed.b[sealed.len - 1] ^= 1;
	len = sizeof(text);
	assert_int_equal(TEE_AsymmetricDecrypt(op, NULL, 0, sealed.b, sealed.len, text, &len),
			 TEE_ERROR_CIPHERTEXT_INVALID);
}

/* NIST CAVP, DSA SigGen, L=1024, N=160, SHA-1 */
static void test_dsa(void **state)
{
	static const struct {
		uint32_t alg;
		size_t len;
	} hashes[] = {
		{ TEE_ALG_DSA_SHA1, 20 },     { TEE_ALG_DSA_SHA224, 28 },
		{ TEE_ALG_DSA_SHA256, 32 },   { TEE_ALG_DSA_SHA3_224, 28 },
		{ TEE_ALG_DSA_SHA3_256, 32 }, { TEE_ALG_DSA_SHA3_384, 48 },
		{ TEE_ALG_DSA_SHA3_512, 64 },
	};
	struct hex p = hex("a8f9cd201e5e35d892f85f80e4db2599a5676a3b1d4f190330ed3256b26d0e80"
			   "a0e49a8fffaaad2a24f472d2573241d4d6d6c7480c80b4c67bb4479c15ada7ea"
			   "8424d2502fa01472e760241713dab025ae1b02e1703a1435f62ddf4ee4c1b664"
			   "066eb22f2e3bf28bb70a2a76e4fd5ebe2d1229681b5b06439ac9c7e9d8bde283");
	struct hex q = hex("f85f0f83ac4df7ea0cdf8f469bfeeaea14156495");
	struct hex g = hex("2b3152ff6c62f14622b8f48e59f8af46883b38e79b8c74deeae9df131f8b856e"
			   "3ad6c8455dab87cc0da8ac973417ce4f7878557d6cdf40b35b4a0ca3eb310c6a"
			   "95d68ce284ad4e25ea28591611ee08b8444bd64b25f3f7c572410ddfb39cc728"
			   "b9c936f85f419129869929cdb909a6a3a99bbe089216368171bd0ba81de4fe33");
	struct hex x = hex("c53eae6d45323164c7d07af5715703744a63fc3a");
	struct hex y = hex("313fd9ebca91574e1c2eebe1517c57e0c21b0209872140c5328761bbb2450b33"
			   "f1b18b409ce9ab7c4cd8fda3391e8e34868357c199e16a6b2eba06d6749def79"
			   "1d79e95d3a4d09b24c392ad89dbf100995ae19c01062056bb14bce005e8731ef"
			   "de175f95b975089bdcdaea562b32786d96f5a31aedf75364008ad4fffebb970b");
	struct hex text = hex("3b46736d559bd4e0c2c1b2553a33ad3c6cf23cac998d3d0c0e8fa4b19bca06f2"
			      "f386db2dcff9dca4f40ad8f561ffc308b46c5f31a7735b5fa7e0f9e6cb512e63"
			      "d7eea05538d66a75cd0d4234b5ccf6c1715ccaaf9cdc0a2228135f716ee9bdee"
			      "7fc13ec27a03a6d11c5c5b3685f51900b1337153bc6c4e8f52920c33fa37f4e7");
	struct hex sig = hex("50ed0e810e3f1c7cb6ac62332058448bd8b284c0"
			     "c6aded17216b46b7e4b6f2a97c1ad7cc3da83fde");
	struct hex digest = digest_of(TEE_ALG_SHA1, &text);
	TEE_ObjectHandle key, fresh = key_object(TEE_TYPE_DSA_KEYPAIR, 1024);
	TEE_OperationHandle op;
	TEE_Attribute attrs[5];
	unsigned int i;

	(void)state;
	attrs[0] = ref_attr(TEE_ATTR_DSA_PRIME, &p);
	attrs[1] = ref_attr(TEE_ATTR_DSA_SUBPRIME, &q);
	attrs[2] = ref_attr(TEE_ATTR_DSA_BASE, &g);
	attrs[3] = ref_attr(TEE_ATTR_DSA_PRIVATE_VALUE, &x);
	attrs[4] = ref_attr(TEE_ATTR_DSA_PUBLIC_VALUE, &y);
	key = populate(TEE_TYPE_DSA_KEYPAIR, 1024, attrs, 5);
	op = with_key(TEE_ALG_DSA_SHA1, TEE_MODE_VERIFY, 1024, key);
	DO(TEE_AsymmetricVerifyDigest(op, NULL, 0, digest.b, digest.len, sig.b, sig.len));
	DO(TEE_GenerateKey(fresh, 1024, attrs, 3));
	for (i = 0; i < sizeof(hashes) / sizeof(hashes[0]); i++) {
		round_trip(hashes[i].alg, 1024, key, hashes[i].len, NULL, 0);
		round_trip(hashes[i].alg, 1024, fresh, hashes[i].len, NULL, 0);
	}
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, fake_runtime_start, fake_runtime_stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_rsa_known),
		TEST(test_pkcs1_encoding),
		TEST(test_rsa_signatures),
		TEST(test_rsa_encryption),
		TEST(test_ecdsa_known),
		TEST(test_ecdsa),
		TEST(test_sm2),
		TEST(test_dsa),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
