/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/ree/tipc_fixture.h"

static int on_online(void *data, struct tipc_dev *dev)
{
	struct fixture *fx = data;

	assert_non_null(dev);
	fx->onlines++;
	return fx->online_ret;
}

static void on_offline(void *data, struct tipc_dev *dev)
{
	struct fixture *fx = data;

	assert_non_null(dev);
	fx->offlines++;
}

const struct tipc_dev_ops fixture_dev_ops = { .online = on_online, .offline = on_offline };

static void on_event(void *data, enum tipc_chan_event event, int status)
{
	struct fixture *fx = data;

	fx->connected += event == TIPC_CHANNEL_CONNECTED;
	fx->disconnected += event == TIPC_CHANNEL_DISCONNECTED;
	fx->shutdowns += event == TIPC_CHANNEL_SHUTDOWN;
	fx->status = status;
}

static void on_msg(void *data, const volatile void *shm_msg, size_t len)
{
	struct fixture *fx = data;

	assert_true(len <= sizeof(fx->data));
	tipc_msg_copy(fx->data, shm_msg, len);
	fx->len = len;
	fx->msgs++;
	if (!fx->entered)
		return;
	sem_post(fx->entered);
	sem_wait(fx->leave);
	__atomic_store_n(&fx->left, true, __ATOMIC_RELEASE);
}

const struct tipc_chan_ops fixture_chan_ops = { .handle_event = on_event, .handle_msg = on_msg };

int tipc_fixture_setup(void **state)
{
	struct fixture *fx = calloc(1, sizeof(*fx));

	fx->vm = fake_vm_new();
	assert_int_equal(tipc_dev_probe(fx->vm, &tipc_virtio_link, &fixture_dev_ops, fx, &fx->dev), 0);
	*state = fx;
	return 0;
}

int tipc_fixture_teardown(void **state)
{
	struct fixture *fx = *state;

	tipc_dev_remove(fx->dev);
	assert_false(fx->vm->node_present);
	assert_false(fx->vm->irq_set);
	assert_int_equal(fx->onlines, fx->offlines);
	fake_vm_free(fx->vm);
	free(fx);
	return 0;
}

struct tipc_chan *chan_new(struct fixture *fx)
{
	struct tipc_chan *chan;

	assert_int_equal(tipc_chan_create(fx->dev, &fixture_chan_ops, fx, &chan), 0);
	return chan;
}

struct tipc_chan *chan_connected(struct fixture *fx)
{
	struct tipc_chan *chan = chan_new(fx);

	assert_int_equal(tipc_chan_connect_wait(chan, "echo"), 0);
	return chan;
}

int chan_send(struct tipc_chan *chan, const void *data, size_t len)
{
	struct tipc_txbuf *tx;
	int ret = tipc_chan_get_txbuf(chan, 1000, &tx);

	if (ret)
		return ret;
	assert_true(len <= tx->size);
	memcpy(tx->data, data, len);
	ret = tipc_chan_queue_msg(chan, tx, len);
	if (ret)
		tipc_chan_put_txbuf(chan, tx);
	return ret;
}

void move(struct fixture *fx)
{
	fake_device_run(fx->vm);
	fake_irq(fx->vm);
}
