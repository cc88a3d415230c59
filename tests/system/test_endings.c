/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * Every process of the machine is paused, then killed, while a call runs: the call ends with the error
 * that fits, and the next one works. Clients are killed anywhere: nothing stays behind.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/system/client.h"
#include "tests/system/machine.h"
#include "tests/system/probe_ta.h"

static const TEEC_UUID probe = PROBE_TA_UUID;
static const TEEC_UUID shared = PROBE_SHARED_TA_UUID;

struct running {
	struct client c;
	pthread_t thread;
	TEEC_Result res;
	uint32_t origin;
};

static void *run(void *arg)
{
	struct running *r = arg;

	r->res = client_value(&r->c, PROBE_WAIT, 60000, &r->origin);
	return NULL;
}

static void start_call(struct running *r)
{
	client_open(&r->c, &probe);
	assert_int_equal(pthread_create(&r->thread, NULL, run, r), 0);
	usleep(100000);
}

/* True when the call ended within ten seconds: it waits for a minute by itself. */
static bool call_ended(struct running *r)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	ts.tv_sec += 10;
	return pthread_timedjoin_np(r->thread, NULL, &ts) == 0;
}

static bool next_call_works(void *arg)
{
	struct client c;
	uint32_t origin;
	bool ok;

	(void)arg;
	memset(&c, 0, sizeof(c));
	if (TEEC_InitializeContext(NULL, &c.ctx))
		return false;
	ok = !TEEC_OpenSession(&c.ctx, &c.session, &probe, TEEC_LOGIN_PUBLIC, NULL, NULL, &origin);
	if (ok) {
		client_works(&c);
		TEEC_CloseSession(&c.session);
	}
	TEEC_FinalizeContext(&c.ctx);
	return ok;
}

/* A session on a context that was open when the machine went. */
static bool same_context_works(void *arg)
{
	struct client *c = arg;
	struct client again = { 0 };
	uint32_t origin;
	TEEC_Result res = TEEC_OpenSession(&c->ctx, &again.session, &probe, TEEC_LOGIN_PUBLIC, NULL,
					   NULL, &origin);

	if (res) {
		/* It went while the session was being opened. */
		assert_int_equal(res, TEEC_ERROR_COMMUNICATION);
		assert_int_equal(origin, TEEC_ORIGIN_COMMS);
		return false;
	}
	client_works(&again);
	TEEC_CloseSession(&again.session);
	return true;
}

static void start_with_memory(struct running *r, TEEC_SharedMemory *shm)
{
	start_call(r);
	memset(shm, 0, sizeof(*shm));
	shm->size = 1 << 16;
	shm->flags = TEEC_MEM_INPUT;
	assert_int_equal(TEEC_AllocateSharedMemory(&r->c.ctx, shm), TEEC_SUCCESS);
}

/* New sessions work on the context that @r had; what it had open is gone for good, and says so. */
static void expect_context_goes_on(struct running *r, TEEC_SharedMemory *old)
{
	TEEC_Operation op = { .paramTypes = TEEC_PARAM_TYPES(TEEC_MEMREF_WHOLE, 0, 0, 0) };
	TEEC_SharedMemory new = { .size = 1 << 16, .flags = TEEC_MEM_INPUT };
	TEEC_Session session;
	uint32_t origin;

	assert_true(wait_until(same_context_works, &r->c));
	assert_int_equal(client_invoke(&r->c, PROBE_NOP, &origin), TEEC_ERROR_COMMUNICATION);
	assert_int_equal(origin, TEEC_ORIGIN_COMMS);
	assert_int_equal(
		TEEC_OpenSession(&r->c.ctx, &session, &probe, TEEC_LOGIN_PUBLIC, NULL, NULL, NULL),
		TEEC_SUCCESS);
	op.params[0].memref.parent = old;
	assert_int_equal(TEEC_InvokeCommand(&session, PROBE_MEMORY, &op, &origin),
			 TEEC_ERROR_COMMUNICATION);
	assert_int_equal(origin, TEEC_ORIGIN_COMMS);
	memset(old->buffer, 1, old->size);
	assert_int_equal(TEEC_AllocateSharedMemory(&r->c.ctx, &new), TEEC_SUCCESS);
	op.params[0].memref.parent = &new;
	assert_int_equal(TEEC_InvokeCommand(&session, PROBE_MEMORY, &op, &origin), TEEC_SUCCESS);
	TEEC_ReleaseSharedMemory(&new);
	TEEC_ReleaseSharedMemory(old);
	TEEC_CloseSession(&session);
	client_close(&r->c);
}

