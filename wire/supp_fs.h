/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * Messages on port SUPP_FS_PORT: file operations that the secure world asks of the machine's
 * supplicant, for secure storage. Only the VM that the hypervisor marks may connect. One request is
 * outstanding at a time.
 * Thread rule: none, layouts only.
 * Ownership rule: none.
 *
 * A request is a list of operations on at most two files, done in order up to the first that fails.
 * Files are named in each request, there are no handles: a supplicant that is started again goes on
 * where the last one stopped. Bytes lie in the first SUPP_FS_MAX_BYTES of the static TEE shared
 * memory of the supplicant's VM, which nobody else uses, so that a change to an object, its syncs
 * included, is one message each way.
 *
 * Names are "<uuid>" (LIST) or "<uuid>/<32 hex digits>", with ".new" behind it or without.
 */
#ifndef TEELINK_WIRE_SUPP_FS_H
#define TEELINK_WIRE_SUPP_FS_H

#include "wire/port.h"

#define SUPP_FS_PORT "tee.supplicant.storage"

#define SUPP_FS_NUM_FILES 2u
#define SUPP_FS_NAME_SIZE 80u /* with the NUL */
#define SUPP_FS_MAX_OPS 128u
#define SUPP_FS_MAX_BYTES (1u << 20) /* of one request, both ways */
#define SUPP_FS_ID_SIZE 16u /* a file's name in the answer to LIST: its digits as bytes */
#define SUPP_FS_ID_TEXT (2u * SUPP_FS_ID_SIZE)
#define SUPP_FS_NEW_SUFFIX ".new"

enum supp_fs_op_code {
	SUPP_FS_CREATE = 1, /* the file, empty; its folder too */
	SUPP_FS_READ = 2, /* what lies behind the file's end reads as zero */
	SUPP_FS_WRITE = 3, /* the file exists */
	SUPP_FS_TRUNCATE = 4, /* to offset bytes */
	SUPP_FS_SYNC = 5, /* what was written is on the disk afterwards */
	SUPP_FS_RENAME =
		6, /* file 0 becomes file 1, whose old content goes; on the disk afterwards */
	SUPP_FS_REMOVE = 7, /* on the disk afterwards; that it doesn't exist is fine */
	SUPP_FS_LIST = 8, /* names in the folder, but not those with a suffix */
};

struct supp_fs_op {
	uint8_t code;
	uint8_t file;
	uint16_t reserved;
	uint32_t len; /* READ, WRITE, LIST */
	uint64_t offset; /* READ, WRITE, TRUNCATE, and LIST: the first byte wanted of the list */
	uint64_t shm_offset; /* READ, WRITE, LIST: where the bytes lie */
} TL_PACKED;

struct supp_fs_req {
	uint32_t tag;
	uint32_t num_ops;
	char name[SUPP_FS_NUM_FILES][SUPP_FS_NAME_SIZE];
	struct supp_fs_op op[SUPP_FS_MAX_OPS]; /* num_ops of them are sent */
} TL_PACKED;

struct supp_fs_rsp {
	uint32_t tag;
	uint32_t result; /* TEE_Result: success, ITEM_NOT_FOUND, STORAGE_NO_SPACE, ACCESS_DENIED… */
	uint32_t done; /* operations that were done */
	uint32_t got; /* bytes of the last READ or LIST */
} TL_PACKED;

TL_STATIC_ASSERT(sizeof(struct supp_fs_op) == 24, "supp_fs_op");
TL_STATIC_ASSERT(sizeof(struct supp_fs_req) == 8 + 160 + 24 * 128, "supp_fs_req");
TL_STATIC_ASSERT(sizeof(struct supp_fs_rsp) == 16, "supp_fs_rsp");

#endif
