/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * Bounded cursor over a private copy of a peer's message: every get and put can fail, no arithmetic on
 * the peer's numbers happens outside. After the first failure all further calls fail too.
 * Thread rule: a cursor belongs to one thread.
 * Ownership rule: the cursor borrows the buffer.
 */
#ifndef TEELINK_LIB_CURSOR_H
#define TEELINK_LIB_CURSOR_H

#include "wire/port.h"

struct cursor {
	uint8_t *buf;
	size_t size; /* bytes of buf */
	size_t pos;  /* never above size */
	bool failed;
};

void cursor_init(struct cursor *c, void *buf, size_t size);
/* For reading only: put functions fail on such a cursor's buffer by contract, not by check. */
void cursor_init_ro(struct cursor *c, const void *buf, size_t size);

static inline size_t cursor_left(const struct cursor *c)
{
	return c->failed ? 0 : c->size - c->pos;
}

/**
 * cursor_get() - copy the next @len bytes out
 *
 * Return: true, or false with nothing copied when fewer are left.
 */
bool cursor_get(struct cursor *c, void *dst, size_t len);
bool cursor_put(struct cursor *c, const void *src, size_t len);
bool cursor_skip(struct cursor *c, size_t len);
/* Pointer to the next @len bytes, which are consumed; NULL when fewer are left. */
void *cursor_take(struct cursor *c, size_t len);

#endif
