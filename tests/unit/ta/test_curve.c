// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
/* The Brainpool curves (RFC 5639) in ECDH and ECDSA. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "crypto_words.h"

#include <cmocka.h>

/* RFC 6932, A.1 (224 bits); RFC 7027, A.1 to A.3 */
static const struct {
	uint32_t curve, bits;
	const char *d, *x, *y, *peer_x, *peer_y, *secret;
} vectors[] = {
	{ TEE_ECC_CURVE_BSI_P224r1, 224, "39f155483cee191fbecfe9c81d8ab1a03cda6790e7184ace44bca161",
	  "a9c21a569759da95e0387041184261440327afe33141ca04b82dc92e",
	  "98a0f75fbbf61d8e58ae5511b2bcdbe8e549b31e37069a2825f590c1",
	  "034a56c550ff88056144e6dd56070f54b0135976b5bf77827313f36b",
	  "75165ad99347dc86caab1cbb579e198eaf88dc35f927b358aa683681",
	  "1a4bfe705445120c8e3e026699054104510d119757b74d5fe2462c66" },
	{ TEE_ECC_CURVE_BSI_P256r1, 256,
	  "81db1ee100150ff2ea338d708271be38300cb54241d79950f77b063039804f1d",
	  "44106e913f92bc02a1705d9953a8414db95e1aaa49e81d9e85f929a8e3100be5",
	  "8ab4846f11caccb73ce49cbdd120f5a900a69fd32c272223f789ef10eb089bdc",
	  "8d2d688c6cf93e1160ad04cc4429117dc2c41825e1e9fca0addd34e6f1b39f7b",
	  "990c57520812be512641e47034832106bc7d3e8dd0e4c7f1136d7006547cec6a",
	  "89afc39d41d3b327814b80940b042590f96556ec91e6ae7939bce31f3a18bf2b" },
	{ TEE_ECC_CURVE_BSI_P384r1, 384,
	  "1e20f5e048a5886f1f157c74e91bde2b98c8b52d58e5003d57053fc4b0bd65d6"
	  "f15eb5d1ee1610df870795143627d042",
	  "68b665dd91c195800650cdd363c625f4e742e8134667b767b1b476793588f885"
	  "ab698c852d4a6e77a252d6380fcaf068",
	  "55bc91a39c9ec01dee36017b7d673a931236d2f1f5c83942d049e3fa20607493"
	  "e0d038ff2fd30c2ab67d15c85f7faa59",
	  "4d44326f269a597a5b58bba565da5556ed7fd9a8a9eb76c25f46db69d19dc8ce"
	  "6ad18e404b15738b2086df37e71d1eb4",
	  "62d692136de56cbe93bf5fa3188ef58bc8a3a0ec6c1e151a21038a42e9185329"
	  "b5b275903d192f8d4e1f32fe9cc78c48",
	  "0bd9d3a7ea0b3d519d09d8e48d0785fb744a6b355e6304bc51c229fbbce239bb"
	  "adf6403715c35d4fb2a5444f575d4f42" },
	{ TEE_ECC_CURVE_BSI_P512r1, 512,
	  "16302ff0dbbb5a8d733dab7141c1b45acbc8715939677f6a56850a38bd87bd59"
	  "b09e80279609ff333eb9d4c061231fb26f92eeb04982a5f1d1764cad57665422",
	  "0a420517e406aac0acdce90fcd71487718d3b953efd7fbec5f7f27e28c614999"
	  "9397e91e029e06457db2d3e640668b392c2a7e737a7f0bf04436d11640fd09fd",
	  "72e6882e8db28aad36237cd25d580db23783961c8dc52dfa2ec138ad472a0fce"
	  "f3887cf62b623b2a87de5c588301ea3e5fc269b373b60724f5e82a6ad147fde7",
	  "9d45f66de5d67e2e6db6e93a59ce0bb48106097ff78a081de781cdb31fce8ccb"
	  "aaea8dd4320c4119f1e9cd437a2eab3731fa9668ab268d871deda55a5473199f",
	  "2fdc313095bcdd5fb3a91636f07a959c8e86b5636a1e930e8396049cb481961d"
	  "365cc11453a06c719835475b12cb52fc3c383bce35e27ef194512b71876285fa",
	  "a7927098655f1f9976fa50a9d566865dc530331846381c87256baf3226244b76"
	  "d36403c024d7bbf0aa0803eaff405d3d24f11a9b5c0bef679fe1454b21c4cd1f" },
};

