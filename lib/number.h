/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * Numbers: the smaller one, those of command lines, whole pages.
 * Thread rule: any thread.
 * Ownership rule: none.
 */
#ifndef TEELINK_LIB_NUMBER_H
#define TEELINK_LIB_NUMBER_H

#include <stdint.h>

static inline uint32_t min_u32(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/* Decimal digits and nothing else. Return: the number, 0 to @max; -EINVAL for other text. */
int number_parse(const char *text, int max);

/* Bytes of this machine's pages. */
uint64_t tl_page_size(void);
/* @n, at most UINT64_MAX less a page, rounded up to whole pages. */
uint64_t tl_page_up(uint64_t n);

#endif
