// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
/* Where a TA's process may run: where its caller is, as long as its calls are short. */
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/futex.h"
#include "ta_fixture.h"
#include "tests/system/probe_ta.h"

#define VALUE_IN 1u
#define LONG_MS 50u
#define PATIENCE_NS 10000000000u

static const uint8_t probe[16] = { 0x6a, 0x1e, 0x2c, 0x60, 0x93, 0xd1, 0x4b, 0x0c,
				   0x9f, 0x3e, 0x5b, 0x1c, 0x22, 0x8a, 0x77, 0x01 };

static struct ta_fixture fx;
static struct ta_instance *inst;

static int setup(void **state)
{
	(void)state;
	ta_fixture_start(&fx, false, true);
	inst = ta_fixture_open(&fx, probe);
	return 0;
}

static uint32_t pid_of_ta(void)
{
	uint32_t pid;

	world_lock(fx.world);
	pid = ta_instance_pid(inst);
	world_unlock(fx.world);
	return pid;
}

static void skip_without_process(void)
{
	if (pid_of_ta())
		return;
	print_message("TAs are threads of the launcher in this build: they stay where they are\n");
	skip();
}

static int teardown(void **state)
{
	(void)state;
	ta_fixture_close(&fx, inst);
	ta_fixture_stop(&fx);
	return 0;
}

static void call(uint32_t cmd, uint32_t a)
{
	struct ta_call c = { .entry = TA_ENTRY_INVOKE,
			     .session = 1,
			     .cmd = cmd,
			     .param = { { .type = VALUE_IN, .u.value = { a, 0 } } } };

	assert_int_equal(ta_fixture_call(&fx, inst, &c), 0);
}

static unsigned int cores_of(pid_t pid)
{
	cpu_set_t set;

	assert_int_equal(sched_getaffinity(pid, sizeof(set), &set), 0);
	return (unsigned int)CPU_COUNT(&set);
}

static unsigned int cores_of_ta(void)
{
	return cores_of((pid_t)pid_of_ta());
}

/* On a busy machine a short call takes long now and then. */
static void call_until_bound(void)
{
	uint64_t end = tl_now_ns() + PATIENCE_NS;

	do
		call(PROBE_NOP, 0);
	while (cores_of_ta() > 1 && tl_now_ns() < end);
	assert_int_equal(cores_of_ta(), 1);
}

static void test_short_calls_bind(void **state)
{
	(void)state;
	skip_without_process();
	call_until_bound();
}

static void test_long_calls_let_loose(void **state)
{
	(void)state;
	skip_without_process();
	call_until_bound();
	call(PROBE_WAIT, LONG_MS);
	assert_int_equal(cores_of_ta(), cores_of(0));
	/* And no call after it until one was short. */
	call(PROBE_WAIT, LONG_MS);
	assert_int_equal(cores_of_ta(), cores_of(0));
	call_until_bound();
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_short_calls_bind, setup, teardown),
		cmocka_unit_test_setup_teardown(test_long_calls_let_loose, setup, teardown),
	};

	ta_fixture_args(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
