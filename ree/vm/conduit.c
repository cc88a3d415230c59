/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * SMCs of an in-process VM: a thread takes a vCPU, hands its registers over by the vCPU's page, and looks
 * at the page for a while before it sleeps (wire/vcpu.h says how that is told).
 */
#include "ree/vm/vm_internal.h"

#include <errno.h>
#include <time.h>

#include "lib/futex.h"
#include "wire/optee_smc.h"

#define CONDUIT_FAST_POLL_NS 50000u
#define CONDUIT_POLL_TURNS 64u
/* Between two looks of a fast call that isn't answered while the thread polls. */
#define CONDUIT_NAP_NS 50000

static int conduit_smc(struct smc_conduit *pub, const struct smc_args *args, struct smc_res *res);

static const struct smc_conduit_ops conduit_ops = { .smc = conduit_smc };

void vm_conduit_init(struct ree_vm *vm)
{
	vm->conduit.pub.ops = &conduit_ops;
	pthread_mutex_init(&vm->conduit.lock, NULL);
	pthread_cond_init(&vm->conduit.freed, NULL);
}

void vm_conduit_destroy(struct ree_vm *vm)
{
	pthread_cond_destroy(&vm->conduit.freed);
	pthread_mutex_destroy(&vm->conduit.lock);
}

int vm_conduit_map(struct ree_vm *vm, uint64_t gpa, unsigned int num)
{
	struct vm_conduit *c = &vm->conduit;
	uint64_t offset = gpa - vm->ram.gpa;

	vm->drivers_ram = vm->ram;
	if (!num)
		return 0;
	if (num > VCPU_MAX || gpa < vm->ram.gpa || offset % VCPU_PAGE_SIZE ||
	    offset > vm->ram.size || VCPU_AREA_SIZE(num) > vm->ram.size - offset)
		return -EPROTO;
	vm->drivers_ram.size = offset;
	c->shm_ctl = (struct vcpu_ctl *)(void *)(vm->ram.base + offset);
	c->num = num;
	c->free = (uint32_t)((1ull << num) - 1);
	c->on = 1; /* the first one runs since the VM does */
	return 0;
}

struct smc_conduit *ree_vm_conduit(struct ree_vm *vm)
{
	return &vm->conduit.pub;
}

static struct vcpu_regs *vcpu_page(const struct vm_conduit *c, unsigned int i)
{
	uint8_t *base = (uint8_t *)c->shm_ctl;

	return (struct vcpu_regs *)(void *)(base + (size_t)VCPU_PAGE_SIZE * (i + 1));
}

/* A vCPU for this thread alone; *@start when it has never run. */
static unsigned int vcpu_get(struct vm_conduit *c, bool *start)
{
	unsigned int i;

	pthread_mutex_lock(&c->lock);
	while (!c->free)
		pthread_cond_wait(&c->freed, &c->lock);
	i = (unsigned int)__builtin_ctz(c->free);
	c->free &= ~(1u << i);
	*start = !(c->on & (1u << i));
	c->on |= 1u << i;
	pthread_mutex_unlock(&c->lock);
	return i;
}

static void vcpu_put(struct vm_conduit *c, unsigned int i)
{
	bool was_none;

	pthread_mutex_lock(&c->lock);
	was_none = !c->free;
	c->free |= 1u << i;
	pthread_mutex_unlock(&c->lock);
	if (was_none)
		pthread_cond_signal(&c->freed);
}

static bool vcpu_back(void *arg)
{
	const struct vcpu_regs *shm_regs = arg;

	return tl_load_acquire(&shm_regs->state) == VCPU_NORMAL;
}

/* Looks for @ns. Return: true when the vCPU is back. */
static bool vcpu_poll(struct ree_vm *vm, struct vcpu_regs *shm_regs, uint64_t ns)
{
	uint64_t end = tl_now_ns() + ns;
	unsigned int turn;

	for (turn = 1; !vcpu_back(shm_regs); turn++) {
		if (turn % CONDUIT_POLL_TURNS == 0 && (tl_now_ns() >= end || ree_vm_dead(vm)))
			return false;
		tl_cpu_relax();
	}
	return true;
}

/*
 * A fast call may come from an interrupt's handler, which must not wait for interrupts: it naps. The
 * secure world answers it without waiting for anything.
 */
static int vcpu_nap(struct ree_vm *vm, struct vcpu_regs *shm_regs)
{
	const struct timespec ts = { .tv_nsec = CONDUIT_NAP_NS };

	while (!vcpu_back(shm_regs)) {
		if (ree_vm_dead(vm))
			return -EIO;
		vm_ctl_drain(vm);
		nanosleep(&ts, NULL);
	}
	return 0;
}

