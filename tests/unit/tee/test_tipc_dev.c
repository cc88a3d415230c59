/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fake_virtio.h"
#include "fake_world.h"
#include "tee/ipc/ipc.h"
#include "tee/tipc/endpoint.h"
#include "tee/tipc/tipc_dev.h"

#define ECHO "com.android.ipc-unittest.srv.echo"
#define LOCAL 1024u /* the driver's first address */

struct fixture {
	struct tee_world *w;
	struct tee_vm *vm;
	struct tipc_dev *dev;
	struct tee_virtio_dev *virtio;
	struct ipc_echo *echo;
	struct ipc_task *server;
	uint64_t bad;
};

static void rx(struct fixture *f)
{
	tipc_dev_virtio_ops.rx(f->dev);
	ipc_dispatch(f->w->ipc);
}

static void expect_control(struct fixture *f, uint32_t src, uint32_t type, const void *body, size_t len)
{
	struct {
		struct tipc_ctrl_msg ctrl;
		uint8_t body[64];
	} msg;
	struct tipc_msg_hdr hdr;
	int got = fake_virtio_pop(f->virtio, &hdr, &msg, sizeof(msg));

	assert_int_equal(got, (int)(sizeof(msg.ctrl) + len));
	assert_int_equal(hdr.src, src);
	assert_int_equal(hdr.dst, TIPC_CTRL_ADDR);
	assert_int_equal(hdr.len, got);
	assert_int_equal(msg.ctrl.type, type);
	assert_int_equal(msg.ctrl.body_len, len);
	if (body)
		assert_memory_equal(msg.body, body, len);
}

static void expect_nothing(struct fixture *f)
{
	assert_int_equal(f->virtio->out_num, 0);
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	f->w = fake_world_create();
	f->vm = fake_vm_create(f->w, 1, 0);
	assert_int_equal(ipc_echo_create(f->w->ipc, &f->echo), 0);
	f->server = ipc_task_create(f->w->ipc, (const uint8_t[16]){ 1 }, NULL);
	assert_int_equal(tipc_dev_create(f->vm, &f->dev), 0);
	f->virtio = fake_virtio_create();
	f->vm->dev = f->virtio;
	tipc_dev_virtio_ops.ready(f->dev);
	expect_control(f, TIPC_CTRL_ADDR, TIPC_CTRL_GO_ONLINE, NULL, 0);
	assert_int_equal(f->virtio->flushes, 1);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	tipc_dev_destroy(f->dev);
	fake_virtio_destroy(f->virtio);
	ipc_dispatch(f->w->ipc);
	ipc_task_destroy(f->server);
	ipc_echo_destroy(f->echo);
	fake_world_destroy(f->w);
	free(f);
	return 0;
}

static void push_control(struct fixture *f, uint32_t src, uint32_t type, const void *body, size_t len)
{
	uint8_t msg[512];
	struct tipc_ctrl_msg ctrl = { .type = type, .body_len = (uint32_t)len };

	memcpy(msg, &ctrl, sizeof(ctrl));
	if (len)
		memcpy(msg + sizeof(ctrl), body, len);
	fake_virtio_push(f->virtio, src, TIPC_CTRL_ADDR, msg, sizeof(ctrl) + len);
}

static void push_connect(struct fixture *f, uint32_t src, const char *name)
{
	struct tipc_conn_req_body req = { .name = "" };

	memcpy(req.name, name, strlen(name));
	push_control(f, src, TIPC_CTRL_CONN_REQ, &req, sizeof(req));
}

static struct tipc_conn_rsp_body expect_conn_rsp(struct fixture *f, uint32_t target, int status)
{
	struct {
		struct tipc_ctrl_msg ctrl;
		struct tipc_conn_rsp_body body;
	} TL_PACKED msg;
	struct tipc_msg_hdr hdr;

