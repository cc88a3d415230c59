// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "crypto_words.h"

#include <cmocka.h>
#include <tee_api_defines_extensions.h>

#define SP800_38A                                                                                  \
	"6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"                         \
	"30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710"
#define AES128 "2b7e151628aed2a6abf7158809cf4f3c"
#define AES192 "8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b"
#define AES256 "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4"
#define COUNT "000102030405060708090a0b0c0d0e0f"
#define TERIYAKI "636869636b656e207465726979616b69"
#define ZERO_IV "00000000000000000000000000000000"
#define SM4_KEY "0123456789abcdeffedcba9876543210"

static const struct {
	uint32_t alg, key_type;
	const char *key, *key2, *iv, *plain, *sealed;
} vectors[] = {
	/* NIST SP 800-38A, F */
	{ TEE_ALG_AES_ECB_NOPAD, TEE_TYPE_AES, AES128, NULL, "", SP800_38A,
	  "3ad77bb40d7a3660a89ecaf32466ef97f5d3d58503b9699de785895a96fdbaaf"
	  "43b1cd7f598ece23881b00e3ed0306887b0c785e27e8ad3f8223207104725dd4" },
	{ TEE_ALG_AES_ECB_NOPAD, TEE_TYPE_AES, AES192, NULL, "", SP800_38A,
	  "bd334f1d6e45f25ff712a214571fa5cc974104846d0ad3ad7734ecb3ecee4eef"
	  "ef7afd2270e2e60adce0ba2face6444e9a4b41ba738d6c72fb16691603c18e0e" },
	{ TEE_ALG_AES_ECB_NOPAD, TEE_TYPE_AES, AES256, NULL, "", SP800_38A,
	  "f3eed1bdb5d2a03c064b5a7e3db181f8591ccb10d410ed26dc5ba74a31362870"
	  "b6ed21b99ca6f4f9f153e7b1beafed1d23304b7a39f9f3ff067d8d8f9e24ecc7" },
	{ TEE_ALG_AES_CBC_NOPAD, TEE_TYPE_AES, AES128, NULL, COUNT, SP800_38A,
	  "7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b2"
	  "73bed6b8e3c1743b7116e69e222295163ff1caa1681fac09120eca307586e1a7" },
	{ TEE_ALG_AES_CBC_NOPAD, TEE_TYPE_AES, AES256, NULL, COUNT, SP800_38A,
	  "f58c4c04d6e5f1ba779eabfb5f7bfbd69cfc4e967edb808d679f777bc6702c7d"
	  "39f23369a9d9bacfa530e26304231461b2eb05e2c39be9fcda6c19078c6a9d1b" },
	{ TEE_ALG_AES_CTR, TEE_TYPE_AES, AES128, NULL, "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
	  SP800_38A,
	  "874d6191b620e3261bef6864990db6ce9806f66b7970fdff8617187bb9fffdff"
	  "5ae4df3edbd5d35e5b4f09020db03eab1e031dda2fbe03d1792170a0f3009cee" },
	/* RFC 3962, B */
	{ TEE_ALG_AES_CTS, TEE_TYPE_AES, TERIYAKI, NULL, ZERO_IV,
	  "4920776f756c64206c696b652074686520", "c6353568f2bf8cb4d8a580362da7ff7f97" },
	{ TEE_ALG_AES_CTS, TEE_TYPE_AES, TERIYAKI, NULL, ZERO_IV,
	  "4920776f756c64206c696b65207468652047656e6572616c20476175277320",
	  "fc00783e0efdb2c1d445d4c8eff7ed2297687268d6ecccc0c07b25e25ecfe5" },
	{ TEE_ALG_AES_CTS, TEE_TYPE_AES, TERIYAKI, NULL, ZERO_IV,
	  "4920776f756c64206c696b65207468652047656e6572616c2047617527732043",
	  "39312523a78662d5be7fcbcc98ebf5a897687268d6ecccc0c07b25e25ecfe584" },
	{ TEE_ALG_AES_CTS, TEE_TYPE_AES, TERIYAKI, NULL, ZERO_IV,
	  "4920776f756c64206c696b65207468652047656e6572616c2047617527732043"
	  "6869636b656e2c20706c656173652c",
	  "97687268d6ecccc0c07b25e25ecfe584b3fffd940c16a18c1b5549d2f838029e"
	  "39312523a78662d5be7fcbcc98ebf5" },
	{ TEE_ALG_AES_CTS, TEE_TYPE_AES, TERIYAKI, NULL, ZERO_IV,
	  "4920776f756c64206c696b65207468652047656e6572616c2047617527732043"
	  "6869636b656e2c20706c656173652c20",
	  "97687268d6ecccc0c07b25e25ecfe5849dad8bbb96c4cdc03bc103e1a194bbd8"
	  "39312523a78662d5be7fcbcc98ebf5a8" },
	/* IEEE 1619, B: vectors 1, 2, 15, 16 */
	{ TEE_ALG_AES_XTS, TEE_TYPE_AES, ZERO_IV, ZERO_IV, ZERO_IV, ZERO_IV ZERO_IV,
	  "917cf69ebd68b2ec9b9fe9a3eadda692cd43d2f59598ed858c02c2652fbf922e" },
	{ TEE_ALG_AES_XTS, TEE_TYPE_AES, "11111111111111111111111111111111",
	  "22222222222222222222222222222222", "33333333330000000000000000000000",
	  "4444444444444444444444444444444444444444444444444444444444444444",
	  "c454185e6a16936e39334038acef838bfb186fff7480adc4289382ecd6d394f0" },
	{ TEE_ALG_AES_XTS, TEE_TYPE_AES, "fffefdfcfbfaf9f8f7f6f5f4f3f2f1f0",
	  "bfbebdbcbbbab9b8b7b6b5b4b3b2b1b0", "9a785634120000000000000000000000", COUNT "10",
	  "6c1625db4671522d3d7599601de7ca09ed" },
	{ TEE_ALG_AES_XTS, TEE_TYPE_AES, "fffefdfcfbfaf9f8f7f6f5f4f3f2f1f0",
	  "bfbebdbcbbbab9b8b7b6b5b4b3b2b1b0", "9a785634120000000000000000000000", COUNT "1011",
	  "d069444b7a7e0cab09e24447d24deb1fedbf" },
	/* FIPS 81, B and C; NIST SP 800-67's example */
	{ TEE_ALG_DES_ECB_NOPAD, TEE_TYPE_DES, "0123456789abcdef", NULL, "",
	  "4e6f77206973207468652074696d6520666f7220616c6c20",
	  "3fa40e8a984d48156a271787ab8883f9893d51ec4b563b53" },
	{ TEE_ALG_DES_CBC_NOPAD, TEE_TYPE_DES, "0123456789abcdef", NULL, "1234567890abcdef",
	  "4e6f77206973207468652074696d6520666f7220616c6c20",
	  "e5c7cdde872bf27c43e934008c389c0f683788499a7c05f6" },
	{ TEE_ALG_DES3_ECB_NOPAD, TEE_TYPE_DES3, "0123456789abcdef23456789abcdef01456789abcdef0123",
	  NULL, "", "54686520717566636b2062726f776e20666f78206a756d70",
	  "a826fd8ce53b855fcce21c8112256fe668d5c05dd9b6b900" },
	/* NIST SP 800-20: two keys alike are DES */
	{ TEE_ALG_DES3_CBC_NOPAD, TEE_TYPE_DES3, "0123456789abcdef0123456789abcdef", NULL,
	  "1234567890abcdef", "4e6f77206973207468652074696d6520666f7220616c6c20",
	  "e5c7cdde872bf27c43e934008c389c0f683788499a7c05f6" },
	/* GB/T 32907, and draft-ribose-cfrg-sm4, A.2 */
	{ TEE_ALG_SM4_ECB_NOPAD, TEE_TYPE_SM4, SM4_KEY, NULL, "", SM4_KEY,
	  "681edf34d206965e86b3e94f536e4246" },
	{ TEE_ALG_SM4_CBC_NOPAD, TEE_TYPE_SM4, SM4_KEY, NULL, COUNT,
	  "aaaaaaaabbbbbbbbccccccccddddddddeeeeeeeeffffffffaaaaaaaabbbbbbbb",
	  "78ebb11cc40b0a48312aaeb2040244cb4cb7016951909226979b0d15dc6a8f6d" },
	{ TEE_ALG_SM4_CTR, TEE_TYPE_SM4, SM4_KEY, NULL, COUNT,
	  "aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbccccccccccccccccdddddddddddddddd"
	  "eeeeeeeeeeeeeeeeffffffffffffffffaaaaaaaaaaaaaaaabbbbbbbbbbbbbbbb",
	  "ac3236cb970cc20791364c395a1342d1a3cbc1878c6f30cd074cce385cdd70c7"
	  "f234bc0e24c11980fd1286310ce37b926e02fcd0faa0baf38b2933851d824514" },
};
#define NUM_VECTORS (sizeof(vectors) / sizeof(vectors[0]))

