/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/* Sessions and calls through the device node, with the test as the secure world. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/ree/mipstee_fake.h"

#define COMMUNICATION 0xffff000eu

union open_buf {
	struct tee_ioctl_open_session_arg arg;
	struct {
		uint8_t hdr[sizeof(struct tee_ioctl_open_session_arg)];
		struct tee_ioctl_param p[5];
	};
};

union invoke_buf {
	struct tee_ioctl_invoke_arg arg;
	struct {
		uint8_t hdr[sizeof(struct tee_ioctl_invoke_arg)];
		struct tee_ioctl_param p[5];
	};
};

static int set_up(void **state)
{
	*state = fake_link_up();
	return 0;
}

static int tear_down(void **state)
{
	fake_link_down(*state);
	return 0;
}

static int do_open(int fd, union open_buf *b)
{
	struct tee_ioctl_buf_data data = { (uintptr_t)b, sizeof(b->arg) +
					   b->arg.num_params * sizeof(b->p[0]) };

	return node_ioctl(fd, TEE_IOC_OPEN_SESSION, &data);
}

static int do_invoke(int fd, union invoke_buf *b)
{
	struct tee_ioctl_buf_data data = { (uintptr_t)b, sizeof(b->arg) +
					   b->arg.num_params * sizeof(b->p[0]) };

	return node_ioctl(fd, TEE_IOC_INVOKE, &data);
}

static uint32_t open_session(int fd)
{
	union open_buf b = { .hdr = { 0 } };

	assert_int_equal(do_open(fd, &b), 0);
	assert_int_equal(b.arg.ret, 0);
	return b.arg.session;
}

static int close_session(int fd, uint32_t session)
{
	struct tee_ioctl_close_session_arg arg = { session };

	return node_ioctl(fd, TEE_IOC_CLOSE_SESSION, &arg);
}

static int cancel(int fd, uint32_t cancel_id, uint32_t session)
{
	struct tee_ioctl_cancel_arg arg = { cancel_id, session };

	return node_ioctl(fd, TEE_IOC_CANCEL, &arg);
}

static void test_version(void **state)
{
	struct fake_link *fl = *state;
	struct tee_ioctl_version_data v;
	struct tee_device_info info;
	int fd = fake_link_open(fl);

	assert_int_equal(node_ioctl(fd, TEE_IOC_VERSION, &v), 0);
	assert_int_equal(v.impl_id, MIPSTEE_IMPL_ID);
	assert_int_equal(v.impl_caps, 0);
	assert_int_equal(v.gen_caps, TEE_GEN_CAP_GP | TEE_GEN_CAP_REG_MEM | TEE_GEN_CAP_MEMREF_NULL);
	tee_device_describe(fl->mt->dev, &info);
	assert_string_equal(info.name, "tee0");
	node_close(fd);
}

static void test_connect_fails(void **state)
{
	struct fake_link *fl = *state;

	fl->connect_ret = -ECONNREFUSED;
	assert_int_equal(fake_link_open(fl), -ECONNREFUSED);
	fl->connect_ret = 0;
	fl->max_msg_size = sizeof(struct mipstee_msg) - 1;
	assert_int_equal(fake_link_open(fl), -EPROTO);
	assert_int_equal(fl->num_chans, 0);
}

static void test_messages(void **state)
{
	struct fake_link *fl = *state;
	union open_buf o = { .arg = { .uuid = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,
						15, 16 },
				       .clnt_uuid = { 0xaa },
				       .clnt_login = TEE_IOCTL_LOGIN_USER,
				       .cancel_id = 5,
				       .num_params = 1 } };
	union invoke_buf i = { .arg = { .func = 9, .cancel_id = 6, .num_params = 0 } };
	const struct mipstee_msg *m;
	int fd = fake_link_open(fl);

	o.p[0] = (struct tee_ioctl_param){ 3, 10, 20, 30 };
	assert_int_equal(do_open(fd, &o), 0);
	m = fake_link_last(fl);
	assert_int_equal(fl->sent[0].len, 40 + 3 * 32);
	assert_int_equal(m->hdr.magic, MIPSTEE_MAGIC);
	assert_int_not_equal(m->hdr.data_tag, 0);
	assert_int_equal(m->arg.cmd, MIPSTEE_CMD_OPEN_SESSION);
	assert_int_equal(m->arg.cancel_id, 5);
	assert_int_equal(m->arg.num_params, 3);
	assert_int_equal(m->param[0].attr, MIPSTEE_ATTR_VALUE_IN | MIPSTEE_ATTR_META);
	assert_true(m->param[0].u.value.a == 0x0807060504030201ull);
	assert_true(m->param[0].u.value.b == 0x100f0e0d0c0b0a09ull);
	assert_int_equal(m->param[1].attr, MIPSTEE_ATTR_VALUE_IN | MIPSTEE_ATTR_META);
	assert_int_equal(m->param[1].u.value.a, 0); /* says nothing for a user login */
	assert_int_equal(m->param[1].u.value.c, TEE_IOCTL_LOGIN_USER);
	assert_int_equal(m->param[2].u.value.b, 20);

	i.arg.session = o.arg.session;
	assert_int_equal(do_invoke(fd, &i), 0);
	m = fake_link_last(fl);
	assert_int_equal(m->arg.cmd, MIPSTEE_CMD_INVOKE_COMMAND);
	assert_int_equal(m->arg.func, 9);
	assert_int_equal(m->arg.session, o.arg.session);
	assert_int_equal(m->arg.cancel_id, 6);
	assert_int_equal(m->arg.num_params, 0);

	assert_int_equal(cancel(fd, 6, o.arg.session), 0);
	m = fake_link_last(fl);
	assert_int_equal(m->arg.cmd, MIPSTEE_CMD_CANCEL);
	assert_int_equal(m->arg.cancel_id, 6);
	assert_int_equal(m->arg.session, o.arg.session);

	assert_int_equal(close_session(fd, o.arg.session), 0);
	m = fake_link_last(fl);
	assert_int_equal(m->arg.cmd, MIPSTEE_CMD_CLOSE_SESSION);
	assert_int_equal(m->arg.session, o.arg.session);
	assert_int_equal(fl->num_sent, 4);
	node_close(fd);
	assert_int_equal(fl->num_sent, 4); /* the channel's end says it all */
}

