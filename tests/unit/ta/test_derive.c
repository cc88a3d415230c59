// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "crypto_words.h"

#include <cmocka.h>
#include <tee_api_defines_extensions.h>

#define X20 "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b"
#define SCALAR "a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4"
#define SCALAR_PUBLIC "1c9fd88f45606d932a80c71824ae151d15d73e77de38e8e000852e614fae7019"
#define POINT "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c"
#define SHARED "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552"

static void derive(TEE_OperationHandle op, const TEE_Attribute *params, uint32_t num,
		   const char *want)
{
	TEE_ObjectHandle key = key_object(TEE_TYPE_GENERIC_SECRET, 4096);
	uint8_t secret[512];
	size_t len = sizeof(secret);

	TEE_DeriveKey(op, params, num, key);
	assert_int_equal(TEE_GetObjectBufferAttribute(key, TEE_ATTR_SECRET_VALUE, secret, &len),
			 TEE_SUCCESS);
	expect_hex(secret, len, want);
	TEE_FreeTransientObject(key);
}

static TEE_OperationHandle secret_op(uint32_t alg, uint32_t type, uint32_t id, const char *secret)
{
	struct hex h = hex(secret);
	TEE_ObjectHandle key = key_object(type, (uint32_t)h.len * 8);
	TEE_Attribute attr = ref_attr(id, &h);
	TEE_OperationHandle op = operation(alg, TEE_MODE_DERIVE, (uint32_t)h.len * 8);

	assert_int_equal(TEE_PopulateTransientObject(key, &attr, 1), TEE_SUCCESS);
	assert_int_equal(TEE_SetOperationKey(op, key), TEE_SUCCESS);
	return op;
}

/* RFC 5869, A.1, A.3, A.4 */
static void test_hkdf(void **state)
{
	static const char case1[] = "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4"
				    "c5bf34007208d5b887185865";
	struct hex salt = hex("000102030405060708090a0b0c"), info = hex("f0f1f2f3f4f5f6f7f8f9");
	TEE_OperationHandle op = secret_op(TEE_ALG_HKDF_SHA256_DERIVE_KEY, TEE_TYPE_HKDF_IKM,
					   TEE_ATTR_HKDF_IKM, X20 "0b0b");
	TEE_Attribute params[4];

	(void)state;
	params[0] = ref_attr(__OPTEE_TEE_ATTR_HKDF_SALT, &salt);
	params[1] = ref_attr(__OPTEE_ATTR_HKDF_INFO, &info);
	TEE_InitValueAttribute(&params[2], TEE_ATTR_HKDF_OKM_LENGTH, 42, 0);
	derive(op, params, 3, case1);
	derive(op, params + 2, 1,
	       "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"
	       "9d201395faa4b61a96c8");
	EXPECT_PANIC(derive(op, params, 2, ""));
	op = secret_op(TEE_ALG_HKDF_SHA1_DERIVE_KEY, TEE_TYPE_HKDF_IKM, TEE_ATTR_HKDF_IKM,
		       "0b0b0b0b0b0b0b0b0b0b0b");
	derive(op, params, 3,
	       "085a01ea1b10f36933068b56efa5ad81a4f14b822f5b091568a9cdd4f155fda2"
	       "c22e422478d305f3f896");
	/* GP's own HKDF, whose hash is a parameter. */
	op = secret_op(TEE_ALG_HKDF, TEE_TYPE_HKDF, TEE_ATTR_SECRET_VALUE, X20 "0b0b");
	params[0] = ref_attr(TEE_ATTR_HKDF_SALT, &salt);
	params[1] = ref_attr(TEE_ATTR_HKDF_INFO, &info);
	TEE_InitValueAttribute(&params[2], TEE_ATTR_KDF_KEY_SIZE, 42, 0);
	TEE_InitValueAttribute(&params[3], TEE_ATTR_HKDF_HASH_ALGORITHM, TEE_ALG_SHA256, 0);
	derive(op, params, 4, case1);
	params[3].content.value.a = TEE_ALG_AES_CTR;
	EXPECT_PANIC(derive(op, params, 4, ""));
}

