/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "ree/vm/node.h"
#include "tests/unit/ree/tee_fake.h"

#define PARAM_SIZE sizeof(struct tee_ioctl_param)

/* One client: the argument of each variable-sized ioctl lies in a page of its own. */
struct client {
	struct fake_tee *ft;
	int fd;
	void *page;
	struct tee_ioctl_buf_data buf;
};

static struct client client;

static void client_up(const struct tee_desc *desc, const char *node)
{
	client.ft = fake_tee_up(desc);
	client.fd = node_open(&client.ft->vm, node, 0);
	assert_true(client.fd >= 0);
	client.page = mmap(NULL, fake_page(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			   -1, 0);
	assert_true(client.page != MAP_FAILED);
}

static int set_up(void **state)
{
	client_up(&fake_tee_desc, "tee0");
	*state = &client;
	return 0;
}

static int set_up_bare(void **state)
{
	client_up(&fake_bare_desc, "tee0");
	*state = &client;
	return 0;
}

static int set_up_priv(void **state)
{
	client_up(&fake_priv_desc, "teepriv0");
	*state = &client;
	return 0;
}

static int tear_down(void **state)
{
	struct client *c = *state;

	node_close(c->fd);
	munmap(c->page, fake_page());
	fake_tee_down(c->ft);
	return 0;
}

static int call(struct client *c, unsigned long cmd, size_t len)
{
	c->buf = (struct tee_ioctl_buf_data){ .buf_ptr = (uintptr_t)c->page, .buf_len = len };
	return node_ioctl(c->fd, cmd, &c->buf);
}

static struct tee_ioctl_open_session_arg *open_arg(struct client *c, uint32_t num_params)
{
	struct tee_ioctl_open_session_arg *arg = c->page;

	memset(c->page, 0, fake_page());
	arg->num_params = num_params;
	return arg;
}

static struct tee_ioctl_invoke_arg *invoke_arg(struct client *c, uint32_t num_params)
{
	struct tee_ioctl_invoke_arg *arg = c->page;

	memset(c->page, 0, fake_page());
	arg->session = FAKE_SESSION;
	arg->num_params = num_params;
	return arg;
}

static int do_open(struct client *c, uint32_t num_params)
{
	return call(c, TEE_IOC_OPEN_SESSION,
		    sizeof(struct tee_ioctl_open_session_arg) + num_params * PARAM_SIZE);
}

static int do_invoke(struct client *c, uint32_t num_params)
{
	return call(c, TEE_IOC_INVOKE,
		    sizeof(struct tee_ioctl_invoke_arg) + num_params * PARAM_SIZE);
}

static void test_version(void **state)
{
	struct client *c = *state;
	struct tee_ioctl_version_data v;

	assert_int_equal(node_ioctl(c->fd, TEE_IOC_VERSION, &v), 0);
	assert_int_equal(v.impl_id, 4711);
	assert_int_equal(v.impl_caps, 5);
	assert_int_equal(v.gen_caps, TEE_GEN_CAP_GP);
	assert_int_equal(node_ioctl(c->fd, TEE_IOC_VERSION, NULL), -EFAULT);
	assert_int_equal(node_ioctl(c->fd, _IO(TEE_IOC_MAGIC, 99), &v), -EINVAL);
	assert_int_equal(node_ioctl(c->fd, 0, &v), -EINVAL);
}

static void test_version_privileged(void **state)
{
	struct client *c = *state;
	struct tee_ioctl_version_data v;

	assert_int_equal(node_ioctl(c->fd, TEE_IOC_VERSION, &v), 0);
	assert_int_equal(v.gen_caps, TEE_GEN_CAP_GP | TEE_GEN_CAP_PRIVILEGED);
}

static void test_missing_operations(void **state)
{
	struct client *c = *state;
	struct tee_ioctl_cancel_arg cancel = { 0 };
	struct tee_ioctl_close_session_arg close_arg = { 0 };

	open_arg(c, 0);
	assert_int_equal(do_open(c, 0), -EINVAL);
	invoke_arg(c, 0);
	assert_int_equal(do_invoke(c, 0), -EINVAL);
	assert_int_equal(node_ioctl(c->fd, TEE_IOC_CANCEL, &cancel), -EINVAL);
	assert_int_equal(node_ioctl(c->fd, TEE_IOC_CLOSE_SESSION, &close_arg), -EINVAL);
	assert_int_equal(call(c, TEE_IOC_SUPPL_RECV, 8), -EINVAL);
	assert_int_equal(call(c, TEE_IOC_SUPPL_SEND, 8), -EINVAL);
}

static void test_session_life(void **state)
{
	struct client *c = *state;
	struct tee_ioctl_open_session_arg *arg = open_arg(c, 0);
	struct tee_ioctl_invoke_arg *inv;
	struct tee_ioctl_cancel_arg cancel = { .cancel_id = 3, .session = FAKE_SESSION };
	struct tee_ioctl_close_session_arg close_arg = { .session = FAKE_SESSION };

	c->ft->result = 0;
	assert_int_equal(do_open(c, 0), 0);
	assert_int_equal(arg->session, FAKE_SESSION);
	assert_int_equal(arg->ret_origin, 4);

	inv = invoke_arg(c, 0);
	c->ft->result = 0xffff0006;
	assert_int_equal(do_invoke(c, 0), 0);
	assert_int_equal(inv->ret, 0xffff0006);
	assert_int_equal(inv->ret_origin, 4);
	inv->session++;
	assert_int_equal(do_invoke(c, 0), -EINVAL);

	assert_int_equal(node_ioctl(c->fd, TEE_IOC_CANCEL, &cancel), 0);
	assert_int_equal(c->ft->last_cancel, 3);
	assert_int_equal(c->ft->last_session, FAKE_SESSION);
	assert_int_equal(node_ioctl(c->fd, TEE_IOC_CANCEL, NULL), -EFAULT);
	assert_int_equal(node_ioctl(c->fd, TEE_IOC_CLOSE_SESSION, NULL), -EFAULT);
	assert_int_equal(node_ioctl(c->fd, TEE_IOC_CLOSE_SESSION, &close_arg), 0);
	close_arg.session = 1;
	assert_int_equal(node_ioctl(c->fd, TEE_IOC_CLOSE_SESSION, &close_arg), -EINVAL);
	assert_int_equal(c->ft->closes, 1);

	c->ft->session_ret = -EIO;
	open_arg(c, 0);
	assert_int_equal(do_open(c, 0), -EIO);
}

/* num_params against buf_len, for one of the two calls. */
static void check_lengths(struct client *c, unsigned long cmd, size_t hdr, uint32_t *num_params,
			  uint32_t most)
{
	static const uint32_t bad[] = { 31, 32, 127, 128, 0x08000000, 0x7fffffff, 0x80000000,
					UINT32_MAX };
	unsigned int i;
	size_t len;

	*num_params = most;
	assert_int_equal(call(c, cmd, hdr + most * PARAM_SIZE), 0);
	assert_int_equal(c->ft->last_num_params, most);
	*num_params = 1;
	for (len = 0; len <= TEE_MAX_ARG_SIZE + 1; len++)
		if (len != hdr + PARAM_SIZE)
			assert_int_equal(call(c, cmd, len), -EINVAL);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (bad[i] == most)
			continue;
		*num_params = bad[i];
		assert_int_equal(call(c, cmd, hdr), -EINVAL);
		assert_int_equal(call(c, cmd, TEE_MAX_ARG_SIZE), -EINVAL);
		assert_int_equal(call(c, cmd, hdr + (uint32_t)(bad[i] * PARAM_SIZE)), -EINVAL);
		assert_int_equal(call(c, cmd, hdr + bad[i] * PARAM_SIZE), -EINVAL);
	}
	*num_params = 0;
	assert_int_equal(call(c, cmd, UINT64_MAX), -EINVAL);
	c->buf = (struct tee_ioctl_buf_data){ .buf_ptr = 0, .buf_len = hdr };
	assert_int_equal(node_ioctl(c->fd, cmd, &c->buf), -EFAULT);
	c->buf.buf_ptr = UINT64_MAX - 8;
	assert_int_equal(node_ioctl(c->fd, cmd, &c->buf), -EFAULT);
	assert_int_equal(node_ioctl(c->fd, cmd, NULL), -EFAULT);
}

