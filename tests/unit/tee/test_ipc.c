/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fake_world.h"
#include "tee/ipc/ipc.h"

#define PORT "test.port"
#define BUFS 4u
#define BUF_SIZE 64u
#define TA_NS (IPC_PORT_ALLOW_TA_CONNECT | IPC_PORT_ALLOW_NS_CONNECT)

static const uint8_t server_uuid[16] = { 1, 2, 3 };
static const uint8_t client_uuid[16] = { 4, 5, 6 };

struct fixture {
	struct tee_world *w;
	struct ipc_task *server, *client;
	ipc_handle_t port, ch, sh; /* client's and server's end */
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	f->w = fake_world_create();
	f->server = ipc_task_create(f->w->ipc, server_uuid, NULL);
	f->client = ipc_task_create(f->w->ipc, client_uuid, NULL);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	ipc_task_destroy(f->client);
	ipc_task_destroy(f->server);
	fake_world_destroy(f->w);
	free(f);
	return 0;
}

static void make_port(struct fixture *f, uint32_t flags)
{
	f->port = ipc_port_create(f->server, PORT, BUFS, BUF_SIZE, flags);
	assert_true(f->port > 0);
}

static void make_channel(struct fixture *f)
{
	struct ipc_peer peer;

	make_port(f, TA_NS);
	f->ch = ipc_connect(f->client, PORT, IPC_CONNECT_ASYNC);
	assert_true(f->ch > 0);
	f->sh = ipc_accept(f->server, f->port, &peer);
	assert_true(f->sh > 0);
	assert_memory_equal(peer.uuid, client_uuid, 16);
	assert_null(peer.vm);
}

static int send_text(struct ipc_task *t, ipc_handle_t h, const char *text)
{
	char copy[256];
	struct ipc_iov iov = { .base = copy, .len = strlen(text) };

	memcpy(copy, text, iov.len);
	return ipc_send_msg(t, h, &iov, 1);
}

static void expect_text(struct ipc_task *t, ipc_handle_t h, const char *text)
{
	char buf[256] = "";
	struct ipc_iov iov = { .base = buf, .len = sizeof(buf) };
	struct ipc_msg_info info;

	assert_int_equal(ipc_get_msg(t, h, &info), NO_ERROR);
	assert_int_equal(info.len, strlen(text));
	assert_int_equal(ipc_read_msg(t, h, info.id, 0, &iov, 1), (int)strlen(text));
	assert_string_equal(buf, text);
	assert_int_equal(ipc_put_msg(t, h, info.id), NO_ERROR);
}

static uint32_t poll_events(struct ipc_task *t, ipc_handle_t h)
{
	struct ipc_uevent ev;
	int rc = ipc_wait(t, h, &ev, 0);

	if (rc == ERR_TIMED_OUT)
		return 0;
	assert_int_equal(rc, NO_ERROR);
	assert_int_equal(ev.handle, h);
	return ev.event;
}

static void test_port_arguments(void **state)
{
	struct fixture *f = *state;
	char path[IPC_PORT_PATH_MAX + 1];
	unsigned int i;

	assert_int_equal(ipc_port_create(f->server, "", 1, 64, TA_NS), ERR_INVALID_ARGS);
	assert_int_equal(ipc_port_create(f->server, "a", 0, 64, TA_NS), ERR_INVALID_ARGS);
	assert_int_equal(ipc_port_create(f->server, "a", IPC_CHAN_MAX_BUFS + 1, 64, TA_NS),
			 ERR_INVALID_ARGS);
	assert_int_equal(ipc_port_create(f->server, "a", IPC_CHAN_MAX_LARGE_BUFS + 1,
					 IPC_CHAN_MAX_BUF_SIZE + 1, TA_NS),
			 ERR_INVALID_ARGS);
	assert_int_equal(ipc_port_create(f->server, "a", 1, IPC_CHAN_MAX_LARGE_SIZE + 1, TA_NS),
			 ERR_INVALID_ARGS);
	assert_int_equal(ipc_port_create(f->server, "a", 1, 64, 1u << 31), ERR_INVALID_ARGS);
	memset(path, 'x', sizeof(path));
	path[IPC_PORT_PATH_MAX] = 0;
	assert_int_equal(ipc_port_create(f->server, path, 1, 64, TA_NS), ERR_TOO_BIG);
	make_port(f, TA_NS);
	assert_int_equal(ipc_port_create(f->client, PORT, 1, 64, TA_NS), ERR_ALREADY_EXISTS);
	for (i = 1; i < IPC_MAX_PORTS; i++) {
		snprintf(path, sizeof(path), "p%u", i);
		assert_true(ipc_port_create(f->server, path, 1, 64, TA_NS) > 0);
	}
	assert_int_equal(ipc_port_create(f->server, "more", 1, 64, TA_NS), ERR_NO_RESOURCES);
	assert_int_equal(ipc_close(f->server, f->port), NO_ERROR);
	assert_int_equal(ipc_close(f->server, f->port), ERR_BAD_HANDLE);
	assert_true(ipc_port_create(f->server, "more", 1, 64, TA_NS) > 0);
}

