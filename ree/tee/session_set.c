/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "ree/tee/session_set.h"

#include <errno.h>
#include <stdlib.h>

void tee_session_set_init(struct tee_session_set *set)
{
	pthread_mutex_init(&set->lock, NULL);
	list_init(&set->entries);
	set->num = 0;
}

void tee_session_set_destroy(struct tee_session_set *set)
{
	uint32_t id;

	while (tee_session_set_pop(set, &id))
		;
	pthread_mutex_destroy(&set->lock);
}

/* Called with the lock held. */
static struct tee_session_entry *find_entry(struct tee_session_set *set, uint32_t id)
{
	struct tee_session_entry *entry;
	struct list *pos;

	list_for_each(pos, &set->entries) {
		entry = list_entry(pos, struct tee_session_entry, link);
		if (entry->id == id)
			return entry;
	}
	return NULL;
}

bool tee_session_set_has(struct tee_session_set *set, uint32_t id)
{
	bool has;

	pthread_mutex_lock(&set->lock);
	has = find_entry(set, id);
	pthread_mutex_unlock(&set->lock);
	return has;
}

int tee_session_set_add(struct tee_session_set *set, struct tee_session_entry *entry, uint32_t id)
{
	int ret = 0;

	entry->id = id;
	pthread_mutex_lock(&set->lock);
	if (find_entry(set, id)) {
		ret = -EEXIST;
	} else if (set->num >= TEE_SESSION_SET_MAX) {
		ret = -ENOSPC;
	} else {
		list_add_tail(&set->entries, &entry->link);
		set->num++;
	}
	pthread_mutex_unlock(&set->lock);
	return ret;
}

/* Called with the lock held. */
static void take_out(struct tee_session_set *set, struct tee_session_entry *entry)
{
	list_del(&entry->link);
	set->num--;
}

int tee_session_set_remove(struct tee_session_set *set, uint32_t id)
{
	struct tee_session_entry *entry;

	pthread_mutex_lock(&set->lock);
	entry = find_entry(set, id);
	if (entry)
		take_out(set, entry);
	pthread_mutex_unlock(&set->lock);
	if (!entry)
		return -EINVAL;
	free(entry);
	return 0;
}

bool tee_session_set_pop(struct tee_session_set *set, uint32_t *id)
{
	struct tee_session_entry *entry = NULL;
	bool any;

	pthread_mutex_lock(&set->lock);
	any = !list_empty(&set->entries);
	if (any) {
		entry = list_entry(set->entries.next, struct tee_session_entry, link);
		*id = entry->id;
		take_out(set, entry);
	}
	pthread_mutex_unlock(&set->lock);
	free(entry);
	return any;
}
