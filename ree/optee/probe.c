/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include <errno.h>
#include <stdlib.h>

#include "lib/log.h"
#include "ree/optee/optee_private.h"

static int fast_call(struct optee *o, uint32_t func, uint64_t a1, struct smc_res *res)
{
	struct smc_args args = { .a0 = func, .a1 = a1 };

	return optee_smc(o, &args, res);
}

static int check_api(struct optee *o)
{
	struct smc_res res;
	int ret;

	ret = fast_call(o, OPTEE_SMC_CALLS_UID, 0, &res);
	if (ret)
		return ret;
	if (res.a0 != OPTEE_MSG_UID_0 || res.a1 != OPTEE_MSG_UID_1 || res.a2 != OPTEE_MSG_UID_2 ||
	    res.a3 != OPTEE_MSG_UID_3) {
		log_warn("optee: the secure world speaks another API");
		return -EINVAL;
	}
	ret = fast_call(o, OPTEE_SMC_CALL_GET_OS_REVISION, 0, &res);
	if (ret)
		return ret;
	log_debug("optee: revision %u.%u", (unsigned int)res.a0, (unsigned int)res.a1);
	ret = fast_call(o, OPTEE_SMC_CALLS_REVISION, 0, &res);
	if (ret)
		return ret;
	if (res.a0 != OPTEE_MSG_REVISION_MAJOR || (int)res.a1 < (int)OPTEE_MSG_REVISION_MINOR) {
		log_warn("optee: API revision %u.%u", (unsigned int)res.a0, (unsigned int)res.a1);
		return -EINVAL;
	}
	return 0;
}

static int exchange_capabilities(struct optee *o, uint32_t *max_notif)
{
	struct smc_res res;
	int ret;

	ret = fast_call(o, OPTEE_SMC_EXCHANGE_CAPABILITIES, 0, &res);
	if (ret)
		return ret;
	if (res.a0 != OPTEE_SMC_RETURN_OK) {
		log_warn("optee: capabilities don't fit");
		return -EINVAL;
	}
	o->sec_caps = (uint32_t)res.a1;
	*max_notif = OPTEE_DEFAULT_MAX_NOTIF;
	if (o->sec_caps & OPTEE_SMC_SEC_CAP_ASYNC_NOTIF)
		*max_notif = (uint32_t)res.a2;
	if (o->sec_caps & OPTEE_SMC_SEC_CAP_RPC_ARG)
		o->rpc_param_count = (uint8_t)res.a3;
	return 0;
}

static unsigned int thread_count(struct optee *o)
{
	struct smc_res res;

	if (fast_call(o, OPTEE_SMC_GET_THREAD_COUNT, 0, &res) || res.a0 != OPTEE_SMC_RETURN_OK)
		return 0;
	return (unsigned int)res.a1;
}

/* Seed "optee_config_shm_memremap": where the reserved area is, and both of its parts. */
static int config_static_pool(struct optee *o)
{
	const struct ree_vm_mem *shm = o->ops->shm(o->vm);
	struct tee_shm_pool_mem mem;
	struct smc_res res;
	uint64_t start, size;
	int ret;

	ret = fast_call(o, OPTEE_SMC_GET_SHM_CONFIG, 0, &res);
	if (ret)
		return ret;
	if (res.a0 != OPTEE_SMC_RETURN_OK) {
		log_warn("optee: no reserved shared memory");
		return -ENOENT;
	}
	if (res.a3 != OPTEE_SMC_SHM_CACHED) {
		log_warn("optee: only cached shared memory is supported");
		return -EINVAL;
	}
	start = res.a1;
	size = res.a2;
	/* "Mapping" it: what isn't the VM's memory can't be. */
	if (!shm || start < shm->gpa || start - shm->gpa > shm->size ||
	    size > shm->size - (start - shm->gpa)) {
		log_warn("optee: the reserved area isn't this VM's memory");
		return -EINVAL;
	}
	mem = (struct tee_shm_pool_mem){
		.vaddr = shm->base + (start - shm->gpa),
		.paddr = start,
		.size = (size_t)size,
		.fd = shm->fd,
		.fd_offset = start - shm->gpa,
	};
	ret = tee_shm_pool_alloc_res_mem(&mem, &o->static_pool);
	if (ret == -EINVAL)
		log_warn("optee: too small a reserved area");
	return ret;
}

/* The reserved area, dataspaces, or both: whatever the secure world offers. */
static int create_pools(struct optee *o)
{
	int ret = -ENOENT;

	o->pool.ops = &optee_pool_ops;
	o->pool.private_data = o;
	if (o->sec_caps & OPTEE_SMC_SEC_CAP_HAVE_RESERVED_SHM)
		ret = config_static_pool(o);
	if (optee_has_dynamic(o) && ret != -EIO)
		return 0;
	return ret;
}

