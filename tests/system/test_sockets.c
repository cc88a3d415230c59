// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
/* GP's sockets of trusted applications, with the test at the other end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/system/client.h"
#include "tests/system/machine.h"
#include "tests/system/socket_ta.h"
#include "wire/supp_socket.h"

#define PATIENCE_MS 10000
#define LARGE 300000u
#define NO_TIMEOUT UINT32_MAX
#define ERROR_PROTOCOL 0xf1007001u
#define PER_SESSION 32u

static const TEEC_UUID uuid = SOCKET_TA_UUID;
static struct test_machine machine;
static int listener;
static uint16_t tcp_port;

/* A socket of the test's on the loopback; @port: chosen. */
static int bind_any(int type, uint16_t *port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
	socklen_t len = sizeof(a);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
	*port = ntohs(a.sin_port);
	return fd;
}

static int start(void **state)
{
	(void)state;
	machine_start(&machine, NULL, NULL);
	listener = bind_any(SOCK_STREAM, &tcp_port);
	assert_int_equal(listen(listener, 16), 0);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	close(listener);
	machine_stop(&machine);
	return 0;
}

static void await(int fd, short events)
{
	struct pollfd pfd = { fd, events, 0 };

	assert_int_equal(poll(&pfd, 1, PATIENCE_MS), 1);
}

static TEEC_Result open_at(struct client *c, bool udp, const char *name, uint16_t port, uint32_t *s,
			   uint32_t *error)
{
	TEEC_Operation op = { 0 };
	TEEC_Result res;

	op.paramTypes =
		TEEC_PARAM_TYPES(TEEC_VALUE_INPUT, TEEC_MEMREF_TEMP_INPUT, TEEC_VALUE_OUTPUT, 0);
	op.params[0].value.a = udp;
	op.params[0].value.b = port;
	op.params[1].tmpref.buffer = (void *)(uintptr_t)name;
	op.params[1].tmpref.size = strlen(name) + 1;
	res = TEEC_InvokeCommand(&c->session, SOCKET_TA_OPEN, &op, NULL);
	*s = op.params[2].value.a;
	*error = op.params[2].value.b;
	return res;
}

/* Connects, and gives the test's end of the connection. */
static int open_tcp(struct client *c, uint32_t *s)
{
	uint32_t error;
	int fd;

	assert_int_equal(open_at(c, false, "127.0.0.1", tcp_port, s, &error), TEEC_SUCCESS);
	await(listener, POLLIN);
	fd = accept(listener, NULL, NULL);
	assert_true(fd >= 0);
	return fd;
}

static void prepare(TEEC_Operation *op, uint32_t cmd, uint32_t s, uint32_t b, void *bytes,
		    size_t len)
{
	uint32_t way = cmd == SOCKET_TA_SEND   ? TEEC_MEMREF_TEMP_INPUT
		       : cmd == SOCKET_TA_RECV ? TEEC_MEMREF_TEMP_OUTPUT
					       : TEEC_MEMREF_TEMP_INOUT;

	*op = (TEEC_Operation){ .paramTypes = TEEC_PARAM_TYPES(TEEC_VALUE_INOUT, way, 0, 0) };
	op->params[0].value.a = s;
	op->params[0].value.b = b;
	op->params[1].tmpref.buffer = bytes;
	op->params[1].tmpref.size = len;
}

static TEEC_Result transfer(struct client *c, uint32_t cmd, uint32_t s, uint32_t b, void *bytes,
			    size_t *len)
{
	TEEC_Operation op;
	TEEC_Result res;

	prepare(&op, cmd, s, b, bytes, *len);
	res = TEEC_InvokeCommand(&c->session, cmd, &op, NULL);
	*len = op.params[0].value.a;
	return res;
}

static void expect_text(struct client *c, uint32_t s, const char *text)
{
	char buf[64] = "";
	size_t len = sizeof(buf);

	assert_int_equal(transfer(c, SOCKET_TA_RECV, s, NO_TIMEOUT, buf, &len), TEEC_SUCCESS);
	assert_int_equal(len, strlen(text));
	assert_memory_equal(buf, text, len);
}

