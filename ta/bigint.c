// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
/* Big integers: memory (8.4), conversion (8.5), logical operations (8.6). */
#include "ta/bigint.h"

#include <string.h>

#include "ta/runtime.h"

#define HEAD_WORDS 2u
#define MAX_WORDS (TA_BIGINT_MAX_BITS / 32)

void ta_bigint_check(int ok, const char *func)
{
	if (!ok)
		ta_panic(func, TEE_ERROR_OUT_OF_MEMORY, "memory is out");
}

static struct ta_bigint_head head_of(const TEE_BigInt *n, const char *func)
{
	struct ta_bigint_head head;

	if (!n)
		ta_panic(func, TEE_ERROR_BAD_PARAMETERS, "no big integer");
	memcpy(&head, n, sizeof(head));
	if ((head.sign != 1 && head.sign != -1) || head.words > head.max_words ||
	    head.max_words > MAX_WORDS)
		ta_panic(func, TEE_ERROR_BAD_PARAMETERS, "a big integer that wasn't initialised");
	return head;
}

BIGNUM *ta_bigint_new(const char *func)
{
	BIGNUM *bn = BN_new();

	ta_bigint_check(bn != NULL, func);
	return bn;
}

BIGNUM *ta_bigint_get(const TEE_BigInt *src, const char *func)
{
	struct ta_bigint_head head = head_of(src, func);
	BIGNUM *bn = BN_lebin2bn((const uint8_t *)(src + HEAD_WORDS), head.words * 4, NULL);

	ta_bigint_check(bn != NULL, func);
	BN_set_negative(bn, head.sign < 0);
	return bn;
}

TEE_Result ta_bigint_put(TEE_BigInt *dest, BIGNUM *bn, const char *func)
{
	struct ta_bigint_head head = head_of(dest, func);
	unsigned int words = ((unsigned int)BN_num_bits(bn) + 31) / 32;
	TEE_Result res = TEE_ERROR_OVERFLOW;

	if (words <= head.max_words) {
		head.words = (uint16_t)words;
		head.sign = BN_is_negative(bn) ? -1 : 1;
		memcpy(dest, &head, sizeof(head));
		BN_bn2lebinpad(bn, (uint8_t *)(dest + HEAD_WORDS), (int)words * 4);
		res = TEE_SUCCESS;
	}
	BN_clear_free(bn);
	return res;
}

void ta_bigint_put_sure(TEE_BigInt *dest, BIGNUM *bn, const char *func)
{
	if (ta_bigint_put(dest, bn, func) != TEE_SUCCESS)
		ta_panic(func, TEE_ERROR_OVERFLOW, "the result is too small for its value");
}

void TEE_BigIntInit(TEE_BigInt *bigInt, size_t len)
{
	struct ta_bigint_head head = { .sign = 1 };

	if (!bigInt || len < HEAD_WORDS || len - HEAD_WORDS > MAX_WORDS)
		TA_PANIC(TEE_ERROR_BAD_PARAMETERS, "a length that big integers can't have");
	memset(bigInt, 0, len * sizeof(*bigInt));
	head.max_words = (uint16_t)(len - HEAD_WORDS);
	memcpy(bigInt, &head, sizeof(head));
}

TEE_Result TEE_BigIntConvertFromOctetString(TEE_BigInt *dest, const uint8_t *buffer,
					    size_t bufferLen, int32_t sign)
{
	BIGNUM *bn;

	if (!buffer && bufferLen)
		TA_PANIC(TEE_ERROR_BAD_PARAMETERS, "no bytes");
	while (bufferLen && !*buffer)
		buffer++, bufferLen--;
	if (bufferLen > TA_BIGINT_MAX_BITS / 8)
		return TEE_ERROR_OVERFLOW;
	bn = BN_bin2bn(buffer, (int)bufferLen, NULL);
	ta_bigint_check(bn != NULL, __func__);
	BN_set_negative(bn, sign < 0);
	return ta_bigint_put(dest, bn, __func__);
}

TEE_Result TEE_BigIntConvertToOctetString(uint8_t *buffer, size_t *bufferLen,
					  const TEE_BigInt *bigInt)
{
	BIGNUM *bn = ta_bigint_get(bigInt, __func__);
	TEE_Result res = TEE_SUCCESS;
	size_t room, need = (size_t)BN_num_bytes(bn);

	if (!bufferLen || (!buffer && *bufferLen))
		TA_PANIC(TEE_ERROR_BAD_PARAMETERS, "no place for the bytes");
	room = *bufferLen;
	*bufferLen = need;
	if (room < need)
		res = TEE_ERROR_SHORT_BUFFER;
	else if (need)
		BN_bn2bin(bn, buffer);
	BN_clear_free(bn);
	return res;
}

