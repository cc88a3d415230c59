/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "ree/tipc/tipc_internal.h"

#include <errno.h>
#include <stdlib.h>

#include "lib/trace.h"
#include "ree/vm/vm.h"
#include "wire/lk_err.h"

static struct tipc_addr_slot *chan_slot(struct tipc_dev *dev, uint32_t local)
{
	return &dev->slots[(local - TIPC_MIN_LOCAL_ADDR) % TIPC_MAX_CHANS];
}

struct tipc_chan *tipc_chan_lookup(struct tipc_dev *dev, uint32_t local)
{
	struct tipc_chan *chan;

	if (local < TIPC_MIN_LOCAL_ADDR)
		return NULL;
	chan = chan_slot(dev, local)->chan;
	return chan && chan->local == local ? chan : NULL;
}

static int chan_take_addr(struct tipc_dev *dev, struct tipc_chan *chan)
{
	/* The last generation ends below 2^32. */
	const uint32_t generations = (UINT32_MAX - TIPC_MIN_LOCAL_ADDR) / TIPC_MAX_CHANS;
	uint32_t i;

	if (dev->state != TIPC_DEV_ONLINE)
		return -ENODEV;
	for (i = 0; i < TIPC_MAX_CHANS; i++) {
		struct tipc_addr_slot *slot = &dev->slots[i];

		if (slot->chan || slot->disc_pending)
			continue;
		chan->local = TIPC_MIN_LOCAL_ADDR + i + TIPC_MAX_CHANS * slot->generation;
		slot->generation = (slot->generation + 1) % generations;
		slot->chan = chan;
		dev->refs++;
		return 0;
	}
	return -ENOSPC;
}

int tipc_chan_create(struct tipc_dev *dev, const struct tipc_chan_ops *ops, void *data,
		     struct tipc_chan **chanp)
{
	struct tipc_chan *chan = calloc(1, sizeof(*chan));
	int ret;

	if (!chan)
		return -ENOMEM;
	chan->dev = dev;
	chan->ops = ops;
	chan->data = data;
	chan->state = TIPC_DISCONNECTED;
	pthread_mutex_lock(&dev->lock);
	ret = chan_take_addr(dev, chan);
	pthread_mutex_unlock(&dev->lock);
	if (ret) {
		free(chan);
		return ret;
	}
	*chanp = chan;
	return 0;
}

void tipc_chan_users_put(struct tipc_chan *chan)
{
	if (--chan->users == 0)
		pthread_cond_broadcast(&chan->dev->idle);
}

void tipc_chan_event(struct tipc_chan *chan, enum tipc_chan_event event, int status)
{
	struct tipc_dev *dev = chan->dev;

	chan->users++;
	pthread_mutex_unlock(&dev->lock);
	if (chan->ops->handle_event)
		chan->ops->handle_event(chan->data, event, status);
	pthread_mutex_lock(&dev->lock);
	tipc_chan_users_put(chan);
}

/* Called with the lock held. Return: 1 when CONN_REQ is to be sent, else the result of connect. */
static int chan_may_connect(const struct tipc_chan *chan, const char *name)
{
	switch (chan->state) {
	case TIPC_DISCONNECTED:
		return 1;
	case TIPC_CONNECTING:
		return strcmp(chan->name, name) ? -EALREADY : 0;
	case TIPC_CONNECTED:
		return strcmp(chan->name, name) ? -EISCONN : 0;
	case TIPC_STALE:
	default:
		return -ESHUTDOWN;
	}
}

/* Called with the lock held, in state DISCONNECTED. */
static int chan_send_conn_req(struct tipc_chan *chan, struct tipc_txbuf *txbuf, const char *name,
			      size_t name_len, bool *kick)
{
	struct tipc_txbuf_entry *tx = container_of(txbuf, struct tipc_txbuf_entry, pub);
	struct {
		struct tipc_ctrl_msg ctrl;
		struct tipc_conn_req_body body;
	} TL_PACKED msg;
	int ret;

	if (chan->dev->state != TIPC_DEV_ONLINE)
		return -EIO;
	memset(&msg, 0, sizeof(msg));
	msg.ctrl.type = TIPC_CTRL_CONN_REQ;
	msg.ctrl.body_len = sizeof(msg.body);
	memcpy(msg.body.name, name, name_len);
	memcpy(txbuf->data, &msg, sizeof(msg));
	ret = tipc_tx_queue(chan->dev, tx, chan->local, TIPC_CTRL_ADDR, sizeof(msg), kick);
	if (ret)
		return ret;
	memcpy(chan->name, msg.body.name, sizeof(chan->name));
	chan->state = TIPC_CONNECTING;
	chan->answered = false;
	chan->conn_status = NO_ERROR;
	return 0;
}