static void test_tcp(void **state)
{
	char text[] = "to the test", buf[64];
	size_t len = sizeof(text);
	struct client c;
	uint32_t s;
	int fd;

	(void)state;
	client_open(&c, &uuid);
	fd = open_tcp(&c, &s);
	assert_int_equal(transfer(&c, SOCKET_TA_SEND, s, NO_TIMEOUT, text, &len), TEEC_SUCCESS);
	assert_int_equal(len, sizeof(text));
	assert_int_equal(recv(fd, buf, sizeof(text), MSG_WAITALL), sizeof(text));
	assert_string_equal(buf, text);
	assert_int_equal(send(fd, "to the TA", 9, 0), 9);
	expect_text(&c, s, "to the TA");
	/* There is no more, now or for a while. */
	len = sizeof(buf);
	assert_int_equal(transfer(&c, SOCKET_TA_RECV, s, 0, buf, &len), SOCKET_ERROR_TIMEOUT);
	assert_int_equal(len, sizeof(buf));
	assert_int_equal(transfer(&c, SOCKET_TA_RECV, s, 20, buf, &len), SOCKET_ERROR_TIMEOUT);
	assert_int_equal(client_value(&c, SOCKET_TA_ERROR, s, NULL), SOCKET_ERROR_TIMEOUT);
	/* The test ends it. */
	close(fd);
	assert_int_equal(transfer(&c, SOCKET_TA_RECV, s, NO_TIMEOUT, buf, &len),
			 SOCKET_ERROR_REMOTE_CLOSED);
	assert_int_equal(len, 0);
	assert_int_equal(client_value(&c, SOCKET_TA_CLOSE, s, NULL), TEEC_SUCCESS);
	/* The TA ends it, in its last session. */
	fd = open_tcp(&c, &s);
	client_close(&c);
	await(fd, POLLIN);
	assert_int_equal(recv(fd, buf, sizeof(buf), 0), 0);
	close(fd);
}

/* More than the kernel keeps, while the test takes it. */
static void test_large(void **state)
{
	uint8_t *bytes = malloc(LARGE), *got = malloc(LARGE);
	struct client_call call = { .cmd = SOCKET_TA_SEND };
	struct client c;
	uint32_t s;
	int fd;

	(void)state;
	assert_true(bytes && got);
	pattern_fill(bytes, LARGE, 5);
	client_open(&c, &uuid);
	fd = open_tcp(&c, &s);
	call.c = &c;
	prepare(&call.op, SOCKET_TA_SEND, s, NO_TIMEOUT, bytes, LARGE);
	client_call_start(&call);
	assert_int_equal(recv(fd, got, LARGE, MSG_WAITALL), LARGE);
	client_call_end(&call);
	assert_int_equal(call.res, TEEC_SUCCESS);
	assert_int_equal(call.op.params[0].value.a, LARGE);
	assert_memory_equal(bytes, got, LARGE);
	client_close(&c);
	close(fd);
	free(bytes);
	free(got);
}

static void test_udp(void **state)
{
	struct sockaddr_in from;
	socklen_t from_len = sizeof(from);
	struct client c;
	uint32_t s, error;
	uint16_t port, other_port;
	int fd = bind_any(SOCK_DGRAM, &port), other = bind_any(SOCK_DGRAM, &other_port);
	char buf[64] = "datagram";
	size_t len = 9;

	(void)state;
	client_open(&c, &uuid);
	assert_int_equal(open_at(&c, true, "127.0.0.1", port, &s, &error), TEEC_SUCCESS);
	assert_int_equal(transfer(&c, SOCKET_TA_SEND, s, NO_TIMEOUT, buf, &len), TEEC_SUCCESS);
	await(fd, POLLIN);
	assert_int_equal(recvfrom(fd, buf, sizeof(buf), 0, (struct sockaddr *)&from, &from_len), 9);
	len = 0;
	assert_int_equal(transfer(&c, SOCKET_TA_RECV, s, 0, buf, &len), TEEC_SUCCESS);
	assert_int_equal(len, 0);
	assert_int_equal(sendto(fd, "one datagram", 12, 0, (struct sockaddr *)&from, from_len), 12);
	/* Cut off, and how long it was. */
	len = 3;
	memset(buf, 0, sizeof(buf));
	assert_int_equal(transfer(&c, SOCKET_TA_RECV, s, NO_TIMEOUT, buf, &len), TEEC_SUCCESS);
	assert_int_equal(len, 12);
	assert_string_equal(buf, "one");
	/* Elsewhere. */
	len = sizeof(other_port);
	assert_int_equal(transfer(&c, SOCKET_TA_IOCTL, s, SOCKET_UDP_CHANGEPORT, &other_port, &len),
			 TEEC_SUCCESS);
	len = sizeof("127.0.0.1");
	assert_int_equal(transfer(&c, SOCKET_TA_IOCTL, s, SOCKET_UDP_CHANGEADDR,
				  (char[]){ "127.0.0.1" }, &len),
			 TEEC_SUCCESS);
	len = 4;
	assert_int_equal(transfer(&c, SOCKET_TA_SEND, s, NO_TIMEOUT, buf, &len), TEEC_SUCCESS);
	await(other, POLLIN);
	assert_int_equal(recv(other, buf, sizeof(buf), 0), 4);
	client_close(&c);
	close(fd);
	close(other);
}

