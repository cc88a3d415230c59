/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * Inside the OP-TEE driver: calls and their queue, RPCs, the supplicant's queue, notifications, memory.
 * Thread rule: each lock names what it guards; none is held across an SMC or a wait. Lock order: any
 * of them may be taken alone, none inside another.
 * Ownership rule: a waiter, a supplicant's client and a notification's waiter live on their caller's
 * stack; a supplicant's request that its client gave up belongs to the queue.
 */
#ifndef TEELINK_REE_OPTEE_OPTEE_PRIVATE_H
#define TEELINK_REE_OPTEE_OPTEE_PRIVATE_H

#include <pthread.h>

#include "lib/list.h"
#include "ree/optee/optee.h"
#include "ree/tee/idr.h"
#include "ree/tee/tee_drv.h"
#include "ree/vm/conduit.h"
#include "ree/vm/vm.h"
#include "wire/optee_msg.h"
#include "wire/optee_smc.h"

/* Memory from here up gets a dataspace of its own: the size from which TAs map, not copy. */
#define OPTEE_DS_THRESHOLD 65536u
#define OPTEE_MAX_CLIENT_PARAMS 4u
#define OPTEE_NUM_PARAMS (2u + OPTEE_MAX_CLIENT_PARAMS) /* two META ones of OPEN_SESSION */
#define OPTEE_MAX_RPC_PARAMS 16u  /* what is looked at of a request of the secure world's */
#define OPTEE_MAX_RPC_MEM 256u    /* pieces that the secure world may have asked for at a time */
#define OPTEE_MAX_RPC_BYTES (64u << 20)
#define OPTEE_MAX_RUNS 4096u      /* pieces of a registered buffer; the secure world takes no more */
#define OPTEE_MAX_NOTIF 4096u     /* notification values that are kept */
#define OPTEE_DEFAULT_MAX_NOTIF 255u
/* Nothing larger can be shared: a size beyond it in an answer is a lie. */
#define OPTEE_MAX_SIZE 0x100000000ull

/* Results that this driver makes or looks at (GP TEE Client API, tables 4-2 and 4-3). */
#define OPTEE_SUCCESS 0u
#define OPTEE_ERROR_ACCESS_DENIED 0xffff0001u
#define OPTEE_ERROR_CANCEL 0xffff0002u
#define OPTEE_ERROR_EXCESS_DATA 0xffff0004u
#define OPTEE_ERROR_BAD_PARAMETERS 0xffff0006u
#define OPTEE_ERROR_NOT_SUPPORTED 0xffff000au
#define OPTEE_ERROR_OUT_OF_MEMORY 0xffff000cu
#define OPTEE_ERROR_COMMUNICATION 0xffff000eu
#define OPTEE_ERROR_TIMEOUT 0xffff3001u
#define OPTEE_ORIGIN_COMMS 2u

/* What the driver stands on beside the conduit: ree/vm, or a test's own. */
struct optee_link_ops {
	void (*set_notif)(struct ree_vm *vm, void (*handle)(void *data), void *data);
	void (*poll_irq)(struct ree_vm *vm);
	/* As ree_vm_wait; -EINTR when the waiting client is to go. */
	int (*wait)(struct ree_vm *vm, bool (*cond)(void *), void *arg, unsigned int timeout_ms);
	void (*wake)(struct ree_vm *vm);
	const struct ree_vm_mem *(*shm)(const struct ree_vm *vm);
	int (*ds_create)(struct ree_vm *vm, size_t size, struct ree_vm_ds **dsp);
	int (*ds_import)(struct ree_vm *vm, int fd, struct ree_vm_ds **dsp);
	void (*ds_destroy)(struct ree_vm *vm, struct ree_vm_ds *ds);
	int (*find_mem)(struct ree_vm *vm, const void *addr, size_t len, struct ree_vm_run *runs,
			unsigned int max);
};

/* Memory of the driver's own, in one piece: from the reserved area or a dataspace. */
struct optee_mem {
	uint8_t *va;
	uint64_t pa;
	size_t size;
	struct ree_vm_ds *ds; /* NULL: from the reserved area */
};

