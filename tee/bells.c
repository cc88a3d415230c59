/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * Doorbells of VMs hang in a set of their own, and the set among what all threads wait for. A thread that polls
 * holds the set: it looks for rings itself, and no other thread wakes up for one.
 */
#include "tee/world_internal.h"

#include <errno.h>
#include <sys/epoll.h>

#include "tee/virtio/device_internal.h"
#include "tee/vm.h"

#define BELLS_AT_ONCE 16

static void on_bells(void *data)
{
	struct tee_world *w = data;
	struct tee_vm *vm = world_bells_take(w);

	if (vm)
		world_serve_vm(w, vm);
}

int world_bells_start(struct tee_world *w)
{
	w->bells = epoll_create1(EPOLL_CLOEXEC);
	if (w->bells < 0)
		return -errno;
	w->bells_watch = world_watch_events(w, w->bells, EPOLLIN, on_bells, w);
	return w->bells_watch < 0 ? w->bells_watch : 0;
}

/* What has rung meanwhile is an event when the set is put back. */
static void put_set(struct tee_world *w, uint32_t events)
{
	struct epoll_event ev = { .events = events | EPOLLET,
				  .data.u64 = (uint64_t)w->bells_watch };

	epoll_ctl(w->epfd, EPOLL_CTL_MOD, w->bells, &ev);
}

void world_bells_hold(struct tee_world *w)
{
	w->bells_held = true;
	put_set(w, 0);
}

void world_bells_release(struct tee_world *w)
{
	w->bells_held = false;
	put_set(w, EPOLLIN);
}

static void rung(struct tee_virtio_dev *dev, struct tee_vm **vm)
{
	tee_virtio_note_kick(dev);
	if (*vm)
		tee_virtio_ring_self(dev);
	else
		*vm = dev->vm;
}

struct tee_vm *world_bells_take(struct tee_world *w)
{
	struct epoll_event ev[BELLS_AT_ONCE];
	struct tee_vm *vm = NULL;
	int n, i;

	n = epoll_wait(w->bells, ev, BELLS_AT_ONCE, 0);
	for (i = 0; i < n; i++)
		rung(ev[i].data.ptr, &vm);
	/* There may be more: who holds the set looks again, others have to be told again. */
	if (n == BELLS_AT_ONCE && !w->bells_held)
		put_set(w, EPOLLIN);
	return vm;
}

int world_watch_bell(struct tee_world *w, struct tee_virtio_dev *dev)
{
	struct epoll_event ev = { .events = EPOLLIN | EPOLLET, .data.ptr = dev };

	return epoll_ctl(w->bells, EPOLL_CTL_ADD, dev->kick_fd, &ev) ? -errno : 0;
}

void world_unwatch_bell(struct tee_world *w, struct tee_virtio_dev *dev)
{
	epoll_ctl(w->bells, EPOLL_CTL_DEL, dev->kick_fd, NULL);
}
