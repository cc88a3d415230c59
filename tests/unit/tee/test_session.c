/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fake_ta.h"
#include "fake_world.h"
#include "lib/uuid.h"
#include "tee/ipc/ipc.h"
#include "tee/session/manager.h"
#include "tee/session/result.h"
#include "tee/session/session.h"
#include "wire/mipstee.h"

#define SHM_SIZE 8192u
#define SHARED (TA_FLAG_SINGLE_INSTANCE | TA_FLAG_MULTI_SESSION)

/* One client context: a channel of a VM's. */
struct ctx {
	struct ipc_task *task;
	ipc_handle_t h;
};

struct fixture {
	struct tee_world *w;
	struct fake_ta ta;
	struct tee_vm *vm, *vm2;
	struct ctx a, b, other; /* two of one VM, one of another */
	uint32_t tag;
	uint64_t bad;
	bool threads;
};

static void ctx_connect(struct fixture *f, struct ctx *c, struct tee_vm *vm)
{
	if (!c->task)
		c->task = ipc_task_create(f->w->ipc, (const uint8_t[16]){ 0 }, vm);
	c->h = ipc_connect(c->task, MIPSTEE_PORT, IPC_CONNECT_ASYNC);
	assert_true(c->h > 0);
	fake_world_serve(f->w);
}

static int setup(void **state)
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

static void run_threads(struct fixture *f, unsigned int num)
{
	f->threads = true;
	fake_world_run(f->w, num);
}

static int teardown(void **state)
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

static struct mipstee_msg message(struct fixture *f, uint32_t cmd)
{
	struct mipstee_msg m = { .hdr = { MIPSTEE_MAGIC, ++f->tag }, .arg = { .cmd = cmd } };

	return m;
}

static void post_len(struct fixture *f, struct ctx *c, struct mipstee_msg *m, size_t len)
{
	struct ipc_iov iov = { .base = m, .len = len };

	assert_int_equal(ipc_send_msg(c->task, c->h, &iov, 1), (int)len);
	if (!f->threads)
		fake_world_serve(f->w);
}

static void post(struct fixture *f, struct ctx *c, struct mipstee_msg *m)
{
	post_len(f, c, m, message_len(m->arg.num_params));
}

/* Next answer; it must come. */
static struct mipstee_msg answer_of(struct fixture *f, struct ctx *c)
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

static void call(struct fixture *f, struct ctx *c, struct mipstee_msg *m)
{
	uint32_t tag = m->hdr.data_tag;

	post(f, c, m);
	*m = answer_of(f, c);
	assert_int_equal(m->hdr.data_tag, tag);
}

static void expect_none(struct fixture *f, struct ctx *c)
{
	struct ipc_msg_info info;

	(void)f;
	assert_int_equal(ipc_get_msg(c->task, c->h, &info), ERR_NO_MSG);
}

static void expect_bad(struct fixture *f, unsigned int num)
{
	assert_int_equal(f->w->counters.bad_messages - f->bad, num);
	f->bad = f->w->counters.bad_messages;
}

static struct mipstee_msg open_message(struct fixture *f, uint8_t uuid)
{
	struct mipstee_msg m = message(f, MIPSTEE_CMD_OPEN_SESSION);

	m.arg.num_params = 2;
	m.param[0].attr = MIPSTEE_ATTR_META | MIPSTEE_ATTR_VALUE_IN;
	m.param[0].u.value.a = uuid;
	m.param[1].attr = MIPSTEE_ATTR_META | MIPSTEE_ATTR_VALUE_IN;
	return m;
}

static uint32_t open_as(struct fixture *f, struct ctx *c, uint8_t uuid)
{
	struct mipstee_msg m = open_message(f, uuid);

	call(f, c, &m);
	assert_int_equal(m.arg.ret, TEE_SUCCESS);
	assert_int_equal(m.arg.ret_origin, TEE_ORIGIN_TRUSTED_APP);
	assert_int_not_equal(m.arg.session, 0);
	return m.arg.session;
}

static void expect_open(struct fixture *f, struct ctx *c, uint8_t uuid, uint32_t res, uint32_t origin)
{
	struct mipstee_msg m = open_message(f, uuid);

	call(f, c, &m);
	assert_int_equal(m.arg.ret, res);
	assert_int_equal(m.arg.ret_origin, origin);
	assert_int_equal(m.arg.session, 0);
}

static struct mipstee_msg invoke_message(struct fixture *f, uint32_t session, uint32_t cmd)
{
	struct mipstee_msg m = message(f, MIPSTEE_CMD_INVOKE_COMMAND);

	m.arg.session = session;
	m.arg.func = cmd;
	m.arg.cancel_id = f->tag;
	return m;
}

static void expect_invoke(struct fixture *f, struct ctx *c, uint32_t session, uint32_t cmd,
			  uint32_t res, uint32_t origin)
{
	struct mipstee_msg m = invoke_message(f, session, cmd);

	call(f, c, &m);
	assert_int_equal(m.arg.ret, res);
	assert_int_equal(m.arg.ret_origin, origin);
}

static void works(struct fixture *f, struct ctx *c, uint32_t session)
{
	expect_invoke(f, c, session, FAKE_CMD_NOP, TEE_SUCCESS, TEE_ORIGIN_TRUSTED_APP);
}

static uint32_t close_as(struct fixture *f, struct ctx *c, uint32_t session)
{
	struct mipstee_msg m = message(f, MIPSTEE_CMD_CLOSE_SESSION);

	m.arg.session = session;
	call(f, c, &m);
	return m.arg.ret;
}

static void cancel(struct fixture *f, struct ctx *c, uint32_t session, uint32_t cancel_id)
{
	struct mipstee_msg m = message(f, MIPSTEE_CMD_CANCEL);

	m.arg.session = session;
	m.arg.cancel_id = cancel_id;
	post(f, c, &m);
}

static void until(struct fixture *f, const unsigned int *counter, unsigned int value)
{
	assert_true(fake_world_until(f->w, counter, value));
}

