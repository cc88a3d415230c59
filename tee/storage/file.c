/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "tee/storage/file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "tee/storage/seen.h"

#define COPY_AT(n) ((n) * (uint64_t)STORE_BLOCK)

int store_shelf_init(struct store_shelf *sh, const struct storage_fs *fs)
{
	memset(sh, 0, sizeof(*sh));
	sh->fs = *fs;
	sh->write_buf = malloc(FS_MAX_BYTES);
	sh->read_buf = malloc(FS_MAX_BYTES);
	sh->seen = calloc(STORE_NUM_SEEN, sizeof(*sh->seen));
	if (sh->write_buf && sh->read_buf && sh->seen && !seal_create(&sh->sealer))
		return 0;
	store_shelf_release(sh);
	return -ENOMEM;
}

void store_shelf_release(struct store_shelf *sh)
{
	seal_destroy(sh->sealer);
	free(sh->seen);
	free(sh->read_buf);
	free(sh->write_buf);
	memset(sh, 0, sizeof(*sh));
}

static void set_name(const struct store_file *f, char out[SUPP_FS_NAME_SIZE],
		     const uint8_t name_id[SUPP_FS_ID_SIZE], const char *suffix)
{
	char text[SUPP_FS_ID_TEXT + 1];
	unsigned int i;

	for (i = 0; i < SUPP_FS_ID_SIZE; i++)
		snprintf(text + 2 * i, 3, "%02x", name_id[i]);
	snprintf(out, SUPP_FS_NAME_SIZE, "%s/%s%s", f->folder, text, suffix);
}

/* The normal world learns nothing of an object's id but whether two of one TA are the same. */
static int name_of(const struct store_file *f, const struct store_id *id,
		   uint8_t name_id[SUPP_FS_ID_SIZE])
{
	uint8_t mac[STORE_KEY_SIZE];
	int ret = seal_derive(f->ta_key, "name", id->id, id->size, mac);

	memcpy(name_id, mac, SUPP_FS_ID_SIZE);
	return ret;
}

void store_file_init_found(struct store_file *f, struct store_shelf *sh, const uint8_t *ta_key,
			   const char *folder, const uint8_t name_id[SUPP_FS_ID_SIZE])
{
	memset(f, 0, sizeof(*f));
	f->shelf = sh;
	f->ta_key = ta_key;
	snprintf(f->folder, sizeof(f->folder), "%s", folder);
	memcpy(f->name_id, name_id, sizeof(f->name_id));
}

int store_file_init(struct store_file *f, struct store_shelf *sh, const uint8_t *ta_key,
		    const char *folder, const struct store_id *id)
{
	static const uint8_t none[SUPP_FS_ID_SIZE];

	store_file_init_found(f, sh, ta_key, folder, none);
	f->id = *id;
	return name_of(f, id, f->name_id);
}

void store_file_release(struct store_file *f)
{
	OPENSSL_cleanse(f, sizeof(*f));
}

/* The next use reads the header anew. */
static int failed(struct store_file *f, int ret)
{
	f->loaded = false;
	store_tree_forget(f);
	return ret;
}

static int head_check(const struct store_head *h)
{
	if (h->id_size > STORE_ID_MAX ||
	    (h->old_id_size > STORE_ID_MAX && h->old_id_size != STORE_NO_ID) || h->root.slot > 2 ||
	    h->size > STORE_MAX_SIZE || h->attr_size > h->size || !h->counter)
		return -EBADMSG;
	if (h->depth == STORE_INLINE)
		return h->size <= STORE_INLINE_MAX ? 0 : -EBADMSG;
	return h->depth <= STORE_MAX_DEPTH ? 0 : -EBADMSG;
}

/* A copy of the header, if it is a good one. */
static int head_open(struct store_file *f, const struct store_head_block *hb, struct store_head *head,
		     uint8_t key[STORE_KEY_SIZE])
{
	const struct seal_place place = { .level = SEAL_HEAD };
	int ret;

	if (hb->magic != STORE_MAGIC)
		return -EBADMSG;
	ret = seal_derive(f->ta_key, "object", hb->salt, sizeof(hb->salt), key);
	if (!ret)
		ret = unseal(f->shelf->sealer, key, &place, hb->sealed, sizeof(*head), hb->iv, hb->tag,
			     head);
	return ret ? ret : head_check(head);
}

