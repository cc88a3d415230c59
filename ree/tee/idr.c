/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "ree/tee/idr.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define IDR_FIRST_NUM 16u

static int idr_grow(struct tee_idr *idr)
{
	uint32_t num = idr->num ? idr->num * 2 : IDR_FIRST_NUM;
	void **slot;

	if (num > TEE_IDR_MAX)
		return -ENOSPC;
	slot = realloc(idr->slot, num * sizeof(*slot));
	if (!slot)
		return -ENOMEM;
	memset(slot + idr->num, 0, (num - idr->num) * sizeof(*slot));
	idr->slot = slot;
	idr->num = num;
	return 0;
}

int tee_idr_alloc(struct tee_idr *idr, void *obj)
{
	uint32_t i = idr->lowest_free;
	int ret;

	while (i < idr->num && idr->slot[i])
		i++;
	if (i == idr->num) {
		ret = idr_grow(idr);
		if (ret)
			return ret;
	}
	idr->slot[i] = obj;
	idr->lowest_free = i + 1;
	return (int)(i + 1);
}

void *tee_idr_find(const struct tee_idr *idr, uint64_t id)
{
	if (!id || id > idr->num)
		return NULL;
	return idr->slot[id - 1];
}

void tee_idr_remove(struct tee_idr *idr, int id)
{
	uint32_t i;

	if (id < 1 || (uint32_t)id > idr->num)
		return;
	i = (uint32_t)id - 1;
	idr->slot[i] = NULL;
	if (i < idr->lowest_free)
		idr->lowest_free = i;
}

void tee_idr_destroy(struct tee_idr *idr)
{
	free(idr->slot);
	memset(idr, 0, sizeof(*idr));
}