static void test_access(void **state)
{
	struct fixture *f = *state;
	struct tee_vm *vm = fake_vm_create(f->w, 1, 0), *supp = fake_vm_create(f->w, 2, 0);
	struct ipc_task *ns = ipc_task_create(f->w->ipc, (const uint8_t[16]){ 0 }, vm);
	struct ipc_task *st = ipc_task_create(f->w->ipc, (const uint8_t[16]){ 0 }, supp);
	struct ipc_peer peer;
	ipc_handle_t p;

	supp->supplicant = true;
	p = ipc_port_create(f->server, "ta", 1, 64, IPC_PORT_ALLOW_TA_CONNECT);
	assert_int_equal(ipc_connect(ns, "ta", IPC_CONNECT_ASYNC), ERR_ACCESS_DENIED);
	assert_true(ipc_connect(f->client, "ta", IPC_CONNECT_ASYNC) > 0);
	assert_true(ipc_accept(f->server, p, &peer) > 0);
	p = ipc_port_create(f->server, "ns", 1, 64, IPC_PORT_ALLOW_NS_CONNECT);
	assert_int_equal(ipc_connect(f->client, "ns", IPC_CONNECT_ASYNC), ERR_ACCESS_DENIED);
	assert_true(ipc_connect(ns, "ns", IPC_CONNECT_ASYNC) > 0);
	assert_true(ipc_accept(f->server, p, &peer) > 0);
	assert_ptr_equal(peer.vm, vm);
	p = ipc_port_create(f->server, "supp", 1, 64,
			    IPC_PORT_ALLOW_NS_CONNECT | IPC_PORT_SUPPLICANT_ONLY);
	assert_int_equal(ipc_connect(ns, "supp", IPC_CONNECT_ASYNC), ERR_ACCESS_DENIED);
	assert_int_equal(ipc_connect(f->client, "supp", IPC_CONNECT_ASYNC), ERR_ACCESS_DENIED);
	assert_true(ipc_connect(st, "supp", IPC_CONNECT_ASYNC) > 0);
	assert_true(ipc_accept(f->server, p, &peer) > 0);
	ipc_task_destroy(ns);
	ipc_task_destroy(st);
}

static void test_connect_errors(void **state)
{
	struct fixture *f = *state;
	struct ipc_peer peer;
	ipc_handle_t h[IPC_MAX_PENDING];
	unsigned int i;

	assert_int_equal(ipc_connect(f->client, PORT, IPC_CONNECT_ASYNC), ERR_NOT_FOUND);
	assert_int_equal(ipc_connect(f->client, "", IPC_CONNECT_ASYNC), ERR_INVALID_ARGS);
	assert_int_equal(ipc_connect(f->client, PORT, 4), ERR_INVALID_ARGS);
	make_port(f, TA_NS);
	assert_int_equal(ipc_accept(f->server, f->port, &peer), ERR_NO_MSG);
	for (i = 0; i < IPC_MAX_PENDING; i++) {
		h[i] = ipc_connect(f->client, PORT, IPC_CONNECT_ASYNC);
		assert_true(h[i] > 0);
	}
	assert_int_equal(ipc_connect(f->client, PORT, IPC_CONNECT_ASYNC), ERR_NO_RESOURCES);
	assert_int_equal(send_text(f->client, h[0], "x"), ERR_NOT_READY);
	/* A pending connection whose client goes leaves the list; one whose port goes hangs up. */
	assert_int_equal(ipc_close(f->client, h[0]), NO_ERROR);
	h[0] = ipc_connect(f->client, PORT, IPC_CONNECT_ASYNC);
	assert_true(h[0] > 0);
	assert_int_equal(poll_events(f->server, f->port), IPC_HANDLE_POLL_READY);
	ipc_close(f->server, f->port);
	for (i = 0; i < IPC_MAX_PENDING; i++)
		assert_int_equal(poll_events(f->client, h[i]), IPC_HANDLE_POLL_HUP);
	assert_int_equal(send_text(f->client, h[0], "x"), ERR_CHANNEL_CLOSED);
	assert_int_equal(ipc_accept(f->server, f->port, &peer), ERR_BAD_HANDLE);
	assert_int_equal(ipc_accept(f->client, h[0], &peer), ERR_INVALID_ARGS);
}