static void head_set_id(struct store_head *h, const struct store_id *id, const struct store_id *old)
{
	memset(h->id, 0, sizeof(h->id));
	memset(h->old_id, 0, sizeof(h->old_id));
	h->id_size = id->size;
	memcpy(h->id, id->id, id->size);
	h->old_id_size = old ? old->size : STORE_NO_ID;
	if (old)
		memcpy(h->old_id, old->id, old->size);
}

/* Which of the header's names the file has: the old one, when a rename wasn't finished. */
static int learn_id(struct store_file *f)
{
	const struct store_head *h = &f->head;
	struct store_id candidate[2] = { { .size = h->id_size }, { .size = h->old_id_size } };
	unsigned int i, num = h->old_id_size == STORE_NO_ID ? 1 : 2;
	uint8_t name_id[SUPP_FS_ID_SIZE];
	int ret;

	memcpy(candidate[0].id, h->id, sizeof(h->id));
	memcpy(candidate[1].id, h->old_id, sizeof(h->old_id));
	for (i = 0; i < num; i++) {
		ret = name_of(f, &candidate[i], name_id);
		if (ret)
			return ret;
		if (!memcmp(name_id, f->name_id, sizeof(name_id))) {
			f->id = candidate[i];
			return 0;
		}
	}
	return -EBADMSG;
}

static int head_choose(struct store_file *f, const struct store_head_block *copy)
{
	struct store_head head;
	uint8_t key[STORE_KEY_SIZE];
	unsigned int i, good = 0;
	int ret;

	f->head.counter = 0;
	for (i = 0; i < 2; i++) {
		ret = head_open(f, &copy[i], &head, key);
		if (ret == -EBADMSG)
			continue;
		if (ret)
			return ret;
		if (good++ && memcmp(f->salt, copy[i].salt, sizeof(f->salt)))
			return -EBADMSG;
		if (head.counter <= f->head.counter)
			continue;
		f->head = head;
		memcpy(f->key, key, sizeof(f->key));
		memcpy(f->salt, copy[i].salt, sizeof(f->salt));
	}
	OPENSSL_cleanse(key, sizeof(key));
	OPENSSL_cleanse(&head, sizeof(head));
	return good ? learn_id(f) : -EBADMSG;
}

int store_file_load(struct store_file *f)
{
	struct store_shelf *sh = f->shelf;
	struct store_id wanted = f->id;
	int ret;

	if (f->loaded)
		return 0;
	store_tree_forget(f);
	fs_batch_clear(&sh->write);
	fs_batch_clear(&sh->read);
	set_name(f, sh->read.name[0], f->name_id, "");
	memcpy(sh->write.name[0], sh->read.name[0], sizeof(sh->write.name[0]));
	fs_add(&sh->read, SUPP_FS_READ, 0, 0, sh->read_buf, 2 * STORE_BLOCK);
	ret = fs_run(&sh->fs, &sh->read);
	if (ret == -ENOENT && store_seen_alive(sh, f))
		ret = -EBADMSG;
	if (!ret)
		ret = head_choose(f, (const struct store_head_block *)sh->read_buf);
	if (!ret && !store_seen_allows(sh, f))
		ret = -EBADMSG;
	if (ret) {
		f->id = wanted;
		return ret;
	}
	head_set_id(&f->head, &f->id, NULL);
	store_seen_note(sh, f);
	f->loaded = true;
	return 0;
}

int store_file_exists(struct store_file *f)
{
	struct store_shelf *sh = f->shelf;

	fs_batch_clear(&sh->read);
	set_name(f, sh->read.name[0], f->name_id, "");
	fs_add(&sh->read, SUPP_FS_READ, 0, 0, sh->read_buf, 1);
	return fs_run(&sh->fs, &sh->read);
}

