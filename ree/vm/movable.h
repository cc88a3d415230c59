/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * Which memory of the program's may be moved into a dataspace without the program noticing.
 * Thread rule: any thread.
 * Ownership rule: none.
 */
#ifndef TEELINK_REE_VM_MOVABLE_H
#define TEELINK_REE_VM_MOVABLE_H

#include <stddef.h>
#include <stdint.h>

#define MOVABLE_MAX_PIECES 64u      /* mappings that a buffer may lie in */
#define MOVABLE_MAX_MAPPINGS 16384u /* that the program may have: each move can cut some in two */

/* Where the mappings end that a buffer lies in. */
struct movable {
	unsigned int num;
	uintptr_t end[MOVABLE_MAX_PIECES];
};

/**
 * movable_look() - may [@addr, @addr + @len) be moved?
 *
 * Private, anonymous, readable and writable memory may be, unless it is a stack's or this thread's
 * own, locked, or carries advice that a dataspace can't follow.
 * Return: 0; -EOPNOTSUPP.
 */
int movable_look(const void *addr, size_t len, struct movable *m);
/* How much from @addr on lies in one mapping, at most @len. */
size_t movable_piece(const struct movable *m, uintptr_t addr, size_t len);

#endif
