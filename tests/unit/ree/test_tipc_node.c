/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/* Files of trusty-ipc-dev0, with the errors that Android's driver gives. */
#include <stdarg.h>
#include <setjmp.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "include/teelink/dev.h"
#include "ree/tipc/tipc.h"
#include "tests/unit/ree/fake_vm.h"

struct fixture {
	struct ree_vm *vm;
	struct tipc_dev *dev;
	unsigned int onlines;
	struct node_file file;
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
	(void)data;
	(void)dev;
}

static const struct tipc_dev_ops dev_ops = { .online = on_online, .offline = on_offline };

static int file_open(struct fixture *fx, struct node_file *file, int flags)
{
	*file = (struct node_file){ .vm = fx->vm, .node_data = fx->vm->node.data, .flags = flags };
	return fx->vm->node.ops->open(file);
}

static int setup(void **state)
{
	struct fixture *fx = calloc(1, sizeof(*fx));

	fx->vm = fake_vm_new();
	assert_int_equal(tipc_dev_probe(fx->vm, &tipc_virtio_link, &dev_ops, fx, &fx->dev), 0);
	assert_int_equal(file_open(fx, &fx->file, 0), 0);
	*state = fx;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fx = *state;

	fx->vm->node.ops->release(&fx->file);
	tipc_dev_remove(fx->dev);
	fake_vm_free(fx->vm);
	free(fx);
	return 0;
}

static int do_connect(struct node_file *file, const char *name)
{
	return file->vm->node.ops->ioctl(file, (unsigned int)TIPC_IOC_CONNECT,
					 (void *)(uintptr_t)name);
}

static ssize_t do_read(struct node_file *file, void *buf, size_t len)
{
	struct iovec iov = { buf, len };

	return file->vm->node.ops->read(file, &iov, 1);
}

static ssize_t do_write(struct node_file *file, const void *buf, size_t len)
{
	struct iovec iov = { (void *)(uintptr_t)buf, len };

	return file->vm->node.ops->write(file, &iov, 1);
}

struct polled {
	struct node_file *file;
	int wanted, ready;
};

static bool is_ready(void *arg)
{
	struct polled *p = arg;

	p->ready = p->file->vm->node.ops->poll(p->file) & (p->wanted | POLLERR);
	return p->ready;
}

static int do_poll(struct node_file *file, short events, int timeout_ms)
{
	struct polled p = { file, events, 0 };

	if (is_ready(&p))
		return p.ready;
	if (timeout_ms)
		ree_vm_wait(file->vm, is_ready, &p, timeout_ms < 0 ? 0 : (unsigned int)timeout_ms);
	else
		ree_vm_poll_irq(file->vm);
	is_ready(&p);
	return p.ready;
}

/* From the peer of the fixture's file, which is the first channel. */
static void peer_sends(struct fixture *fx, const void *data, uint16_t len)
{
	const struct tipc_msg_hdr hdr = { .src = 1000, .dst = 1024, .len = len };

	assert_true(fake_send(fx->vm, &hdr, data, len, 0));
	fake_irq(fx->vm);
}

static void peer_leaves(struct fixture *fx)
{
	struct tipc_disc_req_body body = { .target = 1024 };

	assert_true(fake_send_ctrl(fx->vm, 1000, TIPC_CTRL_DISC_REQ, &body, sizeof(body)));
	fake_irq(fx->vm);
}

static void test_unconnected(void **state)
{
	struct fixture *fx = *state;
	char buf[8];

	assert_int_equal(do_read(&fx->file, buf, sizeof(buf)), -ENOTCONN);
	assert_int_equal(do_write(&fx->file, "x", 1), -ENOTCONN);
	assert_int_equal(do_poll(&fx->file, POLLIN, -1), POLLERR);
	assert_int_equal(do_poll(&fx->file, POLLIN | POLLOUT, 0), POLLERR | POLLOUT);
	assert_int_equal(fx->vm->node.ops->ioctl(&fx->file, 0x1234, NULL), -ENOTTY);
}

