/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "tee/ipc/ipc.h"

#include <errno.h>
#include <stdlib.h>

#include "lib/list.h"

#define ECHO_PORT "com.android.ipc-unittest.srv.echo"
#define ECHO_BUFS 8u
/* The same for messages of any length. */
#define ECHO_LARGE_PORT "tee.echo.large"
#define ECHO_EVENTS                                                                                \
	(IPC_HANDLE_POLL_HUP | IPC_HANDLE_POLL_MSG | IPC_HANDLE_POLL_SEND_UNBLOCKED |              \
	 IPC_HANDLE_POLL_ERROR)

/* d8bac17e-7bf3-4b2b-a4a8-6b3e9a6a5f10 */
static const uint8_t echo_uuid[16] = { 0xd8, 0xba, 0xc1, 0x7e, 0x7b, 0xf3, 0x4b, 0x2b,
				       0xa4, 0xa8, 0x6b, 0x3e, 0x9a, 0x6a, 0x5f, 0x10 };

struct ipc_echo {
	struct ipc_task *task;
	ipc_handle_t port, large_port, set;
	struct list chans;
	uint8_t buf[IPC_CHAN_MAX_BUF_SIZE];
};

/* One client. */
struct echo_chan {
	struct list node;
	ipc_handle_t handle;
	bool blocked;             /* @held waits for the client to make room */
	struct ipc_msg_info held; /* got, not answered */
	uint8_t *buf;             /* of a large one, taken already */
};

static void echo_close(struct ipc_echo *e, struct echo_chan *c)
{
	ipc_close(e->task, c->handle);
	list_del(&c->node);
	free(c->buf);
	free(c);
}

static int echo_small(struct ipc_echo *e, struct echo_chan *c)
{
	struct ipc_iov iov = { .base = e->buf, .len = c->held.len };
	int rc;

	rc = ipc_read_msg(e->task, c->handle, c->held.id, 0, &iov, 1);
	if (rc >= 0)
		rc = ipc_send_msg(e->task, c->handle, &iov, 1);
	if (rc != ERR_NOT_ENOUGH_BUFFER)
		ipc_put_msg(e->task, c->handle, c->held.id);
	return rc;
}

static int echo_large(struct ipc_echo *e, struct echo_chan *c)
{
	int rc = c->buf ? NO_ERROR : ipc_take_buf(e->task, c->handle, c->held.id, &c->buf);

	if (rc)
		return rc;
	rc = ipc_send_buf(e->task, c->handle, c->buf, c->held.len);
	if (rc >= 0)
		c->buf = NULL;
	return rc;
}

/* Return: 0, or an LK error; ERR_NOT_ENOUGH_BUFFER leaves the message held. */
static int echo_answer(struct ipc_echo *e, struct echo_chan *c)
{
	int rc = c->held.large ? echo_large(e, c) : echo_small(e, c);

	return rc < 0 ? rc : NO_ERROR;
}

/* While blocked the channel is not asked for messages: its client's buffers fill, and it waits. */
static void echo_set_blocked(struct ipc_echo *e, struct echo_chan *c, bool blocked)
{
	struct ipc_uevent ev = { .handle = c->handle, .cookie = c };

	c->blocked = blocked;
	ev.event = blocked ? ECHO_EVENTS & ~IPC_HANDLE_POLL_MSG : ECHO_EVENTS;
	ipc_handle_set_ctrl(e->task, e->set, IPC_HSET_MOD, &ev);
}

static int echo_serve(struct ipc_echo *e, struct echo_chan *c)
{
	int rc = NO_ERROR;

	if (c->blocked) {
		rc = echo_answer(e, c);
		if (!rc)
			echo_set_blocked(e, c, false);
	}
	while (!rc && !ipc_get_msg(e->task, c->handle, &c->held)) {
		rc = echo_answer(e, c);
		if (rc == ERR_NOT_ENOUGH_BUFFER)
			echo_set_blocked(e, c, true);
	}
	return rc == ERR_NOT_ENOUGH_BUFFER ? NO_ERROR : rc;
}

static void echo_accept(struct ipc_echo *e, ipc_handle_t port)
{
	struct ipc_uevent ev = { .event = ECHO_EVENTS };
	struct ipc_peer peer;
	struct echo_chan *c;

	ev.handle = ipc_accept(e->task, port, &peer);
	if (ev.handle < 0)
		return;
	c = calloc(1, sizeof(*c));
	if (!c) {
		ipc_close(e->task, ev.handle);
		return;
	}
	c->handle = ev.handle;
	list_add_tail(&e->chans, &c->node);
	ev.cookie = c;
	ipc_handle_set_ctrl(e->task, e->set, IPC_HSET_ADD, &ev);
}

static void echo_notify(void *data)
{
	struct ipc_echo *e = data;
	struct ipc_uevent ev;

	while (!ipc_wait(e->task, e->set, &ev, 0)) {
		struct echo_chan *c = ev.cookie;

		if (ev.handle == e->port || ev.handle == e->large_port)
			echo_accept(e, ev.handle);
		else if (echo_serve(e, c) || (ev.event & IPC_HANDLE_POLL_HUP))
			echo_close(e, c);
	}
}

static ipc_handle_t echo_port(struct ipc_echo *e, const char *path, uint32_t num, size_t size)
{
	struct ipc_uevent ev = { .event = IPC_HANDLE_POLL_READY };

	ev.handle = ipc_port_create(e->task, path, num, size,
				    IPC_PORT_ALLOW_NS_CONNECT | IPC_PORT_ALLOW_TA_CONNECT);
	if (ev.handle >= 0)
		ipc_handle_set_ctrl(e->task, e->set, IPC_HSET_ADD, &ev);
	return ev.handle;
}

int ipc_echo_create(struct ipc_kernel *k, struct ipc_echo **ep)
{
	struct ipc_echo *e = calloc(1, sizeof(*e));
	int rc = -ENOMEM;

	if (!e)
		return -ENOMEM;
	list_init(&e->chans);
	e->task = ipc_task_create(k, echo_uuid, NULL);
	if (!e->task)
		goto err_free;
	e->set = ipc_handle_set_create(e->task);
	if (e->set < 0)
		goto err_task;
	e->port = echo_port(e, ECHO_PORT, ECHO_BUFS, IPC_CHAN_MAX_BUF_SIZE);
	e->large_port = echo_port(e, ECHO_LARGE_PORT, IPC_CHAN_MAX_LARGE_BUFS, IPC_CHAN_MAX_LARGE_SIZE);
	if (e->port < 0 || e->large_port < 0) {
		rc = e->port == ERR_ALREADY_EXISTS ? -EEXIST : -ENOMEM;
		goto err_task;
	}
	ipc_task_set_notify(e->task, echo_notify, e);
	*ep = e;
	return 0;

err_task:
	ipc_task_destroy(e->task);
err_free:
	free(e);
	return rc;
}

void ipc_echo_destroy(struct ipc_echo *e)
{
	if (!e)
		return;
	while (!list_empty(&e->chans))
		echo_close(e, list_entry(e->chans.next, struct echo_chan, node));
	ipc_task_destroy(e->task);
	free(e);
}
