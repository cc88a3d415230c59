/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * The whole machine in this process: every hop under the same debugger, valgrind or sanitizer. Endings
 * that must kill a process are the other system tests'; they are skipped here by not being named.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "solo/solo.h"
#include "tests/system/client.h"
#include "tests/system/probe_ta.h"
#include "tests/system/relay_ta.h"

static const TEEC_UUID probe = PROBE_TA_UUID;
static const TEEC_UUID shared = PROBE_SHARED_TA_UUID;
static struct solo *solo;

static int start(void **state)
{
	static char *dirs[17];
	unsigned int n = 0;
	char *dir;

	(void)state;
	for (dir = strtok(strdup(getenv("TEELINK_TEST_TA_DIR")), ":"); dir && n < 16;
	     dir = strtok(NULL, ":"))
		dirs[n++] = dir;
	return solo_start(dirs, &solo);
}

static unsigned int count_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned int n = 0;

	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

/* A machine's threads pass descriptors on for a while after it is ready: the number that stays. */
static unsigned int count_settled_fds(void)
{
	unsigned int n = count_fds(), same = 0, i;

	for (i = 0; i < 1000 && same < 20; i++) {
		unsigned int now;

		usleep(10000);
		now = count_fds();
		same = now == n ? same + 1 : 0;
		n = now;
	}
	return n;
}

/* Return: whether the folder of the machine's socket is gone. */
static int stop(void **state)
{
	char *folder = strdup(solo_socket(solo)), *slash = strrchr(folder, '/');
	int there;

	(void)state;
	*slash = '\0';
	solo_stop(solo);
	there = !access(folder, F_OK);
	free(folder);
	return there;
}

/* Machines that come and go in one process take all that they had along. */
static void nothing_stays(void **state)
{
	static char *none[] = { NULL };
	struct solo *first = solo;
	unsigned int i, before = 0;

	for (i = 0; i < 3; i++) {
		if (i == 1)
			before = count_settled_fds();
		assert_int_equal(solo_start(none, &solo), 0);
		assert_int_equal(stop(state), 0);
	}
	assert_int_equal(count_settled_fds(), before);
	solo = first;
	setenv("TEELINK_SOCKET", solo_socket(first), 1);
}

static void calls_go_through(void **state)
{
	struct client a, b;
	uint32_t origin;

	(void)state;
	client_open(&a, &probe);
	client_open(&b, &shared);
	client_works(&a);
	client_works(&b);
	assert_int_equal(client_value(&a, PROBE_RETURN, 77, &origin), 77);
	client_close(&b);
	client_close(&a);
}

static void instances_have_memory_of_their_own(void **state)
{
	TEEC_Operation op = { 0 };
	struct client a, b;
	uint32_t origin, i;

	(void)state;
	client_open(&a, &probe);
	client_open(&b, &probe);
	for (i = 0; i < 3; i++)
		client_works(&a);
	op.paramTypes = TEEC_PARAM_TYPES(TEEC_VALUE_OUTPUT, 0, 0, 0);
	assert_int_equal(TEEC_InvokeCommand(&b.session, PROBE_COUNT, &op, &origin), TEEC_SUCCESS);
	assert_int_equal(op.params[0].value.a, 1);
	assert_int_equal(op.params[0].value.b, 1);
	client_close(&a);
	client_close(&b);
}

static void memory_small_and_large(void **state)
{
	static const size_t sizes[] = { 1, 4096, 65535, 65536, 1 << 20 };
	struct client c;
	unsigned int i;

	(void)state;
	client_open(&c, &probe);
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		TEEC_SharedMemory shm = { .size = sizes[i], .flags = TEEC_MEM_INPUT | TEEC_MEM_OUTPUT };
		TEEC_Operation op = { 0 };
		uint32_t origin;

		assert_int_equal(TEEC_AllocateSharedMemory(&c.ctx, &shm), TEEC_SUCCESS);
		op.paramTypes = TEEC_PARAM_TYPES(TEEC_MEMREF_PARTIAL_OUTPUT, 0, 0, 0);
		op.params[0].memref.parent = &shm;
		op.params[0].memref.size = sizes[i];
		assert_int_equal(TEEC_InvokeCommand(&c.session, PROBE_MEMORY, &op, &origin),
				 TEEC_SUCCESS);
		assert_true(is_ta_output(shm.buffer, sizes[i]));
		TEEC_ReleaseSharedMemory(&shm);
	}
	client_close(&c);
}

static void a_panic_ends_only_the_instance(void **state)
{
	struct client a, b;
	uint32_t origin;

	(void)state;
	client_open(&a, &probe);
	client_open(&b, &probe);
	assert_int_equal(client_value(&a, PROBE_PANIC, 3, &origin), TEEC_ERROR_TARGET_DEAD);
	assert_int_equal(origin, TEEC_ORIGIN_TEE);
	client_works(&b);
	client_close(&a);
	client_close(&b);
}

static void *storm(void *arg)
{
	struct client c;
	unsigned int i, k;

	(void)arg;
	for (i = 0; i < 10; i++) {
		client_open(&c, i % 2 ? &probe : &shared);
		for (k = 0; k < 10; k++)
			client_works(&c);
		client_close(&c);
	}
	return NULL;
}

/* Opened by the relay's creation, invoked by its opening, closed by its destruction. */
static void a_ta_calls_a_ta(void **state)
{
	static const TEEC_UUID eager = RELAY_EAGER_TA_UUID;
	unsigned int i;
	struct client c;

	(void)state;
	for (i = 0; i < 3; i++) {
		client_open(&c, &eager);
		client_close(&c);
	}
}

static void threads_open_invoke_and_close(void **state)
{
	pthread_t t[4];
	unsigned int i;

	(void)state;
	for (i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&t[i], NULL, storm, NULL), 0);
	for (i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_stays),
		cmocka_unit_test(calls_go_through),
		cmocka_unit_test(instances_have_memory_of_their_own),
		cmocka_unit_test(memory_small_and_large),
		cmocka_unit_test(a_panic_ends_only_the_instance),
		cmocka_unit_test(a_ta_calls_a_ta),
		cmocka_unit_test(threads_open_invoke_and_close),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
