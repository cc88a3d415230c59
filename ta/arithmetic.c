// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
/* Big integers: basic (8.7), modular (8.8) and other (8.9) arithmetic. */
#include "ta/bigint.h"
#include "ta/runtime.h"

/* Two operands, a place for the result, and what libcrypto needs beside them. */
struct sum {
	BIGNUM *a, *b, *r;
	BN_CTX *ctx;
};

static struct sum begin(const TEE_BigInt *op1, const TEE_BigInt *op2, const char *func)
{
	struct sum s = {
		.a = ta_bigint_get(op1, func),
		.b = op2 ? ta_bigint_get(op2, func) : NULL,
		.r = ta_bigint_new(func),
		.ctx = BN_CTX_new(),
	};

	ta_bigint_check(s.ctx != NULL, func);
	return s;
}

static void end(struct sum *s, TEE_BigInt *dest, const char *func)
{
	BN_clear_free(s->a);
	BN_clear_free(s->b);
	BN_CTX_free(s->ctx);
	ta_bigint_put_sure(dest, s->r, func);
}

BIGNUM *ta_bigint_modulus(const TEE_BigInt *n, const char *func)
{
	BIGNUM *bn = ta_bigint_get(n, func);

	if (BN_is_negative(bn) || BN_is_zero(bn) || BN_is_one(bn))
		ta_panic(func, TEE_ERROR_BAD_PARAMETERS, "a modulus below 2");
	return bn;
}

void TEE_BigIntAdd(TEE_BigInt *dest, const TEE_BigInt *op1, const TEE_BigInt *op2)
{
	struct sum s = begin(op1, op2, __func__);

	ta_bigint_check(s.b && BN_add(s.r, s.a, s.b), __func__);
	end(&s, dest, __func__);
}

void TEE_BigIntSub(TEE_BigInt *dest, const TEE_BigInt *op1, const TEE_BigInt *op2)
{
	struct sum s = begin(op1, op2, __func__);

	ta_bigint_check(s.b && BN_sub(s.r, s.a, s.b), __func__);
	end(&s, dest, __func__);
}

void TEE_BigIntNeg(TEE_BigInt *dest, const TEE_BigInt *op)
{
	BIGNUM *a = ta_bigint_get(op, __func__);

	BN_set_negative(a, !BN_is_negative(a));
	ta_bigint_put_sure(dest, a, __func__);
}

void TEE_BigIntMul(TEE_BigInt *dest, const TEE_BigInt *op1, const TEE_BigInt *op2)
{
	struct sum s = begin(op1, op2, __func__);

	ta_bigint_check(s.b && BN_mul(s.r, s.a, s.b, s.ctx), __func__);
	end(&s, dest, __func__);
}

void TEE_BigIntSquare(TEE_BigInt *dest, const TEE_BigInt *op)
{
	TEE_BigIntMul(dest, op, op);
}

void TEE_BigIntDiv(TEE_BigInt *dest_q, TEE_BigInt *dest_r, const TEE_BigInt *op1,
		   const TEE_BigInt *op2)
{
	struct sum s = begin(op1, op2, __func__);
	BIGNUM *rest = ta_bigint_new(__func__);

	if (!s.b || BN_is_zero(s.b))
		TA_PANIC(TEE_ERROR_BAD_PARAMETERS, "a division by zero");
	ta_bigint_check(BN_div(s.r, rest, s.a, s.b, s.ctx), __func__);
	/* Either result may not be wanted. */
	if (dest_r)
		ta_bigint_put_sure(dest_r, rest, __func__);
	else
		BN_clear_free(rest);
	if (dest_q) {
		end(&s, dest_q, __func__);
		return;
	}
	BN_clear_free(s.a);
	BN_clear_free(s.b);
	BN_clear_free(s.r);
	BN_CTX_free(s.ctx);
}

void TEE_BigIntMod(TEE_BigInt *dest, const TEE_BigInt *op, const TEE_BigInt *n)
{
	struct sum s = begin(op, NULL, __func__);

	s.b = ta_bigint_modulus(n, __func__);
	ta_bigint_check(BN_nnmod(s.r, s.a, s.b, s.ctx), __func__);
	end(&s, dest, __func__);
}

typedef int (*mod_fn)(BIGNUM *r, const BIGNUM *a, const BIGNUM *b, const BIGNUM *m, BN_CTX *ctx);

static void modular(TEE_BigInt *dest, const TEE_BigInt *op1, const TEE_BigInt *op2,
		    const TEE_BigInt *n, mod_fn fn, const char *func)
{
	struct sum s = begin(op1, op2, func);
	BIGNUM *m = ta_bigint_modulus(n, func);

	ta_bigint_check(s.b && fn(s.r, s.a, s.b, m, s.ctx), func);
	BN_clear_free(m);
	end(&s, dest, func);
}

void TEE_BigIntAddMod(TEE_BigInt *dest, const TEE_BigInt *op1, const TEE_BigInt *op2,
		      const TEE_BigInt *n)
{
	modular(dest, op1, op2, n, BN_mod_add, __func__);
}

void TEE_BigIntSubMod(TEE_BigInt *dest, const TEE_BigInt *op1, const TEE_BigInt *op2,
		      const TEE_BigInt *n)
{
	modular(dest, op1, op2, n, BN_mod_sub, __func__);
}

void TEE_BigIntMulMod(TEE_BigInt *dest, const TEE_BigInt *op1, const TEE_BigInt *op2,
		      const TEE_BigInt *n)
{
	modular(dest, op1, op2, n, BN_mod_mul, __func__);
}

