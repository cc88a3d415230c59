/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/* Open files, their descriptors and mappings, with a device that counts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ree/vm/file.h"
#include "ree/vm/vm_internal.h"

#define PAGE 4096u

static unsigned int opens, releases;

static int dev_open(struct node_file *file)
{
	(void)file;
	__atomic_fetch_add(&opens, 1, __ATOMIC_RELAXED);
	return 0;
}

static void dev_release(struct node_file *file)
{
	(void)file;
	__atomic_fetch_add(&releases, 1, __ATOMIC_RELAXED);
}

static int dev_ioctl(struct node_file *file, unsigned int cmd, void *arg)
{
	(void)file;
	(void)arg;
	return (int)cmd;
}

static int dev_mmap(struct node_file *file, size_t len, int prot, void **addr)
{
	(void)file;
	*addr = mmap(NULL, len, prot, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return *addr == MAP_FAILED ? -ENOMEM : 0;
}

static const struct node_ops dev_ops = {
	.open = dev_open,
	.release = dev_release,
	.ioctl = dev_ioctl,
	.mmap = dev_mmap,
};

struct fixture {
	struct ree_vm vm;
	struct node *node;
};

static int setup(void **state)
{
	struct fixture *fx = calloc(1, sizeof(*fx));

	opens = releases = 0;
	pthread_mutex_init(&fx->vm.node_lock, NULL);
	list_init(&fx->vm.nodes);
	*state = fx;
	return node_register(&fx->vm, "dev0", &dev_ops, NULL, &fx->node);
}

static int teardown(void **state)
{
	struct fixture *fx = *state;

	assert_int_equal(opens, releases);
	node_unregister(fx->node);
	pthread_mutex_destroy(&fx->vm.node_lock);
	free(fx);
	return 0;
}

static int open_dev(struct fixture *fx)
{
	int fd = node_open(&fx->vm, "dev0", O_RDWR | O_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

static void the_last_descriptor_releases(void **state)
{
	int fd = open_dev(*state), a, b, null = open("/dev/null", O_RDWR);

	a = node_dup(fd, 0);
	b = node_dup(fd, 64);
	assert_true(a >= 0 && b >= 64);
	assert_int_equal(node_ioctl(b, 7, NULL), 7);
	assert_int_equal(node_dup3(fd, null, 0), null);
	assert_int_equal(node_dup3(fd, fd, 0), -EINVAL);
	assert_int_equal(node_dup3(fd, null, O_NONBLOCK), -EINVAL);
	assert_int_equal(node_dup3(fd, -1, 0), -EBADF);
	assert_int_equal(node_dup3(fd, INT_MAX, 0), -EBADF);
	assert_int_equal(node_dup(500, 0), -EBADF);
	assert_int_equal(node_close(fd), 0);
	assert_int_equal(node_close(fd), -EBADF);
	assert_int_equal(node_dup(fd, 0), -EBADF);
	assert_int_equal(node_ioctl(null, 8, NULL), 8);
	assert_int_equal(node_close(a), 0);
	assert_int_equal(node_close(null), 0);
	assert_int_equal(releases, 0);
	/* Over another of ours. */
	fd = open_dev(*state);
	assert_int_equal(node_dup3(fd, b, 0), b);
	assert_int_equal(releases, 1);
	node_close(fd);
	node_close(b);
}

static void what_was_closed_behind_our_back_is_forgotten(void **state)
{
	int fd = open_dev(*state), again;

	assert_int_equal(close(fd), 0);
	again = open_dev(*state);
	assert_int_equal(again, fd);
	assert_int_equal(releases, 1);
	node_forget((unsigned int)fd + 1, UINT_MAX);
	assert_int_equal(releases, 1);
	node_forget(0, (unsigned int)fd);
	assert_int_equal(releases, 2);
	assert_false(node_owns(fd));
	assert_true(fcntl(fd, F_GETFD) >= 0);
	close(fd);
}