static void test_open_invoke_close(void **state)
{
	struct fixture *f = *state;
	uint32_t s = open_as(f, &f->a, 1), t;
	struct mipstee_msg m = invoke_message(f, s, FAKE_CMD_INC);

	m.arg.num_params = 4;
	m.param[0].attr = MIPSTEE_ATTR_VALUE_INOUT;
	m.param[0].u.value.a = 41;
	m.param[0].u.value.b = UINT32_MAX;
	m.param[0].u.value.c = 99;
	m.param[1].attr = MIPSTEE_ATTR_VALUE_IN;
	m.param[1].u.value.a = 5;
	m.param[2].attr = MIPSTEE_ATTR_NONE;
	m.param[3].attr = MIPSTEE_ATTR_TMEM_OUT;
	m.param[3].u.tmem.buf_ptr = 16;
	m.param[3].u.tmem.size = 100;
	call(f, &f->a, &m);
	assert_int_equal(m.arg.ret, TEE_SUCCESS);
	assert_int_equal(m.param[0].u.value.a, 42);
	assert_int_equal(m.param[0].u.value.b, 0);
	assert_int_equal(m.param[0].u.value.c, 99);
	assert_int_equal(m.param[1].u.value.a, 5);
	assert_int_equal(m.param[3].u.tmem.size, 7);
	assert_int_equal(m.param[3].u.tmem.buf_ptr, 16);
	assert_int_equal(f->ta.last.session, s);
	assert_int_equal(f->ta.last.param[3].u.memref.offset, 16);
	assert_true(f->ta.last_pool);
	t = open_as(f, &f->a, 1);
	assert_int_not_equal(s, t);
	assert_int_equal(f->ta.instances, 2); /* multi-instance */
	assert_int_equal(f->ta.images, 1);
	assert_int_equal(close_as(f, &f->a, s), TEE_SUCCESS);
	assert_int_equal(close_as(f, &f->a, t), TEE_SUCCESS);
	assert_int_equal(f->ta.instances, 0);
	assert_int_equal(f->ta.images, 0);
	assert_int_equal(f->ta.calls[TA_ENTRY_CREATE], 2);
	assert_int_equal(f->ta.calls[TA_ENTRY_DESTROY], 2);
	assert_int_equal(f->ta.calls[TA_ENTRY_CLOSE_SESSION], 2);
	assert_int_not_equal(open_as(f, &f->a, 1), s);
	assert_int_equal(f->ta.loads, 2);
	expect_bad(f, 0);
}

static void test_unknown_sessions(void **state)
{
	struct fixture *f = *state;
	uint32_t s = open_as(f, &f->a, 1), ids[] = { 0, s + 1, UINT32_MAX };
	unsigned int i;

	for (i = 0; i < 3; i++) {
		expect_invoke(f, &f->a, ids[i], 0, TEE_ERROR_BAD_PARAMETERS, TEE_ORIGIN_TEE);
		assert_int_equal(close_as(f, &f->a, ids[i]), TEE_ERROR_ITEM_NOT_FOUND);
		cancel(f, &f->a, ids[i], 1);
	}
	/* Another context's, another VM's. */
	expect_invoke(f, &f->b, s, 0, TEE_ERROR_BAD_PARAMETERS, TEE_ORIGIN_TEE);
	expect_invoke(f, &f->other, s, 0, TEE_ERROR_BAD_PARAMETERS, TEE_ORIGIN_TEE);
	assert_int_equal(close_as(f, &f->other, s), TEE_ERROR_ITEM_NOT_FOUND);
	assert_int_equal(close_as(f, &f->a, s), TEE_SUCCESS);
	assert_int_equal(close_as(f, &f->a, s), TEE_ERROR_ITEM_NOT_FOUND);
	expect_none(f, &f->a);
}

static void test_load_errors(void **state)
{
	struct fixture *f = *state;
	static const struct {
		int rc;
		uint32_t res;
	} cases[] = {
		{ -ENOENT, TEE_ERROR_ITEM_NOT_FOUND },	 { -ENOEXEC, TEE_ERROR_BAD_FORMAT },
		{ -ECONNRESET, TEE_ERROR_COMMUNICATION }, { -ETIMEDOUT, TEE_ERROR_COMMUNICATION },
		{ -ENOMEM, TEE_ERROR_OUT_OF_MEMORY },
	};
	unsigned int i;

	for (i = 0; i < 5; i++) {
		f->ta.load_rc = cases[i].rc;
		expect_open(f, &f->a, 1, cases[i].res, TEE_ORIGIN_TEE);
	}
	f->ta.load_rc = 0;
	f->ta.create_rc = -EAGAIN;
	expect_open(f, &f->a, 1, TEE_ERROR_OUT_OF_MEMORY, TEE_ORIGIN_TEE);
	f->ta.create_rc = 0;
	f->ta.create_result = FAKE_TA_ERROR;
	expect_open(f, &f->a, 1, FAKE_TA_ERROR, TEE_ORIGIN_TRUSTED_APP);
	assert_int_equal(f->ta.calls[TA_ENTRY_DESTROY], 0);
	f->ta.create_result = 0;
	open_as(f, &f->a, 1);
}

static void test_open_refused_by_ta(void **state)
{
	struct fixture *f = *state;
	struct mipstee_msg m;
	uint32_t value;

	for (value = 1; value <= 2; value++) {
		m = open_message(f, 1);
		m.arg.num_params = 3;
		m.param[2].attr = MIPSTEE_ATTR_VALUE_IN;
		m.param[2].u.value.a = value;
		call(f, &f->a, &m);
		assert_int_equal(m.arg.ret, value == 1 ? FAKE_TA_ERROR : TEE_ERROR_TARGET_DEAD);
		assert_int_equal(m.arg.ret_origin,
				 value == 1 ? TEE_ORIGIN_TRUSTED_APP : TEE_ORIGIN_TEE);
		assert_int_equal(m.arg.session, 0);
		assert_int_equal(f->ta.instances, 0);
	}
	/* DESTROY for the first, nothing more for the dead one. */
	assert_int_equal(f->ta.calls[TA_ENTRY_DESTROY], 1);
}

static void test_single_instance(void **state)
{
	struct fixture *f = *state;
	uint32_t s, t;

	f->ta.flags = TA_FLAG_SINGLE_INSTANCE;
	s = open_as(f, &f->a, 1);
	expect_open(f, &f->other, 1, TEE_ERROR_BUSY, TEE_ORIGIN_TEE);
	open_as(f, &f->other, 2);
	close_as(f, &f->a, s);
	t = open_as(f, &f->other, 1);
	works(f, &f->other, t);
}

static void test_shared_instance(void **state)
{
	struct fixture *f = *state;
	uint32_t s, t;

	f->ta.flags = SHARED;
	s = open_as(f, &f->a, 1);
	t = open_as(f, &f->other, 1);
	assert_int_equal(f->ta.instances, 1);
	works(f, &f->a, s);
	close_as(f, &f->a, s);
	assert_int_equal(f->ta.instances, 1);
	works(f, &f->other, t);
	close_as(f, &f->other, t);
	assert_int_equal(f->ta.instances, 0);
	f->ta.flags |= TA_FLAG_INSTANCE_KEEP_ALIVE;
	s = open_as(f, &f->a, 1);
	close_as(f, &f->a, s);
	assert_int_equal(f->ta.instances, 1);
	s = open_as(f, &f->a, 1);
	assert_int_equal(f->ta.creates, 2);
	/* In a call or in its sleep: a kept instance that dies is made anew. */
	expect_invoke(f, &f->a, s, FAKE_CMD_PANIC, TEE_ERROR_TARGET_DEAD, TEE_ORIGIN_TEE);
	t = open_as(f, &f->a, 1);
	works(f, &f->a, t);
	expect_invoke(f, &f->a, s, FAKE_CMD_NOP, TEE_ERROR_TARGET_DEAD, TEE_ORIGIN_TEE);
	close_as(f, &f->a, s);
	f->ta.all_dead = true;
	s = open_as(f, &f->a, 1);
	works(f, &f->a, s);
	expect_invoke(f, &f->a, t, FAKE_CMD_NOP, TEE_ERROR_TARGET_DEAD, TEE_ORIGIN_TEE);
	close_as(f, &f->a, s);
	close_as(f, &f->a, t);
	assert_int_equal(f->ta.instances, 1);
}

