/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/* The supplicant's queue: older and newer supplicants, late ones, dying ones, clients that die. */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "tests/unit/ree/optee/fake.h"

#define META_ID (TEE_IOCTL_PARAM_ATTR_TYPE_VALUE_INOUT | TEE_IOCTL_PARAM_ATTR_META)
#define NUM_PARAMS 5u

/* A client whose call has the secure world ask the supplicant; and what it was told. */
struct client {
	struct fake_sec *fs;
	int fd;
	uint32_t session;
	bool killed;
	uint32_t result;
	pthread_t thread;
};

static struct fake_sec *fs;
static struct client client[4];
static union optee_rpc_msg ask[4], told[4]; /* by client */

static bool relay(struct fake_sec *f, struct fake_call *call, const struct smc_args *args,
		  struct optee_msg_arg *rpc, struct smc_res *res)
{
	struct client *c;

	(void)f;
	(void)args;
	if (fake_arg(&call->msg)->cmd != OPTEE_MSG_CMD_INVOKE_COMMAND)
		return false;
	c = &client[fake_arg(&call->msg)->func];
	if (call->step) {
		memcpy(&told[c - client], rpc, OPTEE_MSG_GET_ARG_SIZE(4));
		return false;
	}
	memcpy(rpc, &ask[c - client], OPTEE_MSG_GET_ARG_SIZE(4));
	res->a0 = OPTEE_SMC_RETURN_RPC_CMD;
	return true;
}

static int set_up(void **state)
{
	unsigned int i;

	(void)state;
	fs = fake_up_probed(FAKE_ALL_CAPS);
	fs->rpc = relay;
	memset(client, 0, sizeof(client));
	memset(ask, 0, sizeof(ask));
	for (i = 0; i < 4; i++) {
		client[i].fs = fs;
		client[i].fd = fake_open(fs);
		client[i].session = fake_open_session(client[i].fd);
		ask[i].arg.cmd = OPTEE_RPC_CMD_FS;
		ask[i].arg.num_params = 2;
		ask[i].arg.params[0].attr = OPTEE_MSG_ATTR_TYPE_VALUE_INOUT;
		ask[i].arg.params[0].u.value = (struct optee_msg_param_value){ 10 + i, 20, 30 };
		ask[i].arg.params[1].attr = OPTEE_MSG_ATTR_TYPE_VALUE_OUTPUT;
	}
	return 0;
}

static int tear_down(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < 4; i++)
		node_close(client[i].fd);
	fake_down(fs);
	return 0;
}

static void *client_main(void *arg)
{
	struct client *c = arg;
	union invoke_buf b = { .arg = { .session = c->session, .func = (uint32_t)(c - client) } };

	if (c->killed)
		fake_interrupt(fs, true);
	if (fake_do_invoke(c->fd, &b))
		abort();
	c->result = b.arg.ret;
	return NULL;
}

static unsigned int num_queued(void)
{
	struct list *pos;
	unsigned int n = 0;

	pthread_mutex_lock(&fs->o->supp.lock);
	list_for_each(pos, &fs->o->supp.reqs)
		n++;
	pthread_mutex_unlock(&fs->o->supp.lock);
	return n;
}

/* Its request is in the queue when this returns. */
static void start(unsigned int i)
{
	unsigned int before = num_queued();

	assert_int_equal(pthread_create(&client[i].thread, NULL, client_main, &client[i]), 0);
	while (num_queued() != before + 1)
		sched_yield();
}

static uint32_t finish(unsigned int i)
{
	assert_int_equal(pthread_join(client[i].thread, NULL), 0);
	assert_int_equal(client[i].result, 0); /* the invoke itself went well */
	return told[i].arg.ret;
}

union supp_buf {
	struct tee_iocl_supp_recv_arg recv;
	struct tee_iocl_supp_send_arg send;
	uint8_t bytes[sizeof(struct tee_iocl_supp_recv_arg) + NUM_PARAMS * sizeof(struct tee_ioctl_param)];
};

static int receive_in(int fd, union supp_buf *b, bool ids, uint32_t room)
{
	struct tee_ioctl_buf_data data = { (uintptr_t)b, sizeof(b->recv) +
					   room * sizeof(struct tee_ioctl_param) };

	memset(b, 0, sizeof(*b));
	b->recv.num_params = room;
	if (ids)
		b->recv.params[0].attr = TEE_IOCTL_PARAM_ATTR_META;
	return node_ioctl(fd, TEE_IOC_SUPPL_RECV, &data);
}

