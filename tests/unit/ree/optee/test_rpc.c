/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/* Requests of the secure world that the driver serves itself, and those that no secure world should make. */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "tests/unit/ree/optee/fake.h"

struct ctx {
	struct fake_sec *fs;
	int fd;
	uint32_t session;
};

static struct ctx c;

static int set_up_caps(uint32_t caps)
{
	c.fs = fake_up_probed(caps);
	c.fd = fake_open(c.fs);
	c.session = fake_open_session(c.fd);
	return 0;
}

static int set_up(void **state)
{
	(void)state;
	return set_up_caps(FAKE_ALL_CAPS);
}

static int set_up_no_rpc_arg(void **state)
{
	(void)state;
	return set_up_caps(FAKE_ALL_CAPS & ~OPTEE_SMC_SEC_CAP_RPC_ARG);
}

static int set_up_notif(void **state)
{
	(void)state;
	return set_up_caps(FAKE_ALL_CAPS | OPTEE_SMC_SEC_CAP_ASYNC_NOTIF);
}

static int tear_down(void **state)
{
	(void)state;
	c.fs->rpc = NULL;
	node_close(c.fd);
	fake_down(c.fs);
	return 0;
}

/* The one CMD that a call makes, and the answer to it. */
static union optee_rpc_msg ask, told;

static bool one_cmd(struct fake_sec *fs, struct fake_call *call, const struct smc_args *args,
		    struct optee_msg_arg *rpc, struct smc_res *res)
{
	(void)fs;
	(void)args;
	if (fake_arg(&call->msg)->cmd != OPTEE_MSG_CMD_INVOKE_COMMAND)
		return false;
	if (call->step) {
		memcpy(&told, rpc, OPTEE_MSG_GET_ARG_SIZE(4));
		return false;
	}
	memcpy(rpc, &ask, OPTEE_MSG_GET_ARG_SIZE(4));
	res->a0 = OPTEE_SMC_RETURN_RPC_CMD;
	return true;
}

static uint32_t cmd(uint32_t command, uint32_t num_params)
{
	ask.arg.cmd = command;
	ask.arg.num_params = num_params;
	ask.arg.ret = 0x77;
	c.fs->rpc = one_cmd;
	assert_int_equal(fake_invoke(c.fd, c.session), 0);
	return told.arg.ret;
}

static void set_value(unsigned int i, uint64_t attr, uint64_t a, uint64_t b, uint64_t val_c)
{
	ask.arg.params[i].attr = attr;
	ask.arg.params[i].u.value = (struct optee_msg_param_value){ a, b, val_c };
}

static void test_get_time(void **state)
{
	(void)state;
	set_value(0, OPTEE_MSG_ATTR_TYPE_VALUE_OUTPUT, 0, 0, 0);
	assert_int_equal(cmd(OPTEE_RPC_CMD_GET_TIME, 1), 0);
	assert_true(told.arg.params[0].u.value.a + 5 > (uint64_t)time(NULL));
	assert_true(told.arg.params[0].u.value.b < 1000000000);
	set_value(0, OPTEE_MSG_ATTR_TYPE_VALUE_INPUT, 0, 0, 0);
	assert_int_equal(cmd(OPTEE_RPC_CMD_GET_TIME, 1), OPTEE_ERROR_BAD_PARAMETERS);
	assert_int_equal(cmd(OPTEE_RPC_CMD_GET_TIME, 0), OPTEE_ERROR_BAD_PARAMETERS);
}

static void test_suspend(void **state)
{
	(void)state;
	set_value(0, OPTEE_MSG_ATTR_TYPE_VALUE_INPUT, 1, 0, 0);
	assert_int_equal(cmd(OPTEE_RPC_CMD_SUSPEND, 1), 0);
	set_value(0, OPTEE_MSG_ATTR_TYPE_VALUE_INPUT, 0, 0, 0);
	assert_int_equal(cmd(OPTEE_RPC_CMD_SUSPEND, 1), 0);
	assert_int_equal(cmd(OPTEE_RPC_CMD_SUSPEND, 0), OPTEE_ERROR_BAD_PARAMETERS);
}

