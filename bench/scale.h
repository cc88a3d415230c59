/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * Many clients at one machine: what a call costs among them, and what they cost while they are idle.
 * Thread rule: one thread.
 * Ownership rule: a crowd's processes end with crowd_end, or with the caller.
 *
 * All clients share one instance of the trusted application: what is measured is the link.
 */
#ifndef TEELINK_BENCH_SCALE_H
#define TEELINK_BENCH_SCALE_H

#include <stdint.h>
#include <sys/types.h>

#define CROWD_MAX 256u

/* One client: a process, hence a VM, that does what it is told. */
struct crowd_member {
	pid_t pid;
	int to, from;
};

struct crowd {
	struct crowd_member member[CROWD_MAX];
	unsigned int num;
};

/* Adds clients, each with an open session that has been used, until there are @num. */
void crowd_grow(struct crowd *c, unsigned int num);
void crowd_end(struct crowd *c);

/* Median in ns of an empty invoke by one client after the other, at random; timed in the client. */
uint64_t crowd_invoke_p50_ns(struct crowd *c);
/* Empty invokes per second when the first @num clients call as fast as they can. */
double crowd_parallel_rate(struct crowd *c, unsigned int num);

#endif
