/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/uuid.h"
#include "session_fixture.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_open_invoke_close, session_setup, session_teardown),
		cmocka_unit_test_setup_teardown(test_unknown_sessions, session_setup, session_teardown),
		cmocka_unit_test_setup_teardown(test_load_errors, session_setup, session_teardown),
		cmocka_unit_test_setup_teardown(test_open_refused_by_ta, session_setup, session_teardown),
		cmocka_unit_test_setup_teardown(test_single_instance, session_setup, session_teardown),
		cmocka_unit_test_setup_teardown(test_shared_instance, session_setup, session_teardown),
		cmocka_unit_test_setup_teardown(test_keep_crashed, session_setup, session_teardown),
		cmocka_unit_test_setup_teardown(test_stillborn, session_setup, session_teardown),
		cmocka_unit_test_setup_teardown(test_target_dead, session_setup, session_teardown),
		cmocka_unit_test_setup_teardown(test_login, session_setup, session_teardown),
		cmocka_unit_test_setup_teardown(test_session_limit, session_setup, session_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
