/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * Fakes of the parts that a world is made of. The tipc device sends back what it gets, but for:
 *   "block"  its answer waits, in a thread of the world's, until fake_parts_release was called
 *   "leave"  stays in the queue until fake_parts_release was called
 * Thread rule: release and counters from any thread.
 * Ownership rule: none.
 */
#ifndef TEELINK_TESTS_FAKE_PARTS_H
#define TEELINK_TESTS_FAKE_PARTS_H

#include "tee/world.h"

struct fake_counts {
	unsigned int ready, reset, rx, blocked, created, destroyed;
};
void fake_parts_counts(struct tee_world *w, struct fake_counts *counts);
void fake_parts_release(struct tee_world *w);

#endif
