/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * The session manager under hostile clients: mipstee messages of any content on the channels of two VMs,
 * answers that aren't taken, channels and VMs that go.
 * Input: steps of an op byte and its operands, see run().
 */
#include <string.h>

#include "fuzz/target.h"
#include "tee/ipc/ipc.h"
#include "tee/session/manager.h"
#include "tests/unit/tee/fake_ta.h"
#include "tests/unit/tee/fake_world.h"

#define MAX_STEPS 400u
#define NUM_CHANS 4u

enum op {
	OP_RAW,     /* u8 channel, u16 length, bytes */
	OP_MESSAGE, /* u8 channel, u8 cmd, u8 func, u8 session, u8 num, num parameters of 4 numbers */
	OP_TAKE,    /* u8 channel, u8 answers are taken */
	OP_RECONNECT, /* u8 channel */
	OP_FLAGS,   /* u16 flags of the TA, u8 what its load gives */
	OP_VM_GONE, /* u8 VM */
	OP_NUM
};

struct env {
	struct tee_world *w;
	struct fake_ta ta;
	struct tee_vm *vm[2];
	struct ipc_task *task[NUM_CHANS];
	ipc_handle_t chan[NUM_CHANS];
};

static void reconnect(struct env *e, unsigned int i)
{
	ipc_close(e->task[i], e->chan[i]);
	e->chan[i] = ipc_connect(e->task[i], MIPSTEE_PORT, IPC_CONNECT_ASYNC);
}

static void send_raw(struct env *e, struct fuzz_input *in)
{
	unsigned int i = (unsigned int)fuzz_take(in, 1) % NUM_CHANS;
	size_t len = (size_t)fuzz_take(in, 2) % MIPSTEE_MAX_MSG;
	uint8_t buf[MIPSTEE_MAX_MSG];
	struct ipc_iov iov;

	len = len < in->size ? len : in->size;
	memcpy(buf, in->data, len);
	in->data += len;
	in->size -= len;
	iov = (struct ipc_iov){ .base = buf, .len = len };
	ipc_send_msg(e->task[i], e->chan[i], &iov, 1);
}

/* Small numbers, their negatives and attributes are what the checks turn on. */
static uint64_t number(struct fuzz_input *in)
{
	uint64_t v = fuzz_take(in, 2);

	return v & 0x8000 ? (uint64_t)-(int64_t)(v & 0x7fff) : v;
}

static void send_message(struct env *e, struct fuzz_input *in)
{
	unsigned int i = (unsigned int)fuzz_take(in, 1) % NUM_CHANS, p;
	struct mipstee_msg m = { .hdr = { MIPSTEE_MAGIC, 1 } };
	struct ipc_iov iov = { .base = &m };

	m.arg.cmd = (uint32_t)fuzz_take(in, 1);
	/* Nobody would ever end what blocks. */
	m.arg.func = (uint32_t)fuzz_take(in, 1);
	if (m.arg.func == FAKE_CMD_BLOCK || m.arg.func == FAKE_CMD_SPIN)
		m.arg.func = FAKE_CMD_INC;
	m.arg.session = (uint32_t)fuzz_take(in, 1);
	m.arg.num_params = (uint32_t)fuzz_take(in, 1) % (MIPSTEE_MAX_PARAMS + 1);
	for (p = 0; p < m.arg.num_params; p++) {
		m.param[p].attr = number(in);
		m.param[p].u.value.a = number(in);
		m.param[p].u.value.b = number(in);
		m.param[p].u.value.c = number(in);
	}
	iov.len = message_len(m.arg.num_params);
	ipc_send_msg(e->task[i], e->chan[i], &iov, 1);
}

static void take_answers(struct env *e, struct fuzz_input *in)
{
	unsigned int i = (unsigned int)fuzz_take(in, 1) % NUM_CHANS;
	uint64_t n;

	for (n = fuzz_take(in, 1); n; n--) {
		struct ipc_msg_info info;
		struct mipstee_msg m;
		struct ipc_iov iov = { .base = &m, .len = sizeof(m) };

		if (ipc_get_msg(e->task[i], e->chan[i], &info))
			return;
		FUZZ_ASSERT(info.len >= MESSAGE_MIN && info.len <= sizeof(m));
		ipc_read_msg(e->task[i], e->chan[i], info.id, 0, &iov, 1);
		ipc_put_msg(e->task[i], e->chan[i], info.id);
		FUZZ_ASSERT(m.hdr.magic == MIPSTEE_MAGIC);
		FUZZ_ASSERT(info.len == message_len(m.arg.num_params));
	}
}

static void set_flags(struct env *e, struct fuzz_input *in)
{
	e->ta.flags = (uint32_t)fuzz_take(in, 2);
	e->ta.load_rc = -(int)(fuzz_take(in, 1) % 16);
}

static void run(struct env *e, struct fuzz_input *in)
{
	switch ((enum op)(fuzz_take(in, 1) % OP_NUM)) {
	case OP_RAW:
		send_raw(e, in);
		break;
	case OP_MESSAGE:
		send_message(e, in);
		break;
	case OP_TAKE:
		take_answers(e, in);
		break;
	case OP_RECONNECT:
		reconnect(e, (unsigned int)fuzz_take(in, 1) % NUM_CHANS);
		break;
	case OP_FLAGS:
		set_flags(e, in);
		break;
	case OP_VM_GONE:
		session_vm_gone(e->w->sessions, e->vm[fuzz_take(in, 1) % 2]);
		break;
	case OP_NUM:
		break;
	}
}

static void check(const struct env *e)
{
	unsigned int i;

	for (i = 0; i < 2; i++) {
		const struct session_vm *sv = e->vm[i]->session_data;

		if (!sv)
			continue;
		FUZZ_ASSERT(sv->num_sessions <= world_limits(sv->sm->world)->sessions_per_vm);
		FUZZ_ASSERT(sv->num_shm <= SESSION_MAX_SHM_PER_VM);
		FUZZ_ASSERT(sv->num_calls <=
			    world_limits(sv->sm->world)->calls_per_vm + NUM_CHANS);
	}
	FUZZ_ASSERT(!e->ta.running);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { .data = data, .size = size };
	struct env e = { .w = fake_world_create() };
	unsigned int i;

	fake_ta_init(&e.ta, e.w);
	FUZZ_ASSERT(!session_manager_create(e.w, &e.w->sessions));
	for (i = 0; i < 2; i++)
		e.vm[i] = fake_vm_create(e.w, i + 1, 8192);
	for (i = 0; i < NUM_CHANS; i++) {
		e.task[i] = ipc_task_create(e.w->ipc, (const uint8_t[16]){ 0 }, e.vm[i % 2]);
		reconnect(&e, i);
	}
	e.ta.release = true;
	for (i = 0; i < MAX_STEPS && in.size; i++) {
		run(&e, &in);
		fake_world_serve(e.w);
		check(&e);
	}
	for (i = 0; i < NUM_CHANS; i++)
		ipc_task_destroy(e.task[i]);
	for (i = 0; i < 2; i++)
		session_vm_gone(e.w->sessions, e.vm[i]);
	fake_world_serve(e.w);
	session_manager_destroy(e.w->sessions);
	FUZZ_ASSERT(!e.ta.instances && !e.ta.images);
	fake_world_destroy(e.w);
	return 0;
}