static TEE_OperationHandle start(unsigned int i, uint32_t mode)
{
	uint32_t bits = (uint32_t)hex(vectors[i].key).len * 8;
	TEE_ObjectHandle a, b;
	TEE_OperationHandle op;

	if (!vectors[i].key2)
		return keyed(vectors[i].alg, mode, vectors[i].key_type, vectors[i].key);
	a = secret_key(vectors[i].key_type, vectors[i].key);
	b = secret_key(vectors[i].key_type, vectors[i].key2);
	op = operation(vectors[i].alg, mode, 2 * bits);
	assert_int_equal(TEE_SetOperationKey2(op, a, b), TEE_SUCCESS);
	TEE_FreeTransientObject(a);
	TEE_FreeTransientObject(b);
	return op;
}

static void init(TEE_OperationHandle op, const char *iv)
{
	struct hex h = hex(iv);

	TEE_CipherInit(op, h.len ? h.b : NULL, h.len);
}

/* In pieces of @step bytes; the last is the final's. @in_place: over the input. */
static void run(unsigned int i, uint32_t mode, size_t step, bool in_place)
{
	bool encrypt = mode == TEE_MODE_ENCRYPT;
	struct hex in = hex(encrypt ? vectors[i].plain : vectors[i].sealed), out;
	TEE_OperationHandle op = start(i, mode);
	uint8_t *to = in_place ? in.b : out.b;
	size_t at = 0, done = 0, room;

	init(op, vectors[i].iv);
	for (; at + step < in.len; at += step) {
		room = in.len - done;
		assert_int_equal(TEE_CipherUpdate(op, in.b + at, step, to + done, &room),
				 TEE_SUCCESS);
		done += room;
		assert_true(done <= at + step);
	}
	room = in.len - done;
	assert_int_equal(TEE_CipherDoFinal(op, in.b + at, in.len - at, to + done, &room),
			 TEE_SUCCESS);
	expect_hex(to, done + room, encrypt ? vectors[i].sealed : vectors[i].plain);
	TEE_FreeOperation(op);
}

