/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "tee/ipc/kernel.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int ipc_kernel_create(struct tee_world *w, struct ipc_kernel **kp)
{
	struct ipc_kernel *k = calloc(1, sizeof(*k));

	if (!k)
		return -ENOMEM;
	k->world = w;
	list_init(&k->ports);
	list_init(&k->waiting);
	list_init(&k->pending);
	*kp = k;
	return 0;
}

void ipc_kernel_destroy(struct ipc_kernel *k)
{
	free(k);
}

struct ipc_task *ipc_task_create(struct ipc_kernel *k, const uint8_t uuid[16], struct tee_vm *vm)
{
	struct ipc_task *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->kernel = k;
	t->vm = vm;
	memcpy(t->uuid, uuid, sizeof(t->uuid));
	list_init(&t->ready);
	list_init(&t->pending_node);
	world_event_init(&t->event);
	return t;
}

void ipc_task_destroy(struct ipc_task *t)
{
	uint32_t i;

	if (!t)
		return;
	for (i = 0; i < t->num_slots; i++) {
		if (t->slots[i].obj)
			ipc_close(t, t->slots[i].obj->id);
	}
	list_del(&t->pending_node);
	world_event_destroy(&t->event);
	free(t->slots);
	free(t);
}

void ipc_task_set_notify(struct ipc_task *t, void (*fn)(void *data), void *data)
{
	t->notify = fn;
	t->notify_data = data;
	if (!fn)
		list_del(&t->pending_node);
	else if (!list_empty(&t->ready))
		ipc_task_kick(t);
}

void ipc_task_kick(struct ipc_task *t)
{
	if (t->notify && list_empty(&t->pending_node))
		list_add_tail(&t->kernel->pending, &t->pending_node);
}

void ipc_task_wake(struct ipc_task *t)
{
	if (t->waiters)
		world_signal(&t->event);
	ipc_task_kick(t);
}

bool ipc_pending(const struct ipc_kernel *k)
{
	return !list_empty(&k->pending);
}

void ipc_dispatch(struct ipc_kernel *k)
{
	struct list *node;

	/* A notify function may sleep: nothing but @k is remembered across it. */
	while ((node = list_pop(&k->pending))) {
		struct ipc_task *t = list_entry(node, struct ipc_task, pending_node);

		t->notify(t->notify_data);
	}
}
