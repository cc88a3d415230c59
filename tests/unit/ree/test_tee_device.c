/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "ree/vm/node.h"
#include "tests/unit/ree/tee_fake.h"

static int set_up(void **state)
{
	*state = fake_tee_up(&fake_tee_desc);
	return 0;
}

static int tear_down(void **state)
{
	fake_tee_down(*state);
	return 0;
}

static void test_alloc_checks_arguments(void **state)
{
	struct fake_tee *ft = *state;
	struct tee_driver_ops ops = *fake_tee_desc.ops;
	struct tee_desc desc = { .name = "x", .ops = &ops };
	struct tee_device *dev;

	assert_int_equal(tee_device_alloc(NULL, ft->subsys, ft->pool, ft, &dev), -EINVAL);
	assert_int_equal(tee_device_alloc(&desc, NULL, ft->pool, ft, &dev), -EINVAL);
	assert_int_equal(tee_device_alloc(&desc, ft->subsys, NULL, ft, &dev), -EINVAL);
	desc.name = NULL;
	assert_int_equal(tee_device_alloc(&desc, ft->subsys, ft->pool, ft, &dev), -EINVAL);
	desc = (struct tee_desc){ .name = "x" };
	assert_int_equal(tee_device_alloc(&desc, ft->subsys, ft->pool, ft, &dev), -EINVAL);
	desc.ops = &ops;
	ops.get_version = NULL;
	assert_int_equal(tee_device_alloc(&desc, ft->subsys, ft->pool, ft, &dev), -EINVAL);
	ops = *fake_tee_desc.ops;
	ops.open = NULL;
	assert_int_equal(tee_device_alloc(&desc, ft->subsys, ft->pool, ft, &dev), -EINVAL);
	ops = *fake_tee_desc.ops;
	ops.release = NULL;
	assert_int_equal(tee_device_alloc(&desc, ft->subsys, ft->pool, ft, &dev), -EINVAL);
	ops = *fake_tee_desc.ops;
	assert_int_equal(tee_device_alloc(&desc, ft->subsys, ft->pool, ft, &dev), 0);
	assert_ptr_equal(tee_get_drvdata(dev), ft);
	tee_device_unregister(dev); /* never registered: fine too */
	tee_device_unregister(NULL);
}

static int alloc_dev(struct fake_tee *ft, const struct tee_desc *desc, struct tee_device **devp)
{
	return tee_device_alloc(desc, ft->subsys, ft->pool, ft, devp);
}

static void assert_name(struct tee_device *dev, const char *name)
{
	struct tee_device_info info;

	tee_device_describe(dev, &info);
	assert_string_equal(info.name, name);
}

static void test_numbers(void **state)
{
	struct fake_tee *ft = *state;
	struct tee_device *dev[15], *priv[16], *more;
	char name[16];
	unsigned int i;

	assert_name(ft->dev, "tee0");
	for (i = 0; i < 15; i++) {
		assert_int_equal(alloc_dev(ft, &fake_tee_desc, &dev[i]), 0);
		snprintf(name, sizeof(name), "tee%u", i + 1);
		assert_name(dev[i], name);
	}
	assert_int_equal(alloc_dev(ft, &fake_tee_desc, &more), -ENOMEM);
	for (i = 0; i < 16; i++) {
		assert_int_equal(alloc_dev(ft, &fake_priv_desc, &priv[i]), 0);
		snprintf(name, sizeof(name), "teepriv%u", i);
		assert_name(priv[i], name);
	}
	assert_int_equal(alloc_dev(ft, &fake_priv_desc, &more), -ENOMEM);

	/* A number that is given back is the next one taken. */
	tee_device_unregister(dev[6]);
	assert_int_equal(alloc_dev(ft, &fake_tee_desc, &dev[6]), 0);
	assert_name(dev[6], "tee7");
	for (i = 0; i < 15; i++)
		tee_device_unregister(dev[i]);
	for (i = 0; i < 16; i++)
		tee_device_unregister(priv[i]);
}

