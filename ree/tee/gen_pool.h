/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * Allocator of address ranges in fixed units, best fit (Linux: lib/genalloc.c). It never touches
 * what it gives out.
 * Thread rule: any thread.
 * Ownership rule: a range is the caller's from alloc to free.
 */
#ifndef TEELINK_REE_TEE_GEN_POOL_H
#define TEELINK_REE_TEE_GEN_POOL_H

#include <stddef.h>
#include <stdint.h>

struct gen_pool;

/**
 * gen_pool_create() - manage [@base, @base + @size)
 * @order: log2 of the unit; both numbers are multiples of it, else -EINVAL
 *
 * Return: 0, -EINVAL (also size 0 or a range that wraps), -ENOMEM.
 */
int gen_pool_create(uint64_t base, size_t size, unsigned int order, struct gen_pool **poolp);
void gen_pool_destroy(struct gen_pool *pool); /* NULL is fine */
/* @size (> 0) is rounded up to units. -EINVAL, -ENOMEM when no free range is long enough. */
int gen_pool_alloc(struct gen_pool *pool, size_t size, uint64_t *addr);
/* -EINVAL, and nothing is freed, when the range isn't one that is wholly given out. */
int gen_pool_free(struct gen_pool *pool, uint64_t addr, size_t size);
size_t gen_pool_avail(struct gen_pool *pool);

#endif
