/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/* Where buffers come from and how the secure world is told of them. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "ree/tee/uapi.h"
#include "tests/unit/ree/mipstee_fake.h"

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

static int alloc(int fd, size_t size, int *id)
{
	struct tee_ioctl_shm_alloc_data data = { .size = size };
	int ret = node_ioctl(fd, TEE_IOC_SHM_ALLOC, &data);

	if (ret >= 0) {
		assert_true(data.size >= size);
		*id = data.id;
	}
	return ret;
}

union invoke_buf {
	struct tee_ioctl_invoke_arg arg;
	struct {
		uint8_t hdr[sizeof(struct tee_ioctl_invoke_arg)];
		struct tee_ioctl_param p[4];
	};
};

static int invoke(int fd, union invoke_buf *b)
{
	struct tee_ioctl_buf_data data = { (uintptr_t)b, sizeof(b->arg) +
					   b->arg.num_params * sizeof(b->p[0]) };

	return node_ioctl(fd, TEE_IOC_INVOKE, &data);
}

static uint32_t open_session(int fd)
{
	struct tee_ioctl_open_session_arg arg = { 0 };
	struct tee_ioctl_buf_data data = { (uintptr_t)&arg, sizeof(arg) };

	assert_int_equal(node_ioctl(fd, TEE_IOC_OPEN_SESSION, &data), 0);
	assert_int_equal(arg.ret, 0);
	return arg.session;
}

static void test_threshold(void **state)
{
	struct fake_link *fl = *state;
	int fd = fake_link_open(fl), small, large, id;
	const struct mipstee_msg *m;

	small = alloc(fd, MIPSTEE_DS_THRESHOLD - 1, &id);
	assert_true(small >= 0);
	assert_int_equal(fl->num_ds, 0);
	assert_int_equal(fl->num_sent, 0);

	large = alloc(fd, MIPSTEE_DS_THRESHOLD, &id);
	assert_true(large >= 0);
	assert_int_equal(fl->num_ds, 1);
	assert_int_equal(fl->num_sent, 1);
	m = fake_link_last(fl);
	assert_int_equal(m->arg.cmd, MIPSTEE_CMD_REGISTER_SHM);
	assert_int_equal(m->arg.num_params, 1);
	assert_int_equal(m->param[0].attr, MIPSTEE_ATTR_TMEM_INOUT);
	assert_true(m->param[0].u.tmem.buf_ptr == FAKE_DS_GPA);
	assert_int_equal(m->param[0].u.tmem.size, MIPSTEE_DS_THRESHOLD);
	assert_int_equal(m->param[0].u.tmem.shm_ref, 1);

	node_close(small);
	assert_int_equal(fl->num_sent, 1);
	node_close(large);
	m = fake_link_last(fl);
	assert_int_equal(m->arg.cmd, MIPSTEE_CMD_UNREGISTER_SHM);
	assert_int_equal(m->arg.num_params, 1);
	assert_int_equal(m->param[0].attr, MIPSTEE_ATTR_RMEM_INOUT);
	assert_int_equal(m->param[0].u.rmem.shm_ref, 1);
	assert_int_equal(fl->num_ds, 0);
	node_close(fd);
}

static size_t grow(struct fake_link *fl, struct mipstee_msg *ans, size_t len)
{
	(void)fl;
	ans->arg.ret = 0xffff0010; /* short buffer */
	ans->param[0].u.tmem.size = 1000;
	ans->param[0].u.tmem.buf_ptr = 0; /* not the secure world's to change */
	ans->param[1].u.rmem.size = 3;
	ans->param[2].u.tmem.size = 123456;
	return len;
}

static void test_memrefs(void **state)
{
	struct fake_link *fl = *state;
	int fd = fake_link_open(fl), small, large, small_id = 0, large_id = 0;
	union invoke_buf b = { .arg = { .num_params = 3 } };
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	const struct mipstee_msg *m;

	small = alloc(fd, 100, &small_id);
	large = alloc(fd, 100000, &large_id);
	assert_true(small >= 0 && large >= 0);
	b.arg.session = open_session(fd);
	b.p[0] = (struct tee_ioctl_param){ 6, 10, 90, (uint32_t)small_id };
	b.p[1] = (struct tee_ioctl_param){ 7, 65537, 1001, (uint32_t)large_id };
	b.p[2] = (struct tee_ioctl_param){ 6, 0, 0, TEE_MEMREF_NULL };
	fl->respond = grow;
	assert_int_equal(invoke(fd, &b), 0);
	m = fake_link_last(fl);
	assert_int_equal(m->param[0].attr, MIPSTEE_ATTR_TMEM_OUT);
	assert_int_equal(m->param[0].u.tmem.buf_ptr, page + 10); /* behind the private page */
	assert_int_equal(m->param[0].u.tmem.size, 90);
	assert_int_equal(m->param[1].attr, MIPSTEE_ATTR_RMEM_INOUT);
	assert_int_equal(m->param[1].u.rmem.offs, 65537);
	assert_int_equal(m->param[1].u.rmem.shm_ref, 1);
	assert_int_equal(m->param[2].attr, MIPSTEE_ATTR_TMEM_OUT);
	assert_true(m->param[2].u.tmem.buf_ptr == MIPSTEE_NULL_BUF);
	assert_int_equal(b.arg.ret, 0xffff0010);
	assert_int_equal(b.p[0].b, 1000);
	assert_int_equal(b.p[0].a, 10);
	assert_int_equal(b.p[1].b, 3);
	assert_int_equal(b.p[2].b, 123456);
	fl->respond = fake_respond;
	node_close(small);
	node_close(large);
	node_close(fd);
}

