// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "crypto_words.h"

#include <cmocka.h>

#define WORDS TEE_BigIntSizeInU32(1024)
#define SMALL TEE_BigIntSizeInU32(32)
/* The prime of RFC 2409, 6.1 */
#define OAKLEY1                                                                                    \
	"ffffffffffffffffc90fdaa22168c234c4c6628b80dc1cd129024e088a67cc74"                         \
	"020bbea63b139b22514a08798e3404ddef9519b3cd3a431b302b0a6df25f1437"                         \
	"4fe1356d6d51c245e485b576625e7ec6f44c42e9a63a3620ffffffffffffffff"

struct number {
	TEE_BigInt w[WORDS];
};

static struct number s32(int32_t v)
{
	struct number n;

	TEE_BigIntInit(n.w, WORDS);
	TEE_BigIntConvertFromS32(n.w, v);
	return n;
}

static struct number from_hex(const char *text)
{
	struct hex h = hex(text);
	struct number n;

	TEE_BigIntInit(n.w, WORDS);
	assert_int_equal(TEE_BigIntConvertFromOctetString(n.w, h.b, h.len, 1), TEE_SUCCESS);
	return n;
}

static void expect(const struct number *n, int32_t v)
{
	int32_t got;

	assert_int_equal(TEE_BigIntConvertToS32(&got, n->w), TEE_SUCCESS);
	assert_int_equal(got, v);
	assert_int_equal(TEE_BigIntCmpS32(n->w, v), 0);
}

static void test_convert(void **state)
{
	static const int32_t values[] = { 0, 1, -1, INT32_MAX, INT32_MIN, 65536 };
	struct number n = from_hex("000080000000"), m;
	TEE_BigInt tiny[SMALL];
	struct hex h = hex("0102030405"), out;
	unsigned int i;
	int32_t v;

	(void)state;
	for (i = 0; i < 6; i++) {
		m = s32(values[i]);
		expect(&m, values[i]);
	}
	assert_int_equal(TEE_BigIntConvertToS32(&v, n.w), TEE_ERROR_OVERFLOW);
	TEE_BigIntNeg(n.w, n.w);
	expect(&n, INT32_MIN);
	TEE_BigIntInit(tiny, SMALL);
	assert_int_equal(TEE_BigIntConvertFromOctetString(tiny, h.b, 5, 1), TEE_ERROR_OVERFLOW);
	assert_int_equal(TEE_BigIntConvertFromOctetString(tiny, h.b, 4, -1), TEE_SUCCESS);
	assert_int_equal(TEE_BigIntCmpS32(tiny, 0), -1);
	out.len = 3;
	assert_int_equal(TEE_BigIntConvertToOctetString(out.b, &out.len, tiny),
			 TEE_ERROR_SHORT_BUFFER);
	assert_int_equal(out.len, 4);
	assert_int_equal(TEE_BigIntConvertToOctetString(out.b, &out.len, tiny), TEE_SUCCESS);
	expect_hex(out.b, out.len, "01020304");
	EXPECT_PANIC(TEE_BigIntInit(tiny, 1));
	EXPECT_PANIC(TEE_BigIntInit(tiny, 100000));
	memset(tiny, 0x5a, sizeof(tiny));
	EXPECT_PANIC(TEE_BigIntCmpS32(tiny, 0));
	EXPECT_PANIC(TEE_BigIntCmpS32(NULL, 0));
}

static void test_bits(void **state)
{
	struct number n = s32(5), m;
	TEE_BigInt tiny[SMALL];

	(void)state;
	assert_true(TEE_BigIntGetBit(n.w, 0) && !TEE_BigIntGetBit(n.w, 1));
	assert_false(TEE_BigIntGetBit(n.w, 100000));
	assert_int_equal(TEE_BigIntGetBitCount(n.w), 3);
	assert_int_equal(TEE_BigIntSetBit(n.w, 1, true), TEE_SUCCESS);
	assert_int_equal(TEE_BigIntSetBit(n.w, 0, false), TEE_SUCCESS);
	assert_int_equal(TEE_BigIntSetBit(n.w, 900, false), TEE_SUCCESS);
	expect(&n, 6);
	assert_int_equal(TEE_BigIntSetBit(n.w, 1024, true), TEE_ERROR_OVERFLOW);
	m = s32(0);
	TEE_BigIntShiftRight(m.w, n.w, 1);
	expect(&m, 3);
	TEE_BigIntShiftRight(m.w, n.w, 100000);
	expect(&m, 0);
	n = s32(-7);
	assert_int_equal(TEE_BigIntAbs(m.w, n.w), TEE_SUCCESS);
	expect(&m, 7);
	n = from_hex("010000000000");
	TEE_BigIntInit(tiny, SMALL);
	assert_int_equal(TEE_BigIntAssign(tiny, n.w), TEE_ERROR_OVERFLOW);
}

static void test_basic(void **state)
{
	static const int32_t values[] = { 0, 1, -1, 7, -7, 123456, -654321 };
	struct number q = s32(0), r = s32(0);
	TEE_BigInt tiny[SMALL];
	unsigned int i, j;

	(void)state;
	for (i = 0; i < 7; i++) {
		for (j = 0; j < 7; j++) {
			int32_t x = values[i], y = values[j];
			struct number a = s32(x), b = s32(y);

			assert_int_equal(TEE_BigIntCmp(a.w, b.w), (x > y) - (x < y));
			TEE_BigIntAdd(r.w, a.w, b.w);
			expect(&r, x + y);
			TEE_BigIntSub(r.w, a.w, b.w);
			expect(&r, x - y);
			if (!y)
				continue;
			/* C's division rounds towards zero, as GP's. */
			TEE_BigIntDiv(q.w, r.w, a.w, b.w);
			expect(&q, x / y);
			expect(&r, x % y);
			TEE_BigIntMul(q.w, q.w, b.w);
			TEE_BigIntAdd(a.w, q.w, r.w);
			expect(&a, x);
		}
	}
	q = from_hex(OAKLEY1);
	EXPECT_PANIC(TEE_BigIntSquare(q.w, q.w));
	r = s32(0);
	EXPECT_PANIC(TEE_BigIntDiv(q.w, NULL, q.w, r.w));
	TEE_BigIntInit(tiny, SMALL);
	EXPECT_PANIC(TEE_BigIntAdd(tiny, q.w, q.w));
}

