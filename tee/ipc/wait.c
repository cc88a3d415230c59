/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "tee/ipc/kernel.h"

#include <errno.h>
#include <time.h>

#define NS_PER_MS 1000000ull

static uint64_t deadline_in(uint32_t timeout_ms)
{
	struct timespec ts;

	if (timeout_ms == IPC_INFINITE_TIME)
		return 0;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 * NS_PER_MS + (uint64_t)ts.tv_nsec + timeout_ms * NS_PER_MS;
}

static bool obj_take(struct ipc_obj *obj, struct ipc_uevent *ev)
{
	if (obj->type == IPC_TYPE_SET)
		return ipc_set_take((struct ipc_set *)obj, ev);
	ev->event = ipc_obj_poll(obj);
	if (!ev->event)
		return false;
	ipc_obj_finalize(obj, ev->event);
	ev->handle = obj->id;
	ev->cookie = obj->cookie;
	return true;
}

/* Head of the task's ready list that has news; it goes to the tail if it has more. */
static bool task_take(struct ipc_task *t, struct ipc_uevent *ev)
{
	struct list *node;

	while ((node = list_pop(&t->ready))) {
		struct ipc_obj *obj = list_entry(node, struct ipc_obj, ready);

		if (!obj_take(obj, ev))
			continue;
		if (ipc_obj_poll(obj))
			list_add_tail(&t->ready, &obj->ready);
		return true;
	}
	return false;
}

static int task_sleep(struct ipc_task *t, uint64_t deadline)
{
	int rc;

	t->waiters++;
	rc = world_wait(t->kernel->world, &t->event, deadline);
	t->waiters--;
	return rc == -ECANCELED ? ERR_CANCELLED : rc == -ETIMEDOUT ? ERR_TIMED_OUT : NO_ERROR;
}

int ipc_wait(struct ipc_task *t, ipc_handle_t h, struct ipc_uevent *ev, uint32_t timeout_ms)
{
	uint64_t deadline = timeout_ms ? deadline_in(timeout_ms) : 0;
	int rc = timeout_ms ? NO_ERROR : ERR_TIMED_OUT;

	for (;;) {
		struct ipc_obj *obj = ipc_obj_find(t, h);

		if (!obj)
			return ERR_BAD_HANDLE;
		if (obj_take(obj, ev))
			return NO_ERROR;
		if (rc)
			return rc;
		rc = task_sleep(t, deadline);
	}
}

int ipc_wait_any(struct ipc_task *t, struct ipc_uevent *ev, uint32_t timeout_ms)
{
	uint64_t deadline = timeout_ms ? deadline_in(timeout_ms) : 0;
	int rc = timeout_ms ? NO_ERROR : ERR_TIMED_OUT;

	for (;;) {
		if (!t->num_handles)
			return ERR_NOT_FOUND;
		if (task_take(t, ev))
			return NO_ERROR;
		if (rc)
			return rc;
		rc = task_sleep(t, deadline);
	}
}