static void derive(TEE_ObjectHandle pair, uint32_t bits, const struct hex *x, const struct hex *y,
		   struct hex *secret)
{
	TEE_OperationHandle op =
		operation(TEE_ALG_ECDH_DERIVE_SHARED_SECRET, TEE_MODE_DERIVE, bits);
	TEE_ObjectHandle key = key_object(TEE_TYPE_GENERIC_SECRET, 4096);
	TEE_Attribute params[2];

	assert_int_equal(TEE_SetOperationKey(op, pair), TEE_SUCCESS);
	params[0] = ref_attr(TEE_ATTR_ECC_PUBLIC_VALUE_X, x);
	params[1] = ref_attr(TEE_ATTR_ECC_PUBLIC_VALUE_Y, y);
	TEE_DeriveKey(op, params, 2, key);
	secret->len = HEX_MAX;
	assert_int_equal(
		TEE_GetObjectBufferAttribute(key, TEE_ATTR_SECRET_VALUE, secret->b, &secret->len),
		TEE_SUCCESS);
	TEE_FreeTransientObject(key);
	TEE_FreeOperation(op);
}

static void test_known(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		struct hex d = hex(vectors[i].d), x = hex(vectors[i].x), y = hex(vectors[i].y);
		struct hex peer_x = hex(vectors[i].peer_x), peer_y = hex(vectors[i].peer_y);
		TEE_ObjectHandle pair = key_object(TEE_TYPE_ECDH_KEYPAIR, vectors[i].bits);
		TEE_Attribute attrs[4];
		struct hex secret;

		attrs[0] = ref_attr(TEE_ATTR_ECC_PRIVATE_VALUE, &d);
		attrs[1] = ref_attr(TEE_ATTR_ECC_PUBLIC_VALUE_X, &x);
		attrs[2] = ref_attr(TEE_ATTR_ECC_PUBLIC_VALUE_Y, &y);
		TEE_InitValueAttribute(&attrs[3], TEE_ATTR_ECC_CURVE, vectors[i].curve, 0);
		assert_int_equal(TEE_PopulateTransientObject(pair, attrs, 4), TEE_SUCCESS);
		derive(pair, vectors[i].bits, &peer_x, &peer_y, &secret);
		expect_hex(secret.b, secret.len, vectors[i].secret);
	}
}

static const struct {
	uint32_t id, bits;
} curves[] = {
	{ TEE_ECC_CURVE_BSI_P160r1, 160 }, { TEE_ECC_CURVE_BSI_P192r1, 192 },
	{ TEE_ECC_CURVE_BSI_P224r1, 224 }, { TEE_ECC_CURVE_BSI_P256r1, 256 },
	{ TEE_ECC_CURVE_BSI_P320r1, 320 }, { TEE_ECC_CURVE_BSI_P384r1, 384 },
	{ TEE_ECC_CURVE_BSI_P512r1, 512 }, { TEE_ECC_CURVE_BSI_P160t1, 160 },
	{ TEE_ECC_CURVE_BSI_P192t1, 192 }, { TEE_ECC_CURVE_BSI_P224t1, 224 },
	{ TEE_ECC_CURVE_BSI_P256t1, 256 }, { TEE_ECC_CURVE_BSI_P320t1, 320 },
	{ TEE_ECC_CURVE_BSI_P384t1, 384 }, { TEE_ECC_CURVE_BSI_P512t1, 512 },
};
#define NUM_CURVES (sizeof(curves) / sizeof(curves[0]))