/* RFC 6070; RFC 7914, 11 has the SHA-256 ones. */
static void test_pbkdf2(void **state)
{
	TEE_OperationHandle op =
		secret_op(TEE_ALG_PBKDF2_HMAC_SHA1_DERIVE_KEY, TEE_TYPE_PBKDF2_PASSWORD,
			  TEE_ATTR_PBKDF2_PASSWORD, "70617373776f7264");
	struct hex salt = hex("73616c74");
	TEE_Attribute params[3];

	(void)state;
	params[0] = ref_attr(TEE_ATTR_PBKDF2_SALT, &salt);
	TEE_InitValueAttribute(&params[1], TEE_ATTR_PBKDF2_ITERATION_COUNT, 1, 0);
	TEE_InitValueAttribute(&params[2], TEE_ATTR_PBKDF2_DKM_LENGTH, 20, 0);
	derive(op, params, 3, "0c60c80f961f0e71f3a9b524af6012062fe037a6");
	params[1].content.value.a = 4096;
	derive(op, params, 3, "4b007901b765489abead49d926f721d065a429c1");
	params[1].content.value.a = 0;
	EXPECT_PANIC(derive(op, params, 3, ""));
	op = secret_op(TEE_ALG_PBKDF2_HMAC_SHA256_DERIVE_KEY, TEE_TYPE_PBKDF2_PASSWORD,
		       TEE_ATTR_PBKDF2_PASSWORD, "706173737764");
	params[1].content.value.a = 1;
	params[2].content.value.a = 64;
	derive(op, params, 3,
	       "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc"
	       "49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783");
}

/* By its definition (NIST SP 800-56A 5.8.1): hashes of a counter, the secret and the rest. */
static void test_concat(void **state)
{
	TEE_OperationHandle op = secret_op(TEE_ALG_CONCAT_KDF_SHA256_DERIVE_KEY,
					   TEE_TYPE_CONCAT_KDF_Z, TEE_ATTR_CONCAT_KDF_Z, SHARED);
	TEE_OperationHandle h = operation(TEE_ALG_SHA256, TEE_MODE_DIGEST, 0);
	TEE_ObjectHandle key = key_object(TEE_TYPE_GENERIC_SECRET, 4096);
	struct hex info = hex("a1b2c3d4e5f6"), z = hex(SHARED);
	uint8_t want[64], got[64], counter[4] = { 0 };
	TEE_Attribute params[2];
	size_t len;

	(void)state;
	for (counter[3] = 1; counter[3] <= 2; counter[3]++) {
		TEE_DigestUpdate(h, counter, 4);
		TEE_DigestUpdate(h, z.b, z.len);
		len = 32;
		assert_int_equal(
			TEE_DigestDoFinal(h, info.b, info.len, want + 32 * (counter[3] - 1), &len),
			TEE_SUCCESS);
	}
	params[0] = ref_attr(TEE_ATTR_CONCAT_KDF_OTHER_INFO, &info);
	TEE_InitValueAttribute(&params[1], TEE_ATTR_CONCAT_KDF_DKM_LENGTH, 50, 0);
	TEE_DeriveKey(op, params, 2, key);
	len = sizeof(got);
	assert_int_equal(TEE_GetObjectBufferAttribute(key, TEE_ATTR_SECRET_VALUE, got, &len),
			 TEE_SUCCESS);
	assert_int_equal(len, 50);
	assert_memory_equal(got, want, 50);
}

