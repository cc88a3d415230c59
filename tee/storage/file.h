/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * One stored object's file: sealed bytes that change from one whole state to the next.
 * Thread rule: under the storage's own lock, not the world's. What reads or changes a file blocks.
 * Ownership rule: a file and the shelf that it stands on are the caller's; names are copied.
 *
 * After an error a file's state on the disk is the old or the new one: the next use looks which.
 */
#ifndef TEELINK_TEE_STORAGE_FILE_H
#define TEELINK_TEE_STORAGE_FILE_H

#include <stdbool.h>

#include "tee/storage/fs.h"
#include "tee/storage/seal.h"

/* The last state of a file that was seen, or its removal: an older one is a rollback. */
struct store_seen {
	uint8_t name_id[SUPP_FS_ID_SIZE];
	uint64_t counter;
	bool used;
	bool alive; /* this secure world knows that there is such a file */
};

/* What all files of a machine share. */
struct store_shelf {
	struct storage_fs fs;
	struct sealer *sealer;
	struct fs_batch write, read;
	uint8_t *write_buf, *read_buf; /* FS_MAX_BYTES each */
	struct store_seen *seen; /* STORE_NUM_SEEN, by hash of name_id */
	uint64_t counter; /* the highest one that was seen */
	int record; /* borrowed: where `seen` outlives this secure world; -1: nowhere */
	uint8_t record_key[STORE_KEY_SIZE];
};

/* Return: 0 or -ENOMEM. */
int store_shelf_init(struct store_shelf *sh, const struct storage_fs *fs);
void store_shelf_release(struct store_shelf *sh);

struct store_id {
	uint32_t size;
	uint8_t id[STORE_ID_MAX];
};

/* A node of the tree, opened. The parent of a valid one is valid too. */
struct store_cached_node {
	bool valid, dirty;
	uint64_t index;
	struct store_node node;
};

struct store_file {
	struct store_shelf *shelf;
	const uint8_t *ta_key; /* borrowed */
	char folder[40]; /* text of the TA's UUID */
	uint8_t name_id[SUPP_FS_ID_SIZE];
	struct store_id id;
	bool loaded; /* head and what follows are as on the disk */
	bool unsynced; /* blocks of the change under way aren't on the disk yet: of fresh_first to _last */
	uint64_t fresh_first, fresh_last; /* first above last: none */
	uint8_t salt[STORE_SALT_SIZE], key[STORE_KEY_SIZE];
	struct store_head head;
	struct store_cached_node node[STORE_MAX_DEPTH]; /* of level 1, 2, 3 */
	struct {
		bool valid;
		uint64_t index;
		uint8_t data[STORE_BLOCK];
	} block; /* the last one that was looked into */
};

/* Names the file, without looking at it. @ta_key is borrowed. Return: 0 or -ENOMEM. */
int store_file_init(struct store_file *f, struct store_shelf *sh, const uint8_t *ta_key,
		    const char *folder, const struct store_id *id);
/* By its name on the disk, of which the id is learnt: for listing. */
void store_file_init_found(struct store_file *f, struct store_shelf *sh, const uint8_t *ta_key,
			   const char *folder, const uint8_t name_id[SUPP_FS_ID_SIZE]);
void store_file_release(struct store_file *f);

/* Return: 0; -ENOENT; -EBADMSG: corrupt, or older than it was; those of storage_fs_ops.run. */
int store_file_load(struct store_file *f);
/* Is there a file of this name, whatever is in it? 0, -ENOENT, others. */
int store_file_exists(struct store_file *f);

/* Of a new object. */
struct store_content {
	uint32_t type, usage, flags, object_size, max_object_size;
	const void *attr;
	uint32_t attr_size;
	const void *data;
	size_t data_size;
};

/* The object is there as a whole, and an old one of that name gone, or nothing has changed. */
int store_file_create(struct store_file *f, const struct store_content *c);
int store_file_remove(struct store_file *f);
/* -EEXIST: there is one of that name. */
int store_file_rename(struct store_file *f, const struct store_id *id);
int store_file_set_usage(struct store_file *f, uint32_t usage);

/* Offsets are of the content: attributes, then data. */
int store_file_read(struct store_file *f, uint64_t offset, void *buf, size_t len, size_t *got);
/* -EFBIG: past STORE_MAX_SIZE. What is between the old end and @offset becomes zero. */
int store_file_write(struct store_file *f, uint64_t offset, const void *buf, size_t len);
int store_file_resize(struct store_file *f, uint64_t size);

/* head.c, for file.c and entry.c */
#define STORE_COPY_AT(n) ((n) * (uint64_t)STORE_BLOCK) /* where the header's copies lie */
void store_set_name(const struct store_file *f, char out[SUPP_FS_NAME_SIZE],
		    const uint8_t name_id[SUPP_FS_ID_SIZE], const char *suffix);
void store_head_set_id(struct store_head *h, const struct store_id *id, const struct store_id *old);
/* The next use reads the header anew. Return: @ret. */
int store_failed(struct store_file *f, int ret);
/* Before a file is read or changed: loads it, empties the batch. */
int store_begin(struct store_file *f);
/* The header's next state, sealed, in the batch's buffer; NULL and *@ret when that fails. */
uint8_t *store_head_seal(struct store_file *f, int *ret);
int store_commit(struct store_file *f, const char *new_name, uint64_t cut_at);
/* file.c, for entry.c: @len bytes from @offset on into blocks, each once. */
int store_put_range(struct store_file *f, uint64_t offset, const uint8_t *buf, size_t len);

/* tree.c: blocks and nodes, for file.c */
void store_tree_forget(struct store_file *f);
/* A block of data, opened; level 0. Zero when it is a hole. */
int store_tree_get(struct store_file *f, uint64_t index, uint8_t out[STORE_BLOCK]);
/* [first, first + num) of one node's blocks into @out, @num at most STORE_FANOUT. */
int store_tree_get_run(struct store_file *f, uint64_t first, unsigned int num, uint8_t *out);
/* Into the slot that doesn't count; once per block and change, in rising order. */
int store_tree_put(struct store_file *f, uint64_t index, const uint8_t data[STORE_BLOCK]);
/* Room in the tree for blocks up to @last. */
int store_tree_grow(struct store_file *f, uint64_t last);
/* Forgets all blocks after @last. */
int store_tree_cut(struct store_file *f, uint64_t last);
/* Puts what nodes have changed. */
int store_tree_settle(struct store_file *f);
/* Where a file ends that has blocks up to @last at most. */
uint64_t store_tree_end(uint64_t last);
/* Sends what is in the batch, without a word about the disk. */
int store_tree_send(struct store_file *f, unsigned int num_ops, size_t len);

#endif