/* A message as it is built and as its answer is looked at: never in shared memory. */
union optee_msg {
	struct optee_msg_arg arg;
	uint8_t bytes[OPTEE_MSG_GET_ARG_SIZE(OPTEE_NUM_PARAMS)];
};
union optee_rpc_msg {
	struct optee_msg_arg arg;
	uint8_t bytes[OPTEE_MSG_GET_ARG_SIZE(OPTEE_MAX_RPC_PARAMS)];
};

/* Where a call's argument lies in shared memory; its RPC's follows it, when they agreed on that. */
struct optee_arg_slot {
	struct optee_arg_chunk *chunk;
	unsigned int index;
	uint8_t *shm_va;
	uint64_t pa;
};

enum optee_waiter_state { OPTEE_WAITER_WAITING, OPTEE_WAITER_WOKEN, OPTEE_WAITER_CANCELLED };

/* A call that waits for a secure thread, and what it can be cancelled by. */
struct optee_waiter {
	struct list link;              /* queue's lock */
	enum optee_waiter_state state; /* queue's lock to change, atomic to look */
	uint64_t ticket;               /* order of coming */
	bool entered;                  /* it had its turn, but the secure world had no thread */
	const struct tee_context *ctx;
	uint32_t session, cancel_id;
	bool cancellable;
};

/**
 * struct optee_call_queue - who waits for a secure thread, first come first served
 * @ended: calls that ended so far: who was refused before one of them asks again
 * @active: calls that hold a thread or ask for one
 * @normal, @limit: calls in their turn that may wait for a TA, and how many there may be: one thread is
 *                  left for calls that never do, so that a cancellation gets through when all others are
 *                  busy. A limit of 0: not known
 */
struct optee_call_queue {
	pthread_mutex_t lock;
	struct list waiters;
	uint64_t last_ticket;
	uint32_t ended;
	unsigned int active, normal, limit;
};

enum optee_supp_state {
	OPTEE_SUPP_QUEUED,
	OPTEE_SUPP_TAKEN,     /* the supplicant has it, under its id */
	OPTEE_SUPP_ABANDONED, /* the same, but its client is gone */
	OPTEE_SUPP_DONE,
};

struct optee_supp_req {
	struct list link;            /* queued */
	enum optee_supp_state state; /* supp.lock to change, atomic to look */
	int id;
	uint32_t func, ret;
	uint32_t num_params;
	struct tee_param param[OPTEE_MAX_RPC_PARAMS]; /* memrefs hold references */
};

/* Requests of the secure world to the supplicant. */
struct optee_supp {
	pthread_mutex_t lock;
	struct tee_context *ctx; /* of the one supplicant, or NULL */
	struct list reqs;        /* queued, in order */
	struct tee_idr idr;      /* taken and abandoned, by id */
	int req_id;              /* of the one that an older supplicant has, which knows no ids; 0: none */
};

struct optee_notif {
	pthread_mutex_t lock;
	struct list waiters;
	uint32_t max_value;
	uint64_t *pending; /* lock: a bit per value that was sent and not waited for */
	bool bottom_half;  /* atomic: DO_BOTTOM_HALF is due */
	bool in_bottom_half;
};

enum optee_state { OPTEE_ONLINE, OPTEE_OFFLINE };

struct optee {
	const struct optee_link_ops *ops;
	struct smc_conduit *conduit;
	struct ree_vm *vm;
	uint32_t sec_caps;
	unsigned int rpc_param_count; /* of the RPC argument behind each argument; 0: none there */
	struct tee_device *dev, *supp_dev;
	struct tee_shm_pool *static_pool; /* NULL without a reserved area */
	struct tee_shm_pool pool;         /* static_pool and dataspaces, as there are */
	enum optee_state state;           /* atomic */
	uint64_t last_cookie;             /* atomic: names of objects, never used twice */

	struct optee_call_queue queue;
	struct optee_supp supp;
	struct optee_notif notif;

	pthread_mutex_t arg_lock;
	struct list arg_chunks; /* arg_lock */

	pthread_mutex_t rpc_lock;
	struct list rpc_mem; /* rpc_lock, with what follows */
	unsigned int num_rpc_mem;
	uint64_t rpc_bytes;
};

static inline bool optee_has_dynamic(const struct optee *o)
{
	return o->sec_caps & OPTEE_SMC_SEC_CAP_DYNAMIC_SHM;
}
static inline uint64_t optee_new_cookie(struct optee *o)
{
	return __atomic_add_fetch(&o->last_cookie, 1, __ATOMIC_RELAXED);
}
static inline uint64_t optee_reg_pair(uint64_t high, uint64_t low)
{
	return (high & 0xffffffffu) << 32 | (low & 0xffffffffu);
}

