/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * What tests with published vectors write often: bytes in hex, keys of them, operations with keys.
 * Thread rule: one thread.
 * Ownership rule: objects and operations go with the fake instance.
 */
#ifndef TEELINK_TESTS_CRYPTO_WORDS_H
#define TEELINK_TESTS_CRYPTO_WORDS_H

#include "fake_runtime.h"

#define HEX_MAX 1024u

struct hex {
	uint8_t b[HEX_MAX];
	size_t len;
};

/* Bytes of a text; blanks are skipped. */
struct hex hex(const char *text);
/* @p are the bytes that @text says. */
void expect_hex(const void *p, size_t len, const char *text);
/* A buffer attribute whose bytes live as long as @bytes. */
TEE_Attribute ref_attr(uint32_t id, const struct hex *bytes);
TEE_ObjectHandle key_object(uint32_t type, uint32_t bits);
/* A secret of @text; as long as it is. */
TEE_ObjectHandle secret_key(uint32_t type, const char *text);
TEE_OperationHandle operation(uint32_t alg, uint32_t mode, uint32_t bits);
/* The operation with a secret of its type. */
TEE_OperationHandle keyed(uint32_t alg, uint32_t mode, uint32_t key_type, const char *key);

#endif
