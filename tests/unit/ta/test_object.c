// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>

#include "fake_runtime.h"
#include "ta/object.h"

#include <cmocka.h>

static TEE_ObjectHandle alloc(uint32_t type, uint32_t bits)
{
	TEE_ObjectHandle obj = TEE_HANDLE_NULL;

	assert_int_equal(TEE_AllocateTransientObject(type, bits, &obj), TEE_SUCCESS);
	assert_non_null(obj);
	return obj;
}

static TEE_ObjectInfo info_of(TEE_ObjectHandle obj)
{
	TEE_ObjectInfo info;

	assert_int_equal(TEE_GetObjectInfo1(obj, &info), TEE_SUCCESS);
	return info;
}

static BIGNUM *bn_of(TEE_ObjectHandle obj, uint32_t id)
{
	uint8_t bytes[512];
	size_t len = sizeof(bytes);

	assert_int_equal(TEE_GetObjectBufferAttribute(obj, id, bytes, &len), TEE_SUCCESS);
	return BN_bin2bn(bytes, (int)len, NULL);
}

static void test_sizes(void **state)
{
	static const struct {
		uint32_t type, bits;
		bool ok;
	} cases[] = {
		{ TEE_TYPE_AES, 128, true },
		{ TEE_TYPE_AES, 192, true },
		{ TEE_TYPE_AES, 256, true },
		{ TEE_TYPE_AES, 64, false },
		{ TEE_TYPE_AES, 320, false },
		{ TEE_TYPE_AES, 129, false },
		{ TEE_TYPE_DES, 56, true },
		{ TEE_TYPE_DES, 64, true },
		{ TEE_TYPE_DES3, 112, true },
		{ TEE_TYPE_DES3, 192, true },
		{ TEE_TYPE_DES3, 64, false },
		{ TEE_TYPE_HMAC_SHA256, 184, false },
		{ TEE_TYPE_HMAC_SHA256, 192, true },
		{ TEE_TYPE_RSA_KEYPAIR, 4096, true },
		{ TEE_TYPE_RSA_KEYPAIR, 4097, false },
		{ TEE_TYPE_DATA, 0, false },
		{ TEE_TYPE_ECDSA_KEYPAIR, 521, true },
		{ TEE_TYPE_X25519_KEYPAIR, 255, false },
		{ 0x12345678, 128, false },
	};
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		TEE_ObjectHandle obj = (TEE_ObjectHandle)&fake;

		assert_int_equal(TEE_AllocateTransientObject(cases[i].type, cases[i].bits, &obj),
				 cases[i].ok ? TEE_SUCCESS : TEE_ERROR_NOT_SUPPORTED);
		assert_true(cases[i].ok == !!obj);
		TEE_FreeTransientObject(obj);
	}
	EXPECT_PANIC(TEE_AllocateTransientObject(TEE_TYPE_AES, 128, NULL));
}