static void test_logins(void **state)
{
	static const uint32_t bad[] = { 3, 4, 5, 6, 7, 0xc0000000 };
	struct fake_link *fl = *state;
	union open_buf o = { .arg = { .clnt_login = TEE_IOCTL_LOGIN_GROUP,
				      .clnt_uuid = { 0xe8, 3 } } };
	int fd = fake_link_open(fl);
	unsigned int i;

	assert_int_equal(do_open(fd, &o), 0);
	assert_int_equal(fake_link_last(fl)->param[1].u.value.a, 1000);
	assert_int_equal(fake_link_last(fl)->param[1].u.value.c, TEE_IOCTL_LOGIN_GROUP);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		o.arg.clnt_login = bad[i];
		assert_int_equal(do_open(fd, &o), -EINVAL);
	}
	o.arg.clnt_login = TEE_IOCTL_LOGIN_REE_KERNEL;
	assert_int_equal(do_open(fd, &o), -EPERM);
	assert_int_equal(fl->num_sent, 1);
	node_close(fd);
}

static void test_bad_arguments(void **state)
{
	struct fake_link *fl = *state;
	union open_buf o = { .arg = { .num_params = 5 } };
	union invoke_buf i = { .arg = { .num_params = 5 } };
	int fd = fake_link_open(fl), other = fake_link_open(fl);
	uint32_t session = open_session(fd);
	unsigned int sent = fl->num_sent;

	assert_int_equal(do_open(fd, &o), -EINVAL);
	i.arg.session = session;
	assert_int_equal(do_invoke(fd, &i), -EINVAL);
	i.arg.num_params = 1;
	i.p[0].attr = 1 | TEE_IOCTL_PARAM_ATTR_META;
	assert_int_equal(do_invoke(fd, &i), -EINVAL);
	i.p[0].attr = 0;
	/* Sessions are a context's own. */
	assert_int_equal(do_invoke(other, &i), -EINVAL);
	assert_int_equal(close_session(other, session), -EINVAL);
	assert_int_equal(cancel(other, 1, session), -EINVAL);
	i.arg.session = session + 1;
	assert_int_equal(do_invoke(fd, &i), -EINVAL);
	assert_int_equal(close_session(fd, session + 1), -EINVAL);
	assert_int_equal(cancel(fd, 1, session + 1), -EINVAL);
	assert_int_equal(fl->num_sent, sent);

	assert_int_equal(close_session(fd, session), 0);
	assert_int_equal(close_session(fd, session), -EINVAL);
	i.arg.session = session;
	assert_int_equal(do_invoke(fd, &i), -EINVAL);
	node_close(fd);
	node_close(other);
}

