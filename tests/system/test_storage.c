// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
/*
 * Persistent objects of real TAs, on real files: what stays over the end of any part of the
 * machine.
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
#include <sys/stat.h>
#include <unistd.h>

#include "tests/system/client.h"
#include "tests/system/machine.h"
#include "tests/system/store_ta.h"

#define READ 1u
#define WRITE 2u
#define WRITE_META 4u
#define OVERWRITE 0x400u
#define ALL (READ | WRITE | WRITE_META)

#define NOT_FOUND 0xffff0008u
#define CONFLICT 0xffff0003u
#define CORRUPT 0xf0100001u
#define NOT_AVAILABLE 0xf0100003u
#define OVERFLOW_ERROR 0xffff300fu

static const TEEC_UUID store_ta = STORE_TA_UUID, other_ta = STORE_OTHER_TA_UUID;

static struct test_machine machine;
static char state_dir[64];

static int setup(void **state)
{
	(void)state;
	snprintf(state_dir, sizeof(state_dir), "/tmp/teelink-state-XXXXXX");
	assert_non_null(mkdtemp(state_dir));
	machine_start(&machine, "--state-dir", state_dir);
	return 0;
}

static int teardown(void **state)
{
	char cmd[128];

	(void)state;
	machine_stop(&machine);
	snprintf(cmd, sizeof(cmd), "rm -rf '%s'", state_dir);
	return system(cmd);
}

/* Return: the result; *@size: bytes of data in, then out. */
static TEEC_Result call(struct client *c, uint32_t cmd, uint32_t number, const char *id, void *data,
			size_t *size)
{
	TEEC_Operation op = { 0 };
	TEEC_Result res;

	op.paramTypes = TEEC_PARAM_TYPES(TEEC_VALUE_INPUT, TEEC_MEMREF_TEMP_INPUT,
					 TEEC_MEMREF_TEMP_INOUT, TEEC_NONE);
	op.params[0].value.b = number;
	op.params[1].tmpref.buffer = (void *)(uintptr_t)id;
	op.params[1].tmpref.size = id ? strlen(id) : 0;
	op.params[2].tmpref.buffer = data;
	op.params[2].tmpref.size = size ? *size : 0;
	res = TEEC_InvokeCommand(&c->session, cmd, &op, NULL);
	if (size)
		*size = op.params[2].tmpref.size;
	return res;
}

static TEEC_Result call_text(struct client *c, uint32_t cmd, uint32_t number, const char *id,
			     const char *text)
{
	size_t size = strlen(text);
	char data[100];

	memcpy(data, text, size);
	return call(c, cmd, number, id, data, &size);
}

static TEEC_Result word(struct client *c, uint32_t cmd, uint32_t number, const char *id)
{
	return call(c, cmd, number, id, NULL, NULL);
}

static void expect_data(struct client *c, const char *text)
{
	char back[100] = "";
	size_t size = sizeof(back);

	assert_int_equal(word(c, STORE_SEEK_SET, 0, NULL), TEEC_SUCCESS);
	assert_int_equal(call(c, STORE_READ, 0, NULL, back, &size), TEEC_SUCCESS);
	assert_int_equal(size, strlen(text));
	assert_memory_equal(back, text, size);
}

