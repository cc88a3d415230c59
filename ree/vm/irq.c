/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "ree/vm/vm_internal.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/futex.h"
#include "lib/log.h"

/*
 * How long a leader looks at the rings before it sleeps. A wake-up across cores costs about 20 us: to
 * look for twice that long never loses more than it wins.
 */
#define VM_POLL_NS 50000u
/* Turns between two looks at the clock. */
#define VM_POLL_TURNS 16u

void ree_vm_set_irq(struct ree_vm *vm, const struct ree_vm_irq *irq)
{
	pthread_mutex_lock(&vm->handle_lock);
	tl_store_release(&vm->irq_set, false);
	if (irq) {
		vm->irq = *irq;
		tl_store_release(&vm->irq_set, true);
	}
	pthread_mutex_unlock(&vm->handle_lock);
}

/* Conditions may have changed: let followers look, and the leader if it sleeps. */
void ree_vm_wake(struct ree_vm *vm)
{
	uint64_t one = 1;
	bool ring;

	pthread_mutex_lock(&vm->wait_lock);
	vm->generation++;
	if (vm->followers)
		pthread_cond_broadcast(&vm->wait_cond);
	ring = vm->sleeping && vm->wake_fd >= 0; /* a fork's child has closed its copy */
	pthread_mutex_unlock(&vm->wait_lock);
	if (ring && write(vm->wake_fd, &one, sizeof(one)) < 0 && errno != EAGAIN)
		log_warn("vm %u: wake: %s", vm->id, strerror(errno));
}

static void vm_wake_followers(struct ree_vm *vm)
{
	pthread_mutex_lock(&vm->wait_lock);
	vm->generation++;
	if (vm->followers)
		pthread_cond_broadcast(&vm->wait_cond);
	pthread_mutex_unlock(&vm->wait_lock);
}

void vm_irq_tell(struct ree_vm *vm)
{
	bool gone = ree_vm_dead(vm);
	bool changed = __atomic_exchange_n(&vm->config_pending, false, __ATOMIC_ACQ_REL);

	if (!gone && !changed)
		return;
	pthread_mutex_lock(&vm->handle_lock);
	if (gone && vm->gone_told)
		gone = changed = false;
	if ((gone || changed) && vm->irq_set && vm->irq.config) {
		vm->gone_told = gone;
		vm->irq.config(vm->irq.data, gone);
	}
	pthread_mutex_unlock(&vm->handle_lock);
	vm_wake_followers(vm);
}

static void vm_irq_handle(struct ree_vm *vm)
{
	pthread_mutex_lock(&vm->handle_lock);
	if (vm->irq_set && !ree_vm_dead(vm))
		vm->irq.handle(vm->irq.data);
	vm_notif_handle(vm);
	pthread_mutex_unlock(&vm->handle_lock);
	vm_wake_followers(vm);
}

void ree_vm_poll_irq(struct ree_vm *vm)
{
	vm_irq_tell(vm);
	vm_irq_handle(vm);
}

static bool vm_irq_more(struct ree_vm *vm)
{
	return (tl_load_acquire(&vm->irq_set) && vm->irq.more(vm->irq.data)) || vm_notif_more(vm);
}

/* Looks at the rings for a while. Return: true when @cond holds. */
static bool vm_lead_poll(struct ree_vm *vm, bool (*cond)(void *), void *arg, uint64_t deadline)
{
	uint64_t end = tl_now_ns() + VM_POLL_NS;
	unsigned int turn;

	if (deadline && deadline < end)
		end = deadline;
	for (turn = 1; !ree_vm_dead(vm); turn++) {
		if (vm_irq_more(vm)) {
			vm_irq_handle(vm);
			if (cond(arg))
				return true;
		}
		tl_cpu_relax();
		if (turn % VM_POLL_TURNS)
			continue;
		/* A vCPU that comes back changes a condition without an interrupt. */
		if (cond(arg))
			return true;
		if (tl_now_ns() >= end)
			return false;
	}
	return false;
}

static int vm_poll_ms(uint64_t deadline)
{
	uint64_t now;

	if (!deadline)
		return -1;
	now = tl_now_ns();
	return deadline <= now ? 0 : (int)((deadline - now) / 1000000u + 1u);
}