static int receive(int fd, union supp_buf *b, bool ids)
{
	return receive_in(fd, b, ids, NUM_PARAMS);
}

/* Answers @ret with the parameters as they are in @b. */
static int answer(int fd, union supp_buf *b, uint32_t ret)
{
	struct tee_ioctl_param p[NUM_PARAMS];
	uint32_t num = b->recv.num_params;
	struct tee_ioctl_buf_data data;
	union supp_buf out = { .send = { .ret = ret, .num_params = num } };

	memcpy(p, b->recv.params, sizeof(p));
	memcpy(out.send.params, p, num * sizeof(p[0]));
	data = (struct tee_ioctl_buf_data){ (uintptr_t)&out, sizeof(out.send) + num * sizeof(p[0]) };
	return node_ioctl(fd, TEE_IOC_SUPPL_SEND, &data);
}

static int open_supp(void)
{
	int fd = node_open(&fs->vm, "teepriv0", 0);

	assert_true(fd >= 0);
	return fd;
}

static void one_request(bool ids)
{
	int supp = open_supp();
	uint32_t first = ids ? 1 : 0;
	union supp_buf b;

	start(2);
	assert_int_equal(receive(supp, &b, ids), 0);
	assert_int_equal(b.recv.func, OPTEE_RPC_CMD_FS);
	assert_int_equal(b.recv.num_params, 2 + first);
	if (ids)
		assert_true(b.recv.params[0].attr == META_ID && b.recv.params[0].a);
	assert_int_equal(b.recv.params[first].attr, TEE_IOCTL_PARAM_ATTR_TYPE_VALUE_INOUT);
	assert_int_equal(b.recv.params[first].a, 12);
	assert_int_equal(b.recv.params[first + 1].attr, TEE_IOCTL_PARAM_ATTR_TYPE_VALUE_OUTPUT);
	b.recv.params[first].b = 99;
	b.recv.params[first + 1].c = 98;
	assert_int_equal(answer(supp, &b, 0xffff0008), 0);
	assert_int_equal(finish(2), 0xffff0008);
	assert_int_equal(told[2].arg.params[0].u.value.b, 99);
	assert_int_equal(told[2].arg.params[1].u.value.c, 98);
	/* Answered is answered. */
	assert_int_equal(answer(supp, &b, 0), ids ? -ENOENT : -EINVAL);
	node_close(supp);
}

static void test_older_supplicant(void **state)
{
	(void)state;
	one_request(false);
}

static void test_supplicant_with_ids(void **state)
{
	(void)state;
	one_request(true);
}

static void test_answers_overtake(void **state)
{
	int supp = open_supp();
	union supp_buf b[3];
	unsigned int i;

	(void)state;
	for (i = 0; i < 3; i++)
		start(i);
	for (i = 0; i < 3; i++) {
		assert_int_equal(receive(supp, &b[i], true), 0);
		assert_int_equal(b[i].recv.params[1].a, 10 + i); /* in order */
	}
	for (i = 3; i--;) {
		b[i].recv.params[1].a = 50 + i;
		assert_int_equal(answer(supp, &b[i], 0), 0);
		assert_int_equal(finish(i), 0);
		assert_int_equal(told[i].arg.params[0].u.value.a, 50 + i);
	}
	node_close(supp);
}

static void test_wrong_answers(void **state)
{
	int supp = open_supp();
	union supp_buf b, bad;

	(void)state;
	start(0);
	/* Room that it doesn't fit in, or that isn't room. */
	assert_int_equal(receive_in(supp, &b, true, 2), -EINVAL);
	assert_int_equal(receive_in(supp, &b, false, 1), -EINVAL);
	assert_int_equal(receive_in(supp, &b, false, 0), -EINVAL);
	assert_int_equal(receive(supp, &b, true), 0);
	bad = b;
	bad.recv.params[0].a += 1000;
	assert_int_equal(answer(supp, &bad, 0), -ENOENT);
	bad = b;
	bad.recv.params[0].a |= 1ull << 32;
	assert_int_equal(answer(supp, &bad, 0), -ENOENT);
	bad = b;
	bad.recv.params[0].attr = TEE_IOCTL_PARAM_ATTR_TYPE_VALUE_INOUT;
	assert_int_equal(answer(supp, &bad, 0), -EINVAL);
	bad = b;
	bad.recv.num_params = 2;
	assert_int_equal(answer(supp, &bad, 0), -EINVAL);
	bad.recv.num_params = 0;
	assert_int_equal(answer(supp, &bad, 0), -EINVAL);
	assert_int_equal(answer(supp, &b, 0), 0);
	assert_int_equal(finish(0), 0);
	/* One that knows no ids has one request at a time. */
	start(0);
	start(1);
	assert_int_equal(receive(supp, &b, false), 0);
	assert_int_equal(receive(supp, &bad, false), -EINVAL);
	assert_int_equal(answer(supp, &b, 0), 0);
	assert_int_equal(finish(0), 0);
	assert_int_equal(receive(supp, &b, false), 0);
	assert_int_equal(answer(supp, &b, 0), 0);
	assert_int_equal(finish(1), 0);
	node_close(supp);
}

