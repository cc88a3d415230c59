/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/* mipstee messages that no driver sends: each gets its error, and the session manager goes on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <tee_client_api.h>

#include "examples/hello/hello_ta.h"
#include "lib/uuid.h"
#include "tests/system/raw.h"
#include "wire/vmctl.h"

#define LOCAL 1024u

static struct test_machine machine;
static struct raw_vm r;
static uint32_t remote; /* the session manager's address */

static int start(void **state)
{
	(void)state;
	machine_start(&machine, NULL, NULL);
	raw_attach(&r, &machine);
	raw_up(&r);
	remote = raw_connect(&r, LOCAL, MIPSTEE_PORT);
	return remote ? 0 : -1;
}

static int stop(void **state)
{
	(void)state;
	raw_detach(&r);
	machine_stop(&machine);
	return 0;
}

static struct raw_msg message(uint32_t cmd)
{
	static uint32_t tag;
	struct raw_msg m;

	memset(&m, 0, sizeof(m));
	m.hdr.magic = MIPSTEE_MAGIC;
	m.hdr.data_tag = ++tag;
	m.arg.cmd = cmd;
	return m;
}

static bool call(struct raw_msg *m, uint32_t num)
{
	m->arg.num_params = num;
	return raw_call(&r, LOCAL, remote, m, num);
}

static uint32_t open_hello(void)
{
	TEEC_UUID u = HELLO_TA_UUID;
	struct raw_msg m = message(MIPSTEE_CMD_OPEN_SESSION);
	uint8_t octets[16];

	uuid_to_octets(u.timeLow, u.timeMid, u.timeHiAndVersion, u.clockSeqAndNode, octets);
	m.param[0].attr = MIPSTEE_ATTR_VALUE_IN | MIPSTEE_ATTR_META;
	memcpy(&m.param[0].u, octets, 16);
	m.param[1].attr = MIPSTEE_ATTR_VALUE_IN | MIPSTEE_ATTR_META;
	assert_true(call(&m, 2));
	assert_int_equal(m.arg.ret, TEEC_SUCCESS);
	return m.arg.session;
}

static void increments(uint32_t session)
{
	struct raw_msg m = message(MIPSTEE_CMD_INVOKE_COMMAND);

	m.arg.session = session;
	m.arg.func = HELLO_CMD_INC;
	m.param[0].attr = MIPSTEE_ATTR_VALUE_INOUT;
	m.param[0].u.value.a = 41;
	assert_true(call(&m, 1));
	assert_int_equal(m.arg.ret, TEEC_SUCCESS);
	assert_int_equal(m.param[0].u.value.a, 42);
}

static void close_session(uint32_t session)
{
	struct raw_msg m = message(MIPSTEE_CMD_CLOSE_SESSION);

	m.arg.session = session;
	assert_true(call(&m, 0));
	assert_int_equal(m.arg.ret, TEEC_SUCCESS);
}

static void an_honest_message_works(void **state)
{
	uint32_t s = open_hello();

	(void)state;
	increments(s);
	close_session(s);
}

static void sessions_that_are_not_open(void **state)
{
	uint32_t s = open_hello();
	uint32_t ids[] = { 0, s + 1, UINT32_MAX, s ^ 0x80000000u };
	unsigned int i;

	(void)state;
	for (i = 0; i < 4; i++) {
		struct raw_msg m = message(MIPSTEE_CMD_INVOKE_COMMAND);

		m.arg.session = ids[i];
		assert_true(call(&m, 0));
		assert_int_not_equal(m.arg.ret, TEEC_SUCCESS);
		assert_int_equal(m.arg.ret_origin, TEEC_ORIGIN_TEE);
		m = message(MIPSTEE_CMD_CLOSE_SESSION);
		m.arg.session = ids[i];
		assert_true(call(&m, 0));
		assert_int_not_equal(m.arg.ret, TEEC_SUCCESS);
	}
	close_session(s);
	{
		struct raw_msg m = message(MIPSTEE_CMD_INVOKE_COMMAND);

		m.arg.session = s;
		assert_true(call(&m, 0));
		assert_int_not_equal(m.arg.ret, TEEC_SUCCESS);
	}
}

