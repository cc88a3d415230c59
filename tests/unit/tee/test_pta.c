// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
/* The pseudo-TAs of every machine; the session manager and the supplicant are played. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "fake_ta.h"
#include "fake_world.h"
#include "tee/ipc/ipc.h"
#include "tee/pta/pta.h"
#include "tee/session/manager.h"
#include "tee/session/result.h"
#include "wire/supp_socket.h"

#define SHM_SIZE SUPP_SHM_SIZE
#define OWN_SIZE 8192u

enum { CMD_ENTROPY = 0, CMD_KEY = 1, CMD_PLUGIN = 13 };
enum { CMD_DEVICES = 0, CMD_DEVICES_SUPP = 1, CMD_DEVICES_RPMB = 2 };

/* What the played supplicant does whenever it is waited for. */
enum deed { ANSWER, ANSWER_WRONG_TAG, ANSWER_SHORT, HANG_UP, NOTHING };

static struct tee_world *w;
static struct fake_ta ta;
static struct pta *pta;
static struct tee_vm *vm;
static struct ipc_task *task;
static ipc_handle_t chan;
static struct vm_mem *own;
static enum deed deed;
static struct supp_plugin_req asked;
static unsigned int num_asked;
static int key_result;
static uint8_t root[32];

int world_root_key(struct tee_world *world, uint8_t key[32])
{
	(void)world;
	memcpy(key, root, sizeof(root));
	return key_result;
}

static void connect_supplicant(void)
{
	chan = ipc_connect(task, SUPP_PLUGIN_PORT ".0", IPC_CONNECT_ASYNC);
	assert_true(chan > 0);
}

static void answer(void)
{
	struct supp_plugin_rsp rsp = { .tag = asked.tag + (deed == ANSWER_WRONG_TAG),
				       .result = asked.sub_cmd,
				       .out_len = asked.cmd };
	struct ipc_iov iov = { &rsp, deed == ANSWER_SHORT ? 3 : sizeof(rsp) };
	uint8_t *shm = (uint8_t *)vm->shm->shm_base + SUPP_PLUGIN_SHM_OFFSET;
	uint32_t i;

	for (i = 0; i < asked.len; i++)
		shm[i]++;
	ipc_send_msg(task, chan, &iov, 1);
}

static int play(void *data)
{
	struct ipc_iov iov = { &asked, sizeof(asked) };
	struct ipc_msg_info info;

	(void)data;
	if (!chan || ipc_get_msg(task, chan, &info) != NO_ERROR)
		return -ETIMEDOUT;
	assert_int_equal(ipc_read_msg(task, chan, info.id, 0, &iov, 1), (int)sizeof(asked));
	ipc_put_msg(task, chan, info.id);
	num_asked++;
	switch (deed) {
	case HANG_UP:
		ipc_close(task, chan);
		chan = 0;
		break;
	case NOTHING:
		return -ETIMEDOUT;
	default:
		answer();
		break;
	}
	ipc_dispatch(w->ipc);
	return 0;
}

static int setup(void **state)
{
	(void)state;
	w = fake_world_create();
	fake_ta_init(&ta, w);
	vm = fake_vm_create(w, 1, SHM_SIZE);
	vm->supplicant = true;
	assert_int_equal(session_manager_create(w, &w->sessions), 0);
	assert_int_equal(pta_create(w, &pta), 0);
	task = ipc_task_create(w->ipc, (const uint8_t[16]){ 0 }, vm);
	assert_int_equal(vm_mem_create_own(OWN_SIZE, &own), 0);
	w->on_wait = play;
	deed = ANSWER;
	num_asked = 0;
	chan = 0;
	key_result = 0;
	memset(root, 0x77, sizeof(root));
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	ipc_task_destroy(task);
	fake_world_serve(w);
	session_manager_destroy(w->sessions);
	pta_destroy(pta);
	vm_mem_put(own);
	world_event_destroy(&ta.event);
	fake_world_destroy(w);
	return 0;
}

static struct ta_param memref(uint32_t type, uint64_t offset, uint64_t size)
{
	return (struct ta_param){ .type = type,
				  .u.memref = { .mem = own, .offset = offset, .size = size } };
}

