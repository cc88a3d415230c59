/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * System calls of a process, counted by a tracer: a child of ours that stops it at each one (ptrace(2)). No
 * privilege is needed, but each call that is made takes longer: who polls meanwhile may give up and sleep, so
 * that what is counted is rather too much. Where no call is made nothing is changed.
 * Thread rule: one thread.
 * Ownership rule: nothing is kept.
 */
#ifndef TEELINK_BENCH_SYSCALLS_H
#define TEELINK_BENCH_SYSCALLS_H

#include <sys/types.h>

#include "bench/link.h"

/* Of all threads of @pid, in an empty invoke. -1: it may not be traced. */
double syscalls_per_invoke(struct link *l, pid_t pid);

#endif
