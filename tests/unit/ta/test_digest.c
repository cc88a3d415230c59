// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "fake_runtime.h"

#include <cmocka.h>

static TEE_OperationHandle start(uint32_t alg)
{
	TEE_OperationHandle op = TEE_HANDLE_NULL;

	assert_int_equal(TEE_AllocateOperation(&op, alg, TEE_MODE_DIGEST, 0), TEE_SUCCESS);
	assert_non_null(op);
	return op;
}

static void expect_hex(const uint8_t *p, size_t len, const char *hex)
{
	char text[2 * 64 + 1];
	size_t i;

	assert_int_equal(strlen(hex), 2 * len);
	for (i = 0; i < len; i++)
		snprintf(text + 2 * i, 3, "%02x", p[i]);
	assert_string_equal(text, hex);
}

/* Of "abc": FIPS 180-4, FIPS 202, RFC 1321. */
static const struct {
	uint32_t alg;
	const char *hex;
} abc[] = {
	{ TEE_ALG_MD5, "900150983cd24fb0d6963f7d28e17f72" },
	{ TEE_ALG_SHA1, "a9993e364706816aba3e25717850c26c9cd0d89d" },
	{ TEE_ALG_SHA224, "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7" },
	{ TEE_ALG_SHA256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
	{ TEE_ALG_SHA384, "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded163"
			  "1a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7" },
	{ TEE_ALG_SHA512, "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
			  "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f" },
	{ TEE_ALG_SHA3_224, "e642824c3f8cf24ad09234ee7d3c766fc9a3a5168d0c94ad73b46fdf" },
	{ TEE_ALG_SHA3_256, "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532" },
	{ TEE_ALG_SHA3_384, "ec01498288516fc926459f58e2c6ad8df9b473cb0fc08c25"
			    "96da7cf0e49be4b298d88cea927ac7f539f1edf228376d25" },
	{ TEE_ALG_SHA3_512, "b751850b1a57168a5693cd924b6b096e08f621827444f70d884f5d0240d2712e"
			    "10e116e9192af3c91a7ec57647e3934057340b4cf408d5a56592f8274eec53f0" },
	{ TEE_ALG_SM3, "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0" },
	{ TEE_ALG_MD5SHA1, "900150983cd24fb0d6963f7d28e17f72"
			   "a9993e364706816aba3e25717850c26c9cd0d89d" },
};

/* Of nothing: FIPS 202's examples. An output has no end, whatever the pieces that it is taken in. */
static void test_extendable(void **state)
{
	static const struct {
		uint32_t alg;
		const char *hex;
	} vectors[] = {
		{ TEE_ALG_SHAKE128,
		  "7f9c2ba4e88f827d616045507605853ed73b8093f6efbc88eb1a6eacfa66ef26" },
		{ TEE_ALG_SHAKE256,
		  "46b9dd2b0ba88d13233b3feb743eeb243fcd52ea62b81b82b50c27646ed5762f" },
	};
	unsigned int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		TEE_OperationHandle op = start(vectors[i].alg);
		uint8_t out[32];
		size_t len = 32, at;

		assert_int_equal(TEE_DigestDoFinal(op, NULL, 0, out, &len), TEE_SUCCESS);
		expect_hex(out, len, vectors[i].hex);
		for (at = 0; at < 32; at += len) {
			len = at + 7 < 32 ? 7 : 32 - at;
			assert_int_equal(TEE_DigestExtract(op, out + at, &len), TEE_SUCCESS);
		}
		expect_hex(out, 32, vectors[i].hex);
	}
}

static void test_known(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(abc) / sizeof(abc[0]); i++) {
		TEE_OperationHandle op = start(abc[i].alg);
		TEE_OperationInfo info;
		uint8_t hash[64];
		size_t len = sizeof(hash);

		TEE_GetOperationInfo(op, &info);
		assert_int_equal(info.digestLength, strlen(abc[i].hex) / 2);
		assert_int_equal(info.handleState,
				 TEE_HANDLE_FLAG_KEY_SET | TEE_HANDLE_FLAG_INITIALIZED);
		TEE_DigestUpdate(op, "a", 1);
		TEE_DigestUpdate(op, NULL, 0);
		assert_int_equal(TEE_DigestDoFinal(op, "bc", 2, hash, &len), TEE_SUCCESS);
		expect_hex(hash, len, abc[i].hex);
		/* And again: the operation starts anew. */
		len = sizeof(hash);
		assert_int_equal(TEE_DigestDoFinal(op, "abc", 3, hash, &len), TEE_SUCCESS);
		expect_hex(hash, len, abc[i].hex);
		TEE_FreeOperation(op);
	}
}

