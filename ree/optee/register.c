/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include <errno.h>
#include <stdlib.h>

#include "ree/optee/optee_private.h"

static int result_to_errno(uint32_t result)
{
	switch (result) {
	case OPTEE_SUCCESS:
		return 0;
	case OPTEE_ERROR_OUT_OF_MEMORY:
		return -ENOMEM;
	case OPTEE_ERROR_BAD_PARAMETERS:
		return -EINVAL;
	case OPTEE_ERROR_ACCESS_DENIED:
		return -EACCES;
	case OPTEE_ERROR_EXCESS_DATA:
		return -E2BIG;
	default:
		return -EIO;
	}
}

int optee_register(struct optee *o, struct tee_context *ctx, struct tee_shm *shm)
{
	uint64_t cookie = optee_new_cookie(o);
	struct optee_msg_param *p;
	struct optee_mem list;
	union optee_msg msg;
	int ret;

	ret = optee_page_list_make(o, shm, &list);
	if (ret)
		return ret;
	optee_msg_init(&msg, OPTEE_MSG_CMD_REGISTER_SHM, 1);
	p = &msg.arg.params[0];
	p->attr = OPTEE_MSG_ATTR_TYPE_TMEM_OUTPUT | OPTEE_MSG_ATTR_NONCONTIG;
	p->u.tmem.buf_ptr = list.pa | tee_shm_get_page_offset(shm);
	p->u.tmem.size = shm->size;
	p->u.tmem.shm_ref = cookie;
	ret = optee_call(o, ctx, &msg);
	optee_mem_free(o, &list);
	if (ret)
		return ret == -EINTR ? ret : -EIO;
	ret = result_to_errno(msg.arg.ret);
	if (!ret)
		shm->sec_world_id = cookie;
	return ret;
}

int optee_unregister(struct optee *o, struct tee_context *ctx, uint64_t cookie)
{
	union optee_msg msg;
	int ret;

	optee_msg_init(&msg, OPTEE_MSG_CMD_UNREGISTER_SHM, 1);
	msg.arg.params[0].attr = OPTEE_MSG_ATTR_TYPE_RMEM_INPUT;
	msg.arg.params[0].u.rmem.shm_ref = cookie;
	ret = optee_call(o, ctx, &msg);
	/* When the machine is gone the secure world has nothing to forget any more. */
	return ret ? 0 : result_to_errno(msg.arg.ret);
}

/* The pieces of the VM's memory that lie at @addr. -ENXIO: it isn't all the VM's, or too scattered. */
static int find_runs(struct optee *o, struct tee_shm *shm, const void *addr, size_t len)
{
	struct ree_vm_run *found = calloc(OPTEE_MAX_RUNS, sizeof(*found));
	int i, num;

	if (!found)
		return -ENOMEM;
	num = o->ops->find_mem(o->vm, addr, len, found, OPTEE_MAX_RUNS);
	if (num > 0)
		shm->runs = calloc((size_t)num, sizeof(*shm->runs));
	for (i = 0; shm->runs && i < num; i++)
		shm->runs[i] = (struct tee_shm_run){ found[i].gpa, found[i].len };
	free(found);
	if (num <= 0)
		return num == -ENOMEM ? num : -ENXIO;
	if (!shm->runs)
		return -ENOMEM;
	shm->num_runs = (unsigned int)num;
	return 0;
}

static void drop_runs(struct tee_shm *shm)
{
	free(shm->runs);
	shm->runs = NULL;
	shm->num_runs = 0;
}

int optee_shm_register(struct tee_context *ctx, struct tee_shm *shm, void *addr, size_t len)
{
	struct optee *o = tee_get_drvdata(ctx->dev);
	int ret;

	/* What is copied anyway, or can't be shown to the secure world. */
	if (len < OPTEE_DS_THRESHOLD || !optee_has_dynamic(o))
		return -ENXIO;
	ret = find_runs(o, shm, addr, len);
	if (ret)
		return ret;
	ret = optee_register(o, ctx, shm);
	if (ret)
		drop_runs(shm);
	return ret == -E2BIG ? -ENXIO : ret;
}

/* The secure world learns of it when it asks the supplicant for memory. */
int optee_shm_register_supp(struct tee_context *ctx, struct tee_shm *shm, void *addr, size_t len)
{
	struct optee *o = tee_get_drvdata(ctx->dev);
	int ret;

	if (!optee_has_dynamic(o))
		return -TEE_ENOTSUPP;
	ret = find_runs(o, shm, addr, len);
	return ret == -ENXIO ? -EFAULT : ret;
}

int optee_shm_register_fd(struct tee_context *ctx, struct tee_shm *shm, int fd)
{
	struct optee *o = tee_get_drvdata(ctx->dev);
	struct ree_vm_ds *ds;
	int ret;

	if (!optee_has_dynamic(o))
		return -TEE_ENOTSUPP;
	ret = o->ops->ds_import(o->vm, fd, &ds);
	return ret ? ret : optee_shm_from_ds(o, shm, ds);
}

int optee_shm_unregister(struct tee_context *ctx, struct tee_shm *shm)
{
	struct optee *o = tee_get_drvdata(ctx->dev);
	int ret = 0;

	if (shm->sec_world_id)
		ret = optee_unregister(o, ctx, shm->sec_world_id);
	if (shm->pool_data)
		o->ops->ds_destroy(o->vm, shm->pool_data);
	shm->pool_data = NULL;
	return ret;
}
