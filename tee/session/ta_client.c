// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
/*
 * TAs as clients of TAs. The thread that waits for the caller waits here for the callee's answer;
 * memrefs are copied into memory of the secure world's own, so that a callee may outlive its
 * caller.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/futex.h"
#include "tee/session/manager.h"
#include "tee/session/result.h"
#include "tee/ta/syscall.h"
#include "wire/ta_session.h"

#define NS_PER_MS 1000000ull
/* More bytes than this aren't copied with the lock held. */
#define COPY_LOCKED 65536u

struct ta_client {
	struct tee_client client;
	struct list node; /* ta_clients */
	void **state; /* that names it */
	struct world_event event;
};

struct nested {
	struct tee_request rq;
	struct vm_mem *mem; /* its memrefs' bytes, each at its offset in the area; NULL: none */
	uint64_t bytes;
	bool finished;
	bool abandoned; /* nobody waits for it any more */
};

static void released(struct tee_client *c)
{
	struct ta_client *tc = container_of(c, struct ta_client, client);

	world_event_destroy(&tc->event);
	free(tc);
}

static struct ta_client *client_of(struct session_manager *sm, struct ta_syscall *sc)
{
	struct ta_client *tc = *sc->state;

	if (tc)
		return tc;
	tc = calloc(1, sizeof(*tc));
	if (!tc)
		return NULL;
	client_init_ta(&tc->client, ta_instance_owner(sc->inst), released);
	world_event_init(&tc->event);
	list_add_tail(&sm->ta_clients, &tc->node);
	tc->state = sc->state;
	*sc->state = tc;
	return tc;
}

static void leave(struct ta_client *tc)
{
	*tc->state = NULL;
	list_del(&tc->node);
	/* Its sessions may take their time to end; nothing waits for them in its name any more. */
	tc->client.caller = NULL;
	client_gone(&tc->client);
}

static void nested_free(struct nested *n)
{
	vm_mem_put(n->mem);
	free(n);
}

static void nested_done(struct tee_request *rq)
{
	struct nested *n = container_of(rq, struct nested, rq);
	struct ta_client *tc = container_of(rq->client, struct ta_client, client);

	if (n->abandoned) {
		nested_free(n);
		return;
	}
	tc->client.caller->nested = NULL;
	n->finished = true;
	world_signal(&tc->event);
}

static const struct tee_request_ops nested_ops = {
	.done = nested_done,
};

static bool is_value(uint32_t type)
{
	return type >= TEE_PARAM_TYPE_VALUE_INPUT && type <= TEE_PARAM_TYPE_VALUE_INOUT;
}

static bool is_memref(uint32_t type)
{
	return type >= TEE_PARAM_TYPE_MEMREF_INPUT && type <= TEE_PARAM_TYPE_MEMREF_INOUT;
}

/* The parameters' numbers, checked; @end: behind all bytes. False: no libutee writes such. */
static bool read_params(const struct ta_session_msg *msg, struct nested *n, uint64_t *end)
{
	unsigned int i;

	*end = 0;
	for (i = 0; i < TA_NUM_PARAMS; i++) {
		struct ta_param *p = &n->rq.call.param[i];
		uint64_t a = msg->param[i].a, b = msg->param[i].b;

		p->type = msg->param[i].type;
		if (is_value(p->type)) {
			p->u.value.a = (uint32_t)a;
			p->u.value.b = (uint32_t)b;
		} else if (is_memref(p->type)) {
			p->u.memref.size = b;
			p->shared = msg->param[i].flags & TA_SESSION_PARAM_SHARED;
			if (a == TA_SESSION_NULL && b <= MAILBOX_MAX_MEMREF)
				continue;
			if (a > TA_SYSCALL_SIZE || b > TA_SYSCALL_SIZE - a)
				return false;
			p->u.memref.offset = a;
			n->bytes += b;
			/* A buffer without bytes isn't a NULL buffer: it has to lie somewhere. */
			*end = a + b >= *end ? a + b + 1 : *end;
		} else if (p->type) {
			return false;
		}
	}
	return true;
}