static void test_short_buffer(void **state)
{
	TEE_OperationHandle op = start(TEE_ALG_SHA256);
	uint8_t hash[32];
	size_t len = 31;

	(void)state;
	TEE_DigestUpdate(op, "ab", 2);
	assert_int_equal(TEE_DigestDoFinal(op, "c", 1, hash, &len), TEE_ERROR_SHORT_BUFFER);
	assert_int_equal(len, 32);
	assert_int_equal(TEE_DigestDoFinal(op, "c", 1, hash, &len), TEE_SUCCESS);
	expect_hex(hash, len, abc[3].hex);
}

static void test_extract(void **state)
{
	TEE_OperationHandle op = start(TEE_ALG_SHA256), copy = start(TEE_ALG_SHA256);
	uint8_t hash[32];
	size_t a = 5, b = 10, c = 100;

	(void)state;
	TEE_DigestUpdate(op, "abc", 3);
	assert_int_equal(TEE_DigestExtract(op, hash, &a), TEE_SUCCESS);
	assert_int_equal(a, 5);
	TEE_CopyOperation(copy, op);
	assert_int_equal(TEE_DigestExtract(op, hash + 5, &b), TEE_SUCCESS);
	assert_int_equal(TEE_DigestDoFinal(op, NULL, 0, hash + 15, &c), TEE_SUCCESS);
	assert_int_equal(c, 17);
	expect_hex(hash, 32, abc[3].hex);
	memset(hash + 5, 0, 27);
	c = 27;
	assert_int_equal(TEE_DigestExtract(copy, hash + 5, &c), TEE_SUCCESS);
	expect_hex(hash, 32, abc[3].hex);
	EXPECT_PANIC(TEE_DigestUpdate(copy, "x", 1));
	EXPECT_PANIC(TEE_DigestDoFinal(copy, "x", 1, hash, &c));
	TEE_ResetOperation(copy);
	TEE_DigestUpdate(copy, "abc", 3);
}

static void test_copy_and_reset(void **state)
{
	TEE_OperationHandle op = start(TEE_ALG_SHA256), copy = start(TEE_ALG_SHA256);
	TEE_OperationHandle other = start(TEE_ALG_SHA1);
	uint8_t hash[32];
	size_t len = 32;

	(void)state;
	TEE_DigestUpdate(op, "ab", 2);
	TEE_CopyOperation(copy, op);
	TEE_DigestUpdate(op, "x", 1);
	assert_int_equal(TEE_DigestDoFinal(copy, "c", 1, hash, &len), TEE_SUCCESS);
	expect_hex(hash, len, abc[3].hex);
	TEE_ResetOperation(op);
	assert_int_equal(TEE_DigestDoFinal(op, "abc", 3, hash, &len), TEE_SUCCESS);
	expect_hex(hash, len, abc[3].hex);
	EXPECT_PANIC(TEE_CopyOperation(op, other));
	EXPECT_PANIC(TEE_CopyOperation(op, NULL));
}

static void test_refused(void **state)
{
	TEE_OperationHandle op = (TEE_OperationHandle)&fake;
	size_t len = 32;

	(void)state;
	assert_int_equal(TEE_AllocateOperation(&op, TEE_ALG_ILLEGAL_VALUE, TEE_MODE_DIGEST, 0),
			 TEE_ERROR_NOT_SUPPORTED);
	assert_null(op);
	assert_int_equal(TEE_AllocateOperation(&op, TEE_ALG_SHA256, TEE_MODE_MAC, 0),
			 TEE_ERROR_NOT_SUPPORTED);
	assert_int_equal(TEE_IsAlgorithmSupported(TEE_ALG_SHA512, TEE_CRYPTO_ELEMENT_NONE),
			 TEE_SUCCESS);
	assert_int_equal(TEE_IsAlgorithmSupported(TEE_ALG_SHA512, TEE_ECC_CURVE_25519),
			 TEE_ERROR_NOT_SUPPORTED);
	TEE_FreeOperation(TEE_HANDLE_NULL);
	EXPECT_PANIC(TEE_AllocateOperation(NULL, TEE_ALG_SHA256, TEE_MODE_DIGEST, 0));
	EXPECT_PANIC(TEE_DigestUpdate(NULL, "a", 1));
	EXPECT_PANIC(TEE_ResetOperation(NULL));
	op = start(TEE_ALG_SHA256);
	EXPECT_PANIC(TEE_DigestUpdate(op, NULL, 1));
	EXPECT_PANIC(TEE_DigestDoFinal(op, NULL, 0, NULL, &len));
	/* Asking for the size. */
	len = 0;
	assert_int_equal(TEE_DigestDoFinal(op, NULL, 0, NULL, &len), TEE_ERROR_SHORT_BUFFER);
	assert_int_equal(len, 32);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, fake_runtime_start, fake_runtime_stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_known),	   TEST(test_short_buffer), TEST(test_extract),
		TEST(test_copy_and_reset), TEST(test_refused),
		TEST(test_extendable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