void TEE_BigIntSquareMod(TEE_BigInt *dest, const TEE_BigInt *op, const TEE_BigInt *n)
{
	modular(dest, op, op, n, BN_mod_mul, __func__);
}

void TEE_BigIntInvMod(TEE_BigInt *dest, const TEE_BigInt *op, const TEE_BigInt *n)
{
	struct sum s = begin(op, NULL, __func__);

	s.b = ta_bigint_modulus(n, __func__);
	if (!BN_mod_inverse(s.r, s.a, s.b, s.ctx))
		TA_PANIC(TEE_ERROR_BAD_PARAMETERS, "there is no inverse");
	end(&s, dest, __func__);
}

TEE_Result TEE_BigIntExpMod(TEE_BigInt *dest, const TEE_BigInt *op1, const TEE_BigInt *op2,
			    const TEE_BigInt *n, const TEE_BigIntFMMContext *context)
{
	struct sum s = begin(op1, op2, __func__);
	BIGNUM *m = ta_bigint_modulus(n, __func__);
	bool even = !BN_is_odd(m);

	(void)context;
	if (!s.b || BN_is_negative(s.b))
		TA_PANIC(TEE_ERROR_BAD_PARAMETERS, "an exponent below zero");
	if (!even) {
		BN_set_flags(s.b, BN_FLG_CONSTTIME);
		ta_bigint_check(BN_nnmod(s.a, s.a, m, s.ctx) && BN_mod_exp(s.r, s.a, s.b, m, s.ctx),
				__func__);
	}
	BN_clear_free(m);
	if (!even) {
		end(&s, dest, __func__);
		return TEE_SUCCESS;
	}
	BN_clear_free(s.a);
	BN_clear_free(s.b);
	BN_clear_free(s.r);
	BN_CTX_free(s.ctx);
	return TEE_ERROR_NOT_SUPPORTED;
}

bool TEE_BigIntRelativePrime(const TEE_BigInt *op1, const TEE_BigInt *op2)
{
	struct sum s = begin(op1, op2, __func__);
	bool one;

	ta_bigint_check(s.b && BN_gcd(s.r, s.a, s.b, s.ctx), __func__);
	one = BN_abs_is_word(s.r, 1);
	BN_clear_free(s.a);
	BN_clear_free(s.b);
	BN_clear_free(s.r);
	BN_CTX_free(s.ctx);
	return one;
}

/* (@x0, @x1) becomes (@x1, @x0 - @q * @x1). */
static int step(BIGNUM **x0, BIGNUM **x1, const BIGNUM *q, BIGNUM *t, BN_CTX *ctx)
{
	BIGNUM *old = *x0;

	if (!BN_mul(t, q, *x1, ctx) || !BN_sub(old, old, t))
		return 0;
	*x0 = *x1;
	*x1 = old;
	return 1;
}

/*
 * Euclid's, on the absolute values; the signs are put back into the factors. Of 0 and 0 there is no
 * greatest divisor: it is 0 here, as OP-TEE's users expect.
 */
void TEE_BigIntComputeExtendedGcd(TEE_BigInt *gcd, TEE_BigInt *u, TEE_BigInt *v,
				  const TEE_BigInt *op1, const TEE_BigInt *op2)
{
	struct sum s = begin(op1, op2, __func__);
	BIGNUM *u0 = ta_bigint_new(__func__), *u1 = ta_bigint_new(__func__);
	BIGNUM *v0 = ta_bigint_new(__func__), *v1 = ta_bigint_new(__func__);
	BIGNUM *q = ta_bigint_new(__func__);
	bool neg_a = BN_is_negative(s.a), neg_b = s.b && BN_is_negative(s.b);

	if (!s.b)
		TA_PANIC(TEE_ERROR_BAD_PARAMETERS, "no second number");
	BN_set_negative(s.a, 0);
	BN_set_negative(s.b, 0);
	ta_bigint_check(BN_one(u0) && BN_one(v1), __func__);
	while (!BN_is_zero(s.b)) {
		ta_bigint_check(
			BN_div(q, NULL, s.a, s.b, s.ctx) && step(&s.a, &s.b, q, s.r, s.ctx) &&
				step(&u0, &u1, q, s.r, s.ctx) && step(&v0, &v1, q, s.r, s.ctx),
			__func__);
	}
	BN_set_negative(u0, neg_a != BN_is_negative(u0));
	BN_set_negative(v0, neg_b != BN_is_negative(v0));
	ta_bigint_check(BN_copy(s.r, s.a) != NULL, __func__);
	BN_clear_free(u1);
	BN_clear_free(v1);
	BN_clear_free(q);
	if (u)
		ta_bigint_put_sure(u, u0, __func__);
	else
		BN_clear_free(u0);
	if (v)
		ta_bigint_put_sure(v, v0, __func__);
	else
		BN_clear_free(v0);
	end(&s, gcd, __func__);
}

int32_t TEE_BigIntIsProbablePrime(const TEE_BigInt *op, uint32_t confidenceLevel)
{
	struct sum s = begin(op, NULL, __func__);
	int prime;

	/* libcrypto's number of rounds is good for more than any level that GP asks for. */
	(void)confidenceLevel;
	prime = BN_is_negative(s.a) ? 0 : BN_check_prime(s.a, s.ctx, NULL);
	ta_bigint_check(prime >= 0, __func__);
	BN_clear_free(s.a);
	BN_clear_free(s.r);
	BN_CTX_free(s.ctx);
	return prime;
}
