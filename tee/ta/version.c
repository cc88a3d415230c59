// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
#include "tee/ta/version.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct version_entry {
	enum version_kind kind;
	struct image_version highest;
};

static struct version_entry *find(const struct version_table *t, enum version_kind kind,
				  const uint8_t uuid[16])
{
	unsigned int i;

	for (i = 0; i < t->num; i++)
		if (t->entry[i].kind == kind &&
		    !memcmp(t->entry[i].highest.uuid, uuid, sizeof(t->entry[i].highest.uuid)))
			return &t->entry[i];
	return NULL;
}

static bool is_older(const struct version_table *t, enum version_kind kind,
		     const struct image_version *v)
{
	const struct version_entry *e = find(t, kind, v->uuid);

	return e && v->version < e->highest.version;
}

/* Room for @more entries. */
static int reserve(struct version_table *t, unsigned int more)
{
	struct version_entry *grown;
	unsigned int room = t->room;

	if (t->num + more <= room)
		return 0;
	room = room ? room * 2 : 32;
	if (room > VERSION_MAX_ENTRIES)
		return -ENOSPC;
	grown = realloc(t->entry, room * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	t->entry = grown;
	t->room = room;
	return 0;
}

static void remember(struct version_table *t, enum version_kind kind, const struct image_version *v)
{
	struct version_entry *e = find(t, kind, v->uuid);

	if (!e) {
		e = &t->entry[t->num++];
		e->kind = kind;
	}
	e->highest = *v;
}

int versions_take(struct version_table *t, const struct signed_image *si)
{
	unsigned int i;
	int ret;

	for (i = 0; i < si->num_subkeys; i++)
		if (is_older(t, VERSION_SUBKEY, &si->subkey[i]))
			return -ESTALE;
	if (is_older(t, VERSION_TA, &si->ta))
		return -ESTALE;
	ret = reserve(t, si->num_subkeys + 1);
	if (ret)
		return ret;
	for (i = 0; i < si->num_subkeys; i++)
		remember(t, VERSION_SUBKEY, &si->subkey[i]);
	remember(t, VERSION_TA, &si->ta);
	return 0;
}

void versions_release(struct version_table *t)
{
	free(t->entry);
	t->entry = NULL;
	t->num = t->room = 0;
}
