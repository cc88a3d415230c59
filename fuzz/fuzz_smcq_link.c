/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * The SMC message queue's link of the Trusty IPC driver against a secure world that answers calls, or
 * refuses them, sends anything in pieces of any size, and writes anywhere into the buffer, between any two of a
 * program's calls. As long as it hasn't lied, what the driver writes is a stream of whole messages. The input
 * is a list of operations with their operands.
 */
#include <errno.h>
#include <string.h>

#include "fuzz/tipc_client.h"
#include "lib/smcq.h"
#include "ree/smcq/smcq.h"
#include "ree/vm/conduit.h"
#include "tests/unit/ree/fake_vm.h"
#include "wire/optee_smc.h"

#define MAX_OPS 512u
#define MAX_ECHO 256u
#define DS_GPA 0x80000000ull
#define NO_MACHINE 0xffu /* a refusal that is no answer at all */

enum op {
	OP_DATA, /* a message, its header as the input says */
	OP_CTRL, /* a control message with the right lengths */
	OP_FRAME, /* u32 length of a message, which comes by and by */
	OP_PIECE, /* u16 bytes of it */
	OP_IRQ,
	OP_CLIENT, /* and what else a program does: enum tipc_client_op */
	OP_CLIENT_LAST = OP_CLIENT + TIPC_CLIENT_NUM - 1,
	OP_LAZY, /* takes nothing of what the driver writes, or does again */
	OP_REFUSE, /* u8 which of the next calls, u8 how */
	OP_POKE_INDEX, /* u8 which, u32 value, or a step from what is there */
	OP_POKE_BYTES, /* u16 where, u8 how many, the bytes */
	OP_CONFIG,
	OP_NUM
};

struct peer {
	struct smc_conduit conduit;
	struct ree_vm_ds ds;
	struct smcq_page *shm;
	bool attached, lazy, lied;
	unsigned int refuse_nth; /* 0: none */
	uint32_t refusal;
	struct smcq_reader from;
	struct smcq_writer to;
	uint32_t in_len, in_done; /* message of the driver's under way */
	bool in_begun;
	uint8_t in[sizeof(struct tipc_msg_hdr) + MAX_ECHO];
	uint32_t next_addr;
};

static struct peer *peer_of(struct smc_conduit *conduit)
{
	return (struct peer *)(void *)conduit;
}

struct smc_conduit *ree_vm_conduit(struct ree_vm *vm)
{
	return &((struct peer *)vm->peer)->conduit;
}

int ree_vm_ds_create(struct ree_vm *vm, size_t size, struct ree_vm_ds **dsp)
{
	struct peer *p = vm->peer;

	FUZZ_ASSERT(size == SMCQ_DEFAULT_SIZE && !p->shm);
	p->shm = calloc(1, size);
	FUZZ_ASSERT(p->shm);
	p->ds.mem = (struct ree_vm_mem){ DS_GPA, size, (uint8_t *)p->shm, -1 };
	*dsp = &p->ds;
	return 0;
}

void ree_vm_ds_destroy(struct ree_vm *vm, struct ree_vm_ds *ds)
{
	struct peer *p = vm->peer;

	FUZZ_ASSERT(ds == &p->ds && p->shm && !p->attached);
	free(p->shm);
	p->shm = NULL;
}

/* As much of it as there is room for: the rest comes with OP_PIECE. */
static void put(struct peer *p, const void *data, uint32_t len)
{
	if (len <= p->to.left)
		smcq_write(&p->to, data, len);
	smcq_write_flush(&p->to);
}

static void send(struct peer *p, const struct tipc_msg_hdr *hdr, const void *data, size_t len)
{
	uint8_t msg[sizeof(*hdr) + MAX_ECHO];

	FUZZ_ASSERT(len <= MAX_ECHO);
	memcpy(msg, hdr, sizeof(*hdr));
	memcpy(msg + sizeof(*hdr), data, len);
	if (!smcq_write_begin(&p->to, (uint32_t)(sizeof(*hdr) + len)))
		put(p, msg, (uint32_t)(sizeof(*hdr) + len));
}

static void send_ctrl(struct peer *p, uint32_t src, uint32_t type, const union tipc_ctrl_body *body,
		      size_t len)
{
	struct {
		struct tipc_ctrl_msg ctrl;
		union tipc_ctrl_body body;
	} TL_PACKED m = { .ctrl = { .type = type, .body_len = (uint32_t)len } };
	const struct tipc_msg_hdr hdr = {
		.src = src,
		.dst = TIPC_CTRL_ADDR,
		.len = (uint16_t)(sizeof(m.ctrl) + len),
	};

	memcpy(&m.body, body, len);
	send(p, &hdr, &m, sizeof(m.ctrl) + len);
}

