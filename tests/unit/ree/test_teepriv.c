// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
/* The supplicant of a kernel's secure world, over a device that the test plays. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "include/tee_client_api.h"
#include "ree/libteec/sys.h"
#include "ree/supplicant/teepriv.h"
#include "ree/tee/uapi.h"
#include "wire/optee_msg.h"

#define DEVICE_FD 1000
#define META_ID (TEE_IOCTL_PARAM_ATTR_TYPE_VALUE_INOUT | TEE_IOCTL_PARAM_ATTR_META)
#define VALUE_IN TEE_IOCTL_PARAM_ATTR_TYPE_VALUE_INPUT
#define VALUE_OUT TEE_IOCTL_PARAM_ATTR_TYPE_VALUE_OUTPUT
#define VALUE_INOUT TEE_IOCTL_PARAM_ATTR_TYPE_VALUE_INOUT
#define MEMREF_IN TEE_IOCTL_PARAM_ATTR_TYPE_MEMREF_INPUT
#define MEMREF_OUT TEE_IOCTL_PARAM_ATTR_TYPE_MEMREF_OUTPUT
#define MEMREF_INOUT TEE_IOCTL_PARAM_ATTR_TYPE_MEMREF_INOUT
#define SHM_SIZE 65536u
#define NO_SHM UINT64_MAX
#define TA_NAME "01020304-0506-0708-090a-0b0c0d0e0f10.ta"

union message {
	struct tee_iocl_supp_recv_arg recv;
	struct tee_iocl_supp_send_arg send;
	struct {
		uint32_t words[2];
		struct tee_ioctl_param param[5];
	} m;
};

enum state { IDLE, ASKED, TAKEN, ANSWERED, ENDED };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static enum state now;
static union message msg; /* the question, then its answer */
static uint32_t impl_id, opened, closed, maps;
static int run_result, shm_fd;
static pthread_t thread;
static char dir[64], fs_dir[80];
static uint8_t *shm; /* the test's mapping */
static uint64_t shm_id;

static void become(enum state s)
{
	now = s;
	pthread_cond_broadcast(&changed);
}

static int receive(union message *to)
{
	int ret = -ENODEV;

	pthread_mutex_lock(&lock);
	while (now != ASKED && now != ENDED)
		pthread_cond_wait(&changed, &lock);
	if (now == ASKED) {
		assert(to->recv.num_params == 5 &&
		       to->m.param[0].attr == TEE_IOCTL_PARAM_ATTR_META);
		*to = msg;
		become(TAKEN);
		ret = 0;
	}
	pthread_mutex_unlock(&lock);
	return ret;
}

static int answer(const union message *from)
{
	pthread_mutex_lock(&lock);
	assert(now == TAKEN && from->send.num_params == msg.recv.num_params &&
	       from->m.param[0].attr == META_ID && from->m.param[0].a == 77);
	msg = *from;
	become(ANSWERED);
	pthread_mutex_unlock(&lock);
	return 0;
}

static int fake_open(const char *node)
{
	if (strcmp(node, "/dev/teepriv3"))
		return -ENOENT;
	opened++;
	return DEVICE_FD;
}

static int fake_ioctl(int fd, unsigned long request, void *arg)
{
	struct tee_ioctl_version_data version = { .impl_id = impl_id };
	struct tee_ioctl_shm_alloc_data *alloc = arg;
	struct tee_ioctl_buf_data *buf = arg;

	assert(fd == DEVICE_FD);
	switch (request) {
	case TEE_IOC_VERSION:
		memcpy(arg, &version, sizeof(version));
		return 0;
	case TEE_IOC_SHM_ALLOC:
		shm_fd = memfd_create("shm", MFD_CLOEXEC);
		assert(shm_fd >= 0 && !ftruncate(shm_fd, (off_t)alloc->size));
		alloc->id = 5;
		return shm_fd;
	case TEE_IOC_SUPPL_RECV:
		assert(buf->buf_len == sizeof(union message));
		return receive((void *)(uintptr_t)buf->buf_ptr);
	default:
		return answer((void *)(uintptr_t)buf->buf_ptr);
	}
}