static void test_not_supported(void **state)
{
	static const uint32_t cmds[] = { OPTEE_RPC_CMD_BENCH_REG,	   OPTEE_RPC_CMD_I2C_TRANSFER,
					 OPTEE_RPC_CMD_RPMB_PROBE_RESET, OPTEE_RPC_CMD_RPMB_PROBE_NEXT,
					 OPTEE_RPC_CMD_RPMB_FRAMES,	   8, 13, 99, UINT32_MAX };
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(cmds) / sizeof(cmds[0]); i++)
		assert_int_equal(cmd(cmds[i], 0), OPTEE_ERROR_NOT_SUPPORTED);
}

static void test_impossible_arguments(void **state)
{
	static const uint32_t counts[] = { 5, 127, 0x08000000, UINT32_MAX };
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		assert_int_equal(cmd(OPTEE_RPC_CMD_GET_TIME, counts[i]), OPTEE_ERROR_BAD_PARAMETERS);
	/* A kind that doesn't exist, and memory that was never given. */
	set_value(0, 4, 0, 0, 0);
	assert_int_equal(cmd(OPTEE_RPC_CMD_FS, 1), OPTEE_ERROR_BAD_PARAMETERS);
	set_value(0, OPTEE_MSG_ATTR_TYPE_RMEM_INOUT, 0, 100, 4711);
	assert_int_equal(cmd(OPTEE_RPC_CMD_FS, 1), OPTEE_ERROR_BAD_PARAMETERS);
	set_value(0, OPTEE_MSG_ATTR_TYPE_TMEM_INPUT, FAKE_SHM_GPA, 100, UINT64_MAX);
	assert_int_equal(cmd(OPTEE_RPC_CMD_LOAD_TA, 1), OPTEE_ERROR_BAD_PARAMETERS);
}

static void test_kernel_memory(void **state)
{
	uint64_t small, large;

	(void)state;
	set_value(0, OPTEE_MSG_ATTR_TYPE_VALUE_INPUT, OPTEE_RPC_SHM_TYPE_KERNEL, 1000, 8);
	assert_int_equal(cmd(OPTEE_RPC_CMD_SHM_ALLOC, 1), 0);
	assert_int_equal(told.arg.params[0].attr, OPTEE_MSG_ATTR_TYPE_TMEM_OUTPUT);
	assert_true(told.arg.params[0].u.tmem.size >= 1000);
	small = told.arg.params[0].u.tmem.shm_ref;
	memset(fake_ptr(c.fs, told.arg.params[0].u.tmem.buf_ptr, 1000), 0xcc, 1000);

	/* From the dynamic pool: by a page list. */
	set_value(0, OPTEE_MSG_ATTR_TYPE_VALUE_INPUT, OPTEE_RPC_SHM_TYPE_KERNEL, 200000, 8);
	assert_int_equal(cmd(OPTEE_RPC_CMD_SHM_ALLOC, 1), 0);
	assert_int_equal(told.arg.params[0].attr,
			 OPTEE_MSG_ATTR_TYPE_TMEM_OUTPUT | OPTEE_MSG_ATTR_NONCONTIG);
	large = told.arg.params[0].u.tmem.shm_ref;
	assert_int_not_equal(small, large);
	assert_int_equal(c.fs->num_ds, 1);

	set_value(0, OPTEE_MSG_ATTR_TYPE_VALUE_INPUT, OPTEE_RPC_SHM_TYPE_APPL, small, 0);
	assert_int_equal(cmd(OPTEE_RPC_CMD_SHM_FREE, 1), OPTEE_ERROR_BAD_PARAMETERS);
	set_value(0, OPTEE_MSG_ATTR_TYPE_VALUE_INPUT, OPTEE_RPC_SHM_TYPE_KERNEL, small, 0);
	assert_int_equal(cmd(OPTEE_RPC_CMD_SHM_FREE, 1), 0);
	assert_int_equal(cmd(OPTEE_RPC_CMD_SHM_FREE, 1), OPTEE_ERROR_BAD_PARAMETERS);
	set_value(0, OPTEE_MSG_ATTR_TYPE_VALUE_INPUT, OPTEE_RPC_SHM_TYPE_KERNEL, large, 0);
	assert_int_equal(cmd(OPTEE_RPC_CMD_SHM_FREE, 1), 0);
	assert_int_equal(c.fs->num_ds, 0);
	set_value(0, OPTEE_MSG_ATTR_TYPE_VALUE_INPUT, OPTEE_RPC_SHM_TYPE_GLOBAL, large, 0);
	assert_int_equal(cmd(OPTEE_RPC_CMD_SHM_FREE, 1), OPTEE_ERROR_BAD_PARAMETERS);
	/* What it never frees goes with the driver: fake_down looks. */
	set_value(0, OPTEE_MSG_ATTR_TYPE_VALUE_INPUT, OPTEE_RPC_SHM_TYPE_KERNEL, 200000, 8);
	assert_int_equal(cmd(OPTEE_RPC_CMD_SHM_ALLOC, 1), 0);
}

