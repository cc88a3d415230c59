// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "crypto_words.h"

#include <cmocka.h>
#include <tee_api_defines_extensions.h>

#define AES128 "2b7e151628aed2a6abf7158809cf4f3c"
#define AES256 "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4"
#define SP800_38A_40                                                                               \
	"6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411"
#define TDEA "8aa83bf8cbda10620bc1bf19fbb6cd58bc313d4a371ca8b5"
#define N16 "000102030405060708090a0b0c0d0e0f"
#define N32 N16 "101112131415161718191a1b1c1d1e1f"
#define N64 N32 "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f"
#define N128                                                                                       \
	N64 "404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f"                     \
	    "606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f"
#define HI_THERE "4869205468657265"
#define X20 "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b"
/* "Sample message for keylen=blocklen", "Sample message for keylen<blocklen" */
#define NIST_EQUAL "53616d706c65206d65737361676520666f72206b65796c656e3d626c6f636b6c656e"
#define NIST_LESS "53616d706c65206d65737361676520666f72206b65796c656e3c626c6f636b6c656e"
#define CD10 "cdcdcdcdcdcdcdcdcdcd"
#define SM3_TEXT                                                                                   \
	"61626364626364656364656664656667656667686667686967686969"                                 \
	"68696a6b"

static const struct {
	uint32_t alg, key_type;
	const char *key, *text, *mac;
} vectors[] = {
	/* RFC 2202 */
	{ TEE_ALG_HMAC_MD5, TEE_TYPE_HMAC_MD5, "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", HI_THERE,
	  "9294727a3638bb1c13f48ef8158bfc9d" },
	{ TEE_ALG_HMAC_SHA1, TEE_TYPE_HMAC_SHA1, X20, HI_THERE,
	  "b617318655057264e28bc0b6fb378c8ef146be00" },
	/* RFC 4231, cases 1 and 4 */
	{ TEE_ALG_HMAC_SHA224, TEE_TYPE_HMAC_SHA224, X20, HI_THERE,
	  "896fb1128abbdf196832107cd49df33f47b4b1169912ba4f53684b22" },
	{ TEE_ALG_HMAC_SHA256, TEE_TYPE_HMAC_SHA256,
	  "0102030405060708090a0b0c0d0e0f10111213141516171819", CD10 CD10 CD10 CD10 CD10,
	  "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b" },
	/* NIST's examples of HMAC */
	{ TEE_ALG_HMAC_SHA384, TEE_TYPE_HMAC_SHA384, N128, NIST_EQUAL,
	  "63c5daa5e651847ca897c95814ab830bededc7d25e83eef9"
	  "195cd45857a37f448947858f5af50cc2b1b730ddf29671a9" },
	{ TEE_ALG_HMAC_SHA512, TEE_TYPE_HMAC_SHA512, N128, NIST_EQUAL,
	  "fc25e240658ca785b7a811a8d3f7b4ca48cfa26a8a366bf2cd1f836b05fcb024"
	  "bd36853081811d6cea4216ebad79da1cfcb95ea4586b8a0ce356596a55fb1347" },
	{ TEE_ALG_HMAC_SHA3_224, TEE_TYPE_HMAC_SHA3_224, N16 "101112131415161718191a1b", NIST_LESS,
	  "332cfd59347fdb8e576e77260be4aba2d6dc53117b3bfb52c6d18c04" },
	{ TEE_ALG_HMAC_SHA3_256, TEE_TYPE_HMAC_SHA3_256, N32, NIST_LESS,
	  "4fe8e202c4f058e8dddc23d8c34e467343e23555e24fc2f025d598f558f67205" },
	{ TEE_ALG_HMAC_SHA3_384, TEE_TYPE_HMAC_SHA3_384, N32 "202122232425262728292a2b2c2d2e2f",
	  NIST_LESS,
	  "d588a3c51f3f2d906e8298c1199aa8ff6296218127f6b38a"
	  "90b6afe2c5617725bc99987f79b22a557b6520db710b7f42" },
	{ TEE_ALG_HMAC_SHA3_512, TEE_TYPE_HMAC_SHA3_512, N64, NIST_LESS,
	  "4efd629d6c71bf86162658f29943b1c308ce27cdfa6db0d9c3ce81763f9cbce5"
	  "f7ebe9868031db1a8f8eb7b6b95e5c5e3f657a8996c86a2f6527e307f0213196" },
	/* RFC 4493 and NIST SP 800-38B's examples */
	{ TEE_ALG_AES_CMAC, TEE_TYPE_AES, AES128, "", "bb1d6929e95937287fa37d129b756746" },
	{ TEE_ALG_AES_CMAC, TEE_TYPE_AES, AES128, "6bc1bee22e409f96e93d7e117393172a",
	  "070a16b46b4d4144f79bdd9dd04a287c" },
	{ TEE_ALG_AES_CMAC, TEE_TYPE_AES, AES128, SP800_38A_40,
	  "dfa66747de9ae63030ca32611497c827" },
	{ TEE_ALG_AES_CMAC, TEE_TYPE_AES, AES256, "", "028962f61b7bf89efc6b551f4667d983" },
	{ TEE_ALG_DES3_CMAC, TEE_TYPE_DES3, TDEA, "", "b7a688e122ffaf95" },
	{ TEE_ALG_DES3_CMAC, TEE_TYPE_DES3, TDEA, "6bc1bee22e409f96", "8e8f293136283797" },
	{ TEE_ALG_DES3_CMAC, TEE_TYPE_DES3, TDEA, "6bc1bee22e409f96e93d7e117393172aae2d8a57",
	  "743ddbe0ce2dc2ed" },
	/* FIPS 113; of one block, CBC-MAC is the cipher (NIST SP 800-38A) */
	{ TEE_ALG_DES_CBC_MAC_NOPAD, TEE_TYPE_DES, "0123456789abcdef",
	  "37363534333231204e6f77206973207468652074696d6520666f722000000000", "f1d30f6849312ca4" },
	{ TEE_ALG_DES3_CBC_MAC_NOPAD, TEE_TYPE_DES3, "0123456789abcdef0123456789abcdef",
	  "37363534333231204e6f77206973207468652074696d6520666f722000000000", "f1d30f6849312ca4" },
	{ TEE_ALG_AES_CBC_MAC_NOPAD, TEE_TYPE_AES, AES128, "6bc1bee22e409f96e93d7e117393172a",
	  "3ad77bb40d7a3660a89ecaf32466ef97" },
};
#define NUM_VECTORS (sizeof(vectors) / sizeof(vectors[0]))

