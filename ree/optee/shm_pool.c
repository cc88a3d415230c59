/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include <errno.h>

#include "lib/log.h"
#include "ree/optee/optee_private.h"

int optee_shm_from_ds(struct optee *o, struct tee_shm *shm, struct ree_vm_ds *ds)
{
	int ret = 0;

	shm->kaddr = ds->mem.base;
	shm->paddr = ds->mem.gpa;
	shm->size = ds->mem.size;
	shm->fd = ds->mem.fd;
	shm->fd_offset = 0;
	/* The supplicant's memory is the secure world's only while it asks for it. */
	if (shm->ctx->dev == o->dev)
		ret = optee_register(o, shm->ctx, shm);
	if (ret) {
		shm->kaddr = NULL;
		shm->fd = -1;
		o->ops->ds_destroy(o->vm, ds);
		return ret;
	}
	shm->pool_data = ds;
	return 0;
}

static int pool_alloc(struct tee_shm_pool *pool, struct tee_shm *shm, size_t size)
{
	struct optee *o = pool->private_data;
	struct ree_vm_ds *ds;
	int ret = -ENOMEM;

	if (o->static_pool && (size < OPTEE_DS_THRESHOLD || !optee_has_dynamic(o)))
		ret = o->static_pool->ops->alloc(o->static_pool, shm, size);
	if (ret != -ENOMEM || !optee_has_dynamic(o))
		return ret;
	ret = o->ops->ds_create(o->vm, size, &ds);
	return ret ? ret : optee_shm_from_ds(o, shm, ds);
}

static void pool_free(struct tee_shm_pool *pool, struct tee_shm *shm)
{
	struct optee *o = pool->private_data;

	if (!shm->pool_data) {
		o->static_pool->ops->free(o->static_pool, shm);
		return;
	}
	if (optee_shm_unregister(shm->ctx, shm))
		log_warn("optee: unregistering object %d failed", shm->id);
	shm->kaddr = NULL;
	shm->fd = -1;
}

/* The pool is part of struct optee. */
static void pool_destroy(struct tee_shm_pool *pool)
{
	(void)pool;
}

const struct tee_shm_pool_ops optee_pool_ops = {
	.alloc = pool_alloc,
	.free = pool_free,
	.destroy = pool_destroy,
};
