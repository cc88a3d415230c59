// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
/* The supplicant's plugins, its ends, and the pseudo-TAs that trusted applications call. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/system/client.h"
#include "tests/system/machine.h"
#include "tests/system/probe_ta.h"
#include "tests/system/pta_ta.h"

#define SYSTEM_UUID                                                                                \
	{                                                                                          \
		0x3a2f8978, 0x5dc0, 0x11e8,                                                        \
		{                                                                                  \
			0x9c, 0x2d, 0xfa, 0x7a, 0xe0, 0x1b, 0xbe, 0xbc                             \
		}                                                                                  \
	}
#define DEVICE_UUID                                                                                \
	{                                                                                          \
		0x7011a688, 0xddde, 0x4053,                                                        \
		{                                                                                  \
			0xa5, 0xa9, 0x7b, 0x3c, 0x4d, 0xdf, 0x13, 0xb8                             \
		}                                                                                  \
	}

#define KEY_MIN 16u
#define KEY_MAX 32u
#define SALT_MAX 1024u

static const TEEC_UUID pta_user = PTA_TA_UUID;
static const TEEC_UUID probe = PROBE_TA_UUID;
static const TEEC_UUID system_pta = SYSTEM_UUID;
static const TEEC_UUID device_pta = DEVICE_UUID;
static struct test_machine machine;
static char plugin_dir[64];

static const char *in_dir(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", plugin_dir, name);
	return path;
}

/* The plugin among things that are none: a text, a folder, a fifo, a link to nowhere. */
static int start(void **state)
{
	FILE *f;

	(void)state;
	snprintf(plugin_dir, sizeof(plugin_dir), "/tmp/teelink-plugins-XXXXXX");
	assert_non_null(mkdtemp(plugin_dir));
	assert_int_equal(symlink(getenv("TEELINK_TEST_PLUGIN"), in_dir("test.plugin")), 0);
	f = fopen(in_dir("README"), "w");
	assert_non_null(f);
	fputs("no plugin\n", f);
	fclose(f);
	assert_int_equal(mkdir(in_dir("folder"), 0700), 0);
	assert_int_equal(mkfifo(in_dir("fifo"), 0600), 0);
	assert_int_equal(symlink("nowhere", in_dir("link")), 0);
	machine_start(&machine, "--plugin-dir", plugin_dir);
	return 0;
}

static int stop(void **state)
{
	char cmd[128];

	(void)state;
	machine_stop(&machine);
	snprintf(cmd, sizeof(cmd), "rm -rf '%s'", plugin_dir);
	return system(cmd);
}

static TEEC_Result call_plugin(struct client *c, uint32_t cmd, uint32_t sub_cmd, void *bytes,
			       size_t len, uint32_t *out_len)
{
	TEEC_Operation op = { 0 };
	TEEC_Result res;

	op.paramTypes = TEEC_PARAM_TYPES(
		TEEC_VALUE_INOUT, (uint32_t)(len ? TEEC_MEMREF_TEMP_INOUT : TEEC_NONE), 0, 0);
	op.params[0].value.a = cmd;
	op.params[0].value.b = sub_cmd;
	op.params[1].tmpref.buffer = bytes;
	op.params[1].tmpref.size = len;
	res = TEEC_InvokeCommand(&c->session, PTA_PLUGIN, &op, NULL);
	*out_len = op.params[0].value.a;
	return res;
}

static void plugin_works(struct client *c, size_t len)
{
	uint8_t *bytes = malloc(len);
	uint32_t out_len;
	size_t i;

	assert_non_null(bytes);
	for (i = 0; i < len; i++)
		bytes[i] = (uint8_t)(i * 7);
	assert_int_equal(call_plugin(c, TEST_PLUGIN_INC, 5, bytes, len, &out_len), TEEC_SUCCESS);
	assert_int_equal(out_len, len);
	for (i = 0; i < len; i++)
		assert_int_equal(bytes[i], (uint8_t)(i * 7 + 5));
	free(bytes);
}

static void test_plugin(void **state)
{
	uint8_t bytes[8] = "abcdefg";
	struct client c;
	uint32_t out_len;

	(void)state;
	client_open(&c, &pta_user);
	plugin_works(&c, 1);
	plugin_works(&c, 100000);
	assert_int_equal(call_plugin(&c, TEST_PLUGIN_RESULT, 0x80000042, NULL, 0, &out_len),
			 0x80000042);
	assert_int_equal(out_len, 0);
	assert_int_equal(call_plugin(&c, 99, 0, bytes, sizeof(bytes), &out_len),
			 TEEC_ERROR_NOT_SUPPORTED);
	assert_int_equal(call_plugin(&c, TEST_PLUGIN_BOAST, 0, bytes, sizeof(bytes), &out_len),
			 TEEC_SUCCESS);
	assert_int_equal(out_len, sizeof(bytes) + 1000);
	assert_memory_equal(bytes, "abcdefg", sizeof(bytes));
	assert_int_equal(client_invoke(&c, PTA_OTHER_PLUGIN, NULL), TEEC_ERROR_ITEM_NOT_FOUND);
	client_close(&c);
}

