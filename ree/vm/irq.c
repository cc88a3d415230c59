/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "ree/vm/vm_internal.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "lib/futex.h"
#include "lib/log.h"
#include "ree/vm/file.h"

/*
 * How long a leader looks at the rings before it sleeps. A wake-up across cores costs about 20 us: to
 * look for twice that long never loses more than it wins. From a core that has been idle for long it costs
 * several times as much: when an answer came soon after the leader had gone to sleep, the next one looks
 * longer.
 */
#define VM_POLL_NS 50000u
#define VM_POLL_MAX_NS 200000u
/* Turns between two looks at the clock. */
#define VM_POLL_TURNS 16u

/* A follower that sleeps on descriptors of its own, and so not on the condition. */
struct vm_watcher {
	struct list link; /* ree_vm.watchers */
	int fd;		  /* event fd */
};

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

/* Called with wait_lock held. */
static void vm_call_followers(struct ree_vm *vm)
{
	uint64_t one = 1;
	struct list *pos;

	if (vm->followers)
		pthread_cond_broadcast(&vm->wait_cond);
	list_for_each(pos, &vm->watchers)
		if (write(list_entry(pos, struct vm_watcher, link)->fd, &one, sizeof(one)) < 0)
			log_warn("vm %u: watcher: %s", vm->id, strerror(errno));
}

/* Conditions may have changed: let followers look, and the leader if it sleeps. */
void ree_vm_wake(struct ree_vm *vm)
{
	uint64_t one = 1;
	bool ring;

	pthread_mutex_lock(&vm->wait_lock);
	vm->generation++;
	vm_call_followers(vm);
	/* A fork's child has closed its copy; a closed one's number may be another file's. */
	ring = vm->sleeping && vm->wake_fd >= 0 && !__atomic_load_n(&vm->lost, __ATOMIC_ACQUIRE);
	pthread_mutex_unlock(&vm->wait_lock);
	if (ring && write(vm->wake_fd, &one, sizeof(one)) < 0 && errno != EAGAIN)
		log_warn("vm %u: wake: %s", vm->id, strerror(errno));
}

static void vm_wake_followers(struct ree_vm *vm)
{
	pthread_mutex_lock(&vm->wait_lock);
	vm->generation++;
	vm_call_followers(vm);
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

/* As wire/vcpu.h has it: 0 where nothing is known, or where there is but one core. */
static uint32_t vm_secure_core(const struct ree_vm *vm)
{
	return vm->conduit.shm_ctl ? tl_load_relaxed(&vm->conduit.shm_ctl->core) : 0;
}

/* The secure world is to run on this core: who looks for its answer keeps it from giving one. */
static bool vm_shares_core(const struct ree_vm *vm)
{
	uint32_t core = vm_secure_core(vm);

	return core && core - 1 == (uint32_t)sched_getcpu();
}

uint64_t vm_poll_ns(const struct ree_vm *vm)
{
	if (vm_shares_core(vm))
		return 0;
	return __atomic_load_n(&vm->poll_longer, __ATOMIC_RELAXED) ? VM_POLL_MAX_NS : VM_POLL_NS;
}

/* An answer came @ns after a leader had begun to look for it from another core, and slept in the end. */
static void vm_learn_poll(struct ree_vm *vm, uint64_t ns)
{
	__atomic_store_n(&vm->poll_longer, vm_secure_core(vm) && ns < VM_POLL_MAX_NS, __ATOMIC_RELAXED);
}

/* Looks at the rings until @end. Return: true when @cond holds. */
static bool vm_lead_poll(struct ree_vm *vm, bool (*cond)(void *), void *arg, uint64_t end)
{
	unsigned int turn;

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
		if (tl_now_ns() >= end || vm_shares_core(vm))
			return false;
	}
	return false;
}

/* Sleeps on @num descriptors until @deadline, or only looks. Return: as ppoll(2), or -errno. */
static int vm_sleep(struct pollfd *fds, nfds_t num, uint64_t deadline, bool look,
		    const sigset_t *mask)
{
	uint64_t now = deadline ? tl_now_ns() : 0;
	struct timespec ts = { 0 };
	int n;

	if (!look && deadline > now) {
		ts.tv_sec = (time_t)((deadline - now) / 1000000000u);
		ts.tv_nsec = (long)((deadline - now) % 1000000000u);
	}
	n = ppoll(fds, num, look || deadline ? &ts : NULL, mask);
	return n < 0 ? -errno : n;
}

/* Notes in @others what a sleep on its descriptors and @own more of ours has found. */
static void vm_others_found(struct ree_vm_others *others, int ret, const struct pollfd *own,
			    unsigned int num_own)
{
	unsigned int i;

	for (i = 0; i < num_own; i++)
		if (ret > 0 && own[i].revents)
			ret--;
	if (ret > 0)
		others->ready = true;
	else if (ret == -EINTR)
		others->interrupted = true;
}

