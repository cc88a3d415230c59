/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * A client that forks, or closes its descriptors behind libteec's back: the child, and whoever has lost
 * its descriptors, gets errors from what it had, can begin anew, and touches nobody's files.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/system/client.h"
#include "tests/system/machine.h"
#include "tests/system/probe_ta.h"
#include "wire/port.h"

#define NUM_FORKS 60u
#define NUM_FILES 64

static const TEEC_UUID probe = PROBE_TA_UUID;

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

/* What a child, or a program without its descriptors, may do with a context that it had. */
static void use_what_is_gone(struct client *c, TEEC_SharedMemory *shm)
{
	TEEC_SharedMemory more = { .size = 4096, .flags = TEEC_MEM_INPUT };
	TEEC_Operation op = { 0 };
	TEEC_Session session;
	uint32_t origin = 0;

	assert_int_equal(TEEC_InvokeCommand(&c->session, PROBE_NOP, &op, &origin),
			 TEEC_ERROR_COMMUNICATION);
	assert_int_equal(origin, TEEC_ORIGIN_COMMS);
	assert_int_equal(TEEC_OpenSession(&c->ctx, &session, &probe, TEEC_LOGIN_PUBLIC, NULL, NULL,
					  &origin),
			 TEEC_ERROR_COMMUNICATION);
	TEEC_RequestCancellation(&op);
	more.size = 1 << 20;
	assert_int_not_equal(TEEC_AllocateSharedMemory(&c->ctx, &more), TEEC_SUCCESS);
	TEEC_ReleaseSharedMemory(shm);
	TEEC_CloseSession(&c->session);
	TEEC_FinalizeContext(&c->ctx);
}

static void begin_anew(void)
{
	struct client c;

	client_open(&c, &probe);
	client_works(&c);
	client_close(&c);
}

static void expect_child(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
		fail_msg("the child hangs");
	assert_int_equal(status, 0);
}

struct busy {
	uint32_t stop;
	struct client *c;
};

/* Holds every lock that a call takes, as often as it can. */
static void *busy_thread(void *arg)
{
	struct busy *b = arg;
	uint32_t origin;

	while (!tl_load_acquire(&b->stop)) {
		TEEC_SharedMemory shm = { .size = 100, .flags = TEEC_MEM_INPUT };
		TEEC_Context ctx;
		uint8_t byte = 1;
		TEEC_Operation op = {
			.paramTypes = TEEC_PARAM_TYPES(TEEC_MEMREF_TEMP_INPUT, 0, 0, 0),
			.params[0].tmpref = { .buffer = &byte, .size = 1 },
		};

		TEEC_InvokeCommand(&b->c->session, PROBE_NOP, &op, &origin);
		TEEC_RequestCancellation(&op);
		if (TEEC_InitializeContext(NULL, &ctx))
			continue;
		if (!TEEC_AllocateSharedMemory(&ctx, &shm))
			TEEC_ReleaseSharedMemory(&shm);
		TEEC_FinalizeContext(&ctx);
	}
	return NULL;
}

static void a_fork_while_threads_call(void **state)
{
	TEEC_SharedMemory shm = { .size = 1 << 20, .flags = TEEC_MEM_INPUT };
	struct client c;
	struct busy b = { .c = &c };
	pthread_t t[2];
	unsigned int i;

	(void)state;
	client_open(&c, &probe);
	assert_int_equal(TEEC_AllocateSharedMemory(&c.ctx, &shm), TEEC_SUCCESS);
	for (i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&t[i], NULL, busy_thread, &b), 0);
	for (i = 0; i < NUM_FORKS; i++) {
		pid_t pid = fork();

		assert_true(pid >= 0);
		if (!pid) {
			alarm(30);
			use_what_is_gone(&c, &shm);
			if (i % 10 == 0)
				begin_anew();
			_exit(0);
		}
		expect_child(pid);
	}
	tl_store_release(&b.stop, 1u);
	for (i = 0; i < 2; i++)
		pthread_join(t[i], NULL);
	client_works(&c);
	TEEC_ReleaseSharedMemory(&shm);
	client_close(&c);
}

static bool one_vm(void *arg)
{
	json_t *status = machine_status(arg);
	bool one = json_array_size(json_object_get(status, "vms")) == 1;

	json_decref(status);
	return one;
}

/* A child that lives on keeps nothing of its parent's alive. */
static void the_parent_dies_before_the_child(void **state)
{
	int hold[2], gone[2];
	char byte;
	pid_t pid;

	assert_int_equal(pipe(hold), 0);
	assert_int_equal(pipe(gone), 0);
	pid = fork();
	if (!pid) {
		struct client c;

		close(hold[1]);
		client_open(&c, &probe);
		if (!fork()) {
			/* Until the test has seen that the VM is gone. */
			_exit(read(hold[0], &byte, 1) == 0 ? 0 : 1);
		}
		_exit(write(gone[1], "", 1) == 1 ? 0 : 1);
	}
	close(hold[0]);
	assert_int_equal(read(gone[0], &byte, 1), 1);
	expect_child(pid);
	assert_true(wait_until(one_vm, *state));
	close(hold[1]);
	close(gone[0]);
	close(gone[1]);
}

/* Opens what gets the closed descriptors' numbers; what is done to them shows in the file. */
static void take_the_numbers(int *file, const char *path)
{
	unsigned int i;

	for (i = 0; i < NUM_FILES; i++) {
		file[i] = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
		assert_true(file[i] >= 0);
	}
}

static void expect_untouched(const int *file)
{
	struct stat st;
	unsigned int i;

	for (i = 0; i < NUM_FILES; i++) {
		assert_int_equal(fstat(file[i], &st), 0);
		assert_true(S_ISREG(st.st_mode));
		assert_int_equal(st.st_size, 0);
		close(file[i]);
	}
}

/* In a process of its own: it loses all that the test has open. */
static void lose_descriptors(const char *path, bool by_child)
{
	TEEC_SharedMemory shm = { .size = 1 << 20, .flags = TEEC_MEM_INPUT };
	int file[NUM_FILES];
	struct client c;

	alarm(30);
	client_open(&c, &probe);
	client_works(&c);
	assert_int_equal(TEEC_AllocateSharedMemory(&c.ctx, &shm), TEEC_SUCCESS);
	if (by_child) {
		pid_t pid = fork();

		if (pid) {
			expect_child(pid);
			client_works(&c);
			_exit(0);
		}
	}
	closefrom(3);
	take_the_numbers(file, path);
	use_what_is_gone(&c, &shm);
	begin_anew();
	expect_untouched(file);
	begin_anew();
	_exit(0);
}

static void descriptors_closed(void **state, bool by_child)
{
	const struct test_machine *m = *state;
	char path[128];
	pid_t pid;

	snprintf(path, sizeof(path), "%s/witness", m->dir);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid)
		lose_descriptors(path, by_child);
	expect_child(pid);
	unlink(path);
}

static void closefrom_in_a_client(void **state)
{
	descriptors_closed(state, false);
}

static void closefrom_in_a_child(void **state)
{
	descriptors_closed(state, true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_parent_dies_before_the_child),
		cmocka_unit_test(closefrom_in_a_client),
		cmocka_unit_test(closefrom_in_a_child),
		cmocka_unit_test(a_fork_while_threads_call),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
