// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
/* System calls of real TAs, as processes and as threads, served by the test. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ta_fixture.h"
#include "tee/ta/syscall.h"
#include "tests/system/probe_ta.h"

#define VALUE_INOUT 3u
#define MEMREF_INOUT 7u
#define TEE_ERROR_CANCEL 0xffff0002u
#define TEE_ERROR_NOT_IMPLEMENTED 0xffff0009u
#define TEE_ERROR_TARGET_DEAD 0xffff3024u

enum {
	CALL_INVERT, /* arg[1] bytes of the area at 0; arg[0] becomes the sum of all arguments */
	CALL_WAIT, /* until cancelled or dead */
	CALL_COUNT, /* how often this instance has called */
	CALL_FAIL,
};

struct server {
	struct tee_world *w;
	struct world_event event;
	bool waits; /* somebody is in CALL_WAIT */
	unsigned int interrupts, gone;
};

static const uint8_t probe[16] = { 0x6a, 0x1e, 0x2c, 0x60, 0x93, 0xd1, 0x4b, 0x0c,
				   0x9f, 0x3e, 0x5b, 0x1c, 0x22, 0x8a, 0x77, 0x01 };

static struct ta_fixture fx;
static struct ta_instance *inst;
static struct server srv;

static uint32_t invert(struct ta_syscall *sc)
{
	uint8_t buf[4096];
	size_t i, len = (size_t)sc->arg[1];
	uint64_t sum = 0;

	assert_true(len <= sizeof(buf));
	assert_int_equal(ta_syscall_get(sc, 0, buf, len), 0);
	for (i = 0; i < len; i++)
		buf[i] = (uint8_t)~buf[i];
	assert_int_equal(ta_syscall_put(sc, 0, buf, len), 0);
	for (i = 0; i < MAILBOX_SYSCALL_NUM_ARGS; i++)
		sum += sc->arg[i];
	sc->arg[0] = sum;
	return 0;
}

static uint32_t wait_for_end(struct server *s, struct ta_syscall *sc)
{
	s->waits = true;
	world_signal(&s->event);
	while (!ta_instance_dead(sc->inst) && !ta_instance_cancelled(sc->inst))
		world_wait(s->w, &s->event, 0);
	s->waits = false;
	return TEE_ERROR_CANCEL;
}

static uint32_t count(struct ta_syscall *sc)
{
	unsigned int *n = *sc->state;

	if (!n)
		n = calloc(1, sizeof(*n));
	assert_non_null(n);
	*sc->state = n;
	sc->arg[0] = ++*n;
	return 0;
}

static uint32_t serve(void *server, struct ta_syscall *sc)
{
	assert_memory_equal(ta_instance_uuid(sc->inst), probe, 16);
	assert_ptr_equal(ta_instance_owner(sc->inst), &srv);
	switch (sc->nr - MAILBOX_SYSCALL_TEST) {
	case CALL_INVERT:
		return invert(sc);
	case CALL_WAIT:
		return wait_for_end(server, sc);
	case CALL_COUNT:
		return count(sc);
	default:
		return 0x80001234u;
	}
}

static void interrupt(void *server, struct ta_instance *ta, void *state)
{
	struct server *s = server;

	(void)ta;
	(void)state;
	s->interrupts++;
	world_signal(&s->event);
}

static void gone(void *server, struct ta_instance *ta, void *state)
{
	struct server *s = server;

	(void)ta;
	s->gone++;
	free(state);
}

static const struct ta_syscall_ops ops = {
	.call = serve,
	.interrupt = interrupt,
	.gone = gone,
};

static void setup(bool threads)
{
	ta_fixture_start(&fx, threads, true);
	memset(&srv, 0, sizeof(srv));
	srv.w = fx.world;
	world_event_init(&srv.event);
	inst = ta_fixture_open(&fx, probe);
	world_lock(fx.world);
	ta_instance_set_owner(inst, &srv);
	assert_int_equal(ta_syscall_register(fx.world, MAILBOX_SYSCALL_TEST, &ops, &srv), 0);
	world_unlock(fx.world);
}

static int setup_threads(void **state)
{
	(void)state;
	setup(true);
	return 0;
}

