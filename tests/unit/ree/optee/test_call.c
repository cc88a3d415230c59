/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/* Calls: what goes out, answers that lie, who waits for a secure thread and in which order. */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/ree/optee/fake.h"

static int set_up(void **state)
{
	*state = fake_up_probed(FAKE_ALL_CAPS);
	return 0;
}

static int tear_down(void **state)
{
	fake_down(*state);
	return 0;
}

static int cancel(int fd, uint32_t cancel_id, uint32_t session)
{
	struct tee_ioctl_cancel_arg arg = { .cancel_id = cancel_id, .session = session };

	return node_ioctl(fd, TEE_IOC_CANCEL, &arg);
}

static int close_session(int fd, uint32_t session)
{
	struct tee_ioctl_close_session_arg arg = { .session = session };

	return node_ioctl(fd, TEE_IOC_CLOSE_SESSION, &arg);
}

static void test_messages(void **state)
{
	struct fake_sec *fs = *state;
	union open_buf o = { .arg = { .uuid = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 },
				      .clnt_uuid = { 0xe8, 3 },
				      .clnt_login = TEE_IOCTL_LOGIN_GROUP,
				      .cancel_id = 5,
				      .num_params = 1 } };
	union invoke_buf i = { .arg = { .func = 9, .cancel_id = 6 } };
	const struct optee_msg_arg *m = fake_arg(&fs->last);
	int fd = fake_open(fs);

	o.p[0] = (struct tee_ioctl_param){ 3, 10, 20, 30 };
	assert_int_equal(fake_do_open(fd, &o), 0);
	assert_int_equal(o.arg.ret_origin, 4);
	assert_int_equal(m->cmd, OPTEE_MSG_CMD_OPEN_SESSION);
	assert_int_equal(m->cancel_id, 5);
	assert_int_equal(m->num_params, 3);
	assert_int_equal(m->params[0].attr, OPTEE_MSG_ATTR_TYPE_VALUE_INPUT | OPTEE_MSG_ATTR_META);
	assert_true(m->params[0].u.value.a == 0x0807060504030201ull);
	assert_true(m->params[0].u.value.b == 0x100f0e0d0c0b0a09ull);
	assert_int_equal(m->params[1].u.value.a, 1000);
	assert_int_equal(m->params[1].u.value.c, TEE_IOCTL_LOGIN_GROUP);
	assert_int_equal(m->params[2].attr, OPTEE_MSG_ATTR_TYPE_VALUE_INOUT);
	assert_int_equal(m->params[2].u.value.b, 20);

	i.arg.session = o.arg.session;
	assert_int_equal(fake_do_invoke(fd, &i), 0);
	assert_int_equal(m->cmd, OPTEE_MSG_CMD_INVOKE_COMMAND);
	assert_int_equal(m->func, 9);
	assert_int_equal(m->session, o.arg.session);
	assert_int_equal(m->cancel_id, 6);

	assert_int_equal(cancel(fd, 6, o.arg.session), 0);
	assert_int_equal(m->cmd, OPTEE_MSG_CMD_CANCEL);
	assert_int_equal(m->cancel_id, 6);
	assert_int_equal(cancel(fd, 6, o.arg.session + 1), -EINVAL);

	assert_int_equal(close_session(fd, o.arg.session), 0);
	assert_int_equal(m->cmd, OPTEE_MSG_CMD_CLOSE_SESSION);
	assert_int_equal(close_session(fd, o.arg.session), -EINVAL);
	assert_int_equal(fs->num_cmds, 4);

	/* Sessions go with the file. */
	fake_open_session(fd);
	fake_open_session(fd);
	node_close(fd);
	assert_int_equal(fs->num_cmds, 8);
	assert_int_equal(fs->cmd[6], OPTEE_MSG_CMD_CLOSE_SESSION);
	assert_int_equal(fs->cmd[7], OPTEE_MSG_CMD_CLOSE_SESSION);
}