static int fake_mmap(int fd, size_t len, void **addr)
{
	*addr = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	maps++;
	return *addr == MAP_FAILED ? -errno : 0;
}

static void fake_munmap(void *addr, size_t len)
{
	munmap(addr, len);
	maps--;
}

static void fake_close(int fd)
{
	if (fd == DEVICE_FD)
		closed++;
	else
		close(fd);
}

static const struct teec_sys_ops sys = {
	.open = fake_open,
	.ioctl = fake_ioctl,
	.mmap = fake_mmap,
	.munmap = fake_munmap,
	.close = fake_close,
};

static void *run_main(void *arg)
{
	char *dirs[] = { dir, NULL };
	const struct supplicant_config cfg = { .ta_dirs = dirs, .fs_parent = fs_dir };

	(void)arg;
	run_result = teepriv_run(&sys, NULL, &cfg);
	return NULL;
}

/* The secure world's question; its answer's parameters are in msg.m.param[1] and on. */
static uint32_t ask(uint32_t func, const struct tee_ioctl_param *p, unsigned int num)
{
	pthread_mutex_lock(&lock);
	memset(&msg, 0, sizeof(msg));
	msg.recv.func = func;
	msg.recv.num_params = num + 1;
	msg.m.param[0] = (struct tee_ioctl_param){ .attr = META_ID, .a = 77 };
	if (num)
		memcpy(&msg.m.param[1], p, num * sizeof(*p));
	become(ASKED);
	while (now != ANSWERED)
		pthread_cond_wait(&changed, &lock);
	pthread_mutex_unlock(&lock);
	return msg.send.ret;
}

static uint32_t ask_shm(uint32_t func, uint64_t b)
{
	const struct tee_ioctl_param p = { .attr = VALUE_INOUT, .b = b };

	return ask(func, &p, 1);
}

static int set_up(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/teelink-teepriv-XXXXXX");
	assert_non_null(mkdtemp(dir));
	snprintf(fs_dir, sizeof(fs_dir), "%s/deep/fs", dir);
	impl_id = TEE_IMPL_ID_OPTEE;
	opened = closed = 0;
	now = IDLE;
	assert_int_equal(pthread_create(&thread, NULL, run_main, NULL), 0);
	assert_int_equal(ask_shm(OPTEE_RPC_CMD_SHM_ALLOC, SHM_SIZE), TEEC_SUCCESS);
	shm_id = msg.m.param[1].c;
	shm = mmap(NULL, SHM_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, shm_fd, 0);
	assert_true(shm != MAP_FAILED);
	return 0;
}

static int tear_down(void **state)
{
	char cmd[128];

	(void)state;
	munmap(shm, SHM_SIZE);
	pthread_mutex_lock(&lock);
	become(ENDED);
	pthread_mutex_unlock(&lock);
	pthread_join(thread, NULL);
	assert_int_equal(run_result, -ENODEV);
	assert_int_equal(opened, closed);
	assert_int_equal(maps, 0);
	snprintf(cmd, sizeof(cmd), "rm -rf '%s'", dir);
	return system(cmd);
}

static void test_no_device(void **state)
{
	char *dirs[] = { NULL };
	const struct supplicant_config cfg = { .ta_dirs = dirs, .fs_parent = "/nowhere" };

	(void)state;
	assert_int_equal(teepriv_run(&sys, "/dev/teepriv0", &cfg), -ENODEV);
	impl_id = TEE_IMPL_ID_OPTEE + 1;
	assert_int_equal(teepriv_run(&sys, NULL, &cfg), -ENODEV);
	assert_int_equal(opened, closed);
}

