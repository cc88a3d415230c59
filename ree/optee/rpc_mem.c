/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include <errno.h>
#include <stdlib.h>

#include "ree/optee/optee_private.h"

/* Counts it in, or -ENOMEM: the secure world has enough. */
static int publish(struct optee *o, struct optee_rpc_mem *rm)
{
	int ret = 0;

	rm->refs = 1;
	rm->cookie = optee_new_cookie(o);
	pthread_mutex_lock(&o->rpc_lock);
	if (o->num_rpc_mem >= OPTEE_MAX_RPC_MEM ||
	    rm->mem.size > OPTEE_MAX_RPC_BYTES - o->rpc_bytes) {
		ret = -ENOMEM;
	} else {
		list_add_tail(&o->rpc_mem, &rm->link);
		o->num_rpc_mem++;
		o->rpc_bytes += rm->mem.size;
	}
	pthread_mutex_unlock(&o->rpc_lock);
	return ret;
}

static void release(struct optee *o, struct optee_rpc_mem *rm)
{
	if (rm->shm)
		tee_shm_put(rm->shm);
	optee_mem_free(o, &rm->mem);
	free(rm);
}

int optee_rpc_mem_alloc(struct optee *o, size_t size, struct optee_rpc_mem **rmp)
{
	struct optee_rpc_mem *rm;
	int ret;

	if (!size || size > OPTEE_MAX_RPC_BYTES)
		return -ENOMEM;
	rm = calloc(1, sizeof(*rm));
	if (!rm)
		return -ENOMEM;
	ret = optee_mem_alloc(o, size, &rm->mem);
	if (!ret)
		ret = publish(o, rm);
	if (ret)
		release(o, rm);
	else
		*rmp = rm;
	return ret;
}

int optee_rpc_mem_adopt(struct optee *o, struct tee_shm *shm, struct optee_rpc_mem **rmp)
{
	struct optee_rpc_mem *rm = calloc(1, sizeof(*rm));
	int ret;

	if (!rm) {
		tee_shm_put(shm);
		return -ENOMEM;
	}
	rm->shm = shm;
	ret = publish(o, rm);
	if (ret)
		release(o, rm);
	else
		*rmp = rm;
	return ret;
}

/* Called with rpc_lock held. */
static struct optee_rpc_mem *find(struct optee *o, uint64_t cookie)
{
	struct optee_rpc_mem *rm;
	struct list *pos;

	list_for_each(pos, &o->rpc_mem) {
		rm = list_entry(pos, struct optee_rpc_mem, link);
		if (rm->cookie == cookie)
			return rm;
	}
	return NULL;
}

struct optee_rpc_mem *optee_rpc_mem_get(struct optee *o, uint64_t cookie)
{
	struct optee_rpc_mem *rm;

	pthread_mutex_lock(&o->rpc_lock);
	rm = find(o, cookie);
	if (rm)
		rm->refs++;
	pthread_mutex_unlock(&o->rpc_lock);
	return rm;
}

void optee_rpc_mem_put(struct optee *o, struct optee_rpc_mem *rm)
{
	bool last;

	pthread_mutex_lock(&o->rpc_lock);
	last = --rm->refs == 0;
	pthread_mutex_unlock(&o->rpc_lock);
	if (last)
		release(o, rm);
}

int optee_rpc_mem_free(struct optee *o, uint64_t cookie, bool supplicants)
{
	struct optee_rpc_mem *rm;

	pthread_mutex_lock(&o->rpc_lock);
	rm = find(o, cookie);
	if (rm && (rm->shm != NULL) != supplicants)
		rm = NULL;
	if (rm) {
		list_del(&rm->link);
		o->num_rpc_mem--;
		o->rpc_bytes -= rm->mem.size;
	}
	pthread_mutex_unlock(&o->rpc_lock);
	if (!rm)
		return -ENOENT;
	optee_rpc_mem_put(o, rm);
	return 0;
}

void optee_rpc_mem_destroy(struct optee *o)
{
	struct list *pos;

	while ((pos = list_pop(&o->rpc_mem)))
		release(o, list_entry(pos, struct optee_rpc_mem, link));
}
