// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
/*
 * Sockets for trusted applications, which libutee makes GP's sockets of; the supplicant has them. A
 * socket belongs to the session that opened it, whose numbers for its sockets mean nothing to
 * others. Whoever waits long asks again every second, so that lanes go round.
 */
#include <errno.h>
#include <stdlib.h>

#include "lib/futex.h"
#include "tee/pta/pta.h"
#include "tee/session/result.h"
#include "tee/supp/lanes.h"
#include "tee/world.h"
#include "wire/supp_socket.h"

#define MAX_SOCKETS 32u /* of a session */
#define SLICE_MS 1000u
#define NS_PER_MS 1000000ull
#define MAX_NAME 256u
#define MAX_IOCTL 256u
/* Beyond what it was asked to wait; a name's resolver and a connection have their own patience. */
#define ANSWER_TIMEOUT_NS 60000000000ull
#define OPEN_TIMEOUT_NS 300000000000ull

enum socket_cmd { OPEN = 1, CLOSE = 2, SEND = 3, RECV = 4, IOCTL = 5 };

const uint8_t pta_socket_uuid[16] = { 0x3b, 0x99, 0x6a, 0x7d, 0x2c, 0x2b, 0x4a, 0x49,
				      0xa8, 0x96, 0xe1, 0xfb, 0x57, 0x66, 0xd2, 0xf4 };

struct socket_entry {
	bool used;
	uint8_t protocol;
	uint32_t epoch, handle; /* the supplicant's */
};

struct socket_session {
	struct supp_lanes *lanes;
	uint32_t instance;
	struct supp_lane *lane; /* whose answer is waited for */
	struct socket_entry entry[MAX_SOCKETS];
};

/* One request, and where its bytes come from or go to. */
struct question {
	struct supp_socket_req req;
	struct supp_socket_rsp rsp;
	struct ta_call *call; /* NULL: it isn't cancelled */
	const struct ta_param *buf;
	uint64_t at;
	size_t in, room;
	uint64_t deadline_ns; /* 0: none */
	uint64_t patience_ns;
};

static const struct supp_lanes_config lanes_config = {
	.port = SUPP_SOCKET_PORT,
	.num = SUPP_SOCKET_LANES,
	.shm_offset = SUPP_SOCKET_SHM_OFFSET,
	.bytes = SUPP_SOCKET_LANE_BYTES,
	.rsp_size = sizeof(struct supp_socket_rsp),
};

int pta_socket_lanes_create(struct tee_world *w, struct supp_lanes **lp)
{
	return supp_lanes_create(w, &lanes_config, lp);
}

static size_t least(uint64_t a, uint64_t b)
{
	return (size_t)(a < b ? a : b);
}

/* The supplicant went, and with it its sockets. */
static uint32_t to_result(int err, uint32_t op)
{
	if (err == -EAGAIN)
		return SOCKET_ERROR_TIMEOUT;
	return supp_lane_result(err, op == SUPP_SOCKET_OPEN ? TEE_ERROR_COMMUNICATION
							    : SOCKET_ERROR_REMOTE_CLOSED);
}

static int exchange(struct socket_session *ss, struct question *q)
{
	int ret;

	q->req.instance = ss->instance;
	ret = supp_lane_copy(ss->lane, q->buf, q->at, q->in, true);
	if (!ret && q->call && q->call->cancelled)
		ret = -ECANCELED;
	if (!ret)
		ret = supp_lane_ask(ss->lane, &q->req, sizeof(q->req), &q->rsp, q->patience_ns);
	if (!ret && !q->rsp.result)
		ret = supp_lane_copy(ss->lane, q->buf, q->at, least(q->rsp.len, q->room), false);
	return ret;
}

static uint32_t ask(struct socket_session *ss, struct question *q)
{
	const bool *cancelled = q->call ? &q->call->cancelled : NULL;
	int ret = supp_lanes_take(ss->lanes, q->deadline_ns, cancelled, &ss->lane);

	if (!q->patience_ns)
		q->patience_ns = ANSWER_TIMEOUT_NS;
	if (ret)
		return to_result(ret == -ETIMEDOUT ? -EAGAIN : ret, q->req.op);
	ret = exchange(ss, q);
	supp_lane_put(ss->lane);
	ss->lane = NULL;
	return ret ? to_result(ret, q->req.op) : q->rsp.result;
}

/* What is left of its time, a slice at most, as the supplicant is told. */
static void set_slice(struct question *q)
{
	uint64_t now = tl_now_ns(), left = SLICE_MS;

	if (q->deadline_ns)
		left = q->deadline_ns > now ? (q->deadline_ns - now) / NS_PER_MS : 0;
	q->req.arg = (uint32_t)least(left, SLICE_MS);
}

/* A slice is over, but not its time. */
static bool may_go_on(const struct question *q, uint32_t result)
{
	return result == SOCKET_ERROR_TIMEOUT && !q->call->cancelled &&
	       (!q->deadline_ns || tl_now_ns() < q->deadline_ns);
}

