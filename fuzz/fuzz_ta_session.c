/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * The session manager under a hostile TA: system calls of range MAILBOX_SYSCALL_SESSION with any
 * content, to other TAs, to itself and to a pseudo-TA that answers anything.
 * Input: system calls, each made by a TA that a client invokes, see make(); a TA that is called makes
 * the next one. When it runs out no more are made.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/target.h"
#include "tee/ipc/ipc.h"
#include "tee/session/manager.h"
#include "tee/session/result.h"
#include "tests/unit/tee/fake_ta.h"
#include "tests/unit/tee/fake_world.h"
#include "wire/ta_session.h"

#define MAX_CALLS 100u
#define PSEUDO_UUID 9u
#define NUM_UUIDS 4u /* of TAs, from 1 on; beyond them the pseudo-TA's */
/* A wait in which nothing moves any more is given up as a world that stops would. */
#define MAX_WAITS 300u

struct env {
	struct fuzz_input in;
	struct tee_world *w;
	struct fake_ta ta;
	struct tee_vm *vm;
	struct ipc_task *task;
	ipc_handle_t chan;
	uint8_t *area;
	uint32_t session;
	unsigned int calls, waits;
};

/* Ten bits anywhere in a word: small numbers, sizes and what is out of all bounds. */
static uint64_t number(struct fuzz_input *in)
{
	uint64_t v = fuzz_take(in, 2);

	return v >> 6 << (v & 63);
}

/* u8 number of the call, u8 session, u8 command, u16 time-out, u8 flags, u8 UUID, parameters. */
static bool make(void *data, struct ta_syscall *sc)
{
	struct env *e = data;
	struct ta_session_msg msg = { .uuid = { 0 } };
	unsigned int i;
	uint8_t uuid;

	if (!e->in.size || e->calls++ >= MAX_CALLS)
		return false;
	e->waits = 0;
	sc->shm_area = e->area;
	sc->nr = MAILBOX_SYSCALL_SESSION + (uint32_t)fuzz_take(&e->in, 1) % 4;
	sc->arg[TA_SESSION_ARG_ID] = fuzz_take(&e->in, 1);
	sc->arg[TA_SESSION_ARG_CMD] = fuzz_take(&e->in, 1);
	/* Nobody would ever end it. */
	if (sc->arg[TA_SESSION_ARG_CMD] == FAKE_CMD_SPIN)
		sc->arg[TA_SESSION_ARG_CMD] = FAKE_CMD_SYSCALL;
	sc->arg[TA_SESSION_ARG_TIMEOUT] = fuzz_take(&e->in, 2) == 1 ? 0 : TA_SESSION_NO_TIMEOUT;
	sc->arg[TA_SESSION_ARG_FLAGS] = fuzz_take(&e->in, 1);
	uuid = (uint8_t)(fuzz_take(&e->in, 1) % (NUM_UUIDS + 1));
	msg.uuid[0] = uuid < NUM_UUIDS ? (uint8_t)(uuid + 1) : PSEUDO_UUID;
	for (i = 0; i < MAILBOX_NUM_PARAMS; i++) {
		msg.param[i].type = (uint32_t)fuzz_take(&e->in, 1) % 9;
		msg.param[i].a = number(&e->in);
		msg.param[i].b = number(&e->in);
	}
	memcpy(e->area, &msg, sizeof(msg));
	return true;
}

static void made(void *data, struct ta_syscall *sc, uint32_t result)
{
	const struct ta_session_msg *msg = (const void *)((struct env *)data)->area;
	unsigned int i;

	(void)result;
	if (sc->nr == TA_SESSION_OPEN || sc->nr == TA_SESSION_INVOKE)
		FUZZ_ASSERT(sc->arg[TA_SESSION_ARG_ORIGIN] <= TEE_ORIGIN_TRUSTED_APP);
	for (i = 0; i < MAILBOX_NUM_PARAMS; i++)
		FUZZ_ASSERT(msg->param[i].type < 9);
}

