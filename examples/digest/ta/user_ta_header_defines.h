/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * How the digest TA describes itself.
 * Thread rule: none, constants only.
 * Ownership rule: none.
 */
#ifndef USER_TA_HEADER_DEFINES_H
#define USER_TA_HEADER_DEFINES_H

#include "examples/digest/digest_ta.h"

#define TA_UUID DIGEST_TA_UUID
#define TA_FLAGS (TA_FLAG_SINGLE_INSTANCE | TA_FLAG_MULTI_SESSION)
#define TA_STACK_SIZE (64u << 10)
#define TA_DATA_SIZE (64u << 10)
#define TA_VERSION "1.0"
#define TA_DESCRIPTION "Message digests of what its clients send"

#endif