static uint64_t deadline_of(uint32_t timeout_ms)
{
	return timeout_ms == SUPP_SOCKET_NO_TIMEOUT ? 0 : tl_now_ns() + timeout_ms * NS_PER_MS;
}

static struct socket_entry *find_free(struct socket_session *ss)
{
	unsigned int i;

	for (i = 0; i < MAX_SOCKETS; i++)
		if (!ss->entry[i].used)
			return &ss->entry[i];
	return NULL;
}

/* @handle: as the session knows it, a number from 1 on. */
static struct socket_entry *find(struct socket_session *ss, uint32_t handle)
{
	if (!handle || handle > MAX_SOCKETS || !ss->entry[handle - 1].used)
		return NULL;
	return &ss->entry[handle - 1];
}

static struct question question_of(struct ta_call *call, const struct socket_entry *e, uint32_t op)
{
	return (struct question){
		.call = call,
		.buf = &call->param[1],
		.req = { .op = op, .epoch = e->epoch, .handle = e->handle },
	};
}

static bool buffer_ok(const struct ta_param *p)
{
	return p->u.memref.mem || !p->u.memref.size;
}

static uint32_t do_open(struct socket_session *ss, struct ta_call *call)
{
	struct ta_param *p = call->param;
	uint32_t ip = p[0].u.value.a, port = p[0].u.value.b, protocol = p[2].u.value.a;
	struct socket_entry *e = find_free(ss), none = { .used = false };
	struct question q = question_of(call, &none, SUPP_SOCKET_OPEN);
	uint32_t result;

	if (!pta_types_are(call, TEE_PARAM_TYPE_VALUE_INPUT, TEE_PARAM_TYPE_MEMREF_INPUT,
			   TEE_PARAM_TYPE_VALUE_INPUT, TEE_PARAM_TYPE_VALUE_OUTPUT) ||
	    !p[1].u.memref.mem || !p[1].u.memref.size || ip > SOCKET_IP_6 || port > UINT16_MAX ||
	    (protocol != SOCKET_PROTOCOL_TCP && protocol != SOCKET_PROTOCOL_UDP))
		return TEE_ERROR_BAD_PARAMETERS;
	if (p[1].u.memref.size > MAX_NAME)
		return SOCKET_ERROR_HOSTNAME;
	if (!e)
		return SOCKET_ERROR_OUT_OF_RESOURCES;
	q.in = p[1].u.memref.size;
	q.patience_ns = OPEN_TIMEOUT_NS;
	q.req.len = (uint32_t)q.in;
	q.req.port = (uint16_t)port;
	q.req.protocol = (uint8_t)protocol;
	q.req.ip_version = (uint8_t)ip;
	result = ask(ss, &q);
	if (result)
		return result;
	*e = (struct socket_entry){ true, (uint8_t)protocol, q.rsp.epoch, q.rsp.handle };
	p[3].u.value.a = (uint32_t)(e - ss->entry) + 1;
	return TEE_SUCCESS;
}

static uint32_t do_close(struct socket_session *ss, struct ta_call *call)
{
	struct socket_entry *e = find(ss, call->param[0].u.value.a);
	struct question q;

	if (!pta_types_are(call, TEE_PARAM_TYPE_VALUE_INPUT, 0, 0, 0) || !e)
		return TEE_ERROR_BAD_PARAMETERS;
	q = question_of(call, e, SUPP_SOCKET_CLOSE);
	q.call = NULL;
	e->used = false;
	/* Without a supplicant there is no socket either. */
	if (supp_lanes_connected(ss->lanes))
		ask(ss, &q);
	return TEE_SUCCESS;
}

/* As much as goes in its time: what was sent is sent, whatever comes then. */
static uint32_t do_send(struct socket_session *ss, struct ta_call *call)
{
	struct ta_param *p = call->param;
	struct socket_entry *e = find(ss, p[0].u.value.a);
	uint64_t size = p[1].u.memref.size;
	struct question q;
	uint32_t result;

	if (!pta_types_are(call, TEE_PARAM_TYPE_VALUE_INPUT, TEE_PARAM_TYPE_MEMREF_INPUT,
			   TEE_PARAM_TYPE_VALUE_OUTPUT, 0) ||
	    !e || !buffer_ok(&p[1]) || size > UINT32_MAX)
		return TEE_ERROR_BAD_PARAMETERS;
	p[2].u.value.a = 0;
	if (e->protocol == SOCKET_PROTOCOL_UDP && size > SUPP_SOCKET_LANE_BYTES)
		return SOCKET_ERROR_LARGE_BUFFER;
	q = question_of(call, e, SUPP_SOCKET_SEND);
	q.deadline_ns = deadline_of(p[0].u.value.b);
	do {
		q.in = least(size - q.at, SUPP_SOCKET_LANE_BYTES);
		q.req.len = (uint32_t)q.in;
		set_slice(&q);
		result = ask(ss, &q);
		if (!result)
			q.at += least(q.rsp.len, q.in);
		/* Nothing sent is no success but of nothing to send. */
		if (!result && !q.rsp.len && q.in)
			result = SOCKET_ERROR_REMOTE_CLOSED;
	} while (result ? may_go_on(&q, result) : q.at < size);
	p[2].u.value.a = (uint32_t)q.at;
	return q.at ? TEE_SUCCESS : result;
}

