/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * The secure end of the SMC message queue, with the tipc device and two echoes behind it, under a driver
 * that writes what it likes into the buffer: indices that jump, lengths that don't fit, messages in pieces,
 * buffers that come and go.
 * Input: steps of an op byte and its operands, see run().
 */
#include <string.h>

#include "fuzz/target.h"
#include "lib/smcq.h"
#include "tee/ipc/ipc.h"
#include "tee/smc/smc_internal.h"
#include "tee/tipc/endpoint.h"
#include "tests/unit/tee/fake_virtio.h"
#include "tests/unit/tee/fake_world.h"

#define MAX_STEPS 300u
#define MEMORY_SIZE 16384u
#define MAX_BYTES 5000u
#define MAX_DECLARED (1u << 20)

enum op {
	OP_ATTACH, /* u8 how; u16 numbers for what isn't as it should be */
	OP_NOTIFY,
	OP_DETACH,
	OP_CONNECT, /* u16 src, u8 which port */
	OP_MESSAGE, /* u16 src, u16 dst, u8 flags, u16 length, bytes: with the right lengths, or not */
	OP_PIECE, /* u16 length, bytes: the next of a message that was declared longer */
	OP_TAKE, /* u16 bytes of what the secure world wrote */
	OP_INDEX, /* u8 which, then a step or a number */
	OP_BYTES, /* u16 where, u8 length, bytes: anywhere in the buffer */
	OP_NUM
};

struct env {
	struct tee_world *w;
	struct tee_vm *vm;
	struct smc_vm smc;
	struct vcpu_ctl ctl;
	struct smcq_page *page; /* the VM's memory */
	struct smcq_writer out;
	struct smcq_reader back;
	unsigned int rings;
};

void tee_virtio_ring_irq(struct tee_virtio_dev *dev)
{
	(void)dev;
}

static uint32_t call(struct env *e, uint32_t func, uint64_t gpa, uint32_t size)
{
	const struct smc_regs r = { .a = { func, gpa >> 32, (uint32_t)gpa, size } };

	return smc_queue_call(&e->smc, &r);
}

/* The VM's own ends of the streams, at their beginnings. */
static void begin_ends(struct env *e, uint32_t capacity)
{
	uint8_t *area = (uint8_t *)(e->page + 1);

	smcq_writer_init(&e->out, &e->page->half[SMCQ_TO_SECURE], area, capacity);
	smcq_reader_init(&e->back, &e->page->half[SMCQ_TO_NORMAL], area + capacity, capacity);
}

static void attach(struct env *e, struct fuzz_input *in)
{
	uint32_t how = (uint32_t)fuzz_take(in, 1),
		 size = how & 1 ? MEMORY_SIZE : SMCQ_MIN_SIZE + how;
	uint64_t gpa = FAKE_DS_GPA;

	if (how & 2)
		size = (uint32_t)fuzz_take(in, 4);
	if (how & 4)
		gpa += fuzz_take(in, 2);
	if (!e->smc.queue && smcq_capacity(size) && size <= MEMORY_SIZE) {
		memset(e->page, 0, MEMORY_SIZE);
		e->page->magic = SMCQ_MAGIC + (how == 0xff);
		e->page->version = SMCQ_VERSION + (how == 0xfe);
		e->page->capacity = smcq_capacity(size) + (how == 0xfd);
		e->page->reserved = how == 0xfc;
		begin_ends(e, smcq_capacity(size));
	}
	call(e, SMCQ_SMC_ATTACH, gpa, size);
}

static size_t take_bytes(struct fuzz_input *in, uint8_t *dst)
{
	size_t len = (size_t)fuzz_take(in, 2) % MAX_BYTES;

	if (len > in->size)
		len = in->size;
	memcpy(dst, in->data, len);
	in->data += len;
	in->size -= len;
	return len;
}

/* As much as there is room for. */
static void put(struct env *e, const void *data, size_t len)
{
	if (len <= e->out.left)
		smcq_write(&e->out, data, (uint32_t)len);
	smcq_write_flush(&e->out);
}

static void connect_port(struct env *e, struct fuzz_input *in)
{
	static const char *const ports[] = { "com.android.ipc-unittest.srv.echo", "tee.echo.large",
					     "no" };
	struct {
		struct tipc_msg_hdr hdr;
		struct tipc_ctrl_msg ctrl;
		struct tipc_conn_req_body body;
	} TL_PACKED m = {
		.hdr = { .dst = TIPC_CTRL_ADDR, .len = sizeof(m) - sizeof(m.hdr) },
		.ctrl = { .type = TIPC_CTRL_CONN_REQ, .body_len = sizeof(m.body) },
	};

	m.hdr.src = (uint32_t)fuzz_take(in, 2);
	strcpy(m.body.name, ports[fuzz_take(in, 1) % 3]);
	if (!smcq_write_begin(&e->out, sizeof(m)))
		put(e, &m, sizeof(m));
}