/* Between the area and the request's own memory. */
static void copy(struct ta_syscall *sc, struct nested *n, const struct ta_session_msg *msg, bool in)
{
	uint8_t *own = dataspace_map(n->mem->run[0].ds);
	unsigned int i;

	for (i = 0; i < TA_NUM_PARAMS; i++) {
		const struct ta_param *p = &n->rq.call.param[i];
		uint64_t size = p->u.memref.size, offset = p->u.memref.offset;

		if (!is_memref(p->type) || !p->u.memref.mem)
			continue;
		if (in)
			ta_syscall_get(sc, offset, own + offset, size);
		else if (p->type != TEE_PARAM_TYPE_MEMREF_INPUT)
			ta_syscall_put(sc, offset, own + offset,
				       size < msg->param[i].b ? size : msg->param[i].b);
	}
}

static void copy_unlocked(struct session_manager *sm, struct ta_syscall *sc, struct nested *n,
			  const struct ta_session_msg *msg, bool in)
{
	if (!n->mem)
		return;
	if (n->bytes > COPY_LOCKED)
		world_block_begin(sm->world);
	copy(sc, n, msg, in);
	if (n->bytes > COPY_LOCKED)
		world_block_end(sm->world);
}

static uint32_t params_in(struct session_manager *sm, struct ta_syscall *sc, struct nested *n,
			  const struct ta_session_msg *msg)
{
	unsigned int i;
	uint64_t end;

	if (!read_params(msg, n, &end))
		return TEE_ERROR_BAD_PARAMETERS;
	if (end && vm_mem_create_own(end, &n->mem))
		return TEE_ERROR_OUT_OF_MEMORY;
	for (i = 0; i < TA_NUM_PARAMS; i++) {
		struct ta_param *p = &n->rq.call.param[i];

		if (is_memref(p->type) && msg->param[i].a != TA_SESSION_NULL)
			p->u.memref.mem = n->mem;
	}
	copy_unlocked(sm, sc, n, msg, true);
	return TEE_SUCCESS;
}

static void params_out(struct session_manager *sm, struct ta_syscall *sc, struct nested *n,
		       struct ta_session_msg *msg)
{
	unsigned int i;

	copy_unlocked(sm, sc, n, msg, false);
	for (i = 0; i < TA_NUM_PARAMS; i++) {
		const struct ta_param *p = &n->rq.call.param[i];

		if (is_memref(p->type)) {
			msg->param[i].b = p->u.memref.size;
		} else {
			msg->param[i].a = p->u.value.a;
			msg->param[i].b = p->u.value.b;
		}
	}
	ta_syscall_put(sc, 0, msg, sizeof(*msg));
}

static uint64_t deadline_of(uint32_t timeout_ms)
{
	return timeout_ms == TA_SESSION_NO_TIMEOUT ? 0 : tl_now_ns() + timeout_ms * NS_PER_MS;
}

/*
 * A time-out is a request to cancel (TEE Internal Core API, 4.9.1), as is the caller's own
 * cancellation unless it is masked. One of 0 ms asks for it from the start, but lets the callee be
 * entered: programs that are about write it.
 */
static void wait_for_answer(struct session_manager *sm, struct ta_client *tc, struct ta_syscall *sc,
			    struct nested *n, uint64_t deadline)
{
	bool cancellable = sc->arg[TA_SESSION_ARG_FLAGS] & TA_SESSION_CANCELLABLE;
	bool asked = false;

	while (!n->finished && !ta_instance_dead(sc->inst)) {
		bool late = deadline && tl_now_ns() >= deadline;

		if (!asked && (late || (cancellable && ta_instance_cancelled(sc->inst)))) {
			asked = true;
			request_ask_to_end(&n->rq);
			continue;
		}
		manager_hand_over(sm);
		if (world_wait(sm->world, &tc->event, asked ? 0 : deadline) == -ECANCELED)
			return;
	}
}