static void test_bad_arguments(void **state)
{
	static const uint32_t logins[] = { 3, 4, 5, 6, 7, 0xc0000000 };
	struct fake_sec *fs = *state;
	union open_buf o = { .arg = { .num_params = 5 } };
	union invoke_buf i = { .arg = { .num_params = 5 } };
	int fd = fake_open(fs), other = fake_open(fs);
	uint32_t session = fake_open_session(fd);
	unsigned int k, before = fs->num_cmds;

	assert_int_equal(fake_do_open(fd, &o), -EINVAL);
	o.arg.num_params = 0;
	for (k = 0; k < sizeof(logins) / sizeof(logins[0]); k++) {
		o.arg.clnt_login = logins[k];
		assert_int_equal(fake_do_open(fd, &o), -EINVAL);
	}
	i.arg.session = session;
	assert_int_equal(fake_do_invoke(fd, &i), -EINVAL);
	i.arg.num_params = 1;
	i.p[0].attr = 1 | TEE_IOCTL_PARAM_ATTR_META;
	assert_int_equal(fake_do_invoke(fd, &i), -EINVAL);
	i.arg.num_params = 0;
	assert_int_equal(fake_do_invoke(other, &i), -EINVAL); /* another client's session */
	assert_int_equal(close_session(other, session), -EINVAL);
	assert_int_equal(fs->num_cmds, before);
	node_close(other);
	node_close(fd);
}

static void grow(struct fake_sec *fs, struct optee_msg_arg *arg)
{
	(void)fs;
	if (arg->cmd != OPTEE_MSG_CMD_INVOKE_COMMAND)
		return;
	arg->ret = 0xffff0010; /* short buffer */
	arg->params[0].u.tmem.size = 1000;
	arg->params[0].u.tmem.buf_ptr = 0; /* not the secure world's to change */
	arg->params[1].u.rmem.size = 3;
	arg->params[2].u.tmem.size = 123456;
	arg->params[3].u.value.a = 77;
}

static void test_memrefs(void **state)
{
	struct fake_sec *fs = *state;
	int fd = fake_open(fs), small, large, small_id = 0, large_id = 0;
	union invoke_buf b = { .arg = { .num_params = 4 } };
	const struct optee_msg_arg *m = fake_arg(&fs->last);
	uint8_t *p;

	small = fake_alloc(fd, 100, &small_id);
	large = fake_alloc(fd, 100000, &large_id);
	assert_true(small >= 0 && large >= 0);
	assert_int_equal(fs->num_regs, 1);
	b.arg.session = fake_open_session(fd);
	b.p[0] = (struct tee_ioctl_param){ 6, 10, 90, (uint32_t)small_id };
	b.p[1] = (struct tee_ioctl_param){ 7, 65537, 1001, (uint32_t)large_id };
	b.p[2] = (struct tee_ioctl_param){ 6, 0, 0, TEE_MEMREF_NULL };
	b.p[3] = (struct tee_ioctl_param){ 2, 1, 2, 3 };
	fs->answer = grow;
	assert_int_equal(fake_do_invoke(fd, &b), 0);
	assert_int_equal(m->params[0].attr, OPTEE_MSG_ATTR_TYPE_TMEM_OUTPUT);
	p = fake_ptr(fs, m->params[0].u.tmem.buf_ptr, 90);
	assert_true(p >= fs->shm.base + 4096 + 10);
	assert_int_equal(m->params[0].u.tmem.size, 90);
	assert_int_not_equal(m->params[0].u.tmem.shm_ref, 0);
	assert_int_equal(m->params[1].attr, OPTEE_MSG_ATTR_TYPE_RMEM_INOUT);
	assert_int_equal(m->params[1].u.rmem.offs, 65537);
	assert_int_equal(m->params[1].u.rmem.shm_ref, fs->reg[0].cookie);
	assert_int_equal(m->params[2].attr, OPTEE_MSG_ATTR_TYPE_TMEM_OUTPUT);
	assert_int_equal(m->params[2].u.tmem.buf_ptr, 0);
	assert_int_equal(m->params[2].u.tmem.shm_ref, 0);
	assert_int_equal(b.arg.ret, 0xffff0010);
	assert_int_equal(b.p[0].b, 1000);
	assert_int_equal(b.p[0].a, 10);
	assert_int_equal(b.p[1].b, 3);
	assert_int_equal(b.p[2].b, 123456);
	assert_int_equal(b.p[3].a, 77);
	fs->answer = NULL;
	node_close(small);
	node_close(large);
	node_close(fd);
}

