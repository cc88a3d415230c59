/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * OP-TEE's driver between a secure world that asks for and answers anything, a supplicant that answers
 * anything or leaves, and a client: RPCs and their arguments, answers and their parameters, notifications.
 * Input: a byte of capabilities, then steps of an op byte and its operands, see run(). What the secure world
 * and the supplicant do during a call comes from the same bytes.
 */
#include <errno.h>
#include <string.h>

#include "fuzz/target.h"
#include "tests/unit/ree/optee/fake.h"

#define MAX_STEPS 60u
#define MAX_RPCS 12u /* of a call */
#define MAX_TURNS 6u /* of the supplicant's, while a client waits */
#define NUM_SHM 4u
#define NUM_COOKIES 4u
#define MOST_DS 24u
#define NO_FD (-1)

enum op {
	OP_OPEN_SESSION, /* parameters */
	OP_INVOKE, /* u8 session, parameters */
	OP_CLOSE_SESSION,
	OP_CANCEL,
	OP_ALLOC, /* u8 which, u32 size */
	OP_FREE, /* u8 which */
	OP_SUPP, /* the supplicant comes or goes */
	OP_SUPP_STEP,
	OP_IRQ, /* u8 how many values, each u8 */
	OP_NUM
};

enum rpc_op { RPC_NONE, RPC_CMD, RPC_ALLOC, RPC_FREE, RPC_INTR, RPC_ANY, RPC_DEATH, RPC_NUM };

struct fuzz {
	struct fake_sec *fs;
	struct fuzz_input in;
	struct optee_link_ops ops;
	int tee, supp;
	bool in_supp; /* the supplicant's own waits find nothing */
	int shm_fd[NUM_SHM], shm_id[NUM_SHM];
	int supp_fd, supp_id; /* memory of the supplicant's */
	uint64_t cookie[NUM_COOKIES];
	unsigned int num_cookies;
};

static struct fuzz *fuzz_of(const struct fake_sec *fs)
{
	return fs->priv;
}

/* Small numbers, addresses of the VM's, cookies, and their negatives. */
static uint64_t number(struct fuzz *f)
{
	uint64_t v = fuzz_take(&f->in, 2);

	switch (v >> 13) {
	case 0:
	case 1:
	case 2:
		return v & 0x1fff;
	case 3:
		return FAKE_SHM_GPA + (v & 0x1fff) * 16;
	case 4:
		return f->cookie[v % NUM_COOKIES];
	case 5:
		return FAKE_DS_GPA * (v & 7) + (v & 0x1ff8);
	case 6:
		return (uint64_t) - (int64_t)(v & 0x1fff);
	default:
		return (v & 0x1fff) << (v & 63);
	}
}

/* A request of the secure world's into @shm, which has @room bytes. */
static void fill_request(struct fuzz *f, void *shm, size_t room)
{
	static const uint32_t cmds[] = {
		OPTEE_RPC_CMD_GET_TIME,	 OPTEE_RPC_CMD_NOTIFICATION, OPTEE_RPC_CMD_SUSPEND,
		OPTEE_RPC_CMD_SHM_ALLOC, OPTEE_RPC_CMD_SHM_FREE,     OPTEE_RPC_CMD_LOAD_TA,
		OPTEE_RPC_CMD_FS,	 OPTEE_RPC_CMD_SOCKET,	     OPTEE_RPC_CMD_SUPP_PLUGIN,
	};
	union optee_rpc_msg m;
	uint32_t cmd = (uint32_t)fuzz_take(&f->in, 1), num = (uint32_t)fuzz_take(&f->in, 1), i;

	memset(&m, 0, sizeof(m));
	m.arg.cmd = cmd < 200 ? cmds[cmd % (sizeof(cmds) / sizeof(cmds[0]))] : cmd;
	m.arg.num_params = num < 250 ? num % 5 : (uint32_t)fuzz_take(&f->in, 4);
	for (i = 0; i < m.arg.num_params && i < OPTEE_MAX_RPC_PARAMS; i++) {
		m.arg.params[i].attr = fuzz_take(&f->in, 2) & 0x3ff;
		m.arg.params[i].u.value.a = number(f);
		m.arg.params[i].u.value.b = number(f);
		m.arg.params[i].u.value.c = number(f);
	}
	memcpy(shm, &m, room < sizeof(m) ? room : sizeof(m));
}

