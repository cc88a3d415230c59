/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/* A device that breaks each rule in turn: the driver survives and refuses. */
#include <stdarg.h>
#include <setjmp.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/ree/tipc_fixture.h"
#include "wire/lk_err.h"

/* Everything of a message can be wrong; the right one that follows still works. */
static void check_alive(struct fixture *fx, struct tipc_chan *chan)
{
	unsigned int before = fx->msgs;

	move(fx);
	assert_int_equal(fx->msgs, before);
	assert_int_equal(fx->disconnected + fx->shutdowns, 0);
	assert_int_equal(fx->connected, 1);
	assert_int_equal(chan_send(chan, "alive", 5), 0);
	move(fx);
	assert_int_equal(fx->msgs, before + 1);
	assert_memory_equal(fx->data, "alive", 5);
}

static void test_hostile_headers(void **state)
{
	struct fixture *fx = *state;
	struct tipc_chan *chan = chan_connected(fx);
	const struct {
		struct tipc_msg_hdr hdr;
		uint32_t used_len;
	} bad[] = {
		{ { .src = 1000, .dst = 1024, .len = 8 }, 23 },
		{ { .src = 1000, .dst = 1024, .len = 8 }, 25 },
		{ { .src = 1000, .dst = 1024, .len = 8 }, 15 },
		{ { .src = 1000, .dst = 1024, .len = 8 }, 1 },
		{ { .src = 1000, .dst = 1024, .len = 8 }, 4096 },
		{ { .src = 1000, .dst = 1024, .len = 0xffff }, 24 },
		{ { .src = 1000, .dst = 1024, .len = 0xfff8 }, 8 },
		{ { .src = 1001, .dst = 1024, .len = 8 }, 24 }, /* not the peer */
		{ { .src = 0, .dst = 1024, .len = 8 }, 24 },
		{ { .src = 1000, .dst = 1025, .len = 8 }, 24 }, /* no such channel */
		{ { .src = 1000, .dst = 1024 + 256, .len = 8 }, 24 },
		{ { .src = 1000, .dst = 0, .len = 8 }, 24 },
		{ { .src = 1000, .dst = 0xffffffffu, .len = 8 }, 24 },
		{ { .src = 1000, .dst = 1024, .shm_cnt = 1, .len = 8 }, 24 },
	};
	unsigned int i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_true(fake_send(fx->vm, &bad[i].hdr, "12345678", 8, bad[i].used_len));
		check_alive(fx, chan);
	}
	tipc_chan_destroy(chan);
}

static void test_hostile_ctrl(void **state)
{
	struct fixture *fx = *state;
	struct tipc_chan *chan = chan_connected(fx);
	uint8_t zero[256] = { 0 };
	uint32_t type;
	uint16_t len;

	/*
	 * Every type at every length but its own, with the body length that fits and with others.
	 */
	for (type = 0; type < 8; type++) {
		for (len = 0; len < 48; len++) {
			struct tipc_ctrl_msg ctrl = { .type = type };
			struct tipc_msg_hdr hdr = { .src = 53, .dst = 53, .len = len };
			uint8_t msg[64] = { 0 };
			unsigned int i;

			for (i = 0; i < 4; i++) {
				const uint32_t body[] = { len - 8u, 0, 0xffffffffu, 0xfffffff8u };

				if (len == 8 && (type == 1 || type == 2) && body[i] == 0)
					continue;
				if (type == 5 && len == 12)
					continue; /* well-formed, below */
				ctrl.body_len = body[i];
				memcpy(msg, &ctrl, sizeof(ctrl));
				assert_true(fake_send(fx->vm, &hdr, msg, len, 0));
			}
			move(fx);
		}
		check_alive(fx, chan);
	}
	/* The right form from somebody who may not send it. */
	for (type = 1; type <= 4; type++) {
		size_t body = type == 4 ? sizeof(struct tipc_conn_rsp_body) : type == 3 ? 256 : 0;

		assert_true(fake_send_ctrl(fx->vm, 1000, type, zero, body));
		check_alive(fx, chan);
	}
	assert_int_equal(fx->offlines, 0);
	tipc_chan_destroy(chan);
}

static void test_hostile_conn_rsp(void **state)
{
	struct fixture *fx = *state;
	struct tipc_chan *connected = chan_connected(fx), *chan = chan_new(fx);
	const struct tipc_conn_rsp_body good = {
		.target = 1025,
		.remote = 1001,
		.max_msg_size = 64,
		.max_msg_cnt = 1,
	};
	struct tipc_conn_rsp_body rsp = good;
	unsigned int i;

	/* To a channel that asked for nothing, and to one that has its answer. */
	assert_true(fake_send_ctrl(fx->vm, 53, TIPC_CTRL_CONN_RSP, &rsp, sizeof(rsp)));
	rsp.target = 1024;
	assert_true(fake_send_ctrl(fx->vm, 53, TIPC_CTRL_CONN_RSP, &rsp, sizeof(rsp)));
	rsp.target = 7;
	assert_true(fake_send_ctrl(fx->vm, 53, TIPC_CTRL_CONN_RSP, &rsp, sizeof(rsp)));
	check_alive(fx, connected);
	assert_int_equal(tipc_chan_state(chan), TIPC_DISCONNECTED);

	for (i = 0; i < 4; i++) {
		rsp = good;
		rsp.remote = i == 0 ? 0 : i == 1 ? TIPC_CTRL_ADDR : rsp.remote;
		rsp.max_msg_size = i == 2 ? 0 : rsp.max_msg_size;
		rsp.max_msg_cnt = i == 3 ? 0 : rsp.max_msg_cnt;
		assert_int_equal(tipc_chan_connect(chan, "silent"), 0);
		assert_true(fake_send_ctrl(fx->vm, 53, TIPC_CTRL_CONN_RSP, &rsp, sizeof(rsp)));
		move(fx);
		assert_int_equal(fx->disconnected, i + 1);
		assert_int_equal(fx->status, ERR_NOT_VALID);
		assert_int_equal(tipc_chan_state(chan), TIPC_DISCONNECTED);
	}
	tipc_chan_destroy(chan);
	tipc_chan_destroy(connected);
}