static uint8_t *bytes_at(uint64_t offset)
{
	return (uint8_t *)dataspace_map(own->run[0].ds) + offset;
}

static struct ta_call key_call(uint64_t salt, uint64_t size)
{
	struct ta_call call = { .cmd = CMD_KEY,
				.login = TEE_LOGIN_TRUSTED_APP,
				.client_uuid = { 1, 2, 3 } };

	call.param[0] = memref(TEE_PARAM_TYPE_MEMREF_INPUT, 0, salt);
	call.param[1] = memref(TEE_PARAM_TYPE_MEMREF_OUTPUT, 4096, size);
	return call;
}

static uint32_t invoke(struct ta_call *call)
{
	return pta_system_ops.invoke(pta, NULL, call);
}

static void test_open(void **state)
{
	struct ta_call call = { .login = TEE_LOGIN_TRUSTED_APP };
	void *ctx;

	(void)state;
	assert_int_equal(pta_system_ops.open(pta, &call, &ctx), TEE_SUCCESS);
	call.login = TEE_LOGIN_PUBLIC;
	assert_int_equal(pta_system_ops.open(pta, &call, &ctx), TEE_ERROR_ACCESS_DENIED);
}

static void test_key(void **state)
{
	static const char label[] = "teelink TA unique key"; /* with its NUL */
	struct ta_call call = key_call(4, 20);
	uint8_t msg[sizeof(label) + 16 + 4] = { 0 }, want[32];

	(void)state;
	memcpy(bytes_at(0), "salt", 4);
	memset(bytes_at(4096), 0xee, 32);
	assert_int_equal(invoke(&call), TEE_SUCCESS);
	memcpy(msg, label, sizeof(label));
	memcpy(msg + sizeof(label), call.client_uuid, 16);
	memcpy(msg + sizeof(label) + 16, "salt", 4);
	HMAC(EVP_sha256(), root, sizeof(root), msg, sizeof(msg), want, NULL);
	assert_memory_equal(bytes_at(4096), want, 20);
	assert_int_equal(bytes_at(4096)[20], 0xee);
	call.client_uuid[0]++;
	assert_int_equal(invoke(&call), TEE_SUCCESS);
	assert_memory_not_equal(bytes_at(4096), want, 20);
}

static void test_key_refused(void **state)
{
	static const struct {
		int err;
		uint32_t result;
	} errors[] = { { -ENOENT, TEE_ERROR_NOT_SUPPORTED },
		       { -EPERM, TEE_ERROR_SECURITY },
		       { -ETIMEDOUT, TEE_ERROR_COMMUNICATION },
		       { -ECANCELED, TEE_ERROR_CANCEL },
		       { -EIO, TEE_ERROR_GENERIC } };
	struct ta_call call;
	unsigned int i;

	(void)state;
	call = key_call(1025, 32);
	assert_int_equal(invoke(&call), TEE_ERROR_BAD_PARAMETERS);
	call = key_call(0, 15);
	assert_int_equal(invoke(&call), TEE_ERROR_BAD_PARAMETERS);
	call = key_call(0, 33);
	assert_int_equal(invoke(&call), TEE_ERROR_BAD_PARAMETERS);
	call = key_call(4, 32);
	call.param[0].u.memref.mem = NULL;
	assert_int_equal(invoke(&call), TEE_ERROR_BAD_PARAMETERS);
	call = key_call(4, 32);
	call.param[1].u.memref.mem = NULL;
	assert_int_equal(invoke(&call), TEE_ERROR_BAD_PARAMETERS);
	call = key_call(4, 32);
	call.param[1].shared = true;
	assert_int_equal(invoke(&call), TEE_ERROR_SECURITY);
	call = key_call(4, 32);
	call.param[3].type = TEE_PARAM_TYPE_VALUE_INPUT;
	assert_int_equal(invoke(&call), TEE_ERROR_BAD_PARAMETERS);
	for (i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		key_result = errors[i].err;
		call = key_call(4, 32);
		assert_int_equal(invoke(&call), errors[i].result);
		assert_int_equal(bytes_at(4096)[0], 0);
	}
}