	assert_int_equal(fake_virtio_pop(f->virtio, &hdr, &msg, sizeof(msg)), sizeof(msg));
	assert_int_equal(hdr.src, TIPC_CTRL_ADDR);
	assert_int_equal(msg.ctrl.type, TIPC_CTRL_CONN_RSP);
	assert_int_equal(msg.body.target, target);
	assert_int_equal((int32_t)msg.body.status, status);
	return msg.body;
}

static void expect_disc_req(struct fixture *f, uint32_t src, uint32_t target)
{
	struct tipc_disc_req_body body = { .target = target };

	expect_control(f, src, TIPC_CTRL_DISC_REQ, &body, sizeof(body));
}

static uint32_t connect_to(struct fixture *f, uint32_t src, const char *name)
{
	struct tipc_conn_rsp_body rsp;

	push_connect(f, src, name);
	rx(f);
	rsp = expect_conn_rsp(f, src, NO_ERROR);
	assert_in_range(rsp.remote, TIPC_TEE_ADDR_BASE, TIPC_TEE_ADDR_BASE + TIPC_TEE_ADDR_MAX - 1);
	return rsp.remote;
}

static void expect_data(struct fixture *f, uint32_t src, uint32_t dst, const void *data, size_t len)
{
	struct tipc_msg_hdr hdr;
	uint8_t buf[4096];

	assert_int_equal(fake_virtio_pop(f->virtio, &hdr, buf, sizeof(buf)), (int)len);
	assert_int_equal(hdr.src, src);
	assert_int_equal(hdr.dst, dst);
	assert_int_equal(hdr.reserved, 0);
	assert_int_equal(hdr.flags, 0);
	assert_memory_equal(buf, data, len);
}

/* Since the last look. */
static void expect_bad(struct fixture *f, unsigned int num)
{
	assert_int_equal(f->w->counters.bad_messages - f->bad, num);
	f->bad = f->w->counters.bad_messages;
}

static void test_echo(void **state)
{
	struct fixture *f = *state;
	uint8_t big[TIPC_DEV_MAX_DATA];
	struct tipc_conn_rsp_body rsp;
	uint32_t a, b;

	push_connect(f, LOCAL, ECHO);
	rx(f);
	rsp = expect_conn_rsp(f, LOCAL, NO_ERROR);
	assert_int_equal(rsp.max_msg_size, TIPC_DEV_MAX_DATA);
	assert_int_equal(rsp.max_msg_cnt, 8);
	a = rsp.remote;
	b = connect_to(f, LOCAL + 1, ECHO);
	assert_int_not_equal(a, b);
	assert_int_equal(tipc_dev_num_endpoints(f->dev), 2);
	memset(big, 0x5a, sizeof(big));
	fake_virtio_push(f->virtio, LOCAL, a, "hello", 5);
	fake_virtio_push(f->virtio, LOCAL + 1, b, big, sizeof(big));
	fake_virtio_push(f->virtio, LOCAL, a, "", 0);
	rx(f);
	expect_data(f, a, LOCAL, "hello", 5);
	expect_data(f, a, LOCAL, "", 0);
	expect_data(f, b, LOCAL + 1, big, sizeof(big));
	expect_nothing(f);
	expect_bad(f, 0);
}

