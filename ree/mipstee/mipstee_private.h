/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * Inside the mipstee driver: contexts and their channels, calls, messages, the pool.
 * Thread rule: the lock that guards a field stands beside it; mipstee.lock is taken before a
 * context's. handle_msg and handle_event take the context's lock in the interrupt, so nothing waits
 * under it.
 * Ownership rule: a call lives on its caller's stack and is on its context's list only while it
 * waits.
 */
#ifndef TEELINK_REE_MIPSTEE_MIPSTEE_PRIVATE_H
#define TEELINK_REE_MIPSTEE_MIPSTEE_PRIVATE_H

#include <pthread.h>

#include "lib/list.h"
#include "ree/mipstee/mipstee.h"
#include "ree/tee/session_set.h"
#include "ree/tee/tee_drv.h"
#include "ree/tipc/tipc.h"
#include "ree/vm/vm.h"
#include "wire/mipstee.h"

/* Allocations from here up get a dataspace of their own: the size from which TAs map, not copy. */
#define MIPSTEE_DS_THRESHOLD 65536u
/* Pieces of a registered buffer: one message names them all. */
#define MIPSTEE_MAX_RUNS MIPSTEE_MAX_PARAMS
/* Parameters of the largest message here, REGISTER_SHM. */
#define MIPSTEE_NUM_PARAMS MIPSTEE_MAX_RUNS
/* Nothing larger can be shared: a size beyond it in an answer is a lie. */
#define MIPSTEE_MAX_SIZE 0x100000000ull

/* Results and origins that this driver makes or looks at (GP TEE Client API, table 4-2, 4-3). */
#define MIPSTEE_SUCCESS 0u
#define MIPSTEE_ERROR_ACCESS_DENIED 0xffff0001u
#define MIPSTEE_ERROR_BAD_PARAMETERS 0xffff0006u
#define MIPSTEE_ERROR_OUT_OF_MEMORY 0xffff000cu
#define MIPSTEE_ERROR_COMMUNICATION 0xffff000eu
#define MIPSTEE_ORIGIN_COMMS 2u

/* What the driver stands on: ree/tipc and ree/vm, or a test's own. */
struct mipstee_link_ops {
	int (*chan_create)(struct tipc_dev *dev, const struct tipc_chan_ops *ops, void *data,
			   struct tipc_chan **chanp);
	int (*chan_connect_wait)(struct tipc_chan *chan, const char *name);
	size_t (*chan_max_msg_size)(struct tipc_chan *chan);
	int (*chan_get_txbuf)(struct tipc_chan *chan, unsigned int timeout_ms,
			      struct tipc_txbuf **txbufp);
	void (*chan_put_txbuf)(struct tipc_chan *chan, struct tipc_txbuf *txbuf);
	int (*chan_queue_msg)(struct tipc_chan *chan, struct tipc_txbuf *txbuf, size_t len);
	void (*chan_shutdown)(struct tipc_chan *chan);
	void (*chan_destroy)(struct tipc_chan *chan);
	int (*wait)(struct ree_vm *vm, bool (*cond)(void *), void *arg, unsigned int timeout_ms);
	void (*wake)(struct ree_vm *vm);
	const struct ree_vm_mem *(*shm)(const struct ree_vm *vm);
	int (*ds_create)(struct ree_vm *vm, size_t size, struct ree_vm_ds **dsp);
	int (*ds_import)(struct ree_vm *vm, int fd, struct ree_vm_ds **dsp);
	void (*ds_destroy)(struct ree_vm *vm, struct ree_vm_ds *ds);
	int (*find_mem)(struct ree_vm *vm, const void *addr, size_t len, struct ree_vm_run *runs,
			unsigned int max);
};

enum mipstee_state { MIPSTEE_ONLINE, MIPSTEE_OFFLINE };

struct mipstee {
	const struct mipstee_link_ops *ops;
	struct tipc_dev *tipc;
	struct ree_vm *vm;
	struct tee_device *dev;
	struct tee_shm_pool *static_pool;
	struct tee_shm_pool pool; /* static_pool, then dataspaces */
	uint64_t shm_gpa;         /* TMEM offsets count from here */

	pthread_mutex_t lock;
	enum mipstee_state state; /* lock */
	struct list contexts;     /* lock */
	uint64_t last_ref;        /* atomic: names of registered objects, never used twice */
};

enum mipstee_ctx_state { MIPSTEE_CTX_LIVE, MIPSTEE_CTX_DEAD };