static void test_connect(void **state)
{
	struct fixture *fx = *state;
	char name[300];

	memset(name, 'n', sizeof(name));
	name[256] = '\0';
	assert_int_equal(do_connect(&fx->file, NULL), -EFAULT);
	assert_int_equal(do_connect(&fx->file, name), -ENAMETOOLONG);
	assert_int_equal(do_connect(&fx->file, "none"), -ENOTCONN);
	assert_int_equal(do_connect(&fx->file, "deny"), -ENOTCONN);
	assert_int_equal(do_connect(&fx->file, "echo"), 0);
	assert_int_equal(do_connect(&fx->file, "echo"), 0);
	assert_int_equal(do_connect(&fx->file, "other"), -EISCONN);
	assert_int_equal(do_poll(&fx->file, POLLIN | POLLOUT, 0), POLLOUT);
}

static void test_connect_silent(void **state)
{
	struct fixture *fx = *state;
	char buf[8];

	assert_int_equal(do_connect(&fx->file, "silent"), -ETIMEDOUT);
	assert_int_equal(do_connect(&fx->file, "echo"), -ESHUTDOWN);
	assert_int_equal(do_read(&fx->file, buf, sizeof(buf)), -ESHUTDOWN);
	assert_int_equal(do_write(&fx->file, "x", 1), -ESHUTDOWN);
}

static void test_echo(void **state)
{
	struct fixture *fx = *state;
	uint8_t out[4080], in[4096], b[3];
	unsigned int i;

	assert_int_equal(do_connect(&fx->file, "echo"), 0);
	for (i = 0; i < 200; i++) {
		size_t len = i * 31 % 4065;

		memset(out, (int)i, sizeof(out));
		assert_int_equal(do_write(&fx->file, out, len), len);
		assert_int_equal(do_poll(&fx->file, POLLIN, -1), POLLIN);
		assert_int_equal(do_read(&fx->file, in, sizeof(in)), len);
		assert_memory_equal(in, out, len);
	}
	assert_int_equal(do_write(&fx->file, out, 4065), -EMSGSIZE); /* beyond the port's */
	assert_int_equal(do_write(&fx->file, in, 4096), -EMSGSIZE); /* beyond the buffer's */
	/* A read that is too short leaves the message. */
	assert_int_equal(do_write(&fx->file, "1234", 4), 4);
	assert_int_equal(do_poll(&fx->file, POLLIN, 1000), POLLIN);
	assert_int_equal(do_read(&fx->file, b, sizeof(b)), -EMSGSIZE);
	assert_int_equal(do_read(&fx->file, in, sizeof(in)), 4);
	assert_memory_equal(in, "1234", 4);
}

static void test_vectors(void **state)
{
	struct fixture *fx = *state;
	const struct node_ops *ops = fx->vm->node.ops;
	char text[] = "scatter", a[3], b[2], c[8];
	struct iovec out[] = { { text, 3 }, { NULL, 0 }, { text + 3, 4 } };
	struct iovec in[] = { { a, 3 }, { NULL, 0 }, { b, 2 }, { c, sizeof(c) } };
	struct iovec huge[] = { { a, SSIZE_MAX }, { a, SSIZE_MAX } };

	assert_int_equal(do_connect(&fx->file, "echo"), 0);
	assert_int_equal(ops->write(&fx->file, out, 3), 7);
	assert_int_equal(ops->read(&fx->file, in, 4), 7);
	assert_memory_equal(a, "sca", 3);
	assert_memory_equal(b, "tt", 2);
	assert_memory_equal(c, "er", 2);
	assert_int_equal(ops->write(&fx->file, huge, 2), -EINVAL);
	assert_int_equal(ops->read(&fx->file, huge, 2), -EINVAL);
	assert_int_equal(ops->read(&fx->file, in, -1), -EINVAL);
	/* An empty message is a message. */
	assert_int_equal(ops->write(&fx->file, NULL, 0), 0);
	assert_int_equal(do_poll(&fx->file, POLLIN, -1), POLLIN);
	assert_int_equal(do_read(&fx->file, c, sizeof(c)), 0);
}

