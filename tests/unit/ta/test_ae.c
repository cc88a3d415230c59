// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "crypto_words.h"

#include <cmocka.h>

#define GCM_KEY "feffe9928665731c6d6a8f9467308308"
#define GCM_AAD "feedfacedeadbeeffeedfacedeadbeefabaddad2"
#define GCM_TEXT                                                                                   \
	"d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"                         \
	"1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"
#define CCM_KEY "404142434445464748494a4b4c4d4e4f"
#define N16 "000102030405060708090a0b0c0d0e0f"

static const struct {
	uint32_t alg;
	const char *key, *nonce, *aad, *plain, *sealed, *tag;
} vectors[] = {
	/* The GCM specification's cases 1, 4, 5 and 16 */
	{ TEE_ALG_AES_GCM, "00000000000000000000000000000000", "000000000000000000000000", "", "",
	  "", "58e2fccefa7e3061367f1d57a4e7455a" },
	{ TEE_ALG_AES_GCM, GCM_KEY, "cafebabefacedbaddecaf888", GCM_AAD, GCM_TEXT,
	  "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e"
	  "21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091",
	  "5bc94fbc3221a5db94fae95ae7121a47" },
	{ TEE_ALG_AES_GCM, GCM_KEY, "cafebabefacedbad", GCM_AAD, GCM_TEXT,
	  "61353b4c2806934a777ff51fa22a4755699b2a714fcdc6f83766e5f97b6c7423"
	  "73806900e49f24b22b097544d4896b424989b5e1ebac0f07c23f4598",
	  "3612d2e79e3b0785561be14aaca2fccb" },
	{ TEE_ALG_AES_GCM, GCM_KEY GCM_KEY, "cafebabefacedbaddecaf888", GCM_AAD, GCM_TEXT,
	  "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
	  "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662",
	  "76fc6ece0f4e1768cddf8853bb2d551b" },
	/* NIST SP 800-38C, examples 1 to 3 */
	{ TEE_ALG_AES_CCM, CCM_KEY, "10111213141516", "0001020304050607", "20212223", "7162015b",
	  "4dac255d" },
	{ TEE_ALG_AES_CCM, CCM_KEY, "1011121314151617", N16, "202122232425262728292a2b2c2d2e2f",
	  "d2a1f0e051ea5f62081a7792073d593d", "1fc64fbfaccd" },
	{ TEE_ALG_AES_CCM, CCM_KEY, "101112131415161718191a1b", N16 "10111213",
	  "202122232425262728292a2b2c2d2e2f3031323334353637",
	  "e3b201a9f5b71a7a9b1ceaeccd97e70b6176aad9a4428aa5", "484392fbc1b09951" },
};
#define NUM_VECTORS (sizeof(vectors) / sizeof(vectors[0]))

static TEE_OperationHandle start(unsigned int i, uint32_t mode)
{
	TEE_OperationHandle op = keyed(vectors[i].alg, mode, TEE_TYPE_AES, vectors[i].key);
	struct hex nonce = hex(vectors[i].nonce), aad = hex(vectors[i].aad);

	assert_int_equal(TEE_AEInit(op, nonce.b, nonce.len, (uint32_t)hex(vectors[i].tag).len * 8,
				    aad.len, hex(vectors[i].plain).len),
			 TEE_SUCCESS);
	return op;
}

static void run(unsigned int i, uint32_t mode, size_t step, bool wrong_tag)
{
	bool encrypt = mode == TEE_MODE_ENCRYPT;
	struct hex in = hex(encrypt ? vectors[i].plain : vectors[i].sealed);
	struct hex aad = hex(vectors[i].aad), tag = hex(vectors[i].tag);
	TEE_OperationHandle op = start(i, mode);
	size_t at, done = 0, room, tag_len = sizeof(tag.b);
	uint8_t out[128];
	TEE_Result res;

	for (at = 0; at < aad.len; at += step)
		TEE_AEUpdateAAD(op, aad.b + at, aad.len - at < step ? aad.len - at : step);
	for (at = 0; at + step < in.len; at += step) {
		room = sizeof(out) - done;
		assert_int_equal(TEE_AEUpdate(op, in.b + at, step, out + done, &room), TEE_SUCCESS);
		done += room;
		/* GCM gives what it got; CCM whole blocks. */
		assert_int_equal(done, vectors[i].alg == TEE_ALG_AES_GCM ? at + step
									 : (at + step) & ~15ul);
	}
	room = sizeof(out) - done;
	if (encrypt) {
		res = TEE_AEEncryptFinal(op, in.b + at, in.len - at, out + done, &room, tag.b,
					 &tag_len);
		expect_hex(tag.b, tag_len, vectors[i].tag);
	} else {
		tag.b[0] ^= wrong_tag;
		res = TEE_AEDecryptFinal(op, in.b + at, in.len - at, out + done, &room, tag.b,
					 tag.len);
	}
	assert_int_equal(res, wrong_tag ? TEE_ERROR_MAC_INVALID : TEE_SUCCESS);
	if (!wrong_tag)
		expect_hex(out, done + room, encrypt ? vectors[i].sealed : vectors[i].plain);
	TEE_FreeOperation(op);
}

