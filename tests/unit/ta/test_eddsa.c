// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "crypto_words.h"

#include <cmocka.h>

#define ABC "616263"
#define FOO "666f6f"
#define PH25519_D "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42"
#define CTX448_D                                                                                   \
	"c4eab05d357007c632f3dbb48489924d552b08fe0c353a0d4a1f00acda2c463a"                         \
	"fbea67c5e8d2877c5e3bc397a659949ef8021e954e0a12274e"
#define CTX448_Q                                                                                   \
	"43ba28f430cdff456ae531545f7ecd0ac834a55d9358c0372bfa0c6c6798c086"                         \
	"6aea01eb00742802b8438ea4cb82169c235160627b4c3a9480"
#define PH448_D                                                                                    \
	"833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42"                         \
	"ef7822e0d5104127dc05d6dbefde69e3ab2cec7c867c6e2c49"
#define PH448_Q                                                                                    \
	"259b71c19f83ef77a7abd26524cbdb3161b590a48f7d17de3ee0ba9c52beb743"                         \
	"c09428a131d6b1b57303d90d8132c276d5ed3d5d01c0f53880"

static const struct vector {
	uint32_t alg;
	const char *d, *q, *text, *context, *sig;
	bool prehash;
} vectors[] = {
	/* RFC 8032, 7.1, tests 1 and 2 */
	{ TEE_ALG_ED25519, "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
	  "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "", "",
	  "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
	  "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
	  false },
	{ TEE_ALG_ED25519, "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
	  "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72", "",
	  "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
	  "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
	  false },
	/* 7.2, foo */
	{ TEE_ALG_ED25519, "0305334e381af78f141cb666f6199f57bc3495335a256a95bd2a55bf546663f6",
	  "dfc9425e4f968f7f0c29f0259cf5f9aed6851c2bb4ad8bfb860cfee0ab248292",
	  "f726936d19c800494e3fdaff20b276a8", FOO,
	  "55a4cc2f70a54e04288c5f4cd1e45a7bb520b36292911876cada7323198dd87a"
	  "8b36950b95130022907a7fb7c4e9b2d5f6cca685a587b4b21f4b888e4e7edb0d",
	  false },
	/* 7.3 */
	{ TEE_ALG_ED25519, PH25519_D,
	  "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf", ABC, "",
	  "98a70222f0b8121aa9d30f813d683f809e462b469c7ff87639499bb94e6dae41"
	  "31f85042463c2a355a2003d062adf5aaa10b8c61e636062aaad11c2a26083406",
	  true },
	/* 7.4, one byte, without and with a context */
	{ TEE_ALG_ED448, CTX448_D, CTX448_Q, "03", "",
	  "26b8f91727bd62897af15e41eb43c377efb9c610d48f2335cb0bd0087810f435"
	  "2541b143c4b981b7e18f62de8ccdf633fc1bf037ab7cd779805e0dbcc0aae1cb"
	  "cee1afb2e027df36bc04dcecbf154336c19f0af7e0a6472905e799f1953d2a0f"
	  "f3348ab21aa4adafd1d234441cf807c03a00",
	  false },
	{ TEE_ALG_ED448, CTX448_D, CTX448_Q, "03", FOO,
	  "d4f8f6131770dd46f40867d6fd5d5055de43541f8c5e35abbcd001b32a89f7d2"
	  "151f7647f11d8ca2ae279fb842d607217fce6e042f6815ea000c85741de5c8da"
	  "1144a6a1aba7f96de42505d7a7298524fda538fccbbb754f578c1cad10d54d0d"
	  "5428407e85dcbc98a49155c13764e66c3c00",
	  false },
	/* 7.5, without and with a context */
	{ TEE_ALG_ED448, PH448_D, PH448_Q, ABC, "",
	  "822f6901f7480f3d5f562c592994d9693602875614483256505600bbc281ae38"
	  "1f54d6bce2ea911574932f52a4e6cadd78769375ec3ffd1b801a0d9b3f4030cd"
	  "433964b6457ea39476511214f97469b57dd32dbc560a9a94d00bff07620464a3"
	  "ad203df7dc7ce360c3cd3696d9d9fab90f00",
	  true },
	{ TEE_ALG_ED448, PH448_D, PH448_Q, ABC, FOO,
	  "c32299d46ec8ff02b54540982814dce9a05812f81962b649d528095916a2aa48"
	  "1065b1580423ef927ecf0af5888f90da0f6a9a85ad5dc3f280d91224ba9911a3"
	  "653d00e484e2ce232521481c8658df304bb7745a73514cdb9bf3e15784ab7128"
	  "4f8d0704a608c54a6b62d97beb511d132100",
	  true },
};
#define NUM_VECTORS (sizeof(vectors) / sizeof(vectors[0]))