static void test_known(void **state)
{
	static const size_t steps[] = { 1, 3, 8, 15, 16, 17, 32, 33, 1000 };
	unsigned int i, s;

	(void)state;
	for (i = 0; i < NUM_VECTORS; i++) {
		for (s = 0; s < sizeof(steps) / sizeof(steps[0]); s++) {
			run(i, TEE_MODE_ENCRYPT, steps[s], false);
			run(i, TEE_MODE_DECRYPT, steps[s], false);
			run(i, TEE_MODE_ENCRYPT, steps[s], true);
			run(i, TEE_MODE_DECRYPT, steps[s], true);
		}
	}
}

/* The first two of 32 blocks of IEEE 1619's vector 4, and all of them back. */
static void test_long_xts(void **state)
{
	TEE_ObjectHandle a = secret_key(TEE_TYPE_AES, "27182818284590452353602874713526");
	TEE_ObjectHandle b = secret_key(TEE_TYPE_AES, "31415926535897932384626433832795");
	TEE_OperationHandle op = operation(TEE_ALG_AES_XTS, TEE_MODE_ENCRYPT, 256);
	uint8_t text[1024 + 5], out[1024 + 5];
	size_t i, len = sizeof(out);

	(void)state;
	for (i = 0; i < sizeof(text); i++)
		text[i] = (uint8_t)i;
	assert_int_equal(TEE_SetOperationKey2(op, a, a), TEE_ERROR_SECURITY);
	assert_int_equal(TEE_SetOperationKey2(op, a, b), TEE_SUCCESS);
	init(op, ZERO_IV);
	assert_int_equal(TEE_CipherDoFinal(op, text, sizeof(text), out, &len), TEE_SUCCESS);
	expect_hex(out, 32, "27a7479befa1d476489f308cd4cfa6e2a96e4bbe3208ff25287dd3819616e89c");
	op = operation(TEE_ALG_AES_XTS, TEE_MODE_DECRYPT, 256);
	assert_int_equal(TEE_SetOperationKey2(op, a, b), TEE_SUCCESS);
	init(op, ZERO_IV);
	assert_int_equal(TEE_CipherDoFinal(op, out, sizeof(out), out, &len), TEE_SUCCESS);
	assert_memory_equal(out, text, sizeof(text));
	EXPECT_PANIC(TEE_SetOperationKey(op, a));
	EXPECT_PANIC(TEE_SetOperationKey2(op, a, NULL));
}

