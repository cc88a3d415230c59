/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * The pseudo-TA that counts what OP-TEE's core uses.
 * Machines don't have it: who opens a session is told TEE_ERROR_ITEM_NOT_FOUND. The values are
 * OP-TEE's, for programs that ask.
 * Thread rule: none, constants and layouts only.
 * Ownership rule: none.
 */
#ifndef PTA_STATS_H
#define PTA_STATS_H

#include <stdint.h>
#include <tee_api_types.h>

#define STATS_UUID                                                                                 \
	{ 0xd96a5b40, 0xe2c7, 0xb1af, { 0x87, 0x94, 0x10, 0x02, 0xa5, 0xd5, 0xc6, 0x1b } }

/*
 * [out] values: unlocked pages, pages; faults of read-only and of writable pages; hidden faults, zero
 * pages that were released
 */
#define STATS_CMD_PAGER_STATS 0

/* [in] value: which allocator; [out] memref: struct pta_stats_alloc of each */
#define STATS_CMD_ALLOC_STATS 1

#define ALLOC_ID_ALL 0
#define ALLOC_ID_HEAP 1
#define ALLOC_ID_PUBLIC_DDR 2
#define ALLOC_ID_TA_RAM 3
#define ALLOC_ID_NEXUS_HEAP 4
#define ALLOC_ID_RPMB 5
#define STATS_NB_POOLS 5

#define TEE_ALLOCATOR_DESC_LENGTH 32

struct pta_stats_alloc {
	char desc[TEE_ALLOCATOR_DESC_LENGTH];
	uint64_t free2_sum; /* the sum of the squares of the free pieces' sizes */
	uint32_t allocated, max_allocated; /* bytes now, and at most since it was asked last */
	uint32_t size; /* of all that it has */
	uint32_t num_alloc_fail; /* how often it had none to give */
	uint32_t biggest_alloc_fail; /* the most that it couldn't give */
	uint32_t biggest_alloc_fail_used; /* and how much was allocated then */
};

/* Leaks go to the log. */
#define STATS_CMD_MEMLEAK_STATS 2

/* [out] memref: struct pta_stats_ta of each TA that is loaded */
#define STATS_CMD_TA_STATS 3

struct pta_stats_ta {
	TEE_UUID uuid;
	uint32_t panicked;
	uint32_t sess_num; /* sessions */
	struct pta_stats_alloc heap;
};

/* [out] values: the normal world's time in s and ms; the secure world's */
#define STATS_CMD_GET_TIME 4

/* [in] value: which; what drivers know goes to the log */
#define STATS_CMD_PRINT_DRIVER_INFO 5

#define STATS_DRIVER_TYPE_CLOCK 0
#define STATS_DRIVER_TYPE_REGULATOR 1

#endif
