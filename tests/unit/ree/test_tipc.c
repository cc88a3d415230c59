/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include <stdarg.h>
#include <setjmp.h>
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/ree/tipc_fixture.h"
#include "wire/lk_err.h"

static void test_probe(void **state)
{
	struct fixture *fx = *state;

	assert_int_equal(fx->onlines, 1);
	assert_true(fx->vm->node_present);
	assert_string_equal(fx->vm->node.name, "trusty-ipc-dev0");
	assert_ptr_equal(tipc_dev_vm(fx->dev), fx->vm);
	tipc_dev_remove(NULL);
}

static int probe_with(struct ree_vm *vm)
{
	struct fixture fx = { .vm = vm };
	int ret = tipc_dev_probe(vm, &tipc_virtio_link, &fixture_dev_ops, &fx, &fx.dev);

	if (!ret)
		tipc_dev_remove(fx.dev);
	assert_false(vm->node_present);
	assert_false(vm->irq_set);
	assert_int_equal(vm->status, 0);
	fake_vm_free(vm);
	return ret;
}

static void test_probe_config(void **state)
{
	const struct {
		uint32_t size, align;
		const char *name;
		int ret;
	} c[] = {
		{ 4096, 4096, "dev0", 0 },
		{ 512, 64, "a_B-9", 0 },
		{ 1024, 0, "dev0", 0 },
		{ 511, 64, "dev0", -EIO },
		{ 4097, 4096, "dev0", -EIO },
		{ 0, 4096, "dev0", -EIO },
		{ 0xffffffffu, 4096, "dev0", -EIO },
		{ 4096, 8192, "dev0", -EIO },
		{ 4096, 48, "dev0", -EIO },
		{ 512, 4096, "dev0", -EIO },
		{ 4096, 4096, "", -EIO },
		{ 4096, 4096, "../tee0", -EIO },
		{ 4096, 4096, "dev\n", -EIO },
		{ 4096, 4096, "0123456789012345678901234567890", 0 },
		{ 4096, 4096, "01234567890123456789012345678901", -EIO }, /* no end */
	};
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(c) / sizeof(c[0]); i++) {
		struct ree_vm *vm = fake_vm_new();

		vm->config.msg_buf_max_size = c[i].size;
		vm->config.msg_buf_alignment = c[i].align;
		memset(vm->config.dev_name, 0, sizeof(vm->config.dev_name));
		memcpy(vm->config.dev_name, c[i].name, strlen(c[i].name));
		assert_int_equal(probe_with(vm), c[i].ret);
	}
}

static void test_probe_fails(void **state)
{
	struct fixture fx = { .online_ret = -ENOSPC };
	struct ree_vm *vm = fake_vm_new();

	(void)state;
	vm->silent_online = true;
	assert_int_equal(probe_with(vm), -ETIMEDOUT);
	vm = fake_vm_new();
	vm->magic = 0;
	assert_int_equal(probe_with(vm), -ENODEV);
	vm = fake_vm_new();
	vm->ram.size = 16384; /* rings fit, buffers don't */
	assert_int_equal(probe_with(vm), -ENOMEM);
	vm = fake_vm_new();
	assert_int_equal(tipc_dev_probe(vm, &tipc_virtio_link, &fixture_dev_ops, &fx, &fx.dev), -ENOSPC);
	assert_int_equal(fx.onlines, 1);
	assert_int_equal(fx.offlines, 0);
	assert_int_equal(probe_with(vm), 0); /* nothing was left behind */
}

static void test_probe_every_access_fails(void **state)
{
	unsigned int at;
	int ret = -EIO;

	(void)state;
	for (at = 1; ret; at++) {
		struct ree_vm *vm = fake_vm_new();
		struct fixture fx = { .vm = vm };

		vm->fail_at = at;
		ret = tipc_dev_probe(vm, &tipc_virtio_link, &fixture_dev_ops, &fx, &fx.dev);
		if (ret)
			assert_int_equal(ret, -EIO);
		else
			tipc_dev_remove(fx.dev);
		fake_vm_free(vm);
		assert_true(at < 300);
	}
	assert_true(at > 40);
}