/* Pauses and kills one process during a call; returns how the call ended. */
static TEEC_Result end_process(const char *comm, bool pause, uint32_t *origin)
{
	TEEC_SharedMemory shm;
	struct test_machine m;
	struct running r;
	pid_t pid;

	machine_start(&m, NULL, NULL);
	start_with_memory(&r, &shm);
	pid = machine_await_process(&m, comm);
	assert_true(pid > 0);
	if (pause) {
		assert_int_equal(kill(pid, SIGSTOP), 0);
		usleep(100000);
		assert_int_not_equal(pthread_tryjoin_np(r.thread, NULL), 0);
	}
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_true(call_ended(&r));
	*origin = r.origin;
	expect_context_goes_on(&r, &shm);
	assert_true(wait_until(next_call_works, NULL));
	machine_stop(&m);
	return r.res;
}

static void the_secure_world_ends(void **state)
{
	uint32_t origin, pause;

	(void)state;
	for (pause = 0; pause < 2; pause++) {
		assert_int_equal(end_process("teelink-tee", pause, &origin), TEEC_ERROR_COMMUNICATION);
		assert_int_equal(origin, TEEC_ORIGIN_COMMS);
	}
}

static void the_launcher_ends(void **state)
{
	uint32_t origin, pause;

	(void)state;
	for (pause = 0; pause < 2; pause++) {
		assert_int_equal(end_process("teelink-launch", pause, &origin),
				 TEEC_ERROR_COMMUNICATION);
		assert_int_equal(origin, TEEC_ORIGIN_COMMS);
	}
}

static bool no_ta_left(void *arg)
{
	return machine_count(arg, "ta:") == 0;
}

static void the_ta_ends(void **state)
{
	struct test_machine m;
	struct client witness;
	struct running r;
	uint32_t origin;
	pid_t pid;
	unsigned int pause;

	(void)state;
	machine_start(&m, NULL, NULL);
	for (pause = 0; pause < 2; pause++) {
		start_call(&r);
		pid = machine_await_process(&m, "ta:");
		assert_true(pid > 0);
		client_open(&witness, &probe);
		if (pause) {
			assert_int_equal(kill(pid, SIGSTOP), 0);
			usleep(50000);
			client_works(&witness);
		}
		assert_int_equal(kill(pid, SIGKILL), 0);
		assert_true(call_ended(&r));
		assert_int_equal(r.res, TEEC_ERROR_TARGET_DEAD);
		assert_int_equal(r.origin, TEEC_ORIGIN_TEE);
		assert_int_equal(client_invoke(&r.c, PROBE_NOP, &origin), TEEC_ERROR_TARGET_DEAD);
		client_works(&witness);
		client_close(&witness);
		client_close(&r.c);
		assert_true(wait_until(no_ta_left, &m));
	}
	machine_stop(&m);
}

static void the_supplicant_ends(void **state)
{
	struct test_machine m;
	struct client c;
	pid_t pid;
	unsigned int pause;

	(void)state;
	machine_start(&m, NULL, NULL);
	for (pause = 0; pause < 2; pause++) {
		client_open(&c, &probe); /* loads: the supplicant is there */
		pid = machine_await_process(&m, "tee-supplicant");
		assert_true(pid > 0);
		if (pause)
			assert_int_equal(kill(pid, SIGSTOP), 0);
		client_works(&c);
		assert_int_equal(kill(pid, SIGKILL), 0);
		client_works(&c);
		client_close(&c);
		assert_true(wait_until(next_call_works, NULL));
	}
	machine_stop(&m);
}

/* A client that waits for an image of a supplicant that doesn't answer can be killed at once. */
static void clients_killed_while_loading(void **state)
{
	struct test_machine m;
	pid_t supplicant, pid;
	int fds[2], status;
	char byte;

	(void)state;
	machine_start(&m, NULL, NULL);
	assert_true(wait_until(next_call_works, NULL));
	supplicant = machine_await_process(&m, "tee-supplicant");
	assert_true(supplicant > 0);
	assert_int_equal(kill(supplicant, SIGSTOP), 0);
	assert_int_equal(pipe(fds), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		struct client c;

		if (TEEC_InitializeContext(NULL, &c.ctx) || write(fds[1], "x", 1) != 1)
			_exit(1);
		TEEC_OpenSession(&c.ctx, &c.session, &probe, TEEC_LOGIN_PUBLIC, NULL, NULL, NULL);
		_exit(0);
	}
	assert_int_equal(read(fds[0], &byte, 1), 1);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	close(fds[0]);
	close(fds[1]);
	assert_int_equal(kill(supplicant, SIGCONT), 0);
	assert_true(wait_until(next_call_works, NULL));
	machine_stop(&m);
}

static bool all_gone(void *arg)
{
	pid_t *pid = arg;
	unsigned int i;

	for (i = 0; i < 4; i++)
		if (pid[i] && process_runs(pid[i]))
			return false;
	return true;
}

