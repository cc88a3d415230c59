/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * The seam to the files, which are the normal world's: a batch of operations, done in order up to
 * the first that fails. In a machine the supplicant does them, one message for a whole batch; in
 * tests a fake does, which can stop at any of them.
 * Thread rule: one batch at a time per file system; without the world lock. Blocks.
 * Ownership rule: buffers and names are borrowed.
 *
 * Nothing that is read is to be believed. A batch may be done twice, when the supplicant went in
 * the middle of it: doing it again must come to the same.
 */
#ifndef TEELINK_TEE_STORAGE_FS_H
#define TEELINK_TEE_STORAGE_FS_H

#include <stddef.h>
#include <stdint.h>

#include "wire/supp_fs.h"

#define FS_MAX_OPS SUPP_FS_MAX_OPS
#define FS_MAX_BYTES SUPP_FS_MAX_BYTES

struct fs_op {
	enum supp_fs_op_code code;
	unsigned int file; /* 0 or 1: which of the batch's names */
	uint64_t offset;
	size_t len; /* WRITE, READ, LIST: bytes of buf */
	uint8_t *buf;
};

struct fs_batch {
	char name[SUPP_FS_NUM_FILES][SUPP_FS_NAME_SIZE];
	unsigned int num;
	size_t bytes; /* of all ops' buffers */
	size_t got; /* result: bytes that the last READ or LIST gave; what is missing is zero */
	struct fs_op op[FS_MAX_OPS];
};

struct storage_fs_ops {
	/*
	 * 0; -ENOENT (no such file), -ENOSPC, -EACCES, -ECONNRESET (nobody there to do it), -EIO
	 * and other -errno. After an error the operations before the one that failed have been
	 * done.
	 */
	int (*run)(void *data, struct fs_batch *b);
};

struct storage_fs {
	const struct storage_fs_ops *ops;
	void *data;
};

static inline int fs_run(const struct storage_fs *fs, struct fs_batch *b)
{
	return fs->ops->run(fs->data, b);
}

/* Room for one more operation of @len bytes? Operations that don't fit are the caller's slip. */
static inline int fs_batch_fits(const struct fs_batch *b, unsigned int num, size_t len)
{
	return b->num + num <= FS_MAX_OPS && len <= FS_MAX_BYTES - b->bytes;
}

static inline void fs_batch_clear(struct fs_batch *b)
{
	b->num = 0;
	b->bytes = 0;
	b->got = 0;
}

/* A write that goes on where the last one ended, on both sides, becomes one with it. */
static inline void fs_add(struct fs_batch *b, enum supp_fs_op_code code, unsigned int file,
			  uint64_t offset, uint8_t *buf, size_t len)
{
	struct fs_op *last = b->num ? &b->op[b->num - 1] : NULL;

	if (last && last->code == code && (code == SUPP_FS_WRITE || code == SUPP_FS_READ) &&
	    last->file == file && last->offset + last->len == offset &&
	    last->buf + last->len == buf)
		last->len += len;
	else
		b->op[b->num++] = (struct fs_op){ code, file, offset, len, buf };
	b->bytes += len;
}

#endif
