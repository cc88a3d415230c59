/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * A storm: processes with threads that open, invoke, cancel, close and panic as they please, and are
 * killed now and then. Every call ends, with a result that fits, and nothing stays behind.
 * TEELINK_TEST_STORM_S: how many seconds (1).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/futex.h"
#include "tests/system/client.h"
#include "tests/system/machine.h"
#include "tests/system/probe_ta.h"
#include "wire/port.h"

#define NUM_PROCESSES 8u
#define NUM_THREADS 4u
#define KILL_EVERY_NS 60000000u
#define BUFFER_SIZE 8192u

static const TEEC_UUID uuids[] = { PROBE_TA_UUID, PROBE_SHARED_TA_UUID, PROBE_LONELY_TA_UUID };

/* Shared by all processes; each of the test's children has a slot for what it has done. */
struct sky {
	uint32_t stop;
	uint32_t calls[NUM_PROCESSES];
	uint32_t bad[NUM_PROCESSES]; /* a result that doesn't fit, plus its step << 28 */
};

struct storm {
	struct sky *sky;
	unsigned int index;
	TEEC_Context ctx;
	TEEC_Operation op[NUM_THREADS]; /* each thread's; the others cancel it */
};

struct thread {
	struct storm *storm;
	unsigned int index;
	unsigned int seed;
};

static unsigned int roll(struct thread *t, unsigned int sides)
{
	return (unsigned int)rand_r(&t->seed) % sides;
}

/* What may come back: from a TA that is busy, that somebody cancelled or ended, or that refuses. */
static bool fits(TEEC_Result res)
{
	switch (res) {
	case TEEC_SUCCESS:
	case TEEC_ERROR_CANCEL:
	case TEEC_ERROR_BUSY:
	case TEEC_ERROR_TARGET_DEAD:
	case TEEC_ERROR_OUT_OF_MEMORY:
	case TEEC_ERROR_BAD_FORMAT:
		return true;
	default:
		return false;
	}
}

enum step { STEP_OPEN = 1, STEP_INVOKE = 2, STEP_VALUE = 3, STEP_MEMORY = 4 };

static void check(struct thread *t, enum step step, bool ok, TEEC_Result res)
{
	struct sky *sky = t->storm->sky;
	unsigned int i = t->storm->index;

	__atomic_fetch_add(&sky->calls[i], 1u, __ATOMIC_RELAXED);
	if (!ok)
		tl_store_release(&sky->bad[i], (uint32_t)step << 28 | (res & 0x0fffffffu));
}

static void invoke(struct thread *t, TEEC_Session *session)
{
	TEEC_Operation *op = &t->storm->op[t->index];
	uint8_t buffer[BUFFER_SIZE];
	uint32_t cmd = PROBE_NOP, origin;
	TEEC_Result res;

	memset(op, 0, sizeof(*op));
	op->paramTypes = TEEC_PARAM_TYPES(TEEC_VALUE_INPUT, TEEC_VALUE_OUTPUT, TEEC_VALUE_INOUT, 0);
	op->params[0].value.a = 1 + roll(t, 20);
	op->params[2].value.b = 7;
	switch (roll(t, 16)) {
	case 0:
	case 1:
		op->paramTypes = TEEC_PARAM_TYPES(TEEC_VALUE_INPUT, 0, 0, 0);
		cmd = PROBE_WAIT;
		break;
	case 2:
		op->paramTypes = TEEC_PARAM_TYPES(TEEC_VALUE_INPUT, 0, 0, 0);
		cmd = roll(t, 4) ? PROBE_NOP : PROBE_PANIC;
		break;
	case 3:
	case 4:
		pattern_fill(buffer, sizeof(buffer), (uint8_t)t->seed);
		op->paramTypes = TEEC_PARAM_TYPES(TEEC_MEMREF_TEMP_INPUT, 0, 0, TEEC_VALUE_OUTPUT);
		op->params[0].tmpref.buffer = buffer;
		op->params[0].tmpref.size = sizeof(buffer);
		cmd = PROBE_MEMORY;
		break;
	default:
		cmd = PROBE_VALUES;
		break;
	}
	res = TEEC_InvokeCommand(session, cmd, op, &origin);
	check(t, STEP_INVOKE, fits(res), res);
	if (res == TEEC_SUCCESS && cmd == PROBE_VALUES)
		check(t, STEP_VALUE, op->params[2].value.b == 8, 0);
	if (res == TEEC_SUCCESS && cmd == PROBE_MEMORY)
		check(t, STEP_MEMORY,
		      op->params[3].value.a == pattern_sum(buffer, sizeof(buffer)), 0);
}

