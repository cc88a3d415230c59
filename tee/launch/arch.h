/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * Where this machine keeps the arguments and the result of a system call that was trapped.
 * Thread rule: in a signal handler.
 * Ownership rule: none.
 */
#ifndef TEELINK_TEE_LAUNCH_ARCH_H
#define TEELINK_TEE_LAUNCH_ARCH_H

#include <stdint.h>
#include <ucontext.h>

#if defined(__x86_64__)
static inline uintptr_t arch_arg(const ucontext_t *uc, unsigned int n)
{
	static const int regs[] = { REG_RDI, REG_RSI, REG_RDX, REG_R10, REG_R8, REG_R9 };

	return (uintptr_t)uc->uc_mcontext.gregs[regs[n]];
}

static inline void arch_set_result(ucontext_t *uc, long result)
{
	uc->uc_mcontext.gregs[REG_RAX] = result;
}
#elif defined(__aarch64__)
static inline uintptr_t arch_arg(const ucontext_t *uc, unsigned int n)
{
	return (uintptr_t)uc->uc_mcontext.regs[n];
}

static inline void arch_set_result(ucontext_t *uc, long result)
{
	uc->uc_mcontext.regs[0] = (unsigned long long)result;
}
#else
#error "say where this machine keeps a system call's arguments"
#endif

#endif
