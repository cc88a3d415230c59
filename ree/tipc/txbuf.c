/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "ree/tipc/tipc_internal.h"

#include <errno.h>

#include "lib/futex.h"
#include "lib/trace.h"
#include "ree/vm/vm.h"

void tipc_tx_add(struct tipc_dev *dev, struct tipc_txbuf_entry *tx, uint8_t *base, size_t size,
		 bool spare)
{
	tx->base = base;
	tx->pub.data = base + TIPC_HDR_SIZE;
	tx->pub.size = size - TIPC_HDR_SIZE;
	list_add_tail(spare ? &dev->tx_spare : &dev->tx_free, &tx->link);
}

struct tipc_txbuf_entry *tipc_tx_pop(struct tipc_dev *dev)
{
	struct list *node = list_pop(&dev->tx_free);

	if (!node)
		node = list_pop(&dev->tx_spare);
	return node ? list_entry(node, struct tipc_txbuf_entry, link) : NULL;
}

int tipc_tx_queue(struct tipc_dev *dev, struct tipc_txbuf_entry *tx, uint32_t src, uint32_t dst,
		  size_t len, bool *kick)
{
	const struct tipc_msg_hdr hdr = { .src = src, .dst = dst, .len = (uint16_t)len };

	memcpy(tx->base, &hdr, sizeof(hdr));
	return dev->link_ops->send(dev, tx, TIPC_HDR_SIZE + len, kick);
}

static bool tx_send_disc(struct tipc_dev *dev, struct tipc_txbuf_entry *tx,
			 struct tipc_addr_slot *slot)
{
	const struct {
		struct tipc_ctrl_msg ctrl;
		struct tipc_disc_req_body body;
	} TL_PACKED msg = {
		.ctrl = { .type = TIPC_CTRL_DISC_REQ, .body_len = sizeof(msg.body) },
		.body = { .target = slot->disc_remote },
	};
	bool kick = false;

	memcpy(tx->pub.data, &msg, sizeof(msg));
	if (tipc_tx_queue(dev, tx, slot->disc_local, TIPC_CTRL_ADDR, sizeof(msg), &kick))
		list_add_tail(&dev->tx_free, &tx->link);
	slot->disc_pending = false;
	dev->num_disc_pending--;
	return kick;
}

static bool tx_flush_disc(struct tipc_dev *dev)
{
	bool kick = false;
	unsigned int i;

	for (i = 0; dev->num_disc_pending && i < TIPC_MAX_CHANS; i++) {
		struct tipc_txbuf_entry *tx;

		if (!dev->slots[i].disc_pending)
			continue;
		tx = tipc_tx_pop(dev);
		if (!tx)
			break;
		kick |= tx_send_disc(dev, tx, &dev->slots[i]);
	}
	return kick;
}

/* Asks for the interrupt while somebody waits for a buffer. True: look again, there is one. */
static bool tx_arm(struct tipc_dev *dev)
{
	return dev->link_ops->arm(dev, dev->tx_waiters || dev->num_disc_pending);
}

bool tipc_tx_reclaim(struct tipc_dev *dev)
{
	bool kick = false;

	if (dev->state == TIPC_DEV_DEAD)
		return false;
	do {
		struct tipc_txbuf_entry *tx;

		while ((tx = dev->link_ops->reclaim(dev)))
			list_add_tail(&dev->tx_free, &tx->link);
		kick |= tx_flush_disc(dev);
	} while (tx_arm(dev));
	return kick;
}

void tipc_tx_disc(struct tipc_dev *dev, struct tipc_addr_slot *slot, uint32_t local,
		  uint32_t remote)
{
	slot->disc_pending = true;
	slot->disc_local = local;
	slot->disc_remote = remote;
	dev->num_disc_pending++;
}

void tipc_tx_ready(struct tipc_dev *dev)
{
	bool kick;

	pthread_mutex_lock(&dev->lock);
	kick = tipc_tx_reclaim(dev);
	pthread_mutex_unlock(&dev->lock);
	if (kick)
		dev->link_ops->kick(dev);
}

/* One try. Return: 0, -EAGAIN, -EIO. */
static int txbuf_try(struct tipc_dev *dev, struct tipc_txbuf_entry **txp, bool *kick)
{
	if (dev->state != TIPC_DEV_ONLINE)
		return -EIO;
	if (list_empty(&dev->tx_free))
		*kick |= tipc_tx_reclaim(dev);
	if (dev->link_ops->broken(dev))
		return -EIO;
	*txp = tipc_tx_pop(dev);
	return *txp ? 0 : -EAGAIN;
}