/* RFC 7748, 5.2 */
static void test_x25519(void **state)
{
	struct hex private = hex(SCALAR), public = hex(SCALAR_PUBLIC), peer = hex(POINT);
	TEE_ObjectHandle key = key_object(TEE_TYPE_X25519_KEYPAIR, 256);
	TEE_OperationHandle op = operation(TEE_ALG_X25519, TEE_MODE_DERIVE, 256);
	TEE_Attribute pair[2], param;

	(void)state;
	pair[0] = ref_attr(TEE_ATTR_X25519_PRIVATE_VALUE, &private);
	pair[1] = ref_attr(TEE_ATTR_X25519_PUBLIC_VALUE, &public);
	assert_int_equal(TEE_PopulateTransientObject(key, pair, 2), TEE_SUCCESS);
	assert_int_equal(TEE_SetOperationKey(op, key), TEE_SUCCESS);
	param = ref_attr(TEE_ATTR_X25519_PUBLIC_VALUE, &peer);
	derive(op, &param, 1, SHARED);
	/* A point of small order is no key. */
	memset(peer.b, 0, 32);
	EXPECT_PANIC(derive(op, &param, 1, ""));
	EXPECT_PANIC(derive(op, NULL, 0, ""));
}

/* RFC 7748, 6.2 */
static void test_x448(void **state)
{
	struct hex private = hex("9a8f4925d1519f5775cf46b04b5800d4ee9ee8bae8bc5565d498c28d"
				 "d9c9baf574a9419744897391006382a6f127ab1d9ac2d8c0a598726b");
	struct hex public = hex("9b08f7cc31b7e3e67d22d5aea121074a273bd2b83de09c63faa73d2c"
				"22c5d9bbc836647241d953d40c5b12da88120d53177f80e532c41fa0");
	struct hex peer = hex("3eb7a829b0cd20f5bcfc0b599b6feccf6da4627107bdb0d4f345b430"
			      "27d8b972fc3e34fb4232a13ca706dcb57aec3dae07bdc1c67bf33609");
	TEE_ObjectHandle key = key_object(TEE_TYPE_X448_KEYPAIR, 448);
	TEE_OperationHandle op = operation(TEE_ALG_X448, TEE_MODE_DERIVE, 448);
	TEE_Attribute pair[2], param;

	(void)state;
	pair[0] = ref_attr(TEE_ATTR_X448_PRIVATE_VALUE, &private);
	pair[1] = ref_attr(TEE_ATTR_X448_PUBLIC_VALUE, &public);
	assert_int_equal(TEE_PopulateTransientObject(key, pair, 2), TEE_SUCCESS);
	assert_int_equal(TEE_SetOperationKey(op, key), TEE_SUCCESS);
	param = ref_attr(TEE_ATTR_X448_PUBLIC_VALUE, &peer);
	derive(op, &param, 1,
	       "07fff4181ac6cc95ec1c16a94a0f74d12da232ce40a77552281d282b"
	       "b60c0b56fd2464c335543936521c24403085d59a449a5037514a879d");
}

/* NIST CAVP, ECC CDH, P-256, count 0 */
static void test_ecdh(void **state)
{
	struct hex d = hex("7d7dc5f71eb29ddaf80d6214632eeae03d9058af1fb6d22ed80badb62bc1a534");
	struct hex x = hex("ead218590119e8876b29146ff89ca61770c4edbbf97d38ce385ed281d8a6b230");
	struct hex y = hex("28af61281fd35e2fa7002523acc85a429cb06ee6648325389f59edfce1405141");
	struct hex px = hex("700c48f77f56584c5cc632ca65640db91b6bacce3a4df6b42ce7cc838833d287");
	struct hex py = hex("db71e509e3fd9b060ddb20ba5c51dcc5948d46fbf640dfe0441782cab85fa4ac");
	TEE_ObjectHandle key = key_object(TEE_TYPE_ECDH_KEYPAIR, 256);
	TEE_OperationHandle op = operation(TEE_ALG_ECDH_DERIVE_SHARED_SECRET, TEE_MODE_DERIVE, 256);
	TEE_Attribute attrs[4], params[2];

	(void)state;
	attrs[0] = ref_attr(TEE_ATTR_ECC_PRIVATE_VALUE, &d);
	attrs[1] = ref_attr(TEE_ATTR_ECC_PUBLIC_VALUE_X, &x);
	attrs[2] = ref_attr(TEE_ATTR_ECC_PUBLIC_VALUE_Y, &y);
	TEE_InitValueAttribute(&attrs[3], TEE_ATTR_ECC_CURVE, TEE_ECC_CURVE_NIST_P256, 0);
	assert_int_equal(TEE_PopulateTransientObject(key, attrs, 4), TEE_SUCCESS);
	assert_int_equal(TEE_SetOperationKey(op, key), TEE_SUCCESS);
	params[0] = ref_attr(TEE_ATTR_ECC_PUBLIC_VALUE_X, &px);
	params[1] = ref_attr(TEE_ATTR_ECC_PUBLIC_VALUE_Y, &py);
	derive(op, params, 2, "46fc62106420ff012e54a434fbdd2d25ccc5852060561e68040dd7778997bd7b");
	/* Not on the curve. */
	py.b[31] ^= 1;
	EXPECT_PANIC(derive(op, params, 2, ""));
}