static void test_mapping_is_the_dataspace(void **state)
{
	struct fake_link *fl = *state;
	int fd = fake_link_open(fl), shm_fd, id;
	void *a, *b;

	shm_fd = alloc(fd, 100000, &id);
	assert_true(shm_fd >= 0);
	assert_int_equal(node_mmap(shm_fd, 100000, PROT_READ | PROT_WRITE, &a), 0);
	assert_int_equal(node_mmap(shm_fd, 100000, PROT_READ, &b), 0);
	strcpy((char *)a + 99990, "end");
	assert_string_equal((char *)b + 99990, "end");
	node_close(shm_fd);
	node_close(fd);
	assert_string_equal((char *)b + 99990, "end");
	assert_int_equal(node_munmap(a, 100000), 0);
	assert_int_equal(fl->num_ds, 1);
	assert_int_equal(node_munmap(b, 100000), 0);
	assert_int_equal(fl->num_ds, 0);
	assert_int_equal(node_munmap(b, 100000), -ENOENT);
}

static void test_registration_fails(void **state)
{
	struct fake_link *fl = *state;
	int fd = fake_link_open(fl), id;

	fl->result = 0xffff000c;
	assert_int_equal(alloc(fd, 100000, &id), -ENOMEM);
	fl->result = 0xffff0006;
	assert_int_equal(alloc(fd, 100000, &id), -EINVAL);
	fl->result = 0xffff0001;
	assert_int_equal(alloc(fd, 100000, &id), -EACCES);
	fl->result = 0xffff0000;
	assert_int_equal(alloc(fd, 100000, &id), -EIO);
	fl->result = 0;
	fl->queue_ret = -ENOTCONN;
	assert_int_equal(alloc(fd, 100000, &id), -EIO);
	fl->queue_ret = 0;
	assert_int_equal(fl->num_ds, 0);
	fl->ds_ret = -ENOMEM;
	assert_int_equal(alloc(fd, 100000, &id), -ENOMEM);
	node_close(fd);
}

static void test_full_pool_falls_back(void **state)
{
	struct fake_link *fl = *state;
	int fd = fake_link_open(fl), big[4], small, id;
	unsigned int i;

	/* 64 pages less the private one: three of 16 pages fit. */
	assert_int_equal(sysconf(_SC_PAGESIZE), 4096);
	for (i = 0; i < 4; i++) {
		big[i] = alloc(fd, 65535, &id);
		assert_true(big[i] >= 0);
		assert_int_equal(fl->num_ds, i < 3 ? 0 : 1);
	}
	small = alloc(fd, 15 * 4096, &id);
	assert_int_equal(fl->num_ds, 1);
	node_close(small);
	/* When the machine has nothing either, that is the answer. */
	fl->ds_ret = -ENOMEM;
	small = alloc(fd, 15 * 4096, &id);
	assert_true(small >= 0);
	assert_int_equal(alloc(fd, 1, &id), -ENOMEM);
	node_close(small);
	for (i = 0; i < 4; i++)
		node_close(big[i]);
	assert_int_equal(fl->num_ds, 0);
	node_close(fd);
}

static void test_shm_outlives_its_file(void **state)
{
	struct fake_link *fl = *state;
	int fd = fake_link_open(fl), shm_fd, id;

	shm_fd = alloc(fd, 100000, &id);
	assert_true(shm_fd >= 0);
	node_close(fd);
	assert_int_equal(fl->num_chans, 1); /* to say goodbye over */
	node_close(shm_fd);
	assert_int_equal(fake_link_last(fl)->arg.cmd, MIPSTEE_CMD_UNREGISTER_SHM);
	assert_int_equal(fl->num_chans, 0);
}

static void test_release_after_disconnect(void **state)
{
	struct fake_link *fl = *state;
	int fd = fake_link_open(fl), shm_fd, id;

	shm_fd = alloc(fd, 100000, &id);
	assert_true(shm_fd >= 0);
	fake_link_event(fl->sent[0].chan, TIPC_CHANNEL_SHUTDOWN);
	assert_int_equal(alloc(fd, 100000, &id), -EIO);
	node_close(shm_fd);
	assert_int_equal(fl->num_sent, 1);
	assert_int_equal(fl->num_ds, 0);
	node_close(fd);
}

