/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * Inside the SMC entry: what its files know of each other.
 * Thread rule: under the world lock; nothing here waits.
 * Ownership rule: struct smc_vm owns vCPUs and the front end with its threads. A front end that the VM
 * has left (reset, off, gone) is abandoned: it is freed when no request refers to its client any more.
 *
 * A standard call that must wait takes a secure thread. While a vCPU waits for the thread, the vCPU is
 * inside; the thread comes back with a result, with an RPC, or with FOREIGN_INTR, and then belongs to
 * no vCPU until RETURN_FROM_RPC names it. What never waits (CANCEL, memory registration, notifications)
 * needs no thread: it works however many callers wait.
 */
#ifndef TEELINK_TEE_SMC_SMC_INTERNAL_H
#define TEELINK_TEE_SMC_SMC_INTERNAL_H

#include "tee/session/manager.h"
#include "tee/smc/smc.h"
#include "wire/optee_msg.h"
#include "wire/optee_smc.h"
#include "wire/vcpu.h"

#define SMC_NUM_THREADS 16u       /* per VM */
#define SMC_SLICE_NS 10000000ull  /* a vCPU is inside so long at most */
#define SMC_NOTIF_MAX 63u         /* largest notification value */
#define SMC_RPC_MAX_PARAMS 4u
#define SMC_META_PARAMS 2u
/* The notification that the thread's request has ended. */
#define SMC_NOTIF_OF(t) ((t)->index + 1u)
/* Pages of a list, of 511 entries each, that are looked at with the world lock held: 64 MiB of memory. */
#define SMC_LIST_SLICE 32u
#define SMC_LIST_SLICE_BYTES                                                                       \
	((uint64_t)SMC_LIST_SLICE * OPTEE_MSG_NONCONTIG_ENTRIES * OPTEE_MSG_NONCONTIG_PAGE_SIZE -  \
	 OPTEE_MSG_NONCONTIG_PAGE_SIZE)
#define SMC_REGISTER_LATER UINT32_MAX /* no result of the TEE's */
#define SMC_MAX_PARAMS (SMC_META_PARAMS + TA_NUM_PARAMS)

/* Registers of one entry; a private copy. */
struct smc_regs {
	uint64_t a[VCPU_NUM_REGS];
};

enum smc_power { SMC_CPU_OFF, SMC_CPU_ON, SMC_CPU_SUSPENDED };

struct smc_vcpu {
	struct smc_vm *smc;
	unsigned int index;
	enum smc_power power;
	struct smc_thread *thread; /* NULL: not inside */
	uint64_t entered_ns;       /* while inside */
	struct vcpu_regs *shm_regs;
};

/* Memory that an argument lies in, kept while it is used. */
struct smc_place {
	struct vm_mem *mem;
	struct session_shm *shm; /* of a registered object: a reference */
	uint64_t offset;
};

/* An argument, copied once. @num is as it came; more than SMC_MAX_PARAMS aren't copied. */
struct smc_arg {
	struct smc_place place;
	struct optee_msg_hdr hdr;
	struct optee_msg_param param[SMC_MAX_PARAMS];
	uint64_t rpc_offset; /* of the RPC's argument in the same memory; 0: there is none */
};

/* A list of pages (seed 001) that is being looked at. */
struct smc_list {
	uint64_t next;         /* page of the list */
	uint64_t offset, left; /* in the buffer's next page; of the buffer */
	struct vm_range *range;
	unsigned int num, room;
};

enum smc_thread_state {
	SMC_THREAD_FREE,
	SMC_THREAD_INSIDE,    /* a vCPU waits for it */
	SMC_THREAD_INTR,      /* went out with FOREIGN_INTR */
	SMC_THREAD_RPC,       /* went out with another RPC: see rpc */
	SMC_THREAD_ABANDONED, /* its VM has gone; ends with its request */
};

enum smc_rpc {
	SMC_RPC_ALLOC, /* memory for an argument */
	SMC_RPC_WAIT,  /* CMD: NOTIFICATION_WAIT for the thread's own value */
	SMC_RPC_FREE,
};

