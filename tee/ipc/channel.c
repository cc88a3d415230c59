/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "tee/ipc/kernel.h"

#include <stdlib.h>
#include <string.h>

#include "tee/vm.h"

#define CONNECT_FLAGS (IPC_CONNECT_WAIT_FOR_PORT | IPC_CONNECT_ASYNC)

struct ipc_chan *ipc_chan_find(struct ipc_task *t, ipc_handle_t h)
{
	struct ipc_obj *obj = ipc_obj_find(t, h);

	return obj && obj->type == IPC_TYPE_CHAN ? (struct ipc_chan *)obj : NULL;
}

static struct ipc_chan *chan_alloc(struct ipc_kernel *k, enum ipc_chan_state state)
{
	struct ipc_chan *chan;

	if (k->num_chans == 2 * IPC_MAX_CHANNELS)
		return NULL;
	chan = calloc(1, sizeof(*chan));
	if (!chan)
		return NULL;
	ipc_obj_init(&chan->obj, IPC_TYPE_CHAN);
	list_init(&chan->node);
	chan->kernel = k;
	chan->state = state;
	k->num_chans++;
	return chan;
}

void ipc_chan_free(struct ipc_chan *chan)
{
	chan->kernel->num_chans--;
	ipc_queue_destroy(chan->queue);
	free(chan->path);
	free(chan);
}

uint32_t ipc_chan_poll(const struct ipc_chan *chan)
{
	uint32_t events = 0;

	if (chan->state == IPC_CHAN_DISCONNECTING)
		events |= IPC_HANDLE_POLL_HUP;
	if (chan->accepted)
		events |= IPC_HANDLE_POLL_READY;
	if (chan->queue && !list_empty(&chan->queue->filled))
		events |= IPC_HANDLE_POLL_MSG;
	if (chan->send_unblocked)
		events |= IPC_HANDLE_POLL_SEND_UNBLOCKED;
	return events;
}

void ipc_chan_finalize(struct ipc_chan *chan, uint32_t events)
{
	if (events & IPC_HANDLE_POLL_READY)
		chan->accepted = false;
	if (events & IPC_HANDLE_POLL_SEND_UNBLOCKED)
		chan->send_unblocked = false;
}

/* The other end is gone for good. */
void ipc_chan_hangup(struct ipc_chan *chan)
{
	chan->peer = NULL;
	chan->state = IPC_CHAN_DISCONNECTING;
	ipc_obj_notify(&chan->obj);
}

void ipc_chan_close(struct ipc_chan *chan)
{
	struct ipc_chan *peer = chan->peer;

	if (peer && peer->state == IPC_CHAN_ACCEPTING) {
		list_del(&peer->node);
		peer->port->num_pending--;
		ipc_chan_free(peer);
	} else if (peer) {
		ipc_chan_hangup(peer);
	}
	list_del(&chan->node);
	ipc_chan_free(chan);
}

static int check_access(const struct ipc_port *port, const struct ipc_task *t)
{
	bool ok;

	if (!t->vm)
		ok = port->flags & IPC_PORT_ALLOW_TA_CONNECT;
	else if (port->flags & IPC_PORT_SUPPLICANT_ONLY)
		ok = t->vm->supplicant;
	else
		ok = port->flags & IPC_PORT_ALLOW_NS_CONNECT;
	return ok ? NO_ERROR : ERR_ACCESS_DENIED;
}

int ipc_chan_attach(struct ipc_port *port, struct ipc_chan *client)
{
	struct ipc_chan *server;
	int rc;

	rc = check_access(port, client->obj.task);
	if (rc)
		return rc;
	if (port->num_pending == IPC_MAX_PENDING)
		return ERR_NO_RESOURCES;
	server = chan_alloc(client->kernel, IPC_CHAN_ACCEPTING);
	if (!server)
		return ERR_NO_MEMORY;
	server->queue = ipc_queue_create(port->obj.task->kernel, port->num_bufs, port->buf_size);
	client->queue = ipc_queue_create(port->obj.task->kernel, port->num_bufs, port->buf_size);
	if (!server->queue || !client->queue) {
		ipc_chan_free(server);
		return ERR_NO_MEMORY;
	}
	server->peer = client;
	server->port = port;
	client->peer = server;
	client->state = IPC_CHAN_CONNECTING;
	list_add_tail(&port->pending, &server->node);
	port->num_pending++;
	ipc_obj_notify(&port->obj);
	return NO_ERROR;
}

static int chan_start(struct ipc_chan *client, const char *path, uint32_t flags)
{
	struct ipc_kernel *k = client->kernel;
	struct ipc_port *port = ipc_port_find(k, path);

	if (port)
		return ipc_chan_attach(port, client);
	if (!(flags & IPC_CONNECT_WAIT_FOR_PORT))
		return ERR_NOT_FOUND;
	client->path = strdup(path);
	if (!client->path)
		return ERR_NO_MEMORY;
	list_add_tail(&k->waiting, &client->node);
	return NO_ERROR;
}

/* A connection that was closed with messages in it is still worth having. */
static int wait_connected(struct ipc_task *t, ipc_handle_t h)
{
	struct ipc_uevent ev;
	int rc;

	rc = ipc_wait(t, h, &ev, IPC_INFINITE_TIME);
	if (rc)
		return rc;
	if ((ev.event & IPC_HANDLE_POLL_HUP) && !(ev.event & IPC_HANDLE_POLL_MSG))
		return ERR_CHANNEL_CLOSED;
	return ev.event & IPC_HANDLE_POLL_READY ? NO_ERROR : ERR_NOT_READY;
}

ipc_handle_t ipc_connect(struct ipc_task *t, const char *path, uint32_t flags)
{
	size_t len = strnlen(path, IPC_PORT_PATH_MAX);
	struct ipc_chan *client;
	ipc_handle_t h;
	int rc;

	if (!len || len == IPC_PORT_PATH_MAX || (flags & ~CONNECT_FLAGS))
		return ERR_INVALID_ARGS;
	client = chan_alloc(t->kernel, IPC_CHAN_WAITING_FOR_PORT);
	if (!client)
		return ERR_NO_MEMORY;
	h = ipc_obj_install(t, &client->obj);
	if (h < 0) {
		ipc_chan_free(client);
		return h;
	}
	rc = chan_start(client, path, flags);
	if (!rc && !(flags & IPC_CONNECT_ASYNC))
		rc = wait_connected(t, h);
	if (rc) {
		ipc_close(t, h);
		return rc;
	}
	return h;
}

int ipc_chan_limits(struct ipc_task *t, ipc_handle_t h, uint32_t *num_bufs, size_t *buf_size)
{
	struct ipc_chan *chan = ipc_chan_find(t, h);

	if (!chan)
		return ERR_BAD_HANDLE;
	if (!chan->peer)
		return chan->state == IPC_CHAN_DISCONNECTING ? ERR_CHANNEL_CLOSED : ERR_NOT_READY;
	*num_bufs = chan->peer->queue->num;
	*buf_size = chan->peer->queue->buf_size;
	return NO_ERROR;
}