static void test_lengths(void **state)
{
	struct client *c = *state;

	check_lengths(c, TEE_IOC_OPEN_SESSION, sizeof(struct tee_ioctl_open_session_arg),
		      &open_arg(c, 0)->num_params, 30);
	check_lengths(c, TEE_IOC_INVOKE, sizeof(struct tee_ioctl_invoke_arg),
		      &invoke_arg(c, 0)->num_params, 31);
}

static void test_logins(void **state)
{
	static const uint32_t kernel[] = { 0x80000000, 0x80000001, 0xbfffffff };
	struct client *c = *state;
	unsigned int i;

	for (i = 0; i < 3; i++) {
		open_arg(c, 0)->clnt_login = kernel[i];
		assert_int_equal(do_open(c, 0), -EPERM);
	}
	assert_int_equal(c->ft->sessions, 0);
	assert_int_equal(tee_session_check_login(TEE_IOCTL_LOGIN_PUBLIC), 0);
	assert_int_equal(tee_session_check_login(TEE_IOCTL_LOGIN_USER), 0);
	assert_int_equal(tee_session_check_login(TEE_IOCTL_LOGIN_GROUP), 0);
	assert_int_equal(tee_session_check_login(3), -EINVAL);
	assert_int_equal(tee_session_check_login(TEE_IOCTL_LOGIN_APPLICATION), -EINVAL);
	assert_int_equal(tee_session_check_login(TEE_IOCTL_LOGIN_USER_APPLICATION), -EINVAL);
	assert_int_equal(tee_session_check_login(TEE_IOCTL_LOGIN_GROUP_APPLICATION), -EINVAL);
	assert_int_equal(tee_session_check_login(0xc0000000), -EINVAL);
}