static void test_connect_refused(void **state)
{
	struct fixture *f = *state;
	struct tipc_conn_req_body req;
	ipc_handle_t port;

	push_connect(f, LOCAL, "no.such.port");
	rx(f);
	expect_conn_rsp(f, LOCAL, ERR_NOT_FOUND);
	ipc_port_create(f->server, "ta.only", 1, 64, IPC_PORT_ALLOW_TA_CONNECT);
	push_connect(f, LOCAL, "ta.only");
	rx(f);
	expect_conn_rsp(f, LOCAL, ERR_ACCESS_DENIED);
	expect_bad(f, 0);
	push_connect(f, LOCAL, "");
	rx(f);
	expect_conn_rsp(f, LOCAL, ERR_INVALID_ARGS);
	memset(&req, 'x', sizeof(req));
	push_control(f, LOCAL, TIPC_CTRL_CONN_REQ, &req, sizeof(req));
	rx(f);
	expect_conn_rsp(f, LOCAL, ERR_INVALID_ARGS);
	push_control(f, LOCAL, TIPC_CTRL_CONN_REQ, ECHO, sizeof(ECHO));
	rx(f);
	expect_conn_rsp(f, LOCAL, ERR_INVALID_ARGS);
	push_connect(f, TIPC_CTRL_ADDR, ECHO);
	rx(f);
	expect_conn_rsp(f, TIPC_CTRL_ADDR, ERR_INVALID_ARGS);
	connect_to(f, LOCAL, ECHO);
	push_connect(f, LOCAL, ECHO);
	rx(f);
	expect_conn_rsp(f, LOCAL, ERR_ALREADY_EXISTS);
	expect_bad(f, 5);
	/* A server that doesn't want it. */
	port = ipc_port_create(f->server, "closing", 1, 64, IPC_PORT_ALLOW_NS_CONNECT);
	push_connect(f, LOCAL + 1, "closing");
	rx(f);
	expect_nothing(f);
	ipc_close(f->server, port);
	ipc_dispatch(f->w->ipc);
	expect_conn_rsp(f, LOCAL + 1, ERR_CHANNEL_CLOSED);
	assert_int_equal(tipc_dev_num_endpoints(f->dev), 1);
	assert_false(f->vm->dropped);
}

static void test_all_addresses(void **state)
{
	struct fixture *f = *state;
	uint32_t first = 0, addr, i;

	for (i = 0; i < TIPC_TEE_ADDR_MAX; i++) {
		addr = connect_to(f, LOCAL + i, ECHO);
		if (!i)
			first = addr;
	}
	push_connect(f, LOCAL + i, ECHO);
	rx(f);
	expect_conn_rsp(f, LOCAL + i, ERR_NO_RESOURCES);
	push_control(f, LOCAL, TIPC_CTRL_DISC_REQ, &first, sizeof(first));
	rx(f);
	expect_nothing(f);
	assert_int_equal(connect_to(f, LOCAL + i, ECHO), first);
}

static void test_disconnect(void **state)
{
	struct fixture *f = *state;
	uint32_t a = connect_to(f, LOCAL, ECHO), b = connect_to(f, LOCAL + 1, ECHO), zero = 0;

	/* Somebody else's endpoint: the sender's own goes instead, as in Trusty. */
	push_control(f, LOCAL + 1, TIPC_CTRL_DISC_REQ, &a, sizeof(a));
	rx(f);
	assert_int_equal(tipc_dev_num_endpoints(f->dev), 1);
	fake_virtio_push(f->virtio, LOCAL, a, "x", 1);
	fake_virtio_push(f->virtio, LOCAL + 1, b, "y", 1);
	rx(f);
	expect_data(f, a, LOCAL, "x", 1);
	expect_nothing(f);
	/* By its own address alone. */
	push_control(f, LOCAL, TIPC_CTRL_DISC_REQ, &zero, sizeof(zero));
	push_control(f, LOCAL, TIPC_CTRL_DISC_REQ, &zero, sizeof(zero));
	rx(f);
	assert_int_equal(tipc_dev_num_endpoints(f->dev), 0);
	expect_bad(f, 0);
	push_control(f, LOCAL, TIPC_CTRL_DISC_REQ, &zero, 3);
	rx(f);
	expect_bad(f, 1);
	assert_false(f->vm->dropped);
}