/* Where the driver looks for the request: behind the argument, or in memory that it gave out. */
static void request(struct fuzz *f, struct optee_msg_arg *rpc, struct smc_res *res)
{
	uint64_t cookie = number(f);
	struct optee_rpc_mem *rm;

	res->a0 = OPTEE_SMC_RETURN_RPC_CMD;
	res->a1 = cookie >> 32;
	res->a2 = (uint32_t)cookie;
	if (rpc) {
		fill_request(f, rpc, OPTEE_MSG_GET_ARG_SIZE(f->fs->rpc_params));
		return;
	}
	rm = optee_rpc_mem_get(f->fs->o, cookie);
	if (rm && rm->mem.va)
		fill_request(f, rm->mem.va, rm->mem.size);
	if (rm)
		optee_rpc_mem_put(f->fs->o, rm);
}

static void limit_dataspaces(struct fake_sec *fs)
{
	fs->ds_ret = fs->num_ds > MOST_DS ? -ENOMEM : 0;
}

static bool on_rpc(struct fake_sec *fs, struct fake_call *call, const struct smc_args *args,
		   struct optee_msg_arg *rpc, struct smc_res *res)
{
	struct fuzz *f = fuzz_of(fs);
	enum rpc_op op = (enum rpc_op)(fuzz_take(&f->in, 1) % RPC_NUM);

	limit_dataspaces(fs);
	if (call->step && (args->a4 || args->a5))
		f->cookie[f->num_cookies++ % NUM_COOKIES] = optee_reg_pair(args->a4, args->a5);
	if (op == RPC_NONE || call->step >= MAX_RPCS || !f->in.size)
		return false;
	res->a1 = number(f);
	res->a2 = number(f);
	switch (op) {
	case RPC_CMD:
		request(f, rpc, res);
		return true;
	case RPC_ALLOC:
		res->a0 = OPTEE_SMC_RETURN_RPC_ALLOC;
		return true;
	case RPC_FREE:
		res->a0 = OPTEE_SMC_RETURN_RPC_FREE;
		return true;
	case RPC_INTR:
		res->a0 = OPTEE_SMC_RETURN_RPC_FOREIGN_INTR;
		return true;
	case RPC_ANY:
		/* All ones would be UNKNOWN_FUNCTION. */
		res->a0 = OPTEE_SMC_RETURN_RPC_PREFIX | (fuzz_take(&f->in, 2) & 0x7fff);
		return true;
	case RPC_DEATH:
		/* Once in a while: nothing follows it. */
		fs->dead = fuzz_take(&f->in, 1) == 0xff;
		res->a0 = OPTEE_SMC_RETURN_RPC_FOREIGN_INTR;
		return fs->dead;
	default:
		return false;
	}
}

/* The right answer, with some words of it written over. */
static void on_answer(struct fake_sec *fs, struct optee_msg_arg *arg)
{
	struct fuzz *f = fuzz_of(fs);
	uint32_t *shm_words = (uint32_t *)(void *)arg;
	size_t num = OPTEE_MSG_GET_ARG_SIZE(arg->num_params) / sizeof(uint32_t);
	unsigned int n;

	for (n = (unsigned int)fuzz_take(&f->in, 1) % 8; n > 4; n--) {
		size_t at = (size_t)fuzz_take(&f->in, 1) % num;

		shm_words[at] = (uint32_t)fuzz_take(&f->in, 4);
	}
	/* No RPC, and not that it should be tried again: the call has ended. */
	fs->a0 = fuzz_take(&f->in, 1) == 0xff ? (uint32_t)fuzz_take(&f->in, 2) & 0xfffeu
					      : OPTEE_SMC_RETURN_OK;
}

union supp_buf {
	struct tee_iocl_supp_recv_arg recv;
	struct tee_iocl_supp_send_arg send;
	uint8_t bytes[sizeof(struct tee_iocl_supp_recv_arg) + 8 * sizeof(struct tee_ioctl_param)];
};