static void test_results(void **state)
{
	struct fake_link *fl = *state;
	union open_buf o = { .hdr = { 0 } };
	union invoke_buf i = { .hdr = { 0 } };
	int fd = fake_link_open(fl);

	fl->result = 0xffff0008;
	assert_int_equal(do_open(fd, &o), 0);
	assert_int_equal(o.arg.ret, 0xffff0008);
	assert_int_equal(o.arg.ret_origin, 4);
	/* No session came about, whatever id the answer had. */
	assert_int_equal(close_session(fd, o.arg.session), -EINVAL);
	fl->result = 0;
	i.arg.session = open_session(fd);
	fl->result = 0xffff3024;
	assert_int_equal(do_invoke(fd, &i), 0);
	assert_int_equal(i.arg.ret, 0xffff3024);
	node_close(fd);
}

struct invoker {
	struct fake_link *fl;
	int fd;
	int ret;
	pthread_t thread;
	union invoke_buf b;
};

static void *invoke_thread(void *arg)
{
	struct invoker *inv = arg;

	inv->ret = do_invoke(inv->fd, &inv->b);
	return NULL;
}

static void start_invoker(struct invoker *inv, struct fake_link *fl, int fd, uint32_t session)
{
	memset(inv, 0, sizeof(*inv));
	inv->fl = fl;
	inv->fd = fd;
	inv->b.arg.session = session;
	inv->b.arg.num_params = 1;
	inv->b.p[0].attr = TEE_IOCTL_PARAM_ATTR_TYPE_VALUE_INOUT;
	assert_int_equal(pthread_create(&inv->thread, NULL, invoke_thread, inv), 0);
}

static void join_invoker(struct invoker *inv)
{
	assert_int_equal(pthread_join(inv->thread, NULL), 0);
	assert_int_equal(inv->ret, 0);
}

static void test_answers_overtake(void **state)
{
	struct fake_link *fl = *state;
	struct invoker inv[4];
	int fd = fake_link_open(fl);
	uint32_t session = open_session(fd);
	struct fake_msg *m;
	unsigned int i;

	fl->respond = NULL;
	for (i = 0; i < 4; i++) {
		start_invoker(&inv[i], fl, fd, session);
		fake_link_wait_sent(fl, 2 + i);
	}
	for (i = 4; i-- > 0;) {
		m = &fl->sent[1 + i];
		m->msg.param[0].u.value.a = 100 + i;
		fake_link_deliver(m->chan, &m->msg, m->len);
		/* Again: nobody waits for it any more. */
		fake_link_deliver(m->chan, &m->msg, m->len);
		join_invoker(&inv[i]);
		assert_int_equal(inv[i].b.p[0].a, 100 + i);
		assert_int_equal(inv[i].b.arg.ret, 0);
	}
	fl->respond = fake_respond;
	node_close(fd);
}

static void expect_lost(struct invoker *inv)
{
	join_invoker(inv);
	assert_int_equal(inv->b.arg.ret, COMMUNICATION);
	assert_int_equal(inv->b.arg.ret_origin, 2);
}

static void test_disconnect_ends_calls(void **state)
{
	struct fake_link *fl = *state;
	struct invoker inv[2];
	union invoke_buf b = { .hdr = { 0 } };
	union open_buf o = { .hdr = { 0 } };
	int fd = fake_link_open(fl);
	uint32_t session = open_session(fd);

	fl->respond = NULL;
	start_invoker(&inv[0], fl, fd, session);
	start_invoker(&inv[1], fl, fd, session);
	fake_link_wait_sent(fl, 3);
	fake_link_event(fl->sent[0].chan, TIPC_CHANNEL_DISCONNECTED);
	expect_lost(&inv[0]);
	expect_lost(&inv[1]);
	/* A late answer finds no one. */
	fake_link_deliver(fl->sent[1].chan, &fl->sent[1].msg, fl->sent[1].len);
	/* Nothing is sent any more. */
	b.arg.session = session;
	assert_int_equal(do_invoke(fd, &b), 0);
	assert_int_equal(b.arg.ret, COMMUNICATION);
	assert_int_equal(do_open(fd, &o), 0);
	assert_int_equal(o.arg.ret, COMMUNICATION);
	assert_int_equal(o.arg.ret_origin, 2);
	assert_int_equal(close_session(fd, session), 0);
	assert_int_equal(fl->num_sent, 3);
	node_close(fd);
}