static void test_kernel_memory_has_an_end(void **state)
{
	unsigned int i;

	(void)state;
	set_value(0, OPTEE_MSG_ATTR_TYPE_VALUE_INPUT, OPTEE_RPC_SHM_TYPE_KERNEL, UINT64_MAX, 8);
	assert_int_equal(cmd(OPTEE_RPC_CMD_SHM_ALLOC, 1), OPTEE_ERROR_OUT_OF_MEMORY);
	set_value(0, OPTEE_MSG_ATTR_TYPE_VALUE_INPUT, OPTEE_RPC_SHM_TYPE_KERNEL, 0, 8);
	assert_int_equal(cmd(OPTEE_RPC_CMD_SHM_ALLOC, 1), OPTEE_ERROR_OUT_OF_MEMORY);
	set_value(0, OPTEE_MSG_ATTR_TYPE_VALUE_INPUT, 3, 100, 8);
	assert_int_equal(cmd(OPTEE_RPC_CMD_SHM_ALLOC, 1), OPTEE_ERROR_BAD_PARAMETERS);
	set_value(1, OPTEE_MSG_ATTR_TYPE_VALUE_INPUT, 0, 0, 0);
	set_value(0, OPTEE_MSG_ATTR_TYPE_VALUE_INPUT, OPTEE_RPC_SHM_TYPE_KERNEL, 100, 8);
	assert_int_equal(cmd(OPTEE_RPC_CMD_SHM_ALLOC, 2), OPTEE_ERROR_BAD_PARAMETERS);
	set_value(0, OPTEE_MSG_ATTR_TYPE_VALUE_INPUT, OPTEE_RPC_SHM_TYPE_KERNEL, 16u << 20, 8);
	for (i = 0; i < 4; i++)
		assert_int_equal(cmd(OPTEE_RPC_CMD_SHM_ALLOC, 1), 0);
	assert_int_equal(cmd(OPTEE_RPC_CMD_SHM_ALLOC, 1), OPTEE_ERROR_OUT_OF_MEMORY);
}

/* Without a second argument: ALLOC, CMD in that memory, FREE. */
static unsigned int wrong;

static bool alloc_cmd_free(struct fake_sec *fs, struct fake_call *call, const struct smc_args *args,
			   struct optee_msg_arg *rpc, struct smc_res *res)
{
	union optee_rpc_msg *m;

	assert_null(rpc);
	if (fake_arg(&call->msg)->cmd != OPTEE_MSG_CMD_INVOKE_COMMAND)
		return false;
	switch (call->step) {
	case 0:
		res->a0 = OPTEE_SMC_RETURN_RPC_ALLOC;
		res->a1 = OPTEE_MSG_GET_ARG_SIZE(1);
		return true;
	case 1:
		call->rpc_cookie = optee_reg_pair(args->a4, args->a5);
		assert_true(call->rpc_cookie);
		m = fake_ptr(fs, optee_reg_pair(args->a1, args->a2), OPTEE_MSG_GET_ARG_SIZE(1));
		m->arg.cmd = OPTEE_RPC_CMD_GET_TIME;
		m->arg.num_params = 1;
		m->arg.params[0].attr = OPTEE_MSG_ATTR_TYPE_VALUE_OUTPUT;
		m->arg.params[0].u.value.a = 0;
		call->priv = m;
		res->a0 = OPTEE_SMC_RETURN_RPC_CMD;
		res->a1 = call->rpc_cookie >> 32;
		res->a2 = (uint32_t)call->rpc_cookie + (wrong == 1 ? 1000 : 0);
		return true;
	case 2:
		m = call->priv;
		if (wrong == 1)
			assert_int_equal(m->arg.params[0].u.value.a, 0);
		else
			assert_true(m->arg.params[0].u.value.a > 1000000);
		/* fall through */
	case 3:
		if (call->step == 3 && wrong != 2)
			return false;
		res->a0 = OPTEE_SMC_RETURN_RPC_FREE;
		res->a1 = call->rpc_cookie >> 32;
		res->a2 = (uint32_t)call->rpc_cookie;
		return true;
	case 4:
		res->a0 = OPTEE_SMC_RPC_VAL(99); /* no such RPC: it comes back all the same */
		return true;
	default:
		return false;
	}
}

