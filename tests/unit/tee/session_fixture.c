/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "session_fixture.h"

#include <stdlib.h>
#include <string.h>

void ctx_connect(struct fixture *f, struct ctx *c, struct tee_vm *vm)
{
	if (!c->task)
		c->task = ipc_task_create(f->w->ipc, (const uint8_t[16]){ 0 }, vm);
	c->h = ipc_connect(c->task, MIPSTEE_PORT, IPC_CONNECT_ASYNC);
	assert_true(c->h > 0);
	fake_world_serve(f->w);
}

int session_setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	f->w = fake_world_create();
	fake_ta_init(&f->ta, f->w);
	f->vm = fake_vm_create(f->w, 1, SHM_SIZE);
	f->vm2 = fake_vm_create(f->w, 2, SHM_SIZE);
	assert_int_equal(session_manager_create(f->w, &f->w->sessions), 0);
	ctx_connect(f, &f->a, f->vm);
	ctx_connect(f, &f->b, f->vm);
	ctx_connect(f, &f->other, f->vm2);
	*state = f;
	return 0;
}

void run_threads(struct fixture *f, unsigned int num)
{
	f->threads = true;
	fake_world_run(f->w, num);
}

int session_teardown(void **state)
{
	struct fixture *f = *state;

	fake_ta_release(&f->ta);
	ipc_task_destroy(f->a.task);
	ipc_task_destroy(f->b.task);
	ipc_task_destroy(f->other.task);
	session_vm_gone(f->w->sessions, f->vm);
	session_vm_gone(f->w->sessions, f->vm2);
	if (f->threads)
		fake_world_stop(f->w);
	f->w->stopping = false;
	fake_world_serve(f->w);
	session_manager_destroy(f->w->sessions);
	assert_int_equal(f->ta.instances, 0);
	assert_int_equal(f->ta.images, 0);
	assert_int_equal(f->ta.running, 0);
	world_event_destroy(&f->ta.event);
	fake_world_destroy(f->w);
	free(f);
	return 0;
}

struct mipstee_msg message(struct fixture *f, uint32_t cmd)
{
	struct mipstee_msg m = { .hdr = { MIPSTEE_MAGIC, ++f->tag }, .arg = { .cmd = cmd } };

	return m;
}

void post_len(struct fixture *f, struct ctx *c, struct mipstee_msg *m, size_t len)
{
	struct ipc_iov iov = { .base = m, .len = len };

	assert_int_equal(ipc_send_msg(c->task, c->h, &iov, 1), (int)len);
	if (!f->threads)
		fake_world_serve(f->w);
}

void post(struct fixture *f, struct ctx *c, struct mipstee_msg *m)
{
	post_len(f, c, m, message_len(m->arg.num_params));
}

struct mipstee_msg answer_of(struct fixture *f, struct ctx *c)
{
	struct mipstee_msg m;
	struct ipc_iov iov = { .base = &m, .len = sizeof(m) };
	struct ipc_msg_info info;
	unsigned int i;

	for (i = 0; ipc_get_msg(c->task, c->h, &info); i++) {
		assert_true(f->threads && i < 20000);
		fake_world_nap(f->w);
	}
	memset(&m, 0, sizeof(m));
	ipc_read_msg(c->task, c->h, info.id, 0, &iov, 1);
	ipc_put_msg(c->task, c->h, info.id);
	assert_int_equal(m.hdr.magic, MIPSTEE_MAGIC);
	assert_int_equal(info.len, message_len(m.arg.num_params));
	return m;
}

void call(struct fixture *f, struct ctx *c, struct mipstee_msg *m)
{
	uint32_t tag = m->hdr.data_tag;

	post(f, c, m);
	*m = answer_of(f, c);
	assert_int_equal(m->hdr.data_tag, tag);
}

void expect_none(struct fixture *f, struct ctx *c)
{
	struct ipc_msg_info info;

	(void)f;
	assert_int_equal(ipc_get_msg(c->task, c->h, &info), ERR_NO_MSG);
}

void expect_bad(struct fixture *f, unsigned int num)
{
	assert_int_equal(f->w->counters.bad_messages - f->bad, num);
	f->bad = f->w->counters.bad_messages;
}

