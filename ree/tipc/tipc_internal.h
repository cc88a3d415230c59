/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * struct tipc_dev and struct tipc_chan, for the files of ree/tipc alone.
 * Thread rule: dev->lock guards what is named below. Lock order: the interrupt's lock (rx.c runs in
 * it), a channel user's own lock, dev->lock. Channel operations run without dev->lock.
 * Ownership rule: the device lives until tipc_dev_remove and the last of its channels; buffers lie
 * in link RAM, which belongs to the VM.
 */
#ifndef TEELINK_REE_TIPC_TIPC_INTERNAL_H
#define TEELINK_REE_TIPC_TIPC_INTERNAL_H

#include <pthread.h>

#include "lib/list.h"
#include "ree/tipc/tipc.h"
#include "ree/vm/node.h"
#include "wire/tipc.h"

#define TIPC_MAX_CHANS TIPC_TEE_ADDR_MAX
#define TIPC_HDR_SIZE ((uint32_t)sizeof(struct tipc_msg_hdr))
/* Dropped messages that are worth a line; a hostile peer could send them for ever. */
#define TIPC_MAX_DROP_LINES 16u

/*
 * All transitions under dev->lock; ONLINE and OFFLINE follow the device's word, DEAD is for ever.
 */
enum tipc_dev_state { TIPC_DEV_OFFLINE, TIPC_DEV_ONLINE, TIPC_DEV_DEAD };

struct tipc_txbuf_entry {
	struct tipc_txbuf pub; /* data is right after the header */
	uint8_t *base;
	uint64_t gpa; /* virtio's */
	struct list link; /* tx_free */
};

/**
 * struct tipc_link_ops - what carries the messages
 * @open: sets max_msg, node_name and @dev->link, fills tx_free, turns the interrupt on; the peer may say
 *        GO_ONLINE from then on, and what it sends goes to tipc_rx_msg. Return: 0, or -errno with nothing
 *        left but what close takes away
 * @quiet: after return the link calls nobody any more
 * @close: frees; also after a failed open
 * @grow: see tipc_chan_grow_txbuf; NULL: buffers have one size
 * @send: the @len bytes at @tx->base go; the buffer comes back through @reclaim. dev->lock held. *@kick:
 *        call @kick without the lock. Return: 0; -EIO
 * @reclaim: a buffer that was read, or NULL. dev->lock held
 * @arm: somebody waits for a buffer (@wait), or nobody does any more: tipc_tx_ready in the interrupt when
 *       one is back. dev->lock held. Return: true when one is back already
 * @broken: the peer broke the link's rules. dev->lock held
 * @kick: tell the peer
 */
struct tipc_link_ops {
	int (*open)(struct tipc_dev *dev);
	void (*quiet)(struct tipc_dev *dev);
	void (*close)(struct tipc_dev *dev);
	int (*grow)(struct tipc_dev *dev, struct tipc_txbuf_entry *tx, size_t len);
	int (*send)(struct tipc_dev *dev, struct tipc_txbuf_entry *tx, size_t len, bool *kick);
	struct tipc_txbuf_entry *(*reclaim)(struct tipc_dev *dev);
	bool (*arm)(struct tipc_dev *dev, bool wait);
	bool (*broken)(const struct tipc_dev *dev);
	void (*kick)(struct tipc_dev *dev);
};

/*
 * Local address 1024 + slot + 256 * generation: an address isn't used again soon, so that a late
 * answer to a channel that is gone doesn't reach its successor.
 */
struct tipc_addr_slot {
	struct tipc_chan *chan; /* NULL: free, unless disc_pending */
	uint32_t generation;
	bool disc_pending; /* DISC_REQ from disc_local to disc_remote waits for a tx buffer */
	uint32_t disc_local, disc_remote;
};

struct tipc_dev {
	/* Constant once probed. */
	struct ree_vm *vm;
	const struct tipc_dev_ops *ops;
	void *ops_data;
	const struct tipc_link_ops *link_ops;
	void *link; /* the link's own */
	size_t max_msg; /* header and payload */
	char node_name[sizeof("trusty-ipc-") + TIPC_MAX_DEV_NAME_LEN];

