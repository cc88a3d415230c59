/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include <errno.h>

#include "lib/log.h"
#include "ree/mipstee/mipstee_private.h"

static int result_to_errno(uint32_t result)
{
	switch (result) {
	case MIPSTEE_SUCCESS:
		return 0;
	case MIPSTEE_ERROR_OUT_OF_MEMORY:
		return -ENOMEM;
	case MIPSTEE_ERROR_BAD_PARAMETERS:
		return -EINVAL;
	case MIPSTEE_ERROR_ACCESS_DENIED:
		return -EACCES;
	default:
		return -EIO;
	}
}

/* REGISTER_SHM: one piece, since a dataspace lies in one range. */
static int register_ds(struct mipstee_context *ctx, const struct ree_vm_ds *ds, uint64_t ref)
{
	struct mipstee_call call;
	int ret;

	mipstee_msg_init(&call.msg, MIPSTEE_CMD_REGISTER_SHM, 1);
	call.msg.param[0].attr = MIPSTEE_ATTR_TMEM_INOUT;
	call.msg.param[0].u.tmem.buf_ptr = ds->mem.gpa;
	call.msg.param[0].u.tmem.size = ds->mem.size;
	call.msg.param[0].u.tmem.shm_ref = ref;
	ret = mipstee_call(ctx, &call);
	if (ret)
		return -EIO;
	return result_to_errno(call.ans.arg.ret);
}

static void unregister_ds(struct mipstee_context *ctx, uint64_t ref)
{
	struct mipstee_call call;
	int ret;

	mipstee_msg_init(&call.msg, MIPSTEE_CMD_UNREGISTER_SHM, 1);
	call.msg.param[0].attr = MIPSTEE_ATTR_RMEM_INOUT;
	call.msg.param[0].u.rmem.shm_ref = ref;
	ret = mipstee_call(ctx, &call);
	/* When the channel is gone the secure world has nothing to forget any more. */
	if (!ret && call.ans.arg.ret)
		log_warn("mipstee: unregistering an object: 0x%x", call.ans.arg.ret);
}

static int ds_alloc(struct mipstee *mt, struct tee_shm *shm, size_t size)
{
	uint64_t ref = __atomic_add_fetch(&mt->last_ref, 1, __ATOMIC_RELAXED);
	struct ree_vm_ds *ds;
	int ret;

	ret = mt->ops->ds_create(mt->vm, size, &ds);
	if (ret)
		return ret;
	ret = register_ds(shm->ctx->data, ds, ref);
	if (ret) {
		mt->ops->ds_destroy(mt->vm, ds);
		return ret;
	}
	shm->kaddr = ds->mem.base;
	shm->paddr = ds->mem.gpa;
	shm->size = ds->mem.size;
	shm->fd = ds->mem.fd;
	shm->fd_offset = 0;
	shm->sec_world_id = ref;
	shm->pool_data = ds;
	return 0;
}

static int pool_alloc(struct tee_shm_pool *pool, struct tee_shm *shm, size_t size)
{
	struct mipstee *mt = pool->private_data;
	int ret;

	if (size < MIPSTEE_DS_THRESHOLD) {
		ret = mt->static_pool->ops->alloc(mt->static_pool, shm, size);
		if (ret != -ENOMEM)
			return ret;
	}
	return ds_alloc(mt, shm, size);
}

static void pool_free(struct tee_shm_pool *pool, struct tee_shm *shm)
{
	struct mipstee *mt = pool->private_data;
	struct ree_vm_ds *ds = shm->pool_data;

	if (!ds) {
		mt->static_pool->ops->free(mt->static_pool, shm);
		return;
	}
	unregister_ds(shm->ctx->data, shm->sec_world_id);
	shm->pool_data = NULL;
	shm->kaddr = NULL;
	shm->fd = -1;
	mt->ops->ds_destroy(mt->vm, ds);
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