static bool vm_others_done(const struct ree_vm_others *others)
{
	return others && (others->ready || others->interrupted);
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

/* Sleeps on the doorbell and the hypervisor's socket together, and on @others, once. */
static void vm_lead_sleep(struct ree_vm *vm, bool (*cond)(void *), void *arg, uint64_t deadline,
			  struct ree_vm_others *others)
{
	struct pollfd alone[REE_VM_WAIT_FDS];
	nfds_t num = others ? others->num : 0;
	struct pollfd *fds = others ? others->fds : alone, *own = fds + num;
	bool look;
	int ret;

	own[0] = (struct pollfd){ .fd = vm->irq_fd, .events = POLLIN };
	own[1] = (struct pollfd){ .fd = vm->sock, .events = POLLIN };
	own[2] = (struct pollfd){ .fd = vm->wake_fd, .events = POLLIN };
	pthread_mutex_lock(&vm->wait_lock);
	vm->sleeping = true;
	pthread_mutex_unlock(&vm->wait_lock);
	/* The signal is asked for, and who changes a condition now rings: look once more. */
	look = tl_load_acquire(&vm->irq_set) && vm->irq.enable(vm->irq.data);
	look = look || cond(arg) || ree_vm_dead(vm) || !vm_owns_fds(vm);
	if (others || !look) {
		ret = vm_sleep(fds, num + REE_VM_WAIT_FDS, deadline, look,
			       others ? others->mask : NULL);
		if (others)
			vm_others_found(others, ret, own, REE_VM_WAIT_FDS);
	}
	pthread_mutex_lock(&vm->wait_lock);
	vm->sleeping = false;
	pthread_mutex_unlock(&vm->wait_lock);
	if (tl_load_acquire(&vm->irq_set))
		vm->irq.disable(vm->irq.data);
	/* The program may have closed them meanwhile: what another's file has to say isn't for us. */
	if ((own[0].revents || own[1].revents || own[2].revents) && vm_owns_fds(vm)) {
		if (own[0].revents)
			vm_drain(vm, vm->irq_fd);
		if (own[2].revents)
			vm_drain(vm, vm->wake_fd);
		if (own[1].revents)
			vm_ctl_drain(vm);
	}
	vm_irq_tell(vm);
	vm_irq_handle(vm);
}

static void vm_lead(struct ree_vm *vm, bool (*cond)(void *), void *arg, uint64_t deadline,
		    struct ree_vm_others *others)
{
	while (!ree_vm_dead(vm)) {
		uint64_t start = tl_now_ns(), poll = vm_poll_ns(vm), end = start + poll;
		bool done;

		if (poll && vm_lead_poll(vm, cond, arg, deadline && deadline < end ? deadline : end))
			return;
		if (vm_shares_core(vm))
			__atomic_fetch_add(&vm->conduit.shm_ctl->gave_way, 1, __ATOMIC_RELAXED);
		vm_lead_sleep(vm, cond, arg, deadline, others);
		done = cond(arg);
		if (done && poll)
			vm_learn_poll(vm, tl_now_ns() - start);
		if (done || vm_others_done(others) || (deadline && tl_now_ns() >= deadline))
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

/* Likewise, on @others too; @ring is an event fd for whoever has news. */
static void vm_watch(struct ree_vm *vm, uint32_t generation, uint64_t deadline,
		     struct ree_vm_others *others, int ring)
{
	struct pollfd *own = others->fds + others->num;
	struct vm_watcher w = { .fd = ring };
	int ret;

	if (!vm->leader || vm->generation != generation)
		return;
	*own = (struct pollfd){ .fd = ring, .events = POLLIN };
	list_add_tail(&vm->watchers, &w.link);
	pthread_mutex_unlock(&vm->wait_lock);
	ret = vm_sleep(others->fds, others->num + 1, deadline, false, others->mask);
	vm_others_found(others, ret, own, 1);
	if (own->revents)
		vm_drain(vm, ring);
	pthread_mutex_lock(&vm->wait_lock);
	list_del(&w.link);
}

/* What holds now: 0, an error, or -EAGAIN for "wait". */
static int vm_wait_state(struct ree_vm *vm, bool (*cond)(void *), void *arg, uint64_t deadline,
			 const struct ree_vm_others *others)
{
	if (cond(arg) || (others && others->ready))
		return 0;
	if (ree_vm_dead(vm)) {
		vm_irq_tell(vm);
		return cond(arg) ? 0 : -EIO;
	}
	if (others && others->interrupted)
		return -EINTR;
	return deadline && tl_now_ns() >= deadline ? -ETIMEDOUT : -EAGAIN;
}

static int vm_wait(struct ree_vm *vm, bool (*cond)(void *), void *arg, unsigned int timeout_ms,
		   struct ree_vm_others *others, int ring)
{
	uint64_t deadline = timeout_ms ? tl_now_ns() + timeout_ms * 1000000ull : 0;
	uint32_t generation;
	bool lead;
	int ret;

	for (;;) {
		pthread_mutex_lock(&vm->wait_lock);
		generation = vm->generation;
		pthread_mutex_unlock(&vm->wait_lock);
		ret = vm_wait_state(vm, cond, arg, deadline, others);
		if (ret != -EAGAIN)
			return ret;
		pthread_mutex_lock(&vm->wait_lock);
		lead = !vm->leader;
		if (lead)
			vm->leader = true;
		else if (others)
			vm_watch(vm, generation, deadline, others, ring);
		else
			vm_follow(vm, generation, deadline);
		pthread_mutex_unlock(&vm->wait_lock);
		if (!lead)
			continue;
		vm_lead(vm, cond, arg, deadline, others);
		pthread_mutex_lock(&vm->wait_lock);
		vm->leader = false;
		vm_call_followers(vm);
		pthread_mutex_unlock(&vm->wait_lock);
	}
}

int ree_vm_wait(struct ree_vm *vm, bool (*cond)(void *), void *arg, unsigned int timeout_ms)
{
	return vm_wait(vm, cond, arg, timeout_ms, NULL, -1);
}

int ree_vm_wait_others(struct ree_vm *vm, bool (*cond)(void *), void *arg, unsigned int timeout_ms,
		       struct ree_vm_others *others)
{
	int ring = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	int ret;

	if (ring < 0)
		return -errno;
	/* Not one of those numbers: the program may be asking whether they are open. */
	ring = file_reserve(ring);
	others->ready = others->interrupted = false;
	ret = vm_wait(vm, cond, arg, timeout_ms, others, ring);
	file_unreserve(ring);
	close(ring);
	return ret;
}
