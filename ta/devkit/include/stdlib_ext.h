/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * What OP-TEE's C library has beyond ISO C's <stdlib.h>.
 * Thread rule: the TA's one entry thread.
 * Ownership rule: none.
 */
#ifndef STDLIB_EXT_H
#define STDLIB_EXT_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string_ext.h>

/* Free what held a secret: zeroed first. */
static inline void free_wipe(void *ptr, size_t size)
{
	if (ptr)
		memzero_explicit(ptr, size);
	free(ptr);
}

#endif
