/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "tee/session/manager.h"

#include "tee/session/result.h"

static void init(struct tee_client *c, struct session_manager *sm,
		 void (*released)(struct tee_client *c))
{
	c->sm = sm;
	c->sv = NULL;
	c->caller = NULL;
	c->num_sessions = 0;
	list_init(&c->sessions);
	list_init(&c->requests);
	c->gone = false;
	c->going = false;
	c->released = released;
}

void client_init(struct tee_client *c, struct session_vm *sv,
		 void (*released)(struct tee_client *c))
{
	init(c, sv->sm, released);
	c->sv = session_vm_get(sv);
}

void client_init_ta(struct tee_client *c, struct session_inst *caller,
		    void (*released)(struct tee_client *c))
{
	init(c, caller->image->sm, released);
	c->caller = caller;
}

bool client_reserve(struct tee_client *c)
{
	unsigned int *num = c->sv ? &c->sv->num_sessions : &c->num_sessions;
	uint64_t max = c->sv ? world_limits(c->sv->sm->world)->sessions_per_vm : SESSION_MAX_PER_TA;

	if (*num >= max)
		return false;
	++*num;
	return true;
}

void client_unreserve(struct tee_client *c)
{
	if (c->sv)
		c->sv->num_sessions--;
	else
		c->num_sessions--;
}

void client_settle(struct tee_client *c)
{
	struct session_vm *sv = c->sv;

	if (!c->gone || c->going || !list_empty(&c->requests) || !list_empty(&c->sessions))
		return;
	c->released(c);
	if (sv)
		session_vm_put(sv);
}

static void abandon(struct tee_request *rq)
{
	if (rq->state != REQUEST_RUNNING) {
		/* A CLOSE stays: the session must end. */
		if (rq->kind != REQUEST_CLOSE)
			request_drop(rq, TEE_ERROR_CANCEL);
		return;
	}
	inst_cancel(rq->inst);
	/* Others' sessions outlive this client's impatience. */
	if (!inst_shared(rq->inst))
		reaper_doom(rq->inst, session_grace_ns(rq->inst->image->sm));
}

/* A shared instance that still works for clients that have gone, when the last one has left it. */
static void doom_forsaken(struct session_inst *inst)
{
	if (inst_shared(inst) && inst->current && inst_forsaken(inst))
		reaper_doom(inst, session_forsaken_grace_ns(inst->image->sm));
}

void client_gone(struct tee_client *c)
{
	struct list *pos, *next;

	c->gone = true;
	c->going = true;
	list_for_each_safe (pos, next, &c->requests)
		abandon(list_entry(pos, struct tee_request, client_node));
	list_for_each_safe (pos, next, &c->sessions) {
		struct tee_session *s = list_entry(pos, struct tee_session, client_node);

		struct session_inst *inst = s->inst;

		if (s->state == SESSION_OPEN)
			session_close(s);
		doom_forsaken(inst);
	}
	c->going = false;
	client_settle(c);
}