static void test_arguments_by_alloc(void **state)
{
	(void)state;
	c.fs->rpc = alloc_cmd_free;
	for (wrong = 0; wrong < 3; wrong++)
		assert_int_equal(fake_invoke(c.fd, c.session), 0);
	wrong = 0;
}

static bool alloc_keep(struct fake_sec *fs, struct fake_call *call, const struct smc_args *args,
		       struct optee_msg_arg *rpc, struct smc_res *res)
{
	(void)rpc;
	if (fake_arg(&call->msg)->cmd != OPTEE_MSG_CMD_INVOKE_COMMAND)
		return false;
	if (call->step) {
		fs->cached[fs->num_cached++] = optee_reg_pair(args->a4, args->a5);
		return false;
	}
	res->a0 = OPTEE_SMC_RETURN_RPC_ALLOC;
	res->a1 = 4096;
	return true;
}

/* What the secure world keeps comes back when the cache is switched off, made-up cookies among it. */
static void test_cached_memory_comes_back(void **state)
{
	(void)state;
	c.fs->rpc = alloc_keep;
	assert_int_equal(fake_invoke(c.fd, c.session), 0);
	assert_int_equal(fake_invoke(c.fd, c.session), 0);
	assert_int_equal(c.fs->num_cached, 2);
	assert_int_not_equal(c.fs->cached[0], c.fs->cached[1]);
	assert_int_equal(c.fs->o->num_rpc_mem, 2);
	c.fs->cached[c.fs->num_cached++] = 0xbadbadbadull;
	optee_disable_shm_cache(c.fs->o, true);
	assert_int_equal(c.fs->o->num_rpc_mem, 0);
}

static bool foreign_intr(struct fake_sec *fs, struct fake_call *call, const struct smc_args *args,
			 struct optee_msg_arg *rpc, struct smc_res *res)
{
	(void)fs;
	(void)args;
	(void)rpc;
	res->a0 = OPTEE_SMC_RETURN_RPC_FOREIGN_INTR;
	return fake_arg(&call->msg)->cmd == OPTEE_MSG_CMD_INVOKE_COMMAND && call->step < 5;
}

static void test_foreign_interrupts(void **state)
{
	(void)state;
	c.fs->rpc = foreign_intr;
	assert_int_equal(fake_invoke(c.fd, c.session), 0);
	assert_int_equal(c.fs->polls, 5);
}

static uint32_t notification(uint64_t what, uint64_t value, uint64_t timeout)
{
	set_value(0, OPTEE_MSG_ATTR_TYPE_VALUE_INPUT, what, value, timeout);
	return cmd(OPTEE_RPC_CMD_NOTIFICATION, 1);
}

static void *send_main(void *arg)
{
	struct optee_notif *n = &c.fs->o->notif;
	bool waits = false;

	while (!waits) {
		pthread_mutex_lock(&n->lock);
		waits = !list_empty(&n->waiters);
		pthread_mutex_unlock(&n->lock);
	}
	/* Somebody waits for it already. */
	if (optee_notif_wait(c.fs->o, 9, 0) != -EBUSY)
		return arg;
	optee_notif_send(c.fs->o, 9);
	return NULL;
}

