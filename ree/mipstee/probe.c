/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include <errno.h>
#include <stdlib.h>

#include "lib/log.h"
#include "ree/mipstee/mipstee_private.h"

static int create_pools(struct mipstee *mt)
{
	const struct ree_vm_mem *shm = mt->ops->shm(mt->vm);
	struct tee_shm_pool_mem mem;

	if (!shm)
		return -EINVAL;
	mem = (struct tee_shm_pool_mem){
		.vaddr = shm->base,
		.paddr = shm->gpa,
		.size = shm->size,
		.fd = shm->fd,
	};
	mt->shm_gpa = shm->gpa;
	mt->pool.ops = &mipstee_pool_ops;
	mt->pool.private_data = mt;
	return tee_shm_pool_alloc_res_mem(&mem, &mt->static_pool);
}

int mipstee_probe_on(const struct mipstee_link_ops *ops, struct tee_subsys *tee,
		     struct tipc_dev *tipc, struct ree_vm *vm, struct mipstee **mtp)
{
	struct mipstee *mt;
	int ret;

	mt = calloc(1, sizeof(*mt));
	if (!mt)
		return -ENOMEM;
	mt->ops = ops;
	mt->tipc = tipc;
	mt->vm = vm;
	mt->state = MIPSTEE_ONLINE;
	list_init(&mt->contexts);
	pthread_mutex_init(&mt->lock, NULL);
	ret = create_pools(mt);
	if (ret)
		goto err_free;
	ret = tee_device_alloc(&mipstee_desc, tee, &mt->pool, mt, &mt->dev);
	if (ret)
		goto err_pool;
	ret = tee_device_register(mt->dev);
	if (ret)
		goto err_unregister;
	*mtp = mt;
	return 0;

err_unregister:
	tee_device_unregister(mt->dev);
err_pool:
	tee_shm_pool_free(mt->static_pool);
err_free:
	pthread_mutex_destroy(&mt->lock);
	free(mt);
	return ret;
}

void mipstee_offline(struct mipstee *mt)
{
	struct list *pos;

	pthread_mutex_lock(&mt->lock);
	mt->state = MIPSTEE_OFFLINE;
	list_for_each(pos, &mt->contexts)
		mipstee_context_die(list_entry(pos, struct mipstee_context, link));
	pthread_mutex_unlock(&mt->lock);
}

struct tee_device *mipstee_device(struct mipstee *mt)
{
	return mt->dev;
}

void mipstee_remove(struct mipstee *mt)
{
	if (!mt)
		return;
	tee_device_unregister(mt->dev);
	tee_shm_pool_free(mt->static_pool);
	pthread_mutex_destroy(&mt->lock);
	free(mt);
}