static void test_nonblock(void **state)
{
	struct fixture *fx = *state;
	struct node_file file;
	unsigned int i;
	char buf[8];

	assert_int_equal(file_open(fx, &file, O_NONBLOCK), 0);
	assert_int_equal(do_connect(&file, "echo"), 0);
	assert_int_equal(do_read(&file, buf, sizeof(buf)), -EAGAIN);
	assert_int_equal(do_poll(&file, POLLIN, 0), 0);
	assert_int_equal(do_poll(&file, POLLIN, 10), 0);
	assert_int_equal(do_write(&file, "ping", 4), 4);
	assert_int_equal(do_read(&file, buf, sizeof(buf)), -EAGAIN);
	fake_device_run(fx->vm);
	assert_int_equal(do_read(&file, buf, sizeof(buf)), 4); /* takes the interrupt itself */
	assert_int_equal(do_write(&file, "ping", 4), 4);
	fake_device_run(fx->vm);
	assert_int_equal(do_poll(&file, POLLIN, 0), POLLIN);

	fx->vm->hold_tx = true;
	for (i = 0; i < TIPC_QUEUE_LEN; i++) {
		assert_int_equal(do_write(&file, "ping", 4), 4);
		fake_device_run(fx->vm);
	}
	assert_int_equal(do_write(&file, "ping", 4), -EAGAIN);
	assert_int_equal(do_write(&fx->file, "ping", 4), -ETIMEDOUT); /* the blocking one */
	fake_device_release(fx->vm);
	fx->vm->node.ops->release(&file);
}

static void test_peer_leaves(void **state)
{
	struct fixture *fx = *state;
	char buf[8];

	assert_int_equal(do_connect(&fx->file, "echo"), 0);
	peer_sends(fx, "1", 1);
	peer_sends(fx, "2", 1);
	peer_leaves(fx);
	assert_int_equal(do_poll(&fx->file, POLLIN, -1), POLLIN | POLLERR);
	/* First what was said, then that there is no more. */
	assert_int_equal(do_read(&fx->file, buf, sizeof(buf)), 1);
	assert_int_equal(buf[0], '1');
	assert_int_equal(do_read(&fx->file, buf, sizeof(buf)), 1);
	assert_int_equal(do_read(&fx->file, buf, sizeof(buf)), -ENOTCONN);
	assert_int_equal(do_write(&fx->file, "x", 1), -ENOTCONN);
	assert_int_equal(do_connect(&fx->file, "another"), 0);
}

static void test_overflow(void **state)
{
	struct fixture *fx = *state;
	unsigned int i;
	uint8_t n, got;

	assert_int_equal(do_connect(&fx->file, "echo"), 0);
	for (i = 0; i < TIPC_MAX_MSG_BUFS; i++) {
		n = (uint8_t)i;
		peer_sends(fx, &n, 1);
	}
	fake_device_run(fx->vm);
	assert_int_equal(fx->vm->num_disc, 0);
	peer_sends(fx, &n, 1); /* one too many */
	fake_device_run(fx->vm);
	assert_int_equal(fx->vm->num_disc, 1);
	for (i = 0; i < TIPC_MAX_MSG_BUFS; i++) {
		assert_int_equal(do_read(&fx->file, &got, 1), 1);
		assert_int_equal(got, i);
	}
	assert_int_equal(do_read(&fx->file, &got, 1), -ESHUTDOWN);
	assert_int_equal(do_write(&fx->file, "x", 1), -ESHUTDOWN);
}