static void test_entropy(void **state)
{
	struct ta_call call = { .cmd = CMD_ENTROPY };

	(void)state;
	call.param[0] = memref(TEE_PARAM_TYPE_MEMREF_INPUT, 1, OWN_SIZE - 1);
	assert_int_equal(invoke(&call), TEE_SUCCESS);
	call.param[0] = memref(TEE_PARAM_TYPE_MEMREF_INPUT, 0, 0);
	assert_int_equal(invoke(&call), TEE_ERROR_BAD_PARAMETERS);
	call.param[0] = memref(TEE_PARAM_TYPE_MEMREF_OUTPUT, 0, 5);
	assert_int_equal(invoke(&call), TEE_ERROR_BAD_PARAMETERS);
}

/* A TEE_UUID as a TA has it, at 0; five bytes at 4096. */
static struct ta_call plugin_call_of(uint32_t out_len, uint32_t result)
{
	static const uint8_t host[16] = { 4, 3, 2, 1, 6, 5, 8, 7, 9, 10, 11, 12, 13, 14, 15, 16 };
	struct ta_call call = { .cmd = CMD_PLUGIN };

	memcpy(bytes_at(0), host, sizeof(host));
	memcpy(bytes_at(4096), "hello", 6);
	call.param[0] = memref(TEE_PARAM_TYPE_MEMREF_INPUT, 0, sizeof(host));
	call.param[1].type = TEE_PARAM_TYPE_VALUE_INPUT;
	call.param[1].u.value.a = out_len;
	call.param[1].u.value.b = result;
	call.param[2] = memref(TEE_PARAM_TYPE_MEMREF_INOUT, 4096, 5);
	call.param[3].type = TEE_PARAM_TYPE_VALUE_OUTPUT;
	return call;
}

static void test_plugin(void **state)
{
	struct ta_call call = plugin_call_of(3, 42);
	unsigned int i;

	(void)state;
	connect_supplicant();
	assert_int_equal(invoke(&call), 42);
	for (i = 0; i < 16; i++)
		assert_int_equal(asked.uuid[i], i + 1);
	assert_int_equal(asked.cmd, 3);
	assert_int_equal(asked.len, 5);
	/* As much as the plugin says, and what it says. */
	assert_memory_equal(bytes_at(4096), "ifmlo", 6);
	assert_int_equal(call.param[3].u.value.a, 3);
	call = plugin_call_of(1000, 0);
	assert_int_equal(invoke(&call), TEE_SUCCESS);
	assert_memory_equal(bytes_at(4096), "ifmmp", 6);
	assert_int_equal(call.param[3].u.value.a, 1000);
	call = plugin_call_of(0, 0);
	call.param[2].u.memref.mem = NULL;
	call.param[2].u.memref.size = 0;
	assert_int_equal(invoke(&call), TEE_SUCCESS);
	assert_int_equal(asked.len, 0);
}

static void test_plugin_parameters(void **state)
{
	struct ta_call call = plugin_call_of(0, 0);

	(void)state;
	call.param[0].u.memref.size = 15;
	assert_int_equal(invoke(&call), TEE_ERROR_BAD_PARAMETERS);
	call = plugin_call_of(0, 0);
	call.param[0].u.memref.mem = NULL;
	assert_int_equal(invoke(&call), TEE_ERROR_BAD_PARAMETERS);
	call = plugin_call_of(0, 0);
	call.param[2].u.memref.mem = NULL;
	assert_int_equal(invoke(&call), TEE_ERROR_BAD_PARAMETERS);
	call = plugin_call_of(0, 0);
	call.param[3].type = 0;
	assert_int_equal(invoke(&call), TEE_ERROR_BAD_PARAMETERS);
	call = plugin_call_of(0, 0);
	call.param[2].u.memref.size = SUPP_PLUGIN_MAX_BYTES + 1;
	assert_int_equal(invoke(&call), TEE_ERROR_OUT_OF_MEMORY);
	assert_int_equal(num_asked, 0);
}