static void test_memory(void **state)
{
	(void)state;
	assert_int_equal(ask_shm(OPTEE_RPC_CMD_SHM_ALLOC, 0), TEEC_ERROR_BAD_PARAMETERS);
	assert_int_equal(ask_shm(OPTEE_RPC_CMD_SHM_ALLOC, 1ull << 40), TEEC_ERROR_BAD_PARAMETERS);
	assert_int_equal(ask_shm(OPTEE_RPC_CMD_SHM_FREE, shm_id + 1), TEEC_ERROR_BAD_PARAMETERS);
	assert_int_equal(ask_shm(OPTEE_RPC_CMD_SHM_FREE, shm_id | 1ull << 32),
			 TEEC_ERROR_BAD_PARAMETERS);
	assert_int_equal(ask_shm(OPTEE_RPC_CMD_SHM_FREE, shm_id), TEEC_SUCCESS);
	assert_int_equal(ask_shm(OPTEE_RPC_CMD_SHM_FREE, shm_id), TEEC_ERROR_BAD_PARAMETERS);
}

static uint32_t load(uint8_t first, uint64_t offset, uint64_t size, uint64_t id)
{
	uint8_t uuid[16] = { first, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 };
	struct tee_ioctl_param p[2] = {
		{ .attr = VALUE_IN },
		{ .attr = MEMREF_OUT, .a = offset, .b = size, .c = id },
	};

	memcpy(&p[0].a, uuid, 8);
	memcpy(&p[0].b, uuid + 8, 8);
	return ask(OPTEE_RPC_CMD_LOAD_TA, p, 2);
}

static void test_load(void **state)
{
	char path[128];
	FILE *f;

	(void)state;
	snprintf(path, sizeof(path), "%s/" TA_NAME, dir);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs("an image", f);
	fclose(f);
	assert_int_equal(load(9, 0, 0, NO_SHM), TEEC_ERROR_ITEM_NOT_FOUND);
	assert_int_equal(load(1, 0, 0, NO_SHM), TEEC_SUCCESS);
	assert_int_equal(msg.m.param[2].b, 8);
	assert_int_equal(load(1, 0, 7, shm_id), TEEC_ERROR_SHORT_BUFFER);
	assert_int_equal(msg.m.param[2].b, 8);
	assert_int_equal(load(1, 100, 50, shm_id), TEEC_SUCCESS);
	assert_int_equal(msg.m.param[2].b, 8);
	assert_memory_equal(shm + 100, "an image", 8);
	/* Memory that isn't all there is none. */
	assert_int_equal(load(1, SHM_SIZE - 49, 50, shm_id), TEEC_SUCCESS);
	assert_int_equal(shm[SHM_SIZE - 49], 0);
}

/* A name, or two, at 0 and 4096. */
static uint32_t named(uint32_t op, uint64_t flag, const char *name, const char *to,
		      uint64_t *handle)
{
	bool two = to, opens = handle;
	struct tee_ioctl_param p[3] = {
		{ .attr = VALUE_IN, .a = op, .b = flag },
		{ .attr = MEMREF_IN, .b = strlen(name) + 1, .c = shm_id },
		{ .attr = opens ? VALUE_OUT : MEMREF_IN, .c = opens ? 0 : shm_id },
	};
	uint32_t res;

	strcpy((char *)shm, name);
	if (two) {
		strcpy((char *)shm + 4096, to);
		p[2].a = 4096;
		p[2].b = strlen(to) + 1;
	}
	res = ask(OPTEE_RPC_CMD_FS, p, 2u + (two || opens));
	if (opens)
		*handle = msg.m.param[3].a;
	return res;
}

static uint32_t transfer(uint32_t op, uint64_t handle, uint64_t at, uint64_t len)
{
	struct tee_ioctl_param p[2] = {
		{ .attr = VALUE_IN, .a = op, .b = handle, .c = at },
		{ .attr = op == OPTEE_RPC_FS_WRITE ? MEMREF_IN : MEMREF_OUT,
		  .a = 8192,
		  .b = len,
		  .c = shm_id },
	};

	return ask(OPTEE_RPC_CMD_FS, p, 2);
}

