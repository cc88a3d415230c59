/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/* What the bench TA's head says. */
#ifndef USER_TA_HEADER_DEFINES_H
#define USER_TA_HEADER_DEFINES_H

#include "bench/bench_ta.h"

#define TA_UUID BENCH_TA_UUID
#define TA_FLAGS (TA_FLAG_SINGLE_INSTANCE | TA_FLAG_MULTI_SESSION)
#define TA_STACK_SIZE (64 * 1024)
#define TA_DATA_SIZE (64 * 1024)
#define TA_DESCRIPTION "What the benchmark measures with"

#endif
