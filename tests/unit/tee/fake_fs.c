// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
#include "tests/unit/tee/fake_fs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "solo/fuzz/memory_fs.h"

static void *must(void *p)
{
	if (!p)
		abort();
	return p;
}

static void grow(uint8_t **buf, size_t *size, size_t want)
{
	if (want <= *size)
		return;
	*buf = must(realloc(*buf, want));
	memset(*buf + *size, 0, want - *size);
	*size = want;
}

static void file_free(struct fake_file *f)
{
	unsigned int i;

	for (i = 0; i < f->num_pending; i++)
		free(f->pending[i].data);
	free(f->now);
	free(f->disk);
	memset(f, 0, sizeof(*f));
}

struct fake_file *fake_fs_find(struct fake_fs *fs, const char *name)
{
	unsigned int i;

	for (i = 0; i < FAKE_FS_MAX_FILES; i++)
		if (!strcmp(fs->file[i].name, name))
			return &fs->file[i];
	return NULL;
}

struct fake_file *fake_fs_any(struct fake_fs *fs)
{
	unsigned int i;

	for (i = 0; i < FAKE_FS_MAX_FILES; i++)
		if (*fs->file[i].name && !strstr(fs->file[i].name, SUPP_FS_NEW_SUFFIX))
			return &fs->file[i];
	return NULL;
}

static void file_write(struct fake_file *f, uint64_t offset, const uint8_t *buf, size_t len)
{
	struct fake_write *w;

	if (f->num_pending == FAKE_FS_MAX_PENDING)
		abort();
	w = &f->pending[f->num_pending++];
	w->offset = offset;
	w->len = len;
	w->data = must(malloc(len ? len : 1));
	memcpy(w->data, buf, len);
	grow(&f->now, &f->size, offset + len);
	memcpy(f->now + offset, buf, len);
}

static void drop_pending(struct fake_file *f)
{
	unsigned int i;

	for (i = 0; i < f->num_pending; i++)
		free(f->pending[i].data);
	f->num_pending = 0;
}

/* All that reads is on the disk. */
static void file_settle(struct fake_file *f)
{
	drop_pending(f);
	free(f->disk);
	f->disk = must(malloc(f->size ? f->size : 1));
	f->disk_size = f->size;
	if (f->size)
		memcpy(f->disk, f->now, f->size);
}

static void file_sync(struct fake_file *f)
{
	unsigned int i;

	for (i = 0; i < f->num_pending; i++) {
		const struct fake_write *w = &f->pending[i];

		grow(&f->disk, &f->disk_size, w->offset + w->len);
		memcpy(f->disk + w->offset, w->data, w->len);
	}
	drop_pending(f);
}

/* The simplest disk: a cut takes what was written before along to it. */
static void file_truncate(struct fake_file *f, size_t size)
{
	file_settle(f);
	if (size < f->size)
		f->size = size;
	file_settle(f);
}

static size_t list(const struct fake_fs *fs, const char *folder, const struct fs_op *op)
{
	uint64_t at = 0;
	size_t got = 0;
	unsigned int i;

	for (i = 0; i < FAKE_FS_MAX_FILES; i++)
		memory_fs_list(op, folder, fs->file[i].name, &at, &got);
	return got;
}

static struct fake_file *make(struct fake_fs *fs, const char *name)
{
	struct fake_file *f = fake_fs_find(fs, name);

	if (f)
		file_free(f);
	else
		f = must(fake_fs_find(fs, ""));
	strcpy(f->name, name);
	file_settle(f);
	return f;
}

static int one(struct fake_fs *fs, struct fs_batch *b, const struct fs_op *op)
{
	struct fake_file *f = fake_fs_find(fs, b->name[op->file]), *old;

	if (op->code == SUPP_FS_LIST) {
		b->got = list(fs, b->name[op->file], op);
		return 0;
	}
	if (op->code == SUPP_FS_CREATE) {
		make(fs, b->name[op->file]);
		return 0;
	}
	if (!f)
		return op->code == SUPP_FS_REMOVE ? 0 : -ENOENT;
	switch (op->code) {
	case SUPP_FS_READ:
		b->got = memory_fs_read(op, f->now, f->size);
		return 0;
	case SUPP_FS_WRITE:
		if (fs->max_size &&
		    (op->offset > fs->max_size || op->len > fs->max_size - op->offset))
			return -ENOSPC;
		file_write(f, op->offset, op->buf, op->len);
		return 0;
	case SUPP_FS_TRUNCATE:
		file_truncate(f, op->offset);
		return 0;
	case SUPP_FS_SYNC:
		fs->num_syncs++;
		file_sync(f);
		return 0;
	case SUPP_FS_RENAME:
		old = fake_fs_find(fs, b->name[1]);
		if (old)
			file_free(old);
		strcpy(f->name, b->name[1]);
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
	struct fake_fs *fs = data;
	unsigned int i;
	int ret = 0;

	fs->num_runs++;
	for (i = 0; i < b->num && !ret; i++) {
		if (fs->stopped)
			return -ECONNRESET;
		if (++fs->num_ops == fs->fail_at) {
			fs->stopped = fs->stays_failed;
			return fs->fail_with;
		}
		ret = one(fs, b, &b->op[i]);
	}
	return ret;
}

const struct storage_fs_ops fake_fs_ops = { .run = run };

static bool survives(const struct fake_file *f, unsigned int i, enum fake_crash how)
{
	switch (how) {
	case FAKE_CRASH_NONE:
		return false;
	case FAKE_CRASH_EVEN:
		return i % 2 == 0;
	case FAKE_CRASH_ODD:
		return i % 2;
	case FAKE_CRASH_NOT_FIRST:
		return i != 0;
	case FAKE_CRASH_NOT_SECOND:
		return i != 1;
	case FAKE_CRASH_LAST:
		return i + 1 == f->num_pending;
	default:
		return true;
	}
}

static void file_crash(struct fake_file *f, enum fake_crash how)
{
	unsigned int i;

	for (i = 0; i < f->num_pending; i++) {
		const struct fake_write *w = &f->pending[i];
		size_t len =
			how == FAKE_CRASH_TORN && i + 1 == f->num_pending ? w->len / 2 : w->len;

		if (!survives(f, i, how))
			continue;
		grow(&f->disk, &f->disk_size, w->offset + len);
		memcpy(f->disk + w->offset, w->data, len);
	}
	free(f->now);
	f->now = must(malloc(f->disk_size ? f->disk_size : 1));
	memcpy(f->now, f->disk, f->disk_size);
	f->size = f->disk_size;
	file_settle(f);
}

void fake_fs_crash(struct fake_fs *fs, enum fake_crash how)
{
	unsigned int i;

	for (i = 0; i < FAKE_FS_MAX_FILES; i++)
		if (*fs->file[i].name)
			file_crash(&fs->file[i], how);
	fs->stopped = false;
	fs->fail_at = 0;
}

void fake_fs_copy(struct fake_fs *to, const struct fake_fs *from)
{
	unsigned int i;

	memset(to, 0, sizeof(*to));
	for (i = 0; i < FAKE_FS_MAX_FILES; i++) {
		const struct fake_file *f = &from->file[i];

		if (!*f->name)
			continue;
		strcpy(to->file[i].name, f->name);
		grow(&to->file[i].now, &to->file[i].size, f->size);
		if (f->size)
			memcpy(to->file[i].now, f->now, f->size);
		file_settle(&to->file[i]);
	}
}

void fake_fs_release(struct fake_fs *fs)
{
	unsigned int i;

	for (i = 0; i < FAKE_FS_MAX_FILES; i++)
		file_free(&fs->file[i]);
}