struct smc_thread {
	struct tee_request rq;
	struct smc_front *front;
	unsigned int index;
	enum smc_thread_state state;
	enum smc_rpc rpc;
	struct smc_vcpu *vcpu; /* while INSIDE */
	uint32_t token;        /* resume information of the last RPC; the index is in its low byte */
	bool done;             /* the request has its result, and the argument holds it */
	bool mute;             /* the normal world doesn't wait for notifications: don't ask again */
	unsigned int slices;   /* FOREIGN_INTR so often */
	struct smc_arg arg;
	struct smc_list *list; /* not a request but a registration, and how far it is */
	/* Memory of its own for RPC arguments; kept over calls while the VM's cache is on. */
	struct smc_place rpc_place;
	uint64_t rpc_cookie;
};

/* What a VM calls for: made with its first standard call. */
struct smc_front {
	struct tee_client client;
	struct smc_vm *smc; /* NULL: abandoned */
	struct smc_thread thread[SMC_NUM_THREADS];
};

struct smc_vm {
	struct tee_vm *vm;
	struct dataspace *ds; /* of the vCPU pages: a reference */
	struct vcpu_ctl *shm_ctl;
	unsigned int num_vcpus;
	struct smc_vcpu vcpu[VCPU_MAX];
	struct smc_front *front;
	struct smc_queue *queue; /* NULL: none attached */
	uint32_t serial;           /* of tokens */
	bool shm_cache;            /* RPC arguments are kept */
	bool notif_on;
	uint64_t notif;            /* pending values */
	unsigned int bottom_halves; /* asked for and not done */
	int timer_fd, timer_watch; /* -1: none yet */
	bool timer_armed;
};

/* vcpu.c */
/* Out: the first four registers, to the VM. The vCPU isn't inside any more. */
void smc_vcpu_return(struct smc_vcpu *v, const struct smc_regs *r);
void smc_vcpu_return_a0(struct smc_vcpu *v, uint32_t a0);
void smc_ring(struct smc_vm *smc);

/* vm.c */
int smc_vm_create(struct tee_vm *vm, uint64_t vcpu_gpa, unsigned int num_vcpus);
void smc_vm_destroy(struct tee_vm *vm);
void smc_vm_status(const struct tee_vm *vm, FILE *out);
/* The front end, made when there is none; NULL: no memory. */
struct smc_front *smc_front_of(struct smc_vm *smc);
/* System off and reset, and the end of the VM: calls are abandoned, memory and sessions go. */
void smc_front_abandon(struct smc_vm *smc);

/* entry.c: the vector */
void smc_enter(struct smc_vcpu *v, uint32_t entry, struct smc_regs *r);

/* fast.c */
void smc_fast(struct smc_vm *smc, struct smc_regs *r);

/* queue.c: the SMC message queue. OPTEE_SMC_RETURN_* */
uint32_t smc_queue_call(struct smc_vm *smc, const struct smc_regs *r);
void smc_queue_detach(struct smc_vm *smc);

/* std.c: ends in smc_vcpu_return, or with the vCPU inside */
void smc_std(struct smc_vcpu *v, struct smc_regs *r);
/* The request of @t has its result: it goes into the argument. */
void smc_std_answer(struct smc_thread *t);

/* arg.c: OPTEE_SMC_RETURN_* */
uint32_t smc_arg_open(struct session_vm *sv, const struct smc_regs *r, struct smc_arg *arg);
/* ret, ret_origin and session back into the argument. */
void smc_arg_answer(struct smc_arg *arg, uint32_t ret, uint32_t origin);
/* One page or less at a physical address, in the reserved area or elsewhere. */
uint32_t smc_place_at(struct session_vm *sv, uint64_t gpa, uint64_t size, struct smc_place *place);
void smc_place_drop(struct session_vm *sv, struct smc_place *place);

