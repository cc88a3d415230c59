/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * From nothing to the first answer: a program starts, finds no machine, starts one, calls.
 * Thread rule: one thread.
 * Ownership rule: none.
 */
#ifndef TEELINK_BENCH_COLD_START_H
#define TEELINK_BENCH_COLD_START_H

/* The program that is started, this one again, by its option: one answer, told by a byte on standard output. */
int cold_start_answer(void);
/* Median of some starts, in milliseconds. */
double cold_start_ms(void);

#endif