static int create_devices(struct optee *o, struct tee_subsys *tee)
{
	int ret;

	ret = tee_device_alloc(&optee_clnt_desc, tee, &o->pool, o, &o->dev);
	if (ret)
		return ret;
	ret = tee_device_alloc(&optee_supp_desc, tee, &o->pool, o, &o->supp_dev);
	if (!ret)
		ret = tee_device_register(o->dev);
	if (!ret)
		ret = tee_device_register(o->supp_dev);
	if (ret) {
		tee_device_unregister(o->supp_dev);
		tee_device_unregister(o->dev);
	}
	return ret;
}

static struct optee *optee_new(const struct optee_link_ops *ops, struct ree_vm *vm,
			       struct smc_conduit *conduit)
{
	struct optee *o = calloc(1, sizeof(*o));

	if (!o)
		return NULL;
	o->ops = ops;
	o->vm = vm;
	o->conduit = conduit;
	pthread_mutex_init(&o->arg_lock, NULL);
	pthread_mutex_init(&o->rpc_lock, NULL);
	list_init(&o->arg_chunks);
	list_init(&o->rpc_mem);
	optee_supp_init(&o->supp);
	return o;
}

static void optee_free(struct optee *o)
{
	optee_rpc_mem_destroy(o);
	optee_arg_destroy(o);
	tee_shm_pool_free(o->static_pool);
	optee_supp_destroy(&o->supp);
	pthread_mutex_destroy(&o->rpc_lock);
	pthread_mutex_destroy(&o->arg_lock);
	free(o);
}

int optee_probe_on(const struct optee_link_ops *ops, struct tee_subsys *tee, struct ree_vm *vm,
		   struct smc_conduit *conduit, struct optee **op)
{
	struct optee *o = optee_new(ops, vm, conduit);
	uint32_t max_notif;
	int ret;

	if (!o)
		return -ENOMEM;
	ret = check_api(o);
	if (!ret)
		ret = exchange_capabilities(o, &max_notif);
	if (!ret)
		ret = create_pools(o);
	if (ret)
		goto err_free;
	optee_queue_init(&o->queue, thread_count(o));
	ret = optee_notif_init(&o->notif, max_notif);
	if (ret)
		goto err_queue;
	if (o->sec_caps & OPTEE_SMC_SEC_CAP_ASYNC_NOTIF) {
		ret = optee_notif_enable(o);
		if (ret)
			goto err_notif;
	}
	/* What an earlier driver of this VM left there is nothing that we could free. */
	optee_disable_shm_cache(o, false);
	if (!o->rpc_param_count)
		optee_enable_shm_cache(o);
	/* Last: a client may come before this returns. */
	ret = create_devices(o, tee);
	if (ret)
		goto err_cache;
	*op = o;
	return 0;

err_cache:
	if (!o->rpc_param_count)
		optee_disable_shm_cache(o, true);
	if (o->sec_caps & OPTEE_SMC_SEC_CAP_ASYNC_NOTIF)
		ops->set_notif(vm, NULL, NULL);
err_notif:
	optee_notif_destroy(&o->notif);
err_queue:
	optee_queue_destroy(&o->queue);
err_free:
	optee_free(o);
	return ret;
}

void optee_offline(struct optee *o)
{
	tl_store_release(&o->state, OPTEE_OFFLINE);
	o->ops->wake(o->vm);
}

struct tee_device *optee_device(struct optee *o)
{
	return o->dev;
}

static void stop_async_notif(struct optee *o)
{
	union optee_msg msg;

	optee_msg_init(&msg, OPTEE_MSG_CMD_STOP_ASYNC_NOTIF, 0);
	(void)optee_call(o, NULL, &msg);
	o->ops->set_notif(o->vm, NULL, NULL);
}

void optee_remove(struct optee *o)
{
	if (!o)
		return;
	/*
	 * Clients first: they may need the supplicant to come to an end. Objects that the supplicant made
	 * for the secure world keep its device busy until the secure world gives them back.
	 */
	tee_device_unregister(o->dev);
	if (!o->rpc_param_count)
		optee_disable_shm_cache(o, true);
	if (o->sec_caps & OPTEE_SMC_SEC_CAP_ASYNC_NOTIF)
		stop_async_notif(o);
	optee_rpc_mem_destroy(o);
	tee_device_unregister(o->supp_dev);
	optee_notif_destroy(&o->notif);
	optee_queue_destroy(&o->queue);
	optee_free(o);
}