static void test_notifications(void **state)
{
	pthread_t thread;
	void *failed;

	(void)state;
	assert_int_equal(notification(OPTEE_RPC_NOTIFICATION_SEND, 7, 0), 0);
	assert_int_equal(notification(OPTEE_RPC_NOTIFICATION_WAIT, 7, 0), 0);
	assert_int_equal(notification(OPTEE_RPC_NOTIFICATION_WAIT, 7, 1), OPTEE_ERROR_TIMEOUT);
	assert_int_equal(notification(OPTEE_RPC_NOTIFICATION_WAIT, UINT64_MAX, 1),
			 OPTEE_ERROR_BAD_PARAMETERS);
	assert_int_equal(notification(OPTEE_RPC_NOTIFICATION_SEND, 5000, 1), OPTEE_ERROR_BAD_PARAMETERS);
	assert_int_equal(notification(2, 7, 1), OPTEE_ERROR_BAD_PARAMETERS);
	assert_int_equal(pthread_create(&thread, NULL, send_main, &c), 0);
	assert_int_equal(notification(OPTEE_RPC_NOTIFICATION_WAIT, 9, 0), 0);
	pthread_join(thread, &failed);
	assert_null(failed);
	/* Who is killed leaves. */
	fake_interrupt(c.fs, true);
	assert_int_equal(notification(OPTEE_RPC_NOTIFICATION_WAIT, 9, 0), OPTEE_ERROR_COMMUNICATION);
	fake_interrupt(c.fs, false);
	assert_int_equal(notification(OPTEE_RPC_NOTIFICATION_WAIT, 9, 1), OPTEE_ERROR_TIMEOUT);
}

static void test_interrupt_brings_values(void **state)
{
	(void)state;
	c.fs->notif_value[0] = 12;
	c.fs->notif_value[1] = 4711; /* more than it said */
	c.fs->notif_value[2] = OPTEE_SMC_ASYNC_NOTIF_VALUE_DO_BOTTOM_HALF;
	c.fs->notif_value[3] = 11;
	c.fs->num_notif = 4;
	fake_irq(c.fs);
	assert_int_equal(c.fs->num_notif, 0);
	assert_int_equal(notification(OPTEE_RPC_NOTIFICATION_WAIT, 11, 0), 0);
	assert_int_equal(notification(OPTEE_RPC_NOTIFICATION_WAIT, 12, 0), 0);
	assert_int_equal(notification(OPTEE_RPC_NOTIFICATION_WAIT, 12, 1), OPTEE_ERROR_TIMEOUT);
	/* The bottom half was done by who came by first, once. */
	assert_int_equal(c.fs->num_cmds, 5);
	assert_int_equal(c.fs->cmd[2], OPTEE_MSG_CMD_DO_BOTTOM_HALF);
	/* An interrupt without a value means nothing. */
	fake_irq(c.fs);
}

/* Only one waits, for a value that comes after the bottom half: it does that first. */
static bool half_then_value(struct fake_sec *fs, struct fake_call *call, const struct smc_args *args,
			    struct optee_msg_arg *rpc, struct smc_res *res)
{
	if (fake_arg(&call->msg)->cmd == OPTEE_MSG_CMD_DO_BOTTOM_HALF) {
		fs->notif_value[0] = 5;
		fs->num_notif = 1;
		fake_irq(fs);
		return false;
	}
	if (!call->step) {
		fs->notif_value[0] = OPTEE_SMC_ASYNC_NOTIF_VALUE_DO_BOTTOM_HALF;
		fs->num_notif = 1;
		fake_irq(fs);
	}
	return one_cmd(fs, call, args, rpc, res);
}

static void test_waiter_does_the_bottom_half(void **state)
{
	(void)state;
	set_value(0, OPTEE_MSG_ATTR_TYPE_VALUE_INPUT, OPTEE_RPC_NOTIFICATION_WAIT, 5, 0);
	ask.arg.cmd = OPTEE_RPC_CMD_NOTIFICATION;
	ask.arg.num_params = 1;
	c.fs->rpc = half_then_value;
	assert_int_equal(fake_invoke(c.fd, c.session), 0);
	assert_int_equal(told.arg.ret, 0);
}

#define RPC_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RPC_TEST(test_get_time),
		RPC_TEST(test_suspend),
		RPC_TEST(test_not_supported),
		RPC_TEST(test_impossible_arguments),
		RPC_TEST(test_kernel_memory),
		RPC_TEST(test_kernel_memory_has_an_end),
		cmocka_unit_test_setup_teardown(test_arguments_by_alloc, set_up_no_rpc_arg, tear_down),
		cmocka_unit_test_setup_teardown(test_cached_memory_comes_back, set_up_no_rpc_arg, tear_down),
		RPC_TEST(test_foreign_interrupts),
		RPC_TEST(test_notifications),
		cmocka_unit_test_setup_teardown(test_interrupt_brings_values, set_up_notif, tear_down),
		cmocka_unit_test_setup_teardown(test_waiter_does_the_bottom_half, set_up_notif, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
