/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * Trace points: one line per hop when the machine traces, a load and a branch when it doesn't.
 * Thread rule: tl_trace from any thread; trace_attach once, before the first trace point.
 * Ownership rule: trace_attach borrows the descriptor; the mapping stays for the process's life.
 * The ring pointer is per process: solo mode's worlds share one ring, which is what a reader wants.
 */
#ifndef TEELINK_LIB_TRACE_H
#define TEELINK_LIB_TRACE_H

#include "wire/trace_ring.h"

/* Maps the ring behind @fd. Return: 0 or -errno. A second call is ignored. */
int trace_attach(int fd);
void trace_emit(enum trace_hop hop, enum trace_dir dir, const char *verb, uint64_t arg);

extern struct trace_ring *trace_ring_map;

/* @verb as at every hop: "open_session", "invoke", "close_session", "cancel", "kick", "interrupt"… */
static inline void tl_trace(enum trace_hop hop, enum trace_dir dir, const char *verb, uint64_t arg)
{
	if (__builtin_expect(__atomic_load_n(&trace_ring_map, __ATOMIC_RELAXED) != NULL, 0))
		trace_emit(hop, dir, verb, arg);
}

#endif
