/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * The Trusty IPC driver against a device that sends anything and writes anywhere into link RAM,
 * between any two of a program's calls. The input is a list of operations with their operands.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>

#include "fuzz/target.h"
#include "include/teelink/dev.h"
#include "ree/tipc/tipc.h"
#include "tests/unit/ree/fake_vm.h"

#define MAX_OPS 512u
#define NUM_FILES 4u

enum fuzz_op {
	OP_MESSAGE, /* a header as the input says, small numbers made likely */
	OP_CTRL, /* a control message with the right lengths */
	OP_POKE, /* bytes anywhere in link RAM */
	OP_IRQ,
	OP_RUN, /* the device answers what was sent */
	OP_OPEN,
	OP_CONNECT,
	OP_WRITE,
	OP_READ,
	OP_CLOSE,
	OP_CONFIG, /* status bits, then the interrupt of a config change */
	OP_NUM
};

struct fuzz {
	struct ree_vm *vm;
	struct tipc_dev *dev;
	int announced;
	bool open[NUM_FILES];
	struct node_file file[NUM_FILES];
};

static int on_online(void *data, struct tipc_dev *dev)
{
	struct fuzz *fz = data;

	(void)dev;
	fz->announced++;
	FUZZ_ASSERT(fz->announced == 1);
	return 0;
}

static void on_offline(void *data, struct tipc_dev *dev)
{
	struct fuzz *fz = data;

	(void)dev;
	fz->announced--;
	FUZZ_ASSERT(fz->announced == 0);
}

static const struct tipc_dev_ops dev_ops = { .online = on_online, .offline = on_offline };

/* 0-63 as they are, then the addresses that mean something, then anything. */
static uint32_t take_addr(struct fuzz_input *in)
{
	uint32_t n = (uint32_t)fuzz_take(in, 1);

	if (n < 64)
		return n;
	if (n < 128)
		return TIPC_TEE_ADDR_BASE + n % 8;
	if (n < 192)
		return TIPC_MIN_LOCAL_ADDR + n % 8;
	return n < 224 ? TIPC_MIN_LOCAL_ADDR + 256 + n % 8 : (uint32_t)fuzz_take(in, 4);
}

static void send_message(struct fuzz *fz, struct fuzz_input *in)
{
	uint8_t data[64];
	size_t i, len = fuzz_take(in, 1) % sizeof(data);
	struct tipc_msg_hdr hdr = { .src = take_addr(in), .dst = take_addr(in) };
	uint32_t how = (uint32_t)fuzz_take(in, 1);

	hdr.len = how & 1 ? (uint16_t)fuzz_take(in, 2) : (uint16_t)len;
	hdr.shm_cnt = how & 2 ? (uint16_t)fuzz_take(in, 2) : 0;
	for (i = 0; i < len; i++)
		data[i] = (uint8_t)fuzz_take(in, 1);
	fake_send(fz->vm, &hdr, data, len, how & 4 ? (uint32_t)fuzz_take(in, 2) : 0);
}

static void send_ctrl(struct fuzz *fz, struct fuzz_input *in)
{
	uint32_t src = take_addr(in), type = (uint32_t)fuzz_take(in, 1) % 8;
	struct tipc_conn_rsp_body rsp = { .target = take_addr(in) };
	size_t len = type == TIPC_CTRL_CONN_RSP	  ? sizeof(rsp)
		     : type == TIPC_CTRL_DISC_REQ ? sizeof(struct tipc_disc_req_body)
						  : 0;

	if (type == TIPC_CTRL_CONN_RSP) {
		rsp.status = (uint32_t)fuzz_take(in, 1);
		rsp.remote = take_addr(in);
		rsp.max_msg_size = (uint32_t)fuzz_take(in, 2);
		rsp.max_msg_cnt = (uint32_t)fuzz_take(in, 1);
	}
	fake_send_ctrl(fz->vm, src, type, &rsp, len);
}