static void supp_answer(struct fuzz *f, union supp_buf *b)
{
	struct tee_ioctl_buf_data data = { .buf_ptr = (uintptr_t)b };
	uint32_t num = b->recv.num_params;
	struct tee_ioctl_param p[8];
	unsigned int n;

	/* Both structs are a header and the same parameters. */
	memcpy(p, b->recv.params, sizeof(p));
	b->send.ret = fuzz_take(&f->in, 1) < 200 ? 0 : (uint32_t)fuzz_take(&f->in, 4);
	for (n = (unsigned int)fuzz_take(&f->in, 1) % 8; n > 4; n--) {
		unsigned int i = (unsigned int)fuzz_take(&f->in, 1) % 8;

		p[i].a = number(f);
		p[i].b = number(f);
		p[i].c = fuzz_take(&f->in, 1) & 1 ? (unsigned int)f->supp_id : number(f);
		p[i].attr = fuzz_take(&f->in, 1) & 1 ? fuzz_take(&f->in, 2) & 0x3ff : p[i].attr;
	}
	if (fuzz_take(&f->in, 1) > 240)
		num = (uint32_t)fuzz_take(&f->in, 1) % 8;
	b->send.num_params = num;
	memcpy(b->send.params, p, num * sizeof(p[0]));
	data.buf_len = sizeof(b->send) + num * sizeof(p[0]);
	node_ioctl(f->supp, TEE_IOC_SUPPL_SEND, &data);
}

static void supp_serve(struct fuzz *f)
{
	uint32_t how = (uint32_t)fuzz_take(&f->in, 1), room = how < 240 ? 8 : how % 9;
	union supp_buf b = { .recv = { .num_params = room } };
	struct tee_ioctl_buf_data data = { (uintptr_t)&b,
					   sizeof(b.recv) + room * sizeof(struct tee_ioctl_param) };

	if (room && (how & 3))
		b.recv.params[0].attr = TEE_IOCTL_PARAM_ATTR_META;
	if (!node_ioctl(f->supp, TEE_IOC_SUPPL_RECV, &data) && how != 1)
		supp_answer(f, &b);
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		node_close(*fd);
	*fd = NO_FD;
}

static void supp_comes_or_goes(struct fuzz *f)
{
	if (f->supp < 0) {
		f->supp = node_open(&f->fs->vm, "teepriv0", 0);
		return;
	}
	close_fd(&f->supp_fd);
	close_fd(&f->supp);
}

static void supp_step(struct fuzz *f)
{
	uint32_t what = (uint32_t)fuzz_take(&f->in, 1);

	f->in_supp = true;
	limit_dataspaces(f->fs);
	if (f->supp < 0 || what > 250) {
		supp_comes_or_goes(f);
	} else if (what > 200) {
		close_fd(&f->supp_fd);
		f->supp_fd = fake_alloc(f->supp, (size_t)number(f) & 0xfffff, &f->supp_id);
	} else {
		supp_serve(f);
	}
	f->in_supp = false;
}

/* Who waits gives the supplicant its turn, and then is killed. */
static int on_wait(struct ree_vm *vm, bool (*cond)(void *), void *arg, unsigned int timeout_ms)
{
	struct fuzz *f = fuzz_of(container_of(vm, struct fake_sec, vm));
	unsigned int i;

	for (i = 0; i < MAX_TURNS && !cond(arg) && !f->in_supp && f->in.size; i++)
		supp_step(f);
	if (cond(arg))
		return 0;
	if (f->fs->dead)
		return -EIO;
	return timeout_ms ? -ETIMEDOUT : -EINTR;
}

static void params(struct fuzz *f, struct tee_ioctl_param *p, uint32_t *num)
{
	uint32_t i;

	*num = (uint32_t)fuzz_take(&f->in, 1) % 5;
	for (i = 0; i < *num; i++) {
		p[i].attr = fuzz_take(&f->in, 1) % 8;
		p[i].a = number(f);
		p[i].b = number(f);
		p[i].c = p[i].attr < TEE_IOCTL_PARAM_ATTR_TYPE_MEMREF_INPUT
				 ? number(f)
				 : (unsigned int)f->shm_id[fuzz_take(&f->in, 1) % NUM_SHM];
	}
}

static void open_session(struct fuzz *f)
{
	union open_buf b = { .arg = { .cancel_id = 1 } };

	params(f, b.p, &b.arg.num_params);
	fake_do_open(f->tee, &b);
}

static void invoke(struct fuzz *f)
{
	union invoke_buf b = { .arg = { .session = (uint32_t)fuzz_take(&f->in, 1) % 4 } }, was;
	uint32_t i;

	params(f, b.p, &b.arg.num_params);
	was = b;
	if (fake_do_invoke(f->tee, &b))
		return;
	for (i = 0; i < b.arg.num_params; i++)
		FUZZ_ASSERT(b.p[i].attr == was.p[i].attr);
}

