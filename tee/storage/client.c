/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/* All of storage, and its clients: their keys, and what they leave behind. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "tee/storage/seen.h"
#include "tee/storage/storage_internal.h"

static void client_free(struct storage_client *c)
{
	unsigned int i;

	for (i = 0; i < STORAGE_MAX_HANDLES; i++)
		if (c->handle[i].object)
			storage_object_put(c->handle[i].object);
	for (i = 0; i < STORAGE_MAX_ENUMS; i++)
		storage_enum_release(&c->enumerator[i]);
	OPENSSL_cleanse(c->key, sizeof(c->key));
	free(c);
}

static void free_gone(struct storage *s)
{
	struct list *node;

	do {
		pthread_mutex_lock(&s->gone_lock);
		node = list_pop(&s->gone);
		pthread_mutex_unlock(&s->gone_lock);
		if (node)
			client_free(list_entry(node, struct storage_client, gone_node));
	} while (node);
}

int storage_create(const struct storage_config *cfg, struct storage **sp)
{
	struct storage *s = calloc(1, sizeof(*s));
	int ret;

	if (!s)
		return -ENOMEM;
	ret = store_shelf_init(&s->shelf, &cfg->fs);
	if (ret) {
		free(s);
		return ret;
	}
	s->cfg = *cfg;
	list_init(&s->objects);
	list_init(&s->gone);
	pthread_mutex_init(&s->lock, NULL);
	pthread_mutex_init(&s->gone_lock, NULL);
	*sp = s;
	return 0;
}

void storage_destroy(struct storage *s)
{
	if (!s)
		return;
	free_gone(s);
	store_shelf_release(&s->shelf);
	pthread_mutex_destroy(&s->gone_lock);
	pthread_mutex_destroy(&s->lock);
	OPENSSL_cleanse(s->key, sizeof(s->key));
	free(s);
}

int storage_client_create(struct storage *s, const uint8_t uuid[16], struct storage_client **cp)
{
	struct storage_client *c = calloc(1, sizeof(*c));

	if (!c)
		return -ENOMEM;
	c->storage = s;
	memcpy(c->uuid, uuid, sizeof(c->uuid));
	uuid_format(uuid, c->folder);
	*cp = c;
	return 0;
}

void storage_lock(struct storage *s)
{
	pthread_mutex_lock(&s->lock);
	free_gone(s);
}

void storage_unlock(struct storage *s)
{
	pthread_mutex_unlock(&s->lock);
}

void storage_client_destroy(struct storage_client *c)
{
	struct storage *s;

	if (!c)
		return;
	s = c->storage;
	pthread_mutex_lock(&s->gone_lock);
	list_add_tail(&s->gone, &c->gone_node);
	pthread_mutex_unlock(&s->gone_lock);
	if (!pthread_mutex_trylock(&s->lock)) {
		free_gone(s);
		storage_unlock(s);
	}
}

int storage_client_key(struct storage_client *c)
{
	struct storage *s = c->storage;
	uint8_t root[STORE_KEY_SIZE];
	int ret = 0;

	if (!s->have_key) {
		ret = s->cfg.root_key(s->cfg.key_data, root);
		if (!ret)
			ret = seal_derive(root, "storage", NULL, 0, s->key);
		OPENSSL_cleanse(root, sizeof(root));
		s->have_key = !ret;
		if (!ret && s->cfg.record)
			store_seen_open(&s->shelf, s->cfg.record(s->cfg.key_data), s->key);
	}
	if (!ret && !c->have_key) {
		ret = seal_derive(s->key, "ta", c->uuid, sizeof(c->uuid), c->key);
		c->have_key = !ret;
	}
	return ret;
}
