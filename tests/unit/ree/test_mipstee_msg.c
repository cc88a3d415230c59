/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ree/mipstee/mipstee_private.h"

static struct mipstee_msg request(uint32_t num_params)
{
	struct mipstee_msg msg;

	mipstee_msg_init(&msg, MIPSTEE_CMD_INVOKE_COMMAND, num_params);
	msg.hdr.magic = MIPSTEE_MAGIC;
	msg.hdr.data_tag = 7;
	return msg;
}

static int receive(const struct mipstee_msg *msg, size_t len)
{
	uint8_t *bytes = malloc(len ? len : 1);
	struct mipstee_msg copy;
	int ret;

	assert_non_null(bytes);
	memcpy(bytes, msg, len < sizeof(*msg) ? len : sizeof(*msg));
	ret = mipstee_msg_receive(&copy, bytes, len);
	if (!ret)
		assert_memory_equal(&copy, msg, len);
	free(bytes);
	return ret;
}

static void test_sizes(void **state)
{
	(void)state;
	assert_int_equal(mipstee_msg_size(0), 40);
	assert_int_equal(mipstee_msg_size(MIPSTEE_NUM_PARAMS), sizeof(struct mipstee_msg));
}

static void test_receive(void **state)
{
	struct mipstee_msg msg;
	uint32_t n;
	size_t len;

	(void)state;
	for (n = 0; n <= MIPSTEE_NUM_PARAMS; n++) {
		msg = request(n);
		for (len = 0; len <= sizeof(msg) + 40; len++)
			assert_int_equal(receive(&msg, len),
					 len == mipstee_msg_size(n) ? 0 : -EPROTO);
	}
	msg = request(1);
	msg.hdr.magic++;
	assert_int_equal(receive(&msg, mipstee_msg_size(1)), -EPROTO);
	msg = request(0);
	msg.arg.num_params = 0x08000000; /* x 32 = 2^32 */
	assert_int_equal(receive(&msg, mipstee_msg_size(0)), -EPROTO);
	msg.arg.num_params = UINT32_MAX;
	assert_int_equal(receive(&msg, mipstee_msg_size(0)), -EPROTO);
}

static void test_check_answer(void **state)
{
	static const uint64_t kinds[] = { 0, 1, 2, 3, 5, 6, 7, 9, 0xa, 0xb, 0x101, 0x20b };
	struct mipstee_msg req = request(2), ans;
	unsigned int i;

	(void)state;
	ans = req;
	assert_int_equal(mipstee_msg_check_answer(&req, &ans), 0);
	ans.arg.cmd = MIPSTEE_CMD_OPEN_SESSION;
	assert_int_equal(mipstee_msg_check_answer(&req, &ans), -EPROTO);
	ans = req;
	ans.arg.num_params = 1;
	assert_int_equal(mipstee_msg_check_answer(&req, &ans), -EPROTO);

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		req.param[1].attr = kinds[i];
		ans = req;
		assert_int_equal(mipstee_msg_check_answer(&req, &ans), 0);
		ans.param[1].attr ^= 1u << 8;
		assert_int_equal(mipstee_msg_check_answer(&req, &ans), -EPROTO);
		ans.param[1].attr = kinds[i] ^ 1ull << 40;
		assert_int_equal(mipstee_msg_check_answer(&req, &ans), -EPROTO);
	}
	/* A size may grow: that much would be needed. But not beyond all measure. */
	req.param[0].attr = MIPSTEE_ATTR_TMEM_OUT;
	req.param[1].attr = MIPSTEE_ATTR_RMEM_OUT;
	ans = req;
	ans.param[0].u.tmem.size = MIPSTEE_MAX_SIZE;
	assert_int_equal(mipstee_msg_check_answer(&req, &ans), 0);
	ans.param[0].u.tmem.size++;
	assert_int_equal(mipstee_msg_check_answer(&req, &ans), -EPROTO);
	ans.param[0].u.tmem.size = 0;
	ans.param[1].u.rmem.size = UINT64_MAX;
	assert_int_equal(mipstee_msg_check_answer(&req, &ans), -EPROTO);
	req.param[1].u.rmem.size = UINT64_MAX; /* what the client said for a NULL buffer */
	assert_int_equal(mipstee_msg_check_answer(&req, &ans), 0);
}