static void test_echo(void **state)
{
	struct fixture *fx = *state;
	struct tipc_chan *chan = chan_new(fx);
	unsigned int i;
	uint8_t out[4064];

	assert_int_equal(tipc_chan_state(chan), TIPC_DISCONNECTED);
	assert_int_equal(chan_send(chan, "x", 1), -ENOTCONN);
	assert_int_equal(tipc_chan_connect_wait(chan, "echo"), 0);
	assert_int_equal(fx->connected, 1);
	assert_int_equal(tipc_chan_state(chan), TIPC_CONNECTED);
	assert_int_equal(tipc_chan_max_msg_size(chan), 4064);
	for (i = 0; i < 300; i++) { /* many times around both rings */
		size_t len = i * 41 % sizeof(out);

		memset(out, (int)i, sizeof(out));
		assert_int_equal(chan_send(chan, out, len), 0);
		move(fx);
		assert_int_equal(fx->msgs, i + 1);
		assert_int_equal(fx->len, len);
		assert_memory_equal(fx->data, out, len);
	}
	assert_int_equal(fx->vm->last_hdr.src, TIPC_MIN_LOCAL_ADDR);
	assert_int_equal(fx->vm->last_hdr.dst, TIPC_TEE_ADDR_BASE);
	assert_int_equal(fx->vm->last_hdr.flags, 0);
	tipc_chan_destroy(chan);
	fake_device_run(fx->vm);
	assert_int_equal(fx->vm->num_disc, 1);
	assert_int_equal(fx->vm->last_disc.target, TIPC_TEE_ADDR_BASE);
	tipc_chan_destroy(NULL);
}

static void test_connect(void **state)
{
	struct fixture *fx = *state;
	struct tipc_chan *chan = chan_new(fx);
	char name[TIPC_MAX_SRV_NAME_LEN + 1];

	memset(name, 'n', sizeof(name));
	name[256] = '\0';
	assert_int_equal(tipc_chan_connect(chan, name), -EINVAL);
	assert_int_equal(tipc_chan_connect_wait(chan, "none"), -ECONNREFUSED);
	assert_int_equal(fx->status, ERR_NOT_FOUND);
	assert_int_equal(fx->disconnected, 1);
	assert_int_equal(tipc_chan_connect_wait(chan, "deny"), -EACCES);
	assert_int_equal(fx->status, ERR_ACCESS_DENIED);

	assert_int_equal(tipc_chan_connect(chan, "echo"), 0);
	assert_int_equal(tipc_chan_state(chan), TIPC_CONNECTING);
	assert_int_equal(tipc_chan_connect(chan, "echo"), 0);
	assert_int_equal(tipc_chan_connect(chan, "other"), -EALREADY);
	assert_int_equal(chan_send(chan, "x", 1), -ENOTCONN);
	move(fx);
	assert_int_equal(fx->connected, 1);
	assert_int_equal(tipc_chan_connect(chan, "echo"), 0);
	assert_int_equal(tipc_chan_connect_wait(chan, "echo"), 0);
	assert_int_equal(tipc_chan_connect(chan, "other"), -EISCONN);
	assert_int_equal(fx->vm->num_conn, 3);

	tipc_chan_shutdown(chan);
	tipc_chan_shutdown(chan);
	assert_int_equal(tipc_chan_connect(chan, "echo"), -ESHUTDOWN);
	assert_int_equal(chan_send(chan, "x", 1), -ESHUTDOWN);
	tipc_chan_destroy(chan);
	move(fx);
	assert_int_equal(fx->vm->num_disc, 1);

	chan = chan_new(fx);
	name[255] = '\0';
	assert_int_equal(tipc_chan_connect_wait(chan, name), 0);
	tipc_chan_destroy(chan);
}

static void test_connect_silent(void **state)
{
	struct fixture *fx = *state;
	struct tipc_chan *chan = chan_new(fx);
	struct tipc_conn_rsp_body rsp = {
		.target = TIPC_MIN_LOCAL_ADDR,
		.remote = 1000,
		.max_msg_size = 64,
		.max_msg_cnt = 1,
	};

	assert_int_equal(tipc_chan_connect_wait(chan, "silent"), -ETIMEDOUT);
	assert_int_equal(tipc_chan_state(chan), TIPC_STALE);
	move(fx);
	assert_int_equal(fx->vm->num_disc, 1);
	assert_int_equal(fx->vm->last_hdr.src, TIPC_MIN_LOCAL_ADDR);
	/* The answer that comes too late connects nobody, the address's next owner least of all. */
	assert_true(fake_send_ctrl(fx->vm, TIPC_CTRL_ADDR, TIPC_CTRL_CONN_RSP, &rsp, sizeof(rsp)));
	move(fx);
	assert_int_equal(tipc_chan_state(chan), TIPC_STALE);
	tipc_chan_destroy(chan);
	chan = chan_new(fx);
	assert_int_equal(tipc_chan_connect(chan, "silent"), 0);
	assert_true(fake_send_ctrl(fx->vm, TIPC_CTRL_ADDR, TIPC_CTRL_CONN_RSP, &rsp, sizeof(rsp)));
	move(fx);
	assert_int_equal(tipc_chan_state(chan), TIPC_CONNECTING);
	assert_int_equal(fx->connected, 0);
	tipc_chan_destroy(chan);
}