static int setup_processes(void **state)
{
	(void)state;
	setup(false);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	if (inst)
		ta_fixture_close(&fx, inst);
	ta_fixture_stop(&fx);
	world_event_destroy(&srv.event);
	return 0;
}

static struct ta_call syscall_call(uint32_t nr)
{
	struct ta_call c = { .entry = TA_ENTRY_INVOKE, .session = 1, .cmd = PROBE_SYSCALL };

	c.param[1].type = VALUE_INOUT;
	c.param[1].u.value.a = nr;
	return c;
}

static void expect_count(uint32_t n)
{
	struct ta_call c = syscall_call(MAILBOX_SYSCALL_TEST + CALL_COUNT);

	assert_int_equal(ta_fixture_call(&fx, inst, &c), 0);
	assert_int_equal(c.result, 0);
	assert_int_equal(c.origin, 4);
	assert_int_equal(c.param[1].u.value.a, n);
}

static void test_arguments_and_bytes(void **state)
{
	unsigned int i, k;
	struct vm_mem *mem;
	uint8_t *base;

	(void)state;
	mem = ta_fixture_mem(4096, &base);
	for (i = 0; i < 300; i++) {
		struct ta_call c = syscall_call(MAILBOX_SYSCALL_TEST + CALL_INVERT);
		size_t len = i * 13 % 4097;

		memset(base, (int)i, 4096);
		c.param[0].type = MEMREF_INOUT;
		c.param[0].u.memref.mem = mem;
		c.param[0].u.memref.size = len;
		c.param[1].u.value.b = i;
		assert_int_equal(ta_fixture_call(&fx, inst, &c), 0);
		assert_int_equal(c.result, 0);
		/* b, the length, then six times 2 to 7 shifted high: probe says so. */
		assert_int_equal(c.param[1].u.value.a, i + len + 27);
		for (k = 0; k < 4096; k++)
			assert_int_equal(base[k], (uint8_t)(k < len ? ~i : i));
	}
	ta_fixture_mem_put(&fx, mem);
}

static void test_result_is_the_servers(void **state)
{
	struct ta_call c = syscall_call(MAILBOX_SYSCALL_TEST + CALL_FAIL);

	(void)state;
	assert_int_equal(ta_fixture_call(&fx, inst, &c), 0);
	assert_int_equal(c.result, 0x80001234u);
}

static void test_nobody_serves(void **state)
{
	/* Not the session manager's: these tests have none. */
	static const uint32_t numbers[] = { 0,
					    0xff,
					    MAILBOX_SYSCALL_TEST - 1,
					    MAILBOX_SYSCALL_TEST + MAILBOX_SYSCALL_RANGE,
					    0x80000000u,
					    UINT32_MAX };
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		struct ta_call c = syscall_call(numbers[i]);

		assert_int_equal(ta_fixture_call(&fx, inst, &c), 0);
		assert_int_equal(c.result, TEE_ERROR_NOT_IMPLEMENTED);
	}
}

static void test_register(void **state)
{
	static const struct ta_syscall_ops no_call = { .gone = gone };

	(void)state;
	world_lock(fx.world);
	assert_int_equal(ta_syscall_register(fx.world, MAILBOX_SYSCALL_TEST, &ops, NULL), -EEXIST);
	assert_int_equal(
		ta_syscall_register(fx.world, (enum mailbox_syscall_range)0x1000, &ops, NULL),
		-EINVAL);
	assert_int_equal(
		ta_syscall_register(fx.world, (enum mailbox_syscall_range)0x501, &ops, NULL),
		-EINVAL);
	assert_int_equal(
		ta_syscall_register(fx.world, (enum mailbox_syscall_range)0x500, &no_call, NULL),
		-EINVAL);
	world_unlock(fx.world);
}

static void test_state_goes_with_the_instance(void **state)
{
	(void)state;
	expect_count(1);
	expect_count(2);
	assert_int_equal(srv.gone, 0);
	ta_fixture_close(&fx, inst);
	assert_int_equal(srv.gone, 1);
	inst = NULL;
}

