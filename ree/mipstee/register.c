/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include <errno.h>
#include <stdlib.h>

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

/* REGISTER_SHM: a parameter per piece. */
static int register_runs(struct mipstee_context *ctx, struct tee_shm *shm)
{
	uint64_t ref = __atomic_add_fetch(&ctx->mt->last_ref, 1, __ATOMIC_RELAXED);
	unsigned int i, num = tee_shm_num_runs(shm);
	struct mipstee_call call;
	int ret;

	mipstee_msg_init(&call.msg, MIPSTEE_CMD_REGISTER_SHM, num);
	for (i = 0; i < num; i++) {
		struct tee_shm_run run = tee_shm_get_run(shm, i);
		struct mipstee_param *p = &call.msg.param[i];

		p->attr = MIPSTEE_ATTR_TMEM_INOUT;
		if (i + 1 < num)
			p->attr |= MIPSTEE_ATTR_FRAGMENT;
		p->u.tmem.buf_ptr = run.gpa;
		p->u.tmem.size = run.len;
		p->u.tmem.shm_ref = ref;
	}
	ret = mipstee_call(ctx, &call);
	if (ret)
		return -EIO;
	ret = result_to_errno(call.ans.arg.ret);
	if (!ret)
		shm->sec_world_id = ref;
	return ret;
}

static void unregister(struct mipstee_context *ctx, uint64_t ref)
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

int mipstee_shm_from_ds(struct mipstee *mt, struct tee_shm *shm, struct ree_vm_ds *ds)
{
	int ret;

	shm->paddr = ds->mem.gpa;
	shm->size = ds->mem.size;
	ret = register_runs(shm->ctx->data, shm);
	if (ret) {
		mt->ops->ds_destroy(mt->vm, ds);
		return ret;
	}
	shm->kaddr = ds->mem.base;
	shm->fd = ds->mem.fd;
	shm->fd_offset = 0;
	shm->pool_data = ds;
	return 0;
}

int mipstee_shm_register(struct tee_context *ctx, struct tee_shm *shm, void *addr, size_t len)
{
	struct mipstee *mt = tee_get_drvdata(ctx->dev);
	struct ree_vm_run found[MIPSTEE_MAX_RUNS];
	int i, num, ret;

	/* What the secure world copies anyway needs no name of its own. */
	if (len < MIPSTEE_DS_THRESHOLD)
		return -ENXIO;
	num = mt->ops->find_mem(mt->vm, addr, len, found, MIPSTEE_MAX_RUNS);
	if (num <= 0)
		return num == -ENOMEM ? num : -ENXIO;
	shm->runs = calloc((size_t)num, sizeof(*shm->runs));
	if (!shm->runs)
		return -ENOMEM;
	for (i = 0; i < num; i++)
		shm->runs[i] = (struct tee_shm_run){ found[i].gpa, found[i].len };
	shm->num_runs = (unsigned int)num;
	ret = register_runs(ctx->data, shm);
	if (ret) {
		free(shm->runs);
		shm->runs = NULL;
	}
	return ret;
}

int mipstee_shm_register_fd(struct tee_context *ctx, struct tee_shm *shm, int fd)
{
	struct mipstee *mt = tee_get_drvdata(ctx->dev);
	struct ree_vm_ds *ds;
	int ret;

	ret = mt->ops->ds_import(mt->vm, fd, &ds);
	return ret ? ret : mipstee_shm_from_ds(mt, shm, ds);
}

int mipstee_shm_unregister(struct tee_context *ctx, struct tee_shm *shm)
{
	struct mipstee *mt = tee_get_drvdata(ctx->dev);

	unregister(ctx->data, shm->sec_world_id);
	if (shm->pool_data)
		mt->ops->ds_destroy(mt->vm, shm->pool_data);
	shm->pool_data = NULL;
	return 0;
}
