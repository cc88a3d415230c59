/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "tee/session/manager.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tee/session/result.h"

bool inst_shared(const struct session_inst *inst)
{
	const uint32_t both = TA_FLAG_SINGLE_INSTANCE | TA_FLAG_MULTI_SESSION;

	return (inst->image->flags & both) == both;
}

bool inst_forsaken(const struct session_inst *inst)
{
	struct session_manager *sm = inst->image->sm;
	struct list *pos;
	unsigned int i;

	if (inst->current && !inst->current->client->gone)
		return false;
	list_for_each(pos, &inst->queue)
		if (!list_entry(pos, struct tee_request, node)->client->gone)
			return false;
	for (i = 0; i < SESSION_HASH; i++)
		list_for_each(pos, &sm->session_hash[i]) {
			const struct tee_session *s = list_entry(pos, struct tee_session, hash_node);

			if (s->inst == inst && !s->client->gone)
				return false;
		}
	return true;
}

void inst_cancel(struct session_inst *inst)
{
	if (inst->ta)
		ta_instance_cancel(inst->ta);
	else if (inst->image->pseudo)
		pseudo_ta_cancel(inst);
}

/* Where a request stands; NULL: nowhere yet, or where no TA is waited for. */
static const struct session_inst *place_of(const struct tee_request *rq)
{
	if (rq->inst)
		return rq->inst;
	return rq->image && rq->image->state == IMAGE_LOADED ? image_single_inst(rq->image) : NULL;
}

bool inst_would_deadlock(const struct session_inst *inst, const struct tee_request *rq)
{
	const struct session_inst *caller = rq->client->caller;

	while (caller && inst) {
		if (inst == caller)
			return true;
		inst = inst->nested ? place_of(inst->nested) : NULL;
	}
	return false;
}

void inst_enqueue(struct session_inst *inst, struct tee_request *rq)
{
	rq->inst = inst;
	rq->state = REQUEST_QUEUED;
	list_add_tail(&inst->queue, &rq->node);
	if (!inst->busy)
		manager_schedule(inst->image->sm, &inst->run);
}

void inst_leave(struct session_inst *inst)
{
	if (--inst->num_sessions)
		return;
	/* Who runs it looks at it again by itself; but a CREATE that nobody waits for may be long. */
	if (!inst->busy)
		manager_schedule(inst->image->sm, &inst->run);
	else if (inst->state == INST_NEW && inst->ta)
		reaper_doom(inst, session_grace_ns(inst->image->sm));
}

/* An OPEN that isn't the instance's any more. */
static void leave(struct session_inst *inst, struct tee_request *rq, uint32_t result, uint32_t origin)
{
	inst->num_sessions--;
	request_finish(rq, result, origin);
}

static void bury(struct session_inst *inst)
{
	inst->state = INST_DEAD;
	ta_instance_destroy(inst->ta);
	inst->ta = NULL;
}

/* Blocks. @call's result and origin are set whatever happens. */
static void enter(struct session_inst *inst, struct ta_call *call)
{
	int rc;

	manager_hand_over(inst->image->sm);
	rc = inst->image->pseudo ? pseudo_ta_call(inst, call) : ta_instance_call(inst->ta, call);
	reaper_spare(inst);
	if (!rc)
		return;
	call->origin = TEE_ORIGIN_TEE;
	call->result = rc == -EOWNERDEAD ? TEE_ERROR_TARGET_DEAD :
		       rc == -ENOMEM	 ? TEE_ERROR_OUT_OF_MEMORY :
					   TEE_ERROR_GENERIC;
	if (ta_instance_dead(inst->ta))
		bury(inst);
}

static uint32_t create_result(int err)
{
	switch (err) {
	case -EAGAIN:
		return TEE_ERROR_OUT_OF_MEMORY;
	case -EOWNERDEAD:
		return TEE_ERROR_TARGET_DEAD;
	case -EPIPE:
		return TEE_ERROR_COMMUNICATION;
	default: /* of the image, or of a library that it needs */
		return image_load_result(err);
	}
}

