/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * The Trusty IPC driver (Linux: drivers/trusty/trusty-ipc.c; seed "tipc - trusty ipc"): channels
 * over one link, the trusty-ipc-dev0 node, and other drivers as in-process users
 * (mipstee).
 * Thread rule: any thread. handle_msg and handle_event run in the interrupt, without the driver's
 * locks, one at a time per device; they may send and free buffers, but not wait.
 * Ownership rule: a channel is the caller's from tipc_chan_create to tipc_chan_destroy; a tx buffer
 * is the caller's from tipc_chan_get_txbuf until it is queued or put back; an rx buffer belongs to
 * the driver and is valid during handle_msg only.
 */
#ifndef TEELINK_REE_TIPC_TIPC_H
#define TEELINK_REE_TIPC_TIPC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct ree_vm;
struct tipc_chan;
struct tipc_dev;
struct tipc_link_ops;

enum tipc_chan_state { TIPC_DISCONNECTED, TIPC_CONNECTING, TIPC_CONNECTED, TIPC_STALE };
enum tipc_chan_event {
	TIPC_CHANNEL_CONNECTED = 1,
	TIPC_CHANNEL_DISCONNECTED,
	TIPC_CHANNEL_SHUTDOWN
};

struct tipc_chan_ops {
	/* @event with its LK status when connecting failed, else 0 */
	void (*handle_event)(void *data, enum tipc_chan_event event, int status);
	/* A message of the peer: @msg is link RAM, hostile and changing: copy once, then look. */
	void (*handle_msg)(void *data, const volatile void *shm_msg, size_t len);
};

/*
 * What happens to the device as a whole, told to one listener (the machine: creates the tee
 * device).
 */
struct tipc_dev_ops {
	/* GO_ONLINE: the node exists; not in the irq */
	int (*online)(void *data, struct tipc_dev *dev);
	/* GO_OFFLINE, device broken, VM dead */
	void (*offline)(void *data, struct tipc_dev *dev);
};

/* What carries the messages: a virtio device's two queues. The other: ree/smcq/smcq.h. */
extern const struct tipc_link_ops tipc_virtio_link;

/**
 * tipc_dev_probe() - opens the link (of virtio: config, queues, rx buffers, DRIVER_OK), waits for
 * GO_ONLINE
 *
 * Registers "trusty-ipc-dev0" and calls @ops->online before it returns.
 * Return: 0; -ENODEV, -ETIMEDOUT (no GO_ONLINE in TIPC_REPLY_TIMEOUT_MS), -EIO, what online
 * returned.
 */
int tipc_dev_probe(struct ree_vm *vm, const struct tipc_link_ops *link,
		   const struct tipc_dev_ops *ops, void *data, struct tipc_dev **devp);
/*
 * Offline, link closed, freed. All channels must have been destroyed. NULL is fine.
 */
void tipc_dev_remove(struct tipc_dev *dev);
struct ree_vm *tipc_dev_vm(struct tipc_dev *dev);
/*
 * Acts on a GO_ONLINE that came in after a GO_OFFLINE: calls @ops->online. Done by opening the node
 * and by functions here that wait; a caller that found the device offline may do it too. Not in the
 * irq.
 */
void tipc_dev_settle(struct tipc_dev *dev);

/* Copies @len bytes out of a message in link RAM, once: look at the copy only. */
static inline void tipc_msg_copy(void *dst, const volatile void *shm_src, size_t len)
{
	memcpy(dst, (const void *)(uintptr_t)shm_src, len);
	/* The compiler must not go back to the source for what it finds in the copy. */
	__asm__ volatile("" ::: "memory");
}

/* Return: 0, -ENOMEM, -ENOSPC (TIPC_TEE_ADDR_MAX channels), -ENODEV (offline). */
int tipc_chan_create(struct tipc_dev *dev, const struct tipc_chan_ops *ops, void *data,
		     struct tipc_chan **chanp);
/**
 * tipc_chan_connect() - send CONN_REQ
 * @name: port, at most 255 characters, else -EINVAL
 *
 * Doesn't wait: TIPC_CHANNEL_CONNECTED or _DISCONNECTED follows. Again to the same name: 0; to
 * another: -EALREADY while connecting, -EISCONN when connected; -ESHUTDOWN when stale.
 */
int tipc_chan_connect(struct tipc_chan *chan, const char *name);
/* As above and waits for the answer. -ECONNREFUSED, -EACCES, -ETIMEDOUT (then stale), -EIO. */
int tipc_chan_connect_wait(struct tipc_chan *chan, const char *name);
enum tipc_chan_state tipc_chan_state(struct tipc_chan *chan);
size_t tipc_chan_max_msg_size(struct tipc_chan *chan);

/**
 * struct tipc_txbuf - a message buffer in link RAM
 * @data: room for the payload, after the header
 * @size: bytes of room
 */
struct tipc_txbuf {
	uint8_t *data;
	size_t size;
};
/* Waits up to @timeout_ms for a free buffer. -ETIMEDOUT, -EAGAIN (timeout 0), -EIO. */
int tipc_chan_get_txbuf(struct tipc_chan *chan, unsigned int timeout_ms,
			struct tipc_txbuf **txbufp);
void tipc_chan_put_txbuf(struct tipc_chan *chan, struct tipc_txbuf *txbuf);
/* Room for @len bytes in a buffer with nothing in it yet. -EMSGSIZE: the link has none; -ENOMEM. */
int tipc_chan_grow_txbuf(struct tipc_chan *chan, struct tipc_txbuf *txbuf, size_t len);
/**
 * tipc_chan_queue_msg() - send the first @len bytes of @txbuf and kick if asked to
 *
 * Return: 0 (buffer is the driver's), or the buffer stays the caller's: -ENOTCONN, -ESHUTDOWN
 * (stale), -EMSGSIZE (beyond the peer's limit), -EIO.
 */
int tipc_chan_queue_msg(struct tipc_chan *chan, struct tipc_txbuf *txbuf, size_t len);
/*
 * Sends DISC_REQ when connected or connecting; the channel is stale then. Never waits (the message
 * goes out when there is a buffer for it). Events may still run until destroy returned.
 */
void tipc_chan_shutdown(struct tipc_chan *chan);
/* After this no operation of @chan runs. Not from inside one. */
void tipc_chan_destroy(struct tipc_chan *chan);

#endif
