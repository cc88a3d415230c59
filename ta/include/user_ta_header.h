/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * How a TA describes itself, in OP-TEE's words. A TA's own user_ta_header_defines.h gives TA_UUID,
 * TA_FLAGS, TA_STACK_SIZE, TA_DATA_SIZE and may give TA_VERSION, TA_DESCRIPTION and
 * TA_CURRENT_TA_EXT_PROPERTIES; user_ta_header.c, built into each TA, makes symbols of them.
 * Thread rule: none, constants only.
 * Ownership rule: none.
 */
#ifndef USER_TA_HEADER_H
#define USER_TA_HEADER_H

#include <tee_api_types.h>

/* Deprecated flags of old TAs: no bit. */
#define TA_FLAG_USER_MODE 0u
#define TA_FLAG_EXEC_DDR 0u
#define TA_FLAG_REMAP_SUPPORT 0u

#define TA_FLAG_SINGLE_INSTANCE (1u << 2)
#define TA_FLAG_MULTI_SESSION (1u << 3)
#define TA_FLAG_INSTANCE_KEEP_ALIVE (1u << 4)
#define TA_FLAG_SECURE_DATA_PATH (1u << 5)
#define TA_FLAG_CACHE_MAINTENANCE (1u << 7)
#define TA_FLAG_CONCURRENT (1u << 8)
#define TA_FLAG_DEVICE_ENUM (1u << 9)
#define TA_FLAG_DEVICE_ENUM_SUPP (1u << 10)
#define TA_FLAG_DONT_CLOSE_HANDLE_ON_CORRUPT_OBJECT (1u << 11)
#define TA_FLAG_DEVICE_ENUM_TEE_STORAGE_PRIVATE (1u << 12)
#define TA_FLAG_INSTANCE_KEEP_CRASHED (1u << 13)
#define TA_FLAGS_MASK ((1u << 14) - 1u)

struct ta_head {
	TEE_UUID uuid;
	uint32_t stack_size;
	uint32_t flags;
	uint64_t depr_entry; /* UINT64_MAX */
};

#define TA_PROP_STR_APP_ID "gpd.ta.appID"
#define TA_PROP_STR_SINGLE_INSTANCE "gpd.ta.singleInstance"
#define TA_PROP_STR_MULTI_SESSION "gpd.ta.multiSession"
#define TA_PROP_STR_KEEP_ALIVE "gpd.ta.instanceKeepAlive"
#define TA_PROP_STR_KEEP_CRASHED "optee.ta.instanceKeepCrashed"
#define TA_PROP_STR_DATA_SIZE "gpd.ta.dataSize"
#define TA_PROP_STR_STACK_SIZE "gpd.ta.stackSize"
#define TA_PROP_STR_VERSION "gpd.ta.version"
#define TA_PROP_STR_DESCRIPTION "gpd.ta.description"
#define TA_PROP_STR_ENDIAN "gpd.ta.endian"
#define TA_PROP_STR_DOES_NOT_CLOSE_HANDLE_ON_CORRUPT_OBJECT                                        \
	"gpd.ta.doesNotCloseHandleOnCorruptObject"

enum user_ta_prop_type {
	USER_TA_PROP_TYPE_BOOL,
	USER_TA_PROP_TYPE_U32,
	USER_TA_PROP_TYPE_UUID,
	USER_TA_PROP_TYPE_IDENTITY,
	USER_TA_PROP_TYPE_STRING,
	USER_TA_PROP_TYPE_BINARY_BLOCK, /* base64 text */
	USER_TA_PROP_TYPE_U64,
	USER_TA_PROP_TYPE_INVALID,
};

struct user_ta_property {
	const char *name;
	enum user_ta_prop_type type;
	const void *value;
};

/* Symbols that libutee looks up in a TA. */
extern const struct user_ta_property ta_props[] __attribute__((visibility("default")));
extern const size_t ta_num_props __attribute__((visibility("default")));
extern const size_t ta_heap_size __attribute__((visibility("default")));
extern const struct ta_head ta_head __attribute__((visibility("default")));

#endif