/* One lie each. */
static unsigned int lie;
static void lies(struct fake_sec *fs, struct optee_msg_arg *arg)
{
	(void)fs;
	if (arg->cmd != OPTEE_MSG_CMD_INVOKE_COMMAND)
		return;
	switch (lie) {
	case 0:
		arg->cmd = OPTEE_MSG_CMD_OPEN_SESSION;
		break;
	case 1:
		arg->num_params = 1;
		break;
	case 2:
		arg->num_params = UINT32_MAX;
		break;
	case 3:
		arg->params[0].attr = OPTEE_MSG_ATTR_TYPE_VALUE_OUTPUT;
		break;
	case 4:
		arg->params[0].attr |= OPTEE_MSG_ATTR_NONCONTIG;
		break;
	case 5:
		arg->params[0].u.tmem.size = UINT64_MAX;
		break;
	default:
		arg->params[1].attr |= 1ull << 63;
		break;
	}
}

static void test_answers_that_lie(void **state)
{
	struct fake_sec *fs = *state;
	int fd = fake_open(fs), shm, id;
	union invoke_buf b;
	uint32_t session = fake_open_session(fd);

	shm = fake_alloc(fd, 100, &id);
	fs->answer = lies;
	for (lie = 0; lie < 7; lie++) {
		b = (union invoke_buf){ .arg = { .session = session, .num_params = 2 } };
		b.p[0] = (struct tee_ioctl_param){ 6, 0, 100, (uint32_t)id };
		b.p[1] = (struct tee_ioctl_param){ 3, 1, 2, 3 };
		assert_int_equal(fake_do_invoke(fd, &b), 0);
		assert_int_equal(b.arg.ret, OPTEE_ERROR_COMMUNICATION);
		assert_int_equal(b.arg.ret_origin, OPTEE_ORIGIN_COMMS);
		assert_int_equal(b.p[0].b, 100);
	}
	fs->answer = NULL;
	assert_int_equal(fake_invoke(fd, session), 0);
	node_close(shm);
	node_close(fd);
}

static void test_ends_of_a_call(void **state)
{
	static const uint32_t ends[] = {
		OPTEE_SMC_RETURN_EBUSY,	     OPTEE_SMC_RETURN_ERESUME,	OPTEE_SMC_RETURN_EBADADDR,
		OPTEE_SMC_RETURN_EBADCMD,    OPTEE_SMC_RETURN_ENOMEM,	OPTEE_SMC_RETURN_ENOTAVAIL,
		OPTEE_SMC_RETURN_UNKNOWN_FUNCTION, 0x12345678,
	};
	struct fake_sec *fs = *state;
	int fd = fake_open(fs);
	uint32_t session = fake_open_session(fd);
	union open_buf o;
	unsigned int i;

	for (i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		fs->a0 = ends[i];
		assert_int_equal(fake_invoke(fd, session), OPTEE_ERROR_COMMUNICATION);
		o = (union open_buf){ .arg = { .num_params = 0 } };
		assert_int_equal(fake_do_open(fd, &o), 0);
		assert_int_equal(o.arg.ret, OPTEE_ERROR_COMMUNICATION);
	}
	fs->a0 = 0;
	assert_int_equal(fake_invoke(fd, session), 0);
	node_close(fd);
}

static void same_session(struct fake_sec *fs, struct optee_msg_arg *arg)
{
	(void)fs;
	arg->session = 42;
}

static void test_a_session_opened_twice(void **state)
{
	struct fake_sec *fs = *state;
	int fd = fake_open(fs);
	union open_buf o = { .arg = { .num_params = 0 } };

	fs->answer = same_session;
	assert_int_equal(fake_open_session(fd), 42);
	assert_int_equal(fake_do_open(fd, &o), 0);
	assert_int_equal(o.arg.ret, OPTEE_ERROR_COMMUNICATION);
	assert_int_equal(fake_invoke(fd, 42), 0);
	node_close(fd);
}

/* Calls that stay in the secure world until the test lets them go, one by one. */
struct gate {
	struct fake_sec *fs;
	int fd;
	uint32_t session;
	unsigned int inside, open; /* fs->lock */
	uint32_t order[16];
	unsigned int num_order;
};