static int begin(struct store_file *f)
{
	struct fs_batch *b = &f->shelf->write;
	int ret = store_file_load(f);

	fs_batch_clear(b);
	set_name(f, b->name[0], f->name_id, "");
	f->unsynced = false;
	return ret;
}

/* The header's next state, sealed, in the batch's buffer. NULL: no room or no randomness. */
static uint8_t *head_seal(struct store_file *f, int *ret)
{
	const struct seal_place place = { .level = SEAL_HEAD };
	struct fs_batch *b = &f->shelf->write;
	struct store_head_block *hb;

	*ret = store_tree_send(f, 6, 2 * STORE_BLOCK);
	if (*ret)
		return NULL;
	hb = (struct store_head_block *)(f->shelf->write_buf + b->bytes);
	f->head.counter++;
	hb->magic = STORE_MAGIC;
	memcpy(hb->salt, f->salt, sizeof(hb->salt));
	*ret = seal(f->shelf->sealer, f->key, &place, &f->head, sizeof(f->head), hb->sealed, hb->iv,
		    hb->tag);
	return *ret ? NULL : (uint8_t *)hb;
}

/*
 * The change becomes the object's state. Blocks are on the disk before the first copy of the header, and
 * that before the second: whichever write is the last, one copy is good, and all that it names.
 * Copies take turns in being first: the one that is written last needn't be on the disk before the next change.
 * @new_name: NULL, or the name that the file gets between the two.
 */
static int commit(struct store_file *f, const char *new_name, uint64_t cut_at)
{
	struct fs_batch *b = &f->shelf->write;
	unsigned int first;
	uint8_t *buf;
	int ret;

	ret = store_tree_settle(f);
	buf = ret ? NULL : head_seal(f, &ret);
	if (!buf)
		return failed(f, ret);
	first = f->head.counter & 1;
	if (f->unsynced)
		fs_add(b, SUPP_FS_SYNC, 0, 0, NULL, 0);
	fs_add(b, SUPP_FS_WRITE, 0, COPY_AT(first), buf, STORE_BLOCK);
	fs_add(b, SUPP_FS_SYNC, 0, 0, NULL, 0);
	if (new_name) {
		snprintf(b->name[1], sizeof(b->name[1]), "%s", new_name);
		fs_add(b, SUPP_FS_RENAME, 0, 0, NULL, 0);
	}
	if (cut_at)
		fs_add(b, SUPP_FS_TRUNCATE, new_name ? 1 : 0, cut_at, NULL, 0);
	fs_add(b, SUPP_FS_WRITE, new_name ? 1 : 0, COPY_AT(1 - first), buf, STORE_BLOCK);
	ret = fs_run(&f->shelf->fs, b);
	if (ret)
		return failed(f, ret);
	if (!new_name)
		store_seen_note(f->shelf, f);
	return 0;
}

static void cache_block(struct store_file *f, uint64_t index, const uint8_t *data)
{
	if (data != f->block.data)
		memcpy(f->block.data, data, STORE_BLOCK);
	f->block.index = index;
	f->block.valid = true;
}

/* Block @index as it was before the change, in the cache. */
static int open_block(struct store_file *f, uint64_t index)
{
	int ret;

	if (f->block.valid && f->block.index == index)
		return 0;
	f->block.valid = false;
	ret = store_tree_get(f, index, f->block.data);
	if (!ret)
		cache_block(f, index, f->block.data);
	return ret;
}

static size_t min_size(uint64_t a, uint64_t b)
{
	return (size_t)(a < b ? a : b);
}

/* The content leaves the header: it becomes block 0 of a tree, in the cache and yet to be put. */
static void leave_inline(struct store_file *f)
{
	memset(f->block.data, 0, STORE_BLOCK);
	memcpy(f->block.data, f->head.content, STORE_INLINE_MAX);
	cache_block(f, 0, f->block.data);
	memset(f->head.content, 0, sizeof(f->head.content));
	memset(&f->head.root, 0, sizeof(f->head.root));
	f->head.depth = 0;
}

