/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/* A pseudo-TA of the test's, through the mipstee front end. */
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
#include "tee/ipc/ipc.h"
#include "tee/session/manager.h"
#include "tee/session/result.h"
#include "wire/mipstee.h"

#define SHM_SIZE 4096u
#define REFUSED 0x80000001u

enum { CMD_COUNT = 1, CMD_UPPER = 2 };

struct server {
	unsigned int opens, closes, invokes;
	uint32_t login;
};

static const uint8_t uuid[16] = { 42 };
static const uint8_t other[16] = { 43 };

static struct tee_world *w;
static struct fake_ta ta;
static struct tee_vm *vm;
static struct ipc_task *task;
static ipc_handle_t chan;
static struct server srv;

static uint32_t pta_open(void *data, struct ta_call *call, void **ctx)
{
	struct server *s = data;

	s->login = call->login;
	if (call->param[0].type == TEE_PARAM_TYPE_VALUE_INPUT)
		return REFUSED;
	*ctx = calloc(1, sizeof(unsigned int));
	s->opens++;
	return TEE_SUCCESS;
}

static uint32_t upper(struct ta_param *p)
{
	uint8_t buf[64];
	uint64_t i;

	if (p->type != TEE_PARAM_TYPE_MEMREF_INOUT || p->u.memref.size > sizeof(buf))
		return TEE_ERROR_BAD_PARAMETERS;
	assert_int_equal(
		vm_mem_copy_from(p->u.memref.mem, p->u.memref.offset, buf, p->u.memref.size), 0);
	for (i = 0; i < p->u.memref.size; i++)
		buf[i] = (uint8_t)(buf[i] - 'a' + 'A');
	assert_int_equal(vm_mem_copy_to(p->u.memref.mem, p->u.memref.offset, buf, p->u.memref.size),
			 0);
	p->u.memref.size--;
	return TEE_SUCCESS;
}

static uint32_t pta_invoke(void *data, void *ctx, struct ta_call *call)
{
	struct server *s = data;
	unsigned int *n = ctx;

	s->invokes++;
	switch (call->cmd) {
	case CMD_COUNT:
		call->param[0].u.value.a = ++*n;
		return TEE_SUCCESS;
	case CMD_UPPER:
		return upper(&call->param[0]);
	default:
		return TEE_ERROR_NOT_SUPPORTED;
	}
}

static void pta_close(void *data, void *ctx)
{
	struct server *s = data;

	s->closes++;
	free(ctx);
}

static const struct pseudo_ta_ops ops = {
	.open = pta_open,
	.invoke = pta_invoke,
	.close = pta_close,
};

static int setup(void **state)
{
	(void)state;
	memset(&srv, 0, sizeof(srv));
	w = fake_world_create();
	fake_ta_init(&ta, w);
	vm = fake_vm_create(w, 1, SHM_SIZE);
	assert_int_equal(session_manager_create(w, &w->sessions), 0);
	assert_int_equal(pseudo_ta_add(w->sessions, uuid, &ops, &srv), 0);
	task = ipc_task_create(w->ipc, (const uint8_t[16]){ 0 }, vm);
	chan = ipc_connect(task, MIPSTEE_PORT, IPC_CONNECT_ASYNC);
	assert_true(chan > 0);
	fake_world_serve(w);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	ipc_task_destroy(task);
	session_vm_gone(w->sessions, vm);
	fake_world_serve(w);
	session_manager_destroy(w->sessions);
	assert_int_equal(srv.opens, srv.closes);
	assert_int_equal(ta.loads, 0);
	assert_int_equal(ta.creates, 0);
	world_event_destroy(&ta.event);
	fake_world_destroy(w);
	return 0;
}

static struct mipstee_msg message(uint32_t cmd)
{
	return (struct mipstee_msg){ .hdr = { .magic = MIPSTEE_MAGIC }, .arg = { .cmd = cmd } };
}

static void call(struct mipstee_msg *m)
{
	struct ipc_iov iov = { .base = m, .len = message_len(m->arg.num_params) };
	struct ipc_msg_info info;

	assert_int_equal(ipc_send_msg(task, chan, &iov, 1), (int)iov.len);
	fake_world_serve(w);
	assert_int_equal(ipc_get_msg(task, chan, &info), 0);
	iov.len = sizeof(*m);
	ipc_read_msg(task, chan, info.id, 0, &iov, 1);
	ipc_put_msg(task, chan, info.id);
}

static struct mipstee_msg open_message(void)
{
	struct mipstee_msg m = message(MIPSTEE_CMD_OPEN_SESSION);

	m.arg.num_params = 2;
	m.param[0].attr = MIPSTEE_ATTR_META | MIPSTEE_ATTR_VALUE_IN;
	memcpy(&m.param[0].u.value, uuid, sizeof(uuid));
	m.param[1].attr = MIPSTEE_ATTR_META | MIPSTEE_ATTR_VALUE_IN;
	m.param[1].u.value.c = TEE_LOGIN_USER;
	return m;
}

