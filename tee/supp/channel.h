/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * The secure world's end of one of the supplicant's channels: a port that only the machine's
 * supplicant may connect to, and on it one question at a time. A supplicant that went is waited
 * for; nothing of what one says is believed.
 * Thread rule: under the world lock; functions that say "blocks" drop it.
 * Ownership rule: init and release are the user's, who owns the struct.
 */
#ifndef TEELINK_TEE_SUPP_CHANNEL_H
#define TEELINK_TEE_SUPP_CHANNEL_H

#include "tee/ipc/ipc.h"
#include "tee/world.h"

struct supp_chan;

/**
 * struct supp_chan_ops - what the user of a channel knows of its messages
 * @accept: will this supplicant do? May be NULL: every one does
 * @read: reads the message as an answer. Return: 0; -EAGAIN: it is late, for a question that was
 *        given up; -EPROTO: no supplicant says that
 * @over: the supplicant is gone. May be NULL
 */
struct supp_chan_ops {
	bool (*accept)(void *data, const struct ipc_peer *peer);
	int (*read)(void *data, const struct ipc_msg_info *info);
	void (*over)(void *data);
};

struct supp_chan {
	struct tee_world *world;
	struct ipc_task *task;
	ipc_handle_t port, chan; /* chan 0: no supplicant is connected */
	unsigned int generation; /* of supplicants */
	struct world_event event;
	bool expecting, answered;
	int error; /* what came was no answer */
	const struct supp_chan_ops *ops;
	void *data;
};

/* Return: 0 or -ENOMEM. */
int supp_chan_init(struct supp_chan *c, struct tee_world *w, const char *port,
		   const struct supp_chan_ops *ops, void *data);
void supp_chan_release(struct supp_chan *c);
/* Is a supplicant there? Takes what has come before it says so. */
bool supp_chan_connected(struct supp_chan *c);
/* Until a supplicant is there. Blocks. Return: 0; -ETIMEDOUT; -ECANCELED: the world stops. */
int supp_chan_wait(struct supp_chan *c, uint64_t timeout_ns);
/**
 * supp_chan_ask() - send a question and wait until ops->read has taken its answer. Blocks.
 * @generation: of the supplicant that is asked, as it was after supp_chan_wait
 *
 * Return: 0; -ECONNRESET: that supplicant went; -ETIMEDOUT; -EPROTO; -ECANCELED.
 */
int supp_chan_ask(struct supp_chan *c, unsigned int generation, const void *msg, size_t len,
		  uint64_t timeout_ns);
/* One more message to a supplicant whose answer is being waited for, if there is one. */
void supp_chan_add(struct supp_chan *c, const void *msg, size_t len);
/* Read @info's message into @num pieces. Return: false when it doesn't come whole. */
bool supp_chan_read(struct supp_chan *c, const struct ipc_msg_info *info, struct ipc_iov *iov,
		    unsigned int num);
/* Turn that supplicant away, if it is still there: the hypervisor starts another one. */
void supp_chan_drop(struct supp_chan *c, unsigned int generation);

#endif
