/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "bench/samples.h"

#include <stdio.h>
#include <stdlib.h>

uint64_t *samples_create(size_t num)
{
	uint64_t *ns = calloc(num, sizeof(*ns));

	if (!ns) {
		perror("bench");
		exit(1);
	}
	return ns;
}

static int compare(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

uint64_t samples_percentile(uint64_t *ns, size_t num, unsigned int percent)
{
	qsort(ns, num, sizeof(*ns), compare);
	return ns[(num - 1) * percent / 100];
}
