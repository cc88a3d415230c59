/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * The variables of a loaded image, as they were after loading: each instance begins with those.
 * Thread rule: one thread; none of the image's code runs meanwhile.
 * Ownership rule: globals_take fills in what globals_free frees.
 */
#ifndef TEELINK_SOLO_FUZZ_GLOBALS_H
#define TEELINK_SOLO_FUZZ_GLOBALS_H

#include <stddef.h>
#include <stdint.h>

#define GLOBALS_MAX_PARTS 8u

struct globals {
	struct {
		volatile uint64_t *live;
		uint64_t *saved;
		size_t num;
	} part[GLOBALS_MAX_PARTS];
	unsigned int num;
};

/* Of the image that @symbol lies in. Return: 0, -ENOENT, -ENOMEM. */
int globals_take(struct globals *g, const void *symbol);
void globals_restore(struct globals *g);
void globals_free(struct globals *g);

#endif
