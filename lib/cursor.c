/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "lib/cursor.h"

#include <string.h>

void cursor_init(struct cursor *c, void *buf, size_t size)
{
	c->buf = buf;
	c->size = size;
	c->pos = 0;
	c->failed = false;
}

void cursor_init_ro(struct cursor *c, const void *buf, size_t size)
{
	/* The cast stays here: callers of a read-only cursor only get and skip. */
	cursor_init(c, (void *)(uintptr_t)buf, size);
}

void *cursor_take(struct cursor *c, size_t len)
{
	void *p;

	if (c->failed || len > c->size - c->pos) {
		c->failed = true;
		return NULL;
	}
	p = c->buf + c->pos;
	c->pos += len;
	return p;
}

bool cursor_get(struct cursor *c, void *dst, size_t len)
{
	const void *p = cursor_take(c, len);

	if (!p)
		return false;
	memcpy(dst, p, len);
	return true;
}

bool cursor_put(struct cursor *c, const void *src, size_t len)
{
	void *p = cursor_take(c, len);

	if (!p)
		return false;
	memcpy(p, src, len);
	return true;
}

bool cursor_skip(struct cursor *c, size_t len)
{
	return cursor_take(c, len) != NULL;
}