/* @len bytes from @offset on into blocks, each once. */
static int put_range(struct store_file *f, uint64_t offset, const uint8_t *buf, size_t len)
{
	int ret = store_tree_grow(f, (offset + len - 1) / STORE_BLOCK);

	while (len && !ret) {
		uint64_t index = offset / STORE_BLOCK;
		size_t at = offset % STORE_BLOCK;
		size_t n = min_size(STORE_BLOCK - at, len);

		if (n == STORE_BLOCK) {
			if (f->block.valid && f->block.index == index)
				f->block.valid = false;
			ret = store_tree_put(f, index, buf);
		} else {
			ret = open_block(f, index);
			if (ret)
				break;
			memcpy(f->block.data + at, buf, n);
			ret = store_tree_put(f, index, f->block.data);
		}
		offset += n;
		buf += n;
		len -= n;
	}
	return ret;
}

/* Of an object that was inline: block 0 is put even where the write begins behind it. */
static int put_after_inline(struct store_file *f, uint64_t offset, const uint8_t *buf, size_t len)
{
	size_t n = offset < STORE_BLOCK ? min_size(STORE_BLOCK - offset, len) : 0;
	int ret;

	leave_inline(f);
	if (n)
		memcpy(f->block.data + offset, buf, n);
	ret = len ? store_tree_grow(f, (offset + len - 1) / STORE_BLOCK) : 0;
	if (!ret)
		ret = store_tree_put(f, 0, f->block.data);
	return ret || n == len ? ret : put_range(f, offset + n, buf + n, len - n);
}

int store_file_write(struct store_file *f, uint64_t offset, const void *buf, size_t len)
{
	uint64_t end;
	int ret;

	if (__builtin_add_overflow(offset, len, &end) || end > STORE_MAX_SIZE)
		return -EFBIG;
	ret = begin(f);
	if (ret || !len)
		return ret;
	if (f->head.depth != STORE_INLINE)
		ret = put_range(f, offset, buf, len);
	else if (end <= STORE_INLINE_MAX)
		memcpy(f->head.content + offset, buf, len);
	else
		ret = put_after_inline(f, offset, buf, len);
	if (ret)
		return failed(f, ret);
	if (end > f->head.size)
		f->head.size = end;
	return commit(f, NULL, 0);
}

/* Nothing of what is behind @size remains: it is zero if the object grows again. */
static int shrink(struct store_file *f, uint64_t size)
{
	uint64_t last = (size - 1) / STORE_BLOCK;
	size_t at = size % STORE_BLOCK;
	int ret = 0;

	if (!size) {
		memset(&f->head.root, 0, sizeof(f->head.root));
		f->head.depth = 0;
		store_tree_forget(f);
		return 0;
	}
	if (f->block.valid && f->block.index > last)
		f->block.valid = false;
	if (at) {
		ret = open_block(f, last);
		if (ret)
			return ret;
		memset(f->block.data + at, 0, STORE_BLOCK - at);
		ret = store_tree_grow(f, last);
		if (!ret)
			ret = store_tree_put(f, last, f->block.data);
	}
	return ret ? ret : store_tree_cut(f, last);
}

int store_file_resize(struct store_file *f, uint64_t size)
{
	uint64_t cut_at = 0;
	int ret;

	if (size > STORE_MAX_SIZE)
		return -EFBIG;
	ret = begin(f);
	if (ret || size == f->head.size)
		return ret;
	if (f->head.depth == STORE_INLINE) {
		if (size > STORE_INLINE_MAX)
			ret = put_after_inline(f, 0, NULL, 0);
		else if (size < f->head.size)
			memset(f->head.content + size, 0, STORE_INLINE_MAX - size);
	} else if (size < f->head.size) {
		ret = shrink(f, size);
		cut_at = size ? store_tree_end((size - 1) / STORE_BLOCK) : 2 * STORE_BLOCK;
	}
	if (ret)
		return failed(f, ret);
	f->head.size = size;
	return commit(f, NULL, cut_at);
}

int store_file_set_usage(struct store_file *f, uint32_t usage)
{
	int ret = begin(f);

	if (ret || f->head.usage == usage)
		return ret;
	f->head.usage = usage;
	return commit(f, NULL, 0);
}