int tipc_chan_connect(struct tipc_chan *chan, const char *name)
{
	struct tipc_dev *dev = chan->dev;
	size_t name_len = strnlen(name, TIPC_MAX_SRV_NAME_LEN);
	struct tipc_txbuf *txbuf;
	bool kick = false;
	int ret;

	if (name_len == TIPC_MAX_SRV_NAME_LEN)
		return -EINVAL;
	pthread_mutex_lock(&dev->lock);
	ret = chan_may_connect(chan, name);
	pthread_mutex_unlock(&dev->lock);
	if (ret <= 0)
		return ret;
	tl_trace(TRACE_TIPC, TRACE_DOWN, "connect", chan->local);
	ret = tipc_chan_get_txbuf(chan, TIPC_TXBUF_TIMEOUT_MS, &txbuf);
	if (ret)
		return ret;
	pthread_mutex_lock(&dev->lock);
	/* Again: the lock wasn't held while we waited for a buffer. */
	ret = chan_may_connect(chan, name);
	if (ret == 1) {
		ret = chan_send_conn_req(chan, txbuf, name, name_len, &kick);
		if (!ret)
			txbuf = NULL;
	}
	pthread_mutex_unlock(&dev->lock);
	if (txbuf)
		tipc_chan_put_txbuf(chan, txbuf);
	if (kick)
		dev->link_ops->kick(dev);
	return ret;
}

/* An answer counts when the channel's user has heard of it. */
static bool chan_answer_cond(void *arg)
{
	struct tipc_chan *chan = arg;
	bool done;

	pthread_mutex_lock(&chan->dev->lock);
	done = chan->state != TIPC_CONNECTING && !chan->users;
	pthread_mutex_unlock(&chan->dev->lock);
	return done;
}

static int chan_answer(const struct tipc_chan *chan)
{
	if (chan->answered)
		return 0;
	if (chan->state == TIPC_STALE)
		return -EIO;
	if (chan->conn_status == ERR_ACCESS_DENIED || chan->conn_status == ERR_NOT_ALLOWED)
		return -EACCES;
	return -ECONNREFUSED;
}

int tipc_chan_wait_answer(struct tipc_chan *chan)
{
	struct tipc_dev *dev = chan->dev;
	int ret = ree_vm_wait(dev->vm, chan_answer_cond, chan, TIPC_REPLY_TIMEOUT_MS);

	tipc_dev_settle(dev);
	if (ret) {
		tipc_chan_shutdown(chan);
		return ret;
	}
	pthread_mutex_lock(&dev->lock);
	ret = chan_answer(chan);
	pthread_mutex_unlock(&dev->lock);
	return ret;
}

int tipc_chan_connect_wait(struct tipc_chan *chan, const char *name)
{
	int ret = tipc_chan_connect(chan, name);

	return ret ? ret : tipc_chan_wait_answer(chan);
}

enum tipc_chan_state tipc_chan_state(struct tipc_chan *chan)
{
	enum tipc_chan_state state;

	pthread_mutex_lock(&chan->dev->lock);
	state = chan->state;
	pthread_mutex_unlock(&chan->dev->lock);
	return state;
}

size_t tipc_chan_max_msg_size(struct tipc_chan *chan)
{
	size_t size;

	pthread_mutex_lock(&chan->dev->lock);
	size = chan->max_msg_size;
	pthread_mutex_unlock(&chan->dev->lock);
	return size;
}

void tipc_chan_shutdown(struct tipc_chan *chan)
{
	struct tipc_dev *dev = chan->dev;
	bool kick = false, wake;

	pthread_mutex_lock(&dev->lock);
	wake = chan->state == TIPC_CONNECTED || chan->state == TIPC_CONNECTING;
	if (wake && dev->state == TIPC_DEV_ONLINE) {
		tl_trace(TRACE_TIPC, TRACE_DOWN, "disconnect", chan->local);
		tipc_tx_disc(dev, chan_slot(dev, chan->local), chan->local, chan->remote);
		kick = tipc_tx_reclaim(dev);
	}
	chan->state = TIPC_STALE;
	chan->remote = 0;
	pthread_mutex_unlock(&dev->lock);
	if (kick)
		dev->link_ops->kick(dev);
	if (wake)
		ree_vm_wake(dev->vm);
}

void tipc_chan_destroy(struct tipc_chan *chan)
{
	struct tipc_dev *dev;

	if (!chan)
		return;
	dev = chan->dev;
	tipc_chan_shutdown(chan);
	pthread_mutex_lock(&dev->lock);
	chan_slot(dev, chan->local)->chan = NULL;
	while (chan->users)
		pthread_cond_wait(&dev->idle, &dev->lock);
	pthread_mutex_unlock(&dev->lock);
	free(chan);
	tipc_dev_put(dev);
}