static void test_secret(void **state)
{
	TEE_ObjectHandle obj = alloc(TEE_TYPE_AES, 256), other = alloc(TEE_TYPE_AES, 128);
	uint8_t key[32] = "0123456789abcdefghijklmnopqrstu", got[32];
	TEE_ObjectInfo info = info_of(obj);
	TEE_Attribute attr, twice[2];
	size_t len = 32;

	(void)state;
	assert_int_equal(info.objectType, TEE_TYPE_AES);
	assert_int_equal(info.objectSize, 0);
	assert_int_equal(info.maxObjectSize, 256);
	assert_int_equal(info.objectUsage, 0xffffffff);
	assert_int_equal(info.handleFlags, 0);
	EXPECT_PANIC(TEE_GetObjectBufferAttribute(obj, TEE_ATTR_SECRET_VALUE, got, &len));
	/* A length that AES doesn't have leaves the object as it was. */
	TEE_InitRefAttribute(&attr, TEE_ATTR_SECRET_VALUE, key, 15);
	assert_int_equal(TEE_PopulateTransientObject(obj, &attr, 1), TEE_ERROR_BAD_PARAMETERS);
	assert_int_equal(info_of(obj).handleFlags, 0);
	EXPECT_PANIC(TEE_PopulateTransientObject(obj, NULL, 0));
	EXPECT_PANIC(TEE_PopulateTransientObject(obj, NULL, 1));
	TEE_InitRefAttribute(&attr, TEE_ATTR_SECRET_VALUE, key, 32);
	twice[0] = twice[1] = attr;
	EXPECT_PANIC(TEE_PopulateTransientObject(obj, twice, 2));
	EXPECT_PANIC(TEE_PopulateTransientObject(other, &attr, 1));
	assert_int_equal(TEE_PopulateTransientObject(obj, &attr, 1), TEE_SUCCESS);
	EXPECT_PANIC(TEE_PopulateTransientObject(obj, &attr, 1));
	assert_int_equal(info_of(obj).objectSize, 256);
	assert_int_equal(info_of(obj).handleFlags, TEE_HANDLE_FLAG_INITIALIZED);
	len = 31;
	assert_int_equal(TEE_GetObjectBufferAttribute(obj, TEE_ATTR_SECRET_VALUE, got, &len),
			 TEE_ERROR_SHORT_BUFFER);
	assert_int_equal(len, 32);
	assert_int_equal(TEE_GetObjectBufferAttribute(obj, TEE_ATTR_SECRET_VALUE, got, &len),
			 TEE_SUCCESS);
	assert_memory_equal(got, key, 32);
	assert_int_equal(TEE_GetObjectBufferAttribute(obj, TEE_ATTR_RSA_MODULUS, got, &len),
			 TEE_ERROR_ITEM_NOT_FOUND);
	EXPECT_PANIC(TEE_GetObjectBufferAttribute(obj, TEE_ATTR_ECC_CURVE, got, &len));
	/* Usage only shrinks, and takes reading with it. */
	assert_int_equal(TEE_RestrictObjectUsage1(obj, TEE_USAGE_ENCRYPT), TEE_SUCCESS);
	TEE_RestrictObjectUsage(obj, 0xffffffff);
	assert_int_equal(info_of(obj).objectUsage, TEE_USAGE_ENCRYPT);
	EXPECT_PANIC(TEE_GetObjectBufferAttribute(obj, TEE_ATTR_SECRET_VALUE, got, &len));
	EXPECT_PANIC(TEE_CopyObjectAttributes1(other, obj));
	TEE_ResetTransientObject(obj);
	assert_int_equal(info_of(obj).objectSize, 0);
	assert_int_equal(info_of(obj).objectUsage, 0xffffffff);
	EXPECT_PANIC(TEE_InitRefAttribute(&attr, TEE_ATTR_ECC_CURVE, key, 1));
	EXPECT_PANIC(TEE_InitValueAttribute(&attr, TEE_ATTR_SECRET_VALUE, 1, 1));
}

static void test_handles(void **state)
{
	TEE_ObjectHandle obj = alloc(TEE_TYPE_AES, 256);
	TEE_ObjectInfo info;

	(void)state;
	TEE_FreeTransientObject(obj);
	EXPECT_PANIC(TEE_FreeTransientObject(obj));
	EXPECT_PANIC(TEE_GetObjectInfo1(obj, &info));
	EXPECT_PANIC(TEE_GetObjectInfo1(TEE_HANDLE_NULL, &info));
	EXPECT_PANIC(TEE_CloseObject((TEE_ObjectHandle)&info));
	TEE_FreeTransientObject(TEE_HANDLE_NULL);
	TEE_ResetTransientObject(TEE_HANDLE_NULL);
	TEE_CloseObject(TEE_HANDLE_NULL);
}

/* Parity counts with 1.1's sizes, not with 1.0's. */
static void test_des(void **state)
{
	TEE_ObjectHandle old = alloc(TEE_TYPE_DES3, 168), new = alloc(TEE_TYPE_DES3, 192);
	uint8_t key[24] = { 1, 2, 3 };
	TEE_Attribute attr;

	(void)state;
	TEE_InitRefAttribute(&attr, TEE_ATTR_SECRET_VALUE, key, 24);
	assert_int_equal(TEE_PopulateTransientObject(old, &attr, 1), TEE_SUCCESS);
	assert_int_equal(TEE_PopulateTransientObject(new, &attr, 1), TEE_SUCCESS);
	assert_int_equal(info_of(old).objectSize, 168);
	assert_int_equal(info_of(new).objectSize, 192);
}