static void test_modular(void **state)
{
	struct number n = from_hex(OAKLEY1), a = s32(-3), b = s32(0), c = s32(0), two = s32(2);
	TEE_BigIntFMMContext context[1];
	struct number f = s32(0), g = s32(0);

	(void)state;
	TEE_BigIntMod(b.w, a.w, s32(7).w);
	expect(&b, 4);
	TEE_BigIntAddMod(b.w, s32(5).w, s32(6).w, s32(7).w);
	expect(&b, 4);
	TEE_BigIntSubMod(b.w, s32(2).w, s32(6).w, s32(7).w);
	expect(&b, 3);
	TEE_BigIntMulMod(b.w, s32(5).w, s32(6).w, s32(7).w);
	expect(&b, 2);
	TEE_BigIntSquareMod(b.w, s32(5).w, s32(7).w);
	expect(&b, 4);
	TEE_BigIntInvMod(b.w, s32(3).w, s32(7).w);
	expect(&b, 5);
	EXPECT_PANIC(TEE_BigIntInvMod(b.w, s32(6).w, s32(8).w));
	EXPECT_PANIC(TEE_BigIntMod(b.w, a.w, s32(1).w));
	/* Fermat: 2 ^ (p - 1) is 1. */
	TEE_BigIntSub(c.w, n.w, s32(1).w);
	assert_int_equal(TEE_BigIntExpMod(b.w, two.w, c.w, n.w, NULL), TEE_SUCCESS);
	expect(&b, 1);
	assert_int_equal(TEE_BigIntExpMod(b.w, two.w, c.w, s32(8).w, NULL),
			 TEE_ERROR_NOT_SUPPORTED);
	assert_int_equal(TEE_BigIntFMMSizeInU32(1024), WORDS);
	assert_int_equal(TEE_BigIntFMMContextSizeInU32(1024), 1);
	assert_int_equal(TEE_BigIntInitFMMContext1(context, 1, s32(8).w), TEE_ERROR_NOT_SUPPORTED);
	assert_int_equal(TEE_BigIntInitFMMContext1(context, 1, s32(7).w), TEE_SUCCESS);
	TEE_BigIntInitFMM(f.w, WORDS);
	TEE_BigIntInitFMM(g.w, WORDS);
	TEE_BigIntConvertToFMM(f.w, s32(5).w, s32(7).w, context);
	TEE_BigIntConvertToFMM(g.w, s32(13).w, s32(7).w, context);
	TEE_BigIntComputeFMM(f.w, f.w, g.w, s32(7).w, context);
	TEE_BigIntConvertFromFMM(b.w, f.w, s32(7).w, context);
	expect(&b, 65 % 7);
}

static void test_others(void **state)
{
	static const int32_t pairs[][2] = { { 240, 46 }, { -240, 46 }, { 240, -46 }, { 7, 0 },
					    { 0, -7 },	 { 17, 13 },   { -1, -1 } };
	struct number n = from_hex(OAKLEY1), g = s32(0), u = s32(0), v = s32(0), x, y;
	unsigned int i;

	(void)state;
	assert_int_equal(TEE_BigIntIsProbablePrime(n.w, 80), 1);
	TEE_BigIntSub(n.w, n.w, s32(2).w);
	assert_int_equal(TEE_BigIntIsProbablePrime(n.w, 80), 0);
	assert_int_equal(TEE_BigIntIsProbablePrime(s32(2).w, 80), 1);
	assert_int_equal(TEE_BigIntIsProbablePrime(s32(1).w, 80), 0);
	assert_int_equal(TEE_BigIntIsProbablePrime(s32(-7).w, 80), 0);
	assert_true(TEE_BigIntRelativePrime(s32(9).w, s32(-8).w));
	assert_false(TEE_BigIntRelativePrime(s32(9).w, s32(6).w));
	for (i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		x = s32(pairs[i][0]);
		y = s32(pairs[i][1]);
		TEE_BigIntComputeExtendedGcd(g.w, u.w, v.w, x.w, y.w);
		assert_int_equal(TEE_BigIntCmpS32(g.w, 0), 1);
		TEE_BigIntMul(u.w, u.w, x.w);
		TEE_BigIntMul(v.w, v.w, y.w);
		TEE_BigIntAdd(u.w, u.w, v.w);
		assert_int_equal(TEE_BigIntCmp(u.w, g.w), 0);
		TEE_BigIntDiv(NULL, u.w, x.w, g.w);
		expect(&u, 0);
		TEE_BigIntDiv(NULL, u.w, y.w, g.w);
		expect(&u, 0);
	}
	TEE_BigIntComputeExtendedGcd(g.w, NULL, NULL, s32(240).w, s32(46).w);
	expect(&g, 2);
	TEE_BigIntComputeExtendedGcd(g.w, NULL, NULL, s32(0).w, s32(0).w);
	expect(&g, 0);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, fake_runtime_start, fake_runtime_stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_convert), TEST(test_bits),   TEST(test_basic),
		TEST(test_modular), TEST(test_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
