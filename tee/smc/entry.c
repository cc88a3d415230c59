/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * The vector of the secure world's entries, as OP-TEE's thread_vector_table has them: what an exception
 * or the power management of a VM enters by. Each entry changes state and returns.
 */
#include "tee/smc/smc_internal.h"

#include "lib/log.h"
#include "wire/smcq.h"

enum vector {
	VECTOR_STD_SMC,
	VECTOR_FAST_SMC,
	VECTOR_CPU_ON,
	VECTOR_CPU_OFF,
	VECTOR_CPU_RESUME,
	VECTOR_CPU_SUSPEND,
	VECTOR_FIQ,
	VECTOR_SYSTEM_OFF,
	VECTOR_SYSTEM_RESET,
	VECTOR_NUM,
};

/* A call is for us when its owner is, and no bit is set that we don't know. */
static bool a0_ok(uint64_t a0, uint32_t owner)
{
	return a0 <= UINT32_MAX && !(a0 & (OPTEE_SMC_64 | OPTEE_SMC_RESERVED_MASK)) &&
	       OPTEE_SMC_OWNER_NUM((uint32_t)a0) == owner;
}

static void vector_std_smc_entry(struct smc_vcpu *v, struct smc_regs *r)
{
	if (v->power == SMC_CPU_ON && a0_ok(r->a[0], OPTEE_SMC_OWNER_TRUSTED_OS))
		smc_std(v, r);
	else
		smc_vcpu_return_a0(v, OPTEE_SMC_RETURN_UNKNOWN_FUNCTION);
}

static void vector_fast_smc_entry(struct smc_vcpu *v, struct smc_regs *r)
{
	if (v->power == SMC_CPU_ON && (a0_ok(r->a[0], OPTEE_SMC_OWNER_TRUSTED_OS) ||
				       a0_ok(r->a[0], OPTEE_SMC_OWNER_TRUSTED_OS_API))) {
		smc_fast(v->smc, r);
		smc_vcpu_return(v, r);
	} else if (v->power == SMC_CPU_ON && a0_ok(r->a[0], SMCQ_SMC_OWNER)) {
		smc_vcpu_return_a0(v, smc_queue_call(v->smc, r));
	} else {
		smc_vcpu_return_a0(v, OPTEE_SMC_RETURN_UNKNOWN_FUNCTION);
	}
}

static void change_power(struct smc_vcpu *v, enum smc_power from, enum smc_power to)
{
	if (v->power != from) {
		smc_vcpu_return_a0(v, OPTEE_SMC_RETURN_EBADCMD);
		return;
	}
	v->power = to;
	smc_vcpu_return_a0(v, OPTEE_SMC_RETURN_OK);
}

static void vector_cpu_on_entry(struct smc_vcpu *v, struct smc_regs *r)
{
	(void)r;
	change_power(v, SMC_CPU_OFF, SMC_CPU_ON);
}

/* Threads that it left suspended are any vCPU's to resume. */
static void vector_cpu_off_entry(struct smc_vcpu *v, struct smc_regs *r)
{
	(void)r;
	change_power(v, SMC_CPU_ON, SMC_CPU_OFF);
}

static void vector_cpu_resume_entry(struct smc_vcpu *v, struct smc_regs *r)
{
	(void)r;
	change_power(v, SMC_CPU_SUSPENDED, SMC_CPU_ON);
}

static void vector_cpu_suspend_entry(struct smc_vcpu *v, struct smc_regs *r)
{
	(void)r;
	change_power(v, SMC_CPU_ON, SMC_CPU_SUSPENDED);
}

/* A secure interrupt: what it brings is done in a standard call that the normal world is asked for. */
static void vector_fiq_entry(struct smc_vcpu *v, struct smc_regs *r)
{
	(void)r;
	if (v->smc->notif_on) {
		v->smc->bottom_halves++;
		smc_notif_send(v->smc, OPTEE_SMC_ASYNC_NOTIF_VALUE_DO_BOTTOM_HALF);
	}
	smc_vcpu_return_a0(v, OPTEE_SMC_RETURN_OK);
}

/* All vCPUs are off afterwards, wherever they were. */
static void system_down(struct smc_vm *smc)
{
	unsigned int i;

	smc_front_abandon(smc);
	smc_queue_detach(smc);
	smc->bottom_halves = 0;
	for (i = 0; i < smc->num_vcpus; i++)
		smc->vcpu[i].power = SMC_CPU_OFF;
}

static void vector_system_off_entry(struct smc_vcpu *v, struct smc_regs *r)
{
	(void)r;
	system_down(v->smc);
	smc_vcpu_return_a0(v, OPTEE_SMC_RETURN_OK);
}

static void vector_system_reset_entry(struct smc_vcpu *v, struct smc_regs *r)
{
	(void)r;
	system_down(v->smc);
	v->smc->vcpu[0].power = SMC_CPU_ON;
	smc_vcpu_return_a0(v, OPTEE_SMC_RETURN_OK);
}

static void (*const vector_table[VECTOR_NUM])(struct smc_vcpu *v, struct smc_regs *r) = {
	[VECTOR_STD_SMC] = vector_std_smc_entry,
	[VECTOR_FAST_SMC] = vector_fast_smc_entry,
	[VECTOR_CPU_ON] = vector_cpu_on_entry,
	[VECTOR_CPU_OFF] = vector_cpu_off_entry,
	[VECTOR_CPU_RESUME] = vector_cpu_resume_entry,
	[VECTOR_CPU_SUSPEND] = vector_cpu_suspend_entry,
	[VECTOR_FIQ] = vector_fiq_entry,
	[VECTOR_SYSTEM_OFF] = vector_system_off_entry,
	[VECTOR_SYSTEM_RESET] = vector_system_reset_entry,
};

/* VECTOR_NUM: there is no such entry. */
static enum vector vector_of(uint32_t entry, const struct smc_regs *r)
{
	switch (entry) {
	case VCPU_ENTRY_SMC:
		return r->a[0] & OPTEE_SMC_FAST_CALL ? VECTOR_FAST_SMC : VECTOR_STD_SMC;
	case VCPU_ENTRY_CPU_ON:
		return VECTOR_CPU_ON;
	case VCPU_ENTRY_CPU_OFF:
		return VECTOR_CPU_OFF;
	case VCPU_ENTRY_CPU_SUSPEND:
		return VECTOR_CPU_SUSPEND;
	case VCPU_ENTRY_CPU_RESUME:
		return VECTOR_CPU_RESUME;
	case VCPU_ENTRY_FIQ:
		return VECTOR_FIQ;
	case VCPU_ENTRY_SYSTEM_OFF:
		return VECTOR_SYSTEM_OFF;
	case VCPU_ENTRY_SYSTEM_RESET:
		return VECTOR_SYSTEM_RESET;
	default:
		return VECTOR_NUM;
	}
}

void smc_enter(struct smc_vcpu *v, uint32_t entry, struct smc_regs *r)
{
	enum vector vector = vector_of(entry, r);

	if (vector == VECTOR_NUM) {
		world_counters(v->smc->vm->world)->bad_messages++;
		log_debug("vm %u: vCPU %u: no entry %u", v->smc->vm->id, v->index, entry);
		smc_vcpu_return_a0(v, OPTEE_SMC_RETURN_UNKNOWN_FUNCTION);
		return;
	}
	vector_table[vector](v, r);
}
