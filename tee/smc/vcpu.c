/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/* vCPU pages: taking what came in, giving back what goes out. Every word of them is hostile. */
#include "tee/smc/smc_internal.h"

#include "lib/core.h"
#include "lib/trace.h"
#include "tee/virtio/device.h"

void smc_ring(struct smc_vm *smc)
{
	world_counters(smc->vm->world)->irqs++;
	tl_trace(TRACE_SMC, TRACE_UP, "interrupt", smc->vm->id);
	tee_virtio_ring_irq(smc->vm->dev);
}

void smc_vcpu_return(struct smc_vcpu *v, const struct smc_regs *r)
{
	unsigned int i;

	v->thread = NULL;
	/* The machine goes: calls end with the link, whatever their TAs' deaths look like meanwhile. */
	if (world_stopping(v->smc->vm->world))
		return;
	tl_trace(TRACE_SMC, TRACE_UP, "return", r->a[0]);
	for (i = 0; i < 4; i++)
		tl_store_relaxed(&v->shm_regs->a[i], r->a[i]);
	tl_store_release(&v->shm_regs->state, (uint32_t)VCPU_NORMAL);
	tl_mb();
	if (tl_load_relaxed(&v->shm_regs->waiting))
		smc_ring(v->smc);
}

void smc_vcpu_return_a0(struct smc_vcpu *v, uint32_t a0)
{
	const struct smc_regs r = { .a = { a0 } };

	smc_vcpu_return(v, &r);
}

static void take(struct smc_vcpu *v)
{
	struct smc_regs r;
	unsigned int i;
	uint32_t entry;

	if (v->thread) {
		if (tl_load_relaxed(&v->shm_regs->intr))
			smc_thread_preempt(v->thread, false);
		return;
	}
	if (tl_load_acquire(&v->shm_regs->state) != VCPU_SECURE)
		return;
	entry = tl_load_relaxed(&v->shm_regs->entry);
	for (i = 0; i < VCPU_NUM_REGS; i++)
		r.a[i] = tl_load_relaxed(&v->shm_regs->a[i]);
	/* Who calls isn't for the caller to say. */
	r.a[7] = v->smc->vm->id;
	tl_trace(TRACE_SMC, TRACE_DOWN, "smc", r.a[0]);
	smc_enter(v, entry, &r);
}

static bool smc_more(const struct tee_vm *vm)
{
	return tl_load_relaxed(&vm->smc->shm_ctl->pending);
}

static void smc_service(struct tee_vm *vm)
{
	struct smc_vm *smc = vm->smc;
	uint32_t pending;

	if (!smc_more(vm))
		return;
	pending = __atomic_exchange_n(&smc->shm_ctl->pending, 0u, __ATOMIC_ACQ_REL);
	while (pending) {
		unsigned int i = (unsigned int)__builtin_ctz(pending);

		pending &= pending - 1;
		if (i < smc->num_vcpus)
			take(&smc->vcpu[i]);
	}
}

static void say_core(struct tee_vm *vm)
{
	tl_store_relaxed(&vm->smc->shm_ctl->core,
			 (uint32_t)(core_here(world_cores(vm->world)) + 1));
}

static void smc_ask_kick(struct tee_vm *vm)
{
	say_core(vm);
	tl_store_relaxed(&vm->smc->shm_ctl->kick, 1u);
}

static void smc_disable_kick(struct tee_vm *vm)
{
	say_core(vm);
	tl_store_relaxed(&vm->smc->shm_ctl->kick, 0u);
}

static uint32_t smc_gave_way(const struct tee_vm *vm)
{
	return tl_load_relaxed(&vm->smc->shm_ctl->gave_way);
}

/* One vCPU is enough to take an interrupt: the one that has been inside the longest. */
static void smc_interrupt(struct tee_vm *vm)
{
	struct smc_vm *smc = vm->smc;
	struct smc_vcpu *oldest = NULL;
	unsigned int i;

	for (i = 0; i < smc->num_vcpus; i++) {
		struct smc_vcpu *v = &smc->vcpu[i];

		if (v->thread && (!oldest || v->entered_ns < oldest->entered_ns))
			oldest = v;
	}
	if (oldest)
		smc_thread_preempt(oldest->thread, false);
}

const struct tee_smc_ops smc_entry_ops = {
	.create = smc_vm_create,
	.destroy = smc_vm_destroy,
	.service = smc_service,
	.more = smc_more,
	.ask_kick = smc_ask_kick,
	.disable_kick = smc_disable_kick,
	.gave_way = smc_gave_way,
	.interrupt = smc_interrupt,
	.status = smc_vm_status,
};