static void test_register_twice(void **state)
{
	struct fake_tee *ft = *state;
	struct tee_subsys *other;
	struct tee_device *dev;
	int fd;

	assert_int_equal(tee_device_register(ft->dev), -EINVAL);
	fd = node_open(&ft->vm, "tee0", 0);
	assert_true(fd >= 0);
	node_close(fd);

	/* A name that is taken: another subsystem on this VM. The device can still be removed. */
	assert_int_equal(tee_subsys_create(&ft->vm, &other), 0);
	assert_int_equal(tee_device_alloc(&fake_tee_desc, other, ft->pool, ft, &dev), 0);
	assert_int_equal(tee_device_register(dev), -EEXIST);
	tee_device_unregister(dev);
	tee_subsys_destroy(other);
	tee_subsys_destroy(NULL);
}

static void test_open_and_release(void **state)
{
	struct fake_tee *ft = *state;
	struct tee_device_info info;
	int a, b;

	a = node_open(&ft->vm, "tee0", 0);
	b = node_open(&ft->vm, "tee0", 0);
	assert_true(a >= 0 && b >= 0);
	assert_int_equal(ft->opens, 2);
	tee_device_describe(ft->dev, &info);
	assert_int_equal(info.num_contexts, 2);
	assert_string_equal(info.driver, "fake");
	assert_int_equal(info.vers.impl_id, 4711);
	assert_int_equal(info.vers.gen_caps, TEE_GEN_CAP_GP);
	node_close(a);
	assert_int_equal(ft->releases, 1);
	node_close(b);
	assert_int_equal(ft->releases, 2);

	ft->open_ret = -EBUSY;
	assert_int_equal(node_open(&ft->vm, "tee0", 0), -EBUSY);
	tee_device_describe(ft->dev, &info);
	assert_int_equal(info.num_contexts, 0);
	assert_int_equal(ft->releases, 2);
}

struct unregistration {
	struct fake_tee *ft;
	unsigned int done;     /* atomic */
	unsigned int releases; /* that had been when unregister returned */
};

static void *unregister_thread(void *arg)
{
	struct unregistration *u = arg;

	tee_device_unregister(u->ft->dev);
	u->releases = __atomic_load_n(&u->ft->releases, __ATOMIC_SEQ_CST);
	__atomic_store_n(&u->done, 1, __ATOMIC_SEQ_CST);
	return NULL;
}

static void test_unregister_waits_for_users(void **state)
{
	struct fake_tee *ft = *state;
	struct unregistration u = { .ft = ft };
	struct tee_ioctl_shm_alloc_data data = { .size = 1 };
	int fd, shm_fd, probe;
	pthread_t thread;

	fd = node_open(&ft->vm, "tee0", 0);
	assert_true(fd >= 0);
	shm_fd = node_ioctl(fd, TEE_IOC_SHM_ALLOC, &data);
	assert_true(shm_fd >= 0);
	assert_int_equal(pthread_create(&thread, NULL, unregister_thread, &u), 0);
	/* Opens fail from some moment on, and for good. */
	do {
		probe = node_open(&ft->vm, "tee0", 0);
		if (probe >= 0) {
			/* Not counted as the file that the thread waits for. */
			node_close(probe);
			__atomic_sub_fetch(&ft->releases, 1, __ATOMIC_SEQ_CST);
		}
	} while (probe >= 0);
	assert_true(probe == -ENOENT || probe == -ENODEV);

	node_close(fd);
	/* The buffer still keeps context and device. */
	assert_int_equal(__atomic_load_n(&u.done, __ATOMIC_SEQ_CST), 0);
	assert_int_equal(__atomic_load_n(&ft->releases, __ATOMIC_SEQ_CST), 0);
	node_close(shm_fd);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(u.done, 1);
	assert_int_equal(u.releases, 1);
	ft->dev = NULL;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_alloc_checks_arguments, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_numbers, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_register_twice, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_open_and_release, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_unregister_waits_for_users, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