static void test_server_hangs_up(void **state)
{
	struct fixture *f = *state;
	struct ipc_iov iov = { .base = (char[]){ "bye" }, .len = 3 };
	ipc_handle_t port, h;
	struct ipc_peer peer;
	uint32_t a;

	port = ipc_port_create(f->server, "srv", 2, 64, IPC_PORT_ALLOW_NS_CONNECT);
	push_connect(f, LOCAL, "srv");
	rx(f);
	h = ipc_accept(f->server, port, &peer);
	assert_ptr_equal(peer.vm, f->vm);
	assert_memory_equal(peer.uuid, ((uint8_t[16]){ 0 }), 16);
	/* Accepted, spoken to and closed before the device looks: all three arrive, in order. */
	assert_int_equal(ipc_send_msg(f->server, h, &iov, 1), 3);
	ipc_close(f->server, h);
	ipc_dispatch(f->w->ipc);
	a = expect_conn_rsp(f, LOCAL, NO_ERROR).remote;
	expect_data(f, a, LOCAL, "bye", 3);
	expect_disc_req(f, a, LOCAL);
	expect_nothing(f);
	/* Data that crossed the disconnect is dropped without blame. */
	fake_virtio_push(f->virtio, LOCAL, a, "x", 1);
	rx(f);
	expect_nothing(f);
	expect_bad(f, 0);
}

static void test_bad_framing(void **state)
{
	struct fixture *f = *state;
	struct tipc_msg_hdr hdr = { .src = LOCAL, .dst = TIPC_CTRL_ADDR, .len = 9 };
	uint8_t raw[64] = { 0 };
	unsigned int i;

	for (i = 0; i < 6; i++) {
		size_t len = sizeof(raw);

		f->vm->dropped = false;
		memset(raw, 0, sizeof(raw));
		hdr = (struct tipc_msg_hdr){ .src = LOCAL, .dst = TIPC_CTRL_ADDR, .len = 48 };
		switch (i) {
		case 0:
			len = sizeof(hdr) - 1;
			break;
		case 1:
			len--;
			break;
		case 2:
			hdr.len = 0xffff;
			break;
		case 3:
			hdr.reserved = 1;
			break;
		case 4: /* shorter than a control header */
			len = sizeof(hdr) + 7;
			hdr.len = 7;
			break;
		default: /* body_len 0 with 40 bytes behind it */
			break;
		}
		memcpy(raw, &hdr, sizeof(hdr));
		fake_virtio_push_raw(f->virtio, raw, len);
		rx(f);
		assert_true(f->vm->dropped);
		expect_bad(f, 1);
		expect_nothing(f);
	}
	/* Nothing more is taken from a dropped VM. */
	push_connect(f, LOCAL, ECHO);
	rx(f);
	assert_int_equal(f->virtio->in_num, 1);
}

static void test_refused_messages(void **state)
{
	struct fixture *f = *state;
	struct tipc_msg_hdr hdr = { .src = LOCAL, .shm_cnt = 1, .len = 0 };
	uint32_t a = connect_to(f, LOCAL, ECHO), type;

	for (type = 0; type < 9; type++) {
		if (type != TIPC_CTRL_CONN_REQ && type != TIPC_CTRL_DISC_REQ)
			push_control(f, LOCAL, type, NULL, 0);
	}
	rx(f);
	expect_bad(f, 7);
	fake_virtio_push(f->virtio, LOCAL, 999, "x", 1);
	fake_virtio_push(f->virtio, LOCAL, TIPC_TEE_ADDR_BASE + TIPC_TEE_ADDR_MAX, "x", 1);
	rx(f);
	expect_bad(f, 2);
	fake_virtio_push(f->virtio, LOCAL + 1, a, "not mine", 8);
	rx(f);
	expect_nothing(f);
	hdr.dst = a;
	fake_virtio_push_raw(f->virtio, &hdr, sizeof(hdr));
	rx(f);
	expect_disc_req(f, a, LOCAL);
	expect_bad(f, 1);
	assert_false(f->vm->dropped);
}