static void close_session(struct fuzz *f)
{
	struct tee_ioctl_close_session_arg arg = { (uint32_t)fuzz_take(&f->in, 1) % 4 };

	node_ioctl(f->tee, TEE_IOC_CLOSE_SESSION, &arg);
}

static void cancel(struct fuzz *f)
{
	struct tee_ioctl_cancel_arg arg = { .cancel_id = 1,
					    .session = (uint32_t)fuzz_take(&f->in, 1) % 4 };

	node_ioctl(f->tee, TEE_IOC_CANCEL, &arg);
}

static void irq(struct fuzz *f)
{
	unsigned int i;

	f->fs->num_notif = (unsigned int)fuzz_take(&f->in, 1) % 8;
	for (i = 0; i < f->fs->num_notif; i++)
		f->fs->notif_value[i] = (uint32_t)fuzz_take(&f->in, 1);
	fake_irq(f->fs);
}

static void run(struct fuzz *f)
{
	unsigned int i;

	limit_dataspaces(f->fs);
	switch ((enum op)(fuzz_take(&f->in, 1) % OP_NUM)) {
	case OP_OPEN_SESSION:
		open_session(f);
		break;
	case OP_INVOKE:
		invoke(f);
		break;
	case OP_CLOSE_SESSION:
		close_session(f);
		break;
	case OP_CANCEL:
		cancel(f);
		break;
	case OP_ALLOC:
		i = (unsigned int)fuzz_take(&f->in, 1) % NUM_SHM;
		close_fd(&f->shm_fd[i]);
		f->shm_fd[i] = fake_alloc(f->tee, (size_t)fuzz_take(&f->in, 3), &f->shm_id[i]);
		break;
	case OP_FREE:
		close_fd(&f->shm_fd[fuzz_take(&f->in, 1) % NUM_SHM]);
		break;
	case OP_SUPP:
		supp_comes_or_goes(f);
		break;
	case OP_SUPP_STEP:
		supp_step(f);
		break;
	case OP_IRQ:
		irq(f);
		break;
	case OP_NUM:
		break;
	}
}

/* Between calls nobody waits, and the secure world has no more than it may. */
static void check(const struct fuzz *f)
{
	const struct optee *o = f->fs->o;

	FUZZ_ASSERT(!o->queue.active && !o->queue.normal && list_empty(&o->queue.waiters));
	FUZZ_ASSERT(list_empty(&o->notif.waiters) && list_empty(&o->supp.reqs));
	FUZZ_ASSERT(o->num_rpc_mem <= OPTEE_MAX_RPC_MEM && o->rpc_bytes <= OPTEE_MAX_RPC_BYTES);
	FUZZ_ASSERT(f->supp < 0 || o->supp.ctx);
}

static void end(struct fuzz *f)
{
	unsigned int i;

	/* The secure world goes on lying until the device is closed. */
	for (i = 0; i < NUM_SHM; i++)
		close_fd(&f->shm_fd[i]);
	close_fd(&f->supp_fd);
	close_fd(&f->supp);
	close_fd(&f->tee);
	f->fs->rpc = NULL;
	fake_down(f->fs);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz f = { .in = { data, size }, .supp = NO_FD, .supp_fd = NO_FD };
	uint32_t bits;
	unsigned int i;

	/* What is refused is logged: not a million times. */
	setenv("TEELINK_LOG", "error", 0);
	bits = (uint32_t)fuzz_take(&f.in, 1);
	f.fs = fake_up_probed((FAKE_ALL_CAPS & ~(bits & 1 ? OPTEE_SMC_SEC_CAP_RPC_ARG : 0)) |
			      (bits & 2 ? OPTEE_SMC_SEC_CAP_ASYNC_NOTIF : 0));
	f.fs->priv = &f;
	f.fs->rpc = on_rpc;
	f.fs->answer = on_answer;
	f.ops = *f.fs->o->ops;
	f.ops.wait = on_wait;
	f.fs->o->ops = &f.ops;
	for (i = 0; i < NUM_SHM; i++)
		f.shm_fd[i] = NO_FD;
	f.tee = fake_open(f.fs);
	FUZZ_ASSERT(f.tee >= 0);
	for (i = 0; i < MAX_STEPS && f.in.size; i++) {
		run(&f);
		check(&f);
	}
	end(&f);
	return 0;
}
