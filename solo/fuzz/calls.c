// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
#include "solo/fuzz/calls.h"

#include <string.h>

#include "ta/include/tee_api_defines.h"

#define SESSION_MASK 0x03u
#define KIND_SHIFT 2u
#define KIND_MASK 0x03u
#define CANCELLED 0x10u
#define TYPE_MASK 0x07u
#define TYPE_NULL 0x08u

enum { KIND_OPEN = 2, KIND_CLOSE = 3 }; /* below: invoke */

struct reader {
	const uint8_t *data;
	size_t size;
};

static uint32_t take(struct reader *r, unsigned int bytes)
{
	uint32_t v = 0;
	unsigned int i;

	for (i = 0; i < bytes && r->size; i++) {
		v |= (uint32_t)*r->data++ << (8 * i);
		r->size--;
	}
	return v;
}

bool fuzz_type_is_memref(uint8_t type)
{
	return type >= TEE_PARAM_TYPE_MEMREF_INPUT && type <= TEE_PARAM_TYPE_MEMREF_INOUT;
}

bool fuzz_param_has_input(const struct fuzz_param *p)
{
	switch (p->type) {
	case TEE_PARAM_TYPE_VALUE_INPUT:
	case TEE_PARAM_TYPE_VALUE_INOUT:
		return true;
	case TEE_PARAM_TYPE_MEMREF_INPUT:
	case TEE_PARAM_TYPE_MEMREF_INOUT:
		return !p->null;
	default:
		return false;
	}
}

static void take_bytes(struct fuzz_calls *calls, struct reader *r, struct fuzz_param *p)
{
	size_t n;

	if (p->size > FUZZ_MAX_BYTES - calls->used)
		p->size = FUZZ_MAX_BYTES - calls->used;
	p->at = calls->used;
	calls->used += p->size;
	n = p->size < r->size ? p->size : r->size;
	if (n)
		memcpy(calls->store + p->at, r->data, n);
	memset(calls->store + p->at + n, 0, p->size - n);
	r->data += n;
	r->size -= n;
}

static void take_param(struct fuzz_calls *calls, struct reader *r, struct fuzz_param *p)
{
	uint8_t type = (uint8_t)take(r, 1);

	memset(p, 0, sizeof(*p));
	p->type = type & TYPE_MASK;
	if (!fuzz_type_is_memref(p->type)) {
		if (p->type > TEE_PARAM_TYPE_VALUE_INOUT)
			p->type = TEE_PARAM_TYPE_NONE;
		if (fuzz_param_has_input(p)) {
			p->a = take(r, 4);
			p->b = take(r, 4);
		}
		return;
	}
	p->null = type & TYPE_NULL;
	p->size = take(r, 2);
	if (fuzz_param_has_input(p))
		take_bytes(calls, r, p);
}

void fuzz_calls_parse(struct fuzz_calls *calls, const uint8_t *data, size_t size)
{
	struct reader r = { data, size };

	calls->num = 0;
	calls->used = 0;
	while (r.size && calls->num < FUZZ_MAX_CALLS) {
		struct fuzz_call *c = &calls->call[calls->num++];
		uint32_t what = take(&r, 1), kind = what >> KIND_SHIFT & KIND_MASK;
		unsigned int i;

		memset(c, 0, sizeof(*c));
		c->session = what & SESSION_MASK;
		c->cancelled = what & CANCELLED;
		c->kind = kind == KIND_OPEN    ? FUZZ_OPEN
			  : kind == KIND_CLOSE ? FUZZ_CLOSE
					       : FUZZ_INVOKE;
		if (c->kind == FUZZ_CLOSE)
			continue;
		if (c->kind == FUZZ_INVOKE)
			c->cmd = take(&r, 4);
		for (i = 0; i < MAILBOX_NUM_PARAMS; i++)
			take_param(calls, &r, &c->param[i]);
	}
}

struct writer {
	uint8_t *data;
	size_t max, used;
	bool full;
};

static void put(struct writer *w, uint32_t v, unsigned int bytes)
{
	if (w->full || bytes > w->max - w->used) {
		w->full = true;
		return;
	}
	for (; bytes; bytes--, v >>= 8)
		w->data[w->used++] = (uint8_t)v;
}

static void put_bytes(struct writer *w, const uint8_t *data, size_t size)
{
	if (w->full || size > w->max - w->used) {
		w->full = true;
		return;
	}
	if (size)
		memcpy(w->data + w->used, data, size);
	w->used += size;
}

static void put_param(struct writer *w, const struct fuzz_calls *calls, const struct fuzz_param *p)
{
	put(w, p->type | (p->null ? TYPE_NULL : 0), 1);
	if (fuzz_type_is_memref(p->type)) {
		put(w, p->size, 2);
		if (fuzz_param_has_input(p))
			put_bytes(w, calls->store + p->at, p->size);
	} else if (fuzz_param_has_input(p)) {
		put(w, p->a, 4);
		put(w, p->b, 4);
	}
}

static void put_call(struct writer *w, const struct fuzz_calls *calls, const struct fuzz_call *c)
{
	static const uint8_t kinds[] = {
		[FUZZ_INVOKE] = 0,
		[FUZZ_OPEN] = KIND_OPEN,
		[FUZZ_CLOSE] = KIND_CLOSE,
	};
	unsigned int i;

	put(w, c->session | (uint32_t)kinds[c->kind] << KIND_SHIFT | (c->cancelled ? CANCELLED : 0),
	    1);
	if (c->kind == FUZZ_CLOSE)
		return;
	if (c->kind == FUZZ_INVOKE)
		put(w, c->cmd, 4);
	for (i = 0; i < MAILBOX_NUM_PARAMS; i++)
		put_param(w, calls, &c->param[i]);
}

size_t fuzz_calls_format(const struct fuzz_calls *calls, uint8_t *data, size_t max)
{
	struct writer w = { .data = data, .max = max };
	size_t whole = 0;
	unsigned int i;

	for (i = 0; i < calls->num; i++) {
		put_call(&w, calls, &calls->call[i]);
		if (w.full)
			break;
		whole = w.used;
	}
	return whole;
}
