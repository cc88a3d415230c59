// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
/* Changes to calls, whole ones and single numbers, so that the rest keeps its meaning. */
#include <string.h>

#include "solo/fuzz/calls.h"
#include "ta/include/tee_api_defines.h"

#define MAX_CHANGES 3u
#define SMALL_NUMBERS 32u
#define FEW_COMMANDS 8u /* commands are mostly numbered from 0 */

struct mutation {
	struct fuzz_calls *calls;
	uint32_t state;
	size_t (*bytes)(uint8_t *data, size_t size, size_t max);
};

/* xorshift: the same seed, the same change. */
static uint32_t below(struct mutation *m, uint32_t limit)
{
	m->state ^= m->state << 13;
	m->state ^= m->state >> 17;
	m->state ^= m->state << 5;
	return m->state % limit;
}

static uint32_t number(struct mutation *m, uint32_t old)
{
	static const uint32_t edges[] = { 0,	  1,	      0x7f,	  0xff,
					  0xffff, 0x7fffffff, 0x80000000, 0xffffffff };
	uint8_t b[4];

	switch (below(m, 8)) {
	case 0:
		return below(m, SMALL_NUMBERS);
	case 1:
		return edges[below(m, sizeof(edges) / sizeof(edges[0]))];
	case 2:
		return old + below(m, 3) - 1;
	default:
		memcpy(b, &old, sizeof(b));
		m->bytes(b, sizeof(b), sizeof(b));
		memcpy(&old, b, sizeof(b));
		return old;
	}
}

static uint32_t new_size(struct mutation *m)
{
	static const uint16_t sizes[] = {
		0, 1, 4, 8, 12, 16, 20, 32, 48, 64, 128, 256, 1024, 4096
	};

	return below(m, 4) ? sizes[below(m, sizeof(sizes) / sizeof(sizes[0]))] : below(m, 512);
}

/* Other bytes for @p, at the end of the store: what it had before is kept as far as it goes. */
static bool resize(struct mutation *m, struct fuzz_param *p, uint32_t size)
{
	struct fuzz_calls *calls = m->calls;
	uint32_t keep = p->size < size ? p->size : size;

	if (size > FUZZ_MAX_MEMREF || size > FUZZ_MAX_BYTES - calls->used)
		return false;
	memmove(calls->store + calls->used, calls->store + p->at, keep);
	memset(calls->store + calls->used + keep, 0, size - keep);
	p->at = calls->used;
	p->size = size;
	calls->used += size;
	return true;
}

static void new_param(struct mutation *m, struct fuzz_param *p)
{
	memset(p, 0, sizeof(*p));
	p->type = (uint8_t)below(m, TEE_PARAM_TYPE_MEMREF_INOUT + 1);
	if (p->type > TEE_PARAM_TYPE_VALUE_INOUT && p->type < TEE_PARAM_TYPE_MEMREF_INPUT)
		p->type = TEE_PARAM_TYPE_NONE;
	if (!fuzz_type_is_memref(p->type)) {
		p->a = number(m, 0);
		p->b = number(m, 0);
		return;
	}
	p->null = !below(m, 16);
	if (fuzz_param_has_input(p))
		resize(m, p, new_size(m));
	else
		p->size = new_size(m);
}

static void change_memref(struct mutation *m, struct fuzz_param *p)
{
	uint32_t old = p->size, size = old + old / 2 + 16;

	if (!fuzz_param_has_input(p) || !below(m, 4)) {
		size = below(m, 3) ? new_size(m) : old + below(m, 3) - 1;
		if (!fuzz_param_has_input(p))
			p->size = size > FUZZ_MAX_MEMREF ? 0 : size;
		else
			resize(m, p, size);
		return;
	}
	if (resize(m, p, size))
		p->size = (uint32_t)m->bytes(m->calls->store + p->at, old, size);
}

static void change_param(struct mutation *m, struct fuzz_param *p)
{
	if (p->type == TEE_PARAM_TYPE_NONE || !below(m, 6))
		new_param(m, p);
	else if (fuzz_type_is_memref(p->type))
		change_memref(m, p);
	else if (below(m, 2))
		p->a = number(m, p->a);
	else
		p->b = number(m, p->b);
}