/* Connects are granted, but to "deny"; messages go back, up to what we keep of them. */
static void answer(struct peer *p)
{
	struct tipc_msg_hdr hdr, back;
	struct tipc_ctrl_msg ctrl;
	union tipc_ctrl_body body = { .conn_rsp = { .max_msg_size = 60000, .max_msg_cnt = 8 } };

	FUZZ_ASSERT(p->lied || p->in_len >= sizeof(hdr));
	if (p->in_len < sizeof(hdr) + sizeof(ctrl))
		return;
	memcpy(&hdr, p->in, sizeof(hdr));
	memcpy(&ctrl, p->in + sizeof(hdr), sizeof(ctrl));
	FUZZ_ASSERT(p->lied || hdr.len == (uint16_t)(p->in_len - sizeof(hdr)));
	if (hdr.dst != TIPC_CTRL_ADDR) {
		back = (struct tipc_msg_hdr){ .src = hdr.dst, .dst = hdr.src };
		back.len = hdr.len < MAX_ECHO ? hdr.len : MAX_ECHO;
		send(p, &back, p->in + sizeof(hdr), back.len);
	} else if (ctrl.type == TIPC_CTRL_CONN_REQ) {
		body.conn_rsp.target = hdr.src;
		body.conn_rsp.remote = p->next_addr++;
		body.conn_rsp.status = p->in[sizeof(hdr) + sizeof(ctrl)] == 'd';
		send_ctrl(p, TIPC_CTRL_ADDR, TIPC_CTRL_CONN_RSP, &body, sizeof(body.conn_rsp));
	}
}

/* Return: whether there was something. */
static bool take_some(struct peer *p)
{
	uint8_t rest[512], *at = rest;
	uint32_t room = sizeof(rest);
	int64_t n;

	if (!p->in_begun) {
		int ret = smcq_read_begin(&p->from, &p->in_len);

		FUZZ_ASSERT(ret >= 0 || p->lied);
		p->in_begun = ret > 0;
		p->in_done = 0;
		return ret > 0;
	}
	if (p->in_done < sizeof(p->in)) {
		at = p->in + p->in_done;
		room = (uint32_t)sizeof(p->in) - p->in_done;
	}
	n = smcq_read(&p->from, at, room);
	FUZZ_ASSERT(n >= 0 || p->lied);
	p->in_done += n > 0 ? (uint32_t)n : 0;
	if (n >= 0 && p->in_done == p->in_len) {
		p->in_begun = false;
		answer(p);
		return true;
	}
	return n > 0;
}

static uint32_t attach(struct peer *p, const struct smc_args *args)
{
	const union tipc_ctrl_body none = { .disc_req = { 0 } };
	uint32_t capacity = smcq_capacity(SMCQ_DEFAULT_SIZE);
	uint8_t *area = (uint8_t *)(p->shm + 1);

	FUZZ_ASSERT(!p->attached && p->shm->magic == SMCQ_MAGIC && p->shm->version == SMCQ_VERSION);
	FUZZ_ASSERT(p->shm->capacity == capacity && args->a3 == SMCQ_DEFAULT_SIZE);
	FUZZ_ASSERT((args->a1 << 32 | args->a2) == DS_GPA);
	p->attached = true;
	smcq_reader_init(&p->from, &p->shm->half[SMCQ_TO_SECURE], area, capacity);
	smcq_writer_init(&p->to, &p->shm->half[SMCQ_TO_NORMAL], area + capacity, capacity);
	send_ctrl(p, TIPC_CTRL_ADDR, TIPC_CTRL_GO_ONLINE, &none, 0);
	return OPTEE_SMC_RETURN_OK;
}

static int smc(struct smc_conduit *conduit, const struct smc_args *args, struct smc_res *res)
{
	struct peer *p = peer_of(conduit);

	*res = (struct smc_res){ .a0 = OPTEE_SMC_RETURN_OK };
	if (args->a0 == SMCQ_SMC_DETACH) {
		FUZZ_ASSERT(p->attached);
		p->attached = false;
		return 0;
	}
	if (p->refuse_nth && !--p->refuse_nth) {
		res->a0 = p->refusal;
		return p->refusal == NO_MACHINE ? -EIO : 0;
	}
	if (args->a0 == SMCQ_SMC_ATTACH) {
		res->a0 = attach(p, args);
		return 0;
	}
	FUZZ_ASSERT(args->a0 == SMCQ_SMC_NOTIFY && p->attached);
	while (!p->lazy && take_some(p))
		;
	smcq_read_flush(&p->from);
	return 0;
}