static int vcpu_sleep(struct ree_vm *vm, struct vcpu_regs *shm_regs)
{
	int ret;

	tl_store_relaxed(&shm_regs->waiting, 1u);
	tl_mb();
	ret = ree_vm_wait(vm, vcpu_back, shm_regs, 0);
	tl_store_relaxed(&shm_regs->waiting, 0u);
	return ret;
}

/* Into the secure world by @entry and back, on vCPU @i. */
static int vcpu_enter(struct ree_vm *vm, unsigned int i, uint32_t entry, bool may_wait)
{
	struct vcpu_regs *shm_regs = vcpu_page(&vm->conduit, i);
	struct vcpu_ctl *shm_ctl = vm->conduit.shm_ctl;

	tl_store_relaxed(&shm_regs->entry, entry);
	tl_store_release(&shm_regs->state, (uint32_t)VCPU_SECURE);
	__atomic_fetch_or(&shm_ctl->pending, 1u << i, __ATOMIC_SEQ_CST);
	if (tl_load_relaxed(&shm_ctl->kick))
		ree_vm_kick(vm);
	/* A nap is longer than any fast call. */
	if (vcpu_poll(vm, shm_regs, may_wait ? vm_poll_ns(vm) : CONDUIT_FAST_POLL_NS))
		return 0;
	return may_wait ? vcpu_sleep(vm, shm_regs) : vcpu_nap(vm, shm_regs);
}

static void regs_in(struct vcpu_regs *shm_regs, const struct smc_args *args)
{
	const uint64_t a[VCPU_NUM_REGS] = { args->a0, args->a1, args->a2, args->a3,
					    args->a4, args->a5, args->a6, args->a7 };
	unsigned int i;

	for (i = 0; i < VCPU_NUM_REGS; i++)
		tl_store_relaxed(&shm_regs->a[i], a[i]);
}

static void regs_out(const struct vcpu_regs *shm_regs, struct smc_res *res)
{
	res->a0 = tl_load_relaxed(&shm_regs->a[0]);
	res->a1 = tl_load_relaxed(&shm_regs->a[1]);
	res->a2 = tl_load_relaxed(&shm_regs->a[2]);
	res->a3 = tl_load_relaxed(&shm_regs->a[3]);
}

static int conduit_smc(struct smc_conduit *pub, const struct smc_args *args, struct smc_res *res)
{
	struct vm_conduit *c = container_of(pub, struct vm_conduit, pub);
	struct ree_vm *vm = container_of(c, struct ree_vm, conduit);
	bool may_wait = !(args->a0 & OPTEE_SMC_FAST_CALL);
	struct vcpu_regs *shm_regs;
	unsigned int i;
	bool start;
	int ret = 0;

	if (ree_vm_dead(vm))
		return -EIO;
	if (!c->num) {
		*res = (struct smc_res){ .a0 = OPTEE_SMC_RETURN_UNKNOWN_FUNCTION };
		return 0;
	}
	i = vcpu_get(c, &start);
	shm_regs = vcpu_page(c, i);
	if (start)
		ret = vcpu_enter(vm, i, VCPU_ENTRY_CPU_ON, may_wait);
	if (!ret) {
		regs_in(shm_regs, args);
		ret = vcpu_enter(vm, i, VCPU_ENTRY_SMC, may_wait);
	}
	if (!ret)
		regs_out(shm_regs, res);
	vcpu_put(c, i);
	return ret;
}

void ree_vm_set_notif(struct ree_vm *vm, void (*handle)(void *data), void *data)
{
	pthread_mutex_lock(&vm->handle_lock);
	vm->notif_data = data;
	__atomic_store_n(&vm->notif, handle, __ATOMIC_RELEASE);
	pthread_mutex_unlock(&vm->handle_lock);
}

bool vm_notif_more(const struct ree_vm *vm)
{
	return __atomic_load_n(&vm->notif, __ATOMIC_ACQUIRE) && vm->conduit.shm_ctl &&
	       (tl_load_relaxed(&vm->conduit.shm_ctl->irq) & VCPU_IRQ_NOTIF);
}

void vm_notif_handle(struct ree_vm *vm)
{
	if (ree_vm_dead(vm) || !vm_notif_more(vm))
		return;
	__atomic_fetch_and(&vm->conduit.shm_ctl->irq, ~VCPU_IRQ_NOTIF, __ATOMIC_SEQ_CST);
	vm->notif(vm->notif_data);
}
