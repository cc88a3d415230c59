/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "tee/ipc/kernel.h"

#include <stdlib.h>
#include <string.h>

#include "lib/trace.h"

struct ipc_queue *ipc_queue_create(struct ipc_kernel *k, uint32_t num, size_t buf_size)
{
	struct ipc_queue *q = calloc(1, sizeof(*q) + num * sizeof(q->msg[0]));
	uint32_t i;

	if (!q)
		return NULL;
	q->kernel = k;
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

/* A large message's buffer isn't kept for the next one. */
static void msg_drop_large(struct ipc_queue *q, struct ipc_msg *msg)
{
	if (!msg->large)
		return;
	q->kernel->large_bytes -= msg->len;
	msg->large = false;
	free(msg->buf);
	msg->buf = NULL;
}

void ipc_queue_destroy(struct ipc_queue *q)
{
	uint32_t i;

	if (!q)
		return;
	for (i = 0; i < q->num; i++) {
		msg_drop_large(q, &q->msg[i]);
		free(q->msg[i].buf);
	}
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

/* The queue that a message of @len bytes goes to and a free place in it, or an LK error. */
static int find_place(struct ipc_chan *chan, size_t len, struct ipc_msg **msgp)
{
	struct ipc_queue *q;

	if (chan->state != IPC_CHAN_CONNECTED)
		return chan->state == IPC_CHAN_DISCONNECTING ? ERR_CHANNEL_CLOSED : ERR_NOT_READY;
	q = chan->peer->queue;
	if (len > q->buf_size)
		return ERR_TOO_BIG;
	if (list_empty(&q->free)) {
		chan->send_blocked = true;
		return ERR_NOT_ENOUGH_BUFFER;
	}
	*msgp = list_entry(q->free.next, struct ipc_msg, node);
	return NO_ERROR;
}

static int msg_filled(struct ipc_task *t, struct ipc_chan *chan, struct ipc_msg *msg, size_t len)
{
	struct ipc_queue *q = chan->peer->queue;

	msg->len = len;
	msg->state = IPC_MSG_FILLED;
	list_del(&msg->node);
	list_add_tail(&q->filled, &msg->node);
	tl_trace(TRACE_IPC, t->vm ? TRACE_DOWN : TRACE_UP, "send_msg", (uint64_t)len);
	ipc_obj_notify(&chan->peer->obj);
	return (int)len;
}

int ipc_send_msg(struct ipc_task *t, ipc_handle_t h, const struct ipc_iov *iov, unsigned int num_iov)
{
	struct ipc_chan *chan = ipc_chan_find(t, h);
	struct ipc_msg *msg = NULL;
	int len, rc;

	if (!chan)
		return ERR_BAD_HANDLE;
	len = iov_total(iov, num_iov, IPC_CHAN_MAX_BUF_SIZE);
	rc = find_place(chan, len < 0 ? 0 : (size_t)len, &msg);
	if (rc)
		return rc;
	if (len < 0)
		return len;
	if (!msg->buf) {
		size_t size = chan->peer->queue->buf_size;

		msg->buf = malloc(size < IPC_CHAN_MAX_BUF_SIZE ? size : IPC_CHAN_MAX_BUF_SIZE);
		if (!msg->buf)
			return ERR_NO_MEMORY;
	}
	iov_gather(msg->buf, iov, num_iov);
	return msg_filled(t, chan, msg, (size_t)len);
}

int ipc_send_buf(struct ipc_task *t, ipc_handle_t h, uint8_t *buf, size_t len)
{
	struct ipc_chan *chan = ipc_chan_find(t, h);
	struct ipc_msg *msg = NULL;
	int rc;

	if (!chan)
		return ERR_BAD_HANDLE;
	rc = find_place(chan, len, &msg);
	if (rc)
		return rc;
	if (len > IPC_MAX_LARGE_BYTES - chan->kernel->large_bytes)
		return ERR_NO_MEMORY;
	chan->kernel->large_bytes += len;
	free(msg->buf);
	msg->buf = buf;
	msg->large = true;
	return msg_filled(t, chan, msg, len);
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
	info->large = msg->large;
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

/* Its place in the queue is free again. */
static void msg_release(struct ipc_chan *chan, struct ipc_msg *msg)
{
	msg->state = IPC_MSG_FREE;
	list_add(&chan->queue->free, &msg->node);
	if (chan->peer && chan->peer->send_blocked) {
		chan->peer->send_blocked = false;
		chan->peer->send_unblocked = true;
		ipc_obj_notify(&chan->peer->obj);
	}
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
	msg_drop_large(chan->queue, msg);
	msg_release(chan, msg);
	return NO_ERROR;
}

int ipc_take_buf(struct ipc_task *t, ipc_handle_t h, uint32_t id, uint8_t **bufp)
{
	struct ipc_chan *chan = ipc_chan_find(t, h);
	struct ipc_msg *msg;

	if (!chan)
		return ERR_BAD_HANDLE;
	msg = msg_in_read(chan, id);
	if (!msg || !msg->large)
		return ERR_INVALID_ARGS;
	*bufp = msg->buf;
	msg->buf = NULL;
	msg->large = false;
	chan->kernel->large_bytes -= msg->len;
	msg_release(chan, msg);
	return NO_ERROR;
}
