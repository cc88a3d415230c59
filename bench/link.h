/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * A client application with an open session to the bench TA, and what it measures.
 * Thread rule: one thread.
 * Ownership rule: link_open's session ends with link_close. A call that fails ends the program.
 */
#ifndef TEELINK_BENCH_LINK_H
#define TEELINK_BENCH_LINK_H

#include <stddef.h>
#include <stdint.h>

#include <tee_client_api.h>

struct link {
	TEEC_Context ctx;
	TEEC_Session session;
};

void link_open(struct link *l);
void link_close(struct link *l);
void link_invoke(struct link *l);
/* How long one invoke takes, in ns; @op may be NULL. */
uint64_t link_timed(struct link *l, uint32_t cmd, TEEC_Operation *op);
/* Median and 99th percentile in ns of an empty invoke. */
void link_measure_invoke(struct link *l, uint64_t *p50, uint64_t *p99);
/* Median in ns of an empty invoke after the machine has been idle for @pause_us. */
uint64_t link_measure_cold(struct link *l, unsigned int pause_us);
/*
 * Median in ns of an invoke with an allocated input buffer of @size bytes, of which the TA reads
 * one byte, and of the empty invokes between these; the medians of five runs.
 */
void link_measure_touch_once(struct link *l, size_t size, uint64_t *p50, uint64_t *empty_p50);
/* Median in ns of opening and closing a session beside the open one. */
uint64_t link_measure_open_close(struct link *l);
/* Bytes per second of an allocated input buffer of @size bytes that the TA reads as a whole. */
double link_measure_memref(struct link *l, size_t size);
/*
 * Median in ns of a write of @size bytes over the start of the TA's persistent object, and of
 * floor_sync_ns in @dir between the writes.
 */
void link_measure_store(struct link *l, size_t size, const char *dir, uint64_t *p50,
			uint64_t *sync_p50);

#endif