static void the_whole_api(void **state)
{
	uint32_t info[7];
	size_t size = sizeof(info);
	char ids[200];
	struct client c;

	(void)state;
	client_open(&c, &store_ta);
	assert_int_equal(word(&c, STORE_LIST, 0, NULL), NOT_FOUND);
	assert_int_equal(word(&c, STORE_OPEN, ALL, "object"), NOT_FOUND);
	assert_int_equal(call_text(&c, STORE_CREATE, ALL, "object", "hello"), TEEC_SUCCESS);
	assert_int_equal(call_text(&c, STORE_WRITE, 0, NULL, "HE"), TEEC_SUCCESS);
	expect_data(&c, "HEllo");
	assert_int_equal(word(&c, STORE_SEEK_END, (uint32_t)-1, NULL), TEEC_SUCCESS);
	assert_int_equal(call_text(&c, STORE_WRITE, 0, NULL, "OW!"), TEEC_SUCCESS);
	assert_int_equal(word(&c, STORE_SEEK_CUR, (uint32_t)-100, NULL), TEEC_SUCCESS);
	expect_data(&c, "HEllOW!");
	assert_int_equal(word(&c, STORE_TRUNCATE, 4, NULL), TEEC_SUCCESS);
	expect_data(&c, "HEll");
	assert_int_equal(call(&c, STORE_INFO, 0, NULL, info, &size), TEEC_SUCCESS);
	assert_int_equal(info[0], 0xa00000bf);
	assert_int_equal(info[4], 4);
	assert_int_equal(info[5], 4);
	assert_int_equal(info[6], 0x30000 | ALL);
	assert_int_equal(word(&c, STORE_RENAME, 0, "renamed"), TEEC_SUCCESS);
	assert_int_equal(word(&c, STORE_CLOSE, 0, NULL), TEEC_SUCCESS);
	assert_int_equal(call_text(&c, STORE_CREATE, READ, "renamed", "x"), CONFLICT);
	assert_int_equal(word(&c, STORE_KEEP_KEY, 0, "key"), TEEC_SUCCESS);
	assert_int_equal(word(&c, STORE_TURN_KEY, 0, "turned"), TEEC_SUCCESS);
	size = sizeof(ids);
	assert_int_equal(call(&c, STORE_LIST, 0, NULL, ids, &size), NOT_FOUND);
	assert_int_equal(word(&c, STORE_OPEN, ALL, "renamed"), TEEC_SUCCESS);
	expect_data(&c, "HEll");
	assert_int_equal(word(&c, STORE_DELETE, 0, NULL), TEEC_SUCCESS);
	assert_int_equal(word(&c, STORE_OPEN, ALL, "renamed"), NOT_FOUND);
	client_close(&c);
}

static void large_objects(void **state)
{
	const size_t size = 3 << 20;
	uint8_t *data = malloc(size), *back = malloc(size);
	struct client c;
	size_t n = size;

	(void)state;
	pattern_fill(data, size, 1);
	client_open(&c, &store_ta);
	assert_int_equal(call(&c, STORE_CREATE, ALL, "large", data, &n), TEEC_SUCCESS);
	n = size;
	assert_int_equal(call(&c, STORE_READ, 0, NULL, back, &n), TEEC_SUCCESS);
	assert_int_equal(n, size);
	assert_memory_equal(back, data, size);
	assert_int_equal(word(&c, STORE_DELETE, 0, NULL), TEEC_SUCCESS);
	client_close(&c);
	free(data);
	free(back);
}

/* GP: what the specification calls a programmer's error ends the TA. */
static void misuse_panics(void **state)
{
	static const struct {
		uint32_t flags, cmd, number;
		const char *id;
	} misuse[] = {
		{ READ, STORE_WRITE, 0, NULL },
		{ WRITE, STORE_READ, 0, NULL },
		{ READ, STORE_TRUNCATE, 0, NULL },
		{ READ | WRITE, STORE_DELETE, 0, NULL },
		{ READ | WRITE, STORE_RENAME, 0, "x" },
		{ READ, STORE_OPEN, 1u << 20, "y" },
		{ READ, STORE_OPEN, READ,
		  "an id of more than sixty-four bytes, which no object of any storage can have" },
		{ READ | 0x10, STORE_OPEN_SHARED, READ | 0x10, "misused" },
		{ READ, STORE_CREATE_SHARED, READ, "shared" },
		{ ALL, STORE_RENAME_SHARED, 0, "shared" },
	};
	struct client c;
	unsigned int i;

	(void)state;
	client_open(&c, &store_ta);
	assert_int_equal(call_text(&c, STORE_CREATE, ALL, "misused", "x"), TEEC_SUCCESS);
	/* An instance that ends may still have its objects open when the next one begins. */
	assert_int_equal(word(&c, STORE_CLOSE, 0, NULL), TEEC_SUCCESS);
	client_close(&c);
	for (i = 0; i < sizeof(misuse) / sizeof(misuse[0]); i++) {
		client_open(&c, &store_ta);
		assert_int_equal(word(&c, STORE_OPEN, misuse[i].flags, "misused"), TEEC_SUCCESS);
		assert_int_equal(word(&c, misuse[i].cmd, misuse[i].number, misuse[i].id),
				 TEEC_ERROR_TARGET_DEAD);
		client_close(&c);
	}
	/* The dead instances' handles hold nobody up. */
	client_open(&c, &store_ta);
	assert_int_equal(word(&c, STORE_OPEN, ALL, "misused"), TEEC_SUCCESS);
	client_close(&c);
}

