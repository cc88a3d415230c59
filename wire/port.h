/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * The one place that says where fixed-width types, byte order and barriers come from, so that the
 * files of wire/ and lib/virtqueue compile hosted, in a kernel module and freestanding.
 * Thread rule: none, everything here is a macro or a pure function.
 * Ownership rule: none.
 */
#ifndef TEELINK_WIRE_PORT_H
#define TEELINK_WIRE_PORT_H

#if defined(__KERNEL__)
#include <linux/types.h>
#include <linux/stddef.h>
#include <linux/string.h>
#else
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#endif

#define TL_PACKED __attribute__((packed))
#define TL_STATIC_ASSERT(cond, msg) _Static_assert(cond, msg)

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "wire layouts are little-endian and no big-endian port exists yet"
#endif

/* Loads and stores of memory that another world may change at any time: exactly one access each. */
#define tl_load_relaxed(p) __atomic_load_n((p), __ATOMIC_RELAXED)
#define tl_load_acquire(p) __atomic_load_n((p), __ATOMIC_ACQUIRE)
#define tl_store_relaxed(p, v) __atomic_store_n((p), (v), __ATOMIC_RELAXED)
#define tl_store_release(p, v) __atomic_store_n((p), (v), __ATOMIC_RELEASE)
/* Full barrier: orders "I published" before "does the other side sleep?". */
#define tl_mb() __atomic_thread_fence(__ATOMIC_SEQ_CST)

#endif
