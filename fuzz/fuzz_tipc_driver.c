/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * The Trusty IPC driver against a device that sends anything and writes anywhere into link RAM,
 * between any two of a program's calls. The input is a list of operations with their operands.
 */
#include "fuzz/tipc_client.h"
#include "tests/unit/ree/fake_vm.h"

#define MAX_OPS 512u
#define MAX_PAYLOAD 4080u

enum fuzz_op {
	OP_MESSAGE, /* a header as the input says, small numbers made likely */
	OP_CTRL, /* a control message with the right lengths */
	OP_POKE, /* bytes anywhere in link RAM */
	OP_IRQ,
	OP_RUN, /* the device answers what was sent */
	OP_CLIENT, /* and what else a program does: enum tipc_client_op */
	OP_CLIENT_LAST = OP_CLIENT + TIPC_CLIENT_NUM - 1,
	OP_CONFIG, /* status bits, then the interrupt of a config change */
	OP_NUM
};

static void send_message(struct tipc_client *c, struct fuzz_input *in)
{
	struct tipc_taken_msg msg;

	tipc_take_msg(in, &msg);
	fake_send(c->vm, &msg.hdr, msg.data, msg.len, msg.how & 4 ? (uint32_t)fuzz_take(in, 2) : 0);
}

static void send_ctrl(struct tipc_client *c, struct fuzz_input *in)
{
	uint32_t src = tipc_take_addr(in), type = (uint32_t)fuzz_take(in, 1) % 8;
	union tipc_ctrl_body body;
	size_t len = tipc_take_ctrl_body(in, type, &body);

	fake_send_ctrl(c->vm, src, type, &body, len);
}

static void poke(struct tipc_client *c, struct fuzz_input *in)
{
	/* Rings come first in link RAM: half of the writes go there. */
	uint32_t off = (uint32_t)fuzz_take(in, 3);
	uint32_t len = (uint32_t)fuzz_take(in, 1) % 17;

	off %= off & 1 ? 4096 : FAKE_RAM_SIZE;
	for (; len && off < FAKE_RAM_SIZE; len--)
		c->vm->ram.base[off++] = (uint8_t)fuzz_take(in, 1);
	/* From here on only the interrupt looks: the fake device trusts its rings. */
	c->vm->q[TIPC_VQ_RX].live = false;
	c->vm->q[TIPC_VQ_TX].live = false;
}

static void one_op(struct tipc_client *c, struct fuzz_input *in)
{
	unsigned int op = (unsigned int)fuzz_take(in, 1) % OP_NUM;

	switch (op) {
	case OP_MESSAGE:
		send_message(c, in);
		break;
	case OP_CTRL:
		send_ctrl(c, in);
		break;
	case OP_POKE:
		poke(c, in);
		break;
	case OP_IRQ:
		ree_vm_poll_irq(c->vm);
		break;
	case OP_RUN:
		fake_device_run(c->vm);
		break;
	case OP_CONFIG:
		c->vm->status |= (uint32_t)fuzz_take(in, 1);
		c->vm->irq.config(c->vm->irq.data, false);
		break;
	default:
		tipc_client_step(c, (enum tipc_client_op)(op - OP_CLIENT), in);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };
	struct tipc_client c = { .vm = fake_vm_new(), .max_msg = MAX_PAYLOAD };
	unsigned int i;

	FUZZ_ASSERT(!tipc_dev_probe(c.vm, &tipc_virtio_link, &tipc_client_dev_ops, &c, &c.dev));
	for (i = 0; in.size && i < MAX_OPS; i++)
		one_op(&c, &in);
	tipc_client_end(&c);
	fake_vm_free(c.vm);
	return 0;
}