static uint32_t do_recv(struct socket_session *ss, struct ta_call *call)
{
	struct ta_param *p = call->param;
	struct socket_entry *e = find(ss, p[0].u.value.a);
	struct question q;
	uint32_t result;

	if (!pta_types_are(call, TEE_PARAM_TYPE_VALUE_INPUT, TEE_PARAM_TYPE_MEMREF_OUTPUT, 0, 0) ||
	    !e || !buffer_ok(&p[1]))
		return TEE_ERROR_BAD_PARAMETERS;
	q = question_of(call, e, SUPP_SOCKET_RECV);
	q.room = least(p[1].u.memref.size, SUPP_SOCKET_LANE_BYTES);
	q.req.len = (uint32_t)q.room;
	q.deadline_ns = deadline_of(p[0].u.value.b);
	do {
		set_slice(&q);
		result = ask(ss, &q);
	} while (may_go_on(&q, result));
	/* A datagram may be longer than there is room for. */
	if (!result && q.room && e->protocol == SOCKET_PROTOCOL_TCP)
		p[1].u.memref.size = least(q.rsp.len, q.room);
	else if (!result)
		p[1].u.memref.size = least(q.rsp.len, SUPP_SOCKET_LANE_BYTES);
	else if (result == SOCKET_ERROR_REMOTE_CLOSED)
		p[1].u.memref.size = 0;
	return result;
}

static uint32_t do_ioctl(struct socket_session *ss, struct ta_call *call)
{
	struct ta_param *p = call->param;
	struct socket_entry *e = find(ss, p[0].u.value.a);
	struct question q;

	if (!pta_types_are(call, TEE_PARAM_TYPE_VALUE_INPUT, TEE_PARAM_TYPE_MEMREF_INOUT, 0, 0) ||
	    !e || !buffer_ok(&p[1]) || p[1].u.memref.size > MAX_IOCTL)
		return TEE_ERROR_BAD_PARAMETERS;
	q = question_of(call, e, SUPP_SOCKET_IOCTL);
	q.in = p[1].u.memref.size;
	q.req.len = (uint32_t)q.in;
	q.req.arg = p[0].u.value.b;
	q.patience_ns = OPEN_TIMEOUT_NS;
	return ask(ss, &q);
}

static uint32_t socket_open(void *data, struct ta_call *call, void **ctx)
{
	const struct pta *pta = data;
	struct socket_session *ss;

	if (call->login != TEE_LOGIN_TRUSTED_APP)
		return TEE_ERROR_ACCESS_DENIED;
	ss = calloc(1, sizeof(*ss));
	if (!ss)
		return TEE_ERROR_OUT_OF_MEMORY;
	ss->lanes = pta->sockets;
	ss->instance = call->session;
	*ctx = ss;
	return TEE_SUCCESS;
}

static uint32_t socket_invoke(void *data, void *ctx, struct ta_call *call)
{
	(void)data;
	switch (call->cmd) {
	case OPEN:
		return do_open(ctx, call);
	case CLOSE:
		return do_close(ctx, call);
	case SEND:
		return do_send(ctx, call);
	case RECV:
		return do_recv(ctx, call);
	case IOCTL:
		return do_ioctl(ctx, call);
	default:
		return TEE_ERROR_NOT_IMPLEMENTED;
	}
}

static void socket_cancel(void *data, void *ctx, struct ta_call *call)
{
	struct supp_socket_req req = { .op = SUPP_SOCKET_CANCEL };
	struct socket_session *ss = ctx;

	(void)data;
	(void)call;
	if (ss->lane)
		supp_lane_add(ss->lane, &req, sizeof(req));
	else
		supp_lanes_wake(ss->lanes);
}

static void socket_close(void *data, void *ctx)
{
	struct question q = { .req = { .op = SUPP_SOCKET_CLOSE_ALL } };
	struct socket_session *ss = ctx;
	bool any = false;
	unsigned int i;

	(void)data;
	for (i = 0; i < MAX_SOCKETS; i++)
		any |= ss->entry[i].used;
	if (any && supp_lanes_connected(ss->lanes))
		ask(ss, &q);
	free(ss);
}

const struct pseudo_ta_ops pta_socket_ops = {
	.concurrent = true,
	.open = socket_open,
	.invoke = socket_invoke,
	.cancel = socket_cancel,
	.close = socket_close,
};
