/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/* Names and headers: what a file is called, which state of it counts, and how the next one does. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <openssl/crypto.h>

#include "tee/storage/file.h"
#include "tee/storage/seen.h"

#define SEEN_SIZE (STORE_NUM_SEEN * sizeof(struct store_seen))

/* Zeros, which cost memory as far as it is used. */
static void *buffer_map(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

int store_shelf_init(struct store_shelf *sh, const struct storage_fs *fs)
{
	memset(sh, 0, sizeof(*sh));
	sh->fs = *fs;
	sh->record = -1;
	sh->write_buf = buffer_map(FS_MAX_BYTES);
	sh->read_buf = buffer_map(FS_MAX_BYTES);
	sh->seen = buffer_map(SEEN_SIZE);
	if (sh->write_buf && sh->read_buf && sh->seen && !seal_create(&sh->sealer))
		return 0;
	store_shelf_release(sh);
	return -ENOMEM;
}

void store_shelf_release(struct store_shelf *sh)
{
	seal_destroy(sh->sealer);
	if (sh->seen)
		munmap(sh->seen, SEEN_SIZE);
	if (sh->read_buf)
		munmap(sh->read_buf, FS_MAX_BYTES);
	if (sh->write_buf)
		munmap(sh->write_buf, FS_MAX_BYTES);
	OPENSSL_cleanse(sh, sizeof(*sh));
}

void store_set_name(const struct store_file *f, char out[SUPP_FS_NAME_SIZE],
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

int store_failed(struct store_file *f, int ret)
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
static int head_open(struct store_file *f, const struct store_head_block *hb,
		     struct store_head *head, uint8_t key[STORE_KEY_SIZE])
{
	const struct seal_place place = { .level = SEAL_HEAD };
	int ret;

	if (hb->magic != STORE_MAGIC)
		return -EBADMSG;
	ret = seal_derive(f->ta_key, "object", hb->salt, sizeof(hb->salt), key);
	if (!ret)
		ret = unseal(f->shelf->sealer, key, &place, hb->sealed, sizeof(*head), hb->iv,
			     hb->tag, head);
	return ret ? ret : head_check(head);
}

void store_head_set_id(struct store_head *h, const struct store_id *id, const struct store_id *old)
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

/* One copy of the header, opened. */
struct head_copy {
	bool good;
	struct store_head head;
	uint8_t key[STORE_KEY_SIZE];
};

static void head_take(struct store_file *f, const struct head_copy *c, const uint8_t *salt)
{
	store_tree_forget(f);
	f->head = c->head;
	memcpy(f->key, c->key, sizeof(f->key));
	memcpy(f->salt, salt, sizeof(f->salt));
}

/*
 * Are the blocks of the last change what the header says? -EBADMSG: the change didn't get to its
 * end.
 */
static int fresh_check(struct store_file *f)
{
	uint32_t i;
	int ret = 0;

	if (f->head.depth == STORE_INLINE || f->head.fresh_num > STORE_MAX_FRESH)
		return 0;
	for (i = 0; i < f->head.fresh_num && !ret; i++)
		ret = store_tree_get(f, (uint64_t)f->head.fresh_first + i, f->block.data);
	f->block.valid = false;
	return ret;
}

/* What counts gets to the disk, and both copies say so: whichever the next change writes first. */
static int head_settle(struct store_file *f, const struct store_head_block *hb, unsigned int other)
{
	struct fs_batch *b = &f->shelf->write;

	memcpy(f->shelf->write_buf, hb, sizeof(*hb));
	fs_add(b, SUPP_FS_SYNC, 0, 0, NULL, 0);
	fs_add(b, SUPP_FS_WRITE, 0, STORE_COPY_AT(other), f->shelf->write_buf, STORE_BLOCK);
	fs_add(b, SUPP_FS_SYNC, 0, 0, NULL, 0);
	return fs_run(&f->shelf->fs, b);
}

/* Two good copies that differ: the end of the last change wasn't seen by anybody. */
static int head_decide(struct store_file *f, const struct head_copy *c,
		       const struct store_head_block *copy, unsigned int high)
{
	int ret = fresh_check(f);

	if (!ret)
		return head_settle(f, &copy[high], 1 - high);
	if (ret != -EBADMSG)
		return ret;
	head_take(f, &c[1 - high], copy[1 - high].salt);
	return 0;
}

static int head_choose(struct store_file *f, const struct store_head_block *copy)
{
	struct head_copy c[2];
	unsigned int i, high;
	int ret = 0;

	for (i = 0; i < 2 && !ret; i++) {
		ret = head_open(f, &copy[i], &c[i].head, c[i].key);
		c[i].good = !ret;
		ret = ret == -EBADMSG ? 0 : ret;
	}
	if (!ret && !c[0].good && !c[1].good)
		ret = -EBADMSG;
	if (!ret && c[0].good && c[1].good && memcmp(copy[0].salt, copy[1].salt, STORE_SALT_SIZE))
		ret = -EBADMSG;
	if (!ret) {
		high = !c[0].good || (c[1].good && c[1].head.counter > c[0].head.counter);
		head_take(f, &c[high], copy[high].salt);
		if (!c[1 - high].good)
			ret = head_settle(f, &copy[high], 1 - high);
		else if (c[0].head.counter != c[1].head.counter)
			ret = head_decide(f, c, copy, high);
	}
	OPENSSL_cleanse(c, sizeof(c));
	return ret ? ret : learn_id(f);
}

int store_file_load(struct store_file *f)
{
	struct store_shelf *sh = f->shelf;
	struct store_id wanted = f->id;
	struct store_head_block copy[2];
	int ret;

	if (f->loaded)
		return 0;
	store_tree_forget(f);
	fs_batch_clear(&sh->write);
	fs_batch_clear(&sh->read);
	store_set_name(f, sh->read.name[0], f->name_id, "");
	memcpy(sh->write.name[0], sh->read.name[0], sizeof(sh->write.name[0]));
	fs_add(&sh->read, SUPP_FS_READ, 0, 0, sh->read_buf, 2 * STORE_BLOCK);
	ret = fs_run(&sh->fs, &sh->read);
	if (ret == -ENOENT && store_seen_alive(sh, f))
		ret = -EBADMSG;
	memcpy(copy, sh->read_buf, sizeof(copy));
	if (!ret)
		ret = head_choose(f, copy);
	if (!ret && !store_seen_allows(sh, f))
		ret = -EBADMSG;
	if (ret) {
		f->id = wanted;
		return ret;
	}
	store_head_set_id(&f->head, &f->id, NULL);
	store_seen_note(sh, f);
	f->loaded = true;
	return 0;
}

int store_file_exists(struct store_file *f)
{
	struct store_shelf *sh = f->shelf;

	fs_batch_clear(&sh->read);
	store_set_name(f, sh->read.name[0], f->name_id, "");
	fs_add(&sh->read, SUPP_FS_READ, 0, 0, sh->read_buf, 1);
	return fs_run(&sh->fs, &sh->read);
}

int store_begin(struct store_file *f)
{
	struct fs_batch *b = &f->shelf->write;
	int ret = store_file_load(f);

	fs_batch_clear(b);
	store_set_name(f, b->name[0], f->name_id, "");
	f->unsynced = false;
	f->fresh_first = 1;
	f->fresh_last = 0;
	return ret;
}

uint8_t *store_head_seal(struct store_file *f, int *ret)
{
	const struct seal_place place = { .level = SEAL_HEAD };
	struct fs_batch *b = &f->shelf->write;
	struct store_head_block *hb;

	*ret = store_tree_send(f, 6, 2 * STORE_BLOCK);
	if (*ret)
		return NULL;
	hb = (struct store_head_block *)(f->shelf->write_buf + b->bytes);
	f->head.counter = store_seen_next(f->shelf, f->head.counter);
	hb->magic = STORE_MAGIC;
	memcpy(hb->salt, f->salt, sizeof(hb->salt));
	*ret = seal(f->shelf->sealer, f->key, &place, &f->head, sizeof(f->head), hb->sealed, hb->iv,
		    hb->tag);
	return *ret ? NULL : (uint8_t *)hb;
}

/*
 * The change becomes the object's state. Blocks and one copy of the header get to the disk
 * together, in whatever order: the header names the blocks, so that who finds the copies
 * different can see whether
 * all have arrived. Then the other copy follows. Copies take turns in being first: the one that is
 * written last needn't be on the disk before the next change.
 * @new_name: NULL, or the name that the file gets between the two. @cut_at: 0, or the file's new
 * end.
 */
int store_commit(struct store_file *f, const char *new_name, uint64_t cut_at)
{
	struct fs_batch *b = &f->shelf->write;
	unsigned int first;
	uint8_t *buf;
	bool fresh;
	int ret;

	ret = store_tree_settle(f);
	fresh = f->unsynced && f->fresh_last - f->fresh_first < STORE_MAX_FRESH;
	f->head.fresh_first = fresh ? (uint32_t)f->fresh_first : 0;
	f->head.fresh_num = fresh ? (uint32_t)(f->fresh_last - f->fresh_first + 1) : 0;
	buf = ret ? NULL : store_head_seal(f, &ret);
	if (!buf)
		return store_failed(f, ret);
	first = f->head.counter & 1;
	if (f->unsynced && !fresh)
		fs_add(b, SUPP_FS_SYNC, 0, 0, NULL, 0);
	fs_add(b, SUPP_FS_WRITE, 0, STORE_COPY_AT(first), buf, STORE_BLOCK);
	fs_add(b, SUPP_FS_SYNC, 0, 0, NULL, 0);
	if (new_name) {
		snprintf(b->name[1], sizeof(b->name[1]), "%s", new_name);
		fs_add(b, SUPP_FS_RENAME, 0, 0, NULL, 0);
	}
	if (cut_at)
		fs_add(b, SUPP_FS_TRUNCATE, new_name ? 1 : 0, cut_at, NULL, 0);
	fs_add(b, SUPP_FS_WRITE, new_name ? 1 : 0, STORE_COPY_AT(1 - first), buf, STORE_BLOCK);
	ret = fs_run(&f->shelf->fs, b);
	if (ret)
		return store_failed(f, ret);
	if (!new_name)
		store_seen_note(f->shelf, f);
	return 0;
}
