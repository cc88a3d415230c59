// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
/*
 * libFuzzer's entry points, for a trusted application whose image TEELINK_FUZZ_TA names. The library
 * of the dev kit that they are in is linked with clang -fsanitize=fuzzer,address.
 */
#include <stdio.h>
#include <stdlib.h>

#include "solo/fuzz/instance.h"

#define PLAIN_CHANGES 3u /* one of so many */
#define EXPORTED __attribute__((visibility("default")))

int LLVMFuzzerInitialize(int *argc, char ***argv) EXPORTED;
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) EXPORTED;
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned int seed) EXPORTED;
size_t LLVMFuzzerCustomCrossOver(const uint8_t *data1, size_t size1, const uint8_t *data2,
				 size_t size2, uint8_t *out, size_t max,
				 unsigned int seed) EXPORTED;
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max); /* libFuzzer's */

/* libFuzzer's entry points have no argument for it. */
static struct {
	struct fuzz_ta *ta;
	struct fuzz_calls calls, other;
} target;

static bool is_set(const char *name)
{
	const char *value = getenv(name);

	return value && *value == '1';
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	const struct fuzz_ta_options opts = {
		.show = is_set("TEELINK_FUZZ_SHOW"),
		.stop_on_panic = is_set("TEELINK_FUZZ_PANIC"),
	};
	const char *path = getenv("TEELINK_FUZZ_TA");

	(void)argc;
	(void)argv;
	if (!path) {
		fprintf(stderr, "TEELINK_FUZZ_TA names the image\n");
		exit(2);
	}
	if (fuzz_ta_create(path, &opts, &target.ta))
		exit(2);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_calls_parse(&target.calls, data, size);
	fuzz_ta_run(target.ta, &target.calls);
	return 0;
}

/*
 * Some changes are of the bytes as they are: libFuzzer knows what the TA compared some of them with,
 * wherever in the input they are. Any bytes are an input.
 */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned int seed)
{
	size_t changed;

	if (seed % PLAIN_CHANGES == 0)
		return LLVMFuzzerMutate(data, size, max);
	fuzz_calls_parse(&target.calls, data, size);
	fuzz_calls_mutate(&target.calls, seed, LLVMFuzzerMutate);
	changed = fuzz_calls_format(&target.calls, data, max);
	/* Nothing is left that fits. */
	return changed ? changed : LLVMFuzzerMutate(data, size, max);
}

size_t LLVMFuzzerCustomCrossOver(const uint8_t *data1, size_t size1, const uint8_t *data2,
				 size_t size2, uint8_t *out, size_t max, unsigned int seed)
{
	fuzz_calls_parse(&target.calls, data1, size1);
	fuzz_calls_parse(&target.other, data2, size2);
	fuzz_calls_cross(&target.calls, &target.other, seed);
	return fuzz_calls_format(&target.calls, out, max);
}