static void test_wait_for_port(void **state)
{
	struct fixture *f = *state;
	struct tee_vm *vm = fake_vm_create(f->w, 1, 0);
	struct ipc_task *ns = ipc_task_create(f->w->ipc, (const uint8_t[16]){ 0 }, vm);
	struct ipc_peer peer;
	ipc_handle_t a, b, c;

	a = ipc_connect(f->client, PORT, IPC_CONNECT_ASYNC | IPC_CONNECT_WAIT_FOR_PORT);
	b = ipc_connect(ns, PORT, IPC_CONNECT_ASYNC | IPC_CONNECT_WAIT_FOR_PORT);
	c = ipc_connect(f->client, PORT, IPC_CONNECT_ASYNC | IPC_CONNECT_WAIT_FOR_PORT);
	assert_true(a > 0 && b > 0 && c > 0);
	assert_int_equal(poll_events(f->client, a), 0);
	assert_int_equal(ipc_close(f->client, c), NO_ERROR);
	make_port(f, IPC_PORT_ALLOW_TA_CONNECT);
	/* One may, the other mayn't. */
	assert_int_equal(poll_events(ns, b), IPC_HANDLE_POLL_HUP);
	assert_true(ipc_accept(f->server, f->port, &peer) > 0);
	assert_int_equal(ipc_accept(f->server, f->port, &peer), ERR_NO_MSG);
	assert_int_equal(poll_events(f->client, a), IPC_HANDLE_POLL_READY);
	ipc_task_destroy(ns);
}

static void test_messages(void **state)
{
	struct fixture *f = *state;
	struct ipc_msg_info a, b;
	char buf[8] = "";
	struct ipc_iov two[2] = { { buf, 2 }, { buf + 4, 2 } };
	char big[BUF_SIZE + 1] = "";
	struct ipc_iov iov = { big, sizeof(big) }, huge[2] = { { big, 1 }, { big, SIZE_MAX } };
	uint32_t num;
	size_t size;

	make_channel(f);
	assert_int_equal(poll_events(f->client, f->ch), IPC_HANDLE_POLL_READY);
	assert_int_equal(poll_events(f->client, f->ch), 0);
	assert_int_equal(ipc_chan_limits(f->client, f->ch, &num, &size), NO_ERROR);
	assert_int_equal(num, BUFS);
	assert_int_equal(size, BUF_SIZE);
	assert_int_equal(ipc_get_msg(f->server, f->sh, &a), ERR_NO_MSG);
	assert_int_equal(send_text(f->client, f->ch, "abcdef"), 6);
	assert_int_equal(send_text(f->client, f->ch, ""), 0);
	assert_int_equal(poll_events(f->server, f->sh), IPC_HANDLE_POLL_MSG);
	assert_int_equal(ipc_get_msg(f->server, f->sh, &a), NO_ERROR);
	assert_int_equal(ipc_get_msg(f->server, f->sh, &b), NO_ERROR);
	assert_int_equal(b.len, 0);
	assert_int_equal(ipc_get_msg(f->server, f->sh, &b), ERR_NO_MSG);
	/* Scattered, again, from an offset, past the end. */
	assert_int_equal(ipc_read_msg(f->server, f->sh, a.id, 0, two, 2), 4);
	assert_memory_equal(buf, "ab\0\0cd", 6);
	assert_int_equal(ipc_read_msg(f->server, f->sh, a.id, 5, two, 2), 1);
	assert_int_equal(buf[0], 'f');
	assert_int_equal(ipc_read_msg(f->server, f->sh, a.id, 6, two, 2), 0);
	assert_int_equal(ipc_read_msg(f->server, f->sh, a.id, 7, two, 2), ERR_INVALID_ARGS);
	assert_int_equal(ipc_read_msg(f->server, f->sh, BUFS, 0, two, 2), ERR_INVALID_ARGS);
	assert_int_equal(ipc_put_msg(f->server, f->sh, a.id), NO_ERROR);
	assert_int_equal(ipc_put_msg(f->server, f->sh, a.id), ERR_INVALID_ARGS);
	assert_int_equal(ipc_read_msg(f->server, f->sh, a.id, 0, two, 2), ERR_INVALID_ARGS);
	assert_int_equal(ipc_send_msg(f->client, f->ch, &iov, 1), ERR_TOO_BIG);
	assert_int_equal(ipc_send_msg(f->client, f->ch, huge, 2), ERR_TOO_BIG);
	assert_int_equal(ipc_send_msg(f->server, f->port, &iov, 1), ERR_BAD_HANDLE);
}

