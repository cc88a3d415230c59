// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto_words.h"

#include <cmocka.h>

static uint8_t digit(char c)
{
	return (uint8_t)(isdigit((unsigned char)c) ? c - '0'
						   : tolower((unsigned char)c) - 'a' + 10);
}

struct hex hex(const char *text)
{
	struct hex h = { .len = 0 };

	while (*text) {
		if (isspace((unsigned char)*text)) {
			text++;
			continue;
		}
		assert_true(h.len < HEX_MAX && text[1]);
		h.b[h.len++] = (uint8_t)(digit(text[0]) << 4 | digit(text[1]));
		text += 2;
	}
	return h;
}

void expect_hex(const void *p, size_t len, const char *text)
{
	struct hex want = hex(text);
	char got[2 * HEX_MAX + 1] = "", wanted[2 * HEX_MAX + 1] = "";
	size_t i;

	assert_true(len <= HEX_MAX);
	for (i = 0; i < len; i++)
		snprintf(got + 2 * i, 3, "%02x", ((const uint8_t *)p)[i]);
	for (i = 0; i < want.len; i++)
		snprintf(wanted + 2 * i, 3, "%02x", want.b[i]);
	assert_string_equal(got, wanted);
}

TEE_Attribute ref_attr(uint32_t id, const struct hex *bytes)
{
	TEE_Attribute attr;

	TEE_InitRefAttribute(&attr, id, bytes->b, bytes->len);
	return attr;
}

TEE_ObjectHandle key_object(uint32_t type, uint32_t bits)
{
	TEE_ObjectHandle key = TEE_HANDLE_NULL;

	assert_int_equal(TEE_AllocateTransientObject(type, bits, &key), TEE_SUCCESS);
	return key;
}

TEE_ObjectHandle secret_key(uint32_t type, const char *text)
{
	struct hex secret = hex(text);
	TEE_ObjectHandle key = key_object(type, (uint32_t)secret.len * 8);
	TEE_Attribute attr = ref_attr(TEE_ATTR_SECRET_VALUE, &secret);

	assert_int_equal(TEE_PopulateTransientObject(key, &attr, 1), TEE_SUCCESS);
	return key;
}

TEE_OperationHandle operation(uint32_t alg, uint32_t mode, uint32_t bits)
{
	TEE_OperationHandle op = TEE_HANDLE_NULL;

	assert_int_equal(TEE_AllocateOperation(&op, alg, mode, bits), TEE_SUCCESS);
	assert_non_null(op);
	return op;
}

TEE_OperationHandle keyed(uint32_t alg, uint32_t mode, uint32_t key_type, const char *key)
{
	TEE_ObjectHandle obj = secret_key(key_type, key);
	TEE_OperationHandle op = operation(alg, mode, (uint32_t)hex(key).len * 8);

	assert_int_equal(TEE_SetOperationKey(op, obj), TEE_SUCCESS);
	TEE_FreeTransientObject(obj);
	return op;
}