static void test_known(void **state)
{
	static const size_t steps[] = { 1, 5, 16, 17, 1000 };
	unsigned int i, s;

	(void)state;
	for (i = 0; i < NUM_VECTORS; i++) {
		for (s = 0; s < sizeof(steps) / sizeof(steps[0]); s++) {
			run(i, TEE_MODE_ENCRYPT, steps[s], false);
			run(i, TEE_MODE_DECRYPT, steps[s], false);
			run(i, TEE_MODE_DECRYPT, steps[s], true);
		}
	}
}

/* NIST SP 800-38C, example 4: 64 KiB that are only authenticated, their length in its longer form. */
static void test_long_aad(void **state)
{
	TEE_OperationHandle op = keyed(TEE_ALG_AES_CCM, TEE_MODE_ENCRYPT, TEE_TYPE_AES, CCM_KEY);
	struct hex nonce = hex("101112131415161718191a1b1c");
	struct hex text = hex("202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f");
	uint8_t *aad = malloc(65536), tag[14];
	size_t i, len = 32, tag_len = 14;

	(void)state;
	assert_non_null(aad);
	for (i = 0; i < 65536; i++)
		aad[i] = (uint8_t)i;
	assert_int_equal(TEE_AEInit(op, nonce.b, nonce.len, 112, 65536, 32), TEE_SUCCESS);
	TEE_AEUpdateAAD(op, aad, 1000);
	TEE_AEUpdateAAD(op, aad + 1000, 64536);
	assert_int_equal(TEE_AEEncryptFinal(op, text.b, 32, text.b, &len, tag, &tag_len),
			 TEE_SUCCESS);
	expect_hex(text.b, len, "69915dad1e84c6376a68c2967e4dab615ae0fd1faec44cc484828529463ccf72");
	expect_hex(tag, tag_len, "b4ac6bec93e8598e7f0dadbcea5b");
	free(aad);
}

static void test_short_buffer_and_copy(void **state)
{
	static const unsigned int kinds[] = { 1, 6 };
	unsigned int k;

	(void)state;
	for (k = 0; k < 2; k++) {
		unsigned int i = kinds[k];
		struct hex in = hex(vectors[i].plain), aad = hex(vectors[i].aad);
		TEE_OperationHandle op = start(i, TEE_MODE_ENCRYPT);
		TEE_OperationHandle copy = operation(vectors[i].alg, TEE_MODE_ENCRYPT, 128);
		uint8_t out[128], tag[16];
		size_t len = 10, tag_len = 3, want = hex(vectors[i].tag).len, done;

		TEE_AEUpdateAAD(op, aad.b, aad.len);
		assert_int_equal(TEE_AEUpdate(op, in.b, 18, out, &len), TEE_ERROR_SHORT_BUFFER);
		done = vectors[i].alg == TEE_ALG_AES_GCM ? 18 : 16;
		assert_int_equal(len, done);
		assert_int_equal(TEE_AEUpdate(op, in.b, 18, out, &len), TEE_SUCCESS);
		TEE_CopyOperation(copy, op);
		len = in.len - done - 1;
		assert_int_equal(TEE_AEEncryptFinal(copy, in.b + 18, in.len - 18, out + done, &len,
						    tag, &tag_len),
				 TEE_ERROR_SHORT_BUFFER);
		assert_int_equal(len, in.len - done);
		assert_int_equal(tag_len, want);
		assert_int_equal(TEE_AEEncryptFinal(copy, in.b + 18, in.len - 18, out + done, &len,
						    tag, &tag_len),
				 TEE_SUCCESS);
		expect_hex(out, in.len, vectors[i].sealed);
		expect_hex(tag, tag_len, vectors[i].tag);
	}
}