static void test_message_too_large(void **state)
{
	struct fixture *f = *state;
	struct ipc_peer peer;
	ipc_handle_t port = ipc_port_create(f->server, "srv", 2, 16, IPC_PORT_ALLOW_NS_CONNECT);
	uint32_t a;

	push_connect(f, LOCAL, "srv");
	rx(f);
	/* Before it is accepted the driver can't know the address. */
	fake_virtio_push(f->virtio, LOCAL, TIPC_TEE_ADDR_BASE, "x", 1);
	rx(f);
	expect_bad(f, 1);
	assert_true(ipc_accept(f->server, port, &peer) > 0);
	ipc_dispatch(f->w->ipc);
	a = expect_conn_rsp(f, LOCAL, NO_ERROR).remote;
	fake_virtio_push(f->virtio, LOCAL, a, "0123456789abcdef0", 17);
	rx(f);
	expect_disc_req(f, a, LOCAL);
	expect_bad(f, 1);
}

static void test_slow_server(void **state)
{
	struct fixture *f = *state;
	struct ipc_msg_info info;
	struct ipc_peer peer;
	ipc_handle_t port, h;
	unsigned int i, got;
	uint32_t a, b;

	port = ipc_port_create(f->server, "srv", 2, 64, IPC_PORT_ALLOW_NS_CONNECT);
	push_connect(f, LOCAL, "srv");
	rx(f);
	h = ipc_accept(f->server, port, &peer);
	ipc_dispatch(f->w->ipc);
	a = expect_conn_rsp(f, LOCAL, NO_ERROR).remote;
	b = connect_to(f, LOCAL + 1, ECHO);
	for (i = 0; i < 50; i++)
		fake_virtio_push(f->virtio, LOCAL, a, &i, sizeof(i));
	fake_virtio_push(f->virtio, LOCAL + 1, b, "others", 6);
	rx(f);
	expect_data(f, b, LOCAL + 1, "others", 6);
	for (i = 0; i < 50; i++) {
		struct ipc_iov iov = { .base = &got, .len = sizeof(got) };

		assert_int_equal(ipc_get_msg(f->server, h, &info), NO_ERROR);
		ipc_read_msg(f->server, h, info.id, 0, &iov, 1);
		assert_int_equal(got, i);
		ipc_put_msg(f->server, h, info.id);
		ipc_dispatch(f->w->ipc);
	}
	assert_int_equal(ipc_get_msg(f->server, h, &info), ERR_NO_MSG);
	/* A flood ends that endpoint alone. */
	for (i = 0; i < TIPC_DEV_MAX_HELD + 2; i++)
		fake_virtio_push(f->virtio, LOCAL, a, &i, sizeof(i));
	while (f->virtio->in_num)
		rx(f);
	expect_nothing(f);
	fake_virtio_push(f->virtio, LOCAL, a, &i, sizeof(i));
	rx(f);
	expect_disc_req(f, a, LOCAL);
	expect_bad(f, 1);
	fake_virtio_push(f->virtio, LOCAL + 1, b, "others", 6);
	rx(f);
	expect_data(f, b, LOCAL + 1, "others", 6);
	assert_false(f->vm->dropped);
}

static void test_no_room(void **state)
{
	struct fixture *f = *state;
	uint32_t a = connect_to(f, LOCAL, ECHO), b = connect_to(f, LOCAL + 1, ECHO);
	unsigned int i, seen = 0;

	f->virtio->room = 0;
	for (i = 0; i < 6; i++) {
		fake_virtio_push(f->virtio, LOCAL, a, "aaaa", 4);
		fake_virtio_push(f->virtio, LOCAL + 1, b, "bbbb", 4);
	}
	push_connect(f, LOCAL + 2, ECHO);
	push_connect(f, LOCAL + 3, "no.such.port");
	rx(f);
	expect_nothing(f);
	for (i = 0; i < 14; i++) {
		struct tipc_msg_hdr hdr;
		uint8_t buf[64];

		f->virtio->room = 1;
		rx(f);
		assert_true(fake_virtio_pop(f->virtio, &hdr, buf, sizeof(buf)) > 0);
		seen += hdr.dst == TIPC_CTRL_ADDR ? 100 : 1;
		expect_nothing(f);
	}
	assert_int_equal(seen, 212);
	f->virtio->room = 10;
	rx(f);
	expect_nothing(f);
	assert_int_equal(tipc_dev_num_endpoints(f->dev), 3);
	/* The one whose message is stuck may go. */
	f->virtio->room = 0;
	fake_virtio_push(f->virtio, LOCAL, a, "aaaa", 4);
	rx(f);
	push_control(f, LOCAL, TIPC_CTRL_DISC_REQ, &a, sizeof(a));
	rx(f);
	f->virtio->room = 10;
	rx(f);
	expect_nothing(f);
}

