/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * A file system in memory that can stop at any operation, lose what wasn't synced, run out of
 * space, and be tampered with.
 * Thread rule: one thread.
 * Ownership rule: the caller owns the struct; fake_fs_release frees the files.
 */
#ifndef TEELINK_TESTS_UNIT_TEE_FAKE_FS_H
#define TEELINK_TESTS_UNIT_TEE_FAKE_FS_H

#include <stdbool.h>

#include "tee/storage/fs.h"

#define FAKE_FS_MAX_FILES 64u
#define FAKE_FS_MAX_PENDING 512u

struct fake_write {
	uint64_t offset;
	size_t len;
	uint8_t *data;
};

struct fake_file {
	char name[SUPP_FS_NAME_SIZE]; /* "": free */
	uint8_t *now, *disk; /* as it reads, and as a power cut leaves it */
	size_t size, disk_size;
	struct fake_write pending[FAKE_FS_MAX_PENDING];
	unsigned int num_pending;
};

/* What becomes of writes that weren't synced. */
enum fake_crash {
	FAKE_CRASH_KILL, /* all of them are there: only a process ended */
	FAKE_CRASH_NONE,
	FAKE_CRASH_EVEN, /* each second one */
	FAKE_CRASH_ODD,
	FAKE_CRASH_NOT_FIRST, /* all but the first one */
	FAKE_CRASH_NOT_SECOND,
	FAKE_CRASH_LAST, /* the last one alone */
	FAKE_CRASH_TORN, /* all, but of the last one the first half */
	FAKE_CRASH_NUM,
};

struct fake_fs {
	struct fake_file file[FAKE_FS_MAX_FILES];
	uint64_t num_ops, num_runs, num_syncs;
	uint64_t fail_at; /* operation number, from 1; 0: never */
	int fail_with; /* -errno */
	uint64_t max_size; /* of a file; 0: as large as it gets */
	bool stays_failed; /* from then on everything fails with -ECONNRESET */
	bool stopped;
};

extern const struct storage_fs_ops fake_fs_ops;

struct fake_file *fake_fs_find(struct fake_fs *fs, const char *name);
/* The first one that is no rest of a creation, or NULL. */
struct fake_file *fake_fs_any(struct fake_fs *fs);
void fake_fs_crash(struct fake_fs *fs, enum fake_crash how);
void fake_fs_copy(struct fake_fs *to, const struct fake_fs *from);
void fake_fs_release(struct fake_fs *fs);

#endif
