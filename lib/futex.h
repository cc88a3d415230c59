/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * Clock and futex: the two system calls of every wait.
 * Thread rule: any thread.
 * Ownership rule: none.
 */
#ifndef TEELINK_LIB_FUTEX_H
#define TEELINK_LIB_FUTEX_H

#include "wire/port.h"

/* Nanoseconds of CLOCK_MONOTONIC. */
uint64_t tl_now_ns(void);

/**
 * futex_wait_shared() - sleep while *@word is @value
 * @deadline_ns: absolute CLOCK_MONOTONIC time, or 0 for none
 *
 * Works across processes. Return: 0 (woken, or the value differed: look again), -ETIMEDOUT, -EINTR.
 */
int futex_wait_shared(const uint32_t *word, uint32_t value, uint64_t deadline_ns);
/* Wakes up to @count waiters. Return: number woken, or -errno. */
int futex_wake_shared(const uint32_t *word, int count);

/* One turn of a busy wait. */
static inline void tl_cpu_relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield" ::: "memory");
#endif
}

#endif
