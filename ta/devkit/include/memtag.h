/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * Memory tagging, in OP-TEE's words: there is none here, and TAs can ask.
 * Thread rule: pure functions.
 * Ownership rule: none.
 */
#ifndef TEELINK_TA_MEMTAG_H
#define TEELINK_TA_MEMTAG_H

#include <stdbool.h>
#include <stdint.h>

static inline bool memtag_is_enabled(void)
{
	return false;
}

/* Of an address: always 0. */
static inline uint8_t memtag_get_tag(const void *addr)
{
	(void)addr;
	return 0;
}

static inline void *memtag_insert_tag(void *addr, uint8_t tag)
{
	(void)tag;
	return addr;
}

static inline void *memtag_strip_tag(void *addr)
{
	return addr;
}

#endif