static void pass_gate(struct fake_sec *fs, const struct optee_msg_arg *arg)
{
	struct gate *g = fs->priv;

	if (arg->cmd != OPTEE_MSG_CMD_INVOKE_COMMAND)
		return;
	pthread_mutex_lock(&fs->lock);
	g->order[g->num_order++] = arg->func;
	g->inside++;
	pthread_cond_broadcast(&fs->changed);
	while (!g->open && !fs->dead)
		pthread_cond_wait(&fs->changed, &fs->lock);
	if (g->open)
		g->open--;
	g->inside--;
	pthread_mutex_unlock(&fs->lock);
}

static void open_gate(struct gate *g, unsigned int num)
{
	pthread_mutex_lock(&g->fs->lock);
	g->open += num;
	pthread_cond_broadcast(&g->fs->changed);
	pthread_mutex_unlock(&g->fs->lock);
}

struct caller {
	struct gate *g;
	uint32_t func, result;
	pthread_t thread;
};

static void *caller_main(void *arg)
{
	struct caller *c = arg;
	union invoke_buf b = { .arg = { .session = c->g->session, .func = c->func,
					.cancel_id = c->func } };

	if (fake_do_invoke(c->g->fd, &b))
		abort();
	c->result = b.arg.ret;
	return NULL;
}

static unsigned int num_waiting(struct fake_sec *fs)
{
	struct list *pos;
	unsigned int n = 0;

	pthread_mutex_lock(&fs->o->queue.lock);
	list_for_each(pos, &fs->o->queue.waiters)
		n++;
	pthread_mutex_unlock(&fs->o->queue.lock);
	return n;
}

/* Callers start one after the other: the first @inside get in, the others wait. */
static void start_callers(struct gate *g, struct caller *c, unsigned int num, unsigned int inside)
{
	unsigned int i, in;

	for (i = 0; i < num; i++) {
		c[i].g = g;
		c[i].func = i + 1;
		assert_int_equal(pthread_create(&c[i].thread, NULL, caller_main, &c[i]), 0);
		do {
			pthread_mutex_lock(&g->fs->lock);
			in = g->inside;
			pthread_mutex_unlock(&g->fs->lock);
			sched_yield();
		} while (in < inside && in != i + 1);
		while (i >= inside && num_waiting(g->fs) != i + 1 - inside)
			sched_yield();
	}
}

static void gate_up(struct gate *g, struct fake_sec *fs)
{
	*g = (struct gate){ .fs = fs, .fd = fake_open(fs) };
	g->session = fake_open_session(g->fd);
	fs->priv = g;
	fs->during = pass_gate;
}

static void gate_down(struct gate *g, struct caller *c, unsigned int num)
{
	unsigned int i;

	for (i = 0; i < num; i++)
		assert_int_equal(pthread_join(c[i].thread, NULL), 0);
	g->fs->during = NULL;
	node_close(g->fd);
}

/* The secure world has two threads and doesn't say so: who is refused waits, and gets in in order. */
static void test_thread_limit_in_order(void **state)
{
	struct fake_sec *fs = fake_up();
	struct caller c[8];
	struct gate g;
	unsigned int i;

	(void)state;
	fs->threads = 0;
	assert_int_equal(fake_probe(fs), 0);
	gate_up(&g, fs);
	fs->limit = 2;
	start_callers(&g, c, 8, 2);
	assert_true(fs->refused >= 1);
	for (i = 2; i <= 8; i++) {
		open_gate(&g, 1);
		while (i < 8) {
			unsigned int n;

			pthread_mutex_lock(&fs->lock);
			n = g.num_order;
			pthread_mutex_unlock(&fs->lock);
			if (n == i + 1)
				break;
			sched_yield();
		}
	}
	open_gate(&g, 8);
	gate_down(&g, c, 8);
	for (i = 0; i < 8; i++) {
		assert_int_equal(c[i].result, 0);
		assert_int_equal(g.order[i], i + 1);
	}
	fake_down(fs);
}