/* A call is made once: what becomes of it isn't known when its supplicant goes, or lies. */
static void test_plugin_lost(void **state)
{
	static const enum deed deeds[] = { ANSWER_WRONG_TAG, ANSWER_SHORT, HANG_UP, NOTHING };
	struct ta_call call = plugin_call_of(0, 0);
	unsigned int i;

	(void)state;
	/* Nobody comes. */
	assert_int_equal(invoke(&call), TEE_ERROR_COMMUNICATION);
	for (i = 0; i < sizeof(deeds) / sizeof(deeds[0]); i++) {
		deed = deeds[i];
		connect_supplicant();
		call = plugin_call_of(5, 0);
		assert_int_equal(invoke(&call), TEE_ERROR_COMMUNICATION);
		assert_int_equal(num_asked, i + 1);
		assert_memory_equal(bytes_at(4096), "hello", 6);
		if (chan)
			ipc_close(task, chan);
		chan = 0;
	}
	deed = ANSWER;
	connect_supplicant();
	call = plugin_call_of(5, 0);
	assert_int_equal(invoke(&call), TEE_SUCCESS);
}

static uint32_t refuse(void *data, void *ctx, struct ta_call *call)
{
	(void)data;
	(void)ctx;
	(void)call;
	return TEE_ERROR_GENERIC;
}

static uint32_t list(uint32_t cmd, uint64_t room, uint64_t *size)
{
	struct ta_call call = { .cmd = cmd };
	uint32_t res;

	call.param[0] = memref(TEE_PARAM_TYPE_MEMREF_OUTPUT, 0, room);
	if (!room)
		call.param[0].u.memref.mem = NULL;
	res = pta_device_ops.invoke(pta, NULL, &call);
	*size = call.param[0].u.memref.size;
	return res;
}

static void test_devices(void **state)
{
	static const struct pseudo_ta_ops device = { .flags = TA_FLAG_DEVICE_ENUM,
						     .invoke = refuse };
	static const struct pseudo_ta_ops supp = { .flags = TA_FLAG_DEVICE_ENUM_SUPP,
						   .invoke = refuse };
	static const struct pseudo_ta_ops both = {
		.flags = TA_FLAG_DEVICE_ENUM | TA_FLAG_DEVICE_ENUM_SUPP, .invoke = refuse
	};
	static const uint8_t uuids[3][16] = { { 41 }, { 42 }, { 43 } };
	struct ta_call call = { .cmd = 3 };
	uint64_t size;

	(void)state;
	assert_int_equal(list(CMD_DEVICES, 64, &size), TEE_SUCCESS);
	assert_int_equal(size, 0);
	assert_int_equal(pseudo_ta_add(w->sessions, uuids[0], &device, NULL), 0);
	assert_int_equal(pseudo_ta_add(w->sessions, uuids[1], &supp, NULL), 0);
	assert_int_equal(pseudo_ta_add(w->sessions, uuids[2], &both, NULL), 0);
	assert_int_equal(list(CMD_DEVICES, 0, &size), TEE_ERROR_SHORT_BUFFER);
	assert_int_equal(size, 16);
	assert_int_equal(list(CMD_DEVICES, 64, &size), TEE_SUCCESS);
	assert_int_equal(size, 16);
	assert_memory_equal(bytes_at(0), uuids[0], 16);
	assert_int_equal(list(CMD_DEVICES_SUPP, 16, &size), TEE_SUCCESS);
	assert_memory_equal(bytes_at(0), uuids[1], 16);
	assert_int_equal(list(CMD_DEVICES_RPMB, 64, &size), TEE_SUCCESS);
	assert_int_equal(size, 0);
	assert_int_equal(pta_device_ops.invoke(pta, NULL, &call), TEE_ERROR_NOT_IMPLEMENTED);
	call.cmd = CMD_DEVICES;
	assert_int_equal(pta_device_ops.invoke(pta, NULL, &call), TEE_ERROR_BAD_PARAMETERS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_open, setup, teardown),
		cmocka_unit_test_setup_teardown(test_key, setup, teardown),
		cmocka_unit_test_setup_teardown(test_key_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(test_entropy, setup, teardown),
		cmocka_unit_test_setup_teardown(test_plugin, setup, teardown),
		cmocka_unit_test_setup_teardown(test_plugin_parameters, setup, teardown),
		cmocka_unit_test_setup_teardown(test_plugin_lost, setup, teardown),
		cmocka_unit_test_setup_teardown(test_devices, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