/* Numbers of a curve's names. */
struct edwards {
	uint32_t type, public_type, private_id, public_id, bits;
	size_t sig_len;
};

static struct edwards curve_of(const struct vector *v)
{
	static const struct edwards ed25519 = { TEE_TYPE_ED25519_KEYPAIR,
						TEE_TYPE_ED25519_PUBLIC_KEY,
						TEE_ATTR_ED25519_PRIVATE_VALUE,
						TEE_ATTR_ED25519_PUBLIC_VALUE,
						256,
						64 };
	static const struct edwards ed448 = { TEE_TYPE_ED448_KEYPAIR,
					      TEE_TYPE_ED448_PUBLIC_KEY,
					      TEE_ATTR_ED448_PRIVATE_VALUE,
					      TEE_ATTR_ED448_PUBLIC_VALUE,
					      448,
					      114 };

	return v->alg == TEE_ALG_ED25519 ? ed25519 : ed448;
}

static TEE_OperationHandle keyed_op(const struct vector *v, uint32_t mode)
{
	struct edwards c = curve_of(v);
	struct hex d = hex(v->d), q = hex(v->q);
	bool private = mode == TEE_MODE_SIGN;
	TEE_ObjectHandle key = key_object(private ? c.type : c.public_type, c.bits);
	TEE_OperationHandle op = operation(v->alg, mode, c.bits);
	TEE_Attribute attrs[2];

	attrs[0] = ref_attr(c.public_id, &q);
	attrs[1] = ref_attr(c.private_id, &d);
	assert_int_equal(TEE_PopulateTransientObject(key, attrs, private ? 2 : 1), TEE_SUCCESS);
	assert_int_equal(TEE_SetOperationKey(op, key), TEE_SUCCESS);
	TEE_FreeTransientObject(key);
	return op;
}

static uint32_t params_of(const struct vector *v, struct hex *context, TEE_Attribute params[2])
{
	uint32_t num = 0;

	*context = hex(v->context);
	if (context->len)
		params[num++] = ref_attr(TEE_ATTR_EDDSA_CTX, context);
	if (v->prehash)
		TEE_InitValueAttribute(&params[num++], TEE_ATTR_EDDSA_PREHASH, 1, 0);
	return num;
}

static void test_sign(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < NUM_VECTORS; i++) {
		const struct vector *v = &vectors[i];
		TEE_OperationHandle op = keyed_op(v, TEE_MODE_SIGN);
		struct hex text = hex(v->text), context;
		TEE_Attribute params[2];
		uint32_t num = params_of(v, &context, params);
		uint8_t sig[128];
		size_t len = curve_of(v).sig_len - 1;

		assert_int_equal(
			TEE_AsymmetricSignDigest(op, params, num, text.b, text.len, sig, &len),
			TEE_ERROR_SHORT_BUFFER);
		assert_int_equal(len, curve_of(v).sig_len);
		len = sizeof(sig);
		assert_int_equal(
			TEE_AsymmetricSignDigest(op, params, num, text.b, text.len, sig, &len),
			TEE_SUCCESS);
		expect_hex(sig, len, v->sig);
	}
}

static TEE_Result verify(const struct vector *v, TEE_OperationHandle op, const struct hex *sig)
{
	struct hex text = hex(v->text), context;
	TEE_Attribute params[2];
	uint32_t num = params_of(v, &context, params);

	return TEE_AsymmetricVerifyDigest(op, params, num, text.b, text.len, sig->b, sig->len);
}