/* Another VM's session is none of ours. */
static void sessions_of_another_vm(void **state)
{
	uint32_t s = open_hello();
	struct raw_vm other;
	uint32_t addr;
	struct raw_msg m;

	(void)state;
	raw_attach(&other, &machine);
	raw_up(&other);
	addr = raw_connect(&other, LOCAL, MIPSTEE_PORT);
	assert_true(addr != 0);
	m = message(MIPSTEE_CMD_INVOKE_COMMAND);
	m.arg.session = s;
	m.arg.func = HELLO_CMD_INC;
	m.arg.num_params = 1;
	m.param[0].attr = MIPSTEE_ATTR_VALUE_INOUT;
	assert_true(raw_call(&other, LOCAL, addr, &m, 1));
	assert_int_not_equal(m.arg.ret, TEEC_SUCCESS);
	m = message(MIPSTEE_CMD_CLOSE_SESSION);
	m.arg.session = s;
	assert_true(raw_call(&other, LOCAL, addr, &m, 0));
	assert_int_not_equal(m.arg.ret, TEEC_SUCCESS);
	raw_detach(&other);
	increments(s);
	close_session(s);
}

static void commands_and_counts_that_do_not_exist(void **state)
{
	static const uint32_t cmds[] = { 6, 7, 255, UINT32_MAX };
	static const uint32_t nums[] = { 5, 6, 31, 126 };
	uint32_t s = open_hello();
	unsigned int i;

	(void)state;
	for (i = 0; i < 4; i++) {
		struct raw_msg m = message(cmds[i]);

		assert_true(call(&m, 0));
		assert_int_not_equal(m.arg.ret, TEEC_SUCCESS);
	}
	for (i = 0; i < 4; i++) {
		struct raw_msg m = message(MIPSTEE_CMD_INVOKE_COMMAND);

		m.arg.session = s;
		assert_true(call(&m, nums[i]));
		assert_int_equal(m.arg.ret, TEEC_ERROR_BAD_PARAMETERS);
	}
	increments(s);
	close_session(s);
}

/* A message that isn't one: the channel may be closed for it. A new one must work. */
static void reconnect(void)
{
	raw_up(&r);
	remote = raw_connect(&r, LOCAL, MIPSTEE_PORT);
	assert_true(remote != 0);
}

static void magic_and_lengths_that_are_wrong(void **state)
{
	struct raw_msg m;
	uint32_t s, i;

	(void)state;
	for (i = 0; i < sizeof(struct mipstee_hdr) + sizeof(struct mipstee_arg) + 40; i++) {
		reconnect();
		m = message(MIPSTEE_CMD_INVOKE_COMMAND);
		m.arg.num_params = 1;
		if (i == sizeof(struct mipstee_hdr) + sizeof(struct mipstee_arg) + 32)
			continue;
		raw_send(&r, LOCAL, remote, &m, i);
	}
	for (i = 0; i < 32; i++) {
		reconnect();
		m = message(MIPSTEE_CMD_INVOKE_COMMAND);
		m.hdr.magic ^= 1u << i;
		raw_send(&r, LOCAL, remote, &m, sizeof(m.hdr) + sizeof(m.arg));
	}
	for (i = 0; i < 4; i++) {
		static const uint32_t lies[] = { 1, 127, 0x8000000, UINT32_MAX };

		reconnect();
		m = message(MIPSTEE_CMD_INVOKE_COMMAND);
		m.arg.num_params = lies[i];
		raw_send(&r, LOCAL, remote, &m, sizeof(m.hdr) + sizeof(m.arg));
	}
	reconnect();
	s = open_hello();
	increments(s);
	close_session(s);
}

static void attributes_that_do_not_exist(void **state)
{
	static const uint64_t attrs[] = { 4, 8, 0xc, 0xff, 0x400, 1ull << 32, 1ull << 63, UINT64_MAX,
					  MIPSTEE_ATTR_META | MIPSTEE_ATTR_VALUE_IN,
					  MIPSTEE_ATTR_FRAGMENT | MIPSTEE_ATTR_TMEM_IN };
	uint32_t s = open_hello();
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(attrs) / sizeof(attrs[0]); i++) {
		struct raw_msg m = message(MIPSTEE_CMD_INVOKE_COMMAND);

		m.arg.session = s;
		m.arg.func = HELLO_CMD_INC;
		m.param[0].attr = attrs[i];
		assert_true(call(&m, 1));
		assert_int_equal(m.arg.ret, TEEC_ERROR_BAD_PARAMETERS);
	}
	increments(s);
	close_session(s);
}

