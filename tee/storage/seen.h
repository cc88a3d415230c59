/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * Rollback: what was last seen of each object, so that the normal world can't bring an older
 * state, or a removed object, back. Counters are the machine's, never an object's own: whatever
 * comes later has a higher one, a new object of an old name included.
 * Thread rule: under the storage's own lock.
 * Ownership rule: the shelf owns the table; a newer object may push an older one out of it. The
 * record's descriptor is borrowed.
 *
 * The record is written after what it speaks of is on the disk, and nobody waits for it: it may
 * know less than the disk does, never more. What is missing from it isn't protected beyond this
 * secure world's life.
 */
#ifndef TEELINK_TEE_STORAGE_SEEN_H
#define TEELINK_TEE_STORAGE_SEEN_H

#include "tee/storage/file.h"

/**
 * store_seen_open() - learn what secure worlds before this one have seen, and go on from there
 * @fd: file of the machine's that the supplicant can't reach, empty at first; -1: there is none
 * @key: storage key
 *
 * Entries that weren't made under this key are no entries.
 */
void store_seen_open(struct store_shelf *sh, int fd, const uint8_t key[STORE_KEY_SIZE]);

/* The counter of the change after @last: higher than any, and of the other parity than @last. */
uint64_t store_seen_next(struct store_shelf *sh, uint64_t last);
/* Is the state that was loaded no older than the last one? */
bool store_seen_allows(struct store_shelf *sh, const struct store_file *f);
/* Was there an object of this name when this secure world last looked at it? */
bool store_seen_alive(struct store_shelf *sh, const struct store_file *f);
void store_seen_note(struct store_shelf *sh, const struct store_file *f);
void store_seen_removed(struct store_shelf *sh, const uint8_t name_id[SUPP_FS_ID_SIZE]);
/* A change failed half-way: what is there now is to be learnt. */
void store_seen_forget(struct store_shelf *sh, const uint8_t name_id[SUPP_FS_ID_SIZE]);

#endif