	/* Interrupt only. */
	unsigned int drops;

	pthread_mutex_t lock; /* all below, and the link's way out */
	pthread_cond_t idle; /* some channel's users went to 0 */
	enum tipc_dev_state state;
	bool online_pending; /* GO_ONLINE came, ops->online hasn't been called */
	bool settling; /* a thread is calling ops->online */
	bool announced; /* ops->online was called and ops->offline wasn't */
	unsigned int refs; /* tipc_dev_remove's and one per channel */
	struct node *node;
	struct list tx_free;
	struct list tx_spare; /* never used yet: only when none is free */
	unsigned int tx_waiters;
	unsigned int num_disc_pending;
	struct tipc_addr_slot slots[TIPC_MAX_CHANS];
};

struct tipc_chan {
	/* Constant. */
	struct tipc_dev *dev;
	const struct tipc_chan_ops *ops;
	void *data;
	uint32_t local;

	/* Under dev->lock. */
	enum tipc_chan_state state;
	uint32_t remote; /* CONNECTED: the peer's address, else 0 */
	size_t max_msg_size; /* CONNECTED: what the peer takes */
	unsigned int users; /* operations that run */
	bool answered; /* the last connect succeeded, if only for a moment */
	int32_t conn_status; /* LK status of the last connect */
	char name[TIPC_MAX_SRV_NAME_LEN];
};

/* device.c */
void tipc_dev_put(struct tipc_dev *dev);
/* GO_ONLINE. In the interrupt. */
void tipc_dev_go_online(struct tipc_dev *dev);
/* The link is of no use any more, or only its config changed. In the interrupt. */
void tipc_dev_config_changed(struct tipc_dev *dev, bool gone);
/* 0, or -EIO for a name that no node can have. */
int tipc_dev_set_name(struct tipc_dev *dev, const char name[TIPC_MAX_DEV_NAME_LEN]);
/*
 * Stops the device and every channel, tells their users. In the interrupt, or when there is none.
 */
void tipc_dev_stop(struct tipc_dev *dev, enum tipc_dev_state state);

/* txbuf.c; dev->lock held */
/* A buffer of the link's, with room for @size bytes, header and payload. Only in link_ops->open. */
void tipc_tx_add(struct tipc_dev *dev, struct tipc_txbuf_entry *tx, uint8_t *base, size_t size,
		 bool spare);
/* Takes back what the device has read and sends what waited for a buffer. True: kick. */
bool tipc_tx_reclaim(struct tipc_dev *dev);
struct tipc_txbuf_entry *tipc_tx_pop(struct tipc_dev *dev);
/* Header in front of @len bytes of payload, into the link. */
int tipc_tx_queue(struct tipc_dev *dev, struct tipc_txbuf_entry *tx, uint32_t src, uint32_t dst,
		  size_t len, bool *kick);
void tipc_tx_disc(struct tipc_dev *dev, struct tipc_addr_slot *slot, uint32_t local,
		  uint32_t remote);
/* Without the lock: buffers may be back. In the interrupt. */
void tipc_tx_ready(struct tipc_dev *dev);

/* rx.c */
/* One message of @len bytes, header and payload: hostile, and changing if it lies in link RAM. In the interrupt. */
void tipc_rx_msg(struct tipc_dev *dev, const volatile uint8_t *shm_base, size_t len);

/* channel.c; dev->lock held */
struct tipc_chan *tipc_chan_lookup(struct tipc_dev *dev, uint32_t local);
/* Runs handle_event without the lock, which is taken again; @chan may be gone afterwards. */
void tipc_chan_event(struct tipc_chan *chan, enum tipc_chan_event event, int status);
void tipc_chan_users_put(struct tipc_chan *chan);
/* channel.c; no lock held: the second half of tipc_chan_connect_wait */
int tipc_chan_wait_answer(struct tipc_chan *chan);

/* dev_node.c */
extern const struct node_ops tipc_node_ops;

#endif
