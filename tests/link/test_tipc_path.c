/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * From a file of trusty-ipc-dev0 to a port of the secure world and back, everything real but the
 * hypervisor: both virtqueue sides, doorbells, leader and followers, endpoint table, IPC kernel.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "include/teelink/dev.h"
#include "lib/futex.h"
#include "ree/tipc/tipc.h"
#include "ree/vm/node.h"
#include "tests/link/link_hv.h"
#include "wire/tipc.h"
#include "wire/virtio_ring.h"

#define ECHO_PORT "com.android.ipc-unittest.srv.echo"

struct fixture {
	struct link_hv hv;
	struct tipc_dev *dev;
	unsigned int onlines, offlines;
};

static int on_online(void *data, struct tipc_dev *dev)
{
	struct fixture *fx = data;

	(void)dev;
	fx->onlines++;
	return 0;
}

static void on_offline(void *data, struct tipc_dev *dev)
{
	struct fixture *fx = data;

	(void)dev;
	fx->offlines++;
}

static const struct tipc_dev_ops dev_ops = { .online = on_online, .offline = on_offline };

static int start(void **state, unsigned int poll_us)
{
	struct fixture *fx = calloc(1, sizeof(*fx));

	link_hv_start(&fx->hv, poll_us);
	assert_int_equal(tipc_dev_probe(fx->hv.vm, &tipc_virtio_link, &dev_ops, fx, &fx->dev), 0);
	assert_int_equal(fx->onlines, 1);
	*state = fx;
	return 0;
}

/* The secure world sleeps at once: every message needs its kick. */
static int start_sleeping(void **state)
{
	return start(state, 0);
}

static int start_polling(void **state)
{
	return start(state, 50);
}

static int stop(void **state)
{
	struct fixture *fx = *state;

	tipc_dev_remove(fx->dev);
	assert_int_equal(fx->offlines, 1);
	link_hv_stop(&fx->hv);
	free(fx);
	return 0;
}

static int open_connected(struct fixture *fx, int flags)
{
	int fd = node_open(fx->hv.vm, "trusty-ipc-dev0", flags);

	if (fd >= 0 && node_ioctl(fd, TIPC_IOC_CONNECT, (void *)(uintptr_t)ECHO_PORT)) {
		node_close(fd);
		return -1;
	}
	return fd;
}

/* Return: whether @len bytes came back as they went. */
static bool echo(int fd, uint8_t seed, size_t len)
{
	uint8_t out[4096], in[4096];
	struct iovec o = { out, len }, i = { in, sizeof(in) };

	memset(out, seed, len);
	return node_write(fd, &o, 1) == (ssize_t)len && node_poll(fd, POLLIN, -1) == POLLIN &&
	       node_read(fd, &i, 1) == (ssize_t)len && !memcmp(in, out, len);
}

static void test_echo(void **state)
{
	struct fixture *fx = *state;
	int fd = open_connected(fx, O_RDWR);
	unsigned int i, traps;

	assert_true(fd >= 0);
	traps = __atomic_load_n(&fx->hv.traps, __ATOMIC_RELAXED);
	for (i = 0; i < 3000; i++)
		assert_true(echo(fd, (uint8_t)i, 1 + i * 7 % 4000));
	/* Messages and kicks pass the hypervisor by. */
	assert_int_equal(__atomic_load_n(&fx->hv.traps, __ATOMIC_RELAXED), traps);
	assert_int_equal(node_close(fd), 0);
}

static void test_refused(void **state)
{
	struct fixture *fx = *state;
	int fd = node_open(fx->hv.vm, "trusty-ipc-dev0", 0);
	char name[] = "no.such.port";

	assert_true(fd >= 0);
	assert_int_equal(node_ioctl(fd, TIPC_IOC_CONNECT, name), -ENOTCONN);
	assert_int_equal(node_ioctl(fd, TIPC_IOC_CONNECT, (void *)(uintptr_t)ECHO_PORT), 0);
	assert_true(echo(fd, 1, 100));
	assert_int_equal(node_close(fd), 0);
	assert_int_equal(node_open(fx->hv.vm, "trusty-ipc-dev1", 0), -ENOENT);
}

/* More connects than there are endpoints: closed ones are free again, on both sides. */
static void test_reconnect(void **state)
{
	struct fixture *fx = *state;
	unsigned int i;

	for (i = 0; i < 3 * TIPC_TEE_ADDR_MAX; i++) {
		int fd = open_connected(fx, 0);

		assert_true(fd >= 0);
		assert_true(i % 16 || echo(fd, (uint8_t)i, 64));
		assert_int_equal(node_close(fd), 0);
	}
}

