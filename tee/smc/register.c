/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * Registered memory. Who registers gigabytes page by page doesn't keep the others waiting: after
 * each slice of the list the call goes back to its VM as if for an interrupt, and on with the list
 * when it returns.
 */
#include "tee/smc/smc_internal.h"

#include <errno.h>
#include <stdlib.h>

#include "tee/session/result.h"

static bool is_tmem(const struct smc_arg *arg)
{
	uint64_t type = arg->param[0].attr & OPTEE_MSG_ATTR_TYPE_MASK;

	return arg->hdr.num_params == 1 && !(arg->param[0].attr & OPTEE_MSG_ATTR_META) &&
	       type >= OPTEE_MSG_ATTR_TYPE_TMEM_INPUT && type <= OPTEE_MSG_ATTR_TYPE_TMEM_INOUT;
}

/* OP-TEE has one error for all that can be wrong with a list. */
static uint32_t list_result(int err)
{
	return err == -ENOMEM ? TEE_ERROR_OUT_OF_MEMORY : TEE_ERROR_BAD_PARAMETERS;
}

static uint32_t register_list(struct session_vm *sv, const struct smc_arg *arg,
			      const struct smc_list *l)
{
	uint32_t res = shm_register(sv, arg->param[0].u.tmem.shm_ref, l->range, l->num);

	return res == TEE_ERROR_EXCESS_DATA ? TEE_ERROR_BAD_PARAMETERS : res;
}

uint32_t smc_shm_register(struct session_vm *sv, const struct smc_arg *arg)
{
	const struct optee_msg_param *mp = &arg->param[0];
	struct vm_range range;
	struct smc_list l;
	uint32_t res;
	int ret;

	if (!is_tmem(arg))
		return TEE_ERROR_BAD_PARAMETERS;
	if (!(mp->attr & OPTEE_MSG_ATTR_NONCONTIG)) {
		range = (struct vm_range){ .gpa = mp->u.tmem.buf_ptr, .len = mp->u.tmem.size };
		return shm_register(sv, mp->u.tmem.shm_ref, &range, 1);
	}
	ret = smc_list_begin(&l, sv->vm, mp->u.tmem.buf_ptr, mp->u.tmem.size);
	if (ret)
		return list_result(ret);
	if (l.left > SMC_LIST_SLICE_BYTES)
		return SMC_REGISTER_LATER;
	ret = smc_list_walk(&l, sv->vm);
	res = ret ? list_result(ret) : register_list(sv, arg, &l);
	smc_list_end(&l);
	return res;
}

void smc_register_go_on(struct smc_thread *t)
{
	struct session_vm *sv = t->front->client.sv;
	int ret = smc_list_walk(t->list, sv->vm);

	if (ret == -EAGAIN) {
		smc_thread_suspend(t, SMC_THREAD_INTR, OPTEE_SMC_RETURN_RPC_FOREIGN_INTR, 0, 0);
		return;
	}
	smc_arg_answer(&t->arg, ret ? list_result(ret) : register_list(sv, &t->arg, t->list),
		       TEE_ORIGIN_TEE);
	t->done = true;
	smc_thread_finish(t);
}

void smc_register_slowly(struct smc_vcpu *v, struct smc_thread *t)
{
	const struct optee_msg_param *mp = &t->arg.param[0];

	t->list = malloc(sizeof(*t->list));
	if (!t->list || smc_list_begin(t->list, v->smc->vm, mp->u.tmem.buf_ptr, mp->u.tmem.size)) {
		smc_arg_answer(&t->arg, TEE_ERROR_OUT_OF_MEMORY, TEE_ORIGIN_TEE);
		smc_thread_free(t);
		smc_vcpu_return_a0(v, OPTEE_SMC_RETURN_OK);
		return;
	}
	smc_thread_attach(t, v);
	smc_register_go_on(t);
}

uint32_t smc_shm_unregister(struct session_vm *sv, const struct smc_arg *arg)
{
	if (arg->hdr.num_params != 1 ||
	    (arg->param[0].attr & OPTEE_MSG_ATTR_TYPE_MASK) != OPTEE_MSG_ATTR_TYPE_RMEM_INPUT)
		return TEE_ERROR_BAD_PARAMETERS;
	return shm_unregister(sv, arg->param[0].u.rmem.shm_ref);
}