static void test_generate_secret(void **state)
{
	TEE_ObjectHandle a = alloc(TEE_TYPE_AES, 256), b = alloc(TEE_TYPE_AES, 256);
	uint8_t ka[32], kb[32];
	size_t la = 32, lb = 32;

	(void)state;
	assert_int_equal(TEE_GenerateKey(a, 192, NULL, 0), TEE_SUCCESS);
	assert_int_equal(TEE_GenerateKey(b, 192, NULL, 0), TEE_SUCCESS);
	assert_int_equal(info_of(a).objectSize, 192);
	TEE_GetObjectBufferAttribute(a, TEE_ATTR_SECRET_VALUE, ka, &la);
	TEE_GetObjectBufferAttribute(b, TEE_ATTR_SECRET_VALUE, kb, &lb);
	assert_int_equal(la, 24);
	assert_memory_not_equal(ka, kb, 24);
	EXPECT_PANIC(TEE_GenerateKey(a, 192, NULL, 0));
	TEE_ResetTransientObject(a);
	EXPECT_PANIC(TEE_GenerateKey(a, 191, NULL, 0));
	EXPECT_PANIC(TEE_GenerateKey(alloc(TEE_TYPE_AES, 128), 256, NULL, 0));
	EXPECT_PANIC(TEE_GenerateKey(alloc(TEE_TYPE_RSA_PUBLIC_KEY, 512), 512, NULL, 0));
}

/* The numbers of a key of each way that RSA keys are made belong together. */
static void test_generate_rsa(void **state)
{
	static const uint32_t sizes[] = { 256, 511, 1024 };
	BN_CTX *ctx = BN_CTX_new();
	TEE_Attribute e;
	unsigned int i;

	(void)state;
	for (i = 0; i < 3; i++) {
		TEE_ObjectHandle obj = alloc(TEE_TYPE_RSA_KEYPAIR, sizes[i]);
		BIGNUM *n, *p, *q, *d, *x, *y;

		assert_int_equal(TEE_GenerateKey(obj, sizes[i], NULL, 0), TEE_SUCCESS);
		n = bn_of(obj, TEE_ATTR_RSA_MODULUS);
		p = bn_of(obj, TEE_ATTR_RSA_PRIME1);
		q = bn_of(obj, TEE_ATTR_RSA_PRIME2);
		d = bn_of(obj, TEE_ATTR_RSA_PRIVATE_EXPONENT);
		x = BN_new();
		y = BN_new();
		assert_int_equal(BN_num_bits(n), sizes[i]);
		BN_mul(x, p, q, ctx);
		assert_int_equal(BN_cmp(x, n), 0);
		BN_set_word(y, 65537);
		BN_set_word(x, 42);
		BN_mod_exp(x, x, y, n, ctx);
		BN_mod_exp(x, x, d, n, ctx);
		assert_true(BN_is_word(x, 42));
		BN_free(n), BN_free(p), BN_free(q), BN_free(d), BN_free(x), BN_free(y);
	}
	BN_CTX_free(ctx);
	TEE_InitRefAttribute(&e, TEE_ATTR_RSA_PUBLIC_EXPONENT, "\x01\x00\x00", 3);
	assert_int_equal(TEE_GenerateKey(alloc(TEE_TYPE_RSA_KEYPAIR, 512), 512, &e, 1),
			 TEE_ERROR_BAD_PARAMETERS);
}

