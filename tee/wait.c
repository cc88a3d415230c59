/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/* Secure threads that sleep in the middle of their work. */
#include "tee/world_internal.h"

#include <errno.h>
#include <time.h>

#include "tee/ipc/ipc.h"
#include "tee/virtio/device_internal.h"

/* Before a thread sleeps in the middle of its work: nobody may wait for what only it knows. */
static void before_sleep(struct tee_world *w)
{
	struct list *pos;

	list_for_each(pos, &w->dirty)
		tee_virtio_flush(list_entry(pos, struct tee_virtio_dev, dirty));
	world_hot_sleep(w);
	w->num_blocked++;
	if (w->running && w->state != WORLD_DONE && w->num_blocked >= w->num_threads)
		world_spawn_thread(w);
	if (ipc_pending(w->ipc))
		world_ring(w->poke_fd);
}

static void after_sleep(struct tee_world *w)
{
	w->num_blocked--;
	world_check_done(w);
	world_hot_wake(w);
}

void world_block_begin(struct tee_world *w)
{
	before_sleep(w);
	world_unlock(w);
}

void world_block_end(struct tee_world *w)
{
	world_lock_in_turn(w);
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