/* Adds the curve's order to the second half of a signature: the same to whoever doesn't look. */
static void add_order(struct hex *sig, size_t half)
{
	struct hex order =
		hex(half == 32 ? "edd3f55c1a631258d69cf7a2def9de14"
				 "00000000000000000000000000000010"
			       : "f34458ab92c27823558fc58d72c26c219036d6ae49db4ec4e923ca7c"
				 "ffffffffffffffffffffffffffffffffffffffffffffffffffffff3f00");
	unsigned int carry = 0;
	size_t i;

	for (i = 0; i < half; i++) {
		carry += (unsigned int)sig->b[half + i] + order.b[i];
		sig->b[half + i] = (uint8_t)carry;
		carry >>= 8;
	}
}

static void test_verify(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < NUM_VECTORS; i++) {
		const struct vector *v = &vectors[i];
		TEE_OperationHandle op = keyed_op(v, TEE_MODE_VERIFY);
		struct vector other = *v;
		struct hex sig = hex(v->sig);

		assert_int_equal(verify(v, op, &sig), TEE_SUCCESS);
		/* Of another kind: not by the same name. */
		other.context = *v->context ? "" : FOO;
		assert_int_equal(verify(&other, op, &sig), TEE_ERROR_SIGNATURE_INVALID);
		other = *v;
		other.prehash = !v->prehash;
		assert_int_equal(verify(&other, op, &sig), TEE_ERROR_SIGNATURE_INVALID);
		sig.len--;
		assert_int_equal(verify(v, op, &sig), TEE_ERROR_SIGNATURE_INVALID);
		sig = hex(v->sig);
		sig.b[1] ^= 1;
		assert_int_equal(verify(v, op, &sig), TEE_ERROR_SIGNATURE_INVALID);
		sig = hex(v->sig);
		add_order(&sig, sig.len / 2);
		assert_int_equal(verify(v, op, &sig), TEE_ERROR_SIGNATURE_INVALID);
	}
}

static void test_generated(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < NUM_VECTORS; i++) {
		struct edwards c = curve_of(&vectors[i]);
		TEE_ObjectHandle key = key_object(c.type, c.bits);
		TEE_OperationHandle sign = operation(vectors[i].alg, TEE_MODE_SIGN, c.bits);
		TEE_OperationHandle check = operation(vectors[i].alg, TEE_MODE_VERIFY, c.bits);
		struct hex text = hex(vectors[i].text), context, sig = { .len = HEX_MAX };
		TEE_Attribute params[2];
		uint32_t num = params_of(&vectors[i], &context, params);

		assert_int_equal(TEE_GenerateKey(key, c.bits, NULL, 0), TEE_SUCCESS);
		assert_int_equal(TEE_SetOperationKey(sign, key), TEE_SUCCESS);
		assert_int_equal(TEE_SetOperationKey(check, key), TEE_SUCCESS);
		assert_int_equal(TEE_AsymmetricSignDigest(sign, params, num, text.b, text.len,
							  sig.b, &sig.len),
				 TEE_SUCCESS);
		assert_int_equal(verify(&vectors[i], check, &sig), TEE_SUCCESS);
	}
}

static void test_misuse(void **state)
{
	TEE_OperationHandle op = keyed_op(&vectors[1], TEE_MODE_SIGN);
	struct hex context = { .len = 256 };
	TEE_Attribute param = ref_attr(TEE_ATTR_EDDSA_CTX, &context);
	uint8_t sig[64];
	size_t len = 64;

	(void)state;
	EXPECT_PANIC(TEE_AsymmetricSignDigest(op, &param, 1, "\x72", 1, sig, &len));
	param.content.ref.length = 255;
	assert_int_equal(TEE_AsymmetricSignDigest(op, &param, 1, "\x72", 1, sig, &len),
			 TEE_SUCCESS);
	param.attributeID = TEE_ATTR_RSA_OAEP_LABEL;
	EXPECT_PANIC(TEE_AsymmetricSignDigest(op, &param, 1, "\x72", 1, sig, &len));
	assert_int_equal(TEE_IsAlgorithmSupported(TEE_ALG_ED448, TEE_ECC_CURVE_448), TEE_SUCCESS);
	assert_int_equal(TEE_IsAlgorithmSupported(TEE_ALG_ED448, TEE_ECC_CURVE_25519),
			 TEE_ERROR_NOT_SUPPORTED);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, fake_runtime_start, fake_runtime_stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_sign),
		TEST(test_verify),
		TEST(test_generated),
		TEST(test_misuse),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
