/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "session_fixture.h"

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
		cmocka_unit_test_setup_teardown(test_client_goes, session_setup, session_teardown),
		cmocka_unit_test_setup_teardown(test_client_goes_in_a_call, session_setup, session_teardown),
		cmocka_unit_test_setup_teardown(test_all_clients_of_a_shared_one_go, session_setup, session_teardown),
		cmocka_unit_test_setup_teardown(test_client_goes_and_ta_hangs, session_setup, session_teardown),
		cmocka_unit_test_setup_teardown(test_reaper_hands_over, session_setup, session_teardown),
		cmocka_unit_test_setup_teardown(test_client_goes_while_opening, session_setup, session_teardown),
		cmocka_unit_test_setup_teardown(test_vm_goes, session_setup, session_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