static void test_full_and_unblocked(void **state)
{
	struct fixture *f = *state;
	unsigned int i;

	make_channel(f);
	poll_events(f->client, f->ch);
	for (i = 0; i < BUFS; i++)
		assert_int_equal(send_text(f->client, f->ch, "m"), 1);
	assert_int_equal(send_text(f->client, f->ch, "m"), ERR_NOT_ENOUGH_BUFFER);
	assert_int_equal(poll_events(f->client, f->ch), 0);
	expect_text(f->server, f->sh, "m");
	assert_int_equal(poll_events(f->client, f->ch), IPC_HANDLE_POLL_SEND_UNBLOCKED);
	assert_int_equal(poll_events(f->client, f->ch), 0);
	/* No news for one who was never refused. */
	expect_text(f->server, f->sh, "m");
	assert_int_equal(poll_events(f->client, f->ch), 0);
}

static void test_hangup_keeps_messages(void **state)
{
	struct fixture *f = *state;
	struct ipc_msg_info info;

	make_channel(f);
	send_text(f->client, f->ch, "last");
	send_text(f->client, f->ch, "words");
	assert_int_equal(ipc_get_msg(f->server, f->sh, &info), NO_ERROR);
	ipc_close(f->client, f->ch);
	assert_int_equal(poll_events(f->server, f->sh), IPC_HANDLE_POLL_HUP | IPC_HANDLE_POLL_MSG);
	assert_int_equal(ipc_put_msg(f->server, f->sh, info.id), NO_ERROR);
	expect_text(f->server, f->sh, "words");
	assert_int_equal(poll_events(f->server, f->sh), IPC_HANDLE_POLL_HUP);
	assert_int_equal(send_text(f->server, f->sh, "x"), ERR_CHANNEL_CLOSED);
	assert_int_equal(ipc_close(f->server, f->sh), NO_ERROR);
}

static void test_wait_any(void **state)
{
	struct fixture *f = *state;
	struct ipc_uevent ev;
	int cookie;

	assert_int_equal(ipc_wait_any(f->client, &ev, 0), ERR_NOT_FOUND);
	make_channel(f);
	assert_int_equal(ipc_wait_any(f->server, &ev, 0), ERR_TIMED_OUT);
	assert_int_equal(ipc_wait_any(f->server, &ev, 1), ERR_TIMED_OUT);
	assert_int_equal(ipc_set_cookie(f->server, f->sh, &cookie), NO_ERROR);
	assert_int_equal(ipc_set_cookie(f->server, 12345, &cookie), ERR_BAD_HANDLE);
	send_text(f->client, f->ch, "m");
	assert_int_equal(ipc_wait_any(f->server, &ev, IPC_INFINITE_TIME), NO_ERROR);
	assert_int_equal(ev.handle, f->sh);
	assert_ptr_equal(ev.cookie, &cookie);
	assert_int_equal(ev.event, IPC_HANDLE_POLL_MSG);
	/* A level: it stays until the message is taken. */
	assert_int_equal(ipc_wait_any(f->server, &ev, 0), NO_ERROR);
	expect_text(f->server, f->sh, "m");
	assert_int_equal(ipc_wait_any(f->server, &ev, 0), ERR_TIMED_OUT);
}

