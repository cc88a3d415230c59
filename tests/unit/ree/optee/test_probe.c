/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/* Start-up and end of the driver: what it asks, what it refuses, what it gives back. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "tests/unit/ree/optee/fake.h"

/* Probing @fs, which the test has spoilt, answers @want and leaves nothing. */
static void refuses(struct fake_sec *fs, int want)
{
	assert_int_equal(fake_probe(fs), want);
	assert_null(fs->o);
	assert_int_equal(node_open(&fs->vm, "tee0", 0), -ENOENT);
	assert_int_equal(node_open(&fs->vm, "teepriv0", 0), -ENOENT);
	fake_down(fs);
}

static void test_wrong_api(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < 4; i++) {
		struct fake_sec *fs = fake_up();

		fs->uid[i]++;
		refuses(fs, -EINVAL);
	}
}

static void test_revision(void **state)
{
	struct fake_sec *fs = fake_up();

	(void)state;
	fs->major = 1;
	refuses(fs, -EINVAL);
	fs = fake_up();
	fs->major = 3;
	refuses(fs, -EINVAL);
	fs = fake_up();
	fs->minor = 99;
	assert_int_equal(fake_probe(fs), 0);
	fake_down(fs);
}

static void test_capabilities_refused(void **state)
{
	struct fake_sec *fs = fake_up();

	(void)state;
	fs->caps_status = OPTEE_SMC_RETURN_ENOTAVAIL;
	refuses(fs, -EINVAL);
	fs = fake_up();
	fs->caps = 0;
	refuses(fs, -ENOENT);
	fs = fake_up();
	fs->dead = true;
	refuses(fs, -EIO);
}

/* Without dynamic memory the reserved area must do (seed: its errors). */
static void test_reserved_area(void **state)
{
	static const struct {
		uint64_t start, size;
		int want;
	} cases[] = {
		{ FAKE_SHM_GPA, 2 * 4096, 0 },
		{ FAKE_SHM_GPA, 2 * 4096 - 1, -EINVAL },
		{ FAKE_SHM_GPA + 1, 3 * 4096, 0 },      /* rounded inward */
		{ FAKE_SHM_GPA + 1, 3 * 4096 - 2, -EINVAL },
		{ FAKE_SHM_GPA, 0, -EINVAL },
		{ FAKE_SHM_GPA - 4096, 16 * 4096, -EINVAL },
		{ FAKE_SHM_GPA, FAKE_SHM_PAGES * 4096 + 1, -EINVAL },
		{ FAKE_SHM_GPA, UINT64_MAX, -EINVAL },
		{ UINT64_MAX - 4096, 8192, -EINVAL },
		{ 0, UINT64_MAX, -EINVAL },
	};
	struct fake_sec *fs;
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		fs = fake_up();
		fs->caps = OPTEE_SMC_SEC_CAP_HAVE_RESERVED_SHM;
		fs->shm_start = cases[i].start;
		fs->shm_size = cases[i].size;
		if (cases[i].want) {
			refuses(fs, cases[i].want);
			continue;
		}
		assert_int_equal(fake_probe(fs), 0);
		fake_down(fs);
	}
	fs = fake_up();
	fs->caps = OPTEE_SMC_SEC_CAP_HAVE_RESERVED_SHM;
	fs->shm_status = OPTEE_SMC_RETURN_ENOTAVAIL;
	refuses(fs, -ENOENT);
	fs = fake_up();
	fs->caps = OPTEE_SMC_SEC_CAP_HAVE_RESERVED_SHM;
	fs->shm_settings = 0;
	refuses(fs, -EINVAL);
}

static void version(struct fake_sec *fs, const char *name, struct tee_ioctl_version_data *v)
{
	int fd = node_open(&fs->vm, name, 0);

	assert_true(fd >= 0);
	assert_int_equal(node_ioctl(fd, TEE_IOC_VERSION, v), 0);
	node_close(fd);
}

/* Reserved only, dynamic only, both: each works, and says what it can do. */
static void test_capability_bits(void **state)
{
	static const uint32_t kinds[] = {
		OPTEE_SMC_SEC_CAP_HAVE_RESERVED_SHM,
		OPTEE_SMC_SEC_CAP_DYNAMIC_SHM,
		OPTEE_SMC_SEC_CAP_HAVE_RESERVED_SHM | OPTEE_SMC_SEC_CAP_DYNAMIC_SHM,
		OPTEE_SMC_SEC_CAP_HAVE_RESERVED_SHM | OPTEE_SMC_SEC_CAP_RPC_ARG,
		OPTEE_SMC_SEC_CAP_DYNAMIC_SHM | OPTEE_SMC_SEC_CAP_MEMREF_NULL,
		FAKE_ALL_CAPS,
	};
	struct tee_ioctl_version_data v;
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct fake_sec *fs = fake_up_probed(kinds[i]);
		bool dynamic = kinds[i] & OPTEE_SMC_SEC_CAP_DYNAMIC_SHM;
		bool null = kinds[i] & OPTEE_SMC_SEC_CAP_MEMREF_NULL;
		int fd = fake_open(fs), small, large, id;
		uint32_t session;

		version(fs, "tee0", &v);
		assert_int_equal(v.impl_id, TEE_IMPL_ID_OPTEE);
		assert_int_equal(v.impl_caps, TEE_OPTEE_CAP_TZ);
		assert_int_equal(v.gen_caps, TEE_GEN_CAP_GP | (dynamic ? TEE_GEN_CAP_REG_MEM : 0) |
						     (null ? TEE_GEN_CAP_MEMREF_NULL : 0));
		version(fs, "teepriv0", &v);
		assert_int_equal(v.gen_caps, TEE_GEN_CAP_GP | TEE_GEN_CAP_PRIVILEGED |
						     (null ? TEE_GEN_CAP_MEMREF_NULL : 0));
		session = fake_open_session(fd);
		assert_int_equal(fake_invoke(fd, session), 0);
		small = fake_alloc(fd, 100, &id);
		large = fake_alloc(fd, 100000, &id);
		assert_true(small >= 0 && large >= 0);
		node_close(small);
		node_close(large);
		/* More than the reserved area holds. */
		large = fake_alloc(fd, FAKE_SHM_PAGES * 4096, &id);
		assert_int_equal(large >= 0, dynamic);
		if (large >= 0)
			node_close(large);
		node_close(fd);
		fake_down(fs);
	}
}