static void test_keep_crashed(void **state)
{
	struct fixture *f = *state;
	uint32_t s;

	f->ta.flags = SHARED | TA_FLAG_INSTANCE_KEEP_ALIVE | TA_FLAG_INSTANCE_KEEP_CRASHED;
	s = open_as(f, &f->a, 1);
	expect_invoke(f, &f->a, s, FAKE_CMD_PANIC, TEE_ERROR_TARGET_DEAD, TEE_ORIGIN_TEE);
	assert_int_equal(close_as(f, &f->a, s), TEE_SUCCESS);
	expect_open(f, &f->a, 1, TEE_ERROR_TARGET_DEAD, TEE_ORIGIN_TEE);
	assert_int_equal(f->ta.creates, 1);
}

/* A TA that there was no room for, or that refused once, hasn't crashed. */
static void test_stillborn(void **state)
{
	struct fixture *f = *state;

	f->ta.flags = SHARED | TA_FLAG_INSTANCE_KEEP_ALIVE | TA_FLAG_INSTANCE_KEEP_CRASHED;
	f->ta.create_rc = -EAGAIN;
	expect_open(f, &f->a, 1, TEE_ERROR_OUT_OF_MEMORY, TEE_ORIGIN_TEE);
	f->ta.create_rc = 0;
	f->ta.create_result = FAKE_TA_ERROR;
	expect_open(f, &f->a, 1, FAKE_TA_ERROR, TEE_ORIGIN_TRUSTED_APP);
	f->ta.create_result = TEE_SUCCESS;
	works(f, &f->a, open_as(f, &f->a, 1));
}

static void test_target_dead(void **state)
{
	struct fixture *f = *state;
	uint32_t s = open_as(f, &f->a, 1), t = open_as(f, &f->a, 1);

	expect_invoke(f, &f->a, s, FAKE_CMD_PANIC, TEE_ERROR_TARGET_DEAD, TEE_ORIGIN_TEE);
	expect_invoke(f, &f->a, s, FAKE_CMD_NOP, TEE_ERROR_TARGET_DEAD, TEE_ORIGIN_TEE);
	expect_invoke(f, &f->a, s, FAKE_CMD_NOP, TEE_ERROR_TARGET_DEAD, TEE_ORIGIN_TEE);
	works(f, &f->a, t);
	assert_int_equal(f->ta.instances, 1);
	assert_int_equal(close_as(f, &f->a, s), TEE_SUCCESS);
	expect_invoke(f, &f->a, s, FAKE_CMD_NOP, TEE_ERROR_BAD_PARAMETERS, TEE_ORIGIN_TEE);
}

static void login(struct fixture *f, uint32_t method, uint32_t gid, uint32_t res)
{
	struct mipstee_msg m = open_message(f, 1);

	m.param[1].u.value.a = gid;
	m.param[1].u.value.c = method;
	call(f, &f->a, &m);
	assert_int_equal(m.arg.ret, res);
	assert_int_equal(m.arg.ret_origin, res ? TEE_ORIGIN_TEE : TEE_ORIGIN_TRUSTED_APP);
	if (!res)
		assert_int_equal(f->ta.last.login, method);
}

static void test_login(void **state)
{
	struct fixture *f = *state;
	uint8_t uid_3e9[16], gid_7d1[16], gid_bb8[16], nil[16] = { 0 };
	struct mipstee_msg m;

	/* Version 5 in Linux's namespace of "uid=3e9", "gid=7d1" and "gid=bb8". */
	uuid_parse("a51aa430-d8bb-5880-9c5c-65ad1a49bb75", uid_3e9);
	uuid_parse("be5ef70c-c72f-5c37-bc8c-7d9afd960b70", gid_7d1);
	uuid_parse("1d400bb0-76ce-5756-8011-e48af5d5bbf7", gid_bb8);
	login(f, TEE_LOGIN_PUBLIC, 77, TEE_SUCCESS);
	assert_memory_equal(f->ta.last.client_uuid, nil, 16);
	login(f, TEE_LOGIN_USER, 77, TEE_SUCCESS);
	assert_memory_equal(f->ta.last.client_uuid, uid_3e9, 16);
	login(f, TEE_LOGIN_GROUP, 2001, TEE_SUCCESS);
	assert_memory_equal(f->ta.last.client_uuid, gid_7d1, 16);
	login(f, TEE_LOGIN_GROUP, 3000, TEE_SUCCESS);
	assert_memory_equal(f->ta.last.client_uuid, gid_bb8, 16);
	login(f, TEE_LOGIN_GROUP, 0, TEE_ERROR_ACCESS_DENIED);
	login(f, TEE_LOGIN_APPLICATION, 0, TEE_ERROR_NOT_IMPLEMENTED);
	login(f, TEE_LOGIN_APPLICATION_USER, 0, TEE_ERROR_NOT_IMPLEMENTED);
	login(f, TEE_LOGIN_APPLICATION_GROUP, 2001, TEE_ERROR_NOT_IMPLEMENTED);
	login(f, TEE_LOGIN_REE_KERNEL, 0, TEE_ERROR_ACCESS_DENIED);
	login(f, 3, 0, TEE_ERROR_BAD_PARAMETERS);
	login(f, 0xf0000000u, 0, TEE_ERROR_BAD_PARAMETERS);
	/* A guest kernel's word is taken. */
	f->vm->guest = true;
	login(f, TEE_LOGIN_APPLICATION, 0x01020304, TEE_SUCCESS);
	assert_int_equal(f->ta.last.client_uuid[0], 4);
	login(f, TEE_LOGIN_REE_KERNEL, 77, TEE_SUCCESS);
	assert_memory_equal(f->ta.last.client_uuid, nil, 16);
	login(f, 0xf0000000u, 0, TEE_ERROR_BAD_PARAMETERS);
	/* Every call of the session carries it. */
	m = open_message(f, 1);
	m.param[1].u.value.a = 9;
	m.param[1].u.value.c = TEE_LOGIN_USER;
	call(f, &f->a, &m);
	works(f, &f->a, m.arg.session);
	assert_int_equal(f->ta.last.client_uuid[0], 9);
	assert_int_equal(f->ta.last.login, TEE_LOGIN_USER);
}

static void expect_refused(struct fixture *f, struct mipstee_msg *m, uint32_t res, bool malformed)
{
	call(f, &f->a, m);
	assert_int_equal(m->arg.ret, res);
	assert_int_equal(m->arg.ret_origin, TEE_ORIGIN_TEE);
	expect_bad(f, malformed);
}

