/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tee/storage/storage_internal.h"

void storage_enum_release(struct storage_enum *e)
{
	free(e->list);
	memset(e, 0, sizeof(*e));
}

int storage_enum_alloc(struct storage_client *c)
{
	unsigned int i;
	int ret = -ENOMEM;

	storage_lock(c->storage);
	for (i = 0; i < STORAGE_MAX_ENUMS && ret < 0; i++) {
		if (c->enumerator[i].used)
			continue;
		c->enumerator[i].used = true;
		ret = (int)i + 1;
	}
	storage_unlock(c->storage);
	return ret;
}

/* With the lock, whatever comes back. */
static struct storage_enum *enum_get(struct storage_client *c, int handle)
{
	storage_lock(c->storage);
	if (handle <= 0 || handle > (int)STORAGE_MAX_ENUMS || !c->enumerator[handle - 1].used)
		return NULL;
	return &c->enumerator[handle - 1];
}

int storage_enum_free(struct storage_client *c, int handle)
{
	struct storage_enum *e = enum_get(c, handle);

	if (e)
		storage_enum_release(e);
	storage_unlock(c->storage);
	return e ? 0 : -EBADF;
}

static void reset(struct storage_enum *e)
{
	storage_enum_release(e);
	e->used = true;
}

int storage_enum_reset(struct storage_client *c, int handle)
{
	struct storage_enum *e = enum_get(c, handle);

	if (e)
		reset(e);
	storage_unlock(c->storage);
	return e ? 0 : -EBADF;
}

/* As many names as one message brings: 65536 objects of one TA. */
static int list_names(struct storage_client *c, struct storage_enum *e)
{
	struct store_shelf *sh = &c->storage->shelf;
	struct fs_batch *b = &sh->read;
	int ret;

	fs_batch_clear(b);
	snprintf(b->name[0], sizeof(b->name[0]), "%s", c->folder);
	fs_add(b, SUPP_FS_LIST, 0, 0, sh->read_buf, FS_MAX_BYTES);
	ret = fs_run(&sh->fs, b);
	if (ret)
		return ret;
	e->num = b->got / SUPP_FS_ID_SIZE;
	if (!e->num)
		return -ENOENT;
	e->list = malloc(e->num * SUPP_FS_ID_SIZE);
	if (!e->list)
		return -ENOMEM;
	memcpy(e->list, sh->read_buf, e->num * SUPP_FS_ID_SIZE);
	return 0;
}

int storage_enum_start(struct storage_client *c, int handle)
{
	struct storage_enum *e = enum_get(c, handle);
	int ret = e ? storage_client_key(c) : -EBADF;

	if (!ret) {
		reset(e);
		ret = list_names(c, e);
		if (ret)
			reset(e);
	}
	storage_unlock(c->storage);
	return ret;
}

static int look(struct storage_client *c, const uint8_t *name_id, struct store_id *id,
		struct storage_info *info)
{
	struct store_file *f = malloc(sizeof(*f));
	int ret;

	if (!f)
		return -ENOMEM;
	store_file_init_found(f, &c->storage->shelf, c->key, c->folder, name_id);
	ret = store_file_load(f);
	if (!ret) {
		*id = f->id;
		storage_file_info(f, 0, info);
	}
	store_file_release(f);
	free(f);
	return ret;
}

int storage_enum_next(struct storage_client *c, int handle, struct store_id *id,
		      struct storage_info *info)
{
	struct storage_enum *e = enum_get(c, handle);
	int ret = e ? -ENOENT : -EBADF;

	/* An object that went since is passed over. */
	while (e && e->next < e->num && ret == -ENOENT)
		ret = look(c, e->list + SUPP_FS_ID_SIZE * e->next++, id, info);
	storage_unlock(c->storage);
	return ret;
}
