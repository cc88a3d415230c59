/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * RPCs. A thread that waits for long has its caller wait for a notification, as OP-TEE does when it
 * waits for a mutex. The RPC's argument is the one that came with the call, or else memory that the
 * normal world is asked for and gets back, at once or when it disables the cache.
 */
#include "tee/smc/smc_internal.h"

#include "tee/session/result.h"

struct notif_arg {
	struct optee_msg_hdr hdr;
	struct optee_msg_param param;
};

static uint64_t pair(uint64_t high, uint64_t low)
{
	return (uint64_t)(uint32_t)high << 32 | (uint32_t)low;
}

static void out(struct smc_thread *t, enum smc_rpc rpc, uint32_t a0, uint32_t a1, uint32_t a2)
{
	t->rpc = rpc;
	smc_thread_suspend(t, SMC_THREAD_RPC, a0, a1, a2);
}

static void rpc_arg(const struct smc_thread *t, const struct vm_mem **mem, uint64_t *offset)
{
	const bool came = t->arg.rpc_offset;

	*mem = came ? t->arg.place.mem : t->rpc_place.mem;
	*offset = came ? t->arg.rpc_offset : t->rpc_place.offset;
}

bool smc_rpc_wait(struct smc_thread *t)
{
	const struct notif_arg a = {
		.hdr = { .cmd = OPTEE_RPC_CMD_NOTIFICATION,
			 .ret = TEE_ERROR_GENERIC,
			 .num_params = 1 },
		.param = { .attr = OPTEE_MSG_ATTR_TYPE_VALUE_INPUT,
			   .u.value = { OPTEE_RPC_NOTIFICATION_WAIT, SMC_NOTIF_OF(t), 0 } },
	};
	const struct vm_mem *mem;
	uint64_t offset;

	if (!t->front->smc->notif_on || t->mute)
		return false;
	if (!t->arg.rpc_offset && !t->rpc_place.mem) {
		out(t, SMC_RPC_ALLOC, OPTEE_SMC_RETURN_RPC_ALLOC,
		    (uint32_t)OPTEE_MSG_GET_ARG_SIZE(SMC_RPC_MAX_PARAMS), 0);
		return true;
	}
	rpc_arg(t, &mem, &offset);
	vm_mem_copy_to(mem, offset, &a, sizeof(a));
	out(t, SMC_RPC_WAIT, OPTEE_SMC_RETURN_RPC_CMD, (uint32_t)(t->rpc_cookie >> 32),
	    (uint32_t)t->rpc_cookie);
	return true;
}

static void give_back(struct smc_thread *t)
{
	uint64_t cookie = t->rpc_cookie;

	smc_place_drop(t->front->client.sv, &t->rpc_place);
	t->rpc_cookie = 0;
	out(t, SMC_RPC_FREE, OPTEE_SMC_RETURN_RPC_FREE, (uint32_t)(cookie >> 32), (uint32_t)cookie);
}

bool smc_rpc_give_back(struct smc_thread *t)
{
	if (!t->rpc_place.mem || t->front->smc->shm_cache)
		return false;
	give_back(t);
	return true;
}

static void allocated(struct smc_thread *t, const struct smc_regs *r)
{
	uint64_t gpa = pair(r->a[1], r->a[2]);

	t->rpc_cookie = pair(r->a[4], r->a[5]);
	t->mute = !gpa || smc_place_at(t->front->client.sv, gpa,
				       OPTEE_MSG_GET_ARG_SIZE(SMC_RPC_MAX_PARAMS), &t->rpc_place);
	if (gpa && t->mute)
		give_back(t);
	else if (t->done || !smc_rpc_wait(t))
		smc_thread_settle(t);
}

static void waited(struct smc_thread *t)
{
	const struct vm_mem *mem;
	uint32_t ret = TEE_ERROR_GENERIC;
	uint64_t offset;

	rpc_arg(t, &mem, &offset);
	vm_mem_copy_from(mem, offset + offsetof(struct optee_msg_hdr, ret), &ret, sizeof(ret));
	t->mute = ret != TEE_SUCCESS;
	smc_thread_settle(t);
}

void smc_rpc_answered(struct smc_thread *t, const struct smc_regs *r)
{
	switch (t->rpc) {
	case SMC_RPC_ALLOC:
		allocated(t, r);
		break;
	case SMC_RPC_WAIT:
		waited(t);
		break;
	case SMC_RPC_FREE:
		smc_thread_settle(t);
		break;
	}
}

bool smc_rpc_uncache(struct smc_vm *smc, uint64_t *cookie)
{
	unsigned int i;

	for (i = 0; smc->front && i < SMC_NUM_THREADS; i++) {
		struct smc_thread *t = &smc->front->thread[i];

		if (!t->rpc_place.mem)
			continue;
		*cookie = t->rpc_cookie;
		smc_place_drop(t->front->client.sv, &t->rpc_place);
		t->rpc_cookie = 0;
		return true;
	}
	return false;
}