static void instances_share_or_conflict(void **state)
{
	struct client a, b;

	(void)state;
	client_open(&a, &store_ta);
	client_open(&b, &store_ta);
	assert_int_equal(call_text(&a, STORE_CREATE, ALL, "one's", "1"), TEEC_SUCCESS);
	assert_int_equal(word(&b, STORE_OPEN, READ, "one's"), CONFLICT);
	assert_int_equal(word(&a, STORE_CLOSE, 0, NULL), TEEC_SUCCESS);
	assert_int_equal(word(&a, STORE_OPEN, READ | 0x10, "one's"), TEEC_SUCCESS);
	assert_int_equal(word(&b, STORE_OPEN, READ | 0x10, "one's"), TEEC_SUCCESS);
	expect_data(&b, "1");
	client_close(&a);
	client_close(&b);
	client_open(&a, &other_ta);
	assert_int_equal(word(&a, STORE_OPEN, READ, "one's"), NOT_FOUND);
	assert_int_equal(call_text(&a, STORE_CREATE, ALL, "one's", "another's"), TEEC_SUCCESS);
	client_close(&a);
	client_open(&b, &store_ta);
	assert_int_equal(word(&b, STORE_OPEN, READ, "one's"), TEEC_SUCCESS);
	expect_data(&b, "1");
	client_close(&b);
}

/* The machine's own id: as long as it has its key, and no other machine's. */
static TEEC_Result device_id(struct client *c, uint8_t id[16])
{
	size_t size = 16;

	return call(c, STORE_DEVICE_ID, 0, NULL, id, &size);
}

static void in_state_dir(const char *command)
{
	char cmd[200];

	snprintf(cmd, sizeof(cmd), "cd '%s' && %s", state_dir, command);
	assert_int_equal(system(cmd), 0);
}

