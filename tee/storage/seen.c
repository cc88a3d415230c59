/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/* What was last seen of each object, for as long as this secure world lives. */
#include <string.h>

#include "tee/storage/seen.h"

/* name_id is a MAC: any of its bytes are as good as random. */
static struct store_seen *place_of(struct store_shelf *sh, const uint8_t name_id[SUPP_FS_ID_SIZE])
{
	return &sh->seen[(name_id[0] | (unsigned int)name_id[1] << 8) % STORE_NUM_SEEN];
}

static struct store_seen *find(struct store_shelf *sh, const uint8_t name_id[SUPP_FS_ID_SIZE])
{
	struct store_seen *s = place_of(sh, name_id);

	return s->used && !memcmp(s->name_id, name_id, SUPP_FS_ID_SIZE) ? s : NULL;
}

bool store_seen_allows(struct store_shelf *sh, const struct store_file *f)
{
	const struct store_seen *s = find(sh, f->name_id);

	return !s || (s->counter && f->head.counter >= s->counter &&
		      !memcmp(s->salt, f->salt, sizeof(s->salt)));
}

bool store_seen_alive(struct store_shelf *sh, const struct store_file *f)
{
	const struct store_seen *s = find(sh, f->name_id);

	return s && s->counter;
}

void store_seen_note(struct store_shelf *sh, const struct store_file *f)
{
	struct store_seen *s = place_of(sh, f->name_id);

	memcpy(s->name_id, f->name_id, sizeof(s->name_id));
	memcpy(s->salt, f->salt, sizeof(s->salt));
	s->counter = f->head.counter;
	s->used = true;
}

void store_seen_removed(struct store_shelf *sh, const uint8_t name_id[SUPP_FS_ID_SIZE])
{
	struct store_seen *s = place_of(sh, name_id);

	memcpy(s->name_id, name_id, sizeof(s->name_id));
	s->counter = 0;
	s->used = true;
}

void store_seen_forget(struct store_shelf *sh, const uint8_t name_id[SUPP_FS_ID_SIZE])
{
	struct store_seen *s = find(sh, name_id);

	if (s)
		s->used = false;
}