static bool reader_comes(void *arg)
{
	int *fd = arg;

	*fd = open(in_dir("fifo"), O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	return *fd >= 0;
}

static TEEC_Result derive(struct client *c, uint32_t cmd, const void *salt, size_t salt_len,
			  uint8_t *key, size_t len)
{
	TEEC_Operation op = { 0 };

	op.paramTypes = TEEC_PARAM_TYPES(TEEC_MEMREF_TEMP_INPUT, TEEC_MEMREF_TEMP_OUTPUT, 0, 0);
	op.params[0].tmpref.buffer = (void *)(uintptr_t)salt;
	op.params[0].tmpref.size = salt_len;
	op.params[1].tmpref.buffer = key;
	op.params[1].tmpref.size = len;
	return TEEC_InvokeCommand(&c->session, cmd, &op, NULL);
}

/* A plugin that takes its time keeps nobody waiting but those who want the same. */
static void test_slow(void **state)
{
	struct client_call call = { .cmd = PTA_PLUGIN };
	char path[128];
	struct client a, b;
	uint8_t key[KEY_MIN];
	int fd;

	(void)state;
	client_open(&a, &pta_user);
	client_open(&b, &pta_user);
	snprintf(path, sizeof(path), "%s", in_dir("fifo"));
	call.c = &a;
	call.op.paramTypes = TEEC_PARAM_TYPES(TEEC_VALUE_INOUT, TEEC_MEMREF_TEMP_INOUT, 0, 0);
	call.op.params[0].value.a = TEST_PLUGIN_WAIT;
	call.op.params[1].tmpref.buffer = path;
	call.op.params[1].tmpref.size = strlen(path) + 1;
	client_call_start(&call);
	assert_true(wait_until(reader_comes, &fd));
	assert_int_equal(derive(&b, PTA_KEY, "salt", 4, key, KEY_MIN), TEEC_SUCCESS);
	assert_int_equal(client_invoke(&b, PTA_OTHER_PLUGIN, NULL), TEEC_ERROR_ITEM_NOT_FOUND);
	close(fd);
	client_call_end(&call);
	assert_int_equal(call.res, TEEC_SUCCESS);
	plugin_works(&b, 10);
	client_close(&a);
	client_close(&b);
}

static bool result_comes(void *arg)
{
	uint32_t out_len;
	TEEC_Result res = call_plugin(arg, TEST_PLUGIN_RESULT, 1, NULL, 0, &out_len);

	assert_true(res == 1 || res == TEEC_ERROR_COMMUNICATION);
	return res == 1;
}

/*
 * A call that a supplicant took with it fails; the next one waits for the next supplicant. One that
 * was killed may get a call before the secure world knows.
 */
static void test_ends(void **state)
{
	struct client c, p;
	uint32_t out_len;
	pid_t pid;

	(void)state;
	client_open(&c, &pta_user);
	assert_int_equal(call_plugin(&c, TEST_PLUGIN_END, 0, NULL, 0, &out_len),
			 TEEC_ERROR_COMMUNICATION);
	plugin_works(&c, 10);
	pid = machine_await_process(&machine, "tee-supplicant");
	assert_true(pid > 0);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_true(wait_until(result_comes, &c));
	plugin_works(&c, 10);
	client_open(&p, &probe);
	client_works(&p);
	client_close(&p);
	client_close(&c);
}

/* A plugin that never comes back takes a minute. */
static void test_hangs(void **state)
{
	struct client c;
	uint32_t out_len;

	(void)state;
	if (!getenv("TEELINK_TEST_LONG"))
		skip();
	client_open(&c, &pta_user);
	assert_int_equal(call_plugin(&c, TEST_PLUGIN_HANG, 0, NULL, 0, &out_len),
			 TEEC_ERROR_COMMUNICATION);
	plugin_works(&c, 10);
	client_close(&c);
}

static void test_keys(void **state)
{
	static const char salt[SALT_MAX + 1] = "salt";
	uint8_t key[KEY_MAX + 1] = { 0 }, again[KEY_MAX] = { 0 };
	struct client c;
	unsigned int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		client_open(&c, &pta_user);
		assert_int_equal(derive(&c, PTA_KEY, salt, 4, i ? again : key, KEY_MAX),
				 TEEC_SUCCESS);
		client_close(&c);
	}
	assert_memory_equal(key, again, KEY_MAX);
	client_open(&c, &pta_user);
	assert_int_equal(derive(&c, PTA_KEY, salt, 5, again, KEY_MAX), TEEC_SUCCESS);
	assert_memory_not_equal(key, again, KEY_MAX);
	assert_int_equal(derive(&c, PTA_KEY, NULL, 0, again, KEY_MIN), TEEC_SUCCESS);
	assert_int_equal(derive(&c, PTA_KEY, salt, SALT_MAX, again, KEY_MAX), TEEC_SUCCESS);
	assert_int_equal(derive(&c, PTA_KEY, salt, SALT_MAX + 1, again, KEY_MAX),
			 TEEC_ERROR_BAD_PARAMETERS);
	assert_int_equal(derive(&c, PTA_KEY, salt, 4, key, KEY_MIN - 1), TEEC_ERROR_BAD_PARAMETERS);
	assert_int_equal(derive(&c, PTA_KEY, salt, 4, key, KEY_MAX + 1), TEEC_ERROR_BAD_PARAMETERS);
	/* Never where the normal world reads it. */
	memset(again, 0, sizeof(again));
	assert_int_equal(derive(&c, PTA_SHARED_KEY, salt, 4, again, KEY_MAX), TEEC_ERROR_SECURITY);
	for (i = 0; i < KEY_MAX; i++)
		assert_int_equal(again[i], 0);
	client_close(&c);
}