/* Requests that were queued before it came. */
static void test_late_supplicant(void **state)
{
	union supp_buf b;
	int supp;

	(void)state;
	start(0);
	start(1);
	supp = open_supp();
	assert_int_equal(receive(supp, &b, true), 0);
	assert_int_equal(answer(supp, &b, 0), 0);
	assert_int_equal(finish(0), 0);
	assert_int_equal(receive(supp, &b, true), 0);
	assert_int_equal(answer(supp, &b, 0), 0);
	assert_int_equal(finish(1), 0);
	node_close(supp);
}

/* What it had and what it would have got end; the next one begins with nothing. */
static void test_dying_supplicant(void **state)
{
	int supp = open_supp();
	union supp_buf b;

	(void)state;
	start(0);
	start(1);
	start(2);
	assert_int_equal(receive(supp, &b, true), 0);
	node_close(supp);
	assert_int_equal(finish(0), OPTEE_ERROR_COMMUNICATION);
	assert_int_equal(finish(1), OPTEE_ERROR_COMMUNICATION);
	assert_int_equal(finish(2), OPTEE_ERROR_COMMUNICATION);
	supp = open_supp();
	assert_int_equal(answer(supp, &b, 0), -ENOENT);
	start(3);
	assert_int_equal(receive(supp, &b, false), 0);
	assert_int_equal(answer(supp, &b, 0), 0);
	assert_int_equal(finish(3), 0);
	/* An older one that dies over its request: the next isn't held to it. */
	start(0);
	assert_int_equal(receive(supp, &b, false), 0);
	node_close(supp);
	assert_int_equal(finish(0), OPTEE_ERROR_COMMUNICATION);
	supp = open_supp();
	start(0);
	assert_int_equal(receive(supp, &b, true), 0);
	assert_int_equal(answer(supp, &b, 0), 0);
	assert_int_equal(finish(0), 0);
	node_close(supp);
}

static void *kill_main(void *arg)
{
	struct client *c = arg;

	c->killed = true;
	return client_main(arg);
}

/* Killed while its request is queued: nobody sees it any more. */
static void test_dying_client_queued(void **state)
{
	int supp = open_supp();
	union supp_buf b;

	(void)state;
	assert_int_equal(pthread_create(&client[0].thread, NULL, kill_main, &client[0]), 0);
	assert_int_equal(finish(0), OPTEE_ERROR_COMMUNICATION);
	assert_int_equal(num_queued(), 0);
	start(1);
	assert_int_equal(receive(supp, &b, true), 0);
	assert_int_equal(b.recv.params[1].a, 11);
	assert_int_equal(answer(supp, &b, 0), 0);
	assert_int_equal(finish(1), 0);
	node_close(supp);
}

static bool die_now;

static int wait_then_die(struct ree_vm *vm, bool (*cond)(void *), void *arg, unsigned int timeout_ms)
{
	(void)vm;
	(void)timeout_ms;
	while (!cond(arg)) {
		if (__atomic_load_n(&die_now, __ATOMIC_ACQUIRE))
			return -EINTR;
		sched_yield();
	}
	return 0;
}

/* Killed while the supplicant works on it: the supplicant's answer is taken and forgotten. */
static void taken_and_killed(bool supplicant_dies)
{
	struct optee_link_ops ops = *fs->o->ops;
	const struct optee_link_ops *real = fs->o->ops;
	int supp = open_supp();
	union supp_buf b;

	die_now = false;
	ops.wait = wait_then_die;
	fs->o->ops = &ops;
	start(0);
	assert_int_equal(receive(supp, &b, true), 0);
	__atomic_store_n(&die_now, true, __ATOMIC_RELEASE);
	assert_int_equal(finish(0), OPTEE_ERROR_COMMUNICATION);
	fs->o->ops = real;
	if (!supplicant_dies) {
		assert_int_equal(answer(supp, &b, 0), 0);
		assert_int_equal(answer(supp, &b, 0), -ENOENT);
	}
	node_close(supp);
}