static void objects_outlive_the_machine(void **state)
{
	uint8_t id[16] = { 0 }, later[16] = { 0 };
	char path[128];
	struct stat st;
	struct client c;

	(void)state;
	client_open(&c, &store_ta);
	assert_int_equal(device_id(&c, id), TEEC_SUCCESS);
	assert_int_equal(call_text(&c, STORE_CREATE, ALL, "kept", "befOre"), TEEC_SUCCESS);
	in_state_dir("cp -r storage older");
	assert_int_equal(call_text(&c, STORE_WRITE, 0, NULL, "before"), TEEC_SUCCESS);
	client_close(&c);
	machine_stop(&machine);
	/* Files of another day are no files of today. */
	in_state_dir("mv storage newer && mv older storage");
	machine_start(&machine, "--state-dir", state_dir);
	client_open(&c, &store_ta);
	assert_int_equal(word(&c, STORE_OPEN, ALL, "kept"), CORRUPT);
	client_close(&c);
	machine_stop(&machine);
	in_state_dir("rm -r storage && mv newer storage");
	/* Root key and files are nobody else's. */
	snprintf(path, sizeof(path), "%s/root-key", state_dir);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(st.st_size, 32);
	snprintf(path, sizeof(path), "%s/storage", state_dir);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	machine_start(&machine, "--state-dir", state_dir);
	client_open(&c, &store_ta);
	assert_int_equal(word(&c, STORE_OPEN, ALL, "kept"), TEEC_SUCCESS);
	expect_data(&c, "before");
	assert_int_equal(device_id(&c, later), TEEC_SUCCESS);
	assert_memory_equal(id, later, sizeof(id));
	client_close(&c);
	machine_stop(&machine);
	/* A key that others can read isn't used, and storage says so. */
	snprintf(path, sizeof(path), "%s/root-key", state_dir);
	assert_int_equal(chmod(path, 0644), 0);
	machine_start(&machine, "--state-dir", state_dir);
	client_open(&c, &store_ta);
	assert_int_equal(word(&c, STORE_OPEN, ALL, "kept"), NOT_AVAILABLE);
	assert_int_equal(device_id(&c, later), NOT_FOUND);
	assert_int_equal(chmod(path, 0600), 0);
	assert_int_equal(word(&c, STORE_OPEN, ALL, "kept"), TEEC_SUCCESS);
	client_close(&c);
	machine_stop(&machine);
	assert_int_equal(unlink(path), 0);
	machine_start(&machine, "--state-dir", state_dir);
	client_open(&c, &store_ta);
	assert_int_equal(device_id(&c, later), TEEC_SUCCESS);
	assert_memory_not_equal(id, later, sizeof(id));
	client_close(&c);
}

/* What a session left open is free when its end has been answered. */
static void left_open(void **state)
{
	uint8_t data[16] = { 0 };
	size_t n = sizeof(data);
	struct client c;
	unsigned int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		client_open(&c, &store_ta);
		assert_int_equal(call(&c, STORE_CREATE, ALL | OVERWRITE, "left", data, &n),
				 TEEC_SUCCESS);
		assert_int_equal(word(&c, STORE_END_SLOWLY, 0, NULL), TEEC_SUCCESS);
		client_close(&c);
	}
}

struct writer {
	struct client c;
	unsigned int done;
	bool stop;
	TEEC_Result last;
};

/* Rewrites an object of two blocks again and again: all its bytes are the same at any time. */
static void *write_on(void *arg)
{
	struct writer *w = arg;
	uint8_t data[6000];
	unsigned int i;

	for (i = 1; !__atomic_load_n(&w->stop, __ATOMIC_ACQUIRE); i++) {
		size_t n = sizeof(data);

		memset(data, (int)i, sizeof(data));
		w->last = call(&w->c, STORE_REWRITE, 0, NULL, data, &n);
		if (w->last)
			break;
		__atomic_store_n(&w->done, i, __ATOMIC_RELEASE);
	}
	return NULL;
}

static bool some_written(void *arg)
{
	struct writer *w = arg;

	return __atomic_load_n(&w->done, __ATOMIC_ACQUIRE) > 5;
}

/* All bytes alike, and what was said to be written is written: at least @done. */
static void expect_whole(struct client *c, unsigned int done)
{
	uint8_t back[6001];
	size_t n = sizeof(back);
	unsigned int i;

	assert_int_equal(word(c, STORE_SEEK_SET, 0, NULL), TEEC_SUCCESS);
	assert_int_equal(call(c, STORE_READ, 0, NULL, back, &n), TEEC_SUCCESS);
	assert_int_equal(n, 6000);
	for (i = 1; i < n; i++)
		assert_int_equal(back[i], back[0]);
	assert_true(back[0] == (uint8_t)done || back[0] == (uint8_t)(done + 1));
}

static void start_writing(struct writer *w, pthread_t *thread)
{
	uint8_t data[6000] = { 0 };
	size_t n = sizeof(data);

	memset(w, 0, sizeof(*w));
	client_open(&w->c, &store_ta);
	assert_int_equal(call(&w->c, STORE_CREATE, ALL | OVERWRITE, "whole", data, &n),
			 TEEC_SUCCESS);
	assert_int_equal(pthread_create(thread, NULL, write_on, w), 0);
	assert_true(wait_until(some_written, w));
}

