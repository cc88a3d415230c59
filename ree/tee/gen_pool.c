/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "ree/tee/gen_pool.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct gen_pool {
	uint64_t base;
	size_t num; /* units */
	unsigned int order;
	pthread_mutex_t lock;
	size_t num_free;  /* lock */
	uint64_t taken[]; /* lock: a bit per unit */
};

static bool unit_taken(const struct gen_pool *pool, size_t i)
{
	return pool->taken[i / 64] >> (i % 64) & 1;
}

static void mark_units(struct gen_pool *pool, size_t first, size_t num, bool taken)
{
	size_t i;

	for (i = first; i < first + num; i++) {
		if (taken)
			pool->taken[i / 64] |= 1ull << (i % 64);
		else
			pool->taken[i / 64] &= ~(1ull << (i % 64));
	}
	if (taken)
		pool->num_free -= num;
	else
		pool->num_free += num;
}

int gen_pool_create(uint64_t base, size_t size, unsigned int order, struct gen_pool **poolp)
{
	struct gen_pool *pool;
	uint64_t mask;
	size_t num;

	if (order >= 32 || !size || base + size < base)
		return -EINVAL;
	mask = (1ull << order) - 1;
	if ((base & mask) || (size & mask))
		return -EINVAL;
	num = size >> order;
	pool = calloc(1, sizeof(*pool) + (num + 63) / 64 * sizeof(pool->taken[0]));
	if (!pool)
		return -ENOMEM;
	pool->base = base;
	pool->num = num;
	pool->order = order;
	pool->num_free = num;
	pthread_mutex_init(&pool->lock, NULL);
	*poolp = pool;
	return 0;
}

void gen_pool_destroy(struct gen_pool *pool)
{
	if (!pool)
		return;
	pthread_mutex_destroy(&pool->lock);
	free(pool);
}

/* First unit of the shortest free range of at least @want units, or pool->num. */
static size_t find_best_fit(const struct gen_pool *pool, size_t want)
{
	size_t best = pool->num, best_len = SIZE_MAX;
	size_t i = 0, start;

	while (i < pool->num) {
		if (unit_taken(pool, i)) {
			i++;
			continue;
		}
		start = i;
		while (i < pool->num && !unit_taken(pool, i))
			i++;
		if (i - start >= want && i - start < best_len) {
			best = start;
			best_len = i - start;
		}
	}
	return best;
}

/* Units that @size bytes take; 0 for none, or more than there are. */
static size_t size_to_units(const struct gen_pool *pool, size_t size)
{
	size_t unit = (size_t)1 << pool->order;

	if (!size || size > pool->num << pool->order)
		return 0;
	return (size + unit - 1) >> pool->order;
}

int gen_pool_alloc(struct gen_pool *pool, size_t size, uint64_t *addr)
{
	size_t want, first;
	int ret = -ENOMEM;

	if (!size)
		return -EINVAL;
	want = size_to_units(pool, size);
	if (!want)
		return -ENOMEM;

	pthread_mutex_lock(&pool->lock);
	first = want <= pool->num_free ? find_best_fit(pool, want) : pool->num;
	if (first < pool->num) {
		mark_units(pool, first, want, true);
		*addr = pool->base + ((uint64_t)first << pool->order);
		ret = 0;
	}
	pthread_mutex_unlock(&pool->lock);
	return ret;
}

int gen_pool_free(struct gen_pool *pool, uint64_t addr, size_t size)
{
	size_t num = size_to_units(pool, size);
	uint64_t first;
	int ret = 0;
	size_t i;

	if (!num || addr < pool->base || (addr - pool->base) & ((1ull << pool->order) - 1))
		return -EINVAL;
	first = (addr - pool->base) >> pool->order;
	if (first >= pool->num || num > pool->num - first)
		return -EINVAL;

	pthread_mutex_lock(&pool->lock);
	for (i = 0; i < num && !ret; i++)
		if (!unit_taken(pool, first + i))
			ret = -EINVAL;
	if (!ret)
		mark_units(pool, first, num, false);
	pthread_mutex_unlock(&pool->lock);
	return ret;
}

size_t gen_pool_avail(struct gen_pool *pool)
{
	size_t avail;

	pthread_mutex_lock(&pool->lock);
	avail = pool->num_free << pool->order;
	pthread_mutex_unlock(&pool->lock);
	return avail;
}
