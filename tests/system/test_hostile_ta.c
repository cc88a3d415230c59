/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/* TAs that try to get out, before and in their entry points: each attempt fails or kills the TA. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/uuid.h"
#include "tests/system/client.h"
#include "tests/system/machine.h"
#include "tests/system/probe_ta.h"

static const TEEC_UUID probe = PROBE_TA_UUID;
static const TEEC_UUID hostile = HOSTILE_TA_UUID;
static struct test_machine machine;
static struct client witness;
static struct machine_shape before;

static int start(void **state)
{
	(void)state;
	machine_start(&machine, NULL, NULL);
	client_open(&witness, &probe);
	client_works(&witness);
	machine_look(&machine, &before);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	client_close(&witness);
	machine_stop(&machine);
	return 0;
}

static void misdeeds_in_an_entry_point(void **state)
{
	uint32_t misdeed, origin;

	(void)state;
	for (misdeed = 0; misdeed < HOSTILE_NUM; misdeed++) {
		struct client c;
		TEEC_Result res;

		if (HOSTILE_NEEDS_LIMITS(misdeed) && getenv("TEELINK_TEST_NO_LIMITS"))
			continue;
		client_open(&c, &hostile);
		res = client_invoke(&c, misdeed, &origin);
		if (res != TEEC_ERROR_TARGET_DEAD && res != TEEC_ERROR_ACCESS_DENIED)
			fail_msg("misdeed %u: 0x%x", misdeed, res);
		client_works(&witness);
		client_close(&c);
		machine_expect(&machine, &before);
	}
}

static void misdeeds_in_a_constructor(void **state)
{
	static const uint8_t misdeeds[] = { HOSTILE_OPEN,      HOSTILE_SOCKET,
					    HOSTILE_FORK,      HOSTILE_EXECVE,
					    HOSTILE_MMAP_EXEC, HOSTILE_MPROTECT_EXEC,
					    HOSTILE_WRITE };
	uint32_t origin;
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(misdeeds); i++) {
		TEEC_UUID uuid = HOSTILE_CTOR_TA_UUID(0);
		TEEC_Session s;
		TEEC_Result res;

		uuid.clockSeqAndNode[7] = (uint8_t)(0x80 + misdeeds[i]);
		res = TEEC_OpenSession(&witness.ctx, &s, &uuid, TEEC_LOGIN_PUBLIC, NULL, NULL, &origin);
		if (res != TEEC_ERROR_TARGET_DEAD && res != TEEC_ERROR_ACCESS_DENIED)
			fail_msg("misdeed %u: 0x%x", misdeeds[i], res);
		client_works(&witness);
		machine_expect(&machine, &before);
	}
}

/* Addresses at which a neighbour or the client would be, and what the TA was given before. */
static void memory_that_was_not_passed(void **state)
{
	static const uint64_t addresses[] = { 0, 0x1000, 0x400000, 0x7fffff000000ull, ~0ull };
	uint32_t origin;
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
		struct client c;
		TEEC_Operation op = { 0 };

		client_open(&c, &probe);
		op.paramTypes = TEEC_PARAM_TYPES(TEEC_VALUE_INOUT, 0, 0, 0);
		op.params[0].value.a = (uint32_t)addresses[i];
		op.params[0].value.b = (uint32_t)(addresses[i] >> 32);
		assert_int_equal(TEEC_InvokeCommand(&c.session, PROBE_READ_AT, &op, &origin),
				 TEEC_ERROR_TARGET_DEAD);
		client_close(&c);
		client_works(&witness);
	}
}

static void released_memory_is_gone(void **state)
{
	TEEC_SharedMemory shm = { .size = 1 << 20, .flags = TEEC_MEM_INPUT | TEEC_MEM_OUTPUT };
	TEEC_Operation op = { 0 };
	struct client c;
	uint32_t origin;

	(void)state;
	client_open(&c, &probe);
	assert_int_equal(TEEC_AllocateSharedMemory(&c.ctx, &shm), TEEC_SUCCESS);
	op.paramTypes = TEEC_PARAM_TYPES(TEEC_MEMREF_PARTIAL_INOUT, TEEC_VALUE_OUTPUT, 0, 0);
	op.params[0].memref.parent = &shm;
	op.params[0].memref.size = shm.size;
	assert_int_equal(TEEC_InvokeCommand(&c.session, PROBE_ADDRESS, &op, &origin), TEEC_SUCCESS);
	TEEC_ReleaseSharedMemory(&shm);
	op.paramTypes = TEEC_PARAM_TYPES(TEEC_VALUE_INOUT, 0, 0, 0);
	op.params[0].value = op.params[1].value;
	assert_int_equal(TEEC_InvokeCommand(&c.session, PROBE_READ_AT, &op, &origin),
			 TEEC_ERROR_TARGET_DEAD);
	client_close(&c);
	client_works(&witness);
}

