/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include <errno.h>

#include "ree/optee/optee_private.h"

/* The reserved area's clients' part, without an object. */
static int from_static(struct optee *o, size_t size, struct optee_mem *mem)
{
	struct tee_shm shm = { .flags = TEE_SHM_DMA_BUF };
	int ret;

	ret = o->static_pool->ops->alloc(o->static_pool, &shm, size);
	if (ret)
		return ret;
	*mem = (struct optee_mem){ .va = shm.kaddr, .pa = shm.paddr, .size = shm.size };
	return 0;
}

int optee_mem_alloc(struct optee *o, size_t size, struct optee_mem *mem)
{
	struct ree_vm_ds *ds;
	int ret = -ENOMEM;

	if (o->static_pool && (size < OPTEE_DS_THRESHOLD || !optee_has_dynamic(o)))
		ret = from_static(o, size, mem);
	if (ret != -ENOMEM || !optee_has_dynamic(o))
		return ret;
	ret = o->ops->ds_create(o->vm, size, &ds);
	if (ret)
		return ret;
	*mem = (struct optee_mem){ ds->mem.base, ds->mem.gpa, ds->mem.size, ds };
	return 0;
}

void optee_mem_free(struct optee *o, struct optee_mem *mem)
{
	struct tee_shm shm = { .flags = TEE_SHM_DMA_BUF, .paddr = mem->pa, .size = mem->size };

	if (mem->ds)
		o->ops->ds_destroy(o->vm, mem->ds);
	else if (mem->va)
		o->static_pool->ops->free(o->static_pool, &shm);
	*mem = (struct optee_mem){ .va = NULL };
}