static void test_generate_ecc(void **state)
{
	static const uint32_t curves[] = { TEE_ECC_CURVE_NIST_P192, TEE_ECC_CURVE_NIST_P224,
					   TEE_ECC_CURVE_NIST_P256, TEE_ECC_CURVE_NIST_P384,
					   TEE_ECC_CURVE_NIST_P521 };
	static const uint32_t bits[] = { 192, 224, 256, 384, 521 };
	TEE_ObjectHandle public;
	TEE_Attribute curve;
	uint8_t x[66];
	unsigned int i;
	size_t len;
	uint32_t a;

	(void)state;
	for (i = 0; i < 5; i++) {
		TEE_ObjectHandle obj = alloc(TEE_TYPE_ECDH_KEYPAIR, 521);

		TEE_InitValueAttribute(&curve, TEE_ATTR_ECC_CURVE, curves[i], 0);
		assert_int_equal(TEE_GenerateKey(obj, bits[i], &curve, 1), TEE_SUCCESS);
		assert_int_equal(info_of(obj).objectSize, bits[i]);
		assert_int_equal(TEE_GetObjectValueAttribute(obj, TEE_ATTR_ECC_CURVE, &a, NULL),
				 TEE_SUCCESS);
		assert_int_equal(a, curves[i]);
		/* The public half. */
		public = alloc(TEE_TYPE_ECDH_PUBLIC_KEY, bits[i]);
		assert_int_equal(TEE_CopyObjectAttributes1(public, obj), TEE_SUCCESS);
		len = sizeof(x);
		assert_int_equal(
			TEE_GetObjectBufferAttribute(public, TEE_ATTR_ECC_PUBLIC_VALUE_X, x, &len),
			TEE_SUCCESS);
		assert_int_equal(
			TEE_GetObjectBufferAttribute(public, TEE_ATTR_ECC_PRIVATE_VALUE, x, &len),
			TEE_ERROR_ITEM_NOT_FOUND);
	}
	assert_int_equal(TEE_GenerateKey(alloc(TEE_TYPE_SM2_PKE_KEYPAIR, 256), 256, NULL, 0),
			 TEE_SUCCESS);
	TEE_InitValueAttribute(&curve, TEE_ATTR_ECC_CURVE, TEE_ECC_CURVE_NIST_P256, 0);
	assert_int_equal(TEE_GenerateKey(alloc(TEE_TYPE_ECDH_KEYPAIR, 521), 384, &curve, 1),
			 TEE_ERROR_BAD_PARAMETERS);
	EXPECT_PANIC(TEE_GenerateKey(alloc(TEE_TYPE_ECDH_KEYPAIR, 256), 256, NULL, 0));
}

static void test_generate_raw(void **state)
{
	static const struct {
		uint32_t type, bits, id;
	} kinds[] = {
		{ TEE_TYPE_ED25519_KEYPAIR, 256, TEE_ATTR_ED25519_PRIVATE_VALUE },
		{ TEE_TYPE_X25519_KEYPAIR, 256, TEE_ATTR_X25519_PRIVATE_VALUE },
		{ TEE_TYPE_X448_KEYPAIR, 448, TEE_ATTR_X448_PRIVATE_VALUE },
	};
	unsigned int i;

	(void)state;
	for (i = 0; i < 3; i++) {
		TEE_ObjectHandle obj = alloc(kinds[i].type, kinds[i].bits);
		uint8_t key[64];
		size_t len = sizeof(key);

		assert_int_equal(TEE_GenerateKey(obj, kinds[i].bits, NULL, 0), TEE_SUCCESS);
		assert_int_equal(TEE_GetObjectBufferAttribute(obj, kinds[i].id, key, &len),
				 TEE_SUCCESS);
		assert_int_equal(len, kinds[i].bits / 8);
	}
}

/* RFC 3526's group 5 would do; a small safe prime shows the same faster. */
static void test_generate_dh(void **state)
{
	TEE_ObjectHandle obj = alloc(TEE_TYPE_DH_KEYPAIR, 512);
	BIGNUM *p = BN_new(), *x, *y, *z = BN_new();
	BN_CTX *ctx = BN_CTX_new();
	TEE_Attribute attr[3];
	uint8_t prime[64];
	uint32_t bits;

	(void)state;
	assert_true(BN_generate_prime_ex(p, 512, 0, NULL, NULL, NULL));
	BN_bn2binpad(p, prime, 64);
	TEE_InitRefAttribute(&attr[0], TEE_ATTR_DH_PRIME, prime, 64);
	TEE_InitRefAttribute(&attr[1], TEE_ATTR_DH_BASE, "\x05", 1);
	TEE_InitValueAttribute(&attr[2], TEE_ATTR_DH_X_BITS, 160, 0);
	assert_int_equal(TEE_GenerateKey(obj, 512, attr, 3), TEE_SUCCESS);
	x = bn_of(obj, TEE_ATTR_DH_PRIVATE_VALUE);
	y = bn_of(obj, TEE_ATTR_DH_PUBLIC_VALUE);
	assert_int_equal(BN_num_bits(x), 160);
	BN_set_word(z, 5);
	BN_mod_exp(z, z, x, p, ctx);
	assert_int_equal(BN_cmp(z, y), 0);
	TEE_GetObjectValueAttribute(obj, TEE_ATTR_DH_X_BITS, &bits, NULL);
	assert_int_equal(bits, 160);
	BN_free(p), BN_free(x), BN_free(y), BN_free(z);
	BN_CTX_free(ctx);
	TEE_ResetTransientObject(obj);
	EXPECT_PANIC(TEE_GenerateKey(obj, 512, attr, 1));
	TEE_InitValueAttribute(&attr[2], TEE_ATTR_DH_X_BITS, 512, 0);
	assert_int_equal(TEE_GenerateKey(obj, 512, attr, 3), TEE_ERROR_BAD_PARAMETERS);
}

