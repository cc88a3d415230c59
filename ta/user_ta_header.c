// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
/* Built into every TA with its own user_ta_header_defines.h. */
#include <tee_ta_api.h>
#include <user_ta_header.h>
#include <user_ta_header_defines.h>

#ifndef TA_VERSION
#define TA_VERSION "Undefined version"
#endif
#ifndef TA_DESCRIPTION
#define TA_DESCRIPTION "Undefined description"
#endif
#ifndef TA_CURRENT_TA_EXT_PROPERTIES
#define TA_CURRENT_TA_EXT_PROPERTIES
#endif

const struct ta_head ta_head __attribute__((section(".ta_head"), used)) = {
	.uuid = TA_UUID,
	.stack_size = TA_STACK_SIZE,
	.flags = TA_FLAGS,
	.depr_entry = UINT64_MAX,
};

const size_t ta_heap_size = TA_DATA_SIZE;

#define TA_BOOL(name, cond)                                                                        \
	{                                                                                          \
		name, USER_TA_PROP_TYPE_BOOL, &(const bool){ (cond) }                              \
	}
#define TA_FLAG_BOOL(name, flag) TA_BOOL(name, ((uint32_t)(TA_FLAGS) & (flag)) != 0)

const struct user_ta_property ta_props[] = {
	{ TA_PROP_STR_APP_ID, USER_TA_PROP_TYPE_UUID, &(const TEE_UUID)TA_UUID },
	TA_FLAG_BOOL(TA_PROP_STR_SINGLE_INSTANCE, TA_FLAG_SINGLE_INSTANCE),
	TA_FLAG_BOOL(TA_PROP_STR_MULTI_SESSION, TA_FLAG_MULTI_SESSION),
	TA_FLAG_BOOL(TA_PROP_STR_KEEP_ALIVE, TA_FLAG_INSTANCE_KEEP_ALIVE),
	TA_FLAG_BOOL(TA_PROP_STR_KEEP_CRASHED, TA_FLAG_INSTANCE_KEEP_CRASHED),
	{ TA_PROP_STR_DATA_SIZE, USER_TA_PROP_TYPE_U32, &(const uint32_t){ TA_DATA_SIZE } },
	{ TA_PROP_STR_STACK_SIZE, USER_TA_PROP_TYPE_U32, &(const uint32_t){ TA_STACK_SIZE } },
	{ TA_PROP_STR_VERSION, USER_TA_PROP_TYPE_STRING, TA_VERSION },
	{ TA_PROP_STR_DESCRIPTION, USER_TA_PROP_TYPE_STRING, TA_DESCRIPTION },
	{ TA_PROP_STR_ENDIAN, USER_TA_PROP_TYPE_U32, &(const uint32_t){ 0 } },
	TA_FLAG_BOOL(TA_PROP_STR_DOES_NOT_CLOSE_HANDLE_ON_CORRUPT_OBJECT,
		     TA_FLAG_DONT_CLOSE_HANDLE_ON_CORRUPT_OBJECT),
	TA_CURRENT_TA_EXT_PROPERTIES
};

const size_t ta_num_props = sizeof(ta_props) / sizeof(ta_props[0]);
