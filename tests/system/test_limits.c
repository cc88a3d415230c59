/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * Each named limit: who reaches it gets the error that teelink.conf(5) says, gets on when it has given
 * something back, and a second VM notices nothing.
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
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/limits.h"
#include "lib/uuid.h"
#include "tests/system/client.h"
#include "tests/system/machine.h"
#include "tests/system/probe_ta.h"
#include "wire/smcq.h"

static const TEEC_UUID probe = PROBE_TA_UUID;
static const TEEC_UUID hostile = HOSTILE_TA_UUID;
static const TEEC_UUID shared = PROBE_SHARED_TA_UUID;

/* A machine whose limits are the lines @text. */
static void start_limited(struct test_machine *m, const char *text)
{
	char path[] = "/tmp/teelink-conf-XXXXXX";
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	machine_start(m, "--config", path);
	unlink(path);
}

/* Over the message queue a client's VM has one more object of shared memory, which takes @queue. */
static unsigned int with_queue(unsigned int n, unsigned int queue)
{
	const char *link = getenv("TEELINK_LINK");

	return link && !strcmp(link, "smcq") ? n + queue : n;
}

/* Another VM: a process that opens a session and stays until it is told to go. */
struct neighbour {
	pid_t pid;
	int hold;
};

static void neighbour_start(struct neighbour *n)
{
	int hold[2], ready[2];
	char byte;

	assert_int_equal(pipe(hold), 0);
	assert_int_equal(pipe(ready), 0);
	n->pid = fork();
	assert_true(n->pid >= 0);
	if (!n->pid) {
		struct client c;

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		client_open(&c, &shared);
		/* A child of ours has the writing end too: a byte says that it is time to go. */
		if (write(ready[1], "", 1) != 1 || read(hold[0], &byte, 1) != 1)
			_exit(2);
		client_works(&c);
		client_close(&c);
		_exit(0);
	}
	close(hold[0]);
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	n->hold = hold[1];
}

/* It is served again, and ends well. */
static void neighbour_stop(struct neighbour *n)
{
	int status;

	assert_int_equal(write(n->hold, "", 1), 1);
	close(n->hold);
	assert_int_equal(waitpid(n->pid, &status, 0), n->pid);
	assert_int_equal(status, 0);
}