/* Blocks. On failure whoever waits in the queue, opens all of them, is told why. */
static void inst_start(struct session_inst *inst)
{
	struct ta_call call = { .entry = TA_ENTRY_CREATE };
	struct ta_instance *ta;
	struct list *node;
	int rc;

	manager_hand_over(inst->image->sm);
	rc = ta_instance_create(inst->image->sm->world, inst->image->ta, &ta);
	if (rc) {
		call.result = create_result(rc);
		call.origin = TEE_ORIGIN_TEE;
	} else {
		inst->ta = ta;
		ta_instance_set_owner(ta, inst);
		if (!inst->num_sessions)
			reaper_doom(inst, session_grace_ns(inst->image->sm));
		enter(inst, &call);
	}
	if (call.result == TEE_SUCCESS) {
		inst->state = INST_ALIVE;
		return;
	}
	/* Only what crashed is kept as crashed, not what there was no room for. */
	if (inst->state != INST_DEAD) {
		bury(inst);
		inst->state = INST_STILLBORN;
	}
	while ((node = list_pop(&inst->queue)))
		leave(inst, list_entry(node, struct tee_request, node), call.result, call.origin);
}

static bool is_over(const struct session_inst *inst)
{
	if (inst->num_sessions || !list_empty(&inst->queue))
		return false;
	switch (inst->state) {
	case INST_DEAD:
		return !image_keeps_crashed(inst->image);
	case INST_ALIVE:
		return !image_keeps_alive(inst->image);
	default:
		return true;
	}
}

/*
 * Whose request ends the instance hears of it afterwards, as OP-TEE's clients do: what the TA held,
 * objects and sessions, is free then.
 */
static void answer(struct session_inst *inst, struct tee_request *rq)
{
	if (inst->state == INST_ALIVE && is_over(inst))
		inst->last = rq;
	else
		request_finish_call(rq);
}

/* Blocks. */
static void serve_open(struct session_inst *inst, struct tee_request *rq)
{
	struct tee_session *s = session_create(inst->image->sm, rq->client, inst);

	if (!s) {
		leave(inst, rq, TEE_ERROR_OUT_OF_MEMORY, TEE_ORIGIN_TEE);
		return;
	}
	rq->reserved = false;
	rq->session = s;
	s->login = rq->call.login;
	memcpy(s->client_uuid, rq->call.client_uuid, sizeof(s->client_uuid));
	rq->call.session = s->id;
	enter(inst, &rq->call);
	rq->session = NULL;
	if (rq->call.result != TEE_SUCCESS) {
		session_destroy(s);
		inst->num_sessions--;
	} else {
		rq->session_id = s->id;
		s->state = SESSION_OPEN;
		if (rq->client->gone)
			session_close(s);
	}
	answer(inst, rq);
}

/* Blocks. */
static void serve_invoke(struct session_inst *inst, struct tee_request *rq)
{
	rq->call.session = rq->session->id;
	rq->call.login = rq->session->login;
	memcpy(rq->call.client_uuid, rq->session->client_uuid, sizeof(rq->call.client_uuid));
	enter(inst, &rq->call);
	request_finish_call(rq);
}

/* Closing has no result: the session is gone, dead TA or not. */
static void finish_close(struct session_inst *inst, struct tee_request *rq)
{
	struct tee_session *s = rq->session;
	struct tee_client *c = rq->client;

	inst->num_sessions--;
	if (rq != &s->close_rq) {
		session_destroy(s);
		rq->call.result = TEE_SUCCESS;
		rq->call.origin = TEE_ORIGIN_TEE;
		answer(inst, rq);
		return;
	}
	list_del(&rq->client_node);
	session_destroy(s);
	client_settle(c);
}

/* Blocks. */
static void serve_close(struct session_inst *inst, struct tee_request *rq)
{
	struct ta_call call = { .entry = TA_ENTRY_CLOSE_SESSION, .session = rq->session->id,
				.login = rq->session->login };

	memcpy(call.client_uuid, rq->session->client_uuid, sizeof(call.client_uuid));
	if (rq->client->gone && !inst_shared(inst))
		reaper_doom(inst, session_grace_ns(inst->image->sm));
	else if (rq->client->gone && inst_forsaken(inst))
		reaper_doom(inst, session_forsaken_grace_ns(inst->image->sm));
	enter(inst, &call);
	finish_close(inst, rq);
}