static void test_offline_ends_calls(void **state)
{
	struct fake_link *fl = *state;
	struct invoker inv;
	int fd = fake_link_open(fl);
	uint32_t session = open_session(fd);

	fl->respond = NULL;
	start_invoker(&inv, fl, fd, session);
	fake_link_wait_sent(fl, 2);
	mipstee_offline(fl->mt);
	mipstee_offline(fl->mt);
	expect_lost(&inv);
	assert_int_equal(fake_link_open(fl), -ENODEV);
	node_close(fd);
}

static void test_dead_vm_ends_calls(void **state)
{
	struct fake_link *fl = *state;
	struct invoker inv;
	int fd = fake_link_open(fl);
	uint32_t session = open_session(fd);

	fl->respond = NULL;
	start_invoker(&inv, fl, fd, session);
	fake_link_wait_sent(fl, 2);
	fake_link_die(fl);
	expect_lost(&inv);
	/* Its caller's stack is gone: an answer must not find it. */
	fake_link_deliver(fl->sent[1].chan, &fl->sent[1].msg, fl->sent[1].len);
	node_close(fd);
}

static void test_sending_fails(void **state)
{
	struct fake_link *fl = *state;
	union invoke_buf b = { .hdr = { 0 } };
	int fd = fake_link_open(fl);

	b.arg.session = open_session(fd);
	fl->txbuf_ret = -ETIMEDOUT;
	assert_int_equal(do_invoke(fd, &b), 0);
	assert_int_equal(b.arg.ret, COMMUNICATION);
	assert_int_equal(cancel(fd, 1, b.arg.session), -ETIMEDOUT);
	fl->txbuf_ret = 0;
	fl->queue_ret = -ESHUTDOWN;
	assert_int_equal(do_invoke(fd, &b), 0);
	assert_int_equal(b.arg.ret, COMMUNICATION);
	fl->queue_ret = 0;
	assert_int_equal(do_invoke(fd, &b), 0);
	assert_int_equal(b.arg.ret, 0);
	node_close(fd);
}

static size_t wrong_cmd(struct fake_link *fl, struct mipstee_msg *ans, size_t len)
{
	(void)fl;
	ans->arg.cmd = MIPSTEE_CMD_CANCEL;
	return len;
}

static size_t fewer_params(struct fake_link *fl, struct mipstee_msg *ans, size_t len)
{
	(void)fl;
	(void)len;
	ans->arg.num_params = 0;
	return mipstee_msg_size(0);
}

static size_t more_params(struct fake_link *fl, struct mipstee_msg *ans, size_t len)
{
	(void)fl;
	(void)len;
	ans->arg.num_params = 2;
	ans->param[1] = ans->param[0];
	return mipstee_msg_size(2);
}

static size_t other_attr(struct fake_link *fl, struct mipstee_msg *ans, size_t len)
{
	(void)fl;
	ans->param[0].attr = MIPSTEE_ATTR_RMEM_OUT;
	ans->param[0].u.rmem.size = UINT64_MAX;
	return len;
}

static void test_broken_answers(void **state)
{
	size_t (*const broken[])(struct fake_link *, struct mipstee_msg *, size_t) = {
		wrong_cmd, fewer_params, more_params, other_attr,
	};
	struct fake_link *fl = *state;
	union invoke_buf b = { .arg = { .num_params = 1 } };
	int fd = fake_link_open(fl);
	unsigned int i;

	b.p[0] = (struct tee_ioctl_param){ TEE_IOCTL_PARAM_ATTR_TYPE_VALUE_INOUT, 1, 2, 3 };
	b.arg.session = open_session(fd);
	for (i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
		fl->respond = broken[i];
		b.arg.ret = 0;
		assert_int_equal(do_invoke(fd, &b), 0);
		assert_int_equal(b.arg.ret, COMMUNICATION);
		assert_int_equal(b.arg.ret_origin, 2);
		assert_int_equal(b.p[0].a, 1);
	}
	fl->respond = fake_respond;
	assert_int_equal(do_invoke(fd, &b), 0);
	assert_int_equal(b.arg.ret, 0);
	node_close(fd);
}

