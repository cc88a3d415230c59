/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * The file system of storage in a machine: batches go to the supplicant over SUPP_FS_PORT, their
 * bytes through the static shared memory of its VM. Nothing of what comes back is believed.
 * Thread rule: create and destroy under the world lock; batches without it, one at a time.
 * Ownership rule: supp_fs_create gives it to the caller.
 *
 * A supplicant that went in the middle of a batch is waited for, and the batch begun anew, a
 * bounded number of times; then the batch fails with -ECONNRESET.
 */
#ifndef TEELINK_TEE_STORAGE_SUPP_FS_H
#define TEELINK_TEE_STORAGE_SUPP_FS_H

#include "tee/storage/fs.h"

struct tee_world;
struct supp_fs;

/* Return: 0 or -ENOMEM. */
int supp_fs_create(struct tee_world *w, struct supp_fs **fsp);
void supp_fs_destroy(struct supp_fs *fs); /* NULL is fine */

/* For struct storage_fs, with a struct supp_fs as data. */
extern const struct storage_fs_ops supp_fs_ops;

#endif