/* Images that aren't TAs, written beside the real ones. */
static void put_image(const char *dir, const TEEC_UUID *uuid, const void *bytes, size_t len)
{
	char path[256], text[UUID_TEXT_SIZE];
	uint8_t octets[16];
	FILE *f;

	uuid_to_octets(uuid->timeLow, uuid->timeMid, uuid->timeHiAndVersion, uuid->clockSeqAndNode,
		       octets);
	uuid_format(octets, text);
	snprintf(path, sizeof(path), "%s/%s.ta", dir, text);
	f = fopen(path, "we");
	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, len, f), len);
	fclose(f);
}

static size_t read_probe(uint8_t *buf, size_t size)
{
	char *dirs = strdup(getenv("TEELINK_TEST_TA_DIR"));
	char path[512], *dir;
	size_t n = 0;

	for (dir = strtok(dirs, ":"); dir && !n; dir = strtok(NULL, ":")) {
		FILE *f;

		snprintf(path, sizeof(path), "%s/6a1e2c60-93d1-4b0c-9f3e-5b1c228a7701.ta", dir);
		f = fopen(path, "re");
		if (!f)
			continue;
		n = fread(buf, 1, size, f);
		fclose(f);
	}
	free(dirs);
	assert_true(n > 4096 && n < size);
	return n;
}

static void open_gives(struct test_machine *m, const TEEC_UUID *uuid, TEEC_Result want)
{
	uint32_t origin;
	TEEC_Context ctx;
	TEEC_Session s;

	(void)m;
	assert_int_equal(TEEC_InitializeContext(NULL, &ctx), TEEC_SUCCESS);
	assert_int_equal(TEEC_OpenSession(&ctx, &s, uuid, TEEC_LOGIN_PUBLIC, NULL, NULL, &origin), want);
	assert_int_equal(origin, TEEC_ORIGIN_TEE);
	TEEC_FinalizeContext(&ctx);
}

static void images_that_are_not_tas(void **state)
{
	char dir[] = "/tmp/teelink-images-XXXXXX", cmd[64];
	size_t size = 8 << 20, n;
	uint8_t *image = malloc(size);
	TEEC_UUID uuid = { 0x11111111, 1, 1, { 0 } };
	struct test_machine m;
	char *saved = strdup(getenv("TEELINK_SOCKET"));

	(void)state;
	assert_non_null(mkdtemp(dir));
	n = read_probe(image, size);
	put_image(dir, &uuid, "not an elf", 10);
	uuid.timeMid = 2;
	put_image(dir, &uuid, "", 0);
	uuid.timeMid = 3;
	put_image(dir, &uuid, image, n / 2);
	uuid.timeMid = 4;
	put_image(dir, &uuid, image, 64);
	/* A whole TA, well signed, under another name. */
	uuid.timeMid = 5;
	put_image(dir, &uuid, image, n);
	/* Another machine's. */
	uuid.timeMid = 6;
	image[18] = 0xf3;
	image[19] = 0;
	put_image(dir, &uuid, image, n);
	machine_start(&m, "--ta-dir", dir);
	/* This process's VM stays with its machine: the new one is asked by a child. */
	setenv("TEELINK_SOCKET", saved, 1);
	for (uuid.timeMid = 1; uuid.timeMid <= 6; uuid.timeMid++) {
		pid_t pid = fork();
		int status;

		assert_true(pid >= 0);
		if (!pid) {
			setenv("TEELINK_SOCKET", m.socket, 1);
			open_gives(&m, &uuid, TEEC_ERROR_SECURITY);
			_exit(0);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_int_equal(status, 0);
	}
	machine_stop(&m);
	snprintf(cmd, sizeof(cmd), "rm -rf '%s'", dir);
	assert_int_equal(system(cmd), 0);
	free(image);
	free(saved);
	client_works(&witness);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(misdeeds_in_an_entry_point),
		cmocka_unit_test(misdeeds_in_a_constructor),
		cmocka_unit_test(memory_that_was_not_passed),
		cmocka_unit_test(released_memory_is_gone),
		cmocka_unit_test(images_that_are_not_tas),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
