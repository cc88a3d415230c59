/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * Processes that take part in a measurement, and turns that they hand to each other.
 * Thread rule: any thread; a word has one giver and one that waits for it.
 * Ownership rule: a party is reaped by who forked it.
 */
#ifndef TEELINK_BENCH_PARTY_H
#define TEELINK_BENCH_PARTY_H

#include <stdint.h>
#include <sys/types.h>

/* Says what didn't work, with errno, and ends the program. */
void __attribute__((noreturn)) party_die(const char *what);
/* As fork(2), but it works or ends the program. The child ends with its parent. */
pid_t party_fork(void);
void party_reap(pid_t pid);

/* Turn @turn is whose word says so; the other one sleeps on it. */
void party_give(uint32_t *word, uint32_t turn);
void party_await(const uint32_t *word, uint32_t turn);

#endif
