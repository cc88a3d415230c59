/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include <errno.h>

#include "ree/optee/optee_private.h"

#define PAGE ((uint64_t)OPTEE_MSG_NONCONTIG_PAGE_SIZE)

static uint64_t pages_of(const struct tee_shm_run *run)
{
	return (run->gpa % PAGE + run->len + PAGE - 1) / PAGE;
}

uint64_t optee_page_list_entries(const struct tee_shm_run *runs, unsigned int num)
{
	uint64_t entries = 0;
	unsigned int i;

	for (i = 0; i < num; i++)
		entries += pages_of(&runs[i]);
	return entries;
}

size_t optee_page_list_size(uint64_t entries)
{
	return (size_t)((entries + OPTEE_MSG_NONCONTIG_ENTRIES - 1) / OPTEE_MSG_NONCONTIG_ENTRIES * PAGE);
}

static int check_runs(const struct tee_shm_run *runs, unsigned int num)
{
	unsigned int i;

	for (i = 0; i < num; i++) {
		if (!runs[i].len || runs[i].gpa + runs[i].len < runs[i].gpa)
			return -EINVAL;
		if (i && runs[i].gpa % PAGE)
			return -EINVAL;
		if (i + 1 < num && (runs[i].gpa + runs[i].len) % PAGE)
			return -EINVAL;
	}
	return num ? 0 : -EINVAL;
}

int optee_page_list_fill(uint64_t *list, uint64_t pa, const struct tee_shm_run *runs,
			 unsigned int num)
{
	uint64_t page, left, entries = optee_page_list_entries(runs, num);
	size_t at = 0; /* in u64, links included */
	unsigned int i;

	if (check_runs(runs, num) || pa % PAGE)
		return -EINVAL;
	for (i = 0; i < num; i++) {
		page = runs[i].gpa & ~(PAGE - 1);
		for (left = pages_of(&runs[i]); left; left--, page += PAGE, entries--) {
			list[at++] = page;
			if (at % (OPTEE_MSG_NONCONTIG_ENTRIES + 1) != OPTEE_MSG_NONCONTIG_ENTRIES)
				continue;
			/* The last list page links to nothing. */
			list[at] = entries > 1 ? pa + (at + 1) * sizeof(*list) : 0;
			at++;
		}
	}
	return 0;
}

int optee_page_list_make(struct optee *o, const struct tee_shm *shm, struct optee_mem *list)
{
	struct tee_shm_run one = tee_shm_get_run(shm, 0);
	const struct tee_shm_run *runs = shm->runs ? shm->runs : &one;
	unsigned int num = tee_shm_num_runs(shm);
	int ret;

	ret = optee_mem_alloc(o, optee_page_list_size(optee_page_list_entries(runs, num)), list);
	if (ret)
		return ret;
	ret = optee_page_list_fill((uint64_t *)(void *)list->va, list->pa, runs, num);
	if (ret)
		optee_mem_free(o, list);
	return ret;
}