static void test_errors(void **state)
{
	static uint8_t bytes[70000];
	struct client c;
	uint32_t s, error, i;
	size_t len = sizeof(bytes);
	uint16_t port;
	int fd = bind_any(SOCK_STREAM, &port); /* where nobody listens */

	(void)state;
	client_open(&c, &uuid);
	assert_int_equal(open_at(&c, false, "127.0.0.1", port, &s, &error),
			 TEEC_ERROR_COMMUNICATION);
	assert_int_equal(open_at(&c, false, "::1", port, &s, &error), ERROR_PROTOCOL);
	assert_int_equal(error, SOCKET_ERROR_HOSTNAME);
	assert_int_equal(open_at(&c, false, "", port, &s, &error), ERROR_PROTOCOL);
	assert_int_equal(open_at(&c, true, "127.0.0.1", port, &s, &error), TEEC_SUCCESS);
	assert_int_equal(transfer(&c, SOCKET_TA_SEND, s, NO_TIMEOUT, bytes, &len),
			 SOCKET_ERROR_LARGE_BUFFER);
	assert_int_equal(len, 0);
	for (i = 1; i < PER_SESSION; i++)
		assert_int_equal(open_at(&c, true, "127.0.0.1", port, &s, &error), TEEC_SUCCESS);
	assert_int_equal(open_at(&c, true, "127.0.0.1", port, &s, &error),
			 SOCKET_ERROR_OUT_OF_RESOURCES);
	for (i = 0; i < PER_SESSION; i++)
		assert_int_equal(client_value(&c, SOCKET_TA_CLOSE, i, NULL), TEEC_SUCCESS);
	assert_int_equal(open_at(&c, true, "127.0.0.1", port, &s, &error), TEEC_SUCCESS);
	len = 0;
	assert_int_equal(transfer(&c, SOCKET_TA_IOCTL, s, 0x00f00000, bytes, &len), TEEC_SUCCESS);
	/* A command of another kind is the TA's fault. */
	assert_int_equal(transfer(&c, SOCKET_TA_IOCTL, s, SOCKET_TCP_SET_RECVBUF, bytes, &len),
			 TEEC_ERROR_TARGET_DEAD);
	client_close(&c);
	close(fd);
}

/* Starts a call that waits for bytes which don't come, and is on its way there. */
static void start_recv(struct client_call *call, struct client *c, uint32_t s, char *buf)
{
	*call = (struct client_call){ .c = c, .cmd = SOCKET_TA_RECV };
	prepare(&call->op, SOCKET_TA_RECV, s, NO_TIMEOUT, buf, 1);
	client_call_start(call);
	machine_until_busy(&machine, SOCKET_TA_TEXT);
}

/* One that waits keeps nobody else waiting, has nothing of others', and can be called back. */
static void test_waits(void **state)
{
	struct client_call call;
	struct client a, b;
	uint32_t s, t;
	char byte;
	int fd, other;

	(void)state;
	client_open(&a, &uuid);
	client_open(&b, &uuid);
	fd = open_tcp(&a, &s);
	start_recv(&call, &a, s, &byte);
	other = open_tcp(&b, &t);
	assert_int_equal(send(other, "beside it", 9, 0), 9);
	expect_text(&b, t, "beside it");
	for (s = 0; s < 4; s++)
		assert_int_equal(client_value(&b, SOCKET_TA_GUESS, s, NULL),
				 TEEC_ERROR_BAD_PARAMETERS);
	client_call_cancel(&call);
	assert_int_equal(call.res, TEEC_ERROR_CANCEL);
	client_close(&a);
	client_close(&b);
	close(fd);
	close(other);
}

/* A TA that dies in a call, and a supplicant: their sockets go with them. */
static void test_deaths(void **state)
{
	struct client_call call;
	struct client c;
	uint32_t s;
	char byte;
	pid_t pid;
	int fd;

	(void)state;
	client_open(&c, &uuid);
	fd = open_tcp(&c, &s);
	start_recv(&call, &c, s, &byte);
	pid = machine_await_process(&machine, "ta:6a1e2c60");
	assert_true(pid > 0);
	assert_int_equal(kill(pid, SIGKILL), 0);
	client_call_end(&call);
	assert_int_equal(call.res, TEEC_ERROR_TARGET_DEAD);
	await(fd, POLLIN);
	assert_int_equal(recv(fd, &byte, 1, 0), 0);
	close(fd);
	client_close(&c);
	client_open(&c, &uuid);
	fd = open_tcp(&c, &s);
	start_recv(&call, &c, s, &byte);
	pid = machine_await_process(&machine, "tee-supplicant");
	assert_true(pid > 0);
	assert_int_equal(kill(pid, SIGKILL), 0);
	client_call_end(&call);
	assert_int_equal(call.res, SOCKET_ERROR_REMOTE_CLOSED);
	/* The next supplicant doesn't know it either. */
	assert_int_equal(client_value(&c, SOCKET_TA_CLOSE, s, NULL), TEEC_SUCCESS);
	close(fd);
	fd = open_tcp(&c, &s);
	assert_int_equal(send(fd, "again", 5, 0), 5);
	expect_text(&c, s, "again");
	client_close(&c);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tcp),   cmocka_unit_test(test_large),
		cmocka_unit_test(test_udp),   cmocka_unit_test(test_errors),
		cmocka_unit_test(test_waits), cmocka_unit_test(test_deaths),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