static void test_no_room_for_control(void **state)
{
	struct fixture *f = *state;
	unsigned int i;

	f->virtio->room = 0;
	for (i = 0; i < TIPC_DEV_MAX_CTRL; i++) {
		push_connect(f, LOCAL, "no.such.port");
		rx(f);
	}
	assert_false(f->vm->dropped);
	push_connect(f, LOCAL, "no.such.port");
	rx(f);
	assert_true(f->vm->dropped);
}

static void test_reset(void **state)
{
	struct fixture *f = *state;
	struct ipc_uevent ev;
	struct ipc_peer peer;
	ipc_handle_t port, h;
	unsigned int i;

	port = ipc_port_create(f->server, "srv", 1, 64, IPC_PORT_ALLOW_NS_CONNECT);
	push_connect(f, LOCAL, "srv");
	rx(f);
	h = ipc_accept(f->server, port, &peer);
	for (i = 0; i < 4; i++)
		fake_virtio_push(f->virtio, LOCAL, TIPC_TEE_ADDR_BASE, "x", 1);
	f->virtio->room = 0;
	push_connect(f, LOCAL + 1, "no.such.port");
	rx(f);
	tipc_dev_virtio_ops.reset(f->dev);
	assert_int_equal(tipc_dev_num_endpoints(f->dev), 0);
	assert_int_equal(ipc_wait(f->server, h, &ev, 0), NO_ERROR);
	assert_true(ev.event & IPC_HANDLE_POLL_HUP);
	f->virtio->room = 100;
	rx(f);
	expect_nothing(f);
	tipc_dev_virtio_ops.ready(f->dev);
	expect_control(f, TIPC_CTRL_ADDR, TIPC_CTRL_GO_ONLINE, NULL, 0);
	connect_to(f, LOCAL, ECHO);
}

static void test_flood_of_server(void **state)
{
	struct fixture *f = *state;
	uint8_t big[IPC_CHAN_MAX_BUF_SIZE] = { 0 };
	struct ipc_iov iov = { .base = big, .len = sizeof(big) };
	struct ipc_peer peer;
	ipc_handle_t port, h;
	uint32_t a;

	port = ipc_port_create(f->server, "srv", 1, sizeof(big), IPC_PORT_ALLOW_NS_CONNECT);
	push_connect(f, LOCAL, "srv");
	rx(f);
	h = ipc_accept(f->server, port, &peer);
	ipc_dispatch(f->w->ipc);
	a = expect_conn_rsp(f, LOCAL, NO_ERROR).remote;
	/* What doesn't fit a buffer of the driver's is never cut short. */
	assert_int_equal(ipc_send_msg(f->server, h, &iov, 1), sizeof(big));
	ipc_dispatch(f->w->ipc);
	expect_disc_req(f, a, LOCAL);
	expect_nothing(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_echo, setup, teardown),
		cmocka_unit_test_setup_teardown(test_connect_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(test_all_addresses, setup, teardown),
		cmocka_unit_test_setup_teardown(test_disconnect, setup, teardown),
		cmocka_unit_test_setup_teardown(test_server_hangs_up, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bad_framing, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refused_messages, setup, teardown),
		cmocka_unit_test_setup_teardown(test_message_too_large, setup, teardown),
		cmocka_unit_test_setup_teardown(test_slow_server, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_room, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_room_for_control, setup, teardown),
		cmocka_unit_test_setup_teardown(test_reset, setup, teardown),
		cmocka_unit_test_setup_teardown(test_flood_of_server, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