static void message(struct peer *p, struct fuzz_input *in)
{
	struct tipc_taken_msg msg;

	tipc_take_msg(in, &msg);
	send(p, &msg.hdr, msg.data, msg.len);
}

static void ctrl(struct peer *p, struct fuzz_input *in)
{
	uint32_t src = tipc_take_addr(in), type = (uint32_t)fuzz_take(in, 1) % 8;
	union tipc_ctrl_body body;
	size_t len = tipc_take_ctrl_body(in, type, &body);

	send_ctrl(p, src, type, &body, len);
}

static void piece(struct peer *p, struct fuzz_input *in)
{
	static const uint8_t zeroes[TIPC_CLIENT_ROOM];
	uint32_t len = (uint32_t)fuzz_take(in, 2);

	put(p, zeroes, len < p->to.left ? len : p->to.left);
}

static void poke_index(struct peer *p, struct fuzz_input *in)
{
	uint32_t how = (uint32_t)fuzz_take(in, 1);
	struct smcq_half *half = &p->shm->half[how & 1];
	uint32_t *const shm[] = { &half->head, &half->tail, &half->stalled, &half->asleep };
	uint32_t *shm_word = shm[how / 2 % 4];

	*shm_word = how < 128 ? *shm_word + fuzz_take_delta(in) : (uint32_t)fuzz_take(in, 4);
	p->lied = true;
}

static void poke_bytes(struct peer *p, struct fuzz_input *in)
{
	size_t at = (size_t)fuzz_take(in, 2) % (SMCQ_DEFAULT_SIZE - 256u);
	size_t len = (size_t)fuzz_take(in, 1);

	len = len < in->size ? len : in->size;
	memcpy((uint8_t *)p->shm + at, in->data, len);
	in->data += len;
	in->size -= len;
	p->lied = true;
}

static void run(struct peer *p, struct tipc_client *c, struct fuzz_input *in)
{
	unsigned int op = (unsigned int)fuzz_take(in, 1) % OP_NUM;

	switch (op) {
	case OP_DATA:
		message(p, in);
		break;
	case OP_CTRL:
		ctrl(p, in);
		break;
	case OP_FRAME:
		smcq_write_begin(&p->to, (uint32_t)fuzz_take(in, 4) % (SMCQ_MAX_MSG + 1u));
		smcq_write_flush(&p->to);
		break;
	case OP_PIECE:
		piece(p, in);
		break;
	case OP_IRQ:
		ree_vm_poll_irq(c->vm);
		break;
	case OP_LAZY:
		p->lazy = !p->lazy;
		break;
	case OP_REFUSE:
		p->refuse_nth = (unsigned int)fuzz_take(in, 1) % 8;
		p->refusal = (uint32_t)fuzz_take(in, 1);
		break;
	case OP_POKE_INDEX:
		poke_index(p, in);
		break;
	case OP_POKE_BYTES:
		poke_bytes(p, in);
		break;
	case OP_CONFIG:
		c->vm->irq.config(c->vm->irq.data, false);
		break;
	default:
		tipc_client_step(c, (enum tipc_client_op)(op - OP_CLIENT), in);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct smc_conduit_ops ops = { .smc = smc };
	struct peer p = { .conduit = { &ops }, .next_addr = TIPC_TEE_ADDR_BASE };
	struct tipc_client c = { .vm = fake_vm_new(), .max_msg = TIPC_CLIENT_ROOM };
	struct fuzz_input in = { data, size };
	unsigned int i;

	c.vm->peer = &p;
	/* Sometimes it has no queues. */
	p.refuse_nth = fuzz_take(&in, 1) == 1;
	p.refusal = OPTEE_SMC_RETURN_ENOTAVAIL;
	if (!tipc_dev_probe(c.vm, &tipc_smcq_link, &tipc_client_dev_ops, &c, &c.dev)) {
		for (i = 0; in.size && i < MAX_OPS; i++)
			run(&p, &c, &in);
		tipc_client_end(&c);
	}
	FUZZ_ASSERT(!p.attached && !p.shm);
	fake_vm_free(c.vm);
	return 0;
}