static void test_msg_size(void **state)
{
	struct fixture *fx = *state;
	struct tipc_chan *chan;
	uint8_t out[4096] = { 0 };

	fx->vm->max_msg_size = 100;
	chan = chan_connected(fx);
	assert_int_equal(tipc_chan_max_msg_size(chan), 100);
	assert_int_equal(chan_send(chan, out, 100), 0);
	assert_int_equal(chan_send(chan, out, 101), -EMSGSIZE);
	tipc_chan_destroy(chan);
	fx->vm->max_msg_size = 0xffffffffu;
	chan = chan_connected(fx);
	assert_int_equal(tipc_chan_max_msg_size(chan), 4080);
	assert_int_equal(chan_send(chan, out, 4080), 0);
	move(fx);
	assert_int_equal(fx->len, 4080);
	tipc_chan_destroy(chan);
}

static void test_max_chans(void **state)
{
	struct fixture *fx = *state;
	struct tipc_chan *chan[TIPC_TEE_ADDR_MAX], *more;
	unsigned int i;

	for (i = 0; i < TIPC_TEE_ADDR_MAX; i++)
		chan[i] = chan_new(fx);
	assert_int_equal(tipc_chan_create(fx->dev, &fixture_chan_ops, fx, &more), -ENOSPC);
	tipc_chan_destroy(chan[7]);
	chan[7] = chan_new(fx);
	/* The slot is used again, its address isn't. */
	assert_int_equal(tipc_chan_connect(chan[7], "silent"), 0);
	move(fx);
	assert_int_equal(fx->vm->last_hdr.src, TIPC_MIN_LOCAL_ADDR + 256 + 7);
	for (i = 0; i < TIPC_TEE_ADDR_MAX; i++)
		tipc_chan_destroy(chan[i]);
}

static void test_txbufs(void **state)
{
	struct fixture *fx = *state;
	struct tipc_chan *chan = chan_connected(fx);
	struct tipc_txbuf *tx, *held[TIPC_QUEUE_LEN];
	unsigned int i;

	fx->vm->hold_tx = true;
	fx->vm->mute = true;
	for (i = 0; i < TIPC_QUEUE_LEN; i++)
		assert_int_equal(chan_send(chan, &i, sizeof(i)), 0);
	fake_device_run(fx->vm);
	assert_int_equal(tipc_chan_get_txbuf(chan, 0, &tx), -EAGAIN);
	assert_int_equal(tipc_chan_get_txbuf(chan, 15000, &tx), -ETIMEDOUT);
	/* DISC_REQ waits for a buffer; nobody waits for DISC_REQ. */
	tipc_chan_destroy(chan);
	fake_device_run(fx->vm);
	assert_int_equal(fx->vm->num_disc, 0);
	fx->vm->hold_tx = false;
	fake_device_release(fx->vm);
	move(fx);
	fake_device_run(fx->vm);
	assert_int_equal(fx->vm->num_disc, 1);
	assert_int_equal(fx->vm->last_disc.target, TIPC_TEE_ADDR_BASE);

	chan = chan_connected(fx);
	for (i = 0; i < TIPC_QUEUE_LEN; i++) {
		assert_int_equal(tipc_chan_get_txbuf(chan, 0, &held[i]), 0);
		assert_int_equal(held[i]->size, 4080);
	}
	assert_int_equal(tipc_chan_get_txbuf(chan, 0, &tx), -EAGAIN);
	tipc_chan_shutdown(chan);
	fake_device_run(fx->vm);
	assert_int_equal(fx->vm->num_disc, 1);
	tipc_chan_put_txbuf(chan, held[0]); /* takes DISC_REQ along */
	fake_device_run(fx->vm);
	assert_int_equal(fx->vm->num_disc, 2);
	for (i = 1; i < TIPC_QUEUE_LEN; i++)
		tipc_chan_put_txbuf(chan, held[i]);
	assert_int_equal(tipc_chan_get_txbuf(chan, 0, &tx), 0);
	tipc_chan_put_txbuf(chan, tx);
	tipc_chan_destroy(chan);
}