static int alloc_shm(struct client *c, int *id)
{
	struct tee_ioctl_shm_alloc_data data = { .size = fake_page() };
	int fd = node_ioctl(c->fd, TEE_IOC_SHM_ALLOC, &data);

	assert_true(fd >= 0);
	*id = data.id;
	return fd;
}

static int try_memref(struct client *c, uint64_t attr, uint64_t offs, uint64_t size, uint64_t id)
{
	struct tee_ioctl_invoke_arg *arg = invoke_arg(c, 1);

	arg->params[0] = (struct tee_ioctl_param){ attr, offs, size, id };
	return do_invoke(c, 1);
}

static void test_memref_checks(void **state)
{
	struct client *c = *state;
	uint64_t page = fake_page(), bad_id;
	struct tee_device_info info;
	int shm_fd, id_int;
	uint64_t attr, id;

	shm_fd = alloc_shm(c, &id_int);
	id = (uint64_t)id_int;
	bad_id = id + 1;
	for (attr = TEE_IOCTL_PARAM_ATTR_TYPE_MEMREF_INPUT;
	     attr <= TEE_IOCTL_PARAM_ATTR_TYPE_MEMREF_INOUT; attr++) {
		assert_int_equal(try_memref(c, attr, 0, page, id), 0);
		assert_int_equal(c->ft->last_param[0].u.memref.shm->id, id);
		assert_int_equal(try_memref(c, attr, page, 0, id), 0);
		assert_int_equal(try_memref(c, attr, 1, page - 1, id), 0);
		assert_int_equal(c->ft->last_param[0].u.memref.shm_offs, 1);
		assert_int_equal(c->ft->last_param[0].u.memref.size, page - 1);
		assert_int_equal(try_memref(c, attr, 1, page, id), -EINVAL);
		assert_int_equal(try_memref(c, attr, page + 1, 0, id), -EINVAL);
		assert_int_equal(try_memref(c, attr, UINT64_MAX, 2, id), -EINVAL);
		assert_int_equal(try_memref(c, attr, 2, UINT64_MAX, id), -EINVAL);
		assert_int_equal(try_memref(c, attr, 0, UINT64_MAX, id), -EINVAL);
		assert_int_equal(try_memref(c, attr, 0, 1, bad_id), -EINVAL);
		assert_int_equal(try_memref(c, attr, 0, 1, id | 1ull << 32), -EINVAL);
		assert_int_equal(try_memref(c, attr, 0, 0, TEE_MEMREF_NULL), 0);
		assert_null(c->ft->last_param[0].u.memref.shm);
		assert_int_equal(try_memref(c, attr, 0, 123, TEE_MEMREF_NULL), 0);
		assert_int_equal(c->ft->last_param[0].u.memref.size, 123);
		/* Bits that aren't defined. */
		assert_int_equal(try_memref(c, attr | 0x200, 0, 1, id), -EINVAL);
		assert_int_equal(try_memref(c, attr | 1ull << 32, 0, 1, id), -EINVAL);
		assert_int_equal(try_memref(c, attr | TEE_IOCTL_PARAM_ATTR_META, 0, 1, id), 0);
	}
	assert_int_equal(try_memref(c, 4, 0, 1, id), -EINVAL);
	assert_int_equal(try_memref(c, 8, 0, 1, id), -EINVAL);
	assert_int_equal(try_memref(c, 0xff, 0, 1, id), -EINVAL);

	/* No reference stayed behind, of good calls or bad ones. */
	node_close(shm_fd);
	tee_device_describe(c->ft->dev, &info);
	assert_int_equal(info.num_shm, 0);
}

