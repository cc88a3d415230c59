/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include <stdlib.h>
#include <string.h>

#include "session_fixture.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_attributes, session_setup, session_teardown),
		cmocka_unit_test_setup_teardown(test_frames, session_setup, session_teardown),
		cmocka_unit_test_setup_teardown(test_memory, session_setup, session_teardown),
		cmocka_unit_test_setup_teardown(test_registrations, session_setup, session_teardown),
		cmocka_unit_test_setup_teardown(test_unregister_in_a_call, session_setup, session_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
