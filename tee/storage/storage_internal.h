/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * The inside of struct storage, for client.c, object.c and enumerate.c.
 * Thread rule: everything under `lock`.
 * Ownership rule: an object lives as long as a handle to it.
 */
#ifndef TEELINK_TEE_STORAGE_STORAGE_INTERNAL_H
#define TEELINK_TEE_STORAGE_STORAGE_INTERNAL_H

#include <pthread.h>

#include "lib/list.h"
#include "lib/uuid.h"
#include "tee/storage/storage.h"

struct storage {
	pthread_mutex_t lock;
	struct storage_config cfg;
	struct store_shelf shelf;
	bool have_key;
	uint8_t key[STORE_KEY_SIZE]; /* of all storage, derived from the root key */
	struct list objects; /* storage_object.node: those with a handle */
	/*
	 * Clients that went while somebody may have waited for a file: whoever gets the lock next
	 * closes their handles before anything else.
	 */
	pthread_mutex_t gone_lock; /* guards `gone`; never held across anything */
	struct list gone; /* storage_client.gone_node */
};

struct storage_object {
	struct list node;
	unsigned int refs;
	uint8_t uuid[16];
	uint8_t ta_key[STORE_KEY_SIZE];
	uint32_t flags; /* of the first handle; those of the others fit it */
	struct store_file file;
};

struct storage_handle {
	struct storage_object *object; /* NULL: free */
	uint32_t flags;
};

struct storage_enum {
	bool used;
	uint8_t *list; /* name ids, NULL when not started */
	size_t num, next;
};

struct storage_client {
	struct storage *storage;
	struct list gone_node;
	uint8_t uuid[16];
	char folder[UUID_TEXT_SIZE];
	bool have_key;
	uint8_t key[STORE_KEY_SIZE];
	struct storage_handle handle[STORAGE_MAX_HANDLES];
	struct storage_enum enumerator[STORAGE_MAX_ENUMS];
};

/* client.c. Every function that uses a file begins with the lock. */
void storage_lock(struct storage *s);
void storage_unlock(struct storage *s);
/* Asks for the root key if need be. */
int storage_client_key(struct storage_client *c);

/* object.c: a handle less. */
void storage_object_put(struct storage_object *o);
void storage_file_info(const struct store_file *f, uint32_t handle_flags,
		       struct storage_info *info);

/* enumerate.c */
void storage_enum_release(struct storage_enum *e);

#endif
