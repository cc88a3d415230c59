/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * What the dev kit's test and its trusted application agree on.
 * Thread rule: none, constants only.
 * Ownership rule: none.
 */
#ifndef KIT_TA_H
#define KIT_TA_H

#include <stdint.h>

#define KIT_NUM_LIBRARY_FACTS 8u

#define KIT_TA_UUID                                                                                \
	{ 0x6a1e2c60, 0x93d1, 0x4b0c, { 0x9f, 0x3e, 0x5b, 0x1c, 0x22, 0x8a, 0x77, 0x20 } }

/* [out] value.a: a fact, see kit_ta's facts */
enum { KIT_CMD_FACT = 0, KIT_CMD_TEXT = 1, KIT_CMD_PANIC = 2 };

#ifdef __cplusplus
extern "C" {
#endif
uint32_t deep(void);
int made(void);
int shapes_caught(int thrown);
int shapes_constructed(void);
int shapes_caught_from_library(int thrown);
uint32_t libraries_fact(unsigned int which);
#ifdef __cplusplus
}
#endif

#endif
