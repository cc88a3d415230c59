/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * The tipc device under a hostile driver: messages of any content, buffers that run out, resets.
 * Input: steps of an op byte and its operands, see run().
 */
#include <string.h>

#include "fuzz/target.h"
#include "tee/ipc/ipc.h"
#include "tee/tipc/endpoint.h"
#include "tests/unit/tee/fake_virtio.h"
#include "tests/unit/tee/fake_world.h"

#define MAX_STEPS 400u

enum op {
	OP_RAW,     /* u16 length, bytes: one buffer as it is */
	OP_MESSAGE, /* u16 src, u16 dst, u16 length, bytes */
	OP_CONTROL, /* u16 src, u8 type, u16 length, bytes: a control message with right lengths */
	OP_CONNECT, /* u16 src: to the echo port */
	OP_ROOM,    /* u8 buffers for the device */
	OP_RESET,
	OP_TAKE,    /* u8 messages of the device's are consumed */
	OP_NUM
};

static size_t take_bytes(struct fuzz_input *in, uint8_t *dst, size_t size)
{
	size_t want = (size_t)fuzz_take(in, 2), len = want < size ? want : size;

	if (len > in->size)
		len = in->size;
	memcpy(dst, in->data, len);
	in->data += len;
	in->size -= len;
	return len;
}

static void push_control(struct tee_virtio_dev *v, uint32_t src, uint32_t type, const void *body,
			 size_t len)
{
	struct tipc_ctrl_msg ctrl = { .type = type, .body_len = (uint32_t)len };
	uint8_t msg[600];

	memcpy(msg, &ctrl, sizeof(ctrl));
	memcpy(msg + sizeof(ctrl), body, len);
	fake_virtio_push(v, src, TIPC_CTRL_ADDR, msg, sizeof(ctrl) + len);
}

static void run(struct tee_vm *vm, struct fuzz_input *in)
{
	static const char echo[TIPC_MAX_SRV_NAME_LEN] = "com.android.ipc-unittest.srv.echo";
	struct tee_virtio_dev *v = vm->dev;
	uint8_t buf[5000];
	struct tipc_msg_hdr hdr;
	uint32_t src, dst, n;

	switch ((enum op)(fuzz_take(in, 1) % OP_NUM)) {
	case OP_RAW:
		fake_virtio_push_raw(v, buf, take_bytes(in, buf, sizeof(buf)));
		break;
	case OP_MESSAGE:
		src = (uint32_t)fuzz_take(in, 2);
		dst = (uint32_t)fuzz_take(in, 2);
		fake_virtio_push(v, src, dst, buf, take_bytes(in, buf, 4080));
		break;
	case OP_CONTROL:
		src = (uint32_t)fuzz_take(in, 2);
		n = (uint32_t)fuzz_take(in, 1);
		push_control(v, src, n, buf, take_bytes(in, buf, 512));
		break;
	case OP_CONNECT:
		push_control(v, (uint32_t)fuzz_take(in, 2), TIPC_CTRL_CONN_REQ, echo, sizeof(echo));
		break;
	case OP_ROOM:
		v->room = (unsigned int)fuzz_take(in, 1);
		break;
	case OP_RESET:
		tipc_dev_virtio_ops.reset(vm->tipc);
		vm->dropped = false;
		tipc_dev_virtio_ops.ready(vm->tipc);
		break;
	case OP_TAKE:
		for (n = (uint32_t)fuzz_take(in, 1); n; n--)
			fake_virtio_pop(v, &hdr, buf, sizeof(buf));
		break;
	case OP_NUM:
		break;
	}
}

static void check(const struct tee_vm *vm)
{
	unsigned int i, used = 0;

	for (i = 0; i < TIPC_TEE_ADDR_MAX; i++)
		used += vm->tipc->ept[i].state != TIPC_EPT_FREE;
	FUZZ_ASSERT(used == tipc_dev_num_endpoints(vm->tipc));
	FUZZ_ASSERT(vm->tipc->num_held <= TIPC_DEV_MAX_HELD);
	FUZZ_ASSERT(!vm->tipc->stuck || vm->tipc->stuck->state != TIPC_EPT_FREE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { .data = data, .size = size };
	struct tee_world *w = fake_world_create();
	struct tee_vm *vm = fake_vm_create(w, 1, 0);
	struct ipc_echo *echo;
	unsigned int i;

	FUZZ_ASSERT(!ipc_echo_create(w->ipc, &echo));
	FUZZ_ASSERT(!tipc_dev_create(vm, &vm->tipc));
	vm->dev = fake_virtio_create();
	vm->dev->room = 64;
	tipc_dev_virtio_ops.ready(vm->tipc);
	for (i = 0; i < MAX_STEPS && in.size; i++) {
		run(vm, &in);
		tipc_dev_virtio_ops.rx(vm->tipc);
		ipc_dispatch(w->ipc);
		check(vm);
	}
	tipc_dev_destroy(vm->tipc);
	fake_virtio_destroy(vm->dev);
	ipc_dispatch(w->ipc);
	ipc_echo_destroy(echo);
	fake_world_destroy(w);
	return 0;
}
