/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * Times of one thing done many times.
 * Thread rule: one thread.
 * Ownership rule: samples_create's result is freed with free.
 */
#ifndef TEELINK_BENCH_SAMPLES_H
#define TEELINK_BENCH_SAMPLES_H

#include <stddef.h>
#include <stdint.h>

/* Room for @num times in ns; ends the program when there is no memory. */
uint64_t *samples_create(size_t num);
/* Sorts. @percent of 100. */
uint64_t samples_percentile(uint64_t *ns, size_t num, unsigned int percent);

#endif