/* Both sides of two fresh pairs come to the same; so does plain arithmetic with a small private value. */
static void test_dh(void **state)
{
	/* RFC 2409, 6.1: the first Oakley group */
	struct hex p = hex("ffffffffffffffffc90fdaa22168c234c4c6628b80dc1cd129024e088a67cc74"
			   "020bbea63b139b22514a08798e3404ddef9519b3cd3a431b302b0a6df25f1437"
			   "4fe1356d6d51c245e485b576625e7ec6f44c42e9a63a3620ffffffffffffffff");
	TEE_ObjectHandle pair[2], secret[2];
	struct hex public[2], got[2];
	TEE_Attribute group[2], param;
	TEE_OperationHandle op;
	unsigned int i;

	(void)state;
	group[0] = ref_attr(TEE_ATTR_DH_PRIME, &p);
	TEE_InitRefAttribute(&group[1], TEE_ATTR_DH_BASE, "\x02", 1);
	for (i = 0; i < 2; i++) {
		pair[i] = key_object(TEE_TYPE_DH_KEYPAIR, 768);
		assert_int_equal(TEE_GenerateKey(pair[i], 768, group, 2), TEE_SUCCESS);
		public[i].len = HEX_MAX;
		assert_int_equal(TEE_GetObjectBufferAttribute(pair[i], TEE_ATTR_DH_PUBLIC_VALUE,
							      public[i].b, &public[i].len),
				 TEE_SUCCESS);
	}
	for (i = 0; i < 2; i++) {
		op = operation(TEE_ALG_DH_DERIVE_SHARED_SECRET, TEE_MODE_DERIVE, 768);
		secret[i] = key_object(TEE_TYPE_GENERIC_SECRET, 768);
		assert_int_equal(TEE_SetOperationKey(op, pair[i]), TEE_SUCCESS);
		param = ref_attr(TEE_ATTR_DH_PUBLIC_VALUE, &public[1 - i]);
		TEE_DeriveKey(op, &param, 1, secret[i]);
		got[i].len = HEX_MAX;
		assert_int_equal(TEE_GetObjectBufferAttribute(secret[i], TEE_ATTR_SECRET_VALUE,
							      got[i].b, &got[i].len),
				 TEE_SUCCESS);
	}
	assert_int_equal(got[0].len, got[1].len);
	assert_memory_equal(got[0].b, got[1].b, got[0].len);
	assert_memory_not_equal(got[0].b, public[0].b, 32);
	TEE_InitRefAttribute(&param, TEE_ATTR_DH_PUBLIC_VALUE, "\x01", 1);
	EXPECT_PANIC(derive(op, &param, 1, ""));
	EXPECT_PANIC(TEE_DeriveKey(op, &param, 1, secret[0]));
	EXPECT_PANIC(TEE_DeriveKey(op, &param, 1, key_object(TEE_TYPE_AES, 256)));
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, fake_runtime_start, fake_runtime_stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_hkdf),   TEST(test_pbkdf2), TEST(test_concat),
		TEST(test_x25519), TEST(test_x448),   TEST(test_ecdh),
		TEST(test_dh),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