static bool txbuf_cond(void *arg)
{
	struct tipc_dev *dev = arg;
	bool ready;

	pthread_mutex_lock(&dev->lock);
	ready = dev->state != TIPC_DEV_ONLINE || !list_empty(&dev->tx_free);
	pthread_mutex_unlock(&dev->lock);
	return ready;
}

static unsigned int ms_left(uint64_t deadline)
{
	uint64_t now = tl_now_ns();

	/* At least 1: 0 would mean for ever. */
	return deadline <= now ? 1 : (unsigned int)((deadline - now) / 1000000u + 1u);
}

/* Called with the lock held and tx_waiters counting us; gives it up while it sleeps. */
static int txbuf_wait(struct tipc_dev *dev, uint64_t deadline, struct tipc_txbuf_entry **txp,
		      bool *kick)
{
	int waited = 0;
	int ret;

	for (;;) {
		ret = txbuf_try(dev, txp, kick);
		if (ret != -EAGAIN || waited)
			return ret == -EAGAIN ? waited : ret;
		pthread_mutex_unlock(&dev->lock);
		if (*kick)
			dev->link_ops->kick(dev);
		*kick = false;
		waited = ree_vm_wait(dev->vm, txbuf_cond, dev, ms_left(deadline));
		tipc_dev_settle(dev);
		pthread_mutex_lock(&dev->lock);
	}
}

int tipc_chan_get_txbuf(struct tipc_chan *chan, unsigned int timeout_ms, struct tipc_txbuf **txbufp)
{
	struct tipc_dev *dev = chan->dev;
	struct tipc_txbuf_entry *tx = NULL;
	bool kick = false;
	int ret;

	pthread_mutex_lock(&dev->lock);
	ret = txbuf_try(dev, &tx, &kick);
	if (ret == -EAGAIN && timeout_ms) {
		dev->tx_waiters++;
		ret = txbuf_wait(dev, tl_now_ns() + timeout_ms * 1000000ull, &tx, &kick);
		dev->tx_waiters--;
	}
	pthread_mutex_unlock(&dev->lock);
	if (kick)
		dev->link_ops->kick(dev);
	if (ret == -EIO)
		ree_vm_wake(dev->vm); /* a broken queue is told of in the interrupt */
	if (!ret)
		*txbufp = &tx->pub;
	return ret;
}

void tipc_chan_put_txbuf(struct tipc_chan *chan, struct tipc_txbuf *txbuf)
{
	struct tipc_dev *dev = chan->dev;
	struct tipc_txbuf_entry *tx = container_of(txbuf, struct tipc_txbuf_entry, pub);
	bool kick, wake;

	pthread_mutex_lock(&dev->lock);
	list_add(&dev->tx_free, &tx->link);
	kick = dev->num_disc_pending && tipc_tx_reclaim(dev);
	wake = dev->tx_waiters;
	pthread_mutex_unlock(&dev->lock);
	if (kick)
		dev->link_ops->kick(dev);
	if (wake)
		ree_vm_wake(dev->vm);
}

int tipc_chan_grow_txbuf(struct tipc_chan *chan, struct tipc_txbuf *txbuf, size_t len)
{
	struct tipc_dev *dev = chan->dev;

	if (len <= txbuf->size)
		return 0;
	if (!dev->link_ops->grow || len > tipc_chan_max_msg_size(chan))
		return -EMSGSIZE;
	return dev->link_ops->grow(dev, container_of(txbuf, struct tipc_txbuf_entry, pub), len);
}

/* Called with the lock held. */
static int chan_may_send(const struct tipc_chan *chan, size_t len)
{
	if (chan->state == TIPC_STALE)
		return -ESHUTDOWN;
	if (chan->state != TIPC_CONNECTED)
		return -ENOTCONN;
	return len > chan->max_msg_size ? -EMSGSIZE : 0;
}

int tipc_chan_queue_msg(struct tipc_chan *chan, struct tipc_txbuf *txbuf, size_t len)
{
	struct tipc_dev *dev = chan->dev;
	struct tipc_txbuf_entry *tx = container_of(txbuf, struct tipc_txbuf_entry, pub);
	bool kick = false;
	int ret;

	tl_trace(TRACE_TIPC, TRACE_DOWN, "write", chan->local);
	pthread_mutex_lock(&dev->lock);
	ret = chan_may_send(chan, len);
	if (!ret)
		ret = tipc_tx_queue(dev, tx, chan->local, chan->remote, len, &kick);
	pthread_mutex_unlock(&dev->lock);
	if (kick)
		dev->link_ops->kick(dev);
	return ret;
}
