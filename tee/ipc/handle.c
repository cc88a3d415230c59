/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "tee/ipc/kernel.h"

#include <stdlib.h>

/*
 * A handle is a slot's index and the generation of its use, so that a handle which was closed while
 * its user slept names nothing, not a stranger's channel in the same slot.
 */
#define SLOT_BITS 13u
#define SLOT_MASK ((1u << SLOT_BITS) - 1u)
#define GENERATION_MAX ((uint32_t)INT32_MAX >> SLOT_BITS)
#define FIRST_SLOTS 16u
#define NO_SLOT UINT32_MAX

_Static_assert(IPC_MAX_HANDLES == 1u << SLOT_BITS, "slot bits");

void ipc_obj_init(struct ipc_obj *obj, enum ipc_type type)
{
	obj->type = type;
	list_init(&obj->set_node);
	list_init(&obj->ready);
}

static int table_grow(struct ipc_task *t)
{
	uint32_t i, num = t->num_slots ? t->num_slots * 2 : FIRST_SLOTS;
	struct ipc_slot *slots;

	if (num > IPC_MAX_HANDLES)
		return ERR_NO_RESOURCES;
	slots = realloc(t->slots, num * sizeof(*slots));
	if (!slots)
		return ERR_NO_MEMORY;
	t->slots = slots;
	for (i = t->num_slots; i < num; i++) {
		slots[i] = (struct ipc_slot){
			.generation = 1,
			.next_free = i + 1 < num ? i + 1 : NO_SLOT,
		};
	}
	t->first_free = t->num_slots;
	t->num_slots = num;
	return NO_ERROR;
}

ipc_handle_t ipc_obj_install(struct ipc_task *t, struct ipc_obj *obj)
{
	struct ipc_slot *slot;
	uint32_t index;
	int rc;

	if (t->num_handles == t->num_slots) {
		rc = table_grow(t);
		if (rc)
			return rc;
	}
	index = t->first_free;
	slot = &t->slots[index];
	t->first_free = slot->next_free;
	t->num_handles++;
	slot->obj = obj;
	obj->task = t;
	obj->id = (ipc_handle_t)(slot->generation << SLOT_BITS | index);
	return obj->id;
}

void ipc_obj_remove(struct ipc_obj *obj)
{
	struct ipc_task *t = obj->task;
	uint32_t index = (uint32_t)obj->id & SLOT_MASK;
	struct ipc_slot *slot = &t->slots[index];

	ipc_set_leave(obj);
	list_del(&obj->ready);
	slot->obj = NULL;
	slot->generation = slot->generation == GENERATION_MAX ? 1 : slot->generation + 1;
	slot->next_free = t->first_free;
	t->first_free = index;
	t->num_handles--;
	obj->task = NULL;
	/* Who waits for this handle must see that it is gone. */
	if (t->waiters)
		world_signal(&t->event);
}

struct ipc_obj *ipc_obj_find(struct ipc_task *t, ipc_handle_t h)
{
	uint32_t index = (uint32_t)h & SLOT_MASK;

	if (h <= 0 || index >= t->num_slots || !t->slots[index].obj)
		return NULL;
	return t->slots[index].obj->id == h ? t->slots[index].obj : NULL;
}

uint32_t ipc_obj_poll(const struct ipc_obj *obj)
{
	switch (obj->type) {
	case IPC_TYPE_PORT:
		return ipc_port_poll((const struct ipc_port *)obj);
	case IPC_TYPE_CHAN:
		return ipc_chan_poll((const struct ipc_chan *)obj);
	case IPC_TYPE_SET:
		return list_empty(&((const struct ipc_set *)obj)->ready) ? 0 :
									   IPC_HANDLE_POLL_READY;
	}
	return IPC_HANDLE_POLL_ERROR;
}

void ipc_obj_finalize(struct ipc_obj *obj, uint32_t events)
{
	if (obj->type == IPC_TYPE_CHAN)
		ipc_chan_finalize((struct ipc_chan *)obj, events);
}

void ipc_obj_notify(struct ipc_obj *obj)
{
	struct ipc_task *t = obj->task;

	if (!t)
		return;
	if (obj->set) {
		if (list_empty(&obj->ready))
			list_add_tail(&obj->set->ready, &obj->ready);
		obj = &obj->set->obj;
	}
	if (list_empty(&obj->ready))
		list_add_tail(&t->ready, &obj->ready);
	ipc_task_wake(t);
}

int ipc_close(struct ipc_task *t, ipc_handle_t h)
{
	struct ipc_obj *obj = ipc_obj_find(t, h);

	if (!obj)
		return ERR_BAD_HANDLE;
	ipc_obj_remove(obj);
	switch (obj->type) {
	case IPC_TYPE_PORT:
		ipc_port_close(t->kernel, (struct ipc_port *)obj);
		break;
	case IPC_TYPE_CHAN:
		ipc_chan_close((struct ipc_chan *)obj);
		break;
	case IPC_TYPE_SET:
		ipc_set_close((struct ipc_set *)obj);
		break;
	}
	return NO_ERROR;
}

int ipc_set_cookie(struct ipc_task *t, ipc_handle_t h, void *cookie)
{
	struct ipc_obj *obj = ipc_obj_find(t, h);

	if (!obj)
		return ERR_BAD_HANDLE;
	obj->cookie = cookie;
	return NO_ERROR;
}