static uint32_t call_ta(struct session_manager *sm, struct ta_client *tc, struct ta_syscall *sc,
			struct nested *n, struct ta_session_msg *msg)
{
	uint32_t timeout = (uint32_t)sc->arg[TA_SESSION_ARG_TIMEOUT], result;

	n->rq.call.cancelled = !timeout;
	tc->client.caller->nested = &n->rq;
	request_submit(&n->rq, (uint32_t)sc->arg[TA_SESSION_ARG_ID]);
	wait_for_answer(sm, tc, sc, n, timeout ? deadline_of(timeout) : 0);
	if (!n->finished) {
		n->abandoned = true;
		tc->client.caller->nested = NULL;
		return TEE_ERROR_CANCEL;
	}
	result = n->rq.result;
	sc->arg[TA_SESSION_ARG_ID] = n->rq.session_id;
	sc->arg[TA_SESSION_ARG_ORIGIN] = n->rq.origin;
	params_out(sm, sc, n, msg);
	nested_free(n);
	return result;
}

static uint32_t start(struct session_manager *sm, struct ta_client *tc, struct ta_syscall *sc,
		      enum request_kind kind)
{
	struct nested *n = calloc(1, sizeof(*n));
	struct ta_session_msg msg = { .uuid = { 0 } };
	uint32_t res = TEE_SUCCESS;

	if (!n)
		return TEE_ERROR_OUT_OF_MEMORY;
	n->rq.ops = &nested_ops;
	n->rq.kind = kind;
	n->rq.client = &tc->client;
	n->rq.call.cmd = (uint32_t)sc->arg[TA_SESSION_ARG_CMD];
	n->rq.call.login = TEE_LOGIN_TRUSTED_APP;
	memcpy(n->rq.call.client_uuid, ta_instance_uuid(sc->inst), 16);
	sc->arg[TA_SESSION_ARG_ORIGIN] = TEE_ORIGIN_TEE;
	if (kind == REQUEST_CLOSE) {
		sc->arg[TA_SESSION_ARG_TIMEOUT] = TA_SESSION_NO_TIMEOUT;
		sc->arg[TA_SESSION_ARG_FLAGS] = 0;
	} else {
		ta_syscall_get(sc, 0, &msg, sizeof(msg));
		memcpy(n->rq.uuid, msg.uuid, 16);
		res = params_in(sm, sc, n, &msg);
	}
	if (res) {
		nested_free(n);
		return res;
	}
	return call_ta(sm, tc, sc, n, &msg);
}

static uint32_t serve(void *server, struct ta_syscall *sc)
{
	struct session_manager *sm = server;
	struct ta_client *tc = client_of(sm, sc);

	if (!tc)
		return TEE_ERROR_OUT_OF_MEMORY;
	switch (sc->nr) {
	case TA_SESSION_OPEN:
		return start(sm, tc, sc, REQUEST_OPEN);
	case TA_SESSION_INVOKE:
		return start(sm, tc, sc, REQUEST_INVOKE);
	case TA_SESSION_CLOSE:
		return start(sm, tc, sc, REQUEST_CLOSE);
	default:
		return TEE_ERROR_NOT_IMPLEMENTED;
	}
}

static void interrupt(void *server, struct ta_instance *inst, void *state)
{
	struct ta_client *tc = state;

	(void)server;
	(void)inst;
	if (tc)
		world_signal(&tc->event);
}

static void gone(void *server, struct ta_instance *inst, void *state)
{
	(void)server;
	(void)inst;
	leave(state);
}

static const struct ta_syscall_ops ops = {
	.call = serve,
	.interrupt = interrupt,
	.gone = gone,
};

int ta_client_serve(struct session_manager *sm)
{
	return ta_syscall_register(sm->world, MAILBOX_SYSCALL_SESSION, &ops, sm);
}

void ta_client_drop_all(struct session_manager *sm)
{
	while (!list_empty(&sm->ta_clients))
		leave(list_entry(sm->ta_clients.next, struct ta_client, node));
}
