/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/* Secure threads: the pool, its turns, polling, events. */
#include "tee/world_internal.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/futex.h"
#include "lib/log.h"
#include "tee/ipc/ipc.h"
#include "tee/virtio/device_internal.h"
#include "tee/vm.h"

#define RELAX_TURNS 24 /* between two looks of the poller, lock free */
#define POLL_MIN_SHARE 8

void world_ring(int fd)
{
	const uint64_t one = 1;

	if (write(fd, &one, sizeof(one)) < 0) {
		/* EAGAIN: it is rung already. */
	}
}

/* A mutex goes to whoever asks first after it is free, which is the thread that runs, not one that wakes. */
void world_lock_in_turn(struct tee_world *w)
{
	pthread_mutex_lock(&w->turn);
	world_lock(w);
	pthread_mutex_unlock(&w->turn);
}

static void give_way(struct tee_world *w)
{
	if (!pthread_mutex_trylock(&w->turn)) {
		pthread_mutex_unlock(&w->turn);
		return;
	}
	world_unlock(w);
	world_lock_in_turn(w);
}

void world_dev_dirty(struct tee_world *w, struct list *dirty)
{
	if (list_empty(dirty))
		list_add_tail(&w->dirty, dirty);
}

void world_dev_ring(struct tee_world *w, struct list *rung)
{
	if (list_empty(rung))
		list_add_tail(&w->rung, rung);
	world_ring(w->poke_fd);
}

/* Those that are rung now: to serve one may ring another. */
void world_serve_rung(struct tee_world *w)
{
	struct list now, *node;

	list_init(&now);
	while ((node = list_pop(&w->rung)))
		list_add_tail(&now, node);
	while ((node = list_pop(&now)))
		world_serve_vm(w, list_entry(node, struct tee_virtio_dev, rung)->vm);
}

/*
 * A VM rings: would a longer poll have seen it? Then the next one is longer; else polling is for nothing,
 * or even in the way, and becomes short.
 */
static void learn_poll(struct tee_world *w, const struct tee_vm *vm)
{
	uint64_t min = w->poll_max_ns / POLL_MIN_SHARE;
	bool quiet = w->quiet_ns, heard = !vm->dev->kick_is_socket;
	bool seen = quiet && (heard || vm->polled_ns == w->quiet_ns) &&
		    tl_now_ns() - w->quiet_ns < w->poll_max_ns;

	w->quiet_ns = 0;
	if (seen)
		w->poll_ns = w->poll_max_ns;
	else if (quiet || (!heard && !world_is_hot(w, vm)))
		w->poll_ns = w->poll_ns / 2 > min ? w->poll_ns / 2 : min;
}

void world_serve_vm(struct tee_world *w, struct tee_vm *vm)
{
	if (vm->gone || !vm->dev || (!vm->smc && !tee_virtio_live(vm->dev)))
		return;
	if (w->quiet_ns || w->polling)
		learn_poll(w, vm);
	world_heat_vm(w, vm);
	if (vm->smc)
		vm->smc_ops->service(vm);
	tee_virtio_service(vm->dev);
}

/* What an event has led to: applications run, interrupts go out, users learn of broken devices. */
static void finish_event(struct tee_world *w)
{
	bool again;

	do {
		struct list *node;

		again = false;
		ipc_dispatch(w->ipc);
		while ((node = list_pop(&w->dirty))) {
			struct tee_virtio_dev *dev = list_entry(node, struct tee_virtio_dev, dirty);

			tee_virtio_flush(dev);
			again |= tee_virtio_settle(dev);
		}
	} while (again);
}

/* One event of the set, if there is one. Drops the lock while it waits. */
static bool take_event(struct tee_world *w, int timeout_ms)
{
	struct epoll_event ev;
	int n;

	w->num_at_epoll++;
	world_unlock(w);
	n = epoll_wait(w->epfd, &ev, 1, timeout_ms);
	world_lock_in_turn(w);
	w->num_at_epoll--;
	if (n != 1)
		return false;
	if (!ev.data.u64)
		world_begin_stop(w);
	else
		world_run_watch(w, (int)ev.data.u64);
	finish_event(w);
	return true;
}

static void relax(struct tee_world *w)
{
	unsigned int i;

	world_unlock(w);
	for (i = 0; i < RELAX_TURNS; i++)
		tl_cpu_relax();
	world_lock_in_turn(w);
}

/*
 * Look at the hot VMs for a while, as the only poller, and soon for doorbells as well. The lock is free between
 * two looks. Return: a VM with work, or NULL when it was quiet for poll_ns.
 */
static struct tee_vm *poll_for_work(struct tee_world *w)
{
	uint64_t start = tl_now_ns(), ns;
	bool listening = false;
	struct tee_vm *vm;