static void test_dying_client_taken(void **state)
{
	(void)state;
	taken_and_killed(false);
}

static void test_both_die(void **state)
{
	(void)state;
	taken_and_killed(true);
}

static void *receive_main(void *arg)
{
	union supp_buf b;

	*(int *)arg = receive(*(int *)arg, &b, true);
	return NULL;
}

static void test_death_of_the_vm(void **state)
{
	int supp = open_supp(), ret = supp;
	pthread_t thread;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, receive_main, &ret), 0);
	fake_die(fs);
	pthread_join(thread, NULL);
	assert_int_equal(ret, -ENODEV);
	node_close(supp);
}

/* Memory of the supplicant's: it makes it, the secure world has it, memrefs lie in it. */
static void serve_alloc(int supp, size_t size, int *shm_fd, int *id)
{
	union supp_buf b;

	assert_int_equal(receive(supp, &b, true), 0);
	assert_int_equal(b.recv.func, OPTEE_RPC_CMD_SHM_ALLOC);
	assert_int_equal(b.recv.params[1].a, OPTEE_RPC_SHM_TYPE_APPL);
	*shm_fd = fake_alloc(supp, size, id);
	assert_true(*shm_fd >= 0);
	b.recv.params[1].c = (uint32_t)*id;
	assert_int_equal(answer(supp, &b, 0), 0);
}

static uint64_t alloc_appl(int supp, uint64_t size, int *shm_fd, int *id)
{
	struct optee_msg_arg *arg = &ask[0].arg;

	arg->cmd = OPTEE_RPC_CMD_SHM_ALLOC;
	arg->num_params = 1;
	arg->params[0].attr = OPTEE_MSG_ATTR_TYPE_VALUE_INPUT;
	arg->params[0].u.value = (struct optee_msg_param_value){ OPTEE_RPC_SHM_TYPE_APPL, size, 8 };
	start(0);
	serve_alloc(supp, (size_t)size, shm_fd, id);
	assert_int_equal(finish(0), 0);
	return told[0].arg.params[0].u.tmem.shm_ref;
}

static void free_appl(int supp, uint64_t cookie, int id)
{
	struct optee_msg_arg *arg = &ask[0].arg;
	union supp_buf b;

	arg->cmd = OPTEE_RPC_CMD_SHM_FREE;
	arg->num_params = 1;
	arg->params[0].attr = OPTEE_MSG_ATTR_TYPE_VALUE_INPUT;
	arg->params[0].u.value = (struct optee_msg_param_value){ OPTEE_RPC_SHM_TYPE_APPL, cookie, 0 };
	if (supp < 0) {
		client_main(&client[0]);
		assert_int_equal(told[0].arg.ret, 0);
		return;
	}
	start(0);
	assert_int_equal(receive(supp, &b, true), 0);
	assert_int_equal(b.recv.func, OPTEE_RPC_CMD_SHM_FREE);
	assert_int_equal(b.recv.params[1].b, (uint32_t)id);
	assert_int_equal(answer(supp, &b, 0), 0);
	assert_int_equal(finish(0), 0);
}