static void test_first_memref_is_put_when_second_is_bad(void **state)
{
	struct client *c = *state;
	struct tee_ioctl_invoke_arg *arg;
	struct tee_device_info info;
	int shm_fd, id;

	shm_fd = alloc_shm(c, &id);
	arg = invoke_arg(c, 2);
	arg->params[0] = (struct tee_ioctl_param){ 5, 0, 1, (uint32_t)id };
	arg->params[1] = (struct tee_ioctl_param){ 5, 0, 1, (uint32_t)id + 1 };
	assert_int_equal(do_invoke(c, 2), -EINVAL);
	node_close(shm_fd);
	tee_device_describe(c->ft->dev, &info);
	assert_int_equal(info.num_shm, 0);
}

static void test_memref_null_unsupported(void **state)
{
	struct client *c = *state;

	node_close(c->fd);
	c->ft->no_memref_null = true;
	c->fd = node_open(&c->ft->vm, "tee0", 0);
	assert_true(c->fd >= 0);
	assert_int_equal(try_memref(c, 6, 0, 0, TEE_MEMREF_NULL), -EINVAL);
	assert_int_equal(c->ft->invokes, 0);
}

static void answer(struct fake_tee *ft, struct tee_param *param, uint32_t num_params)
{
	uint32_t i;

	(void)ft;
	for (i = 0; i < num_params; i++) {
		if (tee_param_is_memref(param + i)) {
			param[i].u.memref.size = 17;
			param[i].u.memref.shm_offs = 99;
		} else {
			param[i].u.value = (struct tee_param_value){ 10 + i, 20 + i, 30 + i };
		}
	}
}

static void check_outputs(const struct tee_ioctl_param *p)
{
	static const struct tee_ioctl_param want[] = {
		{ 0, 1, 2, 3 },    { 1, 1, 2, 3 },	      { 2, 12, 22, 32 },
		{ 3, 13, 23, 33 }, { 5, 0, 5, TEE_MEMREF_NULL }, { 6, 0, 17, TEE_MEMREF_NULL },
		{ 7, 0, 17, TEE_MEMREF_NULL },
	};

	assert_memory_equal(p, want, sizeof(want));
}