static void killed_while_writing(void **state)
{
	const char *const victims[] = { "teelinkd", "teelink-tee" };
	struct writer w;
	pthread_t thread;
	struct client c;
	unsigned int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		start_writing(&w, &thread);
		kill(i ? machine_process(&machine, victims[i], 0) : machine.pid, SIGKILL);
		pthread_join(thread, NULL);
		assert_int_not_equal(w.last, TEEC_SUCCESS);
		client_close(&w.c);
		if (!i) {
			machine_reap(&machine);
			machine_start(&machine, "--state-dir", state_dir);
		}
		client_open(&c, &store_ta);
		assert_int_equal(word(&c, STORE_OPEN, ALL, "whole"), TEEC_SUCCESS);
		expect_whole(&c, w.done);
		client_close(&c);
	}
}

/* The supplicant is started again, and the writer doesn't notice. */
static void supplicant_killed_while_writing(void **state)
{
	struct writer w;
	pthread_t thread;
	pid_t pid, next;
	unsigned int i;

	(void)state;
	start_writing(&w, &thread);
	for (i = 0; i < 3; i++) {
		pid = machine_await_process(&machine, "tee-supplicant");
		assert_true(pid > 0);
		kill(pid, SIGKILL);
		do {
			next = machine_await_process(&machine, "tee-supplicant");
			assert_true(next > 0);
		} while (next == pid);
		__atomic_store_n(&w.done, 0, __ATOMIC_RELEASE);
		assert_true(wait_until(some_written, &w));
	}
	__atomic_store_n(&w.stop, true, __ATOMIC_RELEASE);
	pthread_join(thread, NULL);
	assert_int_equal(w.last, TEEC_SUCCESS);
	expect_whole(&w.c, w.done);
	client_close(&w.c);
}

/* Bytes of the only large file change behind the secure world's back. */
static void tampering_is_said(void **state)
{
	char cmd[400];
	struct client c;

	(void)state;
	client_open(&c, &store_ta);
	assert_int_equal(call_text(&c, STORE_CREATE, ALL, "tampered", "text"), TEEC_SUCCESS);
	assert_int_equal(word(&c, STORE_CLOSE, 0, NULL), TEEC_SUCCESS);
	snprintf(cmd, sizeof(cmd),
		 "for f in '%s'/storage/*/*; do printf 'XXXXXXXX' | dd of=\"$f\" bs=1 seek=200 "
		 "conv=notrunc status=none; printf 'XXXXXXXX' | dd of=\"$f\" bs=1 seek=4300 "
		 "conv=notrunc status=none; done",
		 state_dir);
	assert_int_equal(system(cmd), 0);
	assert_int_equal(word(&c, STORE_OPEN, ALL, "tampered"), CORRUPT);
	/* The TA may begin anew. */
	assert_int_equal(call_text(&c, STORE_CREATE, ALL | OVERWRITE, "tampered", "new"),
			 TEEC_SUCCESS);
	expect_data(&c, "new");
	client_close(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_whole_api, setup, teardown),
		cmocka_unit_test_setup_teardown(large_objects, setup, teardown),
		cmocka_unit_test_setup_teardown(misuse_panics, setup, teardown),
		cmocka_unit_test_setup_teardown(instances_share_or_conflict, setup, teardown),
		cmocka_unit_test_setup_teardown(objects_outlive_the_machine, setup, teardown),
		cmocka_unit_test_setup_teardown(left_open, setup, teardown),
		cmocka_unit_test_setup_teardown(killed_while_writing, setup, teardown),
		cmocka_unit_test_setup_teardown(supplicant_killed_while_writing, setup, teardown),
		cmocka_unit_test_setup_teardown(tampering_is_said, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
