// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
#include "solo/fuzz/memory_fs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void file_free(struct memory_file *f)
{
	free(f->data);
	memset(f, 0, sizeof(*f));
}

void memory_fs_clear(struct memory_fs *fs)
{
	unsigned int i;

	for (i = 0; i < MEMORY_FS_MAX_FILES; i++)
		if (*fs->file[i].name)
			file_free(&fs->file[i]);
}

/* "" finds a free one. */
static struct memory_file *find(struct memory_fs *fs, const char *name)
{
	unsigned int i;

	for (i = 0; i < MEMORY_FS_MAX_FILES; i++)
		if (!strcmp(fs->file[i].name, name))
			return &fs->file[i];
	return NULL;
}

static int file_resize(struct memory_file *f, uint64_t size)
{
	uint8_t *data;

	if (size > MEMORY_FS_MAX_SIZE)
		return -ENOSPC;
	data = realloc(f->data, size ? size : 1);
	if (!data)
		return -ENOSPC;
	f->data = data;
	if (size > f->size)
		memset(f->data + f->size, 0, size - f->size);
	f->size = size;
	return 0;
}

static int file_write(struct memory_file *f, const struct fs_op *op)
{
	int ret = 0;

	if (op->offset > MEMORY_FS_MAX_SIZE || op->len > MEMORY_FS_MAX_SIZE - op->offset)
		return -ENOSPC;
	if (op->offset + op->len > f->size)
		ret = file_resize(f, op->offset + op->len);
	if (!ret && op->len)
		memcpy(f->data + op->offset, op->buf, op->len);
	return ret;
}

size_t memory_fs_read(const struct fs_op *op, const uint8_t *data, size_t size)
{
	size_t n = op->offset < size ? size - op->offset : 0;

	n = n < op->len ? n : op->len;
	memset(op->buf, 0, op->len);
	if (n)
		memcpy(op->buf, data + op->offset, n);
	return n;
}

void memory_fs_list(const struct fs_op *op, const char *folder, const char *name, uint64_t *at,
		    size_t *got)
{
	size_t len = strlen(folder);
	unsigned int k;

	if (strncmp(name, folder, len) || name[len] != '/' ||
	    strlen(name + len + 1) != SUPP_FS_ID_TEXT || *got + SUPP_FS_ID_SIZE > op->len)
		return;
	*at += SUPP_FS_ID_SIZE;
	for (k = 0; *at > op->offset && k < SUPP_FS_ID_SIZE; k++)
		sscanf(name + len + 1 + (size_t)2 * k, "%2hhx", &op->buf[(*got)++]);
}

static size_t list(const struct memory_fs *fs, const char *folder, const struct fs_op *op)
{
	uint64_t at = 0;
	size_t got = 0;
	unsigned int i;

	for (i = 0; i < MEMORY_FS_MAX_FILES; i++)
		memory_fs_list(op, folder, fs->file[i].name, &at, &got);
	return got;
}

static int create(struct memory_fs *fs, const char *name)
{
	struct memory_file *f = find(fs, name);

	if (!f)
		f = find(fs, "");
	if (!f)
		return -ENOSPC;
	snprintf(f->name, sizeof(f->name), "%s", name);
	return file_resize(f, 0);
}

static void rename_to(struct memory_fs *fs, struct memory_file *f, const char *name)
{
	struct memory_file *old = find(fs, name);

	if (old && old != f)
		file_free(old);
	snprintf(f->name, sizeof(f->name), "%s", name);
}

static int one(struct memory_fs *fs, struct fs_batch *b, const struct fs_op *op)
{
	const char *name = b->name[op->file];
	struct memory_file *f = find(fs, name);

	if (op->code == SUPP_FS_CREATE)
		return create(fs, name);
	if (op->code == SUPP_FS_LIST) {
		b->got = list(fs, name, op);
		return 0;
	}
	if (!f)
		return op->code == SUPP_FS_REMOVE ? 0 : -ENOENT;
	switch (op->code) {
	case SUPP_FS_READ:
		b->got = memory_fs_read(op, f->data, f->size);
		return 0;
	case SUPP_FS_WRITE:
		return file_write(f, op);
	case SUPP_FS_TRUNCATE:
		return file_resize(f, op->offset);
	case SUPP_FS_SYNC:
		return 0;
	case SUPP_FS_RENAME:
		rename_to(fs, f, b->name[1]);
		return 0;
	case SUPP_FS_REMOVE:
		file_free(f);
		return 0;
	default:
		return -EINVAL;
	}
}

static int run(void *data, struct fs_batch *b)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < b->num && !ret; i++)
		ret = one(data, b, &b->op[i]);
	return ret;
}

const struct storage_fs_ops memory_fs_ops = { .run = run };