static uint8_t *used_ring(struct fixture *fx, unsigned int q)
{
	return fx->vm->ram.base + (fx->vm->q[q].used - FAKE_RAM_GPA);
}

static void check_dead(struct fixture *fx, struct tipc_chan *chan)
{
	struct tipc_chan *other;

	fake_irq(fx->vm);
	assert_int_equal(fx->shutdowns, 1);
	assert_int_equal(fx->offlines, 1);
	assert_int_equal(chan_send(chan, "x", 1), -EIO);
	assert_int_equal(tipc_chan_create(fx->dev, &fixture_chan_ops, fx, &other), -ENODEV);
	/* Nothing brings it back. */
	assert_int_equal(fx->onlines, 1);
	tipc_chan_destroy(chan);
}

static void test_hostile_rx_index(void **state)
{
	struct fixture *fx = *state;
	struct tipc_chan *chan = chan_connected(fx);
	uint16_t idx = 0x4000;

	memcpy(used_ring(fx, TIPC_VQ_TX) + 2, &idx, sizeof(idx));
	check_dead(fx, chan);
}

static void test_hostile_rx_id(void **state)
{
	struct fixture *fx = *state;
	struct tipc_chan *chan = chan_connected(fx);
	const struct tipc_msg_hdr hdr = { .src = 1000, .dst = 1024 };
	/* GO_ONLINE and CONN_RSP have gone before. */
	uint8_t *entry = used_ring(fx, TIPC_VQ_TX) + 4 + 8 * 2;
	uint32_t id = 32;

	assert_true(fake_send(fx->vm, &hdr, NULL, 0, 0));
	memcpy(entry, &id, sizeof(id));
	check_dead(fx, chan);
}

static void test_hostile_rx_len(void **state)
{
	struct fixture *fx = *state;
	struct tipc_chan *chan = chan_connected(fx);
	const struct tipc_msg_hdr hdr = { .src = 1000, .dst = 1024 };

	assert_true(fake_send(fx->vm, &hdr, NULL, 0, 4097));
	check_dead(fx, chan);
}

static void test_hostile_tx_index(void **state)
{
	struct fixture *fx = *state;
	struct tipc_chan *chan = chan_connected(fx);
	struct tipc_txbuf *tx[TIPC_QUEUE_LEN], *more;
	uint16_t idx = 0x4000;
	unsigned int i;

	for (i = 0; !tipc_chan_get_txbuf(chan, 0, &tx[i]); i++)
		;
	memcpy(used_ring(fx, TIPC_VQ_RX) + 2, &idx, sizeof(idx));
	assert_int_equal(tipc_chan_get_txbuf(chan, 15000, &more), -EIO);
	while (i--)
		tipc_chan_put_txbuf(chan, tx[i]);
	check_dead(fx, chan);
}

/* All of link RAM turned to noise under the driver: it ends, it doesn't fall. */
static void test_hostile_noise(void **state)
{
	struct fixture *fx = *state;
	struct tipc_chan *chan;
	unsigned int seed, i;

	for (seed = 1; seed < 50; seed++) {
		struct tipc_dev *dev;
		struct fixture *f = calloc(1, sizeof(*f));
		uint32_t x = seed * 2654435761u;

		f->vm = fake_vm_new();
		assert_int_equal(tipc_dev_probe(f->vm, &tipc_virtio_link, &fixture_dev_ops, f, &dev), 0);
		f->dev = dev;
		chan = chan_connected(f);
		for (i = 0; i < FAKE_RAM_SIZE; i++) {
			x = x * 1664525u + 1013904223u;
			f->vm->ram.base[i] = (uint8_t)(x >> 24);
		}
		f->vm->irq.handle(f->vm->irq.data);
		chan_send(chan, "x", 1);
		f->vm->irq.handle(f->vm->irq.data);
		tipc_chan_destroy(chan);
		tipc_dev_remove(dev);
		assert_int_equal(f->onlines, f->offlines);
		fake_vm_free(f->vm);
		free(f);
	}
	assert_int_equal(fx->onlines, 1);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, tipc_fixture_setup, tipc_fixture_teardown)
	const struct CMUnitTest tests[] = {
		T(test_hostile_headers),  T(test_hostile_ctrl),	 T(test_hostile_conn_rsp),
		T(test_hostile_rx_index), T(test_hostile_rx_id), T(test_hostile_rx_len),
		T(test_hostile_tx_index), T(test_hostile_noise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