static void the_hypervisor_ends(void **state)
{
	unsigned int pause;

	(void)state;
	for (pause = 0; pause < 2; pause++) {
		TEEC_SharedMemory shm;
		struct test_machine m;
		struct running r;
		pid_t pid[4];

		machine_start(&m, NULL, NULL);
		start_with_memory(&r, &shm);
		pid[0] = machine_await_process(&m, "teelink-tee");
		pid[1] = machine_await_process(&m, "teelink-launch");
		pid[2] = machine_await_process(&m, "tee-supplicant");
		pid[3] = machine_await_process(&m, "ta:");
		assert_true(pid[0] && pid[1] && pid[2] && pid[3]);
		if (pause)
			assert_int_equal(kill(m.pid, SIGSTOP), 0);
		assert_int_equal(kill(m.pid, SIGKILL), 0);
		assert_true(call_ended(&r));
		/* The TA goes with it, and the secure world may say so before it goes itself. */
		if (r.res != TEEC_ERROR_TARGET_DEAD || r.origin != TEEC_ORIGIN_TEE) {
			assert_int_equal(r.res, TEEC_ERROR_COMMUNICATION);
			assert_int_equal(r.origin, TEEC_ORIGIN_COMMS);
		}
		/* No machine: an error, and the same context is of use again when there is one. */
		assert_false(same_context_works(&r.c));
		assert_true(wait_until(all_gone, pid));
		machine_restart(&m);
		expect_context_goes_on(&r, &shm);
		machine_stop(&m);
	}
}

/* What a client does when it is killed: everything, over and over. */
static void busy_client(unsigned int variant)
{
	TEEC_SharedMemory big = { .size = 1 << 20, .flags = TEEC_MEM_INPUT | TEEC_MEM_OUTPUT };
	TEEC_SharedMemory small = { .size = 4096, .flags = TEEC_MEM_INPUT };
	struct client c;
	uint32_t origin;

	for (;;) {
		TEEC_Operation op = { 0 };

		client_open(&c, variant & 1 ? &shared : &probe);
		client_works(&c);
		TEEC_AllocateSharedMemory(&c.ctx, &big);
		TEEC_AllocateSharedMemory(&c.ctx, &small);
		op.paramTypes = TEEC_PARAM_TYPES(TEEC_MEMREF_PARTIAL_INOUT, TEEC_MEMREF_WHOLE, 0, 0);
		op.params[0].memref.parent = &big;
		op.params[0].memref.size = big.size;
		op.params[1].memref.parent = &small;
		TEEC_InvokeCommand(&c.session, PROBE_MEMORY, &op, &origin);
		if (variant & 2)
			client_value(&c, PROBE_WAIT, 30000, &origin);
		if (variant & 4)
			client_invoke(&c, PROBE_SPIN, &origin);
		TEEC_ReleaseSharedMemory(&small);
		TEEC_ReleaseSharedMemory(&big);
		client_close(&c);
	}
}

static void clients_killed_anywhere(void **state)
{
	struct machine_shape before;
	struct test_machine m;
	unsigned int i;

	(void)state;
	machine_start(&m, NULL, NULL);
	/* The shared instance stays by its flags: it belongs to the shape. */
	for (i = 0; i < 2; i++) {
		pid_t pid = fork();

		if (!pid) {
			struct client c;

			client_open(&c, i ? &shared : &probe);
			client_works(&c);
			client_close(&c);
			_exit(0);
		}
		assert_int_equal(waitpid(pid, NULL, 0), pid);
	}
	usleep(200000);
	machine_look(&m, &before);
	for (i = 0; i < 60; i++) {
		/* A spinning call of a shared TA outlives its client: that has no limit yet. */
		unsigned int variant = i % 8 == 5 || i % 8 == 7 ? 1 : i % 8;
		pid_t pid = fork();

		assert_true(pid >= 0);
		if (!pid)
			busy_client(variant);
		usleep(1000 + (i * 7919) % 40000);
		assert_int_equal(kill(pid, SIGKILL), 0);
		assert_int_equal(waitpid(pid, NULL, 0), pid);
	}
	machine_expect(&m, &before);
	{
		json_t *status = machine_status(&m);

		/* The supplicant's is the one VM that is left. */
		assert_int_equal(json_array_size(json_object_get(status, "vms")), 1);
		json_decref(status);
	}
	assert_true(next_call_works(NULL));
	machine_stop(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_ta_ends),
		cmocka_unit_test(the_supplicant_ends),
		cmocka_unit_test(clients_killed_while_loading),
		cmocka_unit_test(the_secure_world_ends),
		cmocka_unit_test(the_launcher_ends),
		cmocka_unit_test(the_hypervisor_ends),
		cmocka_unit_test(clients_killed_anywhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