static void test_fair_order(void **state)
{
	struct fixture *f = *state;
	struct ipc_uevent first, second;
	struct ipc_peer peer;
	ipc_handle_t c2;

	make_channel(f);
	c2 = ipc_connect(f->client, PORT, IPC_CONNECT_ASYNC);
	assert_true(ipc_accept(f->server, f->port, &peer) > 0);
	send_text(f->client, f->ch, "a");
	send_text(f->client, f->ch, "b");
	send_text(f->client, c2, "c");
	assert_int_equal(ipc_wait_any(f->server, &first, 0), NO_ERROR);
	assert_int_equal(ipc_wait_any(f->server, &second, 0), NO_ERROR);
	assert_int_not_equal(first.handle, second.handle);
}

static void test_set(void **state)
{
	struct fixture *f = *state;
	int cookie;
	struct ipc_uevent ev = { .event = UINT32_MAX, .cookie = &cookie }, got;
	ipc_handle_t set, set2;

	make_channel(f);
	set = ipc_handle_set_create(f->server);
	set2 = ipc_handle_set_create(f->server);
	ev.handle = f->sh;
	assert_int_equal(ipc_handle_set_ctrl(f->server, set, IPC_HSET_MOD, &ev), ERR_NOT_FOUND);
	assert_int_equal(ipc_handle_set_ctrl(f->server, f->sh, IPC_HSET_ADD, &ev),
			 ERR_INVALID_ARGS);
	send_text(f->client, f->ch, "early");
	assert_int_equal(ipc_handle_set_ctrl(f->server, set, IPC_HSET_ADD, &ev), NO_ERROR);
	assert_int_equal(ipc_handle_set_ctrl(f->server, set2, IPC_HSET_ADD, &ev),
			 ERR_ALREADY_EXISTS);
	assert_int_equal(ipc_wait(f->server, set2, &got, 0), ERR_TIMED_OUT);
	ev.handle = set2;
	assert_int_equal(ipc_handle_set_ctrl(f->server, set, IPC_HSET_ADD, &ev),
			 ERR_NOT_SUPPORTED);
	assert_int_equal(ipc_wait(f->server, set, &got, 0), NO_ERROR);
	assert_int_equal(got.handle, f->sh);
	assert_ptr_equal(got.cookie, &cookie);
	/* Through wait_any too. */
	assert_int_equal(ipc_wait_any(f->server, &got, 0), NO_ERROR);
	assert_int_equal(got.handle, f->sh);
	/* Masked, then not. */
	ev = (struct ipc_uevent){ .handle = f->sh, .event = IPC_HANDLE_POLL_HUP };
	assert_int_equal(ipc_handle_set_ctrl(f->server, set, IPC_HSET_MOD, &ev), NO_ERROR);
	assert_int_equal(ipc_wait(f->server, set, &got, 0), ERR_TIMED_OUT);
	ev.event = UINT32_MAX;
	assert_int_equal(ipc_handle_set_ctrl(f->server, set, IPC_HSET_MOD, &ev), NO_ERROR);
	assert_int_equal(ipc_wait(f->server, set, &got, 0), NO_ERROR);
	/* Out of the set it reports to the task again; so it does when the set goes. */
	assert_int_equal(ipc_handle_set_ctrl(f->server, set, IPC_HSET_DEL, &ev), NO_ERROR);
	assert_int_equal(ipc_wait(f->server, set, &got, 0), ERR_TIMED_OUT);
	assert_int_equal(ipc_wait_any(f->server, &got, 0), NO_ERROR);
	assert_int_equal(ipc_handle_set_ctrl(f->server, set, IPC_HSET_ADD, &ev), NO_ERROR);
	assert_int_equal(ipc_close(f->server, set), NO_ERROR);
	assert_int_equal(ipc_wait_any(f->server, &got, 0), NO_ERROR);
	assert_int_equal(got.handle, f->sh);
	ipc_handle_set_ctrl(f->server, set2, IPC_HSET_ADD, &ev);
	assert_int_equal(ipc_close(f->server, f->sh), NO_ERROR);
	assert_int_equal(ipc_wait(f->server, set2, &got, 0), ERR_TIMED_OUT);
}

static void test_stale_handles(void **state)
{
	struct fixture *f = *state;
	struct ipc_peer peer;
	ipc_handle_t old, c2;

	make_channel(f);
	old = f->sh;
	ipc_close(f->server, f->sh);
	c2 = ipc_connect(f->client, PORT, IPC_CONNECT_ASYNC);
	assert_true(c2 > 0);
	f->sh = ipc_accept(f->server, f->port, &peer);
	assert_true(f->sh > 0);
	assert_int_not_equal(old, f->sh);
	assert_int_equal(send_text(f->server, old, "x"), ERR_BAD_HANDLE);
	assert_int_equal(send_text(f->server, -1, "x"), ERR_BAD_HANDLE);
	assert_int_equal(send_text(f->server, 0, "x"), ERR_BAD_HANDLE);
	assert_int_equal(send_text(f->server, INT32_MAX, "x"), ERR_BAD_HANDLE);
}

