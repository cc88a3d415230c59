/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * Hot VMs: those whose requests are looked for instead of being rung for.
 *
 * Whoever is about to sleep arms the kicks of hot VMs, unless another thread polls them: the doorbell
 * is then rung for the next request. Whoever comes back from a wait disarms them before it publishes an
 * answer, so that the next request, which follows the answer, finds a poller and rings nothing.
 */
#include "tee/world_internal.h"

#include <string.h>

#include "tee/virtio/device_internal.h"
#include "tee/vm.h"

static unsigned int hot_index(const struct tee_world *w, const struct tee_vm *vm)
{
	unsigned int i;

	for (i = 0; i < w->num_hot; i++)
		if (w->hot[i].vm == vm)
			return i;
	return w->num_hot;
}

static void hot_remove(struct tee_world *w, unsigned int i)
{
	w->num_hot--;
	memmove(&w->hot[i], &w->hot[i + 1], (w->num_hot - i) * sizeof(w->hot[0]));
}

/* Ask for a kick. Return: true when there is work already. */
static bool hot_arm(struct tee_world *w, unsigned int i)
{
	struct tee_vm *vm = w->hot[i].vm;
	bool more;

	if (w->hot[i].armed)
		return false;
	w->hot[i].armed = true;
	more = tee_virtio_enable_kick(vm->dev);
	if (vm->smc)
		more |= vm->smc_ops->enable_kick(vm);
	return more;
}

static void hot_disarm(struct tee_world *w, unsigned int i)
{
	struct tee_vm *vm = w->hot[i].vm;

	w->hot[i].armed = false;
	tee_virtio_disable_kick(vm->dev);
	if (vm->smc)
		vm->smc_ops->disable_kick(vm);
}

static bool hot_more(const struct tee_world *w, unsigned int i)
{
	const struct tee_vm *vm = w->hot[i].vm;

	return tee_virtio_more(vm->dev) || (vm->smc && vm->smc_ops->more(vm));
}

void world_heat_vm(struct tee_world *w, struct tee_vm *vm)
{
	unsigned int i = hot_index(w, vm);

	if (i < w->num_hot && !w->hot[i].armed)
		return;
	if (i == w->num_hot) {
		if (w->num_hot == WORLD_MAX_HOT) {
			if (hot_arm(w, 0))
				tee_virtio_ring_self(w->hot[0].vm->dev);
			hot_remove(w, 0);
			i--;
		}
		w->num_hot++;
		w->hot[i].vm = vm;
	}
	hot_disarm(w, i);
}

void world_forget_vm(struct tee_world *w, struct tee_vm *vm)
{
	unsigned int i = hot_index(w, vm);

	if (i < w->num_hot)
		hot_remove(w, i);
}

struct tee_vm *world_hot_with_work(struct tee_world *w)
{
	unsigned int i;

	for (i = 0; i < w->num_hot; i++)
		if (!w->hot[i].armed && hot_more(w, i))
			return w->hot[i].vm;
	return NULL;
}

/* All armed and forgotten, or the VM that turned out to have work. */
struct tee_vm *world_hot_arm_all(struct tee_world *w)
{
	unsigned int i;

	for (i = 0; i < w->num_hot; i++) {
		if (!hot_arm(w, i))
			continue;
		hot_disarm(w, i);
		return w->hot[i].vm;
	}
	w->num_hot = 0;
	return NULL;
}

bool world_hot_unarmed(const struct tee_world *w)
{
	unsigned int i;

	for (i = 0; i < w->num_hot; i++)
		if (!w->hot[i].armed)
			return true;
	return false;
}

void world_hot_sleep(struct tee_world *w)
{
	unsigned int i;

	for (i = 0; i < w->num_hot && !w->polling; i++)
		if (hot_arm(w, i))
			tee_virtio_ring_self(w->hot[i].vm->dev);
}

void world_hot_wake(struct tee_world *w)
{
	unsigned int i;

	for (i = 0; i < w->num_hot && !w->polling; i++)
		if (w->hot[i].armed)
			hot_disarm(w, i);
}
