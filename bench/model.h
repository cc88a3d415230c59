/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * The shape of a call without its contents: three processes and three words of memory. What a client, a secure
 * world and a trusted application add to this is teelink.
 * Thread rule: one thread; the other two parties are forked and waited for.
 * Ownership rule: none.
 */
#ifndef TEELINK_BENCH_MODEL_H
#define TEELINK_BENCH_MODEL_H

#include <stdint.h>

/*
 * Median round trip in ns: the first process tells the second and looks for its answer, the second one looks for
 * the first one's word and wakes the third, which is bound to its core, by a futex. 0 where there is one core only.
 */
uint64_t model_three_parties_ns(void);

#endif