/* With RPC arguments behind each argument there is nothing to cache; else the cache is on until the end. */
static void test_cache(void **state)
{
	struct fake_sec *fs = fake_up();
	unsigned int disables;

	(void)state;
	fs->caps &= ~OPTEE_SMC_SEC_CAP_RPC_ARG;
	fs->busy_cache = 3;
	/* What an earlier driver left isn't ours to free. */
	fs->cached[0] = 1;
	fs->cached[1] = 0xdeadbeefcafe;
	fs->num_cached = 2;
	assert_int_equal(fake_probe(fs), 0);
	assert_int_equal(fs->enables, 4);
	assert_int_equal(fs->disables, 3);
	disables = fs->disables;
	optee_remove(fs->o);
	fs->o = NULL;
	assert_int_equal(fs->disables, disables + 1);
	fake_down(fs);

	fs = fake_up();
	assert_int_equal(fake_probe(fs), 0);
	assert_int_equal(fs->enables, 0);
	fake_down(fs);

	/* One that gives back without end is left alone at last. */
	fs = fake_up();
	fs->endless_cache = true;
	assert_int_equal(fake_probe(fs), 0);
	assert_true(fs->disables < 1000);
	fs->endless_cache = false;
	fake_down(fs);
}

static void test_async_notifications(void **state)
{
	struct fake_sec *fs = fake_up_probed(FAKE_ALL_CAPS | OPTEE_SMC_SEC_CAP_ASYNC_NOTIF);

	(void)state;
	assert_int_equal(fs->notif_enables, 1);
	assert_non_null(fs->notif);
	optee_remove(fs->o);
	fs->o = NULL;
	assert_null(fs->notif);
	assert_int_equal(fs->cmd[fs->num_cmds - 1], OPTEE_MSG_CMD_STOP_ASYNC_NOTIF);
	fake_down(fs);
}

static void test_devices(void **state)
{
	struct fake_sec *fs = fake_up_probed(FAKE_ALL_CAPS);
	union open_buf o = { .arg = { .num_params = 0 } };
	struct tee_ioctl_buf_data recv = { 0 };
	int clnt = fake_open(fs), supp = node_open(&fs->vm, "teepriv0", 0);

	(void)state;
	assert_true(clnt >= 0 && supp >= 0);
	/* One supplicant; any number of clients. */
	assert_int_equal(node_open(&fs->vm, "teepriv0", 0), -EBUSY);
	node_close(fake_open(fs));
	/* Each device has its own operations. */
	assert_int_equal(fake_do_open(supp, &o), -EINVAL);
	assert_int_equal(node_ioctl(clnt, TEE_IOC_SUPPL_RECV, &recv), -EINVAL);
	assert_int_equal(node_ioctl(clnt, TEE_IOC_SUPPL_SEND, &recv), -EINVAL);
	node_close(supp);
	supp = node_open(&fs->vm, "teepriv0", 0);
	assert_true(supp >= 0);
	node_close(supp);
	node_close(clnt);
	fake_down(fs);
}

static void test_offline(void **state)
{
	struct fake_sec *fs = fake_up_probed(FAKE_ALL_CAPS);
	int fd = fake_open(fs);
	uint32_t session = fake_open_session(fd);

	(void)state;
	fake_die(fs);
	assert_int_equal(fake_open(fs), -ENODEV);
	assert_int_equal(fake_invoke(fd, session), OPTEE_ERROR_COMMUNICATION);
	node_close(fd);
	fake_down(fs);
}

/* Seed 1: no memory anywhere is an error, and nothing stays. */
static void test_no_memory(void **state)
{
	struct fake_sec *fs = fake_up();
	union open_buf o = { .arg = { .num_params = 0 } };
	int fd;

	(void)state;
	fs->caps = OPTEE_SMC_SEC_CAP_DYNAMIC_SHM;
	assert_int_equal(fake_probe(fs), 0);
	fd = fake_open(fs);
	fs->ds_ret = -ENOMEM;
	assert_int_equal(fake_do_open(fd, &o), 0);
	assert_int_equal(o.arg.ret, OPTEE_ERROR_OUT_OF_MEMORY);
	assert_int_equal(o.arg.ret_origin, OPTEE_ORIGIN_COMMS);
	fs->ds_ret = 0;
	assert_int_equal(fake_invoke(fd, fake_open_session(fd)), 0);
	node_close(fd);
	fake_down(fs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wrong_api),
		cmocka_unit_test(test_revision),
		cmocka_unit_test(test_capabilities_refused),
		cmocka_unit_test(test_reserved_area),
		cmocka_unit_test(test_capability_bits),
		cmocka_unit_test(test_cache),
		cmocka_unit_test(test_async_notifications),
		cmocka_unit_test(test_devices),
		cmocka_unit_test(test_offline),
		cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