static void test_attributes(void **state)
{
	static const uint64_t attrs[] = { 4, 8, 0xc, 0xff, 0x101, 0x20a, 0x400, 1ull << 32,
					  (1ull << 32) | 1, UINT64_MAX };
	struct fixture *f = *state;
	uint32_t s = open_as(f, &f->a, 1), i;
	struct mipstee_msg m;

	for (i = 0; i < sizeof(attrs) / sizeof(attrs[0]); i++) {
		m = invoke_message(f, s, 0);
		m.arg.num_params = 2;
		m.param[1].attr = attrs[i];
		expect_refused(f, &m, TEE_ERROR_BAD_PARAMETERS, true);
		m = open_message(f, 1);
		m.arg.num_params = 3;
		m.param[2].attr = attrs[i];
		expect_refused(f, &m, TEE_ERROR_BAD_PARAMETERS, true);
	}
	/* A client that asks for too much, in a message that is right. */
	for (i = 5; i <= MIPSTEE_MAX_PARAMS; i++) {
		m = invoke_message(f, s, 0);
		m.arg.num_params = i;
		expect_refused(f, &m, TEE_ERROR_BAD_PARAMETERS, false);
	}
	m = open_message(f, 1);
	m.arg.num_params = 7;
	expect_refused(f, &m, TEE_ERROR_BAD_PARAMETERS, false);
	for (i = 0; i < 2; i++) {
		m = open_message(f, 1);
		m.arg.num_params = i;
		expect_refused(f, &m, TEE_ERROR_BAD_PARAMETERS, true);
		m = open_message(f, 1);
		m.param[i].attr = MIPSTEE_ATTR_VALUE_IN;
		expect_refused(f, &m, TEE_ERROR_BAD_PARAMETERS, true);
	}
	m = open_message(f, 1);
	m.param[1].u.value.c = 1ull << 32;
	expect_refused(f, &m, TEE_ERROR_BAD_PARAMETERS, true);
	m = invoke_message(f, s, 0);
	m.arg.pad = 1;
	expect_refused(f, &m, TEE_ERROR_BAD_PARAMETERS, true);
	m = message(f, MIPSTEE_CMD_CLOSE_SESSION);
	m.arg.session = s;
	m.arg.num_params = 1;
	expect_refused(f, &m, TEE_ERROR_BAD_PARAMETERS, true);
	m = message(f, 6);
	expect_refused(f, &m, TEE_ERROR_NOT_SUPPORTED, true);
	m = message(f, UINT32_MAX);
	expect_refused(f, &m, TEE_ERROR_NOT_SUPPORTED, true);
	works(f, &f->a, s);
}

static void test_frames(void **state)
{
	struct fixture *f = *state;
	struct mipstee_msg m;
	struct ipc_uevent ev;
	size_t len;
	uint32_t i;

	for (len = 0; len < message_len(2); len++) {
		bool right = len == message_len(1);

		m = invoke_message(f, 1, 0);
		m.arg.num_params = 1;
		post_len(f, &f->b, &m, len);
		if (len < message_len(0)) {
			/* Nothing to answer to. */
			assert_int_equal(ipc_wait(f->b.task, f->b.h, &ev, 0), NO_ERROR);
			assert_true(ev.event & IPC_HANDLE_POLL_HUP);
			ipc_close(f->b.task, f->b.h);
			ctx_connect(f, &f->b, f->vm);
		} else {
			m = answer_of(f, &f->b);
			assert_int_equal(m.arg.ret, TEE_ERROR_BAD_PARAMETERS);
			assert_int_equal(m.arg.num_params, right ? 1 : 0);
		}
		expect_bad(f, !right);
	}
	for (i = 0; i < 32; i++) {
		m = invoke_message(f, 1, 0);
		m.hdr.magic ^= 1u << i;
		post(f, &f->a, &m);
		m = answer_of(f, &f->a);
		assert_int_equal(m.arg.ret, TEE_ERROR_BAD_FORMAT);
		expect_bad(f, 1);
	}
	m = invoke_message(f, 1, 0);
	m.arg.num_params = UINT32_MAX;
	post_len(f, &f->a, &m, message_len(0));
	m = answer_of(f, &f->a);
	assert_int_equal(m.arg.ret, TEE_ERROR_BAD_PARAMETERS);
	assert_int_equal(m.arg.num_params, 0);
	m = message(f, MIPSTEE_CMD_CANCEL);
	m.arg.num_params = 1;
	post(f, &f->a, &m);
	expect_none(f, &f->a);
	expect_bad(f, 2);
}

static uint32_t register_as(struct fixture *f, struct ctx *c, uint64_t gpa, uint64_t size, uint64_t ref)
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

static uint32_t unregister_as(struct fixture *f, struct ctx *c, uint64_t ref)
{
	struct mipstee_msg m = message(f, MIPSTEE_CMD_UNREGISTER_SHM);

	m.arg.num_params = 1;
	m.param[0].attr = MIPSTEE_ATTR_RMEM_INOUT;
	m.param[0].u.rmem.shm_ref = ref;
	call(f, c, &m);
	return m.arg.ret;
}

