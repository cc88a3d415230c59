/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * What this machine can do at best without teelink: round trips between two processes that sleep,
 * copying, and waiting for the disk.
 * Thread rule: one thread; a round trip's partner is forked and waited for.
 * Ownership rule: none.
 */
#ifndef TEELINK_BENCH_FLOOR_H
#define TEELINK_BENCH_FLOOR_H

#include <stdbool.h>
#include <stdint.h>

/* Median round trip in ns over two futex words; @same_core pins both processes to one core. */
uint64_t floor_futex_ns(bool same_core);
/* Likewise, each after the machine has been idle for @pause_us. */
uint64_t floor_cold_ns(unsigned int pause_us);
/* Median round trip in ns over two event fds. */
uint64_t floor_eventfd_ns(void);
/* Bytes per second of memcpy, 1 MiB at a time. */
double floor_memcpy_rate(void);
/* Writing 4 KiB over the start of a file in @dir and waiting for the disk, once, in ns. */
uint64_t floor_sync_ns(const char *dir);

#endif
