/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/* What one VM has in the SMC entry, from VM_CREATED to the end of its last call. */
#include "tee/smc/smc_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

int smc_vm_create(struct tee_vm *vm, uint64_t vcpu_gpa, unsigned int num_vcpus)
{
	uint64_t size = VCPU_AREA_SIZE(num_vcpus);
	struct smc_vm *smc;
	uint8_t *shm_base;
	unsigned int i;

	if (!num_vcpus || num_vcpus > VCPU_MAX || vcpu_gpa % VCPU_PAGE_SIZE)
		return -EINVAL;
	shm_base = vm_ptr(vm, vcpu_gpa, size);
	if (!shm_base)
		return -EINVAL;
	smc = calloc(1, sizeof(*smc));
	if (!smc)
		return -ENOMEM;
	smc->vm = vm;
	smc->ds = dataspace_get(vm_find_ds(vm, vcpu_gpa, size));
	smc->shm_ctl = (struct vcpu_ctl *)(void *)shm_base;
	smc->num_vcpus = num_vcpus;
	smc->timer_fd = -1;
	for (i = 0; i < num_vcpus; i++) {
		smc->vcpu[i].smc = smc;
		smc->vcpu[i].index = i;
		smc->vcpu[i].shm_regs =
			(struct vcpu_regs *)(void *)(shm_base + VCPU_PAGE_SIZE * (i + 1));
	}
	/* The one that boots the VM; it starts the others. */
	smc->vcpu[0].power = SMC_CPU_ON;
	/* Until a thread looks at the VM it is to be rung. */
	tl_store_relaxed(&smc->shm_ctl->kick, 1u);
	vm->smc = smc;
	return 0;
}

static void front_released(struct tee_client *c)
{
	free(container_of(c, struct smc_front, client));
}

struct smc_front *smc_front_of(struct smc_vm *smc)
{
	struct session_vm *sv;
	struct smc_front *f;
	unsigned int i;

	if (smc->front)
		return smc->front;
	sv = session_vm_of(world_sessions(smc->vm->world), smc->vm);
	f = sv ? calloc(1, sizeof(*f)) : NULL;
	if (!f)
		return NULL;
	f->smc = smc;
	for (i = 0; i < SMC_NUM_THREADS; i++) {
		f->thread[i].front = f;
		f->thread[i].index = i;
	}
	client_init(&f->client, sv, front_released);
	smc->front = f;
	return f;
}

static void thread_abandon(struct smc_thread *t)
{
	struct smc_vcpu *v = t->state == SMC_THREAD_INSIDE ? t->vcpu : NULL;

	t->vcpu = NULL;
	smc_place_drop(t->front->client.sv, &t->rpc_place);
	if (t->state == SMC_THREAD_FREE)
		return;
	if (t->done || t->list)
		smc_thread_free(t);
	else
		t->state = SMC_THREAD_ABANDONED;
	/* There is no call any more that it could come back from; a VM that has gone isn't told. */
	if (v && !v->smc->vm->gone)
		smc_vcpu_return_a0(v, OPTEE_SMC_RETURN_ERESUME);
}

void smc_front_abandon(struct smc_vm *smc)
{
	struct smc_front *f = smc->front;
	unsigned int i;

	smc_notif_stop(smc);
	smc->shm_cache = false;
	if (!f)
		return;
	smc->front = NULL;
	for (i = 0; i < SMC_NUM_THREADS; i++)
		thread_abandon(&f->thread[i]);
	f->smc = NULL;
	shm_unregister_all(f->client.sv);
	client_gone(&f->client);
}

void smc_vm_destroy(struct tee_vm *vm)
{
	struct smc_vm *smc = vm->smc;

	smc_front_abandon(smc);
	smc_queue_detach(smc);
	if (smc->timer_fd >= 0) {
		world_unwatch(vm->world, smc->timer_watch);
		close(smc->timer_fd);
	}
	dataspace_put(smc->ds);
	vm->smc = NULL;
	free(smc);
}

void smc_vm_status(const struct tee_vm *vm, FILE *out)
{
	const struct smc_vm *smc = vm->smc;
	unsigned int i, on = 0, busy = 0;

	for (i = 0; i < smc->num_vcpus; i++)
		on += smc->vcpu[i].power == SMC_CPU_ON;
	for (i = 0; smc->front && i < SMC_NUM_THREADS; i++)
		busy += smc->front->thread[i].state != SMC_THREAD_FREE;
	fprintf(out, "{\"vcpus\":%u,\"threads\":%u,\"busy\":%u,\"notifications\":%s}", on,
		SMC_NUM_THREADS, busy, smc->notif_on ? "true" : "false");
}
