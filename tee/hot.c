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

#include "lib/futex.h"
#include "tee/virtio/device_internal.h"
#include "tee/vm.h"

_Static_assert(WORLD_MAX_HOT <= 64, "a bit each");

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

static void hot_arm(struct tee_world *w, unsigned int i)
{
	struct tee_vm *vm = w->hot[i].vm;

	w->hot[i].armed = true;
	tee_virtio_ask_kick(vm->dev);
	if (vm->smc)
		vm->smc_ops->ask_kick(vm);
}

static void hot_disarm(struct tee_world *w, unsigned int i)
{
	struct tee_vm *vm = w->hot[i].vm;

	w->hot[i].armed = false;
	w->hot[i].core = core_here(&w->cores);
	tee_virtio_disable_kick(vm->dev);
	if (vm->smc)
		vm->smc_ops->disable_kick(vm);
}

static bool hot_more(const struct tee_world *w, unsigned int i)
{
	const struct tee_vm *vm = w->hot[i].vm;

	return tee_virtio_more(vm->dev) || (vm->smc && vm->smc_ops->more(vm));
}

/* Ask for all kicks, with one barrier. Return: which VMs turned out to have work, a bit each. */
static uint64_t hot_arm_all(struct tee_world *w)
{
	uint64_t fresh = 0, more = 0;
	unsigned int i;

	for (i = 0; i < w->num_hot; i++) {
		if (w->hot[i].armed)
			continue;
		hot_arm(w, i);
		fresh |= 1ull << i;
	}
	tl_mb();
	for (i = 0; i < w->num_hot; i++)
		if (fresh & 1ull << i && hot_more(w, i))
			more |= 1ull << i;
	return more;
}

/* Room for one more. Whose turn was longest ago has to ring. */
static void hot_drop_first(struct tee_world *w)
{
	if (!w->hot[0].armed) {
		hot_arm(w, 0);
		tl_mb();
		if (hot_more(w, 0))
			tee_virtio_ring_self(w->hot[0].vm->dev);
	}
	hot_remove(w, 0);
}

void world_heat_vm(struct tee_world *w, struct tee_vm *vm)
{
	unsigned int i = hot_index(w, vm);

	w->hot_turn++;
	if (i < w->num_hot)
		w->hot[i].turn = w->hot_turn;
	/* Again when this thread has moved: a VM may want to know. */
	if (i < w->num_hot && !w->hot[i].armed && w->hot[i].core == core_here(&w->cores))
		return;
	if (i == w->num_hot) {
		if (w->num_hot == WORLD_MAX_HOT)
			hot_drop_first(w);
		i = w->num_hot++;
		w->hot[i].vm = vm;
		w->hot[i].turn = w->hot_turn;
	}
	hot_disarm(w, i);
}

/*
 * A VM that is on this thread's core has to be rung for each answer, and rings for each request. That is the
 * shortest way for few calls, since no other core wakes up; for many it would be to look, from another core.
 */
void world_rang_vm(struct tee_world *w, struct tee_vm *vm)
{
	uint32_t gave_way = vm->smc ? vm->smc_ops->gave_way(vm) : vm->gave_way;
	uint64_t now;

	if (gave_way == vm->gave_way)
		return;
	vm->gave_way = gave_way;
	now = tl_now_ns();
	if (now - vm->ways_ns > WORLD_WAYS_NS) {
		vm->ways_ns = now;
		vm->ways = 0;
	}
	if (++vm->ways < WORLD_MAX_WAYS)
		return;
	vm->ways = 0;
	core_leave(&w->cores);
}

bool world_is_hot(const struct tee_world *w, const struct tee_vm *vm)
{
	return hot_index(w, vm) < w->num_hot;
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

/* All armed, or one of those that turned out to have work: they stay unarmed. */
struct tee_vm *world_hot_arm_all(struct tee_world *w)
{
	uint64_t more = hot_arm_all(w);
	unsigned int i;

	if (!more) {
		for (i = 0; i < w->num_hot; i++)
			w->hot[i].vm->polled_ns = w->quiet_ns;
		return NULL;
	}
	for (i = 0; i < w->num_hot; i++)
		if (more & 1ull << i)
			hot_disarm(w, i);
	return w->hot[__builtin_ctzll(more)].vm;
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
	uint64_t more;
	unsigned int i;

	if (w->polling)
		return;
	more = hot_arm_all(w);
	for (i = 0; i < w->num_hot; i++)
		if (more & 1ull << i)
			tee_virtio_ring_self(w->hot[i].vm->dev);
}

/* Each that is polled costs its share of every call: one that has cooled down stays armed and goes. */
void world_hot_wake(struct tee_world *w)
{
	unsigned int i;

	for (i = w->num_hot; i-- > 0 && !w->polling;) {
		if (!w->hot[i].armed)
			continue;
		if (w->hot_turn - w->hot[i].turn > WORLD_HOT_TURNS)
			hot_remove(w, i);
		else
			hot_disarm(w, i);
	}
}