/* What is behind a handle. */
static TEE_ObjectHandle inside(TEE_ObjectHandle handle)
{
	return ta_object_get(handle, __func__);
}

static void test_pack(void **state)
{
	TEE_ObjectHandle obj = alloc(TEE_TYPE_ECDSA_KEYPAIR, 256), again;
	uint8_t bytes[512], d[32], e[32];
	size_t len = sizeof(d), size, i;
	TEE_Attribute curve;
	struct cursor c;

	(void)state;
	TEE_InitValueAttribute(&curve, TEE_ATTR_ECC_CURVE, TEE_ECC_CURVE_NIST_P256, 7);
	assert_int_equal(TEE_GenerateKey(obj, 256, &curve, 1), TEE_SUCCESS);
	cursor_init(&c, bytes, sizeof(bytes));
	assert_true(ta_object_pack(inside(obj), &c));
	size = c.pos;
	assert_int_equal(size, ta_object_pack_size(inside(obj)));
	cursor_init(&c, bytes, size - 1);
	assert_false(ta_object_pack(inside(obj), &c));
	again = alloc(TEE_TYPE_ECDSA_KEYPAIR, 256);
	cursor_init_ro(&c, bytes, size);
	assert_int_equal(ta_object_unpack(inside(again), &c), TEE_SUCCESS);
	assert_int_equal(info_of(again).objectSize, 256);
	TEE_GetObjectBufferAttribute(obj, TEE_ATTR_ECC_PRIVATE_VALUE, d, &len);
	TEE_GetObjectBufferAttribute(again, TEE_ATTR_ECC_PRIVATE_VALUE, e, &len);
	assert_memory_equal(d, e, len);
	/* Cut anywhere, nothing is left of it. */
	for (i = 0; i < size; i++) {
		TEE_ObjectHandle cut = alloc(TEE_TYPE_ECDSA_KEYPAIR, 256);

		cursor_init_ro(&c, bytes, i);
		assert_int_equal(ta_object_unpack(inside(cut), &c), TEE_ERROR_CORRUPT_OBJECT);
		assert_int_equal(info_of(cut).handleFlags, 0);
		assert_int_equal(inside(cut)->have, 0);
		TEE_FreeTransientObject(cut);
	}
	/* With any bit turned, an object that is whole or one that has nothing. */
	for (i = 0; i < size * 8; i++) {
		TEE_ObjectHandle turned = alloc(TEE_TYPE_ECDSA_KEYPAIR, 256);
		TEE_Result res;

		bytes[i / 8] ^= (uint8_t)(1u << i % 8);
		cursor_init_ro(&c, bytes, size);
		res = ta_object_unpack(inside(turned), &c);
		assert_true(res == TEE_SUCCESS || res == TEE_ERROR_CORRUPT_OBJECT);
		assert_true(res == TEE_SUCCESS || !inside(turned)->have);
		bytes[i / 8] ^= (uint8_t)(1u << i % 8);
		TEE_FreeTransientObject(turned);
	}
	/* Of another type. */
	cursor_init_ro(&c, bytes, size);
	assert_int_equal(ta_object_unpack(inside(alloc(TEE_TYPE_AES, 256)), &c),
			 TEE_ERROR_CORRUPT_OBJECT);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, fake_runtime_start, fake_runtime_stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_sizes),	 TEST(test_secret),	     TEST(test_handles),
		TEST(test_des),		 TEST(test_generate_secret), TEST(test_generate_rsa),
		TEST(test_generate_ecc), TEST(test_generate_raw),    TEST(test_generate_dh),
		TEST(test_pack),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