static void test_noise_is_dropped(void **state)
{
	struct fake_link *fl = *state;
	struct invoker inv;
	int fd = fake_link_open(fl);
	uint32_t session = open_session(fd);
	struct mipstee_msg m;
	struct fake_msg *req;
	size_t len;

	fl->respond = NULL;
	start_invoker(&inv, fl, fd, session);
	fake_link_wait_sent(fl, 2);
	req = &fl->sent[1];
	for (len = 0; len < req->len; len++)
		fake_link_deliver(req->chan, &req->msg, len);
	m = req->msg;
	m.hdr.data_tag++;
	fake_link_deliver(req->chan, &m, req->len);
	m.hdr.data_tag = 0;
	fake_link_deliver(req->chan, &m, req->len);
	m = req->msg;
	m.hdr.magic = 0;
	fake_link_deliver(req->chan, &m, req->len);
	/* The true one still arrives. */
	req->msg.param[0].u.value.a = 77;
	fake_link_deliver(req->chan, &req->msg, req->len);
	join_invoker(&inv);
	assert_int_equal(inv.b.arg.ret, 0);
	assert_int_equal(inv.b.p[0].a, 77);
	fl->respond = fake_respond;
	node_close(fd);
}

static size_t same_session(struct fake_link *fl, struct mipstee_msg *ans, size_t len)
{
	(void)fl;
	ans->arg.ret = 0;
	ans->arg.session = 1;
	return len;
}

static void test_same_session_twice(void **state)
{
	struct fake_link *fl = *state;
	union open_buf o = { .hdr = { 0 } };
	int fd = fake_link_open(fl);

	fl->respond = same_session;
	assert_int_equal(open_session(fd), 1);
	assert_int_equal(do_open(fd, &o), 0);
	assert_int_equal(o.arg.ret, COMMUNICATION);
	assert_int_equal(o.arg.ret_origin, 2);
	assert_int_equal(close_session(fd, 1), 0);
	assert_int_equal(close_session(fd, 1), -EINVAL);
	node_close(fd);
}

static void test_session_limit(void **state)
{
	struct fake_link *fl = *state;
	union open_buf o = { .hdr = { 0 } };
	int fd = fake_link_open(fl);
	unsigned int i;

	for (i = 0; i < TEE_SESSION_SET_MAX; i++) {
		open_session(fd);
		fl->num_sent = 0;
	}
	assert_int_equal(do_open(fd, &o), 0);
	assert_int_equal(o.arg.ret, 0xffff000c);
	/* The one too many was closed. */
	assert_int_equal(fl->num_sent, 2);
	assert_int_equal(fake_link_last(fl)->arg.cmd, MIPSTEE_CMD_CLOSE_SESSION);
	assert_int_equal(fake_link_last(fl)->arg.session, TEE_SESSION_SET_MAX + 1);
	assert_int_equal(close_session(fd, 17), 0);
	open_session(fd);
	node_close(fd);
}

static void *open_thread(void *arg)
{
	struct invoker *inv = arg;
	union open_buf o = { .arg = { .cancel_id = 31 } };

	inv->ret = do_open(inv->fd, &o);
	inv->b.arg.ret = o.arg.ret;
	return NULL;
}

static void test_cancel_while_opening(void **state)
{
	struct fake_link *fl = *state;
	struct invoker inv = { .fl = fl, .fd = fake_link_open(fl) };
	struct fake_msg *req;

	fl->respond = NULL;
	assert_int_equal(pthread_create(&inv.thread, NULL, open_thread, &inv), 0);
	fake_link_wait_sent(fl, 1);
	assert_int_equal(cancel(inv.fd, 30, 0), -EINVAL);
	assert_int_equal(cancel(inv.fd, 31, 0), 0);
	assert_int_equal(fake_link_last(fl)->arg.cmd, MIPSTEE_CMD_CANCEL);
	assert_int_equal(fake_link_last(fl)->arg.cancel_id, 31);
	req = &fl->sent[0];
	req->msg.arg.ret = 0xffff0002;
	fake_link_deliver(req->chan, &req->msg, req->len);
	join_invoker(&inv);
	assert_int_equal(inv.b.arg.ret, 0xffff0002);
	assert_int_equal(cancel(inv.fd, 31, 0), -EINVAL);
	node_close(inv.fd);
}

#define LINK_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		LINK_TEST(test_version),
		LINK_TEST(test_connect_fails),
		LINK_TEST(test_messages),
		LINK_TEST(test_logins),
		LINK_TEST(test_bad_arguments),
		LINK_TEST(test_results),
		LINK_TEST(test_answers_overtake),
		LINK_TEST(test_disconnect_ends_calls),
		LINK_TEST(test_offline_ends_calls),
		LINK_TEST(test_dead_vm_ends_calls),
		LINK_TEST(test_sending_fails),
		LINK_TEST(test_broken_answers),
		LINK_TEST(test_noise_is_dropped),
		LINK_TEST(test_same_session_twice),
		LINK_TEST(test_session_limit),
		LINK_TEST(test_cancel_while_opening),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