static void test_memory(void **state)
{
	static const struct {
		uint64_t attr, ptr, size, ref;
		bool ok;
	} cases[] = {
		{ MIPSTEE_ATTR_TMEM_IN, 0, SHM_SIZE, 0, true },
		{ MIPSTEE_ATTR_TMEM_IN, SHM_SIZE, 0, 0, true },
		{ MIPSTEE_ATTR_TMEM_IN, SHM_SIZE, 1, 0, false },
		{ MIPSTEE_ATTR_TMEM_INOUT, SHM_SIZE - 1, 2, 0, false },
		{ MIPSTEE_ATTR_TMEM_OUT, 16, UINT64_MAX, 0, false },
		{ MIPSTEE_ATTR_TMEM_OUT, UINT64_MAX - 1, 4, 0, false },
		{ MIPSTEE_ATTR_TMEM_OUT, MIPSTEE_NULL_BUF, 0, 0, true },
		{ MIPSTEE_ATTR_TMEM_OUT, MIPSTEE_NULL_BUF, 4096, 0, true },
		{ MIPSTEE_ATTR_RMEM_IN, 0, 4096, 77, true },
		{ MIPSTEE_ATTR_RMEM_IN, 4095, 1, 77, true },
		{ MIPSTEE_ATTR_RMEM_IN, 4096, 1, 77, false },
		{ MIPSTEE_ATTR_RMEM_OUT, 4095, 2, 77, false },
		{ MIPSTEE_ATTR_RMEM_INOUT, UINT64_MAX, 2, 77, false },
		{ MIPSTEE_ATTR_RMEM_INOUT, 1, UINT64_MAX, 77, false },
		{ MIPSTEE_ATTR_RMEM_INOUT, 0, 1, 78, false },
	};
	struct fixture *f = *state;
	uint32_t s = open_as(f, &f->a, 1), i;
	struct mipstee_msg m;

	fake_vm_add_ds(f->vm, FAKE_DS_GPA, 4096);
	assert_int_equal(register_as(f, &f->b, FAKE_DS_GPA, 4096, 77), TEE_SUCCESS);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		m = invoke_message(f, s, FAKE_CMD_NOP);
		m.arg.num_params = 1;
		m.param[0].attr = cases[i].attr;
		m.param[0].u.tmem.buf_ptr = cases[i].ptr;
		m.param[0].u.tmem.size = cases[i].size;
		m.param[0].u.tmem.shm_ref = cases[i].ref;
		call(f, &f->a, &m);
		assert_int_equal(m.arg.ret, cases[i].ok ? TEE_SUCCESS : TEE_ERROR_BAD_PARAMETERS);
		assert_int_equal(m.arg.ret_origin,
				 cases[i].ok ? TEE_ORIGIN_TRUSTED_APP : TEE_ORIGIN_TEE);
		if (cases[i].ok && cases[i].ptr == MIPSTEE_NULL_BUF)
			assert_null(f->ta.last.param[0].u.memref.mem);
	}
	assert_int_equal(f->ta.last.param[0].type, TEE_PARAM_TYPE_MEMREF_INPUT);
	assert_false(f->ta.last_pool);
	/* Another VM's reference isn't ours, nor its memory. */
	m = invoke_message(f, open_as(f, &f->other, 1), 0);
	m.arg.num_params = 1;
	m.param[0].attr = MIPSTEE_ATTR_RMEM_IN;
	m.param[0].u.rmem.shm_ref = 77;
	call(f, &f->other, &m);
	assert_int_equal(m.arg.ret, TEE_ERROR_BAD_PARAMETERS);
	assert_int_equal(register_as(f, &f->other, FAKE_DS_GPA, 4096, 77), TEE_ERROR_BAD_PARAMETERS);
	assert_int_equal(unregister_as(f, &f->a, 77), TEE_SUCCESS);
	assert_int_equal(f->ta.unmaps, 1);
	assert_int_equal(unregister_as(f, &f->a, 77), TEE_ERROR_ITEM_NOT_FOUND);
	expect_bad(f, 0);
}

static void test_registrations(void **state)
{
	struct fixture *f = *state;
	struct mipstee_msg m;
	char text[512] = "";
	uint32_t i;
	FILE *out;

	assert_int_equal(register_as(f, &f->a, 0, 4096, 1), TEE_ERROR_BAD_PARAMETERS);
	assert_int_equal(register_as(f, &f->a, FAKE_SHM_GPA, 0, 1), TEE_ERROR_BAD_PARAMETERS);
	assert_int_equal(register_as(f, &f->a, UINT64_MAX, 2, 1), TEE_ERROR_BAD_PARAMETERS);
	assert_int_equal(register_as(f, &f->a, FAKE_SHM_GPA, 4096, 1), TEE_SUCCESS);
	assert_int_equal(register_as(f, &f->b, FAKE_SHM_GPA, 4096, 1), TEE_ERROR_BAD_PARAMETERS);
	/* Pieces. */
	for (i = 0; i < 4; i++) {
		m = message(f, MIPSTEE_CMD_REGISTER_SHM);
		m.arg.num_params = 3;
		m.param[0].attr = m.param[1].attr = MIPSTEE_ATTR_TMEM_INOUT | MIPSTEE_ATTR_FRAGMENT;
		m.param[2].attr = MIPSTEE_ATTR_TMEM_INOUT;
		m.param[0].u.tmem.buf_ptr = FAKE_SHM_GPA + 4096;
		m.param[1].u.tmem.buf_ptr = FAKE_SHM_GPA;
		m.param[2].u.tmem.buf_ptr = FAKE_SHM_GPA + 100;
		m.param[0].u.tmem.size = m.param[1].u.tmem.size = m.param[2].u.tmem.size = 10;
		m.param[0].u.tmem.shm_ref = m.param[1].u.tmem.shm_ref = 5;
		m.param[2].u.tmem.shm_ref = i == 1 ? 6 : 5;
		if (i == 2)
			m.param[1].attr = MIPSTEE_ATTR_TMEM_INOUT;
		if (i == 3)
			m.param[2].attr |= MIPSTEE_ATTR_FRAGMENT;
		call(f, &f->a, &m);
		assert_int_equal(m.arg.ret, i ? TEE_ERROR_BAD_PARAMETERS : TEE_SUCCESS);
	}
	expect_bad(f, 3);
	m = message(f, MIPSTEE_CMD_REGISTER_SHM);
	expect_refused(f, &m, TEE_ERROR_BAD_PARAMETERS, true);
	out = fmemopen(text, sizeof(text), "w");
	session_shm_status(f->vm, out);
	fclose(out);
	assert_non_null(strstr(text, "{\"shm_ref\":5,\"size\":30,\"runs\":3}"));
	assert_non_null(strstr(text, "{\"shm_ref\":1,\"size\":4096,\"runs\":1}"));
	for (i = 2; i < SESSION_MAX_SHM_PER_VM; i++)
		assert_int_equal(register_as(f, &f->a, FAKE_SHM_GPA, 1, 1000 + i), TEE_SUCCESS);
	assert_int_equal(register_as(f, &f->a, FAKE_SHM_GPA, 1, 5000), TEE_ERROR_OUT_OF_MEMORY);
	assert_int_equal(register_as(f, &f->other, FAKE_SHM_GPA, 1, 5000), TEE_SUCCESS);
	assert_int_equal(unregister_as(f, &f->a, 1), TEE_SUCCESS);
	assert_int_equal(register_as(f, &f->a, FAKE_SHM_GPA, 1, 5000), TEE_SUCCESS);
}

static void test_session_limit(void **state)
{
	struct fixture *f = *state;
	uint32_t s = 0, i;
	char *text = NULL;
	size_t size;
	FILE *out;

	f->ta.flags = SHARED;
	for (i = 0; i < f->w->limits.sessions_per_vm; i++)
		s = open_as(f, i % 2 ? &f->a : &f->b, 1);
	expect_open(f, &f->b, 1, TEE_ERROR_OUT_OF_MEMORY, TEE_ORIGIN_TEE);
	open_as(f, &f->other, 1);
	assert_int_equal(close_as(f, &f->a, s), TEE_SUCCESS);
	s = open_as(f, &f->b, 1);
	out = open_memstream(&text, &size);
	session_status(f->w->sessions, out);
	fclose(out);
	assert_int_equal(text[0], '[');
	assert_int_equal(text[size - 1], ']');
	assert_non_null(strstr(text, "\"uuid\":\"01000000-0000-0000-0000-000000000000\""));
	free(text);
}

