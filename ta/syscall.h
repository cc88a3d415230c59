/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * System calls: a TA asks the secure world for what it can't do by itself, in the middle of an
 * entry.
 * Thread rule: the instance's thread.
 * Ownership rule: the area is the instance's, and one call's at a time: nothing in it outlives the
 * next ta_syscall, since each caller lays it out for itself.
 */
#ifndef TEELINK_TA_SYSCALL_H
#define TEELINK_TA_SYSCALL_H

#include <stddef.h>
#include <stdint.h>

#include "wire/mailbox.h"

/**
 * ta_syscall() - ask the secure world and wait for its word
 * @nr: wire/mailbox.h has the ranges, each range's header in wire/ its calls
 * @arg: arguments; results on return. Unused ones are 0
 *
 * Not from a constructor: no entry runs there, and the instance would be ended.
 * Return: a TEE_Result; TEE_ERROR_NOT_IMPLEMENTED when nobody serves @nr.
 */
__attribute__((visibility("default"))) uint32_t ta_syscall(uint32_t nr,
							   uint64_t arg[MAILBOX_SYSCALL_NUM_ARGS]);

/* The bytes that go with a system call, TA_SYSCALL_SIZE of them, zero until they are written to. */
__attribute__((visibility("default"))) uint8_t *ta_syscall_area(void);

#endif
