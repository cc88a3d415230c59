// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
/* A supplicant of the user's own in place of the machine's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/machine_path.h"
#include "tests/system/client.h"
#include "tests/system/machine.h"
#include "tests/system/probe_ta.h"

#define NUM_STARTS 3u

static const TEEC_UUID probe = PROBE_TA_UUID, shared = PROBE_SHARED_TA_UUID,
		       lonely = PROBE_LONELY_TA_UUID;
static struct test_machine machine;

static int start(void **state)
{
	(void)state;
	machine_start(&machine, "--supplicant", "user");
	return 0;
}

static int stop(void **state)
{
	(void)state;
	machine_stop(&machine);
	return 0;
}

/* The program, for the machine that the environment names. */
static pid_t supplicant_start(void)
{
	char own[PATH_MAX], path[PATH_MAX];
	const char *dirs = getenv("TEELINK_TEST_TA_DIR");
	pid_t pid;

	assert_non_null(dirs);
	assert_int_equal(machine_own_path(own, sizeof(own)), 0);
	assert_int_equal(machine_find_program(own, "tee-supplicant", path, sizeof(path)), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	execl(path, "tee-supplicant", "--machine", "--ta-path", dirs, "--fs-parent-path",
	      machine.dir, (char *)NULL);
	_exit(127);
}

static int supplicant_end(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void supplicant_kill(pid_t pid)
{
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_true(WIFSIGNALED(supplicant_end(pid)));
}

/* Its VM's id, or 0: there is none. */
static json_int_t supplicant_vm(void)
{
	json_t *status = machine_status(&machine), *vm;
	json_int_t id = 0;
	size_t i;

	json_array_foreach(json_object_get(status, "vms"), i,
			   vm) if (json_is_true(json_object_get(vm, "supplicant"))) id =
		json_integer_value(json_object_get(vm, "id"));
	json_decref(status);
	return id;
}

static bool is_gone(void *arg)
{
	(void)arg;
	return !supplicant_vm();
}

static bool is_another(void *before)
{
	json_int_t id = supplicant_vm();

	return id && id != *(json_int_t *)before;
}

static void until_gone(void)
{
	assert_true(wait_until(is_gone, NULL));
}

/* Return: the VM, which isn't the one @before. */
static json_int_t until_there(json_int_t before)
{
	assert_true(wait_until(is_another, &before));
	return supplicant_vm();
}

/* A call waits for the first one, and for the next when one has gone. */
static void test_comes_and_goes(void **state)
{
	static const TEEC_UUID *const uuids[NUM_STARTS] = { &probe, &shared, &lonely };
	struct client c[NUM_STARTS];
	unsigned int i;

	(void)state;
	assert_int_equal(machine_count(&machine, "tee-supplicant"), 0);
	for (i = 0; i < NUM_STARTS; i++) {
		struct client_call open = { .c = &c[i], .uuid = uuids[i] };
		pid_t pid;

		assert_int_equal(TEEC_InitializeContext(NULL, &c[i].ctx), TEEC_SUCCESS);
		client_call_start(&open);
		pid = supplicant_start();
		client_call_end(&open);
		assert_int_equal(open.res, TEEC_SUCCESS);
		client_works(&c[i]);
		supplicant_kill(pid);
		until_gone();
	}
	for (i = 0; i < NUM_STARTS; i++)
		client_close(&c[i]);
}

static void test_one_at_a_time(void **state)
{
	pid_t pid = supplicant_start();
	struct client c;

	(void)state;
	until_there(0);
	assert_int_equal(WEXITSTATUS(supplicant_end(supplicant_start())), 1);
	client_open(&c, &probe);
	client_works(&c);
	client_close(&c);
	supplicant_kill(pid);
	until_gone();
}

/* It serves the secure world that comes after, and ends when the machine does. */
static void test_restart(void **state)
{
	struct client c;
	json_int_t vm;
	pid_t pid, tee;

	(void)state;
	machine_start(&machine, "--supplicant", "user");
	pid = supplicant_start();
	vm = until_there(0);
	tee = machine_process(&machine, "teelink-tee", 0);
	assert_true(tee > 0);
	assert_int_equal(kill(tee, SIGKILL), 0);
	until_there(vm);
	client_open(&c, &probe);
	client_works(&c);
	client_close(&c);
	machine_stop(&machine);
	assert_int_equal(supplicant_end(pid), 0);
}

static void test_machine_has_one(void **state)
{
	(void)state;
	machine_start(&machine, NULL, NULL);
	until_there(0);
	assert_int_equal(WEXITSTATUS(supplicant_end(supplicant_start())), 1);
	machine_stop(&machine);
}

int main(void)
{
	const struct CMUnitTest with_machine[] = {
		cmocka_unit_test(test_comes_and_goes),
		cmocka_unit_test(test_one_at_a_time),
	};
	const struct CMUnitTest own_machine[] = {
		cmocka_unit_test(test_restart),
		cmocka_unit_test(test_machine_has_one),
	};
	int ret = cmocka_run_group_tests(with_machine, start, stop);

	return ret ? ret : cmocka_run_group_tests(own_machine, NULL, NULL);
}
