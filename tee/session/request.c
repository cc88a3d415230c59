/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "tee/session/manager.h"

#include "lib/trace.h"
#include "tee/session/result.h"

static const char *verb(const struct tee_request *rq)
{
	switch (rq->kind) {
	case REQUEST_OPEN:
		return "open_session";
	case REQUEST_INVOKE:
		return "invoke";
	case REQUEST_CLOSE:
		return "close_session";
	}
	return "request";
}

static void submit_open(struct session_manager *sm, struct tee_request *rq)
{
	world_counters(sm->world)->opens++;
	rq->reserved = client_reserve(rq->client);
	if (!rq->reserved) {
		request_finish(rq, TEE_ERROR_OUT_OF_MEMORY, TEE_ORIGIN_TEE);
		return;
	}
	rq->call.entry = TA_ENTRY_OPEN_SESSION;
	image_open(sm, rq);
}

/* An unknown session's results are OP-TEE's: they differ between the two. */
static void submit_invoke(struct session_manager *sm, struct tee_request *rq, uint32_t session_id)
{
	struct tee_session *s = session_find(sm, rq->client, session_id);

	world_counters(sm->world)->invokes++;
	if (!s) {
		request_finish(rq, TEE_ERROR_BAD_PARAMETERS, TEE_ORIGIN_TEE);
		return;
	}
	if (inst_would_deadlock(s->inst, rq)) {
		request_finish(rq, TEE_ERROR_BUSY, TEE_ORIGIN_TEE);
		return;
	}
	rq->session = s;
	rq->call.entry = TA_ENTRY_INVOKE;
	inst_enqueue(s->inst, rq);
}

static void submit_close(struct session_manager *sm, struct tee_request *rq, uint32_t session_id)
{
	struct tee_session *s = session_find(sm, rq->client, session_id);

	world_counters(sm->world)->closes++;
	if (!s) {
		request_finish(rq, TEE_ERROR_ITEM_NOT_FOUND, TEE_ORIGIN_TEE);
		return;
	}
	/* It comes to an end all the same, only not while the caller waits. */
	if (inst_would_deadlock(s->inst, rq)) {
		session_close(s);
		request_finish(rq, TEE_SUCCESS, TEE_ORIGIN_TEE);
		return;
	}
	rq->session = s;
	s->state = SESSION_CLOSING;
	inst_enqueue(s->inst, rq);
}

void request_submit(struct tee_request *rq, uint32_t session_id)
{
	struct session_manager *sm = rq->client->sm;

	tl_trace(TRACE_SESSION, TRACE_DOWN, verb(rq), session_id);
	rq->state = REQUEST_NEW;
	rq->session_id = session_id;
	list_init(&rq->node);
	list_add_tail(&rq->client->requests, &rq->client_node);
	switch (rq->kind) {
	case REQUEST_OPEN:
		submit_open(sm, rq);
		break;
	case REQUEST_INVOKE:
		submit_invoke(sm, rq, session_id);
		break;
	case REQUEST_CLOSE:
		submit_close(sm, rq, session_id);
		break;
	}
}

void request_finish(struct tee_request *rq, uint32_t result, uint32_t origin)
{
	struct tee_client *c = rq->client;
	unsigned int i;

	list_del(&rq->client_node);
	list_del(&rq->node);
	for (i = 0; i < TA_NUM_PARAMS; i++) {
		if (rq->shm[i])
			shm_put(c->sm->world, rq->shm[i]);
	}
	if (rq->reserved)
		client_unreserve(c);
	rq->result = result;
	rq->origin = origin;
	tl_trace(TRACE_SESSION, TRACE_UP, verb(rq), rq->session_id);
	if (rq->ops)
		rq->ops->done(rq);
	client_settle(c);
}

void request_finish_call(struct tee_request *rq)
{
	request_finish(rq, rq->call.result, rq->call.origin);
}

void request_drop(struct tee_request *rq, uint32_t result)
{
	struct session_inst *inst = rq->kind == REQUEST_OPEN ? rq->inst : NULL;
	struct session_image *img = inst ? NULL : rq->image;

	list_del(&rq->node);
	request_finish(rq, result, TEE_ORIGIN_TEE);
	if (inst)
		inst_leave(inst);
	else if (img)
		image_settle(img);
}

void request_ask_to_end(struct tee_request *rq)
{
	if (rq->state == REQUEST_RUNNING)
		inst_cancel(rq->inst);
	else
		request_drop(rq, TEE_ERROR_CANCEL);
}

void request_cancel(struct tee_client *c, uint32_t session_id, uint32_t cancel_id)
{
	struct list *pos;

	world_counters(c->sm->world)->cancels++;
	tl_trace(TRACE_SESSION, TRACE_DOWN, "cancel", session_id);
	list_for_each(pos, &c->requests) {
		struct tee_request *rq = list_entry(pos, struct tee_request, client_node);

		/* Who opens a session doesn't know its id yet. */
		if (rq->kind == REQUEST_CLOSE || rq->cancel_id != cancel_id ||
		    (rq->kind == REQUEST_INVOKE && rq->session_id != session_id))
			continue;
		request_ask_to_end(rq);
		return;
	}
}