static void test_release(void **state)
{
	struct fixture *fx = *state;
	struct node_file file;

	assert_int_equal(file_open(fx, &file, 0), 0);
	assert_int_equal(do_connect(&file, "echo"), 0);
	/* With messages unread. */
	assert_int_equal(do_write(&file, "left behind", 11), 11);
	fake_device_run(fx->vm);
	fake_irq(fx->vm);
	fx->vm->node.ops->release(&file);
	fake_device_run(fx->vm);
	assert_int_equal(fx->vm->num_disc, 1);
	/* A file that never was connected says nothing. */
	assert_int_equal(file_open(fx, &file, 0), 0);
	fx->vm->node.ops->release(&file);
	fake_device_run(fx->vm);
	assert_int_equal(fx->vm->num_disc, 1);
}

static void test_offline(void **state)
{
	struct fixture *fx = *state;
	struct node_file file;
	char buf[8];

	assert_int_equal(do_connect(&fx->file, "echo"), 0);
	assert_true(fake_send_ctrl(fx->vm, 53, TIPC_CTRL_GO_OFFLINE, NULL, 0));
	assert_int_equal(do_read(&fx->file, buf, sizeof(buf)), -ESHUTDOWN); /* was waiting */
	assert_int_equal(file_open(fx, &file, 0), -ENODEV);
	assert_true(fake_send_ctrl(fx->vm, 53, TIPC_CTRL_GO_ONLINE, NULL, 0));
	assert_int_equal(file_open(fx, &file, 0), 0); /* sees it by itself */
	assert_int_equal(fx->onlines, 2);
	assert_int_equal(do_connect(&file, "echo"), 0);
	fx->vm->node.ops->release(&file);
}

static void test_death(void **state)
{
	struct fixture *fx = *state;
	struct node_file file;
	char buf[8];

	assert_int_equal(do_connect(&fx->file, "echo"), 0);
	peer_sends(fx, "last", 4);
	fake_die(fx->vm);
	assert_int_equal(do_poll(&fx->file, POLLIN, -1), POLLIN | POLLERR);
	assert_int_equal(do_read(&fx->file, buf, sizeof(buf)), 4);
	assert_int_equal(do_read(&fx->file, buf, sizeof(buf)), -ESHUTDOWN);
	assert_int_equal(do_write(&fx->file, "x", 1), -EIO);
	assert_int_equal(do_connect(&fx->file, "echo"), -ESHUTDOWN);
	assert_int_equal(file_open(fx, &file, 0), -ENODEV);
}

#define NUM_THREADS 4u
#define NUM_ROUNDS 300u

static void *client_thread(void *arg)
{
	struct fixture *fx = arg;
	struct node_file file;
	uint32_t out[64], in[64];
	unsigned int i, j;
	void *result = fx;

	if (file_open(fx, &file, 0))
		return NULL;
	if (do_connect(&file, "echo"))
		result = NULL;
	for (i = 0; i < NUM_ROUNDS && result; i++) {
		for (j = 0; j < 64; j++)
			out[j] = i * 1000 + j;
		if (do_write(&file, out, sizeof(out)) != sizeof(out) ||
		    do_poll(&file, POLLIN, -1) != POLLIN ||
		    do_read(&file, in, sizeof(in)) != sizeof(in) || memcmp(in, out, sizeof(in)))
			result = NULL;
	}
	fx->vm->node.ops->release(&file);
	return result;
}

/* Whoever waits drives the device and takes the interrupt for all. */
static void test_threads(void **state)
{
	struct fixture *fx = *state;
	pthread_t thread[NUM_THREADS];
	unsigned int i;
	void *result;

	fx->vm->threaded = true;
	for (i = 0; i < NUM_THREADS; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, client_thread, fx), 0);
	for (i = 0; i < NUM_THREADS; i++) {
		assert_int_equal(pthread_join(thread[i], &result), 0);
		assert_ptr_equal(result, fx);
	}
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_unconnected), T(test_connect),  T(test_connect_silent), T(test_echo),
		T(test_vectors),     T(test_nonblock), T(test_peer_leaves),    T(test_overflow),
		T(test_release),     T(test_offline),  T(test_death),	       T(test_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
