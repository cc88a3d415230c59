/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * The sessions that a client opened through one context, by the ids that the secure world gave them.
 * Thread rule: every function but init and destroy from any thread; nothing waits under the lock.
 * Ownership rule: the set owns its entries, which come from malloc.
 */
#ifndef TEELINK_REE_TEE_SESSION_SET_H
#define TEELINK_REE_TEE_SESSION_SET_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/list.h"

#define TEE_SESSION_SET_MAX 256u

struct tee_session_set {
	pthread_mutex_t lock;
	struct list entries; /* lock: struct tee_session_entry */
	unsigned int num;    /* lock */
};

/* A session that the client may use. */
struct tee_session_entry {
	struct list link;
	uint32_t id;
};

void tee_session_set_init(struct tee_session_set *set);
/* Frees the entries that are left, not @set itself. */
void tee_session_set_destroy(struct tee_session_set *set);
bool tee_session_set_has(struct tee_session_set *set, uint32_t id);
/**
 * tee_session_set_add() - add session @id
 * @entry: from malloc, before the session is opened: then an open session never lacks it
 *
 * Return: 0, then @entry is the set's; -EEXIST for an id that is there already; -ENOSPC at the limit.
 */
int tee_session_set_add(struct tee_session_set *set, struct tee_session_entry *entry, uint32_t id);
int tee_session_set_remove(struct tee_session_set *set, uint32_t id); /* -EINVAL: not there */
/* Removes any one. Return: false when none is left. */
bool tee_session_set_pop(struct tee_session_set *set, uint32_t *id);

#endif