static void fill_params(struct tee_ioctl_param *p)
{
	unsigned int i;

	for (i = 0; i < 4; i++)
		p[i] = (struct tee_ioctl_param){ i, 1, 2, 3 };
	for (i = 4; i < 7; i++)
		p[i] = (struct tee_ioctl_param){ i + 1, 0, 5, TEE_MEMREF_NULL };
}

static void test_outputs_only(void **state)
{
	struct client *c = *state;

	c->ft->during = answer;
	fill_params(open_arg(c, 7)->params);
	assert_int_equal(do_open(c, 7), 0);
	check_outputs(((struct tee_ioctl_open_session_arg *)c->page)->params);
	/* Output values reach the driver as zeros, whatever the client had there. */
	assert_int_equal(c->ft->last_param[2].u.value.a, 0);
	assert_int_equal(c->ft->last_param[1].u.value.b, 2);
	fill_params(invoke_arg(c, 7)->params);
	assert_int_equal(do_invoke(c, 7), 0);
	check_outputs(((struct tee_ioctl_invoke_arg *)c->page)->params);
}

/* What another thread of the client could do while the driver is busy. */
static void flip(struct fake_tee *ft, struct tee_param *param, uint32_t num_params)
{
	struct tee_ioctl_invoke_arg *arg = client.page;

	(void)ft;
	assert_int_equal(num_params, 1);
	param[0].u.value.a = 5;
	arg->num_params = 100;
	arg->session = 0;
	arg->params[0].attr = TEE_IOCTL_PARAM_ATTR_TYPE_MEMREF_INOUT;
	client.buf.buf_ptr = 1;
	client.buf.buf_len = UINT64_MAX;
}

static void test_arguments_flipped_during_call(void **state)
{
	struct client *c = *state;
	struct tee_ioctl_invoke_arg *arg = invoke_arg(c, 1);

	arg->params[0].attr = TEE_IOCTL_PARAM_ATTR_TYPE_VALUE_INOUT;
	c->ft->during = flip;
	assert_int_equal(do_invoke(c, 1), 0);
	assert_int_equal(arg->params[0].a, 5);
	assert_int_equal(arg->params[1].a, 0);
	assert_int_equal(arg->num_params, 100); /* the client's own doing */
}

static void test_session_closed_when_copy_out_fails(void **state)
{
	struct client *c = *state;

	open_arg(c, 0);
	assert_int_equal(mprotect(c->page, fake_page(), PROT_READ), 0);
	assert_int_equal(do_open(c, 0), -EFAULT);
	assert_int_equal(c->ft->sessions, 1);
	assert_int_equal(c->ft->closes, 1);

	/* No session came about: nothing to close. */
	c->ft->result = 0xffff0008;
	assert_int_equal(do_open(c, 0), -EFAULT);
	assert_int_equal(c->ft->sessions, 2);
	assert_int_equal(c->ft->closes, 1);

	/* The argument isn't there at all. */
	assert_int_equal(mprotect(c->page, fake_page(), PROT_NONE), 0);
	assert_int_equal(do_open(c, 0), -EFAULT);
	assert_int_equal(c->ft->sessions, 2);
	assert_int_equal(mprotect(c->page, fake_page(), PROT_READ | PROT_WRITE), 0);
}

static void test_errno_is_left_alone(void **state)
{
	struct client *c = *state;

	errno = 4242;
	assert_int_equal(node_ioctl(c->fd, TEE_IOC_VERSION, (void *)8), -EFAULT);
	assert_int_equal(errno, 4242);
}

