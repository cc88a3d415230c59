/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * Secure storage: persistent objects of trusted applications (GP TEE Internal Core API 1.3.1,
 * 5.7-5.9), in files that the normal world keeps and can't read, change or mix up unnoticed:
 * docs/storage.md.
 * Thread rule: any thread, without the world lock; one call at a time is served, the others wait.
 *     Functions block, but for create, destroy and those of a handle that say otherwise.
 * Ownership rule: a client and its handles are its creator's; storage_client_destroy closes all.
 *
 * Errors, of all that block: -ENOENT (no such object), -EBUSY (another handle's flags forbid it),
 * -EEXIST, -EBADMSG (corrupt, or rolled back), -ENOSPC, -EFBIG, -EBADF (no such handle), -EACCES
 * (the handle wasn't opened for this), -ECONNRESET (nobody keeps files for us), -EIO, -ENOMEM.
 */
#ifndef TEELINK_TEE_STORAGE_STORAGE_H
#define TEELINK_TEE_STORAGE_STORAGE_H

#include <stddef.h>
#include <stdint.h>

#include "tee/storage/file.h"

#define STORAGE_MAX_HANDLES 512u /* per client */
#define STORAGE_MAX_ENUMS 32u /* per client */

/* TEE_DATA_FLAG_* */
#define STORAGE_READ 0x00000001u
#define STORAGE_WRITE 0x00000002u
#define STORAGE_WRITE_META 0x00000004u
#define STORAGE_SHARE_READ 0x00000010u
#define STORAGE_SHARE_WRITE 0x00000020u
#define STORAGE_OVERWRITE 0x00000400u
#define STORAGE_FLAGS 0x00000437u

struct storage;
struct storage_client;

struct storage_config {
	struct storage_fs fs;
	/* The machine's root key, asked for at first use; blocks. 0 or -errno. */
	int (*root_key)(void *data, uint8_t key[STORE_KEY_SIZE]);
	/* After it: where counters outlive this secure world, a borrowed descriptor or -1. NULL: nowhere. */
	int (*record)(void *data);
	void *key_data;
};

/* Return: 0 or -ENOMEM. */
int storage_create(const struct storage_config *cfg, struct storage **sp);
void storage_destroy(struct storage *s); /* no client may be left; NULL is fine */

/* What one instance of the TA @uuid sees and holds. Return: 0 or -ENOMEM. Doesn't block. */
int storage_client_create(struct storage *s, const uint8_t uuid[16], struct storage_client **cp);
/*
 * Closes its handles, or leaves that to the next call of another one. Doesn't block; NULL is
 * fine.
 */
void storage_client_destroy(struct storage_client *c);

struct storage_info {
	uint32_t type, usage, flags, object_size, max_object_size; /* as they were created */
	uint32_t attr_size;
	uint64_t data_size;
	uint32_t handle_flags; /* STORAGE_*, as the handle was opened */
};

/**
 * storage_open() - a handle to an object
 * @id: of at most STORE_ID_MAX bytes
 * @flags: STORAGE_*, but not OVERWRITE
 *
 * Return: handle > 0, or -errno. -EBUSY as tee_pobj of OP-TEE decides: WRITE_META excludes any
 * other handle, READ and WRITE want SHARE_READ and SHARE_WRITE on both, and share flags must be
 * the same.
 */
int storage_open(struct storage_client *c, const struct store_id *id, uint32_t flags);
/* A new object and a handle to it. -EEXIST without STORAGE_OVERWRITE. Whole or not at all. */
int storage_create_object(struct storage_client *c, const struct store_id *id, uint32_t flags,
			  const struct store_content *content);
int storage_close(struct storage_client *c, int handle);
/* Closes the handle in any case, -EBADF and -EACCES excepted. */
int storage_delete(struct storage_client *c, int handle);
int storage_rename(struct storage_client *c, int handle, const struct store_id *id);
int storage_info(struct storage_client *c, int handle, struct storage_info *info);
int storage_set_usage(struct storage_client *c, int handle, uint32_t usage);
/* Exactly the attributes: @size must be info's attr_size. */
int storage_read_attr(struct storage_client *c, int handle, void *buf, uint32_t size);
int storage_read(struct storage_client *c, int handle, uint64_t offset, void *buf, size_t len,
		 size_t *got);
int storage_write(struct storage_client *c, int handle, uint64_t offset, const void *buf,
		  size_t len);
int storage_truncate(struct storage_client *c, int handle, uint64_t size);

/* Enumerators: a handle > 0, or -ENOMEM. They see the objects that there are when they start. */
int storage_enum_alloc(struct storage_client *c);
int storage_enum_free(struct storage_client *c, int handle);
int storage_enum_reset(struct storage_client *c, int handle);
/* -ENOENT: there is no object. */
int storage_enum_start(struct storage_client *c, int handle);
/* -ENOENT: that was the last one, or it wasn't started. After -EBADMSG the next one may be fine. */
int storage_enum_next(struct storage_client *c, int handle, struct store_id *id,
		      struct storage_info *info);

#endif