/* Two calls to two TAs at once, though both came in one go; a third to one of them waits its turn. */
static void test_concurrent(void **state)
{
	struct fixture *f = *state;
	uint32_t s = open_as(f, &f->a, 1), t = open_as(f, &f->a, 2);
	struct mipstee_msg m[3] = { invoke_message(f, s, FAKE_CMD_BLOCK),
				    invoke_message(f, t, FAKE_CMD_BLOCK),
				    invoke_message(f, s, FAKE_CMD_NOP) };
	unsigned int i;

	f->threads = true;
	for (i = 0; i < 3; i++)
		post(f, &f->a, &m[i]);
	run_threads(f, 3);
	until(f, &f->ta.running, 2);
	/* Others are served while they wait. */
	works(f, &f->other, open_as(f, &f->other, 1));
	expect_none(f, &f->a);
	assert_int_equal(f->ta.running, 2);
	fake_ta_release(&f->ta);
	for (i = 0; i < 3; i++) {
		m[i] = answer_of(f, &f->a);
		assert_int_equal(m[i].arg.ret, TEE_SUCCESS);
	}
	assert_int_equal(f->ta.most_running, 3);
}

static void test_one_load(void **state)
{
	struct fixture *f = *state;
	struct mipstee_msg m[4];
	unsigned int i, cancelled = 0;

	f->ta.hold_load = true;
	f->ta.flags = SHARED;
	run_threads(f, 2);
	for (i = 0; i < 4; i++) {
		m[i] = open_message(f, 1);
		m[i].arg.cancel_id = 100 + i;
		post(f, &f->a, &m[i]);
	}
	until(f, &f->ta.loads, 1);
	cancel(f, &f->a, 0, 102);
	m[0] = answer_of(f, &f->a);
	assert_int_equal(m[0].arg.ret, TEE_ERROR_CANCEL);
	assert_int_equal(m[0].arg.ret_origin, TEE_ORIGIN_TEE);
	assert_int_equal(m[0].arg.cancel_id, 102);
	f->ta.hold_load = false;
	fake_ta_release(&f->ta);
	for (i = 0; i < 3; i++) {
		m[i] = answer_of(f, &f->a);
		cancelled += m[i].arg.ret != TEE_SUCCESS;
	}
	assert_int_equal(cancelled, 0);
	assert_int_equal(f->ta.loads, 1);
	assert_int_equal(f->ta.creates, 1);
}

/* An image whose load hasn't begun goes with the last open that waits for it. */
static void test_cancelled_loads(void **state)
{
	struct fixture *f = *state;
	struct mipstee_msg m;
	unsigned int i;

	f->w->sessions->num_loading = SESSION_MAX_LOADS;
	for (i = 0; i < 3; i++) {
		m = open_message(f, (uint8_t)(10 + i));
		m.arg.cancel_id = 100 + i;
		post(f, &f->a, &m);
		assert_false(list_empty(&f->w->sessions->images));
		cancel(f, &f->a, 0, 100 + i);
		m = answer_of(f, &f->a);
		assert_int_equal(m.arg.ret, TEE_ERROR_CANCEL);
		assert_true(list_empty(&f->w->sessions->images));
	}
	f->w->sessions->num_loading = 0;
	open_as(f, &f->b, 1);
	assert_int_equal(f->ta.loads, 1);
}

static void test_cancel(void **state)
{
	struct fixture *f = *state;
	uint32_t s = open_as(f, &f->a, 1);
	struct mipstee_msg run = invoke_message(f, s, FAKE_CMD_BLOCK),
			   queued = invoke_message(f, s, FAKE_CMD_NOP), m;

	run_threads(f, 2);
	post(f, &f->a, &run);
	until(f, &f->ta.running, 1);
	post(f, &f->a, &queued);
	cancel(f, &f->b, s, run.arg.cancel_id); /* not its call */
	cancel(f, &f->a, s + 1, run.arg.cancel_id);
	cancel(f, &f->a, s, queued.arg.cancel_id);
	m = answer_of(f, &f->a);
	assert_int_equal(m.hdr.data_tag, queued.hdr.data_tag);
	assert_int_equal(m.arg.ret, TEE_ERROR_CANCEL);
	assert_int_equal(m.arg.ret_origin, TEE_ORIGIN_TEE);
	assert_int_equal(f->ta.cancels, 0);
	cancel(f, &f->a, s, run.arg.cancel_id);
	m = answer_of(f, &f->a);
	assert_int_equal(m.hdr.data_tag, run.hdr.data_tag);
	assert_int_equal(m.arg.ret, TEE_ERROR_CANCEL);
	assert_int_equal(m.arg.ret_origin, TEE_ORIGIN_TRUSTED_APP);
	assert_int_equal(f->ta.cancels, 1);
	works(f, &f->a, s);
}

static void hang_up(struct fixture *f, struct ctx *c)
{
	ipc_close(c->task, c->h);
	if (!f->threads)
		fake_world_serve(f->w);
}

static void test_client_goes(void **state)
{
	struct fixture *f = *state;
	uint32_t s = open_as(f, &f->a, 1), t = open_as(f, &f->a, 2), u = open_as(f, &f->b, 1);

	hang_up(f, &f->a);
	assert_int_equal(f->ta.instances, 1);
	assert_int_equal(f->ta.calls[TA_ENTRY_CLOSE_SESSION], 2);
	ctx_connect(f, &f->a, f->vm);
	expect_invoke(f, &f->a, s, 0, TEE_ERROR_BAD_PARAMETERS, TEE_ORIGIN_TEE);
	expect_invoke(f, &f->a, t, 0, TEE_ERROR_BAD_PARAMETERS, TEE_ORIGIN_TEE);
	works(f, &f->b, u);
}

/* A TA that heeds the cancellation ends well; one that doesn't is killed; a shared one is waited for. */
static void test_client_goes_in_a_call(void **state)
{
	struct fixture *f = *state;
	struct mipstee_msg m;
	uint32_t s, t;

	run_threads(f, 4);
	s = open_as(f, &f->a, 1);
	m = invoke_message(f, s, FAKE_CMD_BLOCK);
	post(f, &f->a, &m);
	m = invoke_message(f, s, FAKE_CMD_NOP);
	post(f, &f->a, &m);
	until(f, &f->ta.running, 1);
	hang_up(f, &f->a);
	until(f, &f->ta.calls[TA_ENTRY_DESTROY], 1);
	assert_int_equal(f->ta.cancels, 1);
	assert_int_equal(f->ta.kills, 0);
	assert_int_equal(f->ta.calls[TA_ENTRY_INVOKE], 1);
	assert_int_equal(f->ta.calls[TA_ENTRY_CLOSE_SESSION], 1);

	ctx_connect(f, &f->a, f->vm);
	s = open_as(f, &f->a, 1);
	m = invoke_message(f, s, FAKE_CMD_SPIN);
	post(f, &f->a, &m);
	until(f, &f->ta.calls[TA_ENTRY_INVOKE], 2);
	hang_up(f, &f->a);
	until(f, &f->ta.kills, 1);
	assert_int_equal(f->ta.cancels, 2);

	f->ta.flags = SHARED;
	ctx_connect(f, &f->a, f->vm);
	s = open_as(f, &f->a, 1);
	t = open_as(f, &f->b, 1);
	m = invoke_message(f, s, FAKE_CMD_BLOCK);
	post(f, &f->a, &m);
	until(f, &f->ta.calls[TA_ENTRY_INVOKE], 3);
	hang_up(f, &f->a);
	works(f, &f->b, t);
	assert_int_equal(f->ta.kills, 1);
}