static void test_supplicants_memory(void **state)
{
	int supp = open_supp(), shm, id, large, large_id;
	struct optee_msg_param *p = told[0].arg.params;
	struct optee_msg_arg *arg = &ask[1].arg;
	uint64_t cookie, pa, large_cookie;
	union supp_buf b;

	(void)state;
	cookie = alloc_appl(supp, 4096, &shm, &id);
	assert_int_equal(p[0].attr, OPTEE_MSG_ATTR_TYPE_TMEM_OUTPUT);
	pa = p[0].u.tmem.buf_ptr;
	memset(fake_ptr(fs, pa, 4096), 'x', 4096);
	/* A dataspace: by a page list; registered it isn't. */
	large_cookie = alloc_appl(supp, 100000, &large, &large_id);
	assert_int_equal(p[0].attr, OPTEE_MSG_ATTR_TYPE_TMEM_OUTPUT | OPTEE_MSG_ATTR_NONCONTIG);
	assert_int_equal(fs->num_regs, 0);

	arg->params[0].attr = OPTEE_MSG_ATTR_TYPE_TMEM_INPUT;
	arg->params[0].u.tmem = (struct optee_msg_param_tmem){ pa + 100, 200, cookie };
	arg->params[1].attr = OPTEE_MSG_ATTR_TYPE_RMEM_OUTPUT;
	arg->params[1].u.rmem = (struct optee_msg_param_rmem){ 7, 50000, large_cookie };
	start(1);
	assert_int_equal(receive(supp, &b, true), 0);
	assert_int_equal(b.recv.params[1].attr, TEE_IOCTL_PARAM_ATTR_TYPE_MEMREF_INPUT);
	assert_int_equal(b.recv.params[1].a, 100);
	assert_int_equal(b.recv.params[1].b, 200);
	assert_int_equal(b.recv.params[1].c, (uint32_t)id);
	assert_int_equal(b.recv.params[2].a, 7);
	assert_int_equal(b.recv.params[2].c, (uint32_t)large_id);
	b.recv.params[2].b = 123;
	assert_int_equal(answer(supp, &b, 0), 0);
	assert_int_equal(finish(1), 0);
	assert_int_equal(told[1].arg.params[1].u.rmem.size, 123);
	/* Beyond its end, or before its start. */
	arg->params[0].u.tmem.size = 4000;
	client_main(&client[1]);
	assert_int_equal(told[1].arg.ret, OPTEE_ERROR_BAD_PARAMETERS);
	arg->params[0].u.tmem.buf_ptr = pa - 1;
	client_main(&client[1]);
	assert_int_equal(told[1].arg.ret, OPTEE_ERROR_BAD_PARAMETERS);

	free_appl(supp, cookie, id);
	free_appl(supp, large_cookie, large_id);
	node_close(shm);
	node_close(large);
	node_close(supp);
}

/* The supplicant goes while the secure world has memory of it: that stays until it is given back. */
static void test_memory_outlives_the_supplicant(void **state)
{
	int supp = open_supp(), next, shm, id;
	uint64_t cookie, pa;

	(void)state;
	cookie = alloc_appl(supp, 4096, &shm, &id);
	pa = told[0].arg.params[0].u.tmem.buf_ptr;
	node_close(shm);
	node_close(supp);
	memset(fake_ptr(fs, pa, 4096), 'y', 4096);
	/* Nobody else is given it meanwhile. */
	next = open_supp();
	shm = fake_alloc(next, 4096, &id);
	assert_true(shm >= 0);
	node_close(shm);
	node_close(next);
	free_appl(-1, cookie, 0);
}

static void test_supplicant_lies_about_memory(void **state)
{
	int supp = open_supp(), shm, id;
	struct optee_msg_arg *arg = &ask[0].arg;
	union supp_buf b;
	unsigned int i;

	(void)state;
	shm = fake_alloc(supp, 4096, &id);
	arg->cmd = OPTEE_RPC_CMD_SHM_ALLOC;
	arg->num_params = 1;
	arg->params[0].attr = OPTEE_MSG_ATTR_TYPE_VALUE_INPUT;
	arg->params[0].u.value =
		(struct optee_msg_param_value){ OPTEE_RPC_SHM_TYPE_APPL, 8192, 8 };
	for (i = 0; i < 4; i++) {
		const uint64_t ids[] = { 4711, 0, (uint32_t)id, (uint32_t)id | 1ull << 32 };

		start(0);
		assert_int_equal(receive(supp, &b, true), 0);
		b.recv.params[1].c = ids[i]; /* none, none, too small, none */
		assert_int_equal(answer(supp, &b, 0), 0);
		assert_int_equal(finish(0), OPTEE_ERROR_OUT_OF_MEMORY);
	}
	node_close(shm);
	node_close(supp);
}

#define SUPP_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		SUPP_TEST(test_older_supplicant),
		SUPP_TEST(test_supplicant_with_ids),
		SUPP_TEST(test_answers_overtake),
		SUPP_TEST(test_wrong_answers),
		SUPP_TEST(test_late_supplicant),
		SUPP_TEST(test_dying_supplicant),
		SUPP_TEST(test_dying_client_queued),
		SUPP_TEST(test_dying_client_taken),
		SUPP_TEST(test_both_die),
		SUPP_TEST(test_death_of_the_vm),
		SUPP_TEST(test_supplicants_memory),
		SUPP_TEST(test_memory_outlives_the_supplicant),
		SUPP_TEST(test_supplicant_lies_about_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
