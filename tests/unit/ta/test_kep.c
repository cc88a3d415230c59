// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
/* SM2's key exchange, with the example of GB/T 32918.5, B.2. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "crypto_words.h"

#include <cmocka.h>

#define ID "31323334353637383132333435363738"
#define SECRET "6c89347354de2484c60b4ab1fde4c6e5"
#define BY_A "18c7894b3816df16cf07b05c5ec0bef5d655d58f779cc1b400a4f3884644db88"
#define BY_B "d3a0fe15dee185ceae907a6b595cc32a266ed7b3367e9983a896dc32fa20f8eb"
#define MAX_PARAMS 10u

struct pair {
	const char *d, *x, *y;
};

/* Fixed and fresh key of each side. */
static const struct pair a[2] = {
	{ "81eb26e941bb5af16df116495f90695272ae2cd63d6c4ae1678418be48230029",
	  "160e12897df4edb61dd812feb96748fbd3ccf4ffe26aa6f6db9540af49c94232",
	  "4a7dad08bb9a459531694beb20aa489d6649975e1bfcf8c4741b78b4b223007f" },
	{ "d4de15474db74d06491c440d305e012400990f3e390c7e87153c12db2ea60bb3",
	  "64ced1bdbc99d590049b434d0fd73428cf608a5db8fe5ce07f15026940bae40e",
	  "376629c7ab21e7db260922499ddb118f07ce8eaae3e7720afef6a5cc062070c0" },
};
static const struct pair b[2] = {
	{ "785129917d45a9ea5437a59356b82338eaadda6ceb199088f14ae10defa229b5",
	  "6ae848c57c53c7b1b5fa99eb2286af078ba64c64591b8b566f7357d576f16dfb",
	  "ee489d771621a27b36c5c7992062e9cd09a9264386f3fbea54dff69305621c4d" },
	{ "7e07124814b309489125eaed101113164ebf0f3458c5bd88335c1f9d596243d6",
	  "acc27688a6f7b706098bc91ff3ad1bff7dc2802cdb14ccccdb0a90471f9bd707",
	  "2fedac0494b2ffc4d6853876c79b8f301c6573ad0aa50f39fc87181e1a1b46fe" },
};

/* Parameters, and the bytes that they point to. */
struct side {
	TEE_Attribute attr[MAX_PARAMS];
	uint32_t num;
	struct hex x, y, fresh_x, fresh_y, id_a, id_b, in, out;
};

static TEE_ObjectHandle key_of(const struct pair *p)
{
	TEE_ObjectHandle key = key_object(TEE_TYPE_SM2_KEP_KEYPAIR, 256);
	struct hex d = hex(p->d), x = hex(p->x), y = hex(p->y);
	TEE_Attribute attrs[3];

	attrs[0] = ref_attr(TEE_ATTR_ECC_PRIVATE_VALUE, &d);
	attrs[1] = ref_attr(TEE_ATTR_ECC_PUBLIC_VALUE_X, &x);
	attrs[2] = ref_attr(TEE_ATTR_ECC_PUBLIC_VALUE_Y, &y);
	assert_int_equal(TEE_PopulateTransientObject(key, attrs, 3), TEE_SUCCESS);
	return key;
}

static TEE_OperationHandle op_of(const struct pair own[2])
{
	TEE_OperationHandle op = operation(TEE_ALG_SM2_KEP, TEE_MODE_DERIVE, 512);

	assert_int_equal(TEE_SetOperationKey2(op, key_of(&own[0]), key_of(&own[1])), TEE_SUCCESS);
	return op;
}

static void add(struct side *s, uint32_t id, const struct hex *h)
{
	s->attr[s->num++] = ref_attr(id, h);
}

/* All but the confirmations. */
static void make_side(struct side *s, bool initiator, const struct pair peer[2])
{
	s->num = 0;
	s->x = hex(peer[0].x);
	s->y = hex(peer[0].y);
	s->fresh_x = hex(peer[1].x);
	s->fresh_y = hex(peer[1].y);
	s->id_a = s->id_b = hex(ID);
	TEE_InitValueAttribute(&s->attr[s->num++], TEE_ATTR_SM2_KEP_USER, initiator ? 0 : 1, 0);
	add(s, TEE_ATTR_ECC_PUBLIC_VALUE_X, &s->x);
	add(s, TEE_ATTR_ECC_PUBLIC_VALUE_Y, &s->y);
	add(s, TEE_ATTR_ECC_EPHEMERAL_PUBLIC_VALUE_X, &s->fresh_x);
	add(s, TEE_ATTR_ECC_EPHEMERAL_PUBLIC_VALUE_Y, &s->fresh_y);
	add(s, TEE_ATTR_SM2_ID_INITIATOR, &s->id_a);
	add(s, TEE_ATTR_SM2_ID_RESPONDER, &s->id_b);
}