/* Blocks. */
static void inst_serve(struct session_inst *inst, struct tee_request *rq)
{
	rq->state = REQUEST_RUNNING;
	inst->current = rq;
	switch (rq->kind) {
	case REQUEST_OPEN:
		serve_open(inst, rq);
		break;
	case REQUEST_INVOKE:
		serve_invoke(inst, rq);
		break;
	case REQUEST_CLOSE:
		serve_close(inst, rq);
		break;
	}
	inst->current = NULL;
}

/* The instance is dead: an open that didn't reach it may have another one. */
static void refuse(struct session_inst *inst, struct tee_request *rq)
{
	switch (rq->kind) {
	case REQUEST_OPEN:
		inst->num_sessions--;
		image_route(inst->image, rq);
		break;
	case REQUEST_INVOKE:
		request_finish(rq, TEE_ERROR_TARGET_DEAD, TEE_ORIGIN_TEE);
		break;
	case REQUEST_CLOSE:
		finish_close(inst, rq);
		break;
	}
}

static void inst_free(struct session_inst *inst)
{
	reaper_spare(inst);
	ta_instance_destroy(inst->ta);
	list_del(&inst->node);
	list_del(&inst->run.node);
	free(inst);
}

void inst_drop(struct session_inst *inst)
{
	struct list *node;

	inst->state = INST_DEAD;
	while ((node = list_pop(&inst->queue))) {
		struct tee_request *rq = list_entry(node, struct tee_request, node);

		if (rq->kind == REQUEST_CLOSE)
			finish_close(inst, rq);
		else
			request_finish(rq, TEE_ERROR_TARGET_DEAD, TEE_ORIGIN_TEE);
	}
	inst_free(inst);
}

/* Blocks. */
static void inst_end(struct session_inst *inst)
{
	struct ta_call call = { .entry = TA_ENTRY_DESTROY };
	struct session_image *img = inst->image;
	struct tee_request *last = inst->last;

	if (inst->state == INST_ALIVE) {
		inst->state = INST_ENDING;
		inst->busy = true;
		reaper_doom(inst, SESSION_DESTROY_GRACE_NS);
		enter(inst, &call);
	}
	inst_free(inst);
	image_wake(img);
	if (last)
		request_finish_call(last);
}

/* One request, or the end, so that each answer leaves before the next one's TA time. */
static void inst_run(struct runnable *r)
{
	struct session_inst *inst = container_of(r, struct session_inst, run);
	struct list *node;

	if (is_over(inst)) {
		inst_end(inst);
		return;
	}
	inst->busy = true;
	if (inst->state == INST_NEW && !list_empty(&inst->queue))
		inst_start(inst);
	/* Died in its sleep: who opens a session needn't know. */
	if (inst->state == INST_ALIVE && inst->ta && ta_instance_dead(inst->ta))
		bury(inst);
	if (inst->state == INST_ALIVE) {
		node = list_pop(&inst->queue);
		if (node)
			inst_serve(inst, list_entry(node, struct tee_request, node));
		if (inst->last) {
			inst_end(inst);
			return;
		}
	}
	while (inst->state == INST_DEAD && (node = list_pop(&inst->queue)))
		refuse(inst, list_entry(node, struct tee_request, node));
	inst->busy = false;
	if (!list_empty(&inst->queue) || is_over(inst))
		manager_schedule(inst->image->sm, r);
}

struct session_inst *inst_create(struct session_image *img)
{
	struct session_inst *inst = calloc(1, sizeof(*inst));

	if (!inst)
		return NULL;
	inst->run.run = inst_run;
	inst->state = img->pseudo ? INST_ALIVE : INST_NEW;
	inst->id = ++img->sm->last_inst;
	inst->image = img;
	list_init(&inst->run.node);
	list_init(&inst->queue);
	list_init(&inst->doom_node);
	list_add_tail(&img->insts, &inst->node);
	return inst;
}