static void test_others(void **state)
{
	static char entropy[10000] = "from the normal world";
	TEEC_Operation op = { 0 };
	struct client c;
	uint32_t cmd;

	(void)state;
	client_open(&c, &pta_user);
	op.paramTypes = TEEC_PARAM_TYPES(TEEC_MEMREF_TEMP_INPUT, 0, 0, 0);
	op.params[0].tmpref.buffer = entropy;
	op.params[0].tmpref.size = sizeof(entropy);
	assert_int_equal(TEEC_InvokeCommand(&c.session, PTA_ENTROPY, &op, NULL), TEEC_SUCCESS);
	for (cmd = 0; cmd < 20; cmd++) {
		bool here = cmd < 2 || cmd == 13, linker = cmd == 2 || cmd == 3 || cmd > 9;

		assert_int_equal(client_value(&c, PTA_SYSTEM_CMD, cmd, NULL),
				 here		      ? TEEC_ERROR_BAD_PARAMETERS
				 : linker && cmd < 13 ? TEEC_ERROR_NOT_SUPPORTED
						      : TEEC_ERROR_NOT_IMPLEMENTED);
	}
	client_close(&c);
}

/* The system pseudo-TA is for trusted applications, device enumeration for everybody. */
static void test_clients(void **state)
{
	TEEC_Operation op = { 0 };
	TEEC_Context ctx;
	TEEC_Session s;
	uint32_t origin;
	uint8_t list[64];

	(void)state;
	assert_int_equal(TEEC_InitializeContext(NULL, &ctx), TEEC_SUCCESS);
	assert_int_equal(
		TEEC_OpenSession(&ctx, &s, &system_pta, TEEC_LOGIN_PUBLIC, NULL, NULL, &origin),
		TEEC_ERROR_ACCESS_DENIED);
	assert_int_equal(origin, TEEC_ORIGIN_TRUSTED_APP);
	assert_int_equal(
		TEEC_OpenSession(&ctx, &s, &device_pta, TEEC_LOGIN_PUBLIC, NULL, NULL, &origin),
		TEEC_SUCCESS);
	op.paramTypes = TEEC_PARAM_TYPES(TEEC_MEMREF_TEMP_OUTPUT, 0, 0, 0);
	op.params[0].tmpref.buffer = list;
	op.params[0].tmpref.size = sizeof(list);
	assert_int_equal(TEEC_InvokeCommand(&s, 0, &op, NULL), TEEC_SUCCESS);
	assert_int_equal(op.params[0].tmpref.size, 0);
	TEEC_CloseSession(&s);
	TEEC_FinalizeContext(&ctx);
}

/* A TA's line is in the machine's file, with OP-TEE's prefix, before its call comes back. */
static void test_log(void **state)
{
	char path[128], line[256] = "";
	struct client c;
	FILE *f;

	(void)state;
	client_open(&c, &pta_user);
	assert_int_equal(client_value(&c, PTA_LOG, 4711, NULL), TEEC_SUCCESS);
	client_close(&c);
	snprintf(path, sizeof(path), "%s/ta.log", machine.dir);
	f = fopen(path, "r");
	assert_non_null(f);
	while (!strstr(line, "line 4711") && fgets(line, sizeof(line), f))
		;
	fclose(f);
	assert_int_equal(strncmp(line, "E/TA:  TA_InvokeCommandEntryPoint:", 34), 0);
	assert_non_null(strstr(line, " line 4711\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plugin), cmocka_unit_test(test_slow),
		cmocka_unit_test(test_ends),   cmocka_unit_test(test_keys),
		cmocka_unit_test(test_others), cmocka_unit_test(test_clients),
		cmocka_unit_test(test_log),    cmocka_unit_test(test_hangs),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