static uint32_t simple(uint32_t op, uint64_t handle, uint64_t c)
{
	const struct tee_ioctl_param p = { .attr = VALUE_IN, .a = op, .b = handle, .c = c };

	return ask(OPTEE_RPC_CMD_FS, &p, 1);
}

static void test_files(void **state)
{
	uint64_t h = 0, other;

	(void)state;
	assert_int_equal(named(OPTEE_RPC_FS_OPEN, 0, "/a/b/file", NULL, &h),
			 TEEC_ERROR_ITEM_NOT_FOUND);
	assert_int_equal(named(OPTEE_RPC_FS_CREATE, 0, "/a/b/file", NULL, &h), TEEC_SUCCESS);
	memcpy(shm + 8192, "some bytes", 10);
	assert_int_equal(transfer(OPTEE_RPC_FS_WRITE, h, 5, 10), TEEC_SUCCESS);
	assert_int_equal(simple(OPTEE_RPC_FS_TRUNCATE, h, 9), TEEC_SUCCESS);
	memset(shm + 8192, 0xee, 20);
	assert_int_equal(transfer(OPTEE_RPC_FS_READ, h, 4, 20), TEEC_SUCCESS);
	assert_int_equal(msg.m.param[2].b, 5);
	assert_memory_equal(shm + 8192, "\0some\xee", 6);
	assert_int_equal(named(OPTEE_RPC_FS_OPEN, 0, "a//b/file", NULL, &other), TEEC_SUCCESS);
	assert_int_not_equal(h, other);
	assert_int_equal(simple(OPTEE_RPC_FS_CLOSE, h, 0), TEEC_SUCCESS);
	assert_int_equal(simple(OPTEE_RPC_FS_CLOSE, h, 0), TEEC_ERROR_BAD_PARAMETERS);
	assert_int_equal(transfer(OPTEE_RPC_FS_READ, h, 0, 1), TEEC_ERROR_BAD_PARAMETERS);
	assert_int_equal(transfer(OPTEE_RPC_FS_READ, 0, 0, 1), TEEC_ERROR_BAD_PARAMETERS);
	assert_int_equal(transfer(OPTEE_RPC_FS_READ, UINT64_MAX, 0, 1), TEEC_ERROR_BAD_PARAMETERS);
	assert_int_equal(transfer(OPTEE_RPC_FS_WRITE, other, UINT64_MAX, 1),
			 TEEC_ERROR_BAD_PARAMETERS);
	/* Left open: goes with the supplicant. */
}

static void test_names(void **state)
{
	static const char *const bad[] = { "..", "../x", "a/../../x", "/..", "a/.." };
	struct tee_ioctl_param p[3] = {
		{ .attr = VALUE_IN, .a = OPTEE_RPC_FS_CREATE },
		{ .attr = MEMREF_IN, .b = 4, .c = shm_id },
		{ .attr = VALUE_OUT },
	};
	unsigned int i;
	uint64_t h;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(named(OPTEE_RPC_FS_CREATE, 0, bad[i], NULL, &h),
				 TEEC_ERROR_BAD_PARAMETERS);
	assert_int_equal(named(OPTEE_RPC_FS_CREATE, 0, "..a", NULL, &h), TEEC_SUCCESS);
	/* It ends nowhere, or is nowhere. */
	memcpy(shm, "abcd", 4);
	assert_int_equal(ask(OPTEE_RPC_CMD_FS, p, 3), TEEC_ERROR_BAD_PARAMETERS);
	p[1].c = NO_SHM;
	assert_int_equal(ask(OPTEE_RPC_CMD_FS, p, 3), TEEC_ERROR_BAD_PARAMETERS);
	p[1].c = shm_id;
	p[1].b = 0;
	assert_int_equal(ask(OPTEE_RPC_CMD_FS, p, 3), TEEC_ERROR_BAD_PARAMETERS);
}