static BIGNUM *from_s32(int32_t value, const char *func)
{
	BIGNUM *bn = ta_bigint_new(func);
	int64_t wide = value;

	ta_bigint_check(BN_set_word(bn, (BN_ULONG)(wide < 0 ? -wide : wide)), func);
	BN_set_negative(bn, value < 0);
	return bn;
}

void TEE_BigIntConvertFromS32(TEE_BigInt *dest, int32_t shortVal)
{
	ta_bigint_put_sure(dest, from_s32(shortVal, __func__), __func__);
}

TEE_Result TEE_BigIntConvertToS32(int32_t *dest, const TEE_BigInt *src)
{
	BIGNUM *bn = ta_bigint_get(src, __func__);
	bool negative = BN_is_negative(bn);
	BN_ULONG value = BN_get_word(bn);

	if (!dest)
		TA_PANIC(TEE_ERROR_BAD_PARAMETERS, "no place for the number");
	BN_clear_free(bn);
	if (value > (BN_ULONG)INT32_MAX + negative)
		return TEE_ERROR_OVERFLOW;
	*dest = (int32_t)(negative ? -(int64_t)value : (int64_t)value);
	return TEE_SUCCESS;
}

int32_t TEE_BigIntCmp(const TEE_BigInt *op1, const TEE_BigInt *op2)
{
	BIGNUM *a = ta_bigint_get(op1, __func__), *b = ta_bigint_get(op2, __func__);
	int32_t diff = BN_cmp(a, b);

	BN_clear_free(a);
	BN_clear_free(b);
	return diff;
}

int32_t TEE_BigIntCmpS32(const TEE_BigInt *op, int32_t shortVal)
{
	BIGNUM *a = ta_bigint_get(op, __func__), *b = from_s32(shortVal, __func__);
	int32_t diff = BN_cmp(a, b);

	BN_clear_free(a);
	BN_clear_free(b);
	return diff;
}

void TEE_BigIntShiftRight(TEE_BigInt *dest, const TEE_BigInt *op, size_t bits)
{
	BIGNUM *a = ta_bigint_get(op, __func__);

	if (bits > TA_BIGINT_MAX_BITS)
		bits = TA_BIGINT_MAX_BITS;
	ta_bigint_check(BN_rshift(a, a, (int)bits), __func__);
	ta_bigint_put_sure(dest, a, __func__);
}

bool TEE_BigIntGetBit(const TEE_BigInt *src, uint32_t bitIndex)
{
	BIGNUM *a = ta_bigint_get(src, __func__);
	bool bit = bitIndex < TA_BIGINT_MAX_BITS && BN_is_bit_set(a, (int)bitIndex);

	BN_clear_free(a);
	return bit;
}

uint32_t TEE_BigIntGetBitCount(const TEE_BigInt *src)
{
	BIGNUM *a = ta_bigint_get(src, __func__);
	uint32_t bits = (uint32_t)BN_num_bits(a);

	BN_clear_free(a);
	return bits;
}

TEE_Result TEE_BigIntSetBit(TEE_BigInt *op, uint32_t bitIndex, bool value)
{
	BIGNUM *a = ta_bigint_get(op, __func__);

	if (bitIndex >= TA_BIGINT_MAX_BITS) {
		BN_clear_free(a);
		return TEE_ERROR_OVERFLOW;
	}
	if (value)
		ta_bigint_check(BN_set_bit(a, (int)bitIndex), __func__);
	else if (BN_is_bit_set(a, (int)bitIndex))
		ta_bigint_check(BN_clear_bit(a, (int)bitIndex), __func__);
	return ta_bigint_put(op, a, __func__);
}

TEE_Result TEE_BigIntAssign(TEE_BigInt *dest, const TEE_BigInt *src)
{
	return ta_bigint_put(dest, ta_bigint_get(src, __func__), __func__);
}

TEE_Result TEE_BigIntAbs(TEE_BigInt *dest, const TEE_BigInt *src)
{
	BIGNUM *a = ta_bigint_get(src, __func__);

	BN_set_negative(a, 0);
	return ta_bigint_put(dest, a, __func__);
}
