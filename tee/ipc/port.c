/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "tee/ipc/kernel.h"

#include <stdlib.h>
#include <string.h>

#define PORT_FLAGS                                                                                 \
	(IPC_PORT_ALLOW_TA_CONNECT | IPC_PORT_ALLOW_NS_CONNECT | IPC_PORT_SUPPLICANT_ONLY)

struct ipc_port *ipc_port_find(struct ipc_kernel *k, const char *path)
{
	struct list *pos;

	list_for_each(pos, &k->ports) {
		struct ipc_port *port = list_entry(pos, struct ipc_port, node);

		if (!strcmp(port->path, path))
			return port;
	}
	return NULL;
}

uint32_t ipc_port_poll(const struct ipc_port *port)
{
	return port->num_pending ? IPC_HANDLE_POLL_READY : 0;
}

/* Connections that were made with WAIT_FOR_PORT before the port existed. */
static void adopt_waiting(struct ipc_kernel *k, struct ipc_port *port)
{
	struct list *pos, *next;

	list_for_each_safe(pos, next, &k->waiting) {
		struct ipc_chan *client = list_entry(pos, struct ipc_chan, node);

		if (strcmp(client->path, port->path))
			continue;
		list_del(&client->node);
		free(client->path);
		client->path = NULL;
		if (ipc_chan_attach(port, client))
			ipc_chan_hangup(client);
	}
}

ipc_handle_t ipc_port_create(struct ipc_task *t, const char *path, uint32_t num_bufs,
			     size_t buf_size, uint32_t flags)
{
	size_t len = strnlen(path, IPC_PORT_PATH_MAX);
	struct ipc_kernel *k = t->kernel;
	struct ipc_port *port;
	ipc_handle_t h;

	if (!len || !num_bufs || !buf_size || buf_size > IPC_CHAN_MAX_LARGE_SIZE ||
	    num_bufs > (buf_size > IPC_CHAN_MAX_BUF_SIZE ? IPC_CHAN_MAX_LARGE_BUFS : IPC_CHAN_MAX_BUFS) ||
	    (flags & ~PORT_FLAGS))
		return ERR_INVALID_ARGS;
	if (len >= IPC_PORT_PATH_MAX)
		return ERR_TOO_BIG;
	if (ipc_port_find(k, path))
		return ERR_ALREADY_EXISTS;
	if (k->num_ports == IPC_MAX_PORTS)
		return ERR_NO_RESOURCES;
	port = calloc(1, sizeof(*port));
	if (!port)
		return ERR_NO_MEMORY;
	ipc_obj_init(&port->obj, IPC_TYPE_PORT);
	memcpy(port->path, path, len + 1);
	port->num_bufs = num_bufs;
	port->buf_size = buf_size;
	port->flags = flags;
	list_init(&port->pending);
	h = ipc_obj_install(t, &port->obj);
	if (h < 0) {
		free(port);
		return h;
	}
	list_add_tail(&k->ports, &port->node);
	k->num_ports++;
	adopt_waiting(k, port);
	return h;
}

void ipc_port_close(struct ipc_kernel *k, struct ipc_port *port)
{
	struct list *node;

	list_del(&port->node);
	k->num_ports--;
	while ((node = list_pop(&port->pending))) {
		struct ipc_chan *server = list_entry(node, struct ipc_chan, node);

		ipc_chan_hangup(server->peer);
		ipc_chan_free(server);
	}
	free(port);
}

ipc_handle_t ipc_accept(struct ipc_task *t, ipc_handle_t h, struct ipc_peer *peer)
{
	struct ipc_obj *obj = ipc_obj_find(t, h);
	struct ipc_chan *server;
	struct ipc_port *port;
	ipc_handle_t id;

	if (!obj)
		return ERR_BAD_HANDLE;
	if (obj->type != IPC_TYPE_PORT)
		return ERR_INVALID_ARGS;
	port = (struct ipc_port *)obj;
	if (!port->num_pending)
		return ERR_NO_MSG;
	server = list_entry(port->pending.next, struct ipc_chan, node);
	list_del(&server->node);
	port->num_pending--;
	server->port = NULL;
	id = ipc_obj_install(t, &server->obj);
	if (id < 0) {
		ipc_chan_hangup(server->peer);
		ipc_chan_free(server);
		return id;
	}
	server->state = IPC_CHAN_CONNECTED;
	server->peer->state = IPC_CHAN_CONNECTED;
	server->peer->accepted = true;
	memcpy(peer->uuid, server->peer->obj.task->uuid, sizeof(peer->uuid));
	peer->vm = server->peer->obj.task->vm;
	ipc_obj_notify(&server->peer->obj);
	return id;
}
