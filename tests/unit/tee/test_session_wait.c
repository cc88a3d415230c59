/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "session_fixture.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_concurrent, session_setup, session_teardown),
		cmocka_unit_test_setup_teardown(test_one_load, session_setup, session_teardown),
		cmocka_unit_test_setup_teardown(test_cancelled_loads, session_setup, session_teardown),
		cmocka_unit_test_setup_teardown(test_cancel, session_setup, session_teardown),
		cmocka_unit_test_setup_teardown(test_dead_with_queue, session_setup, session_teardown),
		cmocka_unit_test_setup_teardown(test_call_limit, session_setup, session_teardown),
		cmocka_unit_test_setup_teardown(test_answers_not_taken, session_setup, session_teardown),
		cmocka_unit_test_setup_teardown(test_false_cancels, session_setup, session_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