	w->polling = true;
	while (!(vm = world_hot_with_work(w)) && w->state == WORLD_RUNNING && world_hot_unarmed(w)) {
		ns = tl_now_ns() - start;
		if (ns >= w->poll_ns)
			break;
		if (!listening && ns >= WORLD_HOT_POLL_NS) {
			world_bells_hold(w);
			listening = true;
		}
		if (listening && (vm = world_bells_take(w)))
			break;
		relax(w);
	}
	if (listening)
		world_bells_release(w);
	w->polling = false;
	w->quiet_ns = vm ? 0 : start;
	return vm;
}

/* Serves hot VMs until they are quiet and armed, or another thread has taken the polling over. */
static void serve_hot(struct tee_world *w)
{
	struct tee_vm *vm;

	while (w->state == WORLD_RUNNING && !w->polling && world_hot_unarmed(w)) {
		/* A VM that never stops must not keep the others' doorbells from being heard. */
		if (!w->num_at_epoll && take_event(w, 0))
			continue;
		if (w->polling)
			return;
		vm = poll_for_work(w);
		if (!vm)
			vm = world_hot_arm_all(w);
		if (!vm)
			return;
		world_serve_vm(w, vm);
		finish_event(w);
		/* Nor their threads from getting the lock. */
		give_way(w);
	}
}

static bool surplus(const struct tee_world *w)
{
	return w->num_threads > w->num_blocked + WORLD_MIN_THREADS;
}

void world_thread_loop(struct tee_world *w)
{
	while (w->state != WORLD_DONE) {
		bool extra;

		serve_hot(w);
		if (w->state == WORLD_DONE)
			break;
		extra = surplus(w);
		if (!take_event(w, extra ? WORLD_SURPLUS_MS : -1) && extra && surplus(w))
			break;
	}
	w->num_threads--;
}

static void *thread_main(void *arg)
{
	struct world_thread *t = arg;
	struct tee_world *w = t->world;

	world_lock(w);
	world_thread_loop(w);
	t->state = THREAD_EXITED;
	world_unlock(w);
	return NULL;
}

static int start_thread(struct world_thread *t)
{
	pthread_attr_t attr;
	sigset_t all, old;
	int ret;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, WORLD_STACK_SIZE);
	/* Signals are for the thread that has them now: in solo mode the program's. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	ret = -pthread_create(&t->id, &attr, thread_main, t);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	pthread_attr_destroy(&attr);
	return ret;
}

void world_spawn_thread(struct tee_world *w)
{
	struct world_thread *t = NULL;
	unsigned int i;
	int ret;

	for (i = 0; i < WORLD_MAX_THREADS - 1 && !t; i++)
		if (w->thread[i].state != THREAD_RUNNING)
			t = &w->thread[i];
	ret = t ? 0 : -EAGAIN;
	if (t && t->state == THREAD_EXITED) {
		pthread_join(t->id, NULL); /* it has given the lock up and needs nothing more */
		t->state = THREAD_FREE;
	}
	if (t) {
		t->world = w;
		ret = start_thread(t);
	}
	if (ret) {
		if (!w->spawn_failed)
			log_warn("no further secure thread: %s", strerror(-ret));
		w->spawn_failed = true;
		return;
	}
	t->state = THREAD_RUNNING;
	w->num_threads++;
}

void world_join_threads(struct tee_world *w)
{
	unsigned int i;
	bool there;

	for (i = 0; i < WORLD_MAX_THREADS; i++) {
		world_lock(w);
		there = w->thread[i].state != THREAD_FREE;
		world_unlock(w);
		if (!there)
			continue;
		pthread_join(w->thread[i].id, NULL);
		w->thread[i].state = THREAD_FREE;
	}
}

void world_check_done(struct tee_world *w)
{
	if (w->state != WORLD_STOPPING || w->num_blocked)
		return;
	__atomic_store_n(&w->state, WORLD_DONE, __ATOMIC_RELEASE);
	world_ring(w->stop_fd); /* never taken: every thread sees it */
}

void world_begin_stop(struct tee_world *w)
{
	struct list *pos;
	uint64_t count;

	if (w->state != WORLD_RUNNING)
		return;
	if (read(w->stop_fd, &count, sizeof(count)) < 0) {
		/* Not rung: the hypervisor is gone. */
	}
	__atomic_store_n(&w->state, WORLD_STOPPING, __ATOMIC_RELEASE);
	/* TAs end with the launcher, and with them the calls that threads wait for. */
	shutdown(w->cfg.launch_sock, SHUT_RDWR);
	list_for_each(pos, &w->waiters)
		world_signal(list_entry(pos, struct world_waiter, node)->event);
	world_check_done(w);
}