static int reg(int fd, void *addr, size_t len, int *id)
{
	struct tee_ioctl_shm_register_data data = { .addr = (uintptr_t)addr, .length = len };
	int ret = node_ioctl(fd, TEE_IOC_SHM_REGISTER, &data);

	*id = data.id;
	return ret;
}

static void test_register_pieces(void **state)
{
	static uint8_t mem[3 * MIPSTEE_DS_THRESHOLD];
	struct fake_link *fl = *state;
	int fd = fake_link_open(fl), shm, id;
	union invoke_buf b = { .arg = { .num_params = 1 } };
	const struct mipstee_msg *m;
	unsigned int i;

	fl->find_ret = 3;
	shm = reg(fd, mem, sizeof(mem), &id);
	assert_true(shm >= 0);
	m = fake_link_last(fl);
	assert_int_equal(m->arg.cmd, MIPSTEE_CMD_REGISTER_SHM);
	assert_int_equal(m->arg.num_params, 3);
	for (i = 0; i < 3; i++) {
		assert_int_equal(m->param[i].attr,
				 MIPSTEE_ATTR_TMEM_INOUT | (i < 2 ? MIPSTEE_ATTR_FRAGMENT : 0));
		assert_true(m->param[i].u.tmem.buf_ptr == FAKE_DS_GPA + i * 0x2000);
		assert_int_equal(m->param[i].u.tmem.shm_ref, 1);
	}
	assert_int_equal(m->param[2].u.tmem.size, sizeof(mem) - 0x2000);
	b.arg.session = open_session(fd);
	b.p[0] = (struct tee_ioctl_param){ 7, 5, 100, (uint32_t)id };
	assert_int_equal(invoke(fd, &b), 0);
	m = fake_link_last(fl);
	assert_int_equal(m->param[0].attr, MIPSTEE_ATTR_RMEM_INOUT);
	assert_int_equal(m->param[0].u.rmem.offs, 5);
	node_close(shm);
	assert_int_equal(fake_link_last(fl)->arg.cmd, MIPSTEE_CMD_UNREGISTER_SHM);
	assert_int_equal(fl->num_ds, 0);

	/* The secure world refuses: that is the answer. */
	fl->result = 0xffff0006;
	assert_int_equal(reg(fd, mem, sizeof(mem), &id), -EINVAL);
	fl->result = 0;
	node_close(fd);
}

/* Memory that isn't the VM's: the secure world sees a copy of its own. */
static void test_register_ordinary(void **state)
{
	static uint8_t mem[3 * MIPSTEE_DS_THRESHOLD];
	struct fake_link *fl = *state;
	int fd = fake_link_open(fl), small, large, id;

	small = reg(fd, mem, 100, &id);
	assert_true(small >= 0);
	assert_int_equal(fl->num_sent, 0);
	large = reg(fd, mem, sizeof(mem), &id);
	assert_true(large >= 0);
	assert_int_equal(fl->num_ds, 1);
	assert_int_equal(fake_link_last(fl)->param[0].u.tmem.size, sizeof(mem));
	node_close(small);
	node_close(large);
	assert_int_equal(fl->num_ds, 0);
	node_close(fd);
}

static void test_register_fd(void **state)
{
	struct fake_link *fl = *state;
	struct tee_ioctl_shm_register_fd_data data = { .fd = memfd_create("own", MFD_CLOEXEC) };
	int fd = fake_link_open(fl), shm;

	assert_int_equal(ftruncate((int)data.fd, 8192), 0);
	shm = node_ioctl(fd, TEE_IOC_SHM_REGISTER_FD, &data);
	assert_true(shm >= 0);
	assert_int_equal(data.size, 8192);
	assert_int_equal(data.id, 1);
	assert_int_equal(fl->num_ds, 1);
	node_close(shm);
	assert_int_equal(fl->num_ds, 0);
	close((int)data.fd);
	data.fd = fd;
	data.flags = 1;
	assert_int_equal(node_ioctl(fd, TEE_IOC_SHM_REGISTER_FD, &data), -EINVAL);
	data.flags = 0;
	data.fd = -1;
	assert_int_equal(node_ioctl(fd, TEE_IOC_SHM_REGISTER_FD, &data), -EINVAL);
	node_close(fd);
}

#define LINK_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		LINK_TEST(test_threshold),
		LINK_TEST(test_memrefs),
		LINK_TEST(test_mapping_is_the_dataspace),
		LINK_TEST(test_registration_fails),
		LINK_TEST(test_full_pool_falls_back),
		LINK_TEST(test_shm_outlives_its_file),
		LINK_TEST(test_release_after_disconnect),
		LINK_TEST(test_register_pieces),
		LINK_TEST(test_register_ordinary),
		LINK_TEST(test_register_fd),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