static void test_limits(void **state)
{
	struct fixture *f = *state;
	struct ipc_peer peer;
	unsigned int i;
	ipc_handle_t h = 0;

	make_port(f, TA_NS);
	for (i = 0; i < IPC_MAX_CHANNELS; i++) {
		h = ipc_connect(f->client, PORT, IPC_CONNECT_ASYNC);
		assert_true(h > 0);
		assert_true(ipc_accept(f->server, f->port, &peer) > 0);
	}
	assert_int_equal(ipc_connect(f->client, PORT, IPC_CONNECT_ASYNC), ERR_NO_MEMORY);
	/* A pair is free when both ends are closed. */
	ipc_close(f->client, h);
	assert_int_equal(ipc_connect(f->client, PORT, IPC_CONNECT_ASYNC), ERR_NO_MEMORY);
}

struct echo_client {
	struct ipc_task *task;
	ipc_handle_t h;
	unsigned int notified;
};

static void count_notify(void *data)
{
	((struct echo_client *)data)->notified++;
}

static void test_notify(void **state)
{
	struct fixture *f = *state;
	struct echo_client c = { .task = f->client };

	make_channel(f);
	ipc_task_set_notify(f->client, count_notify, &c);
	ipc_dispatch(f->w->ipc);
	assert_int_equal(c.notified, 1);
	send_text(f->server, f->sh, "a");
	send_text(f->server, f->sh, "b");
	assert_true(ipc_pending(f->w->ipc));
	ipc_dispatch(f->w->ipc);
	assert_int_equal(c.notified, 2);
	assert_false(ipc_pending(f->w->ipc));
	ipc_dispatch(f->w->ipc);
	assert_int_equal(c.notified, 2);
	ipc_task_kick(f->client);
	ipc_task_set_notify(f->client, NULL, NULL);
	ipc_dispatch(f->w->ipc);
	assert_int_equal(c.notified, 2);
}

static void test_echo(void **state)
{
	struct fixture *f = *state;
	struct ipc_echo *e;
	unsigned int i, sent = 0, got = 0;
	ipc_handle_t h;
	char text[16];

	assert_int_equal(ipc_echo_create(f->w->ipc, &e), 0);
	h = ipc_connect(f->client, "com.android.ipc-unittest.srv.echo", IPC_CONNECT_ASYNC);
	assert_true(h > 0);
	ipc_dispatch(f->w->ipc);
	assert_int_equal(poll_events(f->client, h), IPC_HANDLE_POLL_READY);
	/* More than fits both ways: echo holds one, the rest stays with the client. */
	for (i = 0; i < 100; i++) {
		snprintf(text, sizeof(text), "m%u", sent);
		if (send_text(f->client, h, text) > 0)
			sent++;
		ipc_dispatch(f->w->ipc);
	}
	assert_true(sent > 8 && sent < 100);
	while (got < sent) {
		snprintf(text, sizeof(text), "m%u", got++);
		expect_text(f->client, h, text);
		ipc_dispatch(f->w->ipc);
	}
	assert_true(send_text(f->client, h, "again") > 0);
	ipc_dispatch(f->w->ipc);
	expect_text(f->client, h, "again");
	ipc_close(f->client, h);
	ipc_dispatch(f->w->ipc);
	h = ipc_connect(f->client, "com.android.ipc-unittest.srv.echo", IPC_CONNECT_ASYNC);
	ipc_dispatch(f->w->ipc);
	ipc_echo_destroy(e);
	assert_true(poll_events(f->client, h) & IPC_HANDLE_POLL_HUP);
}