static void test_supp_recv(void **state)
{
	struct client *c = *state;
	struct tee_iocl_supp_recv_arg *arg = c->page;
	size_t hdr = sizeof(*arg);

	arg->num_params = 2;
	arg->params[0].attr = TEE_IOCTL_PARAM_ATTR_META;
	assert_int_equal(call(c, TEE_IOC_SUPPL_RECV, hdr + 2 * PARAM_SIZE), 0);
	assert_int_equal(c->ft->last_param[0].attr, TEE_IOCTL_PARAM_ATTR_META);
	assert_int_equal(arg->func, 9);
	assert_int_equal(arg->num_params, 2);
	assert_int_equal(arg->params[0].attr, 3);
	assert_int_equal(arg->params[0].c, 3);
	assert_int_equal(arg->params[1].b, 100);
	assert_true(arg->params[1].c == TEE_MEMREF_NULL);

	assert_int_equal(call(c, TEE_IOC_SUPPL_RECV, hdr + 3 * PARAM_SIZE), -EINVAL);
	assert_int_equal(call(c, TEE_IOC_SUPPL_RECV, hdr - 1), -EINVAL);
	arg->num_params = 1; /* the driver has two for it */
	arg->params[0].attr = 0;
	assert_int_equal(call(c, TEE_IOC_SUPPL_RECV, hdr + PARAM_SIZE), -EINVAL);
	arg->num_params = 0x08000000;
	assert_int_equal(call(c, TEE_IOC_SUPPL_RECV, hdr), -EINVAL);
	arg->num_params = 2;
	arg->params[0].attr = 0x400;
	assert_int_equal(call(c, TEE_IOC_SUPPL_RECV, hdr + 2 * PARAM_SIZE), -EINVAL);
}

static void test_supp_send(void **state)
{
	struct client *c = *state;
	struct tee_iocl_supp_send_arg *arg = c->page;
	size_t hdr = sizeof(*arg);

	arg->ret = 0xffff0008;
	arg->num_params = 3;
	arg->params[0] = (struct tee_ioctl_param){ 2, 1, 2, 3 };
	arg->params[1] = (struct tee_ioctl_param){ 6, 1, 2, 3 };
	arg->params[2] = (struct tee_ioctl_param){ 1, 1, 2, 3 };
	assert_int_equal(call(c, TEE_IOC_SUPPL_SEND, hdr + 4 * PARAM_SIZE), 0); /* room is fine */
	assert_int_equal(c->ft->result, 0xffff0008);
	assert_int_equal(c->ft->last_param[0].u.value.c, 3);
	assert_int_equal(c->ft->last_param[1].u.memref.size, 2);
	assert_null(c->ft->last_param[1].u.memref.shm);
	assert_int_equal(c->ft->last_param[2].u.value.a, 0); /* inputs aren't its to change */

	assert_int_equal(call(c, TEE_IOC_SUPPL_SEND, hdr + 2 * PARAM_SIZE), -EINVAL);
	assert_int_equal(call(c, TEE_IOC_SUPPL_SEND, TEE_MAX_ARG_SIZE + 1), -EINVAL);
	arg->num_params = 0x08000000;
	assert_int_equal(call(c, TEE_IOC_SUPPL_SEND, hdr), -EINVAL);
	arg->num_params = 1;
	arg->params[0].attr = 0x400;
	assert_int_equal(call(c, TEE_IOC_SUPPL_SEND, hdr + PARAM_SIZE), -EINVAL);
}

#define CLIENT_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CLIENT_TEST(test_version),
		cmocka_unit_test_setup_teardown(test_version_privileged, set_up_priv, tear_down),
		cmocka_unit_test_setup_teardown(test_missing_operations, set_up_bare, tear_down),
		CLIENT_TEST(test_session_life),
		CLIENT_TEST(test_lengths),
		CLIENT_TEST(test_logins),
		CLIENT_TEST(test_memref_checks),
		CLIENT_TEST(test_first_memref_is_put_when_second_is_bad),
		CLIENT_TEST(test_memref_null_unsupported),
		CLIENT_TEST(test_outputs_only),
		CLIENT_TEST(test_arguments_flipped_during_call),
		CLIENT_TEST(test_session_closed_when_copy_out_fails),
		CLIENT_TEST(test_errno_is_left_alone),
		cmocka_unit_test_setup_teardown(test_supp_recv, set_up_priv, tear_down),
		cmocka_unit_test_setup_teardown(test_supp_send, set_up_priv, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
