/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * Files in memory, for storage without a supplicant: each input of a fuzzer begins with none.
 * Thread rule: one thread.
 * Ownership rule: the caller owns the struct, zeroed at first; memory_fs_clear frees the files.
 */
#ifndef TEELINK_SOLO_FUZZ_MEMORY_FS_H
#define TEELINK_SOLO_FUZZ_MEMORY_FS_H

#include "tee/storage/fs.h"

#define MEMORY_FS_MAX_FILES 128u
#define MEMORY_FS_MAX_SIZE (32u << 20) /* of one file */

struct memory_file {
	char name[SUPP_FS_NAME_SIZE]; /* "": free */
	uint8_t *data;
	size_t size;
};

struct memory_fs {
	struct memory_file file[MEMORY_FS_MAX_FILES];
};

/* For struct storage_fs, with a struct memory_fs as data. */
extern const struct storage_fs_ops memory_fs_ops;

void memory_fs_clear(struct memory_fs *fs);

/* For file systems in memory of another kind: READ of a file of @size bytes. Return: bytes that it gave. */
size_t memory_fs_read(const struct fs_op *op, const uint8_t *data, size_t size);
/*
 * LIST, for each file @name in turn: @at and @got begin at 0 and count, bytes of ids in @folder and bytes that
 * were given.
 */
void memory_fs_list(const struct fs_op *op, const char *folder, const char *name, uint64_t *at,
		    size_t *got);

#endif