/* The buffer travels: what comes back is what was sent, wherever it stops on the way. */
static void test_large_messages(void **state)
{
	const size_t len = 3u << 20;
	struct fixture *f = *state;
	struct ipc_msg_info info;
	struct ipc_echo *e;
	uint8_t *buf[4], *back;
	ipc_handle_t h;
	unsigned int i;

	assert_int_equal(ipc_echo_create(f->w->ipc, &e), 0);
	h = ipc_connect(f->client, "tee.echo.large", IPC_CONNECT_ASYNC);
	assert_true(h > 0);
	ipc_dispatch(f->w->ipc);
	for (i = 0; i < 4; i++) {
		buf[i] = malloc(len);
		memset(buf[i], (int)i, len);
	}
	/* Two fill the echo's queue, are answered into ours, and two more wait at its end. */
	assert_int_equal(ipc_send_buf(f->client, h, buf[0], len), (int)len);
	assert_int_equal(ipc_send_buf(f->client, h, buf[1], len), (int)len);
	assert_int_equal(ipc_send_buf(f->client, h, buf[2], len), ERR_NOT_ENOUGH_BUFFER);
	assert_int_equal(ipc_send_buf(f->client, h, buf[2], IPC_CHAN_MAX_LARGE_SIZE + 1u), ERR_TOO_BIG);
	ipc_dispatch(f->w->ipc);
	assert_int_equal(ipc_send_buf(f->client, h, buf[2], len), (int)len);
	ipc_dispatch(f->w->ipc);
	assert_int_equal(ipc_send_buf(f->client, h, buf[3], len), (int)len);
	assert_int_equal(ipc_take_buf(f->client, h, 0, &back), ERR_INVALID_ARGS);
	for (i = 0; i < 2; i++) {
		assert_int_equal(ipc_get_msg(f->client, h, &info), NO_ERROR);
		assert_true(info.large && info.len == len);
		assert_int_equal(ipc_take_buf(f->client, h, info.id, &back), NO_ERROR);
		assert_ptr_equal(back, buf[i]);
		assert_true(back[0] == i && back[len - 1] == i);
		free(back);
		ipc_dispatch(f->w->ipc);
	}
	/* One is left to the channel's end, one is put back unread. */
	assert_int_equal(ipc_get_msg(f->client, h, &info), NO_ERROR);
	assert_int_equal(ipc_put_msg(f->client, h, info.id), NO_ERROR);
	ipc_close(f->client, h);
	ipc_dispatch(f->w->ipc);
	ipc_echo_destroy(e);
}

static void test_echo_with_threads(void **state)
{
	struct fixture *f = *state;
	struct ipc_uevent ev;
	struct ipc_echo *e;
	ipc_handle_t h;
	unsigned int i;

	assert_int_equal(ipc_echo_create(f->w->ipc, &e), 0);
	fake_world_run(f->w, 2);
	/* Sleeps: another thread accepts and answers. */
	h = ipc_connect(f->client, "com.android.ipc-unittest.srv.echo", 0);
	assert_true(h > 0);
	for (i = 0; i < 20; i++) {
		assert_int_equal(send_text(f->client, h, "hello"), 5);
		assert_int_equal(ipc_wait(f->client, h, &ev, IPC_INFINITE_TIME), NO_ERROR);
		expect_text(f->client, h, "hello");
	}
	fake_world_stop(f->w);
	assert_int_equal(ipc_wait(f->client, h, &ev, IPC_INFINITE_TIME), ERR_CANCELLED);
	ipc_echo_destroy(e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_port_arguments, setup, teardown),
		cmocka_unit_test_setup_teardown(test_access, setup, teardown),
		cmocka_unit_test_setup_teardown(test_connect_errors, setup, teardown),
		cmocka_unit_test_setup_teardown(test_wait_for_port, setup, teardown),
		cmocka_unit_test_setup_teardown(test_messages, setup, teardown),
		cmocka_unit_test_setup_teardown(test_full_and_unblocked, setup, teardown),
		cmocka_unit_test_setup_teardown(test_hangup_keeps_messages, setup, teardown),
		cmocka_unit_test_setup_teardown(test_wait_any, setup, teardown),
		cmocka_unit_test_setup_teardown(test_fair_order, setup, teardown),
		cmocka_unit_test_setup_teardown(test_set, setup, teardown),
		cmocka_unit_test_setup_teardown(test_stale_handles, setup, teardown),
		cmocka_unit_test_setup_teardown(test_limits, setup, teardown),
		cmocka_unit_test_setup_teardown(test_notify, setup, teardown),
		cmocka_unit_test_setup_teardown(test_echo, setup, teardown),
		cmocka_unit_test_setup_teardown(test_large_messages, setup, teardown),
		cmocka_unit_test_setup_teardown(test_echo_with_threads, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
