/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * The one machine of a test program whose tests all use it.
 * Thread rule: as machine.h.
 * Ownership rule: group_start() and group_stop() are cmocka's for the group.
 */
#ifndef TEELINK_TESTS_SYSTEM_GROUP_H
#define TEELINK_TESTS_SYSTEM_GROUP_H

#include "tests/system/machine.h"

extern struct test_machine machine;

int group_start(void **state);
int group_stop(void **state);

#endif