static void expect_context(TEEC_Result want)
{
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (!pid) {
		TEEC_Context ctx;

		_exit(TEEC_InitializeContext(NULL, &ctx) == want ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static bool context_works(void *arg)
{
	TEEC_Context ctx;

	(void)arg;
	if (TEEC_InitializeContext(NULL, &ctx))
		return false;
	TEEC_FinalizeContext(&ctx);
	return true;
}

static void vms(const char *limit)
{
	struct neighbour n[2];
	struct test_machine m;

	start_limited(&m, limit);
	neighbour_start(&n[0]);
	neighbour_start(&n[1]);
	expect_context(TEEC_ERROR_OUT_OF_MEMORY);
	neighbour_stop(&n[0]);
	assert_true(wait_until(context_works, NULL));
	neighbour_stop(&n[1]);
	machine_stop(&m);
}

static void vms_of_a_machine(void **state)
{
	(void)state;
	vms("vms = 2\n");
}

static void vms_of_a_user(void **state)
{
	(void)state;
	vms("vms_per_uid = 2\n");
}

static void descriptors(void **state)
{
	TEEC_SharedMemory shm[2];
	struct test_machine m;
	struct client c;
	char limit[64];
	unsigned int i;

	(void)state;
	/* The supplicant's VM, one more, and one dataspace. */
	snprintf(limit, sizeof(limit), "descriptors = %u\n", with_queue(19, 2));
	start_limited(&m, limit);
	client_open(&c, &probe);
	expect_context(TEEC_ERROR_OUT_OF_MEMORY);
	for (i = 0; i < 2; i++) {
		shm[i] = (TEEC_SharedMemory){ .size = 1 << 20, .flags = TEEC_MEM_INPUT };
		assert_int_equal(TEEC_AllocateSharedMemory(&c.ctx, &shm[i]),
				 i ? TEEC_ERROR_OUT_OF_MEMORY : TEEC_SUCCESS);
	}
	TEEC_ReleaseSharedMemory(&shm[0]);
	client_works(&c);
	client_close(&c);
	machine_stop(&m);
}

static TEEC_Result open_one(struct client *c, TEEC_Session *s, const TEEC_UUID *uuid)
{
	uint32_t origin = 0;
	TEEC_Result res = TEEC_OpenSession(&c->ctx, s, uuid, TEEC_LOGIN_PUBLIC, NULL, NULL, &origin);

	if (res)
		assert_int_equal(origin, TEEC_ORIGIN_TEE);
	return res;
}

static void sessions_of_a_vm(void **state)
{
	struct neighbour n;
	struct test_machine m;
	TEEC_Session s[3];
	struct client c;

	(void)state;
	start_limited(&m, "sessions_per_vm = 3\n");
	client_open(&c, &shared);
	assert_int_equal(open_one(&c, &s[0], &shared), TEEC_SUCCESS);
	assert_int_equal(open_one(&c, &s[1], &shared), TEEC_SUCCESS);
	assert_int_equal(open_one(&c, &s[2], &shared), TEEC_ERROR_OUT_OF_MEMORY);
	neighbour_start(&n);
	client_works(&c);
	TEEC_CloseSession(&s[1]);
	assert_int_equal(open_one(&c, &s[2], &shared), TEEC_SUCCESS);
	TEEC_CloseSession(&s[0]);
	TEEC_CloseSession(&s[2]);
	client_close(&c);
	neighbour_stop(&n);
	machine_stop(&m);
}

struct instance_wait {
	struct client *c;
	TEEC_Session *s;
};

static bool another_instance(void *arg)
{
	struct instance_wait *w = arg;

	return open_one(w->c, w->s, &probe) == TEEC_SUCCESS;
}

static void instances(void **state)
{
	struct neighbour n;
	struct test_machine m;
	TEEC_Session s[2];
	struct client c;
	struct instance_wait w = { .c = &c, .s = &s[1] };

	(void)state;
	start_limited(&m, "ta_instances = 3 # the neighbour's among them\n");
	neighbour_start(&n);
	client_open(&c, &probe);
	assert_int_equal(open_one(&c, &s[0], &probe), TEEC_SUCCESS);
	assert_int_equal(open_one(&c, &s[1], &probe), TEEC_ERROR_OUT_OF_MEMORY);
	client_works(&c);
	TEEC_CloseSession(&s[0]);
	/* An instance that ends has ended a moment after its last session. */
	assert_true(wait_until(another_instance, &w));
	TEEC_CloseSession(&s[1]);
	client_close(&c);
	neighbour_stop(&n);
	machine_stop(&m);
}

static void memory_of_a_vm(const char *name, unsigned int value)
{
	TEEC_SharedMemory a = { .size = 1 << 20, .flags = TEEC_MEM_INPUT }, b = a;
	struct neighbour n;
	struct test_machine m;
	struct client c;
	char limit[64];

	snprintf(limit, sizeof(limit), "%s = %u\n", name, value);
	start_limited(&m, limit);
	client_open(&c, &probe);
	assert_int_equal(TEEC_AllocateSharedMemory(&c.ctx, &a), TEEC_SUCCESS);
	assert_int_equal(TEEC_AllocateSharedMemory(&c.ctx, &b), TEEC_ERROR_OUT_OF_MEMORY);
	neighbour_start(&n);
	client_works(&c);
	TEEC_ReleaseSharedMemory(&a);
	assert_int_equal(TEEC_AllocateSharedMemory(&c.ctx, &b), TEEC_SUCCESS);
	TEEC_ReleaseSharedMemory(&b);
	client_close(&c);
	neighbour_stop(&n);
	machine_stop(&m);
}

static void bytes_of_a_vm(void **state)
{
	(void)state;
	memory_of_a_vm("memory_per_vm", with_queue(1u << 20, SMCQ_DEFAULT_SIZE));
}

static void dataspaces_of_a_vm(void **state)
{
	(void)state;
	memory_of_a_vm("dataspaces_per_vm", with_queue(1, 1));
}

/* The TA asks for a GiB, past its library. */
static void expect_private_gib(const char *limit, TEEC_Result want)
{
	struct test_machine m;
	struct client c;
	uint32_t origin;

	start_limited(&m, limit);
	client_open(&c, &hostile);
	assert_int_equal(client_invoke(&c, HOSTILE_PRIVATE, &origin), want);
	client_close(&c);
	client_open(&c, &probe);
	assert_int_equal(client_value(&c, PROBE_MALLOC, 512 << 10, &origin), TEEC_SUCCESS);
	client_close(&c);
	machine_stop(&m);
}

static void memory_of_a_ta(void **state)
{
	(void)state;
	/* A sanitizer's shadow is private memory without end: no limit is set there. */
	if (getenv("TEELINK_TEST_NO_LIMITS"))
		skip();
	expect_private_gib("memory_per_ta = 64M\n", TEEC_ERROR_ACCESS_DENIED);
	expect_private_gib("memory_per_ta = 2G\n", TEEC_SUCCESS);
}

struct waiting {
	struct client *c;
	TEEC_Operation op;
	TEEC_Result res;
	pthread_t thread;
};

static void *wait_in_ta(void *arg)
{
	struct waiting *w = arg;
	struct client own = { .ctx = w->c->ctx };
	uint32_t origin;

	w->res = open_one(w->c, &own.session, &probe);
	if (w->res)
		return NULL;
	w->op.paramTypes = TEEC_PARAM_TYPES(TEEC_VALUE_INPUT, 0, 0, 0);
	w->op.params[0].value.a = 300;
	w->res = TEEC_InvokeCommand(&own.session, PROBE_WAIT, &w->op, &origin);
	TEEC_CloseSession(&own.session);
	return NULL;
}

/* More calls than are taken at a time: the others wait for their turn, in their own VM. */
static void calls_of_a_vm(void **state)
{
	struct waiting w[4];
	struct neighbour n;
	struct test_machine m;
	struct client c;
	unsigned int i;

	(void)state;
	start_limited(&m, "calls_per_vm = 2\n");
	client_open(&c, &probe);
	for (i = 0; i < 4; i++) {
		memset(&w[i], 0, sizeof(w[i]));
		w[i].c = &c;
		assert_int_equal(pthread_create(&w[i].thread, NULL, wait_in_ta, &w[i]), 0);
	}
	neighbour_start(&n);
	neighbour_stop(&n);
	for (i = 0; i < 4; i++) {
		pthread_join(w[i].thread, NULL);
		assert_int_equal(w[i].res, TEEC_SUCCESS);
	}
	client_works(&c);
	client_close(&c);
	machine_stop(&m);
}

static bool no_ta(void *arg)
{
	return machine_count(arg, "ta:") == 0;
}

/* A TA that spins is killed when its client has died, and others can use it again. */
static void time_of_an_orphan(const TEEC_UUID *uuid, const char *limit)
{
	struct test_machine m;
	char byte, text[UUID_TEXT_SIZE];
	uint8_t octets[16];
	struct client c;
	int ready[2];
	pid_t pid;

	octets_of(uuid, octets);
	uuid_format(octets, text);
	assert_int_equal(pipe(ready), 0);
	start_limited(&m, limit);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		uint32_t origin;

		client_open(&c, uuid);
		if (write(ready[1], "", 1) != 1)
			_exit(2);
		client_invoke(&c, PROBE_SPIN, &origin);
		_exit(1);
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	machine_until_busy(&m, text);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_true(wait_until(no_ta, &m));
	client_open(&c, uuid);
	client_works(&c);
	client_close(&c);
	close(ready[0]);
	close(ready[1]);
	machine_stop(&m);
}

static void time_after_the_clients_death(void **state)
{
	(void)state;
	time_of_an_orphan(&probe, "orphan_call_ms = 50\n");
	time_of_an_orphan(&shared, "orphan_shared_call_ms = 50\n");
}

static void status_shows_them(void **state)
{
	struct test_machine m;
	struct limits lim;
	json_t *status, *all;
	unsigned int i;

	(void)state;
	start_limited(&m, "# all but one as they are\n\nsessions_per_vm=17\n");
	limits_default(&lim);
	lim.sessions_per_vm = 17;
	status = machine_status(&m);
	all = json_object_get(status, "limits");
	for (i = 0; limits_name(i); i++)
		assert_int_equal(json_integer_value(json_object_get(all, limits_name(i))),
				 limits_value(&lim, i));
	assert_int_equal(json_object_size(all), i);
	json_decref(status);
	machine_stop(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vms_of_a_machine),
		cmocka_unit_test(vms_of_a_user),
		cmocka_unit_test(descriptors),
		cmocka_unit_test(sessions_of_a_vm),
		cmocka_unit_test(calls_of_a_vm),
		cmocka_unit_test(bytes_of_a_vm),
		cmocka_unit_test(dataspaces_of_a_vm),
		cmocka_unit_test(instances),
		cmocka_unit_test(memory_of_a_ta),
		cmocka_unit_test(time_after_the_clients_death),
		cmocka_unit_test(status_shows_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
