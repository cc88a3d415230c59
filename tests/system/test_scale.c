/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * As many as a machine must have room for: 256 VMs with 1024 sessions between them, 64 instances of
 * trusted applications. All are served, and all go again.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/system/client.h"
#include "tests/system/machine.h"
#include "tests/system/probe_ta.h"

#define MAX_VMS 256u
#define SESSIONS 4u
#define INSTANCES 64u

static const TEEC_UUID probe = PROBE_TA_UUID;
static const TEEC_UUID shared = PROBE_SHARED_TA_UUID;

struct vm {
	pid_t pid;
	int to, from;
};

/* With a sanitizer each process is many times as large. */
static unsigned int num_vms(void)
{
	return getenv("TEELINK_TEST_NO_LIMITS") ? 32 : MAX_VMS;
}

static void __attribute__((noreturn)) vm_main(int from, int to)
{
	struct client c[SESSIONS];
	unsigned int i;
	char byte;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	client_open(&c[0], &shared);
	for (i = 1; i < SESSIONS; i++) {
		c[i].ctx = c[0].ctx;
		if (TEEC_OpenSession(&c[0].ctx, &c[i].session, &shared, TEEC_LOGIN_PUBLIC, NULL, NULL,
				     NULL))
			_exit(2);
	}
	/* Told to work as long as the byte is a 'w'. */
	do {
		for (i = 0; i < SESSIONS; i++)
			client_works(&c[i]);
		if (write(to, "", 1) != 1 || read(from, &byte, 1) != 1)
			_exit(3);
	} while (byte == 'w');
	for (i = 1; i < SESSIONS; i++)
		TEEC_CloseSession(&c[i].session);
	client_close(&c[0]);
	_exit(0);
}

static void vm_start(struct vm *v)
{
	int to[2], from[2];

	assert_int_equal(pipe(to), 0);
	assert_int_equal(pipe(from), 0);
	v->pid = fork();
	assert_true(v->pid >= 0);
	if (!v->pid)
		vm_main(to[0], from[1]);
	close(to[0]);
	close(from[1]);
	v->to = to[1];
	v->from = from[0];
}

static void vm_answers(const struct vm *v)
{
	char byte;

	assert_int_equal(read(v->from, &byte, 1), 1);
}

static size_t count_of(const struct test_machine *m, const char *what)
{
	json_t *status = machine_status(m), *tee = json_object_get(status, "secure_world");
	size_t n = json_array_size(json_object_get(tee, what));

	json_decref(status);
	return n;
}

static bool only_the_shared_one(void *arg)
{
	return count_of(arg, "instances") <= 1 && count_of(arg, "sessions") == 0;
}

static bool no_sessions(void *arg)
{
	return count_of(arg, "sessions") == 0 && count_of(arg, "vms") <= 2;
}

static void many_vms_and_sessions(void **state)
{
	struct vm *v = calloc(MAX_VMS, sizeof(*v));
	unsigned int i, num = num_vms();
	int status;

	assert_non_null(v);
	for (i = 0; i < num; i++) {
		vm_start(&v[i]);
		vm_answers(&v[i]);
	}
	assert_true(count_of(*state, "vms") >= num);
	assert_int_equal(count_of(*state, "sessions"), num * SESSIONS);
	/* All at once. */
	for (i = 0; i < num; i++)
		assert_int_equal(write(v[i].to, "w", 1), 1);
	for (i = 0; i < num; i++)
		vm_answers(&v[i]);
	for (i = 0; i < num; i++)
		assert_int_equal(write(v[i].to, "e", 1), 1);
	for (i = 0; i < num; i++) {
		assert_int_equal(waitpid(v[i].pid, &status, 0), v[i].pid);
		assert_int_equal(status, 0);
		close(v[i].to);
		close(v[i].from);
	}
	free(v);
	assert_true(wait_until(no_sessions, *state));
}

static void many_instances(void **state)
{
	struct client c[INSTANCES];
	unsigned int i, num = getenv("TEELINK_TEST_NO_LIMITS") ? INSTANCES / 4 : INSTANCES;

	client_open(&c[0], &probe);
	for (i = 1; i < num; i++) {
		c[i].ctx = c[0].ctx;
		assert_int_equal(TEEC_OpenSession(&c[0].ctx, &c[i].session, &probe, TEEC_LOGIN_PUBLIC,
						  NULL, NULL, NULL),
				 TEEC_SUCCESS);
	}
	assert_true(count_of(*state, "instances") >= num);
	for (i = 0; i < num; i++)
		client_works(&c[i]);
	for (i = 1; i < num; i++)
		TEEC_CloseSession(&c[i].session);
	client_close(&c[0]);
	assert_true(wait_until(only_the_shared_one, *state));
}

static int start(void **state)
{
	static struct test_machine m;

	machine_start(&m, NULL, NULL);
	*state = &m;
	return 0;
}

static int stop(void **state)
{
	machine_stop(*state);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(many_vms_and_sessions),
		cmocka_unit_test(many_instances),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
