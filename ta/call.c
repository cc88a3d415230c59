// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
/* One call: parameters in, entry point, parameters out. */
#include <stdlib.h>
#include <string.h>

#include "lib/trace.h"
#include "ta/runtime.h"

struct ta_session {
	struct list link;
	uint32_t id;
	void *ctx;
};

static struct ta_session *session_find(struct ta_runtime *rt, uint32_t id)
{
	struct list *pos;

	list_for_each(pos, &rt->sessions) {
		struct ta_session *s = list_entry(pos, struct ta_session, link);

		if (s->id == id)
			return s;
	}
	return NULL;
}

static void session_free(struct ta_session *s)
{
	list_del(&s->link);
	free(s);
}

void ta_sessions_free(struct ta_runtime *rt)
{
	while (!list_empty(&rt->sessions))
		session_free(list_entry(rt->sessions.next, struct ta_session, link));
}

static void *memref_buffer(struct ta_runtime *rt, const struct mailbox_param *p)
{
	switch (p->where) {
	case MAILBOX_WHERE_IN:
		/* GP's parameter has no const; the mapping has. */
		return (uint8_t *)(uintptr_t)rt->cfg->in_area + p->a;
	case MAILBOX_WHERE_IO:
		return (uint8_t *)rt->cfg->io_area + p->a;
	case MAILBOX_WHERE_MAP:
		return p->slot < MAILBOX_MAX_MAPS ? rt->map[p->slot].addr + p->a : NULL;
	default:
		return NULL;
	}
}

static void params_in(struct ta_runtime *rt)
{
	unsigned int i;

	memset(rt->params, 0, sizeof(rt->params));
	rt->param_types = 0;
	for (i = 0; i < TEE_NUM_PARAMS; i++) {
		const struct mailbox_param *p = &rt->call.param[i];

		rt->param_types |= TEE_PARAM_TYPE_SET(p->type, i);
		switch (p->type) {
		case TEE_PARAM_TYPE_VALUE_INPUT:
		case TEE_PARAM_TYPE_VALUE_INOUT:
			rt->params[i].value.a = (uint32_t)p->a;
			rt->params[i].value.b = (uint32_t)p->b;
			break;
		case TEE_PARAM_TYPE_MEMREF_INPUT:
		case TEE_PARAM_TYPE_MEMREF_OUTPUT:
		case TEE_PARAM_TYPE_MEMREF_INOUT:
			rt->params[i].memref.buffer = memref_buffer(rt, p);
			rt->params[i].memref.size = p->b;
			break;
		default:
			break;
		}
	}
}

static void params_out(struct ta_runtime *rt)
{
	struct mailbox_answer *ans = &rt->mb->answer;
	unsigned int i;

	for (i = 0; i < TEE_NUM_PARAMS; i++) {
		uint64_t a = 0, b = 0;

		switch (rt->call.param[i].type) {
		case TEE_PARAM_TYPE_VALUE_OUTPUT:
		case TEE_PARAM_TYPE_VALUE_INOUT:
			a = rt->params[i].value.a;
			b = rt->params[i].value.b;
			break;
		case TEE_PARAM_TYPE_MEMREF_OUTPUT:
		case TEE_PARAM_TYPE_MEMREF_INOUT:
			b = rt->params[i].memref.size;
			break;
		default:
			break;
		}
		ans->param[i].a = a;
		ans->param[i].b = b;
	}
}

static TEE_Result enter_open_session(struct ta_runtime *rt)
{
	struct ta_session *s = calloc(1, sizeof(*s));
	TEE_Result res;

	if (!s)
		return TEE_ERROR_OUT_OF_MEMORY;
	s->id = rt->call.session;
	list_add_tail(&rt->sessions, &s->link);
	res = rt->entry.open_session(rt->param_types, rt->params, &s->ctx);
	if (res != TEE_SUCCESS)
		session_free(s);
	return res;
}

static TEE_Result enter_close_session(struct ta_runtime *rt)
{
	struct ta_session *s = session_find(rt, rt->call.session);

	if (!s)
		return TEE_ERROR_BAD_STATE;
	rt->entry.close_session(s->ctx);
	session_free(s);
	return TEE_SUCCESS;
}

static TEE_Result enter_invoke(struct ta_runtime *rt)
{
	struct ta_session *s = session_find(rt, rt->call.session);

	if (!s)
		return TEE_ERROR_BAD_STATE;
	return rt->entry.invoke(s->ctx, rt->call.cmd, rt->param_types, rt->params);
}

static TEE_Result enter(struct ta_runtime *rt)
{
	switch (rt->call.entry) {
	case MAILBOX_ENTRY_CREATE:
		return rt->entry.create();
	case MAILBOX_ENTRY_DESTROY:
		rt->entry.destroy();
		ta_image_close(rt);
		return TEE_SUCCESS;
	case MAILBOX_ENTRY_OPEN_SESSION:
		return enter_open_session(rt);
	case MAILBOX_ENTRY_CLOSE_SESSION:
		return enter_close_session(rt);
	case MAILBOX_ENTRY_INVOKE:
		return enter_invoke(rt);
	default:
		return TEE_ERROR_NOT_IMPLEMENTED;
	}
}

static const char *verb(uint32_t entry)
{
	switch (entry) {
	case MAILBOX_ENTRY_CREATE:
		return "create";
	case MAILBOX_ENTRY_DESTROY:
		return "destroy";
	case MAILBOX_ENTRY_OPEN_SESSION:
		return "open_session";
	case MAILBOX_ENTRY_CLOSE_SESSION:
		return "close_session";
	default:
		return "invoke";
	}
}

void ta_call_serve(struct ta_runtime *rt)
{
	TEE_Result res;

	memcpy(&rt->call, &rt->mb->call, sizeof(rt->call));
	if (rt->map_failed) {
		rt->map_failed = false;
		ta_runtime_answer(rt, MAILBOX_ANSWER_MAP_FAILED);
		return;
	}
	params_in(rt);
	/* GP 4.10: every entry starts with cancellation masked. */
	rt->cancel_masked = true;
	tl_trace(TRACE_TA, TRACE_DOWN, verb(rt->call.entry), rt->call.session);
	res = enter(rt);
	tl_trace(TRACE_TA, TRACE_UP, verb(rt->call.entry), res);
	params_out(rt);
	rt->mb->answer.result = res;
	rt->param_types = 0;
	ta_runtime_answer(rt, MAILBOX_ANSWER_DONE);
}
