/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * Secure threads: the pool, polling of hot VMs, waiting.
 *
 * Whoever is about to sleep arms the kicks of hot VMs, unless another thread polls them: the doorbell
 * is then rung for the next request. Whoever comes back from a wait disarms them before it publishes an
 * answer, so that the next request, which follows the answer, finds a poller and rings nothing.
 */
#include "tee/world_internal.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "lib/futex.h"
#include "lib/log.h"
#include "tee/ipc/ipc.h"
#include "tee/virtio/device_internal.h"
#include "tee/vm.h"

#define RELAX_TURNS 24 /* between two looks of the poller, lock free */
#define POLL_MIN_SHARE 8

static void ring(int fd)
{
	const uint64_t one = 1;

	if (write(fd, &one, sizeof(one)) < 0) {
		/* EAGAIN: it is rung already. */
	}
}

/* A mutex goes to whoever asks first after it is free, which is the thread that runs, not one that wakes. */
static void lock_in_turn(struct tee_world *w)
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
	lock_in_turn(w);
}

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

void world_dev_dirty(struct tee_world *w, struct list *dirty)
{
	if (list_empty(dirty))
		list_add_tail(&w->dirty, dirty);
}

void world_dev_ring(struct tee_world *w, struct list *rung)
{
	if (list_empty(rung))
		list_add_tail(&w->rung, rung);
	ring(w->poke_fd);
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

void world_serve_vm(struct tee_world *w, struct tee_vm *vm)
{
	if (vm->gone || !vm->dev || (!vm->smc && !tee_virtio_live(vm->dev)))
		return;
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

static struct tee_vm *hot_with_work(struct tee_world *w)
{
	unsigned int i;

	for (i = 0; i < w->num_hot; i++)
		if (!w->hot[i].armed && hot_more(w, i))
			return w->hot[i].vm;
	return NULL;
}

/* All armed and forgotten, or the VM that turned out to have work. */
static struct tee_vm *hot_arm_all(struct tee_world *w)
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

static bool hot_unarmed(const struct tee_world *w)
{
	unsigned int i;

	for (i = 0; i < w->num_hot; i++)
		if (!w->hot[i].armed)
			return true;
	return false;
}

/* One event of the set, if there is one. Drops the lock while it waits. */
static bool take_event(struct tee_world *w, int timeout_ms)
{
	struct epoll_event ev;
	int n;

	w->num_at_epoll++;
	world_unlock(w);
	n = epoll_wait(w->epfd, &ev, 1, timeout_ms);
	lock_in_turn(w);
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

static void adapt_poll(struct tee_world *w, bool hit)
{
	uint64_t min = w->poll_max_ns / POLL_MIN_SHARE;

	w->poll_ns = hit ? w->poll_ns * 2 : w->poll_ns / 2;
	if (w->poll_ns > w->poll_max_ns)
		w->poll_ns = w->poll_max_ns;
	if (w->poll_ns < min)
		w->poll_ns = min;
}

/*
 * Look at the hot VMs for a while, as the only poller. The lock is free between two looks.
 * Return: a VM with work, or NULL when it was quiet for poll_ns.
 */
static struct tee_vm *poll_for_work(struct tee_world *w)
{
	uint64_t start = tl_now_ns();
	struct tee_vm *vm;
	unsigned int i;

	w->polling = true;
	while (!(vm = hot_with_work(w)) && w->state == WORLD_RUNNING && hot_unarmed(w)) {
		if (tl_now_ns() - start >= w->poll_ns)
			break;
		world_unlock(w);
		for (i = 0; i < RELAX_TURNS; i++)
			tl_cpu_relax();
		lock_in_turn(w);
	}
	w->polling = false;
	adapt_poll(w, vm != NULL);
	return vm;
}

/* Serves hot VMs until they are quiet and armed, or another thread has taken the polling over. */
static void serve_hot(struct tee_world *w)
{
	struct tee_vm *vm;

	while (w->state == WORLD_RUNNING && !w->polling && hot_unarmed(w)) {
		/* A VM that never stops must not keep the others' doorbells from being heard. */
		if (!w->num_at_epoll && take_event(w, 0))
			continue;
		if (w->polling)
			return;
		vm = poll_for_work(w);
		if (!vm)
			vm = hot_arm_all(w);
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

static void check_done(struct tee_world *w)
{
	if (w->state != WORLD_STOPPING || w->num_blocked)
		return;
	__atomic_store_n(&w->state, WORLD_DONE, __ATOMIC_RELEASE);
	ring(w->stop_fd); /* never taken: every thread sees it */
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
	check_done(w);
}

/* Before a thread sleeps in the middle of its work: nobody may wait for what only it knows. */
static void before_sleep(struct tee_world *w)
{
	struct list *pos;
	unsigned int i;

	list_for_each(pos, &w->dirty)
		tee_virtio_flush(list_entry(pos, struct tee_virtio_dev, dirty));
	for (i = 0; i < w->num_hot && !w->polling; i++)
		if (hot_arm(w, i))
			tee_virtio_ring_self(w->hot[i].vm->dev);
	w->num_blocked++;
	if (w->running && w->state != WORLD_DONE && w->num_blocked >= w->num_threads)
		world_spawn_thread(w);
	if (ipc_pending(w->ipc))
		ring(w->poke_fd);
}

static void after_sleep(struct tee_world *w)
{
	unsigned int i;

	w->num_blocked--;
	check_done(w);
	for (i = 0; i < w->num_hot && !w->polling; i++)
		if (w->hot[i].armed)
			hot_disarm(w, i);
}

void world_block_begin(struct tee_world *w)
{
	before_sleep(w);
	world_unlock(w);
}

void world_block_end(struct tee_world *w)
{
	lock_in_turn(w);
	after_sleep(w);
}

void world_event_init(struct world_event *ev)
{
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&ev->cond, &attr);
	pthread_condattr_destroy(&attr);
	ev->ready_to_use = true;
}

void world_event_destroy(struct world_event *ev)
{
	if (ev->ready_to_use)
		pthread_cond_destroy(&ev->cond);
	ev->ready_to_use = false;
}

void world_signal(struct world_event *ev)
{
	pthread_cond_broadcast(&ev->cond);
}

int world_wait(struct tee_world *w, struct world_event *ev, uint64_t deadline_ns)
{
	struct timespec ts = {
		.tv_sec = (time_t)(deadline_ns / 1000000000u),
		.tv_nsec = (long)(deadline_ns % 1000000000u),
	};
	struct world_waiter me = { .event = ev };
	int ret;

	if (w->state != WORLD_RUNNING)
		return -ECANCELED;
	before_sleep(w);
	list_add_tail(&w->waiters, &me.node);
	if (deadline_ns)
		ret = pthread_cond_timedwait(&ev->cond, &w->lock, &ts);
	else
		ret = pthread_cond_wait(&ev->cond, &w->lock);
	list_del(&me.node);
	after_sleep(w);
	if (w->state != WORLD_RUNNING)
		return -ECANCELED;
	return ret == ETIMEDOUT ? -ETIMEDOUT : 0;
}
