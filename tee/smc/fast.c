/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/* Fast calls: answered at once, without a thread (OP-TEE's entry_fast.c). */
#include "tee/smc/smc_internal.h"

#define SMC_NUM_FAST_CALLS 14u
#define OS_REVISION_MAJOR 0u
#define OS_REVISION_MINOR 1u

static void answer(struct smc_regs *r, uint32_t a0, uint32_t a1, uint32_t a2, uint32_t a3)
{
	r->a[0] = a0;
	r->a[1] = a1;
	r->a[2] = a2;
	r->a[3] = a3;
}

static void status(struct smc_regs *r, uint32_t a0)
{
	answer(r, a0, 0, 0, 0);
}

static void get_shm_config(const struct smc_vm *smc, struct smc_regs *r)
{
	const struct dataspace *shm = smc->vm->shm;

	/* Registers are 32 bits wide: an area that they can't name isn't there. */
	if (!shm || shm->gpa > UINT32_MAX || shm->size > UINT32_MAX)
		status(r, OPTEE_SMC_RETURN_ENOTAVAIL);
	else
		answer(r, OPTEE_SMC_RETURN_OK, (uint32_t)shm->gpa, (uint32_t)shm->size,
		       OPTEE_SMC_SHM_CACHED);
}

static void exchange_capabilities(const struct smc_vm *smc, struct smc_regs *r)
{
	uint32_t caps = OPTEE_SMC_SEC_CAP_DYNAMIC_SHM | OPTEE_SMC_SEC_CAP_VIRTUALIZATION |
			OPTEE_SMC_SEC_CAP_MEMREF_NULL | OPTEE_SMC_SEC_CAP_ASYNC_NOTIF |
			OPTEE_SMC_SEC_CAP_RPC_ARG;

	if (smc->vm->shm)
		caps |= OPTEE_SMC_SEC_CAP_HAVE_RESERVED_SHM;
	if (r->a[1] & ~(uint64_t)OPTEE_SMC_NSEC_CAP_UNIPROCESSOR)
		answer(r, OPTEE_SMC_RETURN_ENOTAVAIL, caps, 0, 0);
	else
		answer(r, OPTEE_SMC_RETURN_OK, caps, SMC_NOTIF_MAX, SMC_RPC_MAX_PARAMS);
}

static void disable_shm_cache(struct smc_vm *smc, struct smc_regs *r)
{
	uint64_t cookie;

	if (!smc_threads_idle(smc)) {
		status(r, OPTEE_SMC_RETURN_EBUSY);
	} else if (smc_rpc_uncache(smc, &cookie)) {
		answer(r, OPTEE_SMC_RETURN_OK, (uint32_t)(cookie >> 32), (uint32_t)cookie, 0);
	} else {
		smc->shm_cache = false;
		status(r, OPTEE_SMC_RETURN_ENOTAVAIL);
	}
}

static void enable_shm_cache(struct smc_vm *smc, struct smc_regs *r)
{
	if (!smc_threads_idle(smc)) {
		status(r, OPTEE_SMC_RETURN_EBUSY);
		return;
	}
	smc->shm_cache = true;
	status(r, OPTEE_SMC_RETURN_OK);
}

static void get_async_notif_value(struct smc_vm *smc, struct smc_regs *r)
{
	unsigned int value = 0;
	uint32_t flags = 0;
	bool more = false;

	if (smc_notif_take(smc, &value, &more))
		flags |= OPTEE_SMC_ASYNC_NOTIF_VALUE_VALID;
	if (more)
		flags |= OPTEE_SMC_ASYNC_NOTIF_VALUE_PENDING;
	answer(r, OPTEE_SMC_RETURN_OK, value, flags, 0);
}

void smc_fast(struct smc_vm *smc, struct smc_regs *r)
{
	switch (r->a[0]) {
	case OPTEE_SMC_CALLS_COUNT:
		status(r, SMC_NUM_FAST_CALLS);
		break;
	case OPTEE_SMC_CALLS_UID:
		answer(r, OPTEE_MSG_UID_0, OPTEE_MSG_UID_1, OPTEE_MSG_UID_2, OPTEE_MSG_UID_3);
		break;
	case OPTEE_SMC_CALLS_REVISION:
		answer(r, OPTEE_MSG_REVISION_MAJOR, OPTEE_MSG_REVISION_MINOR, 0, 0);
		break;
	case OPTEE_SMC_CALL_GET_OS_UUID:
		answer(r, OPTEE_MSG_OS_OPTEE_UUID_0, OPTEE_MSG_OS_OPTEE_UUID_1,
		       OPTEE_MSG_OS_OPTEE_UUID_2, OPTEE_MSG_OS_OPTEE_UUID_3);
		break;
	case OPTEE_SMC_CALL_GET_OS_REVISION:
		answer(r, OS_REVISION_MAJOR, OS_REVISION_MINOR, 0, 0);
		break;
	case OPTEE_SMC_GET_SHM_CONFIG:
		get_shm_config(smc, r);
		break;
	case OPTEE_SMC_EXCHANGE_CAPABILITIES:
		exchange_capabilities(smc, r);
		break;
	case OPTEE_SMC_DISABLE_SHM_CACHE:
		disable_shm_cache(smc, r);
		break;
	case OPTEE_SMC_ENABLE_SHM_CACHE:
		enable_shm_cache(smc, r);
		break;
	case OPTEE_SMC_VM_CREATED:
	case OPTEE_SMC_VM_DESTROYED:
		/* The hypervisor says these over its own link: a VM never is VM 0. */
		status(r, OPTEE_SMC_RETURN_ENOTAVAIL);
		break;
	case OPTEE_SMC_GET_THREAD_COUNT:
		answer(r, OPTEE_SMC_RETURN_OK, SMC_NUM_THREADS, 0, 0);
		break;
	case OPTEE_SMC_ENABLE_ASYNC_NOTIF:
		smc->notif_on = true;
		status(r, OPTEE_SMC_RETURN_OK);
		break;
	case OPTEE_SMC_GET_ASYNC_NOTIF_VALUE:
		get_async_notif_value(smc, r);
		break;
	default:
		status(r, OPTEE_SMC_RETURN_UNKNOWN_FUNCTION);
		break;
	}
}
