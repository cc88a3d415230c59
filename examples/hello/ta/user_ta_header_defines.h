/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * How the hello TA describes itself.
 * Thread rule: none, constants only.
 * Ownership rule: none.
 */
#ifndef USER_TA_HEADER_DEFINES_H
#define USER_TA_HEADER_DEFINES_H

#include "examples/hello/hello_ta.h"

#define TA_UUID HELLO_TA_UUID
#define TA_FLAGS 0u
#define TA_STACK_SIZE (64u << 10)
#define TA_DATA_SIZE (32u << 10)
#define TA_VERSION "1.0"
#define TA_DESCRIPTION "Counts up and adds"

#endif
