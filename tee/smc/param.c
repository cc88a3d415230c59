/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/* Parameters of an argument, and back: results are OP-TEE's (its entry_std.c). */
#include "tee/smc/smc_internal.h"

#include <errno.h>
#include <stdlib.h>

#include "tee/session/result.h"

#define TEE_ERROR_SECURITY 0xffff000fu

/* A buffer that is described in the call itself: an object for this call alone, of one slice at most. */
static int noncontig_mem(struct tee_vm *vm, const struct optee_msg_param *mp, struct vm_mem **memp)
{
	struct smc_list l;
	int ret = smc_list_begin(&l, vm, mp->u.tmem.buf_ptr, mp->u.tmem.size);

	if (!ret)
		ret = smc_list_walk(&l, vm);
	if (!ret)
		ret = vm_mem_create(vm, l.range, l.num, memp);
	smc_list_end(&l);
	return ret;
}

static uint32_t noncontig_in(struct session_vm *sv, const struct optee_msg_param *mp,
			     struct session_shm **shmp)
{
	struct session_shm *shm = calloc(1, sizeof(*shm));
	int ret;

	if (!shm)
		return TEE_ERROR_OUT_OF_MEMORY;
	ret = noncontig_mem(sv->vm, mp, &shm->mem);
	if (ret) {
		free(shm);
		return ret == -ENOMEM ? TEE_ERROR_OUT_OF_MEMORY : TEE_ERROR_BAD_PARAMETERS;
	}
	list_init(&shm->node);
	shm->refs = 1;
	*shmp = shm;
	return TEE_SUCCESS;
}

static uint32_t tmem_in(struct session_vm *sv, const struct optee_msg_param *mp,
			struct ta_param *p, struct session_shm **shmp)
{
	const struct dataspace *area = sv->vm->shm;
	uint64_t buf = mp->u.tmem.buf_ptr;
	uint32_t ret;

	/* No memory; the size may still say how much the client would take. */
	if (!buf)
		return TEE_SUCCESS;
	if (mp->attr & OPTEE_MSG_ATTR_NONCONTIG) {
		ret = noncontig_in(sv, mp, shmp);
		if (!ret)
			p->u.memref.mem = (*shmp)->mem;
		return ret;
	}
	if (!area || buf < area->gpa || !shm_pool(sv) ||
	    !shm_contains(shm_pool(sv), buf - area->gpa, p->u.memref.size))
		return TEE_ERROR_BAD_PARAMETERS;
	p->u.memref.mem = shm_pool(sv);
	p->u.memref.offset = buf - area->gpa;
	return TEE_SUCCESS;
}

static uint32_t rmem_in(struct session_vm *sv, const struct optee_msg_param *mp,
			struct ta_param *p, struct session_shm **shmp)
{
	struct session_shm *shm = shm_find(sv, mp->u.rmem.shm_ref);

	/* A driver that registers nothing has no cookie 0: it means no memory. */
	if (!shm && !mp->u.rmem.shm_ref && !mp->u.rmem.offs)
		return TEE_SUCCESS;
	if (!shm)
		return TEE_ERROR_BAD_PARAMETERS;
	if (!shm_contains(shm->mem, mp->u.rmem.offs, mp->u.rmem.size))
		return TEE_ERROR_SECURITY;
	shm->refs++;
	*shmp = shm;
	p->u.memref.mem = shm->mem;
	p->u.memref.offset = mp->u.rmem.offs;
	return TEE_SUCCESS;
}

static uint32_t param_in(struct session_vm *sv, const struct optee_msg_param *mp, unsigned int i,
			 struct tee_request *rq)
{
	uint32_t type = (uint32_t)mp->attr & OPTEE_MSG_ATTR_TYPE_MASK;
	struct ta_param *p = &rq->call.param[i];

	if (mp->attr & OPTEE_MSG_ATTR_META)
		return TEE_ERROR_BAD_PARAMETERS;
	p->type = type;
	switch (type) {
	case OPTEE_MSG_ATTR_TYPE_NONE:
		return TEE_SUCCESS;
	case OPTEE_MSG_ATTR_TYPE_VALUE_INPUT:
	case OPTEE_MSG_ATTR_TYPE_VALUE_OUTPUT:
	case OPTEE_MSG_ATTR_TYPE_VALUE_INOUT:
		p->u.value.a = (uint32_t)mp->u.value.a;
		p->u.value.b = (uint32_t)mp->u.value.b;
		return TEE_SUCCESS;
	case OPTEE_MSG_ATTR_TYPE_RMEM_INPUT:
	case OPTEE_MSG_ATTR_TYPE_RMEM_OUTPUT:
	case OPTEE_MSG_ATTR_TYPE_RMEM_INOUT:
		p->u.memref.size = mp->u.rmem.size;
		return rmem_in(sv, mp, p, &rq->shm[i]);
	case OPTEE_MSG_ATTR_TYPE_TMEM_INPUT:
	case OPTEE_MSG_ATTR_TYPE_TMEM_OUTPUT:
	case OPTEE_MSG_ATTR_TYPE_TMEM_INOUT:
		/* The TEE's own numbers are RMEM's. */
		p->type = type - OPTEE_MSG_ATTR_TYPE_TMEM_INPUT + OPTEE_MSG_ATTR_TYPE_RMEM_INPUT;
		p->u.memref.size = mp->u.tmem.size;
		return tmem_in(sv, mp, p, &rq->shm[i]);
	default:
		return TEE_ERROR_BAD_PARAMETERS;
	}
}

uint32_t smc_params_in(struct session_vm *sv, const struct optee_msg_param *mp, unsigned int num,
		       struct tee_request *rq)
{
	uint32_t res = TEE_SUCCESS;
	unsigned int i;

	if (num > TA_NUM_PARAMS)
		return TEE_ERROR_BAD_PARAMETERS;
	for (i = 0; i < num && !res; i++)
		res = param_in(sv, &mp[i], i, rq);
	return res;
}

/* Sizes and values that the TA may change, each where it lies in the argument. */
void smc_params_out(const struct tee_request *rq, const struct smc_arg *arg, unsigned int first)
{
	unsigned int i;

	for (i = 0; first + i < arg->hdr.num_params && i < TA_NUM_PARAMS; i++) {
		const struct ta_param *p = &rq->call.param[i];
		uint64_t at = arg->place.offset + OPTEE_MSG_GET_ARG_SIZE(first + i) +
			      offsetof(struct optee_msg_param, u);
		const uint64_t value[2] = { p->u.value.a, p->u.value.b };

		switch (p->type) {
		case TEE_PARAM_TYPE_VALUE_OUTPUT:
		case TEE_PARAM_TYPE_VALUE_INOUT:
			vm_mem_copy_to(arg->place.mem, at, value, sizeof(value));
			break;
		case TEE_PARAM_TYPE_MEMREF_OUTPUT:
		case TEE_PARAM_TYPE_MEMREF_INOUT:
			vm_mem_copy_to(arg->place.mem, at + sizeof(uint64_t), &p->u.memref.size,
				       sizeof(p->u.memref.size));
			break;
		default:
			break;
		}
	}
}