/* How many messages the device can send before the driver looks. */
static unsigned int send_all(struct fixture *fx)
{
	const struct tipc_msg_hdr hdr = { .src = TIPC_TEE_ADDR_BASE, .dst = TIPC_MIN_LOCAL_ADDR, .len = 4 };
	unsigned int n = 0;

	while (n < 2 * TIPC_QUEUE_LEN && fake_send(fx->vm, &hdr, "data", 4, 0))
		n++;
	fake_irq(fx->vm);
	return n;
}

static void test_rx_buffers(void **state)
{
	struct fixture *fx = *state;
	struct tipc_chan *chan = chan_connected(fx);
	unsigned int before = fx->msgs, few = send_all(fx), num = few, sent = few;

	/* A few that go round, until they were too few. */
	assert_in_range(few, 1, TIPC_QUEUE_LEN / 4);
	while (num < TIPC_QUEUE_LEN) {
		assert_int_equal(send_all(fx), 2 * num);
		num *= 2;
		sent += num;
	}
	assert_int_equal(send_all(fx), TIPC_QUEUE_LEN);
	assert_int_equal(fx->msgs, before + sent + TIPC_QUEUE_LEN);
	tipc_chan_destroy(chan);
}

static void test_peer_disconnects(void **state)
{
	struct fixture *fx = *state;
	struct tipc_chan *chan = chan_connected(fx);
	struct tipc_disc_req_body body = { .target = TIPC_MIN_LOCAL_ADDR };

	assert_true(fake_send_ctrl(fx->vm, 1234, TIPC_CTRL_DISC_REQ, &body, sizeof(body)));
	move(fx);
	assert_int_equal(tipc_chan_state(chan), TIPC_CONNECTED); /* a stranger */
	assert_true(fake_send_ctrl(fx->vm, 1000, TIPC_CTRL_DISC_REQ, &body, sizeof(body)));
	assert_true(fake_send_ctrl(fx->vm, 1000, TIPC_CTRL_DISC_REQ, &body, sizeof(body)));
	move(fx);
	assert_int_equal(fx->disconnected, 1);
	assert_int_equal(tipc_chan_state(chan), TIPC_DISCONNECTED);
	assert_int_equal(chan_send(chan, "x", 1), -ENOTCONN);
	assert_int_equal(tipc_chan_connect_wait(chan, "again"), 0);
	tipc_chan_destroy(chan);
}

/* Offline and online again: channels are stale, new ones work. */
static void test_offline(void **state)
{
	struct fixture *fx = *state;
	struct tipc_chan *chan = chan_connected(fx), *other;
	struct tipc_txbuf *tx;

	assert_true(fake_send_ctrl(fx->vm, TIPC_CTRL_ADDR, TIPC_CTRL_GO_OFFLINE, NULL, 0));
	assert_true(fake_send_ctrl(fx->vm, TIPC_CTRL_ADDR, TIPC_CTRL_GO_OFFLINE, NULL, 0));
	move(fx);
	assert_int_equal(fx->offlines, 1);
	assert_int_equal(fx->shutdowns, 1);
	assert_int_equal(tipc_chan_state(chan), TIPC_STALE);
	assert_int_equal(tipc_chan_get_txbuf(chan, 0, &tx), -EIO);
	assert_int_equal(tipc_chan_create(fx->dev, &fixture_chan_ops, fx, &other), -ENODEV);
	assert_true(fake_send_ctrl(fx->vm, TIPC_CTRL_ADDR, TIPC_CTRL_GO_ONLINE, NULL, 0));
	assert_true(fake_send_ctrl(fx->vm, TIPC_CTRL_ADDR, TIPC_CTRL_GO_ONLINE, NULL, 0));
	move(fx);
	assert_int_equal(fx->onlines, 1); /* not in the interrupt */
	tipc_dev_settle(fx->dev);
	tipc_dev_settle(fx->dev);
	assert_int_equal(fx->onlines, 2);
	assert_int_equal(tipc_chan_connect(chan, "echo"), -ESHUTDOWN);
	other = chan_connected(fx);
	tipc_chan_destroy(other);
	tipc_chan_destroy(chan);

	/* The listener refuses: it isn't told of the next end. */
	assert_true(fake_send_ctrl(fx->vm, TIPC_CTRL_ADDR, TIPC_CTRL_GO_OFFLINE, NULL, 0));
	assert_true(fake_send_ctrl(fx->vm, TIPC_CTRL_ADDR, TIPC_CTRL_GO_ONLINE, NULL, 0));
	fx->online_ret = -EBUSY;
	move(fx);
	tipc_dev_settle(fx->dev);
	assert_int_equal(fx->onlines--, 3);
	assert_int_equal(fx->offlines, 2);
}