/* It would spin for ever, and keep the VMs of those that went. */
static void test_all_clients_of_a_shared_one_go(void **state)
{
	struct fixture *f = *state;
	struct mipstee_msg m;
	uint32_t s;

	run_threads(f, 4);
	f->ta.flags = SHARED;
	s = open_as(f, &f->a, 1);
	open_as(f, &f->b, 1);
	m = invoke_message(f, s, FAKE_CMD_SPIN);
	post(f, &f->a, &m);
	until(f, &f->ta.calls[TA_ENTRY_INVOKE], 1);
	hang_up(f, &f->a);
	hang_up(f, &f->b);
	until(f, &f->ta.kills, 1);
	ctx_connect(f, &f->a, f->vm);
	ctx_connect(f, &f->b, f->vm);
	s = open_as(f, &f->a, 1);
	works(f, &f->a, s);
}

/* Closing and creating are bounded too when nobody is left to wait. */
static void test_client_goes_and_ta_hangs(void **state)
{
	struct fixture *f = *state;
	struct mipstee_msg m;

	run_threads(f, 3);
	f->ta.hold_close = true;
	open_as(f, &f->a, 1);
	hang_up(f, &f->a);
	until(f, &f->ta.kills, 1);
	f->ta.hold_create = true;
	ctx_connect(f, &f->a, f->vm);
	m = open_message(f, 1);
	post(f, &f->a, &m);
	until(f, &f->ta.calls[TA_ENTRY_CREATE], 2);
	hang_up(f, &f->a);
	until(f, &f->ta.kills, 2);
	ctx_connect(f, &f->a, f->vm);
}

/* The thread that waits for deadlines isn't the one that others' calls wait for. */
static void test_reaper_hands_over(void **state)
{
	struct fixture *f = *state;
	uint32_t s, t;
	struct mipstee_msg m;

	s = open_as(f, &f->a, 1);
	t = open_as(f, &f->other, 2);
	run_threads(f, 3);
	m = invoke_message(f, s, FAKE_CMD_SPIN);
	post(f, &f->a, &m);
	until(f, &f->ta.running, 1);
	/* At once, so that one look finds both. */
	m = invoke_message(f, t, FAKE_CMD_NOP);
	ipc_close(f->a.task, f->a.h);
	post(f, &f->other, &m);
	m = answer_of(f, &f->other);
	assert_int_equal(m.arg.ret, TEE_SUCCESS);
	assert_int_equal(f->ta.kills, 0);
	until(f, &f->ta.kills, 1);
	ctx_connect(f, &f->a, f->vm);
}

static void test_client_goes_while_opening(void **state)
{
	struct fixture *f = *state;
	struct mipstee_msg m = open_message(f, 1);

	run_threads(f, 2);
	m.arg.num_params = 3;
	m.param[2].attr = MIPSTEE_ATTR_VALUE_IN;
	m.param[2].u.value.a = 3;
	post(f, &f->a, &m);
	until(f, &f->ta.running, 1);
	hang_up(f, &f->a);
	until(f, &f->ta.calls[TA_ENTRY_DESTROY], 1);
	assert_int_equal(f->ta.calls[TA_ENTRY_CLOSE_SESSION], 1);
	f->ta.hold_load = true;
	ctx_connect(f, &f->a, f->vm);
	m = open_message(f, 1);
	post(f, &f->a, &m);
	until(f, &f->ta.loads, 2);
	hang_up(f, &f->a);
	f->ta.hold_load = false;
	fake_ta_release(&f->ta);
	ctx_connect(f, &f->a, f->vm);
	f->ta.release = false;
	open_as(f, &f->a, 1);
}

static void test_dead_with_queue(void **state)
{
	struct fixture *f = *state;
	struct mipstee_msg m[5];
	uint32_t s, t, dead = 0, i;

	f->ta.flags = SHARED;
	s = open_as(f, &f->a, 1);
	t = open_as(f, &f->a, 1);
	f->threads = true;
	m[0] = invoke_message(f, s, FAKE_CMD_PANIC);
	m[1] = invoke_message(f, t, FAKE_CMD_NOP);
	m[2] = open_message(f, 1);
	m[3] = message(f, MIPSTEE_CMD_CLOSE_SESSION);
	m[3].arg.session = t;
	m[4] = invoke_message(f, s, FAKE_CMD_NOP);
	for (i = 0; i < 5; i++)
		post(f, &f->a, &m[i]);
	run_threads(f, 2);
	for (i = 0; i < 5; i++) {
		struct mipstee_msg r = answer_of(f, &f->a);

		dead += r.arg.ret == TEE_ERROR_TARGET_DEAD;
		if (r.arg.cmd == MIPSTEE_CMD_OPEN_SESSION) {
			/* It never met the dead one. */
			assert_int_equal(r.arg.ret, TEE_SUCCESS);
			t = r.arg.session;
		}
	}
	assert_int_equal(dead, 3);
	works(f, &f->a, t);
	assert_int_equal(close_as(f, &f->a, s), TEE_SUCCESS);
}

static void test_unregister_in_a_call(void **state)
{
	struct fixture *f = *state;
	uint32_t s = open_as(f, &f->a, 1);
	struct mipstee_msg m = invoke_message(f, s, FAKE_CMD_BLOCK);

	assert_int_equal(register_as(f, &f->a, FAKE_SHM_GPA, 64, 9), TEE_SUCCESS);
	m.arg.num_params = 2;
	m.param[0].attr = m.param[1].attr = MIPSTEE_ATTR_RMEM_INOUT;
	m.param[0].u.rmem.size = m.param[1].u.rmem.size = 64;
	m.param[0].u.rmem.shm_ref = m.param[1].u.rmem.shm_ref = 9;
	run_threads(f, 2);
	post(f, &f->a, &m);
	until(f, &f->ta.running, 1);
	assert_int_equal(unregister_as(f, &f->b, 9), TEE_SUCCESS);
	assert_int_equal(f->ta.unmaps, 0);
	/* The name is free, the memory isn't. */
	assert_int_equal(register_as(f, &f->b, FAKE_SHM_GPA, 32, 9), TEE_SUCCESS);
	fake_ta_release(&f->ta);
	m = answer_of(f, &f->a);
	assert_int_equal(m.arg.ret, TEE_SUCCESS);
	assert_int_equal(f->ta.unmaps, 1);
}