static uint32_t open_session(void)
{
	struct mipstee_msg m = open_message();

	call(&m);
	assert_int_equal(m.arg.ret, TEE_SUCCESS);
	assert_int_equal(m.arg.ret_origin, TEE_ORIGIN_TRUSTED_APP);
	return m.arg.session;
}

static uint32_t invoke(uint32_t session, uint32_t cmd, uint64_t attr, uint64_t a, uint64_t b,
		       struct mipstee_msg *m)
{
	*m = message(MIPSTEE_CMD_INVOKE_COMMAND);
	m->arg.session = session;
	m->arg.func = cmd;
	m->arg.num_params = 1;
	m->param[0].attr = attr;
	m->param[0].u.value.a = a;
	m->param[0].u.value.b = b;
	call(m);
	return m->arg.ret;
}

static void test_sessions(void **state)
{
	uint32_t s = open_session(), t = open_session(), i;
	struct mipstee_msg m;

	(void)state;
	assert_int_equal(srv.login, TEE_LOGIN_USER);
	for (i = 1; i < 4; i++) {
		assert_int_equal(invoke(s, CMD_COUNT, MIPSTEE_ATTR_VALUE_OUT, 0, 0, &m),
				 TEE_SUCCESS);
		assert_int_equal(m.param[0].u.value.a, i);
	}
	assert_int_equal(invoke(t, CMD_COUNT, MIPSTEE_ATTR_VALUE_OUT, 0, 0, &m), TEE_SUCCESS);
	assert_int_equal(m.param[0].u.value.a, 1);
	assert_int_equal(invoke(t, 99, MIPSTEE_ATTR_NONE, 0, 0, &m), TEE_ERROR_NOT_SUPPORTED);
	assert_int_equal(m.arg.ret_origin, TEE_ORIGIN_TRUSTED_APP);
	m = message(MIPSTEE_CMD_CLOSE_SESSION);
	m.arg.session = s;
	call(&m);
	assert_int_equal(m.arg.ret, TEE_SUCCESS);
	assert_int_equal(srv.closes, 1);
	assert_int_equal(invoke(s, CMD_COUNT, MIPSTEE_ATTR_VALUE_OUT, 0, 0, &m),
			 TEE_ERROR_BAD_PARAMETERS);
	/* The other goes with its client. */
}

static void test_refused(void **state)
{
	struct mipstee_msg m = open_message();

	(void)state;
	m.arg.num_params = 3;
	m.param[2].attr = MIPSTEE_ATTR_VALUE_IN;
	call(&m);
	assert_int_equal(m.arg.ret, REFUSED);
	assert_int_equal(m.arg.ret_origin, TEE_ORIGIN_TRUSTED_APP);
	assert_int_equal(srv.opens, 0);
}

static void test_memory(void **state)
{
	uint8_t *shm = vm->shm->shm_base;
	uint32_t s = open_session();
	struct mipstee_msg m;

	(void)state;
	memcpy(shm + 100, "xhellox", 7);
	assert_int_equal(invoke(s, CMD_UPPER, MIPSTEE_ATTR_TMEM_INOUT, 101, 5, &m), TEE_SUCCESS);
	assert_memory_equal(shm + 100, "xHELLOx", 7);
	assert_int_equal(m.param[0].u.tmem.size, 4);
	assert_int_equal(invoke(s, CMD_UPPER, MIPSTEE_ATTR_TMEM_INOUT, SHM_SIZE - 4, 5, &m),
			 TEE_ERROR_BAD_PARAMETERS);
	assert_int_equal(m.arg.ret_origin, TEE_ORIGIN_TEE);
	assert_int_equal(srv.invokes, 1);
}

static void test_cancel(void **state)
{
	struct mipstee_msg m = message(MIPSTEE_CMD_CANCEL), n;
	struct ipc_iov iov = { .base = &m, .len = message_len(0) };

	(void)state;
	m.arg.session = open_session();
	assert_int_equal(ipc_send_msg(task, chan, &iov, 1), (int)iov.len);
	fake_world_serve(w);
	assert_int_equal(invoke(m.arg.session, CMD_COUNT, MIPSTEE_ATTR_VALUE_OUT, 0, 0, &n),
			 TEE_SUCCESS);
}

static void test_add(void **state)
{
	(void)state;
	assert_int_equal(pseudo_ta_add(w->sessions, uuid, &ops, &srv), -EEXIST);
	assert_int_equal(pseudo_ta_add(w->sessions, other, &ops, &srv), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_sessions, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(test_memory, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cancel, setup, teardown),
		cmocka_unit_test_setup_teardown(test_add, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