/* The pseudo-TA: sizes and values as the input has them, and a byte at the end of each buffer. */
static uint32_t pseudo_invoke(void *data, void *ctx, struct ta_call *call)
{
	struct env *e = data;
	unsigned int i;

	(void)ctx;
	for (i = 0; i < TA_NUM_PARAMS; i++) {
		struct ta_param *p = &call->param[i];
		uint8_t byte = 0x55;

		if (p->type < 5) {
			p->u.value.a = (uint32_t)fuzz_take(&e->in, 1);
			continue;
		}
		if (p->u.memref.mem && p->u.memref.size)
			FUZZ_ASSERT(!vm_mem_copy_to(p->u.memref.mem,
						    p->u.memref.offset + p->u.memref.size - 1,
						    &byte, 1));
		p->u.memref.size = number(&e->in) & MAILBOX_MAX_MEMREF;
	}
	return (uint32_t)fuzz_take(&e->in, 1);
}

static uint32_t pseudo_open(void *data, struct ta_call *call, void **ctx)
{
	return pseudo_invoke(data, *ctx, call);
}

static const struct pseudo_ta_ops pseudo_ops = {
	.open = pseudo_open,
	.invoke = pseudo_invoke,
};

/* Who waits does the others' work. */
static int on_wait(void *data)
{
	struct env *e = data;

	if (e->waits++ > MAX_WAITS)
		return -ECANCELED;
	fake_world_serve(e->w);
	return 0;
}

static void send(struct env *e, struct mipstee_msg *m)
{
	struct ipc_iov iov = { .base = m, .len = message_len(m->arg.num_params) };
	struct ipc_msg_info info;
	unsigned int i;

	ipc_send_msg(e->task, e->chan, &iov, 1);
	for (i = 0; i < 4; i++)
		fake_world_serve(e->w);
	iov.len = sizeof(*m);
	while (!ipc_get_msg(e->task, e->chan, &info)) {
		ipc_read_msg(e->task, e->chan, info.id, 0, &iov, 1);
		ipc_put_msg(e->task, e->chan, info.id);
	}
}

/* The client's: a session with the first TA, anew when that has died. */
static void call_ta(struct env *e)
{
	struct mipstee_msg m = { .hdr = { MIPSTEE_MAGIC, 1 } };

	if (!e->session) {
		m.arg.cmd = MIPSTEE_CMD_OPEN_SESSION;
		m.arg.num_params = 2;
		m.param[0].attr = MIPSTEE_ATTR_META | MIPSTEE_ATTR_VALUE_IN;
		m.param[0].u.value.a = 1;
		m.param[1].attr = MIPSTEE_ATTR_META | MIPSTEE_ATTR_VALUE_IN;
		send(e, &m);
		e->session = m.arg.session;
		return;
	}
	m.arg.cmd = MIPSTEE_CMD_INVOKE_COMMAND;
	m.arg.session = e->session;
	m.arg.func = FAKE_CMD_SYSCALL;
	send(e, &m);
	if (m.arg.ret == TEE_ERROR_TARGET_DEAD)
		e->session = 0;
}

static void env_init(struct env *e)
{
	static const uint8_t pseudo[16] = { PSEUDO_UUID };

	e->area = calloc(1, TA_SYSCALL_SIZE);
	FUZZ_ASSERT(e->area);
	e->w = fake_world_create();
	fake_ta_init(&e->ta, e->w);
	e->ta.flags = (uint32_t)fuzz_take(&e->in, 2);
	e->ta.release = true;
	e->ta.make_syscall = make;
	e->ta.syscall_made = made;
	e->ta.syscall_data = e;
	FUZZ_ASSERT(!session_manager_create(e->w, &e->w->sessions));
	FUZZ_ASSERT(!pseudo_ta_add(e->w->sessions, pseudo, &pseudo_ops, e));
	e->vm = fake_vm_create(e->w, 1, 8192);
	e->task = ipc_task_create(e->w->ipc, (const uint8_t[16]){ 0 }, e->vm);
	e->chan = ipc_connect(e->task, MIPSTEE_PORT, IPC_CONNECT_ASYNC);
	e->w->on_wait = on_wait;
	e->w->on_wait_data = e;
}

static void env_exit(struct env *e)
{
	ipc_task_destroy(e->task);
	session_vm_gone(e->w->sessions, e->vm);
	fake_world_serve(e->w);
	session_manager_destroy(e->w->sessions);
	FUZZ_ASSERT(!e->ta.instances && !e->ta.images && !e->ta.running);
	world_event_destroy(&e->ta.event);
	fake_world_destroy(e->w);
	free(e->area);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct env e = { .in = { data, size } };
	unsigned int i;

	env_init(&e);
	for (i = 0; i < 2 * MAX_CALLS && e.in.size && e.calls < MAX_CALLS; i++)
		call_ta(&e);
	env_exit(&e);
	return 0;
}