static void test_death(void **state)
{
	struct fixture *fx = *state;
	struct tipc_chan *chan = chan_connected(fx), *connecting = chan_new(fx);

	assert_int_equal(tipc_chan_connect(connecting, "echo"), 0);
	fake_die(fx->vm);
	assert_int_equal(fx->shutdowns, 2);
	assert_int_equal(fx->offlines, 1);
	assert_int_equal(tipc_chan_state(chan), TIPC_STALE);
	assert_int_equal(chan_send(chan, "x", 1), -EIO);
	assert_int_equal(tipc_chan_connect_wait(connecting, "echo"), -ESHUTDOWN);
	tipc_chan_destroy(chan);
	tipc_chan_destroy(connecting);
}

static void *irq_thread(void *arg)
{
	struct fixture *fx = arg;

	ree_vm_poll_irq(fx->vm);
	return NULL;
}

static void *destroy_thread(void *arg)
{
	void **args = arg;
	struct fixture *fx = args[0];

	tipc_chan_destroy(args[1]);
	/* The operation that ran has ended. */
	return __atomic_load_n(&fx->left, __ATOMIC_ACQUIRE) ? fx : NULL;
}

static void test_destroy_waits(void **state)
{
	struct fixture *fx = *state;
	struct tipc_chan *chan = chan_connected(fx);
	void *args[2] = { fx, chan };
	pthread_t irq, destroy;
	sem_t entered, leave;
	unsigned int i;
	void *result;

	sem_init(&entered, 0, 0);
	sem_init(&leave, 0, 0);
	assert_int_equal(chan_send(chan, "hello", 5), 0);
	fake_device_run(fx->vm);
	fx->entered = &entered;
	fx->leave = &leave;
	assert_int_equal(pthread_create(&irq, NULL, irq_thread, fx), 0);
	sem_wait(&entered);
	assert_int_equal(pthread_create(&destroy, NULL, destroy_thread, args), 0);
	for (i = 0; i < 1000; i++)
		sched_yield(); /* time to do wrong */
	sem_post(&leave);
	assert_int_equal(pthread_join(destroy, &result), 0);
	assert_ptr_equal(result, fx);
	assert_int_equal(pthread_join(irq, NULL), 0);
	fx->entered = NULL;
	sem_destroy(&entered);
	sem_destroy(&leave);
}

static void test_remove_before_channels(void **state)
{
	struct fixture *fx = *state;
	struct tipc_dev *dev;
	struct fixture f = { .vm = fake_vm_new() };
	struct tipc_chan *chan;
	struct tipc_txbuf *tx;

	(void)fx;
	assert_int_equal(tipc_dev_probe(f.vm, &tipc_virtio_link, &fixture_dev_ops, &f, &dev), 0);
	f.dev = dev;
	chan = chan_connected(&f);
	tipc_dev_remove(dev);
	assert_int_equal(f.shutdowns, 1);
	assert_int_equal(f.offlines, 1);
	assert_int_equal(tipc_chan_get_txbuf(chan, 1000, &tx), -EIO);
	assert_int_equal(tipc_chan_connect(chan, "echo"), -ESHUTDOWN);
	tipc_chan_destroy(chan);
	fake_vm_free(f.vm);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, tipc_fixture_setup, tipc_fixture_teardown)
	const struct CMUnitTest tests[] = {
		T(test_probe),
		cmocka_unit_test(test_probe_config),
		cmocka_unit_test(test_probe_fails),
		cmocka_unit_test(test_probe_every_access_fails),
		T(test_echo),
		T(test_connect),
		T(test_connect_silent),
		T(test_msg_size),
		T(test_max_chans),
		T(test_txbufs), T(test_rx_buffers),
		T(test_peer_disconnects),
		T(test_offline),
		T(test_death),
		T(test_destroy_waits),
		T(test_remove_before_channels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
