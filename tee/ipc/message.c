/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "tee/ipc/kernel.h"

#include <stdlib.h>
#include <string.h>

#include "lib/trace.h"

struct ipc_queue *ipc_queue_create(uint32_t num, size_t buf_size)
{
	struct ipc_queue *q = calloc(1, sizeof(*q) + num * sizeof(q->msg[0]));
	uint32_t i;

	if (!q)
		return NULL;
	q->num = num;
	q->buf_size = buf_size;
	list_init(&q->free);
	list_init(&q->filled);
	for (i = 0; i < num; i++) {
		q->msg[i].id = i;
		list_add_tail(&q->free, &q->msg[i].node);
	}
	return q;
}

void ipc_queue_destroy(struct ipc_queue *q)
{
	uint32_t i;

	if (!q)
		return;
	for (i = 0; i < q->num; i++)
		free(q->msg[i].buf);
	free(q);
}

/* Sum of the pieces, or ERR_TOO_BIG when it is above @max. */
static int iov_total(const struct ipc_iov *iov, unsigned int num_iov, size_t max)
{
	size_t total = 0;
	unsigned int i;

	for (i = 0; i < num_iov; i++) {
		if (iov[i].len > max - total)
			return ERR_TOO_BIG;
		total += iov[i].len;
	}
	return (int)total;
}

static void iov_gather(uint8_t *dst, const struct ipc_iov *iov, unsigned int num_iov)
{
	unsigned int i;

	for (i = 0; i < num_iov; i++) {
		if (!iov[i].len)
			continue;
		memcpy(dst, iov[i].base, iov[i].len);
		dst += iov[i].len;
	}
}

int ipc_send_msg(struct ipc_task *t, ipc_handle_t h, const struct ipc_iov *iov, unsigned int num_iov)
{
	struct ipc_chan *chan = ipc_chan_find(t, h);
	struct ipc_queue *q;
	struct ipc_msg *msg;
	int len;

	if (!chan)
		return ERR_BAD_HANDLE;
	if (chan->state != IPC_CHAN_CONNECTED)
		return chan->state == IPC_CHAN_DISCONNECTING ? ERR_CHANNEL_CLOSED : ERR_NOT_READY;
	q = chan->peer->queue;
	len = iov_total(iov, num_iov, q->buf_size);
	if (len < 0)
		return len;
	if (list_empty(&q->free)) {
		chan->send_blocked = true;
		return ERR_NOT_ENOUGH_BUFFER;
	}
	msg = list_entry(q->free.next, struct ipc_msg, node);
	if (!msg->buf) {
		msg->buf = malloc(q->buf_size);
		if (!msg->buf)
			return ERR_NO_MEMORY;
	}
	iov_gather(msg->buf, iov, num_iov);
	msg->len = (size_t)len;
	msg->state = IPC_MSG_FILLED;
	list_del(&msg->node);
	list_add_tail(&q->filled, &msg->node);
	tl_trace(TRACE_IPC, t->vm ? TRACE_DOWN : TRACE_UP, "send_msg", (uint64_t)len);
	ipc_obj_notify(&chan->peer->obj);
	return len;
}

int ipc_get_msg(struct ipc_task *t, ipc_handle_t h, struct ipc_msg_info *info)
{
	struct ipc_chan *chan = ipc_chan_find(t, h);
	struct ipc_msg *msg;

	if (!chan)
		return ERR_BAD_HANDLE;
	if (!chan->queue || list_empty(&chan->queue->filled))
		return ERR_NO_MSG;
	msg = list_entry(chan->queue->filled.next, struct ipc_msg, node);
	list_del(&msg->node);
	msg->state = IPC_MSG_READ;
	info->id = msg->id;
	info->len = msg->len;
	return NO_ERROR;
}

static struct ipc_msg *msg_in_read(struct ipc_chan *chan, uint32_t id)
{
	if (!chan->queue || id >= chan->queue->num || chan->queue->msg[id].state != IPC_MSG_READ)
		return NULL;
	return &chan->queue->msg[id];
}

int ipc_read_msg(struct ipc_task *t, ipc_handle_t h, uint32_t id, size_t offset,
		 const struct ipc_iov *iov, unsigned int num_iov)
{
	struct ipc_chan *chan = ipc_chan_find(t, h);
	const struct ipc_msg *msg;
	size_t done = 0, left;
	unsigned int i;

	if (!chan)
		return ERR_BAD_HANDLE;
	msg = msg_in_read(chan, id);
	if (!msg || offset > msg->len)
		return ERR_INVALID_ARGS;
	left = msg->len - offset;
	for (i = 0; i < num_iov && left; i++) {
		size_t n = iov[i].len < left ? iov[i].len : left;

		if (!n)
			continue;
		memcpy(iov[i].base, msg->buf + offset + done, n);
		done += n;
		left -= n;
	}
	return (int)done;
}

int ipc_put_msg(struct ipc_task *t, ipc_handle_t h, uint32_t id)
{
	struct ipc_chan *chan = ipc_chan_find(t, h);
	struct ipc_msg *msg;

	if (!chan)
		return ERR_BAD_HANDLE;
	msg = msg_in_read(chan, id);
	if (!msg)
		return ERR_INVALID_ARGS;
	msg->state = IPC_MSG_FREE;
	list_add(&chan->queue->free, &msg->node);
	if (chan->peer && chan->peer->send_blocked) {
		chan->peer->send_blocked = false;
		chan->peer->send_unblocked = true;
		ipc_obj_notify(&chan->peer->obj);
	}
	return NO_ERROR;
}
