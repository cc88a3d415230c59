/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "tee/session/manager.h"

#include <stdlib.h>

struct tee_session *session_by_id(struct session_manager *sm, uint32_t id)
{
	struct list *pos, *head = &sm->session_hash[id % SESSION_HASH];

	list_for_each(pos, head) {
		struct tee_session *s = list_entry(pos, struct tee_session, hash_node);

		if (s->id == id)
			return s;
	}
	return NULL;
}

struct tee_session *session_create(struct session_manager *sm, struct tee_client *c,
				   struct session_inst *inst)
{
	struct tee_session *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	/* Counted up, so that an id isn't used again before 2^32 others were. */
	do {
		s->id = ++sm->last_session;
	} while (!s->id || session_by_id(sm, s->id));
	s->state = SESSION_OPENING;
	s->client = c;
	s->inst = inst;
	list_add_tail(&sm->session_hash[s->id % SESSION_HASH], &s->hash_node);
	list_add_tail(&c->sessions, &s->client_node);
	return s;
}

void session_destroy(struct tee_session *s)
{
	client_unreserve(s->client);
	list_del(&s->hash_node);
	list_del(&s->client_node);
	free(s);
}

struct tee_session *session_find(struct session_manager *sm, struct tee_client *c, uint32_t id)
{
	struct tee_session *s = session_by_id(sm, id);

	return s && s->client == c && s->state == SESSION_OPEN ? s : NULL;
}

void session_close(struct tee_session *s)
{
	struct tee_request *rq = &s->close_rq;

	/* Without ops: it is part of the session and ends with it. */
	rq->kind = REQUEST_CLOSE;
	rq->client = s->client;
	rq->session = s;
	list_init(&rq->node);
	list_add_tail(&s->client->requests, &rq->client_node);
	s->state = SESSION_CLOSING;
	inst_enqueue(s->inst, rq);
}