static void test_folders(void **state)
{
	uint64_t h = 0, d = 0;
	char path[128];

	(void)state;
	assert_int_equal(named(OPTEE_RPC_FS_CREATE, 0, "f/one", NULL, &h), TEEC_SUCCESS);
	assert_int_equal(named(OPTEE_RPC_FS_CREATE, 0, "two", NULL, &h), TEEC_SUCCESS);
	assert_int_equal(named(OPTEE_RPC_FS_RENAME, 0, "two", "f/one", NULL),
			 TEEC_ERROR_ACCESS_CONFLICT);
	assert_int_equal(named(OPTEE_RPC_FS_RENAME, 1, "two", "f/one", NULL), TEEC_SUCCESS);
	assert_int_equal(named(OPTEE_RPC_FS_RENAME, 1, "two", "f/one", NULL),
			 TEEC_ERROR_ITEM_NOT_FOUND);
	assert_int_equal(named(OPTEE_RPC_FS_OPENDIR, 0, "g", NULL, &d), TEEC_ERROR_ITEM_NOT_FOUND);
	assert_int_equal(named(OPTEE_RPC_FS_OPENDIR, 0, "f", NULL, &d), TEEC_SUCCESS);
	assert_int_equal(transfer(OPTEE_RPC_FS_READDIR, d, 0, 100), TEEC_SUCCESS);
	assert_string_equal((char *)shm + 8192, "one");
	assert_int_equal(msg.m.param[2].b, 4);
	assert_int_equal(transfer(OPTEE_RPC_FS_READDIR, d, 0, 100), TEEC_ERROR_ITEM_NOT_FOUND);
	assert_int_equal(simple(OPTEE_RPC_FS_CLOSEDIR, d, 0), TEEC_SUCCESS);
	assert_int_equal(simple(OPTEE_RPC_FS_CLOSEDIR, d, 0), TEEC_ERROR_BAD_PARAMETERS);
	assert_int_equal(named(OPTEE_RPC_FS_REMOVE, 0, "f/one", NULL, NULL), TEEC_SUCCESS);
	snprintf(path, sizeof(path), "%s/f", fs_dir);
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(access(fs_dir, F_OK), 0);
	assert_int_equal(named(OPTEE_RPC_FS_REMOVE, 0, "f/one", NULL, NULL),
			 TEEC_ERROR_ITEM_NOT_FOUND);
}

static void test_others(void **state)
{
	struct tee_ioctl_param p[4] = { { .attr = VALUE_IN },
					{ .attr = VALUE_IN },
					{ .attr = VALUE_INOUT },
					{ .attr = MEMREF_INOUT, .c = NO_SHM } };

	(void)state;
	assert_int_equal(ask(OPTEE_RPC_CMD_SUPP_PLUGIN, p, 4), TEEC_ERROR_ITEM_NOT_FOUND);
	p[3].b = 1;
	assert_int_equal(ask(OPTEE_RPC_CMD_SUPP_PLUGIN, p, 4), TEEC_ERROR_BAD_PARAMETERS);
	assert_int_equal(ask(OPTEE_RPC_CMD_SUPP_PLUGIN, p, 3), TEEC_ERROR_BAD_PARAMETERS);
	assert_int_equal(ask(OPTEE_RPC_CMD_RPMB, p, 2), TEEC_ERROR_NOT_SUPPORTED);
	assert_int_equal(ask(4711, NULL, 0), TEEC_ERROR_NOT_SUPPORTED);
	assert_int_equal(ask(OPTEE_RPC_CMD_FS, NULL, 0), TEEC_ERROR_BAD_PARAMETERS);
	assert_int_equal(ask(OPTEE_RPC_CMD_LOAD_TA, p, 2), TEEC_ERROR_BAD_PARAMETERS);
	p[0].a = 99;
	assert_int_equal(ask(OPTEE_RPC_CMD_FS, p, 1), TEEC_ERROR_NOT_SUPPORTED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_device),
		cmocka_unit_test_setup_teardown(test_memory, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_load, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_files, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_names, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_folders, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_others, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
