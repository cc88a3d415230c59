/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "tee/world_internal.h"

#include <errno.h>
#include <sys/epoll.h>

/* An id is generation * WORLD_MAX_WATCHES + index: an event of a watch that is gone finds nobody. */
#define WATCH_GENERATIONS (INT32_MAX / WORLD_MAX_WATCHES)

int world_watch_events(struct tee_world *w, int fd, uint32_t events, void (*fn)(void *data), void *data)
{
	struct epoll_event ev = { .events = events | EPOLLET };
	struct world_watch *watch;
	unsigned int i, at = w->watch_hint;

	for (i = 0; i < WORLD_MAX_WATCHES; i++) {
		at = (w->watch_hint + i) % WORLD_MAX_WATCHES;
		if (!w->watch[at].id)
			break;
	}
	if (i == WORLD_MAX_WATCHES)
		return -ENOSPC;
	watch = &w->watch[at];
	w->watch_gen = w->watch_gen % (WATCH_GENERATIONS - 1) + 1;
	watch->id = (int)(w->watch_gen * WORLD_MAX_WATCHES + at);
	watch->fd = fd;
	watch->fn = fn;
	watch->data = data;
	ev.data.u64 = (uint64_t)watch->id;
	if (epoll_ctl(w->epfd, EPOLL_CTL_ADD, fd, &ev)) {
		watch->id = 0;
		return -errno;
	}
	w->watch_hint = (at + 1) % WORLD_MAX_WATCHES;
	return watch->id;
}

int world_watch(struct tee_world *w, int fd, void (*fn)(void *data), void *data)
{
	return world_watch_events(w, fd, EPOLLIN | EPOLLRDHUP, fn, data);
}

static struct world_watch *find_watch(struct tee_world *w, int id)
{
	struct world_watch *watch;

	if (id <= 0)
		return NULL;
	watch = &w->watch[(unsigned int)id % WORLD_MAX_WATCHES];
	return watch->id == id ? watch : NULL;
}

void world_unwatch(struct tee_world *w, int id)
{
	struct world_watch *watch = find_watch(w, id);

	if (!watch)
		return;
	epoll_ctl(w->epfd, EPOLL_CTL_DEL, watch->fd, NULL);
	watch->id = 0;
}

void world_run_watch(struct tee_world *w, int id)
{
	struct world_watch *watch = find_watch(w, id);

	if (watch)
		watch->fn(watch->data);
}