/* Part of one block, by way of the cache. */
static int read_part(struct store_file *f, uint64_t offset, uint8_t *buf, size_t n)
{
	int ret = open_block(f, offset / STORE_BLOCK);

	if (!ret)
		memcpy(buf, f->block.data + offset % STORE_BLOCK, n);
	return ret;
}

/* Whole blocks, as many as one message brings. Return: bytes or -errno. */
static ssize_t read_run(struct store_file *f, uint64_t index, uint8_t *buf, size_t len)
{
	size_t num = min_size(len / STORE_BLOCK, STORE_FANOUT - index % STORE_FANOUT);
	int ret = store_tree_get_run(f, index, (unsigned int)num, buf);

	return ret ? ret : (ssize_t)(num * STORE_BLOCK);
}

int store_file_read(struct store_file *f, uint64_t offset, void *buf, size_t len, size_t *got)
{
	uint8_t *to = buf;
	int ret = begin(f);

	*got = 0;
	if (ret || offset >= f->head.size)
		return ret;
	len = min_size(f->head.size - offset, len);
	*got = len;
	if (f->head.depth == STORE_INLINE) {
		memcpy(to, f->head.content + offset, len);
		return 0;
	}
	while (len) {
		size_t at = offset % STORE_BLOCK;
		size_t n = min_size(STORE_BLOCK - at, len);

		if (n < STORE_BLOCK) {
			ret = read_part(f, offset, to, n);
		} else {
			ssize_t run = read_run(f, offset / STORE_BLOCK, to, len);

			ret = run < 0 ? (int)run : 0;
			n = run < 0 ? 0 : (size_t)run;
		}
		if (ret) {
			*got = 0;
			return failed(f, ret);
		}
		offset += n;
		to += n;
		len -= n;
	}
	return 0;
}

/* The content of a new object: in the header, or in blocks. */
static int fill(struct store_file *f, const uint8_t *content, size_t size)
{
	if (size > STORE_INLINE_MAX) {
		f->head.depth = 0;
		return put_range(f, 0, content, size);
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
	set_name(f, b->name[0], f->name_id, SUPP_FS_NEW_SUFFIX);
	set_name(f, b->name[1], f->name_id, "");
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
	head_set_id(h, &f->id, NULL);
	ret = create_fill(f, c);
	buf = ret ? NULL : head_seal(f, &ret);
	if (!buf)
		return failed(f, ret);
	fs_add(b, SUPP_FS_WRITE, 0, COPY_AT(0), buf, STORE_BLOCK);
	fs_add(b, SUPP_FS_WRITE, 0, COPY_AT(1), buf, STORE_BLOCK);
	fs_add(b, SUPP_FS_SYNC, 0, 0, NULL, 0);
	fs_add(b, SUPP_FS_RENAME, 0, 0, NULL, 0);
	ret = fs_run(&f->shelf->fs, b);
	if (ret) {
		store_seen_forget(f->shelf, f->name_id);
		return failed(f, ret);
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
	set_name(f, b->name[0], f->name_id, "");
	fs_add(b, SUPP_FS_REMOVE, 0, 0, NULL, 0);
	ret = fs_run(&f->shelf->fs, b);
	if (ret)
		store_seen_forget(f->shelf, f->name_id);
	else
		store_seen_removed(f->shelf, f->name_id);
	return ret;
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
	ret = begin(f);
	if (ret)
		return ret;
	head_set_id(&f->head, id, &f->id);
	set_name(f, name, name_id, "");
	ret = commit(f, name, 0);
	if (ret) {
		store_seen_forget(f->shelf, f->name_id);
		store_seen_forget(f->shelf, name_id);
		/* Which of the two names it has now is what the next use finds. */
		if (store_file_load(f) != -ENOENT)
			return ret;
	} else {
		store_seen_removed(f->shelf, f->name_id);
	}
	memcpy(f->name_id, name_id, sizeof(f->name_id));
	f->id = *id;
	head_set_id(&f->head, id, NULL);
	if (!ret)
		store_seen_note(f->shelf, f);
	return ret;
}
