/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "tee/ipc/kernel.h"

#include <stdlib.h>

ipc_handle_t ipc_handle_set_create(struct ipc_task *t)
{
	struct ipc_set *set = calloc(1, sizeof(*set));
	ipc_handle_t h;

	if (!set)
		return ERR_NO_MEMORY;
	ipc_obj_init(&set->obj, IPC_TYPE_SET);
	list_init(&set->members);
	list_init(&set->ready);
	h = ipc_obj_install(t, &set->obj);
	if (h < 0)
		free(set);
	return h;
}

void ipc_set_leave(struct ipc_obj *obj)
{
	if (!obj->set)
		return;
	list_del(&obj->set_node);
	list_del(&obj->ready);
	obj->set = NULL;
}

void ipc_set_close(struct ipc_set *set)
{
	while (!list_empty(&set->members)) {
		struct ipc_obj *obj = list_entry(set->members.next, struct ipc_obj, set_node);

		ipc_set_leave(obj);
		if (ipc_obj_poll(obj))
			ipc_obj_notify(obj);
	}
	free(set);
}

static int set_add(struct ipc_set *set, struct ipc_obj *obj, const struct ipc_uevent *ev)
{
	if (obj->type == IPC_TYPE_SET)
		return ERR_NOT_SUPPORTED;
	if (obj->set)
		return ERR_ALREADY_EXISTS;
	list_del(&obj->ready);
	obj->set = set;
	obj->set_mask = ev->event;
	obj->set_cookie = ev->cookie;
	list_add_tail(&set->members, &obj->set_node);
	return NO_ERROR;
}

int ipc_handle_set_ctrl(struct ipc_task *t, ipc_handle_t h, enum ipc_set_op op,
			const struct ipc_uevent *ev)
{
	struct ipc_obj *setobj = ipc_obj_find(t, h), *obj = ipc_obj_find(t, ev->handle);
	struct ipc_set *set;
	int rc = NO_ERROR;

	if (!setobj || !obj)
		return ERR_BAD_HANDLE;
	if (setobj->type != IPC_TYPE_SET)
		return ERR_INVALID_ARGS;
	set = (struct ipc_set *)setobj;
	if (op != IPC_HSET_ADD && obj->set != set)
		return ERR_NOT_FOUND;
	switch (op) {
	case IPC_HSET_ADD:
		rc = set_add(set, obj, ev);
		break;
	case IPC_HSET_DEL:
		ipc_set_leave(obj);
		break;
	case IPC_HSET_MOD:
		obj->set_mask = ev->event;
		obj->set_cookie = ev->cookie;
		break;
	default:
		return ERR_INVALID_ARGS;
	}
	/* Levels: what is already there counts for the new arrangement. */
	if (!rc && ipc_obj_poll(obj))
		ipc_obj_notify(obj);
	return rc;
}

bool ipc_set_take(struct ipc_set *set, struct ipc_uevent *ev)
{
	struct list *node;

	while ((node = list_pop(&set->ready))) {
		struct ipc_obj *obj = list_entry(node, struct ipc_obj, ready);
		uint32_t events = ipc_obj_poll(obj) & obj->set_mask;

		if (!events)
			continue;
		ipc_obj_finalize(obj, events);
		if (ipc_obj_poll(obj) & obj->set_mask)
			list_add_tail(&set->ready, &obj->ready);
		ev->handle = obj->id;
		ev->event = events;
		ev->cookie = obj->set_cookie;
		return true;
	}
	return false;
}
