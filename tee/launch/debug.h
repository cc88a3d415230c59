/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * Instances that somebody wants to look into: not confined at all, and said so.
 * Thread rule: the launcher's one thread, and its children.
 * Ownership rule: none.
 *
 * TEELINK_DEBUG_TA=gdb:UUID: instances of that TA wait for a debugger before their image is loaded.
 * TEELINK_DEBUG_TA=valgrind:UUID: they run under valgrind.
 */
#ifndef TEELINK_TEE_LAUNCH_DEBUG_H
#define TEELINK_TEE_LAUNCH_DEBUG_H

#include <stdint.h>

#include "wire/launch.h"

enum debug_mode { DEBUG_NONE, DEBUG_GDB, DEBUG_VALGRIND };

/* What the environment says of @uuid. */
enum debug_mode debug_mode_of(const uint8_t uuid[16]);

/* In a fresh child with @fds, those of libraries included: the instance's whole life. */
void debug_main(enum debug_mode mode, const char *uuid, const int *fds, unsigned int num_libraries)
	__attribute__((noreturn));

/* Under valgrind: the descriptors are DEBUG_FIRST_FD and the following. Return: exit status. */
#define DEBUG_FIRST_FD 3
int debug_instance(void);

#endif
