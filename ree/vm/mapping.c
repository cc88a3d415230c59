/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "ree/vm/mapping.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/list.h"
#include "lib/number.h"
#include "ree/vm/file.h"

struct mapping {
	struct list link;
	uintptr_t begin, end;
	struct open_file *of;
};

/* Per process as descriptors are, and under the same lock. num is read without it. */
static struct {
	struct list list; /* the latest first */
	unsigned int num;
} mappings = { .list = { &mappings.list, &mappings.list } };

/* Called with the lock held, which counts @m's reference to @of. */
static void insert(struct mapping *m, uintptr_t begin, uintptr_t end, struct open_file *of)
{
	m->begin = begin;
	m->end = end;
	m->of = of;
	file_hold(of);
	list_add(&mappings.list, &m->link);
	__atomic_fetch_add(&mappings.num, 1, __ATOMIC_RELAXED);
}

/*
 * Takes what lies from @begin to @end off the list and collects in @gone what has nothing left. *@spare
 * becomes the part behind the range, if a mapping is cut in two. Return: whether any was there. Called with the lock held.
 */
static bool cut(uintptr_t begin, uintptr_t end, struct mapping **spare, struct list *gone)
{
	struct list *pos, *next;
	bool any = false;

	list_for_each_safe(pos, next, &mappings.list) {
		struct mapping *m = list_entry(pos, struct mapping, link);

		if (m->end <= begin || m->begin >= end)
			continue;
		any = true;
		if (m->begin < begin && m->end > end && *spare) {
			insert(*spare, end, m->end, m->of);
			*spare = NULL;
			m->end = begin;
		} else if (m->begin < begin) {
			m->end = begin;
		} else if (m->end > end) {
			m->begin = end;
		} else {
			list_del(pos);
			list_add(gone, pos);
			__atomic_fetch_sub(&mappings.num, 1, __ATOMIC_RELAXED);
		}
	}
	return any;
}

static void release(struct list *gone)
{
	struct list *pos;

	while ((pos = list_pop(gone))) {
		struct mapping *m = list_entry(pos, struct mapping, link);

		file_put(m->of);
		free(m);
	}
}

int mapping_add(void *addr, size_t len, struct open_file *of)
{
	struct mapping *m = malloc(sizeof(*m)), *none = NULL;
	uintptr_t begin = (uintptr_t)addr, end = tl_page_up(begin + len);
	struct list gone;

	if (!m)
		return -ENOMEM;
	list_init(&gone);
	file_table_lock();
	/* What was here was unmapped behind our back. */
	cut(begin, end, &none, &gone);
	insert(m, begin, end, of);
	file_table_unlock();
	release(&gone);
	return 0;
}

/*
 * Off the list before the memory goes, since another thread may be given the same addresses at once; the
 * files after it, since their memory may be used again.
 */
int node_munmap(void *addr, size_t len)
{
	uintptr_t begin = (uintptr_t)addr;
	struct mapping *spare;
	struct list gone;
	bool any;
	int ret;

	if (!__atomic_load_n(&mappings.num, __ATOMIC_RELAXED) || !len || begin != tl_page_up(begin) ||
	    begin + len < begin || tl_page_up(begin + len) < begin)
		return -ENOENT;
	spare = malloc(sizeof(*spare));
	if (!spare)
		return -ENOMEM;
	list_init(&gone);
	file_table_lock();
	any = cut(begin, tl_page_up(begin + len), &spare, &gone);
	file_table_unlock();
	free(spare);
	if (!any)
		return -ENOENT;
	ret = munmap(addr, len) ? -errno : 0;
	release(&gone);
	return ret;
}