static void test_several_outstanding(void **state)
{
	struct fixture *fx = *state;
	int fd = open_connected(fx, 0);
	uint32_t sent, got;
	unsigned int i, n = 6; /* fewer than the port's buffers */

	assert_true(fd >= 0);
	for (i = 0; i < n; i++) {
		sent = 0x1000 + i;
		assert_int_equal(node_write(fd, &(struct iovec){ &sent, 4 }, 1), 4);
	}
	for (i = 0; i < n; i++) {
		assert_int_equal(node_read(fd, &(struct iovec){ &got, 4 }, 1), 4);
		assert_int_equal(got, 0x1000 + i);
	}
	assert_int_equal(node_close(fd), 0);
}

#define NUM_THREADS 4u

static void *client(void *arg)
{
	struct fixture *fx = arg;
	int fd = open_connected(fx, 0);
	unsigned int i;
	bool ok = fd >= 0;

	for (i = 0; i < 500 && ok; i++)
		ok = echo(fd, (uint8_t)i, 1 + i * 13 % 2000);
	if (fd >= 0)
		node_close(fd);
	return ok ? fx : NULL;
}

static void test_threads(void **state)
{
	pthread_t thread[NUM_THREADS];
	unsigned int i;
	void *result;

	for (i = 0; i < NUM_THREADS; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, client, *state), 0);
	for (i = 0; i < NUM_THREADS; i++) {
		assert_int_equal(pthread_join(thread[i], &result), 0);
		assert_ptr_equal(result, *state);
	}
}

/* A driver that breaks a rule: the device wants a reset, and the files hear of it. */
static void test_device_breaks(void **state)
{
	struct fixture *fx = *state;
	const struct ree_vm_mem *ram = ree_vm_ram(fx->hv.vm);
	int fd = open_connected(fx, 0);
	struct iovec iov = { (char[8]){ 0 }, 8 };

	assert_true(fd >= 0);
	assert_true(echo(fd, 1, 10));
	/*
	 * Every descriptor of both queues: NEXT, over and over. The device reads the next one it
	 * takes.
	 */
	memset(ram->base, 0xff, 512);
	memset(ram->base + 4096 / 4, 0xff, 512);
	while (node_write(fd, &iov, 1) == 8 && node_poll(fd, POLLIN, -1) == POLLIN)
		node_read(fd, &iov, 1);
	assert_true(node_poll(fd, POLLIN, -1) & POLLERR);
	assert_true(link_hv_status(&fx->hv) & VIRTIO_STATUS_NEEDS_RESET);
	assert_int_equal(fx->offlines, 1);
	assert_int_equal(node_open(fx->hv.vm, "trusty-ipc-dev0", 0), -ENODEV);
	assert_int_equal(node_close(fd), 0);
}

static void *reader(void *arg)
{
	int fd = *(int *)arg;
	struct iovec iov = { (char[8]){ 0 }, 8 };

	return node_read(fd, &iov, 1) == -ESHUTDOWN ? arg : NULL;
}

static void test_tee_gone(void **state)
{
	struct fixture *fx = *state;
	int fd[2] = { open_connected(fx, 0), open_connected(fx, 0) };
	pthread_t thread[2];
	void *result;
	unsigned int i;

	for (i = 0; i < 2; i++) {
		assert_true(fd[i] >= 0);
		assert_int_equal(pthread_create(&thread[i], NULL, reader, &fd[i]), 0);
	}
	link_hv_lose_tee(&fx->hv);
	for (i = 0; i < 2; i++) {
		assert_int_equal(pthread_join(thread[i], &result), 0);
		assert_ptr_equal(result, &fd[i]);
		assert_int_equal(node_close(fd[i]), 0);
	}
	assert_true(ree_vm_dead(fx->hv.vm));
}

/* Reset and probe again: both sides start afresh. */
static void test_probe_again(void **state)
{
	struct fixture *fx = *state;
	unsigned int i;

	for (i = 0; i < 5; i++) {
		int fd = open_connected(fx, 0);

		assert_true(fd >= 0);
		assert_true(echo(fd, (uint8_t)i, 500));
		assert_int_equal(node_close(fd), 0);
		tipc_dev_remove(fx->dev);
		assert_int_equal(link_hv_status(&fx->hv), 0);
		assert_int_equal(fx->offlines, i + 1);
		assert_int_equal(tipc_dev_probe(fx->hv.vm, &tipc_virtio_link, &dev_ops, fx, &fx->dev), 0);
	}
	fx->offlines = 0;
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, start_sleeping, stop)
#define P(f) cmocka_unit_test_setup_teardown(f, start_polling, stop)
	const struct CMUnitTest tests[] = {
		T(test_echo),
		P(test_echo),
		T(test_refused),
		P(test_reconnect),
		T(test_several_outstanding),
		T(test_threads),
		P(test_threads),
		T(test_device_breaks),
		T(test_tee_gone),
		T(test_probe_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