/* It says how many: one thread is left for calls that never wait, and nobody is refused. */
static void test_cancel_gets_through(void **state)
{
	struct fake_sec *fs = fake_up();
	struct caller c[5];
	struct gate g;

	(void)state;
	fs->threads = 4;
	assert_int_equal(fake_probe(fs), 0);
	gate_up(&g, fs);
	fs->limit = 4;
	start_callers(&g, c, 5, 3);
	/* Of one that is inside: the secure world is told, though three wait and two more would like to. */
	assert_int_equal(cancel(g.fd, 1, g.session), 0);
	assert_int_equal(fake_arg(&fs->last)->cmd, OPTEE_MSG_CMD_CANCEL);
	/* Of one that waits: it ends here. */
	assert_int_equal(cancel(g.fd, 4, g.session), 0);
	assert_int_equal(pthread_join(c[3].thread, NULL), 0);
	assert_int_equal(c[3].result, OPTEE_ERROR_CANCEL);
	assert_int_equal(fs->refused, 0);
	assert_int_equal(num_waiting(fs), 1);
	open_gate(&g, 8);
	assert_int_equal(pthread_join(c[4].thread, NULL), 0);
	gate_down(&g, c, 3);
	assert_int_equal(c[0].result + c[1].result + c[2].result + c[4].result, 0);
	assert_int_equal(g.num_order, 4);
	fake_down(fs);
}

static void *interrupted_main(void *arg)
{
	struct caller *c = arg;

	fake_interrupt(c->g->fs, true);
	return caller_main(arg);
}

/* A client that is killed while it waits leaves the queue; the others don't notice. */
static void test_killed_while_waiting(void **state)
{
	struct fake_sec *fs = fake_up();
	struct caller c[3], killed;
	struct gate g;

	(void)state;
	fs->threads = 0;
	assert_int_equal(fake_probe(fs), 0);
	gate_up(&g, fs);
	fs->limit = 1;
	start_callers(&g, c, 3, 1);
	killed = (struct caller){ .g = &g, .func = 9 };
	assert_int_equal(pthread_create(&killed.thread, NULL, interrupted_main, &killed), 0);
	assert_int_equal(pthread_join(killed.thread, NULL), 0);
	assert_int_equal(killed.result, OPTEE_ERROR_COMMUNICATION);
	open_gate(&g, 8);
	gate_down(&g, c, 3);
	assert_int_equal(c[0].result + c[1].result + c[2].result, 0);
	fake_down(fs);
}

static void test_death_while_waiting(void **state)
{
	struct fake_sec *fs = fake_up();
	struct caller c[4];
	struct gate g;
	unsigned int i;

	(void)state;
	fs->threads = 0;
	assert_int_equal(fake_probe(fs), 0);
	gate_up(&g, fs);
	fs->limit = 1;
	start_callers(&g, c, 4, 1);
	fake_die(fs);
	gate_down(&g, c, 4);
	/* The one that was inside had its answer. */
	for (i = 1; i < 4; i++)
		assert_int_equal(c[i].result, OPTEE_ERROR_COMMUNICATION);
	fake_down(fs);
}


/* Refused though nobody else is inside: it is asked again until it has a thread. */
static void *lift_main(void *arg)
{
	struct fake_sec *fs = arg;

	pthread_mutex_lock(&fs->lock);
	while (fs->refused < 3)
		pthread_cond_wait(&fs->changed, &fs->lock);
	fs->under_way = 0;
	fs->limit = 0;
	pthread_mutex_unlock(&fs->lock);
	return NULL;
}

static void test_refused_alone(void **state)
{
	struct fake_sec *fs = *state;
	int fd = fake_open(fs);
	uint32_t session = fake_open_session(fd);
	pthread_t thread;

	fs->under_way = 1;
	fs->limit = 1;
	assert_int_equal(pthread_create(&thread, NULL, lift_main, fs), 0);
	assert_int_equal(fake_invoke(fd, session), 0);
	pthread_join(thread, NULL);
	node_close(fd);
}

#define CALL_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CALL_TEST(test_messages),
		CALL_TEST(test_bad_arguments),
		CALL_TEST(test_memrefs),
		CALL_TEST(test_answers_that_lie),
		CALL_TEST(test_ends_of_a_call),
		CALL_TEST(test_a_session_opened_twice),
		cmocka_unit_test(test_thread_limit_in_order),
		cmocka_unit_test(test_cancel_gets_through),
		cmocka_unit_test(test_killed_while_waiting),
		cmocka_unit_test(test_death_while_waiting),
		CALL_TEST(test_refused_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
