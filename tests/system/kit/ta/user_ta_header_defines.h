/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * How the dev kit's test TA describes itself.
 * Thread rule: none, constants only.
 * Ownership rule: none.
 */
#ifndef USER_TA_HEADER_DEFINES_H
#define USER_TA_HEADER_DEFINES_H

#include <kit_ta.h>

#define TA_UUID KIT_TA_UUID
#define TA_FLAGS (TA_FLAG_EXEC_DDR | TA_FLAG_SINGLE_INSTANCE)
#define TA_STACK_SIZE (2 * 1024)
#define TA_DATA_SIZE (32 * 1024)
#define TA_CURRENT_TA_EXT_PROPERTIES                                                               \
	{ "kit.answer", USER_TA_PROP_TYPE_U32, &(const uint32_t){ CFG_KIT_ANSWER } },              \
	{ "kit.name", USER_TA_PROP_TYPE_STRING, "a test of the dev kit" },

#endif