static void test_sm4_xts(void **state)
{
	TEE_ObjectHandle a = secret_key(TEE_TYPE_SM4, SM4_KEY);
	TEE_ObjectHandle b = secret_key(TEE_TYPE_SM4, COUNT);
	TEE_OperationHandle op = operation(TEE_ALG_SM4_XTS, TEE_MODE_ENCRYPT, 256);
	TEE_OperationHandle ecb =
		keyed(TEE_ALG_SM4_ECB_NOPAD, TEE_MODE_ENCRYPT, TEE_TYPE_SM4, SM4_KEY);
	TEE_OperationHandle tweak =
		keyed(TEE_ALG_SM4_ECB_NOPAD, TEE_MODE_ENCRYPT, TEE_TYPE_SM4, COUNT);
	uint8_t t[16], x[16], out[16], text[16] = "one block of it";
	size_t i, len = 16;

	(void)state;
	/* By its definition: E1(P ^ E2(i)) ^ E2(i). */
	assert_int_equal(TEE_SetOperationKey2(op, a, b), TEE_SUCCESS);
	init(op, COUNT);
	assert_int_equal(TEE_CipherDoFinal(op, text, 16, out, &len), TEE_SUCCESS);
	init(tweak, "");
	assert_int_equal(TEE_CipherDoFinal(tweak, hex(COUNT).b, 16, t, &len), TEE_SUCCESS);
	for (i = 0; i < 16; i++)
		x[i] = text[i] ^ t[i];
	init(ecb, "");
	assert_int_equal(TEE_CipherDoFinal(ecb, x, 16, x, &len), TEE_SUCCESS);
	for (i = 0; i < 16; i++)
		x[i] ^= t[i];
	assert_memory_equal(x, out, 16);
}

static void test_pkcs5(void **state)
{
	TEE_OperationHandle seal =
		keyed(TEE_ALG_SM4_CBC_PKCS5, TEE_MODE_ENCRYPT, TEE_TYPE_SM4, SM4_KEY);
	TEE_OperationHandle open =
		keyed(TEE_ALG_SM4_CBC_PKCS5, TEE_MODE_DECRYPT, TEE_TYPE_SM4, SM4_KEY);
	uint8_t text[40] = "forty bytes at most", sealed[48], back[48];
	size_t n, len;

	(void)state;
	for (n = 0; n <= sizeof(text); n++) {
		init(seal, COUNT);
		len = n / 16 * 16;
		assert_int_equal(TEE_CipherDoFinal(seal, text, n, sealed, &len),
				 TEE_ERROR_SHORT_BUFFER);
		assert_int_equal(len, n / 16 * 16 + 16);
		assert_int_equal(TEE_CipherDoFinal(seal, text, n, sealed, &len), TEE_SUCCESS);
		init(open, COUNT);
		assert_int_equal(TEE_CipherDoFinal(open, sealed, len, back, &len), TEE_SUCCESS);
		assert_int_equal(len, n);
		assert_memory_equal(text, back, n);
	}
	sealed[47] ^= 1;
	init(open, COUNT);
	len = 48;
	assert_int_equal(TEE_CipherDoFinal(open, sealed, 48, back, &len),
			 TEE_ERROR_CIPHERTEXT_INVALID);
	init(open, COUNT);
	len = 48;
	EXPECT_PANIC(TEE_CipherDoFinal(open, sealed, 47, back, &len));
}

static void test_short_buffer(void **state)
{
	TEE_OperationHandle op = start(3, TEE_MODE_ENCRYPT);
	struct hex in = hex(SP800_38A);
	uint8_t out[64];
	size_t len = 31;

	(void)state;
	init(op, COUNT);
	assert_int_equal(TEE_CipherUpdate(op, in.b, 47, out, &len), TEE_ERROR_SHORT_BUFFER);
	assert_int_equal(len, 32);
	assert_int_equal(TEE_CipherUpdate(op, in.b, 47, out, &len), TEE_SUCCESS);
	assert_int_equal(len, 32);
	len = 31;
	assert_int_equal(TEE_CipherDoFinal(op, in.b + 47, 17, out + 32, &len),
			 TEE_ERROR_SHORT_BUFFER);
	assert_int_equal(len, 32);
	assert_int_equal(TEE_CipherDoFinal(op, in.b + 47, 17, out + 32, &len), TEE_SUCCESS);
	expect_hex(out, 64, vectors[3].sealed);
}

