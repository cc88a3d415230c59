/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * What a fuzzer's input means to a trusted application: calls of a client, one after the other.
 * docs/ta-fuzzing.md has the format for people. Any bytes are an input.
 * Thread rule: pure functions.
 * Ownership rule: memrefs' bytes lie in the struct's own store, and go with it.
 *
 * An input is a list of calls. Numbers are little-endian; what is missing at its end is zero.
 *
 *   u8 what: bits 0-1 session; 2-3 kind: 0 and 1 invoke, 2 open, 3 close; 4 cancelled; rest ignored
 *   u32 command                                            (invoke)
 *   4 parameters                                           (invoke and open), each:
 *     u8 type: bits 0-2 TEE_PARAM_TYPE_* (4 is none); bit 3: NULL instead of a memref's buffer
 *     u32 a, u32 b                                         (VALUE_INPUT, VALUE_INOUT)
 *     u16 size                                             (memrefs)
 *     size bytes                                           (MEMREF_INPUT, MEMREF_INOUT, not NULL)
 */
#ifndef TEELINK_SOLO_FUZZ_CALLS_H
#define TEELINK_SOLO_FUZZ_CALLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/mailbox.h"

#define FUZZ_MAX_CALLS 32u
#define FUZZ_MAX_SESSIONS 4u
#define FUZZ_MAX_MEMREF 0xffffu
#define FUZZ_MAX_BYTES (1u << 20) /* of all memrefs of an input */

enum fuzz_kind { FUZZ_INVOKE, FUZZ_OPEN, FUZZ_CLOSE };

struct fuzz_param {
	uint8_t type; /* TEE_PARAM_TYPE_* */
	bool null;
	uint32_t a, b;
	uint32_t size;
	uint32_t at; /* where the bytes of a memref with input lie in the store */
};

struct fuzz_call {
	enum fuzz_kind kind;
	unsigned int session;
	bool cancelled;
	uint32_t cmd;
	struct fuzz_param param[MAILBOX_NUM_PARAMS];
};

struct fuzz_calls {
	struct fuzz_call call[FUZZ_MAX_CALLS];
	unsigned int num;
	uint32_t used;
	uint8_t store[FUZZ_MAX_BYTES];
};

bool fuzz_type_is_memref(uint8_t type);
/* Values or bytes go in. */
bool fuzz_param_has_input(const struct fuzz_param *p);

/* Calls beyond FUZZ_MAX_CALLS, and bytes beyond the store, are left out. */
void fuzz_calls_parse(struct fuzz_calls *calls, const uint8_t *data, size_t size);
/* Whole calls, as many as fit into @max bytes. Return: how many bytes they are. */
size_t fuzz_calls_format(const struct fuzz_calls *calls, uint8_t *data, size_t max);

/**
 * fuzz_calls_mutate() - change calls as a fuzzer does
 * @seed: what to change, and how
 * @bytes: changes @size bytes at @data, of which there may be @max; returns the new size:
 *         LLVMFuzzerMutate
 */
void fuzz_calls_mutate(struct fuzz_calls *calls, unsigned int seed,
		       size_t (*bytes)(uint8_t *data, size_t size, size_t max));
/* Puts some of @from's calls, in their order, between those of @to. */
void fuzz_calls_cross(struct fuzz_calls *to, const struct fuzz_calls *from, unsigned int seed);

#endif