/* param.c: TEE_Result; what of @rq->shm was taken is dropped by whoever ends the request */
uint32_t smc_params_in(struct session_vm *sv, const struct optee_msg_param *mp, unsigned int num,
		       struct tee_request *rq);
void smc_params_out(const struct tee_request *rq, const struct smc_arg *arg, unsigned int first);

/* page_list.c */
/**
 * smc_list_begin() - look at a buffer whose pages stand in a list
 * @buf_ptr: address of the list's first page, with the buffer's offset in its first page
 * @size: of the buffer, bytes
 *
 * Return: 0; -EINVAL: sizes that wrap or exceed the VM's memory.
 */
int smc_list_begin(struct smc_list *l, const struct tee_vm *vm, uint64_t buf_ptr, uint64_t size);
/**
 * smc_list_walk() - look at SMC_LIST_SLICE pages of the list
 *
 * Each page of the list is copied once and looked at once. It ends after as many entries as the buffer
 * has pages, wherever its links lead.
 * Return: 0: @l->range has the buffer's ranges, pages that follow each other joined; -EAGAIN: there is more
 * of the list; -EINVAL (alignment, numbers that wrap), -EFAULT (the list isn't in the VM's memory),
 * -E2BIG (more than VM_MEM_MAX_RUNS pieces), -ENOMEM.
 */
int smc_list_walk(struct smc_list *l, struct tee_vm *vm);
void smc_list_end(struct smc_list *l); /* whatever came of it */

/* register.c: TEE_Result, but for SMC_REGISTER_LATER: a list that takes a thread */
uint32_t smc_shm_register(struct session_vm *sv, const struct smc_arg *arg);
uint32_t smc_shm_unregister(struct session_vm *sv, const struct smc_arg *arg);
/* A long list: @t, which @v waits for from now on, goes out after each slice, and comes back. */
void smc_register_slowly(struct smc_vcpu *v, struct smc_thread *t);
/* @t came back; it is INSIDE. */
void smc_register_go_on(struct smc_thread *t);

/* thread.c */
struct smc_thread *smc_thread_alloc(struct smc_front *front);
void smc_thread_free(struct smc_thread *t);
/* @v waits for @t from now on. */
void smc_thread_attach(struct smc_thread *t, struct smc_vcpu *v);
/* @t is INSIDE: out with its result if it has it, or with FOREIGN_INTR if its vCPU is wanted. */
void smc_thread_settle(struct smc_thread *t);
/* Out with an RPC; @a1 and @a2 as the RPC has them. */
void smc_thread_suspend(struct smc_thread *t, enum smc_thread_state state, uint32_t a0, uint32_t a1,
			uint32_t a2);
void smc_thread_resume(struct smc_vcpu *v, const struct smc_regs *r);
/* Out with OPTEE_SMC_RETURN_OK, after the RPC that gives its memory back. */
void smc_thread_finish(struct smc_thread *t);
/* The vCPU has been inside for its time, or is wanted for an interrupt. */
void smc_thread_preempt(struct smc_thread *t, bool slice);
bool smc_threads_idle(const struct smc_vm *smc);

/* rpc.c: what a thread asks of its normal world */
/* Go out to wait for a notification instead of for a time slice. False: it can't. */
bool smc_rpc_wait(struct smc_thread *t);
/* The answer, with @t INSIDE again; ends in going out or in staying inside. */
void smc_rpc_answered(struct smc_thread *t, const struct smc_regs *r);
/* Memory that the thread doesn't keep: true when an RPC FREE goes out for it first. */
bool smc_rpc_give_back(struct smc_thread *t);
/* One cached cookie, for DISABLE_SHM_CACHE. False: none is left. */
bool smc_rpc_uncache(struct smc_vm *smc, uint64_t *cookie);

/* notif.c */
void smc_notif_send(struct smc_vm *smc, unsigned int value);
/* False: none pending. @more: and others after it. */
bool smc_notif_take(struct smc_vm *smc, unsigned int *value, bool *more);
void smc_notif_stop(struct smc_vm *smc);

#endif