struct mipstee_context {
	struct mipstee *mt;
	struct tipc_chan *chan;
	struct list link; /* mt->lock */

	pthread_mutex_t lock;
	enum mipstee_ctx_state state; /* lock: DEAD is for ever, the channel is gone */
	struct list calls;            /* lock: struct mipstee_call that wait */
	uint32_t last_tag;            /* lock */

	struct tee_session_set sessions;
};

/* The largest message here, as on the wire. */
struct mipstee_msg {
	struct mipstee_hdr hdr;
	struct mipstee_arg arg;
	struct mipstee_param param[MIPSTEE_NUM_PARAMS];
} TL_PACKED;

enum mipstee_call_state {
	MIPSTEE_CALL_WAITING,
	MIPSTEE_CALL_ANSWERED,
	MIPSTEE_CALL_BROKEN, /* answered with something that isn't an answer to it */
	MIPSTEE_CALL_DEAD,   /* the channel went first */
};

struct mipstee_call {
	struct list link;              /* context's lock */
	enum mipstee_call_state state; /* context's lock to change, atomic to look */
	struct mipstee_msg msg;        /* the request, immutable once on the list */
	struct mipstee_msg ans;        /* once ANSWERED, as long as the request */
};

/* context.c */
extern const struct tipc_chan_ops mipstee_chan_ops;
int mipstee_context_create(struct mipstee *mt, struct mipstee_context **ctxp);
void mipstee_context_destroy(struct mipstee_context *ctx);
/* The channel is gone: calls end, later ones fail. Idempotent, never waits. */
void mipstee_context_die(struct mipstee_context *ctx);

/* call.c */
/**
 * mipstee_call() - send call->msg and wait for call->ans
 *
 * The caller filled arg and param; the header is this function's.
 * Return: 0; -EIO, -EPIPE, -EPROTO and others when there is no answer, and never will be.
 */
int mipstee_call(struct mipstee_context *ctx, struct mipstee_call *call);
/* Sends without waiting: for CANCEL, which has no answer. */
int mipstee_send(struct mipstee_context *ctx, struct mipstee_msg *msg);
/* Is there an OPEN_SESSION with @cancel_id that waits? */
bool mipstee_call_opening(struct mipstee_context *ctx, uint32_t cancel_id);
/* A message of the secure world: in the interrupt, @shm_msg is hostile and changing. */
void mipstee_handle_msg(void *data, const volatile void *shm_msg, size_t len);

/* msg.c */
static inline size_t mipstee_msg_size(uint32_t num_params)
{
	return sizeof(struct mipstee_hdr) + sizeof(struct mipstee_arg) +
	       num_params * sizeof(struct mipstee_param);
}
void mipstee_msg_init(struct mipstee_msg *msg, enum mipstee_cmd cmd, uint32_t num_params);
/* Copies a message out of shared memory once and checks magic and length. Return: 0 or -EPROTO. */
int mipstee_msg_receive(struct mipstee_msg *msg, const volatile void *shm_msg, size_t len);
/* Is @ans an answer to @req: command, number and kinds of parameters, sizes? 0 or -EPROTO. */
int mipstee_msg_check_answer(const struct mipstee_msg *req, const struct mipstee_msg *ans);
/* Client's parameters into a message. -EINVAL: META, or an unknown kind. */
int mipstee_msg_put_params(const struct mipstee *mt, struct mipstee_param *mp,
			   const struct tee_param *params, uint32_t num);
/* Output values and sizes of a checked answer. */
void mipstee_msg_get_params(const struct mipstee_param *mp, struct tee_param *params, uint32_t num);

/* shm_pool.c */
extern const struct tee_shm_pool_ops mipstee_pool_ops;

/* register.c */
/* Registers @ds as @shm's memory. On failure it is destroyed. */
int mipstee_shm_from_ds(struct mipstee *mt, struct tee_shm *shm, struct ree_vm_ds *ds);
int mipstee_shm_register(struct tee_context *ctx, struct tee_shm *shm, void *addr, size_t len);
int mipstee_shm_register_fd(struct tee_context *ctx, struct tee_shm *shm, int fd);
int mipstee_shm_unregister(struct tee_context *ctx, struct tee_shm *shm);

/* driver.c */
extern const struct tee_desc mipstee_desc;

/* mipstee_probe() over other operations. */
int mipstee_probe_on(const struct mipstee_link_ops *ops, struct tee_subsys *tee,
		     struct tipc_dev *tipc, struct ree_vm *vm, struct mipstee **mtp);

#endif
