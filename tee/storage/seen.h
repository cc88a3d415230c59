/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * Rollback: what was last seen of each object, so that the normal world can't bring an older
 * state, or a removed object, back while this secure world lives.
 * Thread rule: under the storage's own lock.
 * Ownership rule: the shelf owns the table; a newer object may push an older one out of it.
 */
#ifndef TEELINK_TEE_STORAGE_SEEN_H
#define TEELINK_TEE_STORAGE_SEEN_H

#include "tee/storage/file.h"

/* Is the state that was loaded no older than the last one? */
bool store_seen_allows(struct store_shelf *sh, const struct store_file *f);
/* Was there an object of this name when it was last looked at? */
bool store_seen_alive(struct store_shelf *sh, const struct store_file *f);
void store_seen_note(struct store_shelf *sh, const struct store_file *f);
void store_seen_removed(struct store_shelf *sh, const uint8_t name_id[SUPP_FS_ID_SIZE]);
/* A change failed half-way: what is there now is to be learnt. */
void store_seen_forget(struct store_shelf *sh, const uint8_t name_id[SUPP_FS_ID_SIZE]);

#endif
