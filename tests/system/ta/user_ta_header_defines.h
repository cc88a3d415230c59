/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * How the TAs of the system tests describe themselves: several images of one source differ in what
 * the build defines, TEST_TA_UUID and TEST_TA_FLAGS.
 * Thread rule: none, constants only.
 * Ownership rule: none.
 */
#ifndef USER_TA_HEADER_DEFINES_H
#define USER_TA_HEADER_DEFINES_H

#include "tests/system/crypto_ta.h"
#include "tests/system/fragile_ta.h"
#include "tests/system/library_ta.h"
#include "tests/system/probe_ta.h"
#include "tests/system/pta_ta.h"
#include "tests/system/relay_ta.h"
#include "tests/system/socket_ta.h"
#include "tests/system/store_ta.h"

#define TA_UUID TEST_TA_UUID
#define TA_FLAGS (TEST_TA_FLAGS)
#define TA_STACK_SIZE (64u << 10)
#define TA_DATA_SIZE (1u << 20)

#endif