static void a_mapping_keeps_its_file(void **state)
{
	int fd = open_dev(*state);
	uint8_t *p, *q;

	assert_int_equal(node_mmap(fd, 5 * PAGE - 1, PROT_READ | PROT_WRITE, (void **)&p), 0);
	assert_int_equal(node_mmap(fd, PAGE, PROT_READ, (void **)&q), 0);
	assert_int_equal(node_close(fd), 0);
	assert_int_equal(node_munmap(p + 2 * PAGE, PAGE), 0);
	assert_int_equal(node_munmap(p + 2 * PAGE, PAGE), -ENOENT);
	assert_int_equal(node_munmap(p + 1, PAGE), -ENOENT);
	assert_int_equal(node_munmap(p, 0), -ENOENT);
	assert_int_equal(node_munmap(p, SIZE_MAX), -ENOENT);
	p[PAGE] = p[3 * PAGE] = 1;
	assert_int_equal(node_munmap(q, 1), 0);
	assert_int_equal(node_munmap(p, 2 * PAGE), 0);
	assert_int_equal(releases, 0);
	assert_int_equal(node_munmap(p + 3 * PAGE, 2 * PAGE), 0);
	assert_int_equal(releases, 1);
	assert_int_equal(node_munmap(p, PAGE), -ENOENT);
}

static void the_vms_own_are_known(void **state)
{
	int low = open("/dev/null", O_RDWR), fd = file_reserve(low);
	unsigned int n = (unsigned int)fd;

	(void)state;
	assert_true(fd >= 512);
	assert_int_equal(fcntl(low, F_GETFD), -1);
	assert_true(node_reserved(fd));
	assert_int_equal(node_next_reserved(0, UINT_MAX), n);
	assert_int_equal(node_next_reserved(n, n), n);
	assert_int_equal(node_next_reserved(0, n - 1), UINT_MAX);
	assert_int_equal(node_next_reserved(n + 1, UINT_MAX), UINT_MAX);
	file_unreserve(fd);
	assert_false(node_reserved(fd));
	assert_int_equal(node_next_reserved(0, UINT_MAX), UINT_MAX);
	close(fd);
}

static void a_child_cant_reach_the_parents(void **state)
{
	int fd = open_dev(*state), status;
	void *p;
	pid_t pid;

	assert_int_equal(node_mmap(fd, PAGE, PROT_READ, &p), 0);
	file_table_lock();
	pid = fork();
	if (!pid) {
		bool well;

		file_fork_child();
		well = node_ioctl(fd, 1, NULL) == -EIO && node_mmap(fd, 1, 0, &p) == -EIO;
		well &= node_read(fd, NULL, 0) == -EIO && node_poll(fd, POLLIN, -1) & POLLERR;
		well &= !node_munmap(p, PAGE) && !node_close(fd) && !releases;
		fd = open_dev(*state);
		well &= node_ioctl(fd, 1, NULL) == 1 && !node_close(fd) && releases == 1;
		_exit(well ? 0 : 1);
	}
	file_table_unlock();
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(node_ioctl(fd, 1, NULL), 1);
	assert_int_equal(node_munmap(p, PAGE), 0);
	node_close(fd);
}

static void *storm(void *arg)
{
	struct fixture *fx = arg;
	unsigned int i;

	for (i = 0; i < 300; i++) {
		int fd = open_dev(fx), a = node_dup(fd, 0), b = node_dup(a, (int)(i % 100));
		void *p;

		if (node_mmap(a, 3 * PAGE, PROT_READ, &p) || node_ioctl(b, i, NULL) != (int)i)
			return NULL;
		if (node_dup3(fd, a, 0) != a || node_close(fd) || node_close(b))
			return NULL;
		if (node_munmap((uint8_t *)p + PAGE, PAGE) || node_munmap(p, 3 * PAGE))
			return NULL;
		if (node_close(a))
			return NULL;
	}
	return arg;
}

static void threads_use_the_table_together(void **state)
{
	pthread_t t[4];
	unsigned int i;
	void *ret;

	for (i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&t[i], NULL, storm, *state), 0);
	for (i = 0; i < 4; i++) {
		assert_int_equal(pthread_join(t[i], &ret), 0);
		assert_non_null(ret);
	}
	assert_int_equal(releases, 1200);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_last_descriptor_releases, setup, teardown),
		cmocka_unit_test_setup_teardown(what_was_closed_behind_our_back_is_forgotten, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_mapping_keeps_its_file, setup, teardown),
		cmocka_unit_test_setup_teardown(the_vms_own_are_known, setup, teardown),
		cmocka_unit_test_setup_teardown(a_child_cant_reach_the_parents, setup, teardown),
		cmocka_unit_test_setup_teardown(threads_use_the_table_together, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