static void test_area_has_bounds(void **state)
{
	uint8_t *area = calloc(1, TA_SYSCALL_SIZE), byte = 7;
	struct ta_syscall sc = { .shm_area = area };

	(void)state;
	assert_non_null(area);
	assert_int_equal(ta_syscall_put(&sc, TA_SYSCALL_SIZE - 1, &byte, 1), 0);
	byte = 0;
	assert_int_equal(ta_syscall_get(&sc, TA_SYSCALL_SIZE - 1, &byte, 1), 0);
	assert_int_equal(byte, 7);
	assert_int_equal(ta_syscall_get(&sc, TA_SYSCALL_SIZE, &byte, 0), 0);
	assert_int_equal(ta_syscall_get(&sc, TA_SYSCALL_SIZE, &byte, 1), -EFAULT);
	assert_int_equal(ta_syscall_get(&sc, TA_SYSCALL_SIZE + 1, &byte, 0), -EFAULT);
	assert_int_equal(ta_syscall_get(&sc, 1, &byte, SIZE_MAX), -EFAULT);
	assert_int_equal(ta_syscall_get(&sc, UINT64_MAX, &byte, 1), -EFAULT);
	assert_int_equal(ta_syscall_put(&sc, 2, &byte, TA_SYSCALL_SIZE - 1), -EFAULT);
	assert_int_equal(ta_syscall_put(&sc, UINT64_MAX, &byte, 2), -EFAULT);
	free(area);
}

/* While the other thread is in CALL_WAIT. */
static void when_it_waits(void (*fn)(void))
{
	world_lock(fx.world);
	while (!srv.waits)
		world_wait(fx.world, &srv.event, 0);
	fn();
	world_unlock(fx.world);
}

static void cancel(void)
{
	ta_instance_cancel(inst);
}

static void kill_it(void)
{
	ta_instance_kill(inst);
}

static void kill_its_process(void)
{
	kill((pid_t)ta_instance_pid(inst), SIGKILL);
}

static void *call_and_wait(void *arg)
{
	struct ta_call *c = arg;

	*c = syscall_call(MAILBOX_SYSCALL_TEST + CALL_WAIT);
	ta_fixture_call(&fx, inst, c);
	return NULL;
}

static void interrupt_by(void (*fn)(void), struct ta_call *c)
{
	pthread_t t;

	assert_int_equal(pthread_create(&t, NULL, call_and_wait, c), 0);
	when_it_waits(fn);
	pthread_join(t, NULL);
	assert_true(srv.interrupts > 0);
}

static void test_cancel(void **state)
{
	struct ta_call c;

	(void)state;
	interrupt_by(cancel, &c);
	assert_int_equal(c.result, TEE_ERROR_CANCEL);
	assert_int_equal(c.origin, 4);
	/* The next call isn't cancelled. */
	world_lock(fx.world);
	assert_false(ta_instance_dead(inst));
	world_unlock(fx.world);
	expect_count(1);
	world_lock(fx.world);
	assert_false(ta_instance_cancelled(inst));
	world_unlock(fx.world);
}

static void expect_dead(const struct ta_call *c)
{
	assert_int_equal(c->result, TEE_ERROR_TARGET_DEAD);
	assert_int_equal(c->origin, 3);
	world_lock(fx.world);
	assert_true(ta_instance_dead(inst));
	world_unlock(fx.world);
}

static void test_kill(void **state)
{
	struct ta_call c;

	(void)state;
	expect_count(1);
	interrupt_by(kill_it, &c);
	expect_dead(&c);
	assert_int_equal(srv.gone, 0);
}

static void test_process_dies(void **state)
{
	struct ta_call c;

	(void)state;
	interrupt_by(kill_its_process, &c);
	expect_dead(&c);
}

#define BOTH(fn)                                                                                   \
	cmocka_unit_test_setup_teardown(fn, setup_threads, teardown),                              \
		cmocka_unit_test_setup_teardown(fn, setup_processes, teardown)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		BOTH(test_arguments_and_bytes),
		BOTH(test_result_is_the_servers),
		BOTH(test_nobody_serves),
		BOTH(test_register),
		BOTH(test_state_goes_with_the_instance),
		cmocka_unit_test(test_area_has_bounds),
		BOTH(test_cancel),
		BOTH(test_kill),
		cmocka_unit_test_setup_teardown(test_process_dies, setup_processes, teardown),
	};

	ta_fixture_args(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