/* In place, in pieces whose results lie behind what comes in. */
static void test_in_place(void **state)
{
	TEE_OperationHandle op = start(NUM_VECTORS - 1, TEE_MODE_ENCRYPT);
	struct hex text = hex(vectors[NUM_VECTORS - 1].plain);
	struct hex aad = hex(vectors[NUM_VECTORS - 1].aad);
	size_t len = 0, tag_len = 16;
	uint8_t tag[16];

	(void)state;
	TEE_AEUpdateAAD(op, aad.b, aad.len);
	assert_int_equal(TEE_AEUpdate(op, text.b, 5, NULL, &len), TEE_SUCCESS);
	assert_int_equal(len, 0);
	len = 16;
	assert_int_equal(TEE_AEUpdate(op, text.b + 5, 15, text.b, &len), TEE_SUCCESS);
	assert_int_equal(len, 16);
	len = 8;
	assert_int_equal(TEE_AEEncryptFinal(op, text.b + 20, 4, text.b + 16, &len, tag, &tag_len),
			 TEE_SUCCESS);
	assert_int_equal(len, 8);
	expect_hex(text.b, text.len, vectors[NUM_VECTORS - 1].sealed);
}

static void seal_zeros(TEE_OperationHandle op, size_t nonce_len, uint8_t tag[16])
{
	static const uint8_t nonce[16] = { 7 };
	uint8_t out[32] = { 0 };
	size_t len = sizeof(out), tag_len = 16;

	assert_int_equal(TEE_AEInit(op, nonce, nonce_len, 128, 0, 0), TEE_SUCCESS);
	assert_int_equal(TEE_AEEncryptFinal(op, out, len, out, &len, tag, &tag_len), TEE_SUCCESS);
}

/* An operation goes on with a nonce of another length as a fresh one begins with it. */
static void test_nonce_lengths(void **state)
{
	static const size_t lengths[] = { 12, 16, 12, 12, 8, 16 };
	TEE_OperationHandle op = keyed(TEE_ALG_AES_GCM, TEE_MODE_ENCRYPT, TEE_TYPE_AES, CCM_KEY);
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		TEE_OperationHandle fresh =
			keyed(TEE_ALG_AES_GCM, TEE_MODE_ENCRYPT, TEE_TYPE_AES, CCM_KEY);
		uint8_t tag[16], want[16];

		seal_zeros(op, lengths[i], tag);
		seal_zeros(fresh, lengths[i], want);
		assert_memory_equal(tag, want, sizeof(tag));
	}
}

static void test_misuse(void **state)
{
	TEE_OperationHandle op = keyed(TEE_ALG_AES_CCM, TEE_MODE_ENCRYPT, TEE_TYPE_AES, CCM_KEY);
	TEE_OperationHandle gcm = keyed(TEE_ALG_AES_GCM, TEE_MODE_ENCRYPT, TEE_TYPE_AES, CCM_KEY);
	uint8_t buf[64] = { 0 }, tag[16];
	size_t len = 64, tag_len = 16;

	(void)state;
	assert_int_equal(TEE_AEInit(op, buf, 13, 40, 0, 0), TEE_ERROR_NOT_SUPPORTED);
	assert_int_equal(TEE_AEInit(gcm, buf, 12, 64, 0, 0), TEE_ERROR_NOT_SUPPORTED);
	EXPECT_PANIC(TEE_AEUpdate(gcm, buf, 1, buf, &len));
	EXPECT_PANIC(TEE_AEInit(op, buf, 6, 128, 0, 0));
	TEE_ResetOperation(op);
	EXPECT_PANIC(TEE_AEInit(op, buf, 13, 128, 0, 0x10000));
	TEE_ResetOperation(op);
	assert_int_equal(TEE_AEInit(op, buf, 13, 128, 4, 8), TEE_SUCCESS);
	EXPECT_PANIC(TEE_AEInit(op, buf, 13, 128, 4, 8));
	EXPECT_PANIC(TEE_AEUpdateAAD(op, buf, 5));
	len = 64;
	EXPECT_PANIC(TEE_AEUpdate(op, buf, 1, buf, &len));
	TEE_ResetOperation(op);
	assert_int_equal(TEE_AEInit(op, buf, 13, 128, 0, 8), TEE_SUCCESS);
	len = 64;
	EXPECT_PANIC(TEE_AEUpdate(op, buf, 9, buf, &len));
	len = 64;
	EXPECT_PANIC(TEE_AEEncryptFinal(op, buf, 7, buf, &len, tag, &tag_len));
	TEE_ResetOperation(op);
	assert_int_equal(TEE_AEInit(gcm, buf, 12, 128, 0, 0), TEE_SUCCESS);
	len = 64;
	assert_int_equal(TEE_AEUpdate(gcm, buf, 1, buf, &len), TEE_SUCCESS);
	EXPECT_PANIC(TEE_AEUpdateAAD(gcm, buf, 1));
	EXPECT_PANIC(TEE_AEDecryptFinal(gcm, buf, 0, buf, &len, tag, 16));
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, fake_runtime_start, fake_runtime_stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_known),    TEST(test_long_aad),      TEST(test_short_buffer_and_copy),
		TEST(test_in_place), TEST(test_nonce_lengths), TEST(test_misuse),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