static void message(struct env *e, struct fuzz_input *in)
{
	uint8_t buf[sizeof(struct tipc_msg_hdr) + MAX_BYTES];
	struct tipc_msg_hdr hdr = { .src = (uint32_t)fuzz_take(in, 2) };
	uint32_t flags, declared;
	size_t len;

	hdr.dst = (uint32_t)fuzz_take(in, 2);
	flags = (uint32_t)fuzz_take(in, 1);
	len = take_bytes(in, buf + sizeof(hdr));
	declared = flags & 1 ? (uint32_t)fuzz_take(in, 4) % MAX_DECLARED : (uint32_t)len;
	hdr.len = flags & 2 ? (uint16_t)fuzz_take(in, 2) : (uint16_t)declared;
	hdr.shm_cnt = flags & 4;
	hdr.reserved = flags & 8;
	memcpy(buf, &hdr, sizeof(hdr));
	if (smcq_write_begin(&e->out, (uint32_t)sizeof(hdr) + declared))
		return;
	len += sizeof(hdr);
	put(e, buf, len < e->out.left ? len : e->out.left);
}

static void piece(struct env *e, struct fuzz_input *in)
{
	uint8_t buf[MAX_BYTES];
	size_t len = take_bytes(in, buf);

	put(e, buf, len < e->out.left ? len : e->out.left);
}

static void take(struct env *e, struct fuzz_input *in)
{
	uint32_t left = (uint32_t)fuzz_take(in, 2), len;
	uint8_t buf[256];
	int64_t n = 1;

	while (left && n > 0) {
		if (smcq_read_idle(&e->back) && smcq_read_begin(&e->back, &len) <= 0)
			break;
		n = smcq_read(&e->back, buf, left < sizeof(buf) ? left : sizeof(buf));
		left -= n > 0 ? (uint32_t)n : 0;
	}
	smcq_read_flush(&e->back);
}

static void poke_index(struct env *e, struct fuzz_input *in)
{
	uint32_t how = (uint32_t)fuzz_take(in, 1);
	struct smcq_half *half = &e->page->half[how & 1];
	uint32_t *const shm[] = { &half->head, &half->tail, &half->stalled, &half->asleep };
	uint32_t *shm_word = shm[how / 2 % 4];

	*shm_word = how < 128 ? *shm_word + fuzz_take_delta(in) : (uint32_t)fuzz_take(in, 4);
}

static void poke_bytes(struct env *e, struct fuzz_input *in)
{
	size_t at = (size_t)fuzz_take(in, 2) % (MEMORY_SIZE - 256u), len = (size_t)fuzz_take(in, 1);

	len = len < in->size ? len : in->size;
	memcpy((uint8_t *)e->page + at, in->data, len);
	in->data += len;
	in->size -= len;
}

static void run(struct env *e, struct fuzz_input *in)
{
	switch ((enum op)(fuzz_take(in, 1) % OP_NUM)) {
	case OP_ATTACH:
		attach(e, in);
		break;
	case OP_NOTIFY:
		call(e, SMCQ_SMC_NOTIFY, 0, 0);
		break;
	case OP_DETACH:
		call(e, SMCQ_SMC_DETACH, 0, 0);
		break;
	case OP_CONNECT:
		connect_port(e, in);
		break;
	case OP_MESSAGE:
		message(e, in);
		break;
	case OP_PIECE:
		piece(e, in);
		break;
	case OP_TAKE:
		take(e, in);
		break;
	case OP_INDEX:
		poke_index(e, in);
		break;
	case OP_BYTES:
		poke_bytes(e, in);
		break;
	case OP_NUM:
		break;
	}
}

/* A dropped VM is served nothing; the link is the queue's as long as there is one. */
static void check(struct env *e)
{
	unsigned int i, used = 0;

	for (i = 0; i < TIPC_TEE_ADDR_MAX; i++)
		used += e->vm->tipc->ept[i].state != TIPC_EPT_FREE;
	FUZZ_ASSERT(used == tipc_dev_num_endpoints(e->vm->tipc));
	FUZZ_ASSERT(e->vm->tipc->num_held <= TIPC_DEV_MAX_HELD);
	FUZZ_ASSERT((e->smc.queue != NULL) == (tipc_dev_link(e->vm->tipc) != NULL));
	if (e->vm->dropped)
		FUZZ_ASSERT(call(e, SMCQ_SMC_NOTIFY, 0, 0) == OPTEE_SMC_RETURN_ENOTAVAIL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { .data = data, .size = size };
	struct env e = { .w = fake_world_create() };
	struct ipc_echo *echo;
	unsigned int i;

	FUZZ_ASSERT(!ipc_echo_create(e.w->ipc, &echo));
	e.vm = fake_vm_create(e.w, 1, 0);
	FUZZ_ASSERT(!tipc_dev_create(e.vm, &e.vm->tipc));
	e.vm->dev = fake_virtio_create();
	e.smc.vm = e.vm;
	e.smc.shm_ctl = &e.ctl;
	e.vm->smc = &e.smc;
	e.page = dataspace_map(fake_vm_add_ds(e.vm, FAKE_DS_GPA, MEMORY_SIZE));
	begin_ends(&e, smcq_capacity(MEMORY_SIZE));
	for (i = 0; i < MAX_STEPS && in.size; i++) {
		run(&e, &in);
		ipc_dispatch(e.w->ipc);
		check(&e);
	}
	smc_queue_detach(&e.smc);
	e.vm->smc = NULL;
	tipc_dev_destroy(e.vm->tipc);
	fake_virtio_destroy(e.vm->dev);
	ipc_dispatch(e.w->ipc);
	ipc_echo_destroy(echo);
	fake_vm_destroy(e.vm);
	fake_world_destroy(e.w);
	return 0;
}