static void *storm_thread(void *arg)
{
	struct thread *t = arg;
	struct storm *s = t->storm;
	unsigned int i, num;

	while (!tl_load_acquire(&s->sky->stop)) {
		TEEC_Session session;
		uint32_t origin;
		TEEC_Result res;

		memset(&s->op[t->index], 0, sizeof(s->op[0]));
		res = TEEC_OpenSession(&s->ctx, &session, &uuids[roll(t, 3)], TEEC_LOGIN_PUBLIC, NULL,
				       &s->op[t->index], &origin);
		check(t, STEP_OPEN, fits(res), res);
		if (res)
			continue;
		num = roll(t, 20);
		for (i = 0; i < num && !tl_load_acquire(&s->sky->stop); i++)
			invoke(t, &session);
		TEEC_CloseSession(&session);
	}
	return NULL;
}

/* A canceller races with the calls by design; memory that it reads is the library's to guard. */
static void *cancel_thread(void *arg)
{
	struct thread *t = arg;
	struct storm *s = t->storm;

	while (!tl_load_acquire(&s->sky->stop)) {
		TEEC_RequestCancellation(&s->op[roll(t, NUM_THREADS - 1)]);
		usleep(500 + roll(t, 2000));
	}
	return NULL;
}

static void __attribute__((noreturn)) storm_process(struct sky *sky, unsigned int index, unsigned int seed)
{
	struct storm s = { .sky = sky, .index = index };
	struct thread t[NUM_THREADS];
	pthread_t id[NUM_THREADS];
	unsigned int i;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (TEEC_InitializeContext(NULL, &s.ctx))
		_exit(2);
	for (i = 0; i < NUM_THREADS; i++) {
		t[i] = (struct thread){ .storm = &s, .index = i, .seed = seed * 16 + i };
		if (pthread_create(&id[i], NULL, i + 1 < NUM_THREADS ? storm_thread : cancel_thread,
				   &t[i]))
			_exit(3);
	}
	for (i = 0; i < NUM_THREADS; i++)
		pthread_join(id[i], NULL);
	TEEC_FinalizeContext(&s.ctx);
	_exit(0);
}

static pid_t storm_start(struct sky *sky, unsigned int index, unsigned int seed)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (!pid)
		storm_process(sky, index, seed);
	return pid;
}

struct ending {
	pid_t pid;
	int status;
};

static bool has_ended(void *arg)
{
	struct ending *e = arg;

	return waitpid(e->pid, &e->status, WNOHANG) == e->pid;
}

static unsigned int seconds(void)
{
	const char *text = getenv("TEELINK_TEST_STORM_S");

	return text ? (unsigned int)strtoul(text, NULL, 10) : 1;
}

/* Kills one after the other for as long as the storm lasts, and starts another one in its place. */
static void rage(struct sky *sky, pid_t *pid)
{
	uint64_t end = tl_now_ns() + seconds() * 1000000000ull;
	unsigned int n;

	for (n = 0; tl_now_ns() < end; n++) {
		unsigned int i = n % NUM_PROCESSES;

		usleep(KILL_EVERY_NS / 1000);
		assert_int_equal(kill(pid[i], SIGKILL), 0);
		assert_int_equal(waitpid(pid[i], NULL, 0), pid[i]);
		pid[i] = storm_start(sky, i, NUM_PROCESSES + n);
	}
}

/* The supplicant is there when an image has been loaded; the shared instance stays by its flags. */
static void use_shared_instance(void)
{
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (!pid) {
		struct client c;

		client_open(&c, &uuids[1]);
		client_works(&c);
		client_close(&c);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void all_calls_end_and_nothing_stays(void **state)
{
	struct machine_shape before;
	struct test_machine m;
	pid_t pid[NUM_PROCESSES];
	uint32_t calls = 0;
	struct sky *sky;
	unsigned int i;

	(void)state;
	sky = mmap(NULL, sizeof(*sky), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(sky != MAP_FAILED);
	machine_start(&m, NULL, NULL);
	use_shared_instance();
	machine_look(&m, &before);
	for (i = 0; i < NUM_PROCESSES; i++)
		pid[i] = storm_start(sky, i, i);
	rage(sky, pid);
	tl_store_release(&sky->stop, 1u);
	for (i = 0; i < NUM_PROCESSES; i++) {
		struct ending e = { .pid = pid[i] };

		if (!wait_until(has_ended, &e))
			fail_msg("process %u hangs", i);
		assert_int_equal(e.status, 0);
		if (tl_load_acquire(&sky->bad[i]))
			fail_msg("process %u: step and result 0x%08x", i, sky->bad[i]);
		calls += sky->calls[i];
	}
	assert_true(calls > 0);
	printf("%u calls\n", calls);
	munmap(sky, sizeof(*sky));
	/* The last of the panics may have been its end. */
	use_shared_instance();
	machine_expect(&m, &before);
	machine_stop(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_calls_end_and_nothing_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
