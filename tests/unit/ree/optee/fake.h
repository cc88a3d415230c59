/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * A secure world behind a conduit for tests of the OP-TEE driver: it answers as the ABI says, and lies
 * when the test says so. It believes nothing of the driver's either: addresses must be the VM's memory.
 * Thread rule: any thread; fake_sec.lock guards what several threads touch.
 * Ownership rule: fake_up gives everything to the test, fake_down takes it and checks that the driver
 * gave back what it took.
 */
#ifndef TEELINK_TESTS_UNIT_REE_OPTEE_FAKE_H
#define TEELINK_TESTS_UNIT_REE_OPTEE_FAKE_H

#include "ree/optee/optee_private.h"
#include "ree/vm/node.h"
#include "ree/vm/vm_internal.h"

#define FAKE_SHM_GPA 0x80000000ull
#define FAKE_SHM_PAGES 64u
#define FAKE_DS_GPA 0x100000000ull
#define FAKE_ALL_CAPS                                                                              \
	(OPTEE_SMC_SEC_CAP_HAVE_RESERVED_SHM | OPTEE_SMC_SEC_CAP_DYNAMIC_SHM |                     \
	 OPTEE_SMC_SEC_CAP_MEMREF_NULL | OPTEE_SMC_SEC_CAP_RPC_ARG)
#define FAKE_MAX_CALLS 64u
#define FAKE_MAX_DS 32u
#define FAKE_MAX_RUNS 64u

struct fake_sec;

/* A message as it came. */
struct fake_msg {
	uint64_t words[OPTEE_MSG_GET_ARG_SIZE(OPTEE_NUM_PARAMS) / 8];
};
static inline struct optee_msg_arg *fake_arg(struct fake_msg *m)
{
	return (struct optee_msg_arg *)(void *)m;
}

/* A standard call that has begun. */
struct fake_call {
	bool used;
	unsigned int step;    /* RPCs so far */
	uint64_t arg_pa;
	struct fake_msg msg;  /* as it came */
	uint64_t rpc_cookie;  /* of an RPC argument of its own, without RPC_ARG */
	void *priv;           /* the test's */
};

/* What REGISTER_SHM told. */
struct fake_reg {
	uint64_t cookie, size, offset;
	uint64_t page[600];
	unsigned int num_pages;
};

struct fake_sec {
	struct smc_conduit conduit;
	struct ree_vm vm;
	struct ree_vm_mem shm;
	struct tee_subsys *tee;
	struct optee *o;

	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool dead;                  /* lock: waits and SMCs end with -EIO */
	struct ree_vm_ds *ds[FAKE_MAX_DS];
	unsigned int num_ds, ds_created;
	void (*notif)(void *data);
	void *notif_data;

	/* What it says of itself. */
	uint32_t uid[4], major, minor, caps, caps_status, rpc_params, max_notif, threads;
	uint32_t shm_status, shm_settings;
	uint64_t shm_start, shm_size;
	int ds_ret, find_num;       /* pieces that memory by address is made of; 0: not the VM's */
	unsigned int busy_cache;    /* ENABLE and DISABLE answer EBUSY so often */
	uint64_t cached[4];         /* cookies that DISABLE gives back */
	unsigned int num_cached;
	bool endless_cache;
	/* What it does. */
	uint32_t result;            /* of calls */
	uint32_t a0;                /* a call's end, if not OK */
	unsigned int limit;         /* ETHREAD_LIMIT with so many calls under way; 0: none */
	/* Each call before its answer: fill in outputs, or lie. */
	void (*answer)(struct fake_sec *fs, struct optee_msg_arg *arg);
	/*
	 * Asks for RPC number call->step by filling @res in and, for a CMD, the argument at @rpc; false:
	 * the call ends. @args: what came back of the last one.
	 */
	bool (*rpc)(struct fake_sec *fs, struct fake_call *call, const struct smc_args *args,
		    struct optee_msg_arg *rpc, struct smc_res *res);
	/* Runs in each call, outside of the lock. */
	void (*during)(struct fake_sec *fs, const struct optee_msg_arg *arg);
	/* Values that GET_ASYNC_NOTIF_VALUE has left. */
	uint32_t notif_value[8];
	unsigned int num_notif;
	/* What it saw. lock */
	struct fake_call call[FAKE_MAX_CALLS];
	unsigned int under_way, refused, polls;
	unsigned int enables, disables, notif_enables;
	uint32_t cmd[256];          /* commands of calls that ended, in order */
	struct fake_msg last;       /* the last one, as it came */
	unsigned int num_cmds;
	struct fake_reg reg[8];
	unsigned int num_regs;
	uint32_t next_session;
	void *priv;                 /* the test's own */
};

/* Fields may be changed before fake_probe. */
struct fake_sec *fake_up(void);
int fake_probe(struct fake_sec *fs);
/* Both. */
struct fake_sec *fake_up_probed(uint32_t caps);
void fake_down(struct fake_sec *fs);
void fake_die(struct fake_sec *fs);
/* The next wait of this thread ends with -EINTR, as when its program is killed. */
void fake_interrupt(struct fake_sec *fs, bool on);
/* An interrupt, in this thread. */
void fake_irq(struct fake_sec *fs);
/* Where the VM has @gpa. Fails the test when it isn't its memory. */
void *fake_ptr(struct fake_sec *fs, uint64_t gpa, uint64_t len);
void fake_wake(struct fake_sec *fs);
/* Waits until @cond holds, under the lock. */
void fake_wait_until(struct fake_sec *fs, bool (*cond)(struct fake_sec *fs));

/* What tests do all the time. */
union open_buf {
	struct tee_ioctl_open_session_arg arg;
	struct {
		uint8_t hdr[sizeof(struct tee_ioctl_open_session_arg)];
		struct tee_ioctl_param p[5]; /* one too many, too */
	};
};
union invoke_buf {
	struct tee_ioctl_invoke_arg arg;
	struct {
		uint8_t hdr[sizeof(struct tee_ioctl_invoke_arg)];
		struct tee_ioctl_param p[5]; /* one too many, too */
	};
};
int fake_open(struct fake_sec *fs);
int fake_do_open(int fd, union open_buf *b);
int fake_do_invoke(int fd, union invoke_buf *b);
uint32_t fake_open_session(int fd);
/* An empty invoke: its result. */
uint32_t fake_invoke(int fd, uint32_t session);
int fake_alloc(int fd, size_t size, int *id);

#endif
