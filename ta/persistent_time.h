/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * The object that keeps a TA's persistent time.
 * Thread rule: pure function.
 * Ownership rule: none.
 */
#ifndef TEELINK_TA_PERSISTENT_TIME_H
#define TEELINK_TA_PERSISTENT_TIME_H

#include <stdbool.h>
#include <stddef.h>

/* Is it this object's id? Enumerators leave it out. */
bool ta_persistent_time_is(const void *id, size_t len);

#endif
