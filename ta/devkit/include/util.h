/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * Arithmetic, rounding and bits under OP-TEE's names. Arguments of MIN, MAX and ROUNDUP are evaluated
 * once.
 * Thread rule: the TA's one entry thread.
 * Ownership rule: none.
 */
#ifndef UTIL_H
#define UTIL_H

#include <compiler.h>
#include <inttypes.h>
#include <stdint.h>

#define SIZE_4K UINT32_C(0x1000)
#define SIZE_1M UINT32_C(0x100000)
#define SIZE_2M UINT32_C(0x200000)
#define SIZE_4M UINT32_C(0x400000)
#define SIZE_8M UINT32_C(0x800000)
#define SIZE_2G UINT32_C(0x80000000)

#ifndef MAX
#define MAX(a, b)                                                                                  \
	(__extension__({                                                                           \
		__typeof__(a) max_a_ = (a);                                                        \
		__typeof__(b) max_b_ = (b);                                                        \
		max_a_ > max_b_ ? max_a_ : max_b_;                                                 \
	}))
#define MIN(a, b)                                                                                  \
	(__extension__({                                                                           \
		__typeof__(a) min_a_ = (a);                                                        \
		__typeof__(b) min_b_ = (b);                                                        \
		min_a_ < min_b_ ? min_a_ : min_b_;                                                 \
	}))
#endif
/* Where only constants are allowed. */
#define MAX_UNSAFE(a, b) (((a) > (b)) ? (a) : (b))
#define MIN_UNSAFE(a, b) (((a) < (b)) ? (a) : (b))

#ifndef ARRAY_SIZE
#define ARRAY_SIZE(x) (sizeof(x) / sizeof((x)[0]))
#endif

/* @y, @size: of any value, or a power of two for those whose names end in 2. */
#define ROUNDUP(x, y) ((((x) + (y) - 1) / (y)) * (y))
#define ROUNDUP2(x, size) (((x) + ((__typeof__(x))(size) - 1)) & ~((__typeof__(x))(size) - 1))
#define ROUNDDOWN(x, y) (((x) / (__typeof__(x))(y)) * (__typeof__(x))(y))
#define ROUNDDOWN2(x, size) ((x) & ~((__typeof__(x))(size) - 1))
#define ROUNDUP_DIV(x, y) (ROUNDUP((x), (y)) / (__typeof__(x))(y))
#define ROUNDUP2_DIV(x, y) ROUNDUP_DIV((x), (y))
#define DIV_ROUND_UP(x, y) (((x) + (y) - 1) / (y))
#define UDIV_ROUND_NEAREST(x, y) (((x) + ((y) / 2)) / (y))
/* True on overflow. */
#define ROUNDUP_OVERFLOW(v, size, res)                                                             \
	(__extension__({                                                                           \
		__typeof__(*(res)) roundup_size_ = (size), roundup_rest_ = (v) % roundup_size_;    \
		ADD_OVERFLOW((v), roundup_rest_ ? roundup_size_ - roundup_rest_ : 0, (res));       \
	}))
#define ROUNDUP2_OVERFLOW(v, size, res) ROUNDUP_OVERFLOW((v), (size), (res))

#define IS_POWER_OF_TWO(x) (((x) != 0) && (((x) & (~(x) + 1)) == (x)))
#define IS_ALIGNED(x, a) (((x) & ((a) - 1)) == 0)
#define IS_ALIGNED_WITH_TYPE(x, type)                                                              \
	((uintptr_t)(x) % __builtin_offsetof(struct { char c_; type t_; }, t_) == 0)

#define TO_STR(x) _TO_STR(x)
#define _TO_STR(x) #x
#define CONCAT(x, y) _CONCAT(x, y)
#define _CONCAT(x, y) x##y

#ifndef container_of
#define container_of(ptr, type, member)                                                            \
	((type *)((uintptr_t)(ptr) - __builtin_offsetof(type, member)))
#endif
#define MEMBER_SIZE(type, member) sizeof(((type *)0)->member)

#define BIT32(nr) (UINT32_C(1) << (nr))
#define BIT64(nr) (UINT64_C(1) << (nr))
#define BIT(nr) BIT32(nr)
#define SHIFT_U32(v, shift) ((uint32_t)(v) << (shift))
#define SHIFT_U64(v, shift) ((uint64_t)(v) << (shift))
/* Bits @l to @h, both included. */
#define GENMASK_32(h, l) ((UINT32_MAX << (l)) & (UINT32_MAX >> (31 - (h))))
#define GENMASK_64(h, l) ((UINT64_MAX << (l)) & (UINT64_MAX >> (63 - (h))))

/* True on overflow; then *@res is undefined. */
#define ADD_OVERFLOW(a, b, res) __compiler_add_overflow((a), (b), (res))
#define SUB_OVERFLOW(a, b, res) __compiler_sub_overflow((a), (b), (res))
#define MUL_OVERFLOW(a, b, res) __compiler_mul_overflow((a), (b), (res))

/* -1, 0 or 1. */
#define CMP_TRILEAN(a, b)                                                                          \
	(__extension__({                                                                           \
		__typeof__(a) cmp_a_ = (a);                                                        \
		__typeof__(b) cmp_b_ = (b);                                                        \
		cmp_a_ > cmp_b_ ? 1 : cmp_a_ < cmp_b_ ? -1 : 0;                                    \
	}))

static inline uint64_t reg_pair_to_64(uint32_t reg0, uint32_t reg1)
{
	return (uint64_t)reg0 << 32 | reg1;
}

static inline uint32_t high32_from_64(uint64_t val)
{
	return (uint32_t)(val >> 32);
}

static inline uint32_t low32_from_64(uint64_t val)
{
	return (uint32_t)val;
}

static inline void reg_pair_from_64(uint64_t val, uint32_t *reg0, uint32_t *reg1)
{
	*reg0 = high32_from_64(val);
	*reg1 = low32_from_64(val);
}

#endif