static TEE_ObjectHandle fresh(uint32_t type, unsigned int i)
{
	TEE_ObjectHandle key = key_object(type, curves[i].bits);
	TEE_Attribute curve;

	TEE_InitValueAttribute(&curve, TEE_ATTR_ECC_CURVE, curves[i].id, 0);
	assert_int_equal(TEE_GenerateKey(key, curves[i].bits, &curve, 1), TEE_SUCCESS);
	return key;
}

static struct hex attr_of(TEE_ObjectHandle key, uint32_t id)
{
	struct hex h = { .len = HEX_MAX };

	assert_int_equal(TEE_GetObjectBufferAttribute(key, id, h.b, &h.len), TEE_SUCCESS);
	return h;
}

static void test_signatures(void **state)
{
	uint8_t digest[32] = "a digest", sig[128];
	unsigned int i;

	(void)state;
	for (i = 0; i < NUM_CURVES; i++) {
		TEE_ObjectHandle key = fresh(TEE_TYPE_ECDSA_KEYPAIR, i);
		TEE_OperationHandle sign =
			operation(TEE_ALG_ECDSA_SHA256, TEE_MODE_SIGN, curves[i].bits);
		TEE_OperationHandle check =
			operation(TEE_ALG_ECDSA_SHA256, TEE_MODE_VERIFY, curves[i].bits);
		size_t len = sizeof(sig);

		assert_int_equal(TEE_SetOperationKey(sign, key), TEE_SUCCESS);
		assert_int_equal(TEE_SetOperationKey(check, key), TEE_SUCCESS);
		assert_int_equal(TEE_AsymmetricSignDigest(sign, NULL, 0, digest, 32, sig, &len),
				 TEE_SUCCESS);
		assert_int_equal(len, 2 * curves[i].bits / 8);
		assert_int_equal(TEE_AsymmetricVerifyDigest(check, NULL, 0, digest, 32, sig, len),
				 TEE_SUCCESS);
		sig[len - 1] ^= 1;
		assert_int_equal(TEE_AsymmetricVerifyDigest(check, NULL, 0, digest, 32, sig, len),
				 TEE_ERROR_SIGNATURE_INVALID);
		assert_int_equal(TEE_IsAlgorithmSupported(TEE_ALG_ECDSA_SHA256, curves[i].id),
				 TEE_SUCCESS);
	}
}

/* Two fresh pairs come to the same; what isn't on the curve is no key. */
static void test_secrets(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < NUM_CURVES; i++) {
		TEE_ObjectHandle a = fresh(TEE_TYPE_ECDH_KEYPAIR, i);
		TEE_ObjectHandle b = fresh(TEE_TYPE_ECDH_KEYPAIR, i);
		struct hex ax = attr_of(a, TEE_ATTR_ECC_PUBLIC_VALUE_X);
		struct hex ay = attr_of(a, TEE_ATTR_ECC_PUBLIC_VALUE_Y);
		struct hex bx = attr_of(b, TEE_ATTR_ECC_PUBLIC_VALUE_X);
		struct hex by = attr_of(b, TEE_ATTR_ECC_PUBLIC_VALUE_Y);
		struct hex s1, s2;

		derive(a, curves[i].bits, &bx, &by, &s1);
		derive(b, curves[i].bits, &ax, &ay, &s2);
		assert_int_equal(s1.len, curves[i].bits / 8);
		assert_int_equal(s2.len, s1.len);
		assert_memory_equal(s1.b, s2.b, s1.len);
		by.b[by.len - 1] ^= 1;
		EXPECT_PANIC(derive(a, curves[i].bits, &bx, &by, &s1));
	}
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, fake_runtime_start, fake_runtime_stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_known),
		TEST(test_signatures),
		TEST(test_secrets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
