/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * System calls of secure storage: MAILBOX_SYSCALL_STORAGE. Arguments in order; results from
 * arg[0] on.
 * "area" is the system call area (wire/mailbox.h).
 * Thread rule: none, layouts only.
 * Ownership rule: handles are one instance's, and go with it.
 */
#ifndef TEELINK_WIRE_STORAGE_H
#define TEELINK_WIRE_STORAGE_H

#include "wire/mailbox.h"

/* What TEE_GetObjectInfo1 tells of a persistent object, but its position, which is the TA's. */
struct storage_wire_info {
	uint32_t type, usage, flags, object_size, max_object_size;
	uint32_t attr_size;
	uint64_t data_size;
	uint32_t handle_flags;
	uint32_t reserved;
} TL_PACKED;

/* In the area. */
#define STORAGE_AT_INFO 0u
#define STORAGE_AT_ID 64u
#define STORAGE_AT_BYTES 128u
/* Of one call: attributes and data of CREATE together, the data of READ and WRITE. */
#define STORAGE_MAX_BYTES (TA_SYSCALL_SIZE - STORAGE_AT_BYTES)
#define STORAGE_WIRE_ID_MAX 64u
#define STORAGE_MAX_ATTR 65536u

enum storage_syscall {
	/* storage id, flags, id size; area: id -> handle; area: info, attributes */
	STORAGE_SYS_OPEN = MAILBOX_SYSCALL_STORAGE,
	/*
	 * storage id, flags, id size, attribute size, data size; area: info, id, attributes, data
	 * -> handle
	 */
	STORAGE_SYS_CREATE,
	STORAGE_SYS_CLOSE, /* handle */
	STORAGE_SYS_DELETE, /* handle, which is closed */
	STORAGE_SYS_RENAME, /* handle, id size; area: id */
	STORAGE_SYS_INFO, /* handle -> area: info */
	STORAGE_SYS_SET_USAGE, /* handle, usage */
	STORAGE_SYS_READ, /* handle, offset, size -> size; area: data */
	STORAGE_SYS_WRITE, /* handle, offset, size; area: data */
	STORAGE_SYS_TRUNCATE, /* handle, size */
	STORAGE_SYS_ENUM_ALLOC, /* -> enumerator */
	STORAGE_SYS_ENUM_FREE, /* enumerator */
	STORAGE_SYS_ENUM_RESET, /* enumerator */
	STORAGE_SYS_ENUM_START, /* enumerator, storage id */
	STORAGE_SYS_ENUM_NEXT, /* enumerator -> id size; area: info, id */
};

TL_STATIC_ASSERT(sizeof(struct storage_wire_info) == 40, "storage_wire_info");

#endif
