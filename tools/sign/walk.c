// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
#include <errno.h>
#include <string.h>

#include "lib/cursor.h"
#include "tools/sign/sign.h"

static bool walk_ta(struct cursor *c, struct sign_part *p)
{
	if (p->h.img_type != SHDR_TA && !cursor_get(c, &p->bs, sizeof(p->bs)))
		return false;
	if (p->h.img_type == SHDR_ENCRYPTED_TA &&
	    (!cursor_get(c, &p->enc, sizeof(p->enc)) ||
	     !cursor_skip(c, (size_t)p->enc.iv_size + p->enc.tag_size)))
		return false;
	p->payload = cursor_take(c, p->h.img_size);
	return p->payload != NULL;
}

static bool walk_subkey(struct cursor *c, struct sign_part *p)
{
	p->payload = cursor_take(c, p->h.img_size);
	if (!p->payload || p->h.img_size < sizeof(p->sk))
		return false;
	memcpy(&p->sk, p->payload, sizeof(p->sk));
	p->name = p->payload + p->h.img_size;
	return cursor_left(c) >= p->sk.name_size;
}

int sign_walk(const struct sign_bytes *b, size_t *offset, struct sign_part *p)
{
	struct cursor c;
	bool ok;

	memset(p, 0, sizeof(*p));
	if (*offset > b->size)
		return -EBADMSG;
	cursor_init_ro(&c, b->data + *offset, b->size - *offset);
	if (!cursor_get(&c, &p->h, sizeof(p->h)) || p->h.magic != SHDR_MAGIC)
		return -EBADMSG;
	p->hash = cursor_take(&c, p->h.hash_size);
	p->sig = cursor_take(&c, p->h.sig_size);
	if (!p->sig || p->h.hash_size != SHDR_HASH_SIZE)
		return -EBADMSG;
	p->body = p->sig + p->h.sig_size;
	ok = p->h.img_type == SHDR_SUBKEY ? walk_subkey(&c, p) :
	     p->h.img_type < SHDR_SUBKEY  ? walk_ta(&c, p) :
					    false;
	if (!ok)
		return -EBADMSG;
	p->body_size = (size_t)(b->data + *offset + c.pos - p->body);
	*offset += c.pos + p->sk.name_size;
	return 0;
}