static void test_known(void **state)
{
	static const size_t steps[] = { 1, 7, 8, 16, 33, 1000 };
	unsigned int i, s;

	(void)state;
	for (i = 0; i < NUM_VECTORS; i++) {
		struct hex text = hex(vectors[i].text), want = hex(vectors[i].mac);
		TEE_OperationHandle op =
			keyed(vectors[i].alg, TEE_MODE_MAC, vectors[i].key_type, vectors[i].key);
		uint8_t mac[64];
		size_t at, len;

		for (s = 0; s < sizeof(steps) / sizeof(steps[0]); s++) {
			TEE_MACInit(op, NULL, 0);
			for (at = 0; at + steps[s] < text.len; at += steps[s])
				TEE_MACUpdate(op, text.b + at, steps[s]);
			len = want.len - 1;
			assert_int_equal(
				TEE_MACComputeFinal(op, text.b + at, text.len - at, mac, &len),
				TEE_ERROR_SHORT_BUFFER);
			assert_int_equal(len, want.len);
			assert_int_equal(
				TEE_MACComputeFinal(op, text.b + at, text.len - at, mac, &len),
				TEE_SUCCESS);
			expect_hex(mac, len, vectors[i].mac);
		}
		TEE_MACInit(op, NULL, 0);
		assert_int_equal(TEE_MACCompareFinal(op, text.b, text.len, want.b, want.len),
				 TEE_SUCCESS);
		TEE_MACInit(op, NULL, 0);
		assert_int_equal(TEE_MACCompareFinal(op, text.b, text.len, want.b, want.len - 1),
				 TEE_ERROR_MAC_INVALID);
		want.b[want.len - 1] ^= 1;
		TEE_MACInit(op, NULL, 0);
		assert_int_equal(TEE_MACCompareFinal(op, text.b, text.len, want.b, want.len),
				 TEE_ERROR_MAC_INVALID);
		TEE_FreeOperation(op);
	}
}

/* By its definition: the hash over the outer pad and the hash over the inner pad and the text. */
static void test_hmac_sm3(void **state)
{
	TEE_OperationHandle op = keyed(TEE_ALG_HMAC_SM3, TEE_MODE_MAC, TEE_TYPE_HMAC_SM3, N32);
	TEE_OperationHandle h = operation(TEE_ALG_SM3, TEE_MODE_DIGEST, 0);
	struct hex key = hex(N32), text = hex(SM3_TEXT);
	uint8_t inner[64], outer[64], hash[32], mac[32];
	size_t i, len = 32;

	(void)state;
	for (i = 0; i < 64; i++) {
		uint8_t k = i < key.len ? key.b[i] : 0;

		inner[i] = k ^ 0x36;
		outer[i] = k ^ 0x5c;
	}
	TEE_DigestUpdate(h, inner, 64);
	assert_int_equal(TEE_DigestDoFinal(h, text.b, text.len, hash, &len), TEE_SUCCESS);
	TEE_DigestUpdate(h, outer, 64);
	assert_int_equal(TEE_DigestDoFinal(h, hash, 32, hash, &len), TEE_SUCCESS);
	TEE_MACInit(op, NULL, 0);
	assert_int_equal(TEE_MACComputeFinal(op, text.b, text.len, mac, &len), TEE_SUCCESS);
	assert_memory_equal(mac, hash, 32);
}