static void memory_that_is_not_ours(void **state)
{
	static const struct {
		uint64_t attr, ptr, size, ref;
	} bad[] = {
		{ MIPSTEE_ATTR_TMEM_IN, VMCTL_SHM_SIZE, 1, 0 },
		{ MIPSTEE_ATTR_TMEM_IN, VMCTL_SHM_SIZE - 1, 2, 0 },
		{ MIPSTEE_ATTR_TMEM_INOUT, 0, VMCTL_SHM_SIZE + 1, 0 },
		{ MIPSTEE_ATTR_TMEM_OUT, 16, UINT64_MAX, 0 },
		{ MIPSTEE_ATTR_TMEM_OUT, UINT64_MAX - 1, 4, 0 },
		{ MIPSTEE_ATTR_TMEM_OUT, UINT64_MAX - 15, 16, 0 },
		{ MIPSTEE_ATTR_RMEM_IN, 0, 16, 12345 },
		{ MIPSTEE_ATTR_RMEM_IN, 0, 16, UINT64_MAX },
		{ MIPSTEE_ATTR_RMEM_IN, 4096, 1, 77 },
		{ MIPSTEE_ATTR_RMEM_IN, 4095, 2, 77 },
		{ MIPSTEE_ATTR_RMEM_INOUT, UINT64_MAX, 2, 77 },
		{ MIPSTEE_ATTR_RMEM_INOUT, 1, UINT64_MAX, 77 },
	};
	struct raw_msg m = message(MIPSTEE_CMD_REGISTER_SHM);
	uint32_t s = open_hello();
	unsigned int i;

	(void)state;
	m.param[0].attr = MIPSTEE_ATTR_TMEM_INOUT;
	m.param[0].u.tmem.buf_ptr = VMCTL_SHM_GPA;
	m.param[0].u.tmem.size = 4096;
	m.param[0].u.tmem.shm_ref = 77;
	assert_true(call(&m, 1));
	assert_int_equal(m.arg.ret, TEEC_SUCCESS);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		m = message(MIPSTEE_CMD_INVOKE_COMMAND);
		m.arg.session = s;
		m.param[0].attr = bad[i].attr;
		m.param[0].u.tmem.buf_ptr = bad[i].ptr;
		m.param[0].u.tmem.size = bad[i].size;
		m.param[0].u.tmem.shm_ref = bad[i].ref;
		assert_true(call(&m, 1));
		if (m.arg.ret != TEEC_ERROR_BAD_PARAMETERS || m.arg.ret_origin != TEEC_ORIGIN_TEE)
			fail_msg("case %u: result 0x%x, origin %u", i, m.arg.ret, m.arg.ret_origin);
	}
	m = message(MIPSTEE_CMD_UNREGISTER_SHM);
	m.param[0].attr = MIPSTEE_ATTR_RMEM_INOUT;
	m.param[0].u.rmem.shm_ref = 77;
	assert_true(call(&m, 1));
	assert_int_equal(m.arg.ret, TEEC_SUCCESS);
	/* Twice. */
	m = message(MIPSTEE_CMD_UNREGISTER_SHM);
	m.param[0].attr = MIPSTEE_ATTR_RMEM_INOUT;
	m.param[0].u.rmem.shm_ref = 77;
	assert_true(call(&m, 1));
	assert_int_not_equal(m.arg.ret, TEEC_SUCCESS);
	increments(s);
	close_session(s);
}