struct mipstee_msg open_message(struct fixture *f, uint8_t uuid)
{
	struct mipstee_msg m = message(f, MIPSTEE_CMD_OPEN_SESSION);

	m.arg.num_params = 2;
	m.param[0].attr = MIPSTEE_ATTR_META | MIPSTEE_ATTR_VALUE_IN;
	m.param[0].u.value.a = uuid;
	m.param[1].attr = MIPSTEE_ATTR_META | MIPSTEE_ATTR_VALUE_IN;
	return m;
}

uint32_t open_as(struct fixture *f, struct ctx *c, uint8_t uuid)
{
	struct mipstee_msg m = open_message(f, uuid);

	call(f, c, &m);
	assert_int_equal(m.arg.ret, TEE_SUCCESS);
	assert_int_equal(m.arg.ret_origin, TEE_ORIGIN_TRUSTED_APP);
	assert_int_not_equal(m.arg.session, 0);
	return m.arg.session;
}

void expect_open(struct fixture *f, struct ctx *c, uint8_t uuid, uint32_t res, uint32_t origin)
{
	struct mipstee_msg m = open_message(f, uuid);

	call(f, c, &m);
	assert_int_equal(m.arg.ret, res);
	assert_int_equal(m.arg.ret_origin, origin);
	assert_int_equal(m.arg.session, 0);
}

struct mipstee_msg invoke_message(struct fixture *f, uint32_t session, uint32_t cmd)
{
	struct mipstee_msg m = message(f, MIPSTEE_CMD_INVOKE_COMMAND);

	m.arg.session = session;
	m.arg.func = cmd;
	m.arg.cancel_id = f->tag;
	return m;
}

void expect_invoke(struct fixture *f, struct ctx *c, uint32_t session, uint32_t cmd,
		   uint32_t res, uint32_t origin)
{
	struct mipstee_msg m = invoke_message(f, session, cmd);

	call(f, c, &m);
	assert_int_equal(m.arg.ret, res);
	assert_int_equal(m.arg.ret_origin, origin);
}

void works(struct fixture *f, struct ctx *c, uint32_t session)
{
	expect_invoke(f, c, session, FAKE_CMD_NOP, TEE_SUCCESS, TEE_ORIGIN_TRUSTED_APP);
}

uint32_t close_as(struct fixture *f, struct ctx *c, uint32_t session)
{
	struct mipstee_msg m = message(f, MIPSTEE_CMD_CLOSE_SESSION);

	m.arg.session = session;
	call(f, c, &m);
	return m.arg.ret;
}

void cancel(struct fixture *f, struct ctx *c, uint32_t session, uint32_t cancel_id)
{
	struct mipstee_msg m = message(f, MIPSTEE_CMD_CANCEL);

	m.arg.session = session;
	m.arg.cancel_id = cancel_id;
	post(f, c, &m);
}

void until(struct fixture *f, const unsigned int *counter, unsigned int value)
{
	assert_true(fake_world_until(f->w, counter, value));
}

void hang_up(struct fixture *f, struct ctx *c)
{
	ipc_close(c->task, c->h);
	if (!f->threads)
		fake_world_serve(f->w);
}

uint32_t register_as(struct fixture *f, struct ctx *c, uint64_t gpa, uint64_t size, uint64_t ref)
{
	struct mipstee_msg m = message(f, MIPSTEE_CMD_REGISTER_SHM);

	m.arg.num_params = 1;
	m.param[0].attr = MIPSTEE_ATTR_TMEM_INOUT;
	m.param[0].u.tmem.buf_ptr = gpa;
	m.param[0].u.tmem.size = size;
	m.param[0].u.tmem.shm_ref = ref;
	call(f, c, &m);
	return m.arg.ret;
}

uint32_t unregister_as(struct fixture *f, struct ctx *c, uint64_t ref)
{
	struct mipstee_msg m = message(f, MIPSTEE_CMD_UNREGISTER_SHM);

	m.arg.num_params = 1;
	m.param[0].attr = MIPSTEE_ATTR_RMEM_INOUT;
	m.param[0].u.rmem.shm_ref = ref;
	call(f, c, &m);
	return m.arg.ret;
}
