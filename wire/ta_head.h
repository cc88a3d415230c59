/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * The head of a TA image: section .ta_head of its ELF, laid out as OP-TEE's, so that OP-TEE's TA
 * sources describe themselves in the same words.
 * Thread rule: none, layouts only.
 * Ownership rule: none.
 */
#ifndef TEELINK_WIRE_TA_HEAD_H
#define TEELINK_WIRE_TA_HEAD_H

#include "wire/port.h"

#define TA_HEAD_SECTION ".ta_head"
/* Its presence says that the image calls dlopen: the dev kit's comes with it. */
#define TA_LIBRARIES_SECTION ".ta_libraries"

#define TA_FLAG_SINGLE_INSTANCE (1u << 2)
#define TA_FLAG_MULTI_SESSION (1u << 3)
#define TA_FLAG_INSTANCE_KEEP_ALIVE (1u << 4)
#define TA_FLAG_CONCURRENT (1u << 8)
#define TA_FLAG_DEVICE_ENUM (1u << 9)
#define TA_FLAG_DEVICE_ENUM_SUPP (1u << 10)
#define TA_FLAG_DEVICE_ENUM_TEE_STORAGE_PRIVATE (1u << 12)
#define TA_FLAG_INSTANCE_KEEP_CRASHED (1u << 13)

struct ta_head {
	uint32_t time_low; /* TEE_UUID, host order */
	uint16_t time_mid;
	uint16_t time_hi_and_version;
	uint8_t clock_seq_and_node[8];
	uint32_t stack_size;
	uint32_t flags;
	uint64_t depr_entry;
};

TL_STATIC_ASSERT(sizeof(struct ta_head) == 32, "ta_head");

#endif