static void poke(struct fuzz *fz, struct fuzz_input *in)
{
	/* Rings come first in link RAM: half of the writes go there. */
	uint32_t off = (uint32_t)fuzz_take(in, 3);
	uint32_t len = (uint32_t)fuzz_take(in, 1) % 17;

	off %= off & 1 ? 4096 : FAKE_RAM_SIZE;
	for (; len && off < FAKE_RAM_SIZE; len--)
		fz->vm->ram.base[off++] = (uint8_t)fuzz_take(in, 1);
	/* From here on only the interrupt looks: the fake device trusts its rings. */
	fz->vm->q[TIPC_VQ_RX].live = false;
	fz->vm->q[TIPC_VQ_TX].live = false;
}

static void file_op(struct fuzz *fz, unsigned int op, struct fuzz_input *in)
{
	static const char *const names[] = { "echo", "none", "deny", "silent" };
	unsigned int i = (unsigned int)fuzz_take(in, 1) % NUM_FILES;
	const struct node_ops *ops = fz->vm->node.ops;
	struct node_file *file = &fz->file[i];
	uint8_t buf[4096];
	struct iovec iov = { buf, sizeof(buf) };
	ssize_t n;

	if (fz->open[i] == (op == OP_OPEN))
		return;
	switch (op) {
	case OP_OPEN:
		*file = (struct node_file){ .vm = fz->vm,
					    .node_data = fz->dev,
					    .flags = O_NONBLOCK };
		fz->open[i] = !ops->open(file);
		break;
	case OP_CONNECT:
		ops->ioctl(file, (unsigned int)TIPC_IOC_CONNECT,
			   (void *)(uintptr_t)names[fuzz_take(in, 1) % 4]);
		break;
	case OP_WRITE:
		iov.iov_len = (size_t)fuzz_take(in, 2) % sizeof(buf);
		memset(buf, 0x5a, iov.iov_len);
		n = ops->write(file, &iov, 1);
		FUZZ_ASSERT(n < 0 || (size_t)n == iov.iov_len);
		break;
	case OP_READ:
		n = ops->read(file, &iov, 1);
		FUZZ_ASSERT(n <= 4080);
		FUZZ_ASSERT(n < 0 || ops->poll(file) & POLLOUT);
		break;
	default:
		ops->release(file);
		fz->open[i] = false;
		break;
	}
}

static void one_op(struct fuzz *fz, struct fuzz_input *in)
{
	unsigned int op = (unsigned int)fuzz_take(in, 1) % OP_NUM;

	switch (op) {
	case OP_MESSAGE:
		send_message(fz, in);
		break;
	case OP_CTRL:
		send_ctrl(fz, in);
		break;
	case OP_POKE:
		poke(fz, in);
		break;
	case OP_IRQ:
		ree_vm_poll_irq(fz->vm);
		break;
	case OP_RUN:
		fake_device_run(fz->vm);
		break;
	case OP_CONFIG:
		fz->vm->status |= (uint32_t)fuzz_take(in, 1);
		fz->vm->irq.config(fz->vm->irq.data, false);
		break;
	default:
		file_op(fz, op, in);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };
	struct fuzz fz = { .vm = fake_vm_new() };
	unsigned int i;

	FUZZ_ASSERT(!tipc_dev_probe(fz.vm, &tipc_virtio_link, &dev_ops, &fz, &fz.dev));
	for (i = 0; in.size && i < MAX_OPS; i++)
		one_op(&fz, &in);
	for (i = 0; i < NUM_FILES; i++)
		if (fz.open[i])
			fz.vm->node.ops->release(&fz.file[i]);
	tipc_dev_remove(fz.dev);
	FUZZ_ASSERT(fz.announced == 0);
	FUZZ_ASSERT(!fz.vm->node_present && !fz.vm->irq_set);
	fake_vm_free(fz.vm);
	return 0;
}
