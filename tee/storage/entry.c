/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/* Objects come, go, and change their names. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "tee/storage/file.h"
#include "tee/storage/seen.h"

/* The content of a new object: in the header, or in blocks. */
static int fill(struct store_file *f, const uint8_t *content, size_t size)
{
	if (size > STORE_INLINE_MAX) {
		f->head.depth = 0;
		return store_put_range(f, 0, content, size);
	}
	f->head.depth = STORE_INLINE;
	if (size)
		memcpy(f->head.content, content, size);
	return 0;
}

static int fill_both(struct store_file *f, const struct store_content *c)
{
	size_t size = c->attr_size + c->data_size;
	uint8_t *both;
	int ret;

	if (!c->attr_size || !c->data_size)
		return fill(f, c->attr_size ? c->attr : c->data, size);
	both = malloc(size);
	if (!both)
		return -ENOMEM;
	memcpy(both, c->attr, c->attr_size);
	memcpy(both + c->attr_size, c->data, c->data_size);
	ret = fill(f, both, size);
	OPENSSL_cleanse(both, size);
	free(both);
	return ret;
}

static int create_fill(struct store_file *f, const struct store_content *c)
{
	struct fs_batch *b = &f->shelf->write;
	int ret;

	ret = seal_random(f->salt, sizeof(f->salt));
	if (!ret)
		ret = seal_derive(f->ta_key, "object", f->salt, sizeof(f->salt), f->key);
	if (ret)
		return ret;
	fs_batch_clear(b);
	/* The rest of an attempt that didn't get to its end is overwritten. */
	store_set_name(f, b->name[0], f->name_id, SUPP_FS_NEW_SUFFIX);
	store_set_name(f, b->name[1], f->name_id, "");
	fs_add(b, SUPP_FS_CREATE, 0, 0, NULL, 0);
	ret = fill_both(f, c);
	return ret ? ret : store_tree_settle(f);
}

int store_file_create(struct store_file *f, const struct store_content *c)
{
	struct fs_batch *b = &f->shelf->write;
	struct store_head *h = &f->head;
	uint8_t *buf;
	int ret;

	if (c->data_size > STORE_MAX_SIZE - c->attr_size)
		return -EFBIG;
	store_tree_forget(f);
	memset(h, 0, sizeof(*h));
	h->size = c->attr_size + c->data_size;
	h->attr_size = c->attr_size;
	h->type = c->type;
	h->usage = c->usage;
	h->flags = c->flags;
	h->object_size = c->object_size;
	h->max_object_size = c->max_object_size;
	store_head_set_id(h, &f->id, NULL);
	ret = create_fill(f, c);
	buf = ret ? NULL : store_head_seal(f, &ret);
	if (!buf)
		return store_failed(f, ret);
	fs_add(b, SUPP_FS_WRITE, 0, STORE_COPY_AT(0), buf, STORE_BLOCK);
	fs_add(b, SUPP_FS_WRITE, 0, STORE_COPY_AT(1), buf, STORE_BLOCK);
	fs_add(b, SUPP_FS_SYNC, 0, 0, NULL, 0);
	fs_add(b, SUPP_FS_RENAME, 0, 0, NULL, 0);
	ret = fs_run(&f->shelf->fs, b);
	if (ret) {
		store_seen_forget(f->shelf, f->name_id);
		return store_failed(f, ret);
	}
	store_seen_note(f->shelf, f);
	f->loaded = true;
	return 0;
}

int store_file_remove(struct store_file *f)
{
	struct fs_batch *b = &f->shelf->write;
	int ret;

	fs_batch_clear(b);
	store_set_name(f, b->name[0], f->name_id, "");
	fs_add(b, SUPP_FS_REMOVE, 0, 0, NULL, 0);
	ret = fs_run(&f->shelf->fs, b);
	if (ret)
		store_seen_forget(f->shelf, f->name_id);
	else
		store_seen_removed(f->shelf, f->name_id);
	return ret;
}

/* The file's name from now on; what is remembered of the old one goes. */
static void take_name(struct store_file *f, const struct store_id *id,
		      const uint8_t name_id[SUPP_FS_ID_SIZE])
{
	memcpy(f->name_id, name_id, sizeof(f->name_id));
	f->id = *id;
	store_head_set_id(&f->head, id, NULL);
}

/*
 * The rename's end wasn't heard of. If the file has the new name, the change is done but for the
 * last copy of the header, which the next one brings; else it has the old name still, or nobody
 * can say.
 */
static int rename_settle(struct store_file *f, const struct store_id *id,
			 const uint8_t name_id[SUPP_FS_ID_SIZE], int error)
{
	uint8_t old_name[SUPP_FS_ID_SIZE];
	struct store_id old = f->id;
	int ret;

	memcpy(old_name, f->name_id, sizeof(old_name));
	store_seen_forget(f->shelf, old_name);
	store_seen_forget(f->shelf, name_id);
	ret = store_file_load(f);
	if (ret != -ENOENT)
		return error;
	take_name(f, id, name_id);
	ret = store_begin(f);
	if (!ret)
		return store_commit(f, NULL, 0);
	take_name(f, &old, old_name);
	return error;
}

int store_file_rename(struct store_file *f, const struct store_id *id)
{
	uint8_t name_id[SUPP_FS_ID_SIZE];
	char name[SUPP_FS_NAME_SIZE];
	struct store_file *other;
	int ret;

	other = malloc(sizeof(*other));
	if (!other)
		return -ENOMEM;
	ret = store_file_init(other, f->shelf, f->ta_key, f->folder, id);
	if (!ret)
		ret = store_file_exists(other);
	memcpy(name_id, other->name_id, sizeof(name_id));
	free(other);
	if (ret != -ENOENT)
		return ret ? ret : -EEXIST;
	ret = store_begin(f);
	if (ret)
		return ret;
	store_head_set_id(&f->head, id, &f->id);
	store_set_name(f, name, name_id, "");
	ret = store_commit(f, name, 0);
	if (ret)
		return rename_settle(f, id, name_id, ret == -ENOENT ? -EIO : ret);
	store_seen_removed(f->shelf, f->name_id);
	take_name(f, id, name_id);
	store_seen_note(f->shelf, f);
	return 0;
}