/* The VM's share of calls is used up: more wait in their channels, but a cancellation passes them. */
static void test_call_limit(void **state)
{
	struct fixture *f = *state;
	uint32_t s = open_as(f, &f->a, 1), first = 0, i, got = 0;
	struct mipstee_msg m;
	struct ipc_iov iov = { .base = &m, .len = message_len(0) };

	run_threads(f, 2);
	for (i = 0; i < f->w->limits.calls_per_vm + 20; i++) {
		m = invoke_message(f, s, i ? FAKE_CMD_NOP : FAKE_CMD_BLOCK);
		if (!i)
			first = m.arg.cancel_id;
		while (ipc_send_msg(f->a.task, f->a.h, &iov, 1) < 0)
			fake_world_nap(f->w);
		until(f, &f->ta.running, 1);
	}
	works(f, &f->other, open_as(f, &f->other, 1));
	expect_none(f, &f->a);
	cancel(f, &f->a, s, first);
	for (i = 0; i < f->w->limits.calls_per_vm + 20; i++) {
		m = answer_of(f, &f->a);
		got += m.arg.ret == TEE_SUCCESS;
	}
	assert_int_equal(got, f->w->limits.calls_per_vm + 19);
	expect_none(f, &f->a);
	works(f, &f->a, s);
}

/* A client that doesn't take its answers: they wait, others are served, nothing is lost. */
static void test_answers_not_taken(void **state)
{
	struct fixture *f = *state;
	uint32_t s = open_as(f, &f->a, 1), i, sent = 0;
	struct ipc_iov iov;
	struct mipstee_msg m;

	for (i = 0; i < 200; i++) {
		m = invoke_message(f, s, FAKE_CMD_NOP);
		iov = (struct ipc_iov){ .base = &m, .len = message_len(0) };
		if (ipc_send_msg(f->a.task, f->a.h, &iov, 1) > 0)
			sent++;
		fake_world_serve(f->w);
	}
	assert_in_range(sent, IPC_CHAN_MAX_BUFS * 2, 199);
	works(f, &f->other, open_as(f, &f->other, 1));
	for (i = 0; i < sent; i++) {
		m = answer_of(f, &f->a);
		assert_int_equal(m.arg.ret, TEE_SUCCESS);
		fake_world_serve(f->w);
	}
	expect_none(f, &f->a);
	works(f, &f->a, s);
}

/* Only a true CANCEL, which has no answer, passes by a client that doesn't take its answers. */
static void test_false_cancels(void **state)
{
	struct fixture *f = *state;
	struct mipstee_msg m = message(f, MIPSTEE_CMD_CANCEL);
	struct ipc_iov iov = { .base = &m, .len = message_len(0) };
	unsigned int i, sent = 0;

	m.hdr.magic++;
	for (i = 0; i < 400; i++) {
		if (ipc_send_msg(f->a.task, f->a.h, &iov, 1) > 0)
			sent++;
		fake_world_serve(f->w);
	}
	assert_in_range(sent, IPC_CHAN_MAX_BUFS, IPC_CHAN_MAX_BUFS * 3);
	for (i = 0; i < sent; i++) {
		m = answer_of(f, &f->a);
		assert_int_equal(m.arg.ret, TEE_ERROR_BAD_FORMAT);
		fake_world_serve(f->w);
	}
	works(f, &f->a, open_as(f, &f->a, 1));
}

static void test_vm_goes(void **state)
{
	struct fixture *f = *state;
	uint32_t s, t;
	struct mipstee_msg m;
	char text[64] = "";
	FILE *out;

	f->ta.flags = SHARED;
	s = open_as(f, &f->a, 1);
	t = open_as(f, &f->other, 1);
	assert_int_equal(register_as(f, &f->a, FAKE_SHM_GPA, 64, 9), TEE_SUCCESS);
	run_threads(f, 2);
	m = invoke_message(f, s, FAKE_CMD_BLOCK);
	m.arg.num_params = 1;
	m.param[0].attr = MIPSTEE_ATTR_TMEM_INOUT;
	m.param[0].u.tmem.size = 64;
	post(f, &f->a, &m);
	until(f, &f->ta.running, 1);
	hang_up(f, &f->a);
	hang_up(f, &f->b);
	session_vm_gone(f->w->sessions, f->vm);
	assert_null(f->vm->session_data);
	assert_int_equal(f->vm->refs, 1); /* the call's */
	assert_int_equal(f->ta.unmaps, 1);
	out = fmemopen(text, sizeof(text), "w");
	session_shm_status(f->vm, out);
	fclose(out);
	assert_string_equal(text, "[]");
	fake_ta_release(&f->ta);
	until(f, &f->ta.calls[TA_ENTRY_CLOSE_SESSION], 1);
	works(f, &f->other, t);
	assert_int_equal(f->vm->refs, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_open_invoke_close, setup, teardown),
		cmocka_unit_test_setup_teardown(test_unknown_sessions, setup, teardown),
		cmocka_unit_test_setup_teardown(test_load_errors, setup, teardown),
		cmocka_unit_test_setup_teardown(test_open_refused_by_ta, setup, teardown),
		cmocka_unit_test_setup_teardown(test_single_instance, setup, teardown),
		cmocka_unit_test_setup_teardown(test_shared_instance, setup, teardown),
		cmocka_unit_test_setup_teardown(test_keep_crashed, setup, teardown),
		cmocka_unit_test_setup_teardown(test_stillborn, setup, teardown),
		cmocka_unit_test_setup_teardown(test_target_dead, setup, teardown),
		cmocka_unit_test_setup_teardown(test_login, setup, teardown),
		cmocka_unit_test_setup_teardown(test_attributes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_frames, setup, teardown),
		cmocka_unit_test_setup_teardown(test_memory, setup, teardown),
		cmocka_unit_test_setup_teardown(test_registrations, setup, teardown),
		cmocka_unit_test_setup_teardown(test_session_limit, setup, teardown),
		cmocka_unit_test_setup_teardown(test_concurrent, setup, teardown),
		cmocka_unit_test_setup_teardown(test_one_load, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cancelled_loads, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cancel, setup, teardown),
		cmocka_unit_test_setup_teardown(test_client_goes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_client_goes_in_a_call, setup, teardown),
		cmocka_unit_test_setup_teardown(test_client_goes_and_ta_hangs, setup, teardown),
		cmocka_unit_test_setup_teardown(test_all_clients_of_a_shared_one_go, setup, teardown),
		cmocka_unit_test_setup_teardown(test_reaper_hands_over, setup, teardown),
		cmocka_unit_test_setup_teardown(test_client_goes_while_opening, setup, teardown),
		cmocka_unit_test_setup_teardown(test_dead_with_queue, setup, teardown),
		cmocka_unit_test_setup_teardown(test_unregister_in_a_call, setup, teardown),
		cmocka_unit_test_setup_teardown(test_call_limit, setup, teardown),
		cmocka_unit_test_setup_teardown(test_answers_not_taken, setup, teardown),
		cmocka_unit_test_setup_teardown(test_false_cancels, setup, teardown),
		cmocka_unit_test_setup_teardown(test_vm_goes, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