/* Makes room for a call at @i, which is what was there. */
static bool insert(struct fuzz_calls *calls, unsigned int i)
{
	if (calls->num == FUZZ_MAX_CALLS)
		return false;
	memmove(&calls->call[i + 1], &calls->call[i], (calls->num - i) * sizeof(calls->call[0]));
	calls->num++;
	return true;
}

static void new_call(struct mutation *m)
{
	struct fuzz_calls *calls = m->calls;
	unsigned int i = below(m, calls->num + 1), k, kind = below(m, 16);
	struct fuzz_call *c = &calls->call[i];

	if (!insert(calls, i))
		return;
	memset(c, 0, sizeof(*c));
	c->kind = kind == 0 ? FUZZ_OPEN : kind == 1 ? FUZZ_CLOSE : FUZZ_INVOKE;
	c->session = below(m, 4) ? 0 : below(m, FUZZ_MAX_SESSIONS);
	if (c->kind == FUZZ_INVOKE)
		c->cmd = below(m, below(m, 2) ? FEW_COMMANDS : SMALL_NUMBERS);
	for (k = 0; c->kind != FUZZ_CLOSE && k < MAILBOX_NUM_PARAMS && below(m, 4); k++)
		new_param(m, &c->param[k]);
}

static void remove_call(struct mutation *m)
{
	struct fuzz_calls *calls = m->calls;
	unsigned int i = below(m, calls->num);

	calls->num--;
	memmove(&calls->call[i], &calls->call[i + 1], (calls->num - i) * sizeof(calls->call[0]));
}

static void copy_call(struct mutation *m)
{
	struct fuzz_call c = m->calls->call[below(m, m->calls->num)];
	unsigned int i = below(m, m->calls->num + 1);

	if (insert(m->calls, i))
		m->calls->call[i] = c;
}

/* Mostly one that there is. */
static struct fuzz_param *some_param(struct mutation *m, struct fuzz_call *c)
{
	unsigned int i = below(m, MAILBOX_NUM_PARAMS);

	while (i && c->param[i].type == TEE_PARAM_TYPE_NONE && below(m, 8))
		i--;
	return &c->param[i];
}

static void change_call(struct mutation *m)
{
	struct fuzz_call *c = &m->calls->call[below(m, m->calls->num)];

	switch (below(m, 16)) {
	case 0:
		c->session = below(m, FUZZ_MAX_SESSIONS);
		break;
	case 1:
		c->cancelled = !c->cancelled && !below(m, 4);
		break;
	case 2:
	case 3:
		c->cmd = number(m, c->cmd);
		break;
	default:
		if (c->kind != FUZZ_CLOSE)
			change_param(m, some_param(m, c));
	}
}

void fuzz_calls_mutate(struct fuzz_calls *calls, unsigned int seed,
		       size_t (*bytes)(uint8_t *data, size_t size, size_t max))
{
	struct mutation m = { calls, seed | 1, bytes };
	unsigned int i, num = 1 + below(&m, MAX_CHANGES);

	for (i = 0; i < num; i++) {
		uint32_t how = calls->num ? below(&m, 10) : 0;

		if (how < 2)
			new_call(&m);
		else if (how == 2)
			remove_call(&m);
		else if (how == 3)
			copy_call(&m);
		else
			change_call(&m);
	}
}

/* @c, with bytes that lie in @from's store, as one of @to's. */
static void adopt(struct fuzz_calls *to, const struct fuzz_calls *from, struct fuzz_call *c)
{
	unsigned int i;

	for (i = 0; i < MAILBOX_NUM_PARAMS; i++) {
		struct fuzz_param *p = &c->param[i];
		uint32_t room = FUZZ_MAX_BYTES - to->used;

		if (!fuzz_type_is_memref(p->type) || !fuzz_param_has_input(p))
			continue;
		p->size = p->size < room ? p->size : room;
		memcpy(to->store + to->used, from->store + p->at, p->size);
		p->at = to->used;
		to->used += p->size;
	}
}

void fuzz_calls_cross(struct fuzz_calls *to, const struct fuzz_calls *from, unsigned int seed)
{
	struct mutation m = { .state = seed | 1 };
	unsigned int first, num, at = below(&m, to->num + 1), i;

	if (!from->num)
		return;
	first = below(&m, from->num);
	num = 1 + below(&m, from->num - first);
	for (i = 0; i < num && insert(to, at + i); i++) {
		to->call[at + i] = from->call[first + i];
		adopt(to, from, &to->call[at + i]);
	}
}