/* probe.c */
int optee_probe_on(const struct optee_link_ops *ops, struct tee_subsys *tee, struct ree_vm *vm,
		   struct smc_conduit *conduit, struct optee **op);

/* call_queue.c */
void optee_queue_init(struct optee_call_queue *q, unsigned int threads);
void optee_queue_destroy(struct optee_call_queue *q);
/**
 * optee_queue_enter() - take a turn
 * @normal: the call may wait for a TA; others go past the queue
 * @ended: for optee_queue_refused()
 *
 * Return: 0, then optee_queue_leave() is due; -ECANCELED, -EIO, -EINTR.
 */
int optee_queue_enter(struct optee *o, struct optee_waiter *w, bool normal, uint32_t *ended);
/* The secure world had no thread: wait until one is free, before all who came later. As enter, but
 * optee_queue_leave() is due in any case. */
int optee_queue_refused(struct optee *o, struct optee_waiter *w, uint32_t *ended);
void optee_queue_leave(struct optee *o, bool normal);
/* Is there a waiting call like that? Then it ends with -ECANCELED. */
bool optee_queue_cancel(struct optee *o, const struct tee_context *ctx, uint32_t session,
			uint32_t cancel_id);

/* call.c */
int optee_smc(struct optee *o, struct smc_args *args, struct smc_res *res);
/**
 * optee_call() - a standard call with @msg, RPCs served until it ends
 * @ctx: on whose behalf, NULL for the driver's own
 *
 * Return: 0 and the checked answer in @msg; -ECANCELED: cancelled before it began; -EIO, -EPROTO,
 * -EINTR, -ENOMEM: no answer.
 */
int optee_call(struct optee *o, struct tee_context *ctx, union optee_msg *msg);
void optee_msg_init(union optee_msg *msg, enum optee_msg_cmd cmd, uint32_t num_params);
/* DO_BOTTOM_HALF when it is due. Not in the interrupt. */
void optee_do_pending(struct optee *o);
void optee_enable_shm_cache(struct optee *o);
/* @ours: what comes back was given out by this driver, and is freed. */
void optee_disable_shm_cache(struct optee *o, bool ours);

/* arg.c */
int optee_arg_get(struct optee *o, struct optee_arg_slot *slot);
void optee_arg_put(struct optee *o, const struct optee_arg_slot *slot);
void optee_arg_destroy(struct optee *o);

/* mem.c */
int optee_mem_alloc(struct optee *o, size_t size, struct optee_mem *mem);
void optee_mem_free(struct optee *o, struct optee_mem *mem);

/* page_list.c */
uint64_t optee_page_list_entries(const struct tee_shm_run *runs, unsigned int num);
size_t optee_page_list_size(uint64_t entries);
/**
 * optee_page_list_fill() - write a page list (OPTEE_MSG_ATTR_NONCONTIG)
 * @list, @pa: where, at a page's start; of optee_page_list_size() bytes
 * @runs: pieces in order; each but the first begins with a page, each but the last ends with one
 *
 * In units of 4 KiB, whatever the machine's pages are.
 * Return: 0; -EINVAL: pieces that aren't made of pages, or empty.
 */
int optee_page_list_fill(uint64_t *list, uint64_t pa, const struct tee_shm_run *runs,
			 unsigned int num);
/* A page list for @shm in memory of its own. */
int optee_page_list_make(struct optee *o, const struct tee_shm *shm, struct optee_mem *list);

/* register.c */
int optee_register(struct optee *o, struct tee_context *ctx, struct tee_shm *shm);
int optee_unregister(struct optee *o, struct tee_context *ctx, uint64_t cookie);
int optee_shm_register(struct tee_context *ctx, struct tee_shm *shm, void *addr, size_t len);
int optee_shm_register_supp(struct tee_context *ctx, struct tee_shm *shm, void *addr, size_t len);
int optee_shm_register_fd(struct tee_context *ctx, struct tee_shm *shm, int fd);
int optee_shm_unregister(struct tee_context *ctx, struct tee_shm *shm);