/* With its padding written out, PKCS5 is NOPAD. */
static void test_pkcs5(void **state)
{
	static const struct {
		uint32_t alg, plain, type;
		const char *key;
		size_t block;
	} kinds[] = {
		{ TEE_ALG_AES_CBC_MAC_PKCS5, TEE_ALG_AES_CBC_MAC_NOPAD, TEE_TYPE_AES, AES128, 16 },
		{ TEE_ALG_DES_CBC_MAC_PKCS5, TEE_ALG_DES_CBC_MAC_NOPAD, TEE_TYPE_DES,
		  "0123456789abcdef", 8 },
		{ TEE_ALG_DES3_CBC_MAC_PKCS5, TEE_ALG_DES3_CBC_MAC_NOPAD, TEE_TYPE_DES3, TDEA, 8 },
	};
	uint8_t text[64], mac[16], same[16];
	size_t n, pad, len;
	unsigned int i;

	(void)state;
	for (i = 0; i < 3; i++) {
		TEE_OperationHandle op =
			keyed(kinds[i].alg, TEE_MODE_MAC, kinds[i].type, kinds[i].key);
		TEE_OperationHandle by_hand =
			keyed(kinds[i].plain, TEE_MODE_MAC, kinds[i].type, kinds[i].key);

		for (n = 0; n < 40; n++) {
			pad = kinds[i].block - n % kinds[i].block;
			memset(text, 0x5a, n);
			memset(text + n, (int)pad, pad);
			len = 16;
			TEE_MACInit(op, NULL, 0);
			assert_int_equal(TEE_MACComputeFinal(op, text, n, mac, &len), TEE_SUCCESS);
			TEE_MACInit(by_hand, NULL, 0);
			assert_int_equal(TEE_MACComputeFinal(by_hand, text, n + pad, same, &len),
					 TEE_SUCCESS);
			assert_memory_equal(mac, same, kinds[i].block);
		}
	}
}

static void test_copy(void **state)
{
	static const unsigned int kinds[] = { 3, 12, 17 };
	unsigned int i;

	(void)state;
	for (i = 0; i < 3; i++) {
		unsigned int v = kinds[i];
		struct hex text = hex(vectors[v].text);
		TEE_OperationHandle op =
			keyed(vectors[v].alg, TEE_MODE_MAC, vectors[v].key_type, vectors[v].key);
		TEE_OperationHandle copy = operation(vectors[v].alg, TEE_MODE_MAC,
						     (uint32_t)hex(vectors[v].key).len * 8);
		uint8_t mac[64];
		size_t len = 64;

		TEE_MACInit(op, NULL, 0);
		TEE_MACUpdate(op, text.b, 11);
		TEE_CopyOperation(copy, op);
		TEE_MACUpdate(op, text.b, 1);
		assert_int_equal(TEE_MACComputeFinal(copy, text.b + 11, text.len - 11, mac, &len),
				 TEE_SUCCESS);
		expect_hex(mac, len, vectors[v].mac);
	}
}

static void test_misuse(void **state)
{
	TEE_OperationHandle op =
		keyed(TEE_ALG_AES_CBC_MAC_NOPAD, TEE_MODE_MAC, TEE_TYPE_AES, AES128);
	uint8_t mac[16];
	size_t len = 16;

	(void)state;
	EXPECT_PANIC(TEE_MACInit(operation(TEE_ALG_AES_CMAC, TEE_MODE_MAC, 128), NULL, 0));
	EXPECT_PANIC(TEE_MACUpdate(op, mac, 1));
	TEE_MACInit(op, NULL, 0);
	EXPECT_PANIC(TEE_MACComputeFinal(op, mac, 7, mac, &len));
	EXPECT_PANIC(TEE_MACUpdate(op, NULL, 7));
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, fake_runtime_start, fake_runtime_stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_known), TEST(test_hmac_sm3), TEST(test_pkcs5),
		TEST(test_copy),  TEST(test_misuse),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
