/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * A link for tests of the mipstee driver: channels whose other end is the test, dataspaces from
 * memfd.
 * Thread rule: any thread; fake_link.lock guards what several threads touch.
 * Ownership rule: fake_link_up gives everything to the test, fake_link_down takes it.
 */
#ifndef TEELINK_TESTS_UNIT_REE_MIPSTEE_FAKE_H
#define TEELINK_TESTS_UNIT_REE_MIPSTEE_FAKE_H

#include "ree/mipstee/mipstee_private.h"
#include "ree/vm/node.h"
#include "ree/vm/vm_internal.h"

#define FAKE_SHM_GPA 0x80000000ull
#define FAKE_SHM_PAGES 64u
#define FAKE_DS_GPA 0x100000000ull
#define FAKE_MAX_MSGS 64u

struct fake_link;

struct tipc_chan {
	struct fake_link *fl;
	const struct tipc_chan_ops *ops;
	void *data;
	bool connected;
	unsigned int shutdowns;
};

struct tipc_dev {
	struct fake_link *fl;
};

/* A message that the driver sent. */
struct fake_msg {
	struct tipc_chan *chan;
	size_t len;
	struct mipstee_msg msg;
};

struct fake_link {
	struct ree_vm vm;
	struct ree_vm_mem shm;
	struct tipc_dev tipc;
	struct tee_subsys *tee;
	struct mipstee *mt;

	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct fake_msg sent[FAKE_MAX_MSGS]; /* lock */
	unsigned int num_sent;               /* lock */
	unsigned int num_chans, num_ds, num_txbufs; /* lock: alive */
	unsigned int ds_created;
	uint32_t next_session;
	bool dead; /* lock: the VM is: waits end */

	/*
	 * The secure world: answers each message at once when set. @ans comes as a copy of the
	 * request with result 0; returns its length, 0 for no answer.
	 */
	size_t (*respond)(struct fake_link *fl, struct mipstee_msg *ans, size_t len);
	int connect_ret, txbuf_ret, queue_ret, ds_ret;
	int find_ret; /* pieces that find_mem finds; 0: it isn't the VM's memory */
	size_t max_msg_size;
	uint32_t result; /* what the stock responder answers */
	void *priv;      /* the test's own */
};

struct fake_link *fake_link_up(void);
void fake_link_down(struct fake_link *fl);
int fake_link_open(struct fake_link *fl);
/* The stock responder: result, a fresh session id for OPEN_SESSION, no answer to CANCEL. */
size_t fake_respond(struct fake_link *fl, struct mipstee_msg *ans, size_t len);
/* Wait until the driver has sent @num messages in all. */
void fake_link_wait_sent(struct fake_link *fl, unsigned int num);
/* Bytes from the secure world, then an interrupt. */
void fake_link_deliver(struct tipc_chan *chan, const void *bytes, size_t len);
void fake_link_event(struct tipc_chan *chan, enum tipc_chan_event event);
void fake_link_die(struct fake_link *fl);
const struct mipstee_msg *fake_link_last(struct fake_link *fl);

#endif
