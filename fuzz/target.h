/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * What every fuzz target defines (libFuzzer's entry point), and a way to take its input apart.
 * Thread rule: one thread.
 * Ownership rule: the input belongs to the caller.
 */
#ifndef TEELINK_FUZZ_TARGET_H
#define TEELINK_FUZZ_TARGET_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/* Exported: the build hides symbols by default and libFuzzer's main is in another object. */
__attribute__((visibility("default"))) int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The target's own promise doesn't hold: as loud as a sanitizer. */
#define FUZZ_ASSERT(cond)                                                                          \
	do {                                                                                       \
		if (!(cond))                                                                       \
			abort();                                                                   \
	} while (0)

struct fuzz_input {
	const uint8_t *data;
	size_t size;
};

/* Next little-endian number of @bytes (up to 8) bytes; zeroes once the input has run out. */
static inline uint64_t fuzz_take(struct fuzz_input *in, unsigned int bytes)
{
	uint64_t v = 0;
	unsigned int i;

	for (i = 0; i < bytes && in->size; i++) {
		v |= (uint64_t)*in->data++ << (8 * i);
		in->size--;
	}
	return v;
}

/* A byte's number from -128 to 127, to be added to what would be right. */
static inline uint32_t fuzz_take_delta(struct fuzz_input *in)
{
	uint32_t v = (uint32_t)fuzz_take(in, 1);

	return v < 128 ? v : v - 256;
}

#endif