static void test_copy(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < NUM_VECTORS; i++) {
		struct hex in = hex(vectors[i].plain);
		TEE_OperationHandle op = start(i, TEE_MODE_ENCRYPT), copy;
		uint32_t bits = (uint32_t)hex(vectors[i].key).len * (vectors[i].key2 ? 16 : 8);
		size_t half = in.len / 2 + 1, done = in.len, rest;
		uint8_t out[128];

		copy = operation(vectors[i].alg, TEE_MODE_ENCRYPT, bits);
		init(op, vectors[i].iv);
		assert_int_equal(TEE_CipherUpdate(op, in.b, half, out, &done), TEE_SUCCESS);
		TEE_CopyOperation(copy, op);
		TEE_ResetOperation(op);
		rest = in.len - done;
		assert_int_equal(
			TEE_CipherDoFinal(copy, in.b + half, in.len - half, out + done, &rest),
			TEE_SUCCESS);
		expect_hex(out, done + rest, vectors[i].sealed);
	}
}

static void test_misuse(void **state)
{
	TEE_OperationHandle op = operation(TEE_ALG_AES_CBC_NOPAD, TEE_MODE_ENCRYPT, 128);
	TEE_ObjectHandle key = secret_key(TEE_TYPE_AES, AES128);
	uint8_t buf[32] = { 0 };
	TEE_OperationInfo info;
	size_t len = 32;

	(void)state;
	EXPECT_PANIC(TEE_CipherInit(op, buf, 16));
	EXPECT_PANIC(TEE_ResetOperation(op));
	EXPECT_PANIC(TEE_SetOperationKey(op, key_object(TEE_TYPE_AES, 128)));
	EXPECT_PANIC(TEE_SetOperationKey(op, secret_key(TEE_TYPE_SM4, SM4_KEY)));
	EXPECT_PANIC(TEE_SetOperationKey(op, secret_key(TEE_TYPE_AES, AES256)));
	EXPECT_PANIC(TEE_SetOperationKey2(op, key, key));
	TEE_RestrictObjectUsage1(key, TEE_USAGE_DECRYPT);
	EXPECT_PANIC(TEE_SetOperationKey(op, key));
	assert_int_equal(TEE_SetOperationKey(op, secret_key(TEE_TYPE_AES, AES128)), TEE_SUCCESS);
	TEE_GetOperationInfo(op, &info);
	assert_int_equal(info.keySize, 128);
	assert_int_equal(info.handleState, TEE_HANDLE_FLAG_KEY_SET);
	EXPECT_PANIC(TEE_CipherUpdate(op, buf, 16, buf, &len));
	EXPECT_PANIC(TEE_CipherInit(op, buf, 15));
	TEE_CipherInit(op, buf, 16);
	EXPECT_PANIC(TEE_SetOperationKey(op, key));
	EXPECT_PANIC(TEE_MACUpdate(op, buf, 1));
	EXPECT_PANIC(TEE_CipherUpdate(op, NULL, 1, buf, &len));
	EXPECT_PANIC(TEE_CipherDoFinal(op, buf, 15, buf, &len));
	TEE_ResetOperation(op);
	EXPECT_PANIC(TEE_CipherUpdate(op, buf, 16, buf, &len));
	assert_int_equal(TEE_SetOperationKey(op, TEE_HANDLE_NULL), TEE_SUCCESS);
	EXPECT_PANIC(TEE_CipherInit(op, buf, 16));
	TEE_FreeOperation(op);
	EXPECT_PANIC(TEE_FreeOperation(op));
	assert_int_equal(TEE_AllocateOperation(&op, TEE_ALG_AES_CTR, TEE_MODE_SIGN, 128),
			 TEE_ERROR_NOT_SUPPORTED);
	assert_int_equal(TEE_AllocateOperation(&op, TEE_ALG_AES_CTR, TEE_MODE_ENCRYPT, 100),
			 TEE_ERROR_NOT_SUPPORTED);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, fake_runtime_start, fake_runtime_stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_known), TEST(test_long_xts),	   TEST(test_sm4_xts), TEST(test_pkcs5),
		TEST(test_copy),  TEST(test_short_buffer), TEST(test_misuse),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