static void confirmations(struct side *s, const char *in)
{
	s->in = hex(in);
	memset(&s->out, 0, sizeof(s->out));
	s->out.len = 32;
	add(s, TEE_ATTR_SM2_KEP_CONFIRMATION_IN, &s->in);
	add(s, TEE_ATTR_SM2_KEP_CONFIRMATION_OUT, &s->out);
}

static void derive(TEE_OperationHandle op, const struct side *s, uint32_t bits, const char *want)
{
	TEE_ObjectHandle key = key_object(TEE_TYPE_GENERIC_SECRET, bits);
	struct hex secret = { .len = HEX_MAX };

	TEE_DeriveKey(op, s->attr, s->num, key);
	assert_int_equal(
		TEE_GetObjectBufferAttribute(key, TEE_ATTR_SECRET_VALUE, secret.b, &secret.len),
		TEE_SUCCESS);
	expect_hex(secret.b, secret.len, want);
	TEE_FreeTransientObject(key);
}

static void test_known(void **state)
{
	struct side s;

	(void)state;
	make_side(&s, true, b);
	confirmations(&s, BY_B);
	derive(op_of(a), &s, 16, SECRET);
	expect_hex(s.out.b, 32, BY_A);
	make_side(&s, false, a);
	confirmations(&s, BY_A);
	derive(op_of(b), &s, 16, SECRET);
	expect_hex(s.out.b, 32, BY_B);
}

/* A confirmation that there is no place for is left out. */
static void test_nowhere(void **state)
{
	static const struct hex fixed = { .len = 32 };
	struct side s;

	(void)state;
	make_side(&s, true, b);
	add(&s, TEE_ATTR_SM2_KEP_CONFIRMATION_OUT, &fixed);
	derive(op_of(a), &s, 16, SECRET);
	assert_int_equal(fixed.b[0], 0);
}

static void test_sizes(void **state)
{
	TEE_OperationHandle op = op_of(a);
	struct side s;

	(void)state;
	/* The bits of the object are bytes, unless a parameter says how many there are. */
	make_side(&s, true, b);
	derive(op, &s, 8, "6c89347354de2484");
	TEE_InitValueAttribute(&s.attr[s.num++], TEE_ATTR_KDF_KEY_SIZE, 16, 0);
	derive(op, &s, 128, SECRET);
	derive(op, &s, 8, SECRET);
	assert_int_equal(TEE_IsAlgorithmSupported(TEE_ALG_SM2_KEP, TEE_ECC_CURVE_SM2), TEE_SUCCESS);
}

static void refused_without(TEE_OperationHandle op, uint32_t i)
{
	struct side s;

	make_side(&s, true, b);
	s.attr[i] = s.attr[--s.num];
	EXPECT_PANIC(derive(op, &s, 16, ""));
}

static void test_incomplete(void **state)
{
	uint32_t i;

	(void)state;
	for (i = 0; i < 7; i++)
		refused_without(op_of(a), i);
}

static void test_refused(void **state)
{
	TEE_OperationHandle op = op_of(a), one;
	struct side s;

	(void)state;
	/* The other side has come to something else. */
	make_side(&s, true, b);
	confirmations(&s, BY_A);
	EXPECT_PANIC(derive(op, &s, 16, ""));
	confirmations(&s, BY_B "00");
	EXPECT_PANIC(derive(op, &s, 16, ""));
	/* Not on the curve. */
	make_side(&s, true, b);
	s.y.b[0] ^= 1;
	EXPECT_PANIC(derive(op, &s, 16, ""));
	make_side(&s, true, b);
	s.fresh_y.b[0] ^= 1;
	EXPECT_PANIC(derive(op, &s, 16, ""));
	/* A stranger among the parameters. */
	make_side(&s, true, b);
	add(&s, TEE_ATTR_RSA_OAEP_LABEL, &s.id_a);
	EXPECT_PANIC(derive(op, &s, 16, ""));
	/* One key where two should be. */
	one = operation(TEE_ALG_SM2_KEP, TEE_MODE_DERIVE, 512);
	EXPECT_PANIC(TEE_SetOperationKey(one, key_of(&a[0])));
	EXPECT_PANIC(derive(one, &s, 16, ""));
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, fake_runtime_start, fake_runtime_stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_known),      TEST(test_nowhere), TEST(test_sizes),
		TEST(test_incomplete), TEST(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
