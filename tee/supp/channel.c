// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
#include "tee/supp/channel.h"

#include <errno.h>
#include <string.h>

#include "lib/futex.h"
#include "lib/log.h"

#define NUM_BUFS 4u
#define BUF_SIZE 4096u

static void chan_over(struct supp_chan *c)
{
	ipc_close(c->task, c->chan);
	c->chan = 0;
	if (c->ops->over)
		c->ops->over(c->data);
	world_signal(&c->event);
}

static void chan_accept(struct supp_chan *c)
{
	struct ipc_peer peer;
	ipc_handle_t chan = ipc_accept(c->task, c->port, &peer);

	if (chan <= 0)
		return;
	/* One supplicant at a time: who comes while another serves is turned away. */
	if (c->chan || (c->ops->accept && !c->ops->accept(c->data, &peer))) {
		ipc_close(c->task, chan);
		return;
	}
	c->chan = chan;
	c->generation++;
	world_signal(&c->event);
}

static void chan_take(struct supp_chan *c)
{
	struct ipc_msg_info info;

	while (c->chan && ipc_get_msg(c->task, c->chan, &info) == NO_ERROR) {
		/*
		 * What follows an answer must not take its place: its reader hasn't run yet. And
		 * what comes late, for a question that was given up, is nobody's.
		 */
		bool wanted = c->expecting && !c->answered;
		int ret = wanted ? c->ops->read(c->data, &info) : 0;

		ipc_put_msg(c->task, c->chan, info.id);
		if (!wanted || ret == -EAGAIN)
			continue;
		c->answered = true;
		c->error = ret;
		world_signal(&c->event);
	}
}

static void on_event(void *data)
{
	struct supp_chan *c = data;
	struct ipc_uevent ev;

	while (ipc_wait_any(c->task, &ev, 0) == NO_ERROR) {
		if (ev.handle == c->port) {
			chan_accept(c);
			continue;
		}
		if (ev.handle != c->chan)
			continue;
		if (ev.event & IPC_HANDLE_POLL_MSG)
			chan_take(c);
		if (ev.event & IPC_HANDLE_POLL_HUP && c->chan)
			chan_over(c);
	}
}

int supp_chan_init(struct supp_chan *c, struct tee_world *w, const char *port,
		   const struct supp_chan_ops *ops, void *data)
{
	static const uint8_t uuid[16] = { 0 };

	memset(c, 0, sizeof(*c));
	c->world = w;
	c->ops = ops;
	c->data = data;
	c->task = ipc_task_create(world_ipc(w), uuid, NULL);
	if (!c->task)
		return -ENOMEM;
	c->port = ipc_port_create(c->task, port, NUM_BUFS, BUF_SIZE,
				  IPC_PORT_ALLOW_NS_CONNECT | IPC_PORT_SUPPLICANT_ONLY);
	if (c->port <= 0) {
		ipc_task_destroy(c->task);
		return -ENOMEM;
	}
	world_event_init(&c->event);
	ipc_task_set_notify(c->task, on_event, c);
	return 0;
}

void supp_chan_release(struct supp_chan *c)
{
	ipc_task_set_notify(c->task, NULL, NULL);
	ipc_task_destroy(c->task);
	world_event_destroy(&c->event);
	if (c->chan && c->ops->over)
		c->ops->over(c->data);
}

bool supp_chan_connected(struct supp_chan *c)
{
	on_event(c);
	return c->chan;
}

int supp_chan_wait(struct supp_chan *c, uint64_t timeout_ns)
{
	uint64_t deadline = tl_now_ns() + timeout_ns;
	int ret = 0;

	for (;;) {
		/* The event may have come to this very thread, which is about to sleep. */
		on_event(c);
		if (c->chan)
			return 0;
		if (ret)
			return ret;
		ret = world_wait(c->world, &c->event, deadline);
	}
}

static int wait_answer(struct supp_chan *c, unsigned int generation, uint64_t deadline)
{
	int ret = 0;

	for (;;) {
		on_event(c);
		if (c->answered)
			return c->error;
		if (!c->chan || c->generation != generation)
			return -ECONNRESET;
		if (ret)
			return ret;
		ret = world_wait(c->world, &c->event, deadline);
	}
}

int supp_chan_ask(struct supp_chan *c, unsigned int generation, const void *msg, size_t len,
		  uint64_t timeout_ns)
{
	uint64_t deadline = tl_now_ns() + timeout_ns;
	struct ipc_iov iov = { (void *)(uintptr_t)msg, len };
	int ret;

	if (!c->chan || c->generation != generation)
		return -ECONNRESET;
	c->answered = false;
	c->expecting = true;
	ret = ipc_send_msg(c->task, c->chan, &iov, 1);
	if (ret == (int)len)
		ret = wait_answer(c, generation, deadline);
	else
		/* Questions that were given up fill it: nobody reads them. */
		ret = ret == ERR_NOT_ENOUGH_BUFFER ? -ETIMEDOUT : -ECONNRESET;
	c->expecting = false;
	if (ret == -EPROTO)
		log_warn("the supplicant doesn't keep to its protocol");
	return ret;
}

void supp_chan_add(struct supp_chan *c, const void *msg, size_t len)
{
	struct ipc_iov iov = { (void *)(uintptr_t)msg, len };

	if (c->chan && c->expecting && !c->answered &&
	    ipc_send_msg(c->task, c->chan, &iov, 1) != (int)len)
		log_warn("the supplicant doesn't take what is added to a question");
}

bool supp_chan_read(struct supp_chan *c, const struct ipc_msg_info *info, struct ipc_iov *iov,
		    unsigned int num)
{
	return ipc_read_msg(c->task, c->chan, info->id, 0, iov, num) == (int)info->len;
}

void supp_chan_drop(struct supp_chan *c, unsigned int generation)
{
	if (c->chan && c->generation == generation)
		chan_over(c);
}
