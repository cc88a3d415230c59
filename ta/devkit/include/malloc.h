/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * The C library's allocator, with OP-TEE's names of its debugging aids: here that is the work of valgrind
 * and of AddressSanitizer.
 * Thread rule: the TA's one entry thread.
 * Ownership rule: none.
 */
#ifndef DEVKIT_MALLOC_H
#define DEVKIT_MALLOC_H

#include_next <malloc.h>
#include <stddef.h>

#define mdbg_check(bufdump) ((void)(bufdump))

#endif
