/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include <errno.h>

#include "ree/mipstee/mipstee_private.h"

static int pool_alloc(struct tee_shm_pool *pool, struct tee_shm *shm, size_t size)
{
	struct mipstee *mt = pool->private_data;
	struct ree_vm_ds *ds;
	int ret;

	if (size < MIPSTEE_DS_THRESHOLD) {
		ret = mt->static_pool->ops->alloc(mt->static_pool, shm, size);
		if (ret != -ENOMEM)
			return ret;
	}
	ret = mt->ops->ds_create(mt->vm, size, &ds);
	return ret ? ret : mipstee_shm_from_ds(mt, shm, ds);
}

static void pool_free(struct tee_shm_pool *pool, struct tee_shm *shm)
{
	struct mipstee *mt = pool->private_data;

	if (!shm->pool_data) {
		mt->static_pool->ops->free(mt->static_pool, shm);
		return;
	}
	mipstee_shm_unregister(shm->ctx, shm);
	shm->kaddr = NULL;
	shm->fd = -1;
}

/* The pool is part of struct mipstee. */
static void pool_destroy(struct tee_shm_pool *pool)
{
	(void)pool;
}

const struct tee_shm_pool_ops mipstee_pool_ops = {
	.alloc = pool_alloc,
	.free = pool_free,
	.destroy = pool_destroy,
};