/* shm_pool.c */
extern const struct tee_shm_pool_ops optee_pool_ops;
/* A new dataspace behind @shm; -ENOMEM and others. */
int optee_shm_from_ds(struct optee *o, struct tee_shm *shm, struct ree_vm_ds *ds);

/* msg.c */
/* Client's parameters into a message. -EINVAL: META, or an unknown kind. */
int optee_msg_put_params(struct optee_msg_param *mp, const struct tee_param *params, uint32_t num);
/* Output values and sizes of a checked answer. */
void optee_msg_get_params(const struct optee_msg_param *mp, struct tee_param *params, uint32_t num);
/* Is @ans an answer to @req? 0 or -EPROTO. */
int optee_msg_check_answer(const struct optee_msg_arg *req, const struct optee_msg_arg *ans);
bool optee_attr_is_memref(uint64_t attr);

/* rpc.c */
struct optee_call_ctx {
	struct optee_mem page_list; /* of the last allocation: the secure world reads it when it resumes */
};
/**
 * optee_rpc_handle() - serve one return of the secure world, and set the registers to resume with
 * @slot: the call's argument
 * @rpc_offset: where the RPC's argument lies behind it
 */
void optee_rpc_handle(struct optee *o, const struct optee_arg_slot *slot, size_t rpc_offset,
		      struct optee_call_ctx *cc, const struct smc_res *res, struct smc_args *args);
void optee_rpc_end(struct optee *o, struct optee_call_ctx *cc);

/* rpc_mem.c: memory that the secure world asked for, by cookie. */
struct optee_rpc_mem {
	struct list link;
	unsigned int refs; /* rpc_lock */
	uint64_t cookie;
	struct optee_mem mem; /* the driver's, or */
	struct tee_shm *shm;  /* the supplicant's */
};
int optee_rpc_mem_alloc(struct optee *o, size_t size, struct optee_rpc_mem **rmp);
/* Takes the reference to @shm over, also on failure. */
int optee_rpc_mem_adopt(struct optee *o, struct tee_shm *shm, struct optee_rpc_mem **rmp);
struct optee_rpc_mem *optee_rpc_mem_get(struct optee *o, uint64_t cookie); /* NULL: none */
void optee_rpc_mem_put(struct optee *o, struct optee_rpc_mem *rm);
/* The secure world lets go. -ENOENT: no such memory, or it isn't of that kind. */
int optee_rpc_mem_free(struct optee *o, uint64_t cookie, bool supplicants);
void optee_rpc_mem_destroy(struct optee *o);

/* rpc_cmd.c: answers @msg in place; @supplicants' memory stays alive meanwhile. */
void optee_rpc_cmd(struct optee *o, struct optee_call_ctx *cc, struct optee_msg_arg *arg);

/* supp.c */
void optee_supp_init(struct optee_supp *supp);
void optee_supp_destroy(struct optee_supp *supp);
/* Asks the supplicant and waits. Return: its result, COMMUNICATION, OUT_OF_MEMORY. */
uint32_t optee_supp_request(struct optee *o, uint32_t func, uint32_t num_params,
			    struct tee_param *param);
int optee_supp_attach(struct optee *o, struct tee_context *ctx);
void optee_supp_detach(struct optee *o, struct tee_context *ctx);
/* The supplicant's object @id, with a reference. */
int optee_supp_get_shm(struct optee *o, uint64_t id, struct tee_shm **shmp);
int optee_supp_recv(struct tee_context *ctx, uint32_t *func, uint32_t *num_params,
		    struct tee_param *param);
int optee_supp_send(struct tee_context *ctx, uint32_t ret, uint32_t num_params,
		    struct tee_param *param);

/* notif.c */
int optee_notif_init(struct optee_notif *n, uint32_t max_value);
void optee_notif_destroy(struct optee_notif *n);
/* 0; -EINVAL (no such value), -EBUSY (somebody waits for it), -ETIMEDOUT, -EIO, -EINTR. */
int optee_notif_wait(struct optee *o, uint32_t value, unsigned int timeout_ms);
int optee_notif_send(struct optee *o, uint32_t value); /* 0 or -EINVAL */
void optee_notif_irq(void *data);
int optee_notif_enable(struct optee *o);

/* driver.c: a context's data is its struct tee_session_set. */
extern const struct tee_desc optee_clnt_desc, optee_supp_desc;

#endif