static void test_put_params(void **state)
{
	struct mipstee mt = { .shm_gpa = 0x80000000 };
	struct tee_shm pool_shm = { .paddr = 0x80005000, .size = 4096 };
	struct tee_shm ds_shm = { .paddr = 0x100000000ull, .size = 65536, .sec_world_id = 12 };
	struct tee_param p[4] = {
		{ .attr = 0 },
		{ .attr = 5, .u.memref = { 16, 100, &pool_shm } },
		{ .attr = 7, .u.memref = { 32, 200, &ds_shm } },
		{ .attr = 6, .u.memref = { 99, 300, NULL } },
	};
	struct mipstee_param mp[4];
	uint64_t attr;

	(void)state;
	memset(mp, 0xa5, sizeof(mp));
	assert_int_equal(mipstee_msg_put_params(&mt, mp, p, 4), 0);
	assert_int_equal(mp[0].attr, 0);
	assert_int_equal(mp[0].u.value.c, 0);
	assert_int_equal(mp[1].attr, MIPSTEE_ATTR_TMEM_IN);
	assert_int_equal(mp[1].u.tmem.buf_ptr, 0x5010);
	assert_int_equal(mp[1].u.tmem.size, 100);
	assert_int_equal(mp[2].attr, MIPSTEE_ATTR_RMEM_INOUT);
	assert_int_equal(mp[2].u.rmem.offs, 32);
	assert_int_equal(mp[2].u.rmem.size, 200);
	assert_int_equal(mp[2].u.rmem.shm_ref, 12);
	assert_int_equal(mp[3].attr, MIPSTEE_ATTR_TMEM_OUT);
	assert_true(mp[3].u.tmem.buf_ptr == MIPSTEE_NULL_BUF);
	assert_int_equal(mp[3].u.tmem.size, 300);

	for (attr = 1; attr <= 3; attr++) {
		p[0] = (struct tee_param){ .attr = attr, .u.value = { 1, 2, 3 } };
		assert_int_equal(mipstee_msg_put_params(&mt, mp, p, 1), 0);
		assert_int_equal(mp[0].attr, attr);
		assert_int_equal(mp[0].u.value.b, 2);
	}
	p[0].attr = 1 | TEE_IOCTL_PARAM_ATTR_META;
	assert_int_equal(mipstee_msg_put_params(&mt, mp, p, 1), -EINVAL);
	p[0].attr = 4;
	assert_int_equal(mipstee_msg_put_params(&mt, mp, p, 1), -EINVAL);
	p[0].attr = 9;
	assert_int_equal(mipstee_msg_put_params(&mt, mp, p, 1), -EINVAL);
}

static void test_get_params(void **state)
{
	struct mipstee_param mp[3] = {
		{ .attr = 2, .u.value = { 1, 2, 3 } },
		{ .attr = 1, .u.value = { 1, 2, 3 } },
		{ .attr = 0xa, .u.tmem = { 0x666, 55, 0x777 } },
	};
	struct tee_shm shm = { .size = 4096 };
	struct tee_param p[3] = {
		{ .attr = 2 },
		{ .attr = 1, .u.value = { 9, 9, 9 } },
		{ .attr = 6, .u.memref = { 8, 100, &shm } },
	};

	(void)state;
	mipstee_msg_get_params(mp, p, 3);
	assert_int_equal(p[0].u.value.c, 3);
	assert_int_equal(p[1].u.value.a, 9);
	assert_int_equal(p[2].u.memref.size, 55);
	assert_int_equal(p[2].u.memref.shm_offs, 8);
	assert_ptr_equal(p[2].u.memref.shm, &shm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_receive),
		cmocka_unit_test(test_check_answer),
		cmocka_unit_test(test_put_params),
		cmocka_unit_test(test_get_params),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