static void registrations_that_are_refused(void **state)
{
	static const struct {
		uint64_t ptr, size;
	} bad[] = {
		{ 0, 4096 },
		{ VMCTL_SHM_GPA, 0 },
		{ VMCTL_SHM_GPA, VMCTL_SHM_SIZE + 1 },
		{ VMCTL_SHM_GPA - 1, 4096 },
		{ VMCTL_SHM_GPA + VMCTL_SHM_SIZE, 4096 },
		{ VMCTL_DS_GPA, 4096 },
		{ UINT64_MAX - 4095, 4096 },
		{ UINT64_MAX, 2 },
		{ VMCTL_SHM_GPA, UINT64_MAX },
	};
	struct raw_msg m;
	unsigned int i;
	uint32_t s;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		m = message(MIPSTEE_CMD_REGISTER_SHM);
		m.param[0].attr = MIPSTEE_ATTR_TMEM_INOUT;
		m.param[0].u.tmem.buf_ptr = bad[i].ptr;
		m.param[0].u.tmem.size = bad[i].size;
		m.param[0].u.tmem.shm_ref = 1000 + i;
		assert_true(call(&m, 1));
		if (m.arg.ret == TEEC_SUCCESS)
			fail_msg("case %u was registered", i);
	}
	/* Fragments: a whole list works, one without an end doesn't, nor do two references. */
	for (i = 0; i < 3; i++) {
		uint32_t k;

		m = message(MIPSTEE_CMD_REGISTER_SHM);
		for (k = 0; k < 4; k++) {
			m.param[k].attr = MIPSTEE_ATTR_TMEM_INOUT;
			if (k < 3 || i == 1)
				m.param[k].attr |= MIPSTEE_ATTR_FRAGMENT;
			m.param[k].u.tmem.buf_ptr = VMCTL_SHM_GPA + 8192 * k;
			m.param[k].u.tmem.size = 4096;
			m.param[k].u.tmem.shm_ref = 2000 + i + (i == 2 ? k : 0);
		}
		assert_true(call(&m, 4));
		assert_true((m.arg.ret == TEEC_SUCCESS) == (i == 0));
	}
	/* The reference is taken. */
	m = message(MIPSTEE_CMD_REGISTER_SHM);
	m.param[0].attr = MIPSTEE_ATTR_TMEM_INOUT;
	m.param[0].u.tmem.buf_ptr = VMCTL_SHM_GPA;
	m.param[0].u.tmem.size = 4096;
	m.param[0].u.tmem.shm_ref = 2000;
	assert_true(call(&m, 1));
	assert_int_not_equal(m.arg.ret, TEEC_SUCCESS);
	m = message(MIPSTEE_CMD_UNREGISTER_SHM);
	m.param[0].attr = MIPSTEE_ATTR_RMEM_INOUT;
	m.param[0].u.rmem.shm_ref = 2000;
	assert_true(call(&m, 1));
	assert_int_equal(m.arg.ret, TEEC_SUCCESS);
	s = open_hello();
	increments(s);
	close_session(s);
}

static void open_session_without_its_meta_parameters(void **state)
{
	struct raw_msg m;
	unsigned int i;
	uint32_t s;

	(void)state;
	for (i = 0; i < 6; i++) {
		m = message(MIPSTEE_CMD_OPEN_SESSION);
		m.param[0].attr = m.param[1].attr = MIPSTEE_ATTR_VALUE_IN | MIPSTEE_ATTR_META;
		if (i == 2)
			m.param[0].attr = MIPSTEE_ATTR_VALUE_IN;
		if (i == 3)
			m.param[1].attr = MIPSTEE_ATTR_VALUE_OUT | MIPSTEE_ATTR_META;
		if (i == 4) /* an application login: not on offer */
			m.param[1].u.value.c = 4;
		if (i == 5) /* a login that nobody knows */
			m.param[1].u.value.c = 0x80000000ull;
		assert_true(call(&m, i < 2 ? i : 2));
		assert_int_not_equal(m.arg.ret, TEEC_SUCCESS);
	}
	s = open_hello();
	close_session(s);
}

static void random_messages(void **state)
{
	struct raw_msg m;
	unsigned int round, i;
	uint8_t answer[4096];
	uint32_t s;

	(void)state;
	srand(2);
	for (round = 0; round < 2000; round++) {
		uint32_t num = (uint32_t)rand() % 6;

		if (round % 100 == 0)
			reconnect();
		m = message((uint32_t)rand() % 7);
		m.arg.num_params = num;
		m.arg.session = (uint32_t)rand() % 100;
		for (i = 0; i < num; i++) {
			m.param[i].attr = (uint64_t)rand() % 0x10 | (rand() % 4 ? 0 : MIPSTEE_ATTR_META);
			m.param[i].u.tmem.buf_ptr = (uint64_t)rand() << (rand() % 40);
			m.param[i].u.tmem.size = (uint64_t)rand() << (rand() % 40);
			m.param[i].u.tmem.shm_ref = (uint64_t)rand() % 10;
		}
		raw_send(&r, LOCAL, remote, &m,
			 sizeof(m.hdr) + sizeof(m.arg) + num * sizeof(m.param[0]));
		while (raw_recv(&r, answer, sizeof(answer), m.arg.cmd == MIPSTEE_CMD_CANCEL ? 0 : 1))
			;
	}
	reconnect();
	s = open_hello();
	increments(s);
	close_session(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_honest_message_works),
		cmocka_unit_test(sessions_that_are_not_open),
		cmocka_unit_test(sessions_of_another_vm),
		cmocka_unit_test(commands_and_counts_that_do_not_exist),
		cmocka_unit_test(magic_and_lengths_that_are_wrong),
		cmocka_unit_test(attributes_that_do_not_exist),
		cmocka_unit_test(memory_that_is_not_ours),
		cmocka_unit_test(registrations_that_are_refused),
		cmocka_unit_test(open_session_without_its_meta_parameters),
		cmocka_unit_test(random_messages),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
