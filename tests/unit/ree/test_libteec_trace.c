/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * What libteec leaves for a reader: trace points at both ends of each call, and the messages of
 * teec_trace.h.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include <tee_client_api.h>

#define BINARY_PREFIX "TST"
#define DEBUGLEVEL_2
#include <teec_trace.h>

#include "lib/trace.h"
#include "tests/unit/ree/teec_fake.h"

static TEEC_Operation op;

/* The TA is slow enough to be cancelled by its own caller. */
static void cancel_in_call(unsigned long request)
{
	if (request == TEE_IOC_INVOKE)
		TEEC_RequestCancellation(&op);
}

static void test_hops(void **state)
{
	static const struct {
		enum trace_dir dir;
		const char *verb;
		uint64_t arg;
	} row[] = {
		{ TRACE_DOWN, "open_session", TEEC_LOGIN_USER },
		{ TRACE_UP, "open_session", TEEC_SUCCESS },
		{ TRACE_DOWN, "invoke", 5 },
		{ TRACE_DOWN, "cancel", 7 },
		{ TRACE_UP, "cancel", 7 },
		{ TRACE_UP, "invoke", TEEC_ERROR_CANCEL },
		{ TRACE_DOWN, "close_session", 7 },
		{ TRACE_UP, "close_session", 7 },
	};
	const TEEC_UUID uuid = { .timeLow = 1 };
	int fd = memfd_create("trace", MFD_CLOEXEC);
	TEEC_Session session;
	TEEC_Context ctx;
	unsigned int i;

	(void)state;
	assert_int_equal(ftruncate(fd, sizeof(struct trace_ring)), 0);
	assert_int_equal(trace_attach(fd), 0);
	close(fd);
	teec_fake_reset();
	assert_int_equal(TEEC_InitializeContext(NULL, &ctx), TEEC_SUCCESS);
	assert_int_equal(TEEC_OpenSession(&ctx, &session, &uuid, TEEC_LOGIN_USER, NULL, NULL, NULL),
			 TEEC_SUCCESS);
	teec_fake.before = cancel_in_call;
	teec_fake.ret = TEEC_ERROR_CANCEL;
	assert_int_equal(TEEC_InvokeCommand(&session, 5, &op, NULL), TEEC_ERROR_CANCEL);
	TEEC_CloseSession(&session);
	TEEC_FinalizeContext(&ctx);

	assert_int_equal(trace_ring_map->next, sizeof(row) / sizeof(row[0]));
	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		assert_int_equal(trace_ring_map->slot[i].hop, TRACE_CA);
		assert_int_equal(trace_ring_map->slot[i].dir, row[i].dir);
		assert_string_equal(trace_ring_map->slot[i].verb, row[i].verb);
		assert_int_equal(trace_ring_map->slot[i].arg, row[i].arg);
	}
}

static void say_things(void)
{
	EMSG("bad %d", 1);
	IMSG_RAW("raw %s\n", "text");
	DMSG("not at this level");
}

static void test_messages(void **state)
{
	char text[256] = "", want[256];
	int file = memfd_create("stdout", MFD_CLOEXEC);
	int saved;

	(void)state;
	fflush(stdout);
	saved = dup(STDOUT_FILENO);
	assert_true(dup2(file, STDOUT_FILENO) >= 0);
	say_things();
	fflush(stdout);
	assert_true(dup2(saved, STDOUT_FILENO) >= 0);
	assert_true(pread(file, text, sizeof(text) - 1, 0) > 0);
	close(saved);
	close(file);
	/* Whatever line of this file it was said on. */
	assert_non_null(strstr(text, ": bad 1\nraw text\n"));
	snprintf(want, sizeof(want), "ERR [%d] TST:say_things:", (int)gettid());
	assert_memory_equal(text, want, strlen(want));
	assert_null(strstr(text, "level"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hops),
		cmocka_unit_test(test_messages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
