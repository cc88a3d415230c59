/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/* The argument of a standard call: where it lies, what it says, where its answer goes. */
#include "tee/smc/smc_internal.h"

#include <errno.h>

#define ARG_ALIGN 8u

static uint64_t pair(uint64_t high, uint64_t low)
{
	return (uint64_t)(uint32_t)high << 32 | (uint32_t)low;
}

void smc_place_drop(struct session_vm *sv, struct smc_place *place)
{
	if (place->shm)
		shm_put(sv->sm->world, place->shm);
	else
		vm_mem_put(place->mem);
	*place = (struct smc_place){ .mem = NULL };
}

static bool in_pool(const struct tee_vm *vm, uint64_t gpa)
{
	return vm->shm && gpa >= vm->shm->gpa && gpa - vm->shm->gpa < vm->shm->size;
}

/*
 * Outside the reserved area an argument has a page of its own, at its beginning: that is what OP-TEE
 * maps, and what its drivers do.
 */
uint32_t smc_place_at(struct session_vm *sv, uint64_t gpa, uint64_t size, struct smc_place *place)
{
	const struct vm_range page = { .gpa = gpa, .len = OPTEE_MSG_NONCONTIG_PAGE_SIZE };
	int ret;

	if (gpa % ARG_ALIGN)
		return OPTEE_SMC_RETURN_EBADADDR;
	if (in_pool(sv->vm, gpa)) {
		struct vm_mem *pool = shm_pool(sv);

		if (!pool)
			return OPTEE_SMC_RETURN_ENOMEM;
		if (!shm_contains(pool, gpa - sv->vm->shm->gpa, size))
			return OPTEE_SMC_RETURN_EBADADDR;
		place->mem = vm_mem_get(pool);
		place->offset = gpa - sv->vm->shm->gpa;
		return OPTEE_SMC_RETURN_OK;
	}
	if (gpa % OPTEE_MSG_NONCONTIG_PAGE_SIZE || size > OPTEE_MSG_NONCONTIG_PAGE_SIZE)
		return OPTEE_SMC_RETURN_EBADADDR;
	ret = vm_mem_create(sv->vm, &page, 1, &place->mem);
	if (ret)
		return ret == -ENOMEM ? OPTEE_SMC_RETURN_ENOMEM : OPTEE_SMC_RETURN_EBADADDR;
	place->offset = 0;
	return OPTEE_SMC_RETURN_OK;
}

static uint32_t place_in(struct session_vm *sv, uint64_t cookie, uint64_t offset,
			 struct smc_place *place)
{
	struct session_shm *shm = shm_find(sv, cookie);

	if (!shm || offset % ARG_ALIGN)
		return OPTEE_SMC_RETURN_EBADADDR;
	shm->refs++;
	place->shm = shm;
	place->mem = shm->mem;
	place->offset = offset;
	return OPTEE_SMC_RETURN_OK;
}

static uint32_t copy_in(struct smc_arg *arg, bool with_rpc)
{
	const struct smc_place *p = &arg->place;
	uint64_t size;
	uint32_t num;

	if (vm_mem_copy_from(p->mem, p->offset, &arg->hdr, sizeof(arg->hdr)))
		return OPTEE_SMC_RETURN_EBADADDR;
	num = arg->hdr.num_params;
	if (num > OPTEE_MSG_MAX_NUM_PARAMS)
		return OPTEE_SMC_RETURN_EBADADDR;
	size = OPTEE_MSG_GET_ARG_SIZE(num);
	arg->rpc_offset = with_rpc ? p->offset + size : 0;
	if (with_rpc)
		size += OPTEE_MSG_GET_ARG_SIZE(SMC_RPC_MAX_PARAMS);
	if (!shm_contains(p->mem, p->offset, size))
		return OPTEE_SMC_RETURN_EBADADDR;
	if (num > SMC_MAX_PARAMS)
		return OPTEE_SMC_RETURN_OK;
	if (num && vm_mem_copy_from(p->mem, p->offset + sizeof(arg->hdr), arg->param,
				    num * sizeof(arg->param[0])))
		return OPTEE_SMC_RETURN_EBADADDR;
	return OPTEE_SMC_RETURN_OK;
}

uint32_t smc_arg_open(struct session_vm *sv, const struct smc_regs *r, struct smc_arg *arg)
{
	uint64_t where = pair(r->a[1], r->a[2]);
	bool with_rpc = r->a[0] != OPTEE_SMC_CALL_WITH_ARG;
	uint32_t ret;

	arg->place = (struct smc_place){ .mem = NULL };
	if (r->a[0] == OPTEE_SMC_CALL_WITH_REGD_ARG)
		ret = place_in(sv, where, (uint32_t)r->a[3], &arg->place);
	else
		ret = smc_place_at(sv, where, sizeof(arg->hdr), &arg->place);
	if (ret)
		return ret;
	ret = copy_in(arg, with_rpc);
	if (ret)
		smc_place_drop(sv, &arg->place);
	return ret;
}

/*
 * Only what an answer changes is written: session, ret and ret_origin. The place was looked up when the
 * call came and is kept by it: writing can't fail.
 */
void smc_arg_answer(struct smc_arg *arg, uint32_t ret, uint32_t origin)
{
	const size_t at_session = offsetof(struct optee_msg_hdr, session);
	const size_t at_ret = offsetof(struct optee_msg_hdr, ret);
	const uint32_t result[2] = { ret, origin };

	if (arg->hdr.cmd == OPTEE_MSG_CMD_OPEN_SESSION)
		vm_mem_copy_to(arg->place.mem, arg->place.offset + at_session, &arg->hdr.session,
			       sizeof(arg->hdr.session));
	vm_mem_copy_to(arg->place.mem, arg->place.offset + at_ret, result, sizeof(result));
}