/* Takes all that a doorbell has to say. */
static void vm_drain(struct ree_vm *vm, int fd)
{
	uint8_t bytes[256];
	ssize_t n;

	do {
		n = read(fd, bytes, sizeof(bytes));
	} while (n == (ssize_t)sizeof(bytes));
	if (n < 0 && errno != EAGAIN && errno != EINTR)
		log_warn("vm %u: doorbell: %s", vm->id, strerror(errno));
	/* The secure world has hung up: it never rings again. */
	if (!n)
		vm_set_dead(vm);
}

/* Sleeps on the doorbell and the hypervisor's socket together, once. */
static void vm_lead_sleep(struct ree_vm *vm, bool (*cond)(void *), void *arg, uint64_t deadline)
{
	struct pollfd pfd[3] = {
		{ .fd = vm->irq_fd, .events = POLLIN },
		{ .fd = vm->sock, .events = POLLIN },
		{ .fd = vm->wake_fd, .events = POLLIN },
	};
	bool more = false;

	pthread_mutex_lock(&vm->wait_lock);
	vm->sleeping = true;
	pthread_mutex_unlock(&vm->wait_lock);
	/* The signal is asked for, and who changes a condition now rings: look once more. */
	if (tl_load_acquire(&vm->irq_set))
		more = vm->irq.enable(vm->irq.data);
	if (!more && !cond(arg) && !ree_vm_dead(vm))
		poll(pfd, 3, vm_poll_ms(deadline));
	pthread_mutex_lock(&vm->wait_lock);
	vm->sleeping = false;
	pthread_mutex_unlock(&vm->wait_lock);
	if (tl_load_acquire(&vm->irq_set))
		vm->irq.disable(vm->irq.data);
	if (pfd[0].revents)
		vm_drain(vm, vm->irq_fd);
	if (pfd[2].revents)
		vm_drain(vm, vm->wake_fd);
	if (pfd[1].revents)
		vm_ctl_drain(vm);
	vm_irq_tell(vm);
	vm_irq_handle(vm);
}

static void vm_lead(struct ree_vm *vm, bool (*cond)(void *), void *arg, uint64_t deadline)
{
	while (!ree_vm_dead(vm)) {
		if (vm_lead_poll(vm, cond, arg, deadline))
			return;
		vm_lead_sleep(vm, cond, arg, deadline);
		if (cond(arg) || (deadline && tl_now_ns() >= deadline))
			return;
	}
}

/* Called with wait_lock held: sleeps until @generation has passed or the lead is free. */
static void vm_follow(struct ree_vm *vm, uint32_t generation, uint64_t deadline)
{
	struct timespec ts = {
		.tv_sec = (time_t)(deadline / 1000000000u),
		.tv_nsec = (long)(deadline % 1000000000u),
	};
	int ret = 0;

	vm->followers++;
	while (vm->leader && vm->generation == generation && !ret) {
		if (deadline)
			ret = pthread_cond_timedwait(&vm->wait_cond, &vm->wait_lock, &ts);
		else
			pthread_cond_wait(&vm->wait_cond, &vm->wait_lock);
	}
	vm->followers--;
}

int ree_vm_wait(struct ree_vm *vm, bool (*cond)(void *), void *arg, unsigned int timeout_ms)
{
	uint64_t deadline = timeout_ms ? tl_now_ns() + timeout_ms * 1000000ull : 0;
	uint32_t generation;
	bool lead;

	for (;;) {
		pthread_mutex_lock(&vm->wait_lock);
		generation = vm->generation;
		pthread_mutex_unlock(&vm->wait_lock);
		if (cond(arg))
			return 0;
		if (ree_vm_dead(vm)) {
			vm_irq_tell(vm);
			return cond(arg) ? 0 : -EIO;
		}
		if (deadline && tl_now_ns() >= deadline)
			return -ETIMEDOUT;
		pthread_mutex_lock(&vm->wait_lock);
		lead = !vm->leader;
		if (lead)
			vm->leader = true;
		else
			vm_follow(vm, generation, deadline);
		pthread_mutex_unlock(&vm->wait_lock);
		if (!lead)
			continue;
		vm_lead(vm, cond, arg, deadline);
		pthread_mutex_lock(&vm->wait_lock);
		vm->leader = false;
		if (vm->followers)
			pthread_cond_broadcast(&vm->wait_cond);
		pthread_mutex_unlock(&vm->wait_lock);
	}
}
