/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * OP-TEE messages: what the optee driver and the secure world write into shared memory around an SMC.
 * The values are OP-TEE's public ABI (optee_msg.h and optee_rpc_cmd.h of Linux and of OP-TEE OS).
 * Thread rule: none, layouts only.
 * Ownership rule: an argument belongs to the secure world from the SMC that names it until that call has
 * ended; while an RPC is with the normal world, the RPC's argument is the normal world's.
 *
 * Requests of the normal world (OPTEE_MSG_CMD_*); META parameters come first:
 * OPEN_SESSION: params[0] META value {TA UUID octets 0-7, 8-15 as little-endian u64, 0}; params[1] META
 *     value {client UUID octets 0-7, 8-15, login}; then the client's. Answer: id in `session`.
 * INVOKE_COMMAND: session, func, cancel_id, the client's parameters.
 * CLOSE_SESSION: session. CANCEL: session, cancel_id.
 * REGISTER_SHM: params[0] TMEM {address, size, cookie}, with NONCONTIG {page list | offset in the first
 *     page, size, cookie}. UNREGISTER_SHM: params[0] RMEM {0, 0, cookie}.
 * DO_BOTTOM_HALF, STOP_ASYNC_NOTIF: no parameters.
 *
 * A memref without memory is a TMEM or RMEM whose shm_ref, offset or address and size are 0
 * (OPTEE_SMC_SEC_CAP_MEMREF_NULL).
 */
#ifndef TEELINK_WIRE_OPTEE_MSG_H
#define TEELINK_WIRE_OPTEE_MSG_H

#include "wire/port.h"

#define OPTEE_MSG_ATTR_TYPE_NONE 0x0u
#define OPTEE_MSG_ATTR_TYPE_VALUE_INPUT 0x1u
#define OPTEE_MSG_ATTR_TYPE_VALUE_OUTPUT 0x2u
#define OPTEE_MSG_ATTR_TYPE_VALUE_INOUT 0x3u
#define OPTEE_MSG_ATTR_TYPE_RMEM_INPUT 0x5u
#define OPTEE_MSG_ATTR_TYPE_RMEM_OUTPUT 0x6u
#define OPTEE_MSG_ATTR_TYPE_RMEM_INOUT 0x7u
#define OPTEE_MSG_ATTR_TYPE_TMEM_INPUT 0x9u
#define OPTEE_MSG_ATTR_TYPE_TMEM_OUTPUT 0xau
#define OPTEE_MSG_ATTR_TYPE_TMEM_INOUT 0xbu
#define OPTEE_MSG_ATTR_TYPE_MASK 0xffu

#define OPTEE_MSG_ATTR_META (1u << 8)      /* for the secure world, not for the TA */
#define OPTEE_MSG_ATTR_NONCONTIG (1u << 9) /* TMEM: buf_ptr is a page list's address */
#define OPTEE_MSG_ATTR_CACHE_SHIFT 16      /* TMEM: 3 bits, 0 predefined or OPTEE_SMC_SHM_CACHED */
#define OPTEE_MSG_ATTR_CACHE_MASK 0x7u
#define OPTEE_MSG_ATTR_CACHE_PREDEFINED 0u

#define OPTEE_MSG_LOGIN_PUBLIC 0x00000000u
#define OPTEE_MSG_LOGIN_USER 0x00000001u
#define OPTEE_MSG_LOGIN_GROUP 0x00000002u
#define OPTEE_MSG_LOGIN_APPLICATION 0x00000004u
#define OPTEE_MSG_LOGIN_APPLICATION_USER 0x00000005u
#define OPTEE_MSG_LOGIN_APPLICATION_GROUP 0x00000006u

enum optee_msg_cmd {
	OPTEE_MSG_CMD_OPEN_SESSION = 0,
	OPTEE_MSG_CMD_INVOKE_COMMAND = 1,
	OPTEE_MSG_CMD_CLOSE_SESSION = 2,
	OPTEE_MSG_CMD_CANCEL = 3,
	OPTEE_MSG_CMD_REGISTER_SHM = 4,
	OPTEE_MSG_CMD_UNREGISTER_SHM = 5,
	OPTEE_MSG_CMD_DO_BOTTOM_HALF = 6,
	OPTEE_MSG_CMD_STOP_ASYNC_NOTIF = 7,
};

struct optee_msg_param_tmem {
	uint64_t buf_ptr, size, shm_ref;
};

struct optee_msg_param_rmem {
	uint64_t offs, size, shm_ref;
};

struct optee_msg_param_value {
	uint64_t a, b, c;
};

struct optee_msg_param {
	uint64_t attr;
	union {
		struct optee_msg_param_tmem tmem;
		struct optee_msg_param_rmem rmem;
		struct optee_msg_param_value value;
		uint8_t octets[24];
	} u;
};

/* What an argument begins with, for those who keep the parameters elsewhere. */
struct optee_msg_hdr {
	uint32_t cmd;
	uint32_t func;
	uint32_t session;
	uint32_t cancel_id;
	uint32_t pad;
	uint32_t ret;
	uint32_t ret_origin;
	uint32_t num_params;
};

struct optee_msg_arg {
	uint32_t cmd;
	uint32_t func;
	uint32_t session;
	uint32_t cancel_id;
	uint32_t pad;
	uint32_t ret;
	uint32_t ret_origin;
	uint32_t num_params;
	struct optee_msg_param params[];
};

/*
 * A page list: pages of 4096 bytes, each with 511 page addresses and the address of the list's next page.
 * It counts in 4 KiB, whatever the kernel's page size is, and only as many entries as the buffer has
 * pages are looked at; the link of the last list page isn't.
 */
#define OPTEE_MSG_NONCONTIG_PAGE_SIZE 4096u
#define OPTEE_MSG_NONCONTIG_ENTRIES 511u

struct optee_msg_page_list {
	uint64_t pages[OPTEE_MSG_NONCONTIG_ENTRIES];
	uint64_t next;
};

/* Bytes of an argument with @n parameters; the largest one that fits a page. */
#define OPTEE_MSG_GET_ARG_SIZE(n) \
	(sizeof(struct optee_msg_arg) + sizeof(struct optee_msg_param) * (size_t)(n))
#define OPTEE_MSG_MAX_NUM_PARAMS 127u

#define OPTEE_MSG_UID_0 0x384fb3e0u
#define OPTEE_MSG_UID_1 0xe7f811e3u
#define OPTEE_MSG_UID_2 0xaf630002u
#define OPTEE_MSG_UID_3 0xa5d5c51bu
#define OPTEE_MSG_REVISION_MAJOR 2u
#define OPTEE_MSG_REVISION_MINOR 0u
/* GET_OS_UUID: OP-TEE's own, which drivers take for "speaks as OP-TEE does". */
#define OPTEE_MSG_OS_OPTEE_UUID_0 0x486178e0u
#define OPTEE_MSG_OS_OPTEE_UUID_1 0xe7f811e3u
#define OPTEE_MSG_OS_OPTEE_UUID_2 0xbc5e0002u
#define OPTEE_MSG_OS_OPTEE_UUID_3 0xa5d5c51bu

/*
 * Requests of the secure world, in `cmd` of an RPC's argument. The result goes to `ret`, as a TEE_Result.
 * "Driver" and "supplicant" say who serves each.
 */
enum optee_rpc_cmd {
	/* supplicant; in value[0].a-b UUID octets; out memref[1], size 0 or too small: size wanted */
	OPTEE_RPC_CMD_LOAD_TA = 0,
	OPTEE_RPC_CMD_RPMB = 1,         /* supplicant */
	OPTEE_RPC_CMD_FS = 2,           /* supplicant; value[0].a is an OPTEE_RPC_FS_* */
	OPTEE_RPC_CMD_GET_TIME = 3,     /* driver; out value[0] {seconds since 1970, nanoseconds} */
	OPTEE_RPC_CMD_NOTIFICATION = 4, /* driver; in value[0] {OPTEE_RPC_NOTIFICATION_*, id, ms} */
	OPTEE_RPC_CMD_SUSPEND = 5,      /* driver; in value[0].a milliseconds */
	/* APPL, GLOBAL: supplicant, KERNEL: driver; in value[0] {type, size, alignment}; out memref[0] */
	OPTEE_RPC_CMD_SHM_ALLOC = 6,
	OPTEE_RPC_CMD_SHM_FREE = 7, /* as SHM_ALLOC; in value[0] {type, cookie} */
	OPTEE_RPC_CMD_GPROF = 9,    /* supplicant */
	OPTEE_RPC_CMD_SOCKET = 10,  /* supplicant */
	OPTEE_RPC_CMD_FTRACE = 11,  /* supplicant */
	OPTEE_RPC_CMD_SUPP_PLUGIN = 12, /* supplicant */
	OPTEE_RPC_CMD_BENCH_REG = 20,
	OPTEE_RPC_CMD_I2C_TRANSFER = 21, /* driver */
	OPTEE_RPC_CMD_RPMB_PROBE_RESET = 22,
	OPTEE_RPC_CMD_RPMB_PROBE_NEXT = 23,
	OPTEE_RPC_CMD_RPMB_FRAMES = 24,
};

enum optee_rpc_notification {
	OPTEE_RPC_NOTIFICATION_WAIT = 0, /* until the id is sent, or for value[0].c ms unless that is 0 */
	OPTEE_RPC_NOTIFICATION_SEND = 1,
};

enum optee_rpc_shm_type {
	OPTEE_RPC_SHM_TYPE_APPL = 0,   /* can be shared with a program */
	OPTEE_RPC_SHM_TYPE_KERNEL = 1, /* the driver's */
	OPTEE_RPC_SHM_TYPE_GLOBAL = 2, /* the driver's, and exported to programs */
};

enum optee_rpc_fs {
	OPTEE_RPC_FS_OPEN = 0,
	OPTEE_RPC_FS_CREATE = 1,
	OPTEE_RPC_FS_CLOSE = 2,
	OPTEE_RPC_FS_READ = 3,
	OPTEE_RPC_FS_WRITE = 4,
	OPTEE_RPC_FS_TRUNCATE = 5,
	OPTEE_RPC_FS_REMOVE = 6,
	OPTEE_RPC_FS_RENAME = 7,
	OPTEE_RPC_FS_OPENDIR = 8,
	OPTEE_RPC_FS_CLOSEDIR = 9,
	OPTEE_RPC_FS_READDIR = 10,
};

TL_STATIC_ASSERT(sizeof(struct optee_msg_hdr) == 32, "optee_msg_hdr");
TL_STATIC_ASSERT(sizeof(struct optee_msg_arg) == 32, "optee_msg_arg");
TL_STATIC_ASSERT(offsetof(struct optee_msg_arg, num_params) == 28, "optee_msg_arg.num_params");
TL_STATIC_ASSERT(sizeof(struct optee_msg_param) == 32, "optee_msg_param");
TL_STATIC_ASSERT(offsetof(struct optee_msg_param, u.tmem.shm_ref) == 24, "optee_msg_param.shm_ref");
TL_STATIC_ASSERT(sizeof(struct optee_msg_page_list) == OPTEE_MSG_NONCONTIG_PAGE_SIZE, "page list");
TL_STATIC_ASSERT(offsetof(struct optee_msg_page_list, next) == 4088, "page list's link");
TL_STATIC_ASSERT(OPTEE_MSG_GET_ARG_SIZE(OPTEE_MSG_MAX_NUM_PARAMS) == OPTEE_MSG_NONCONTIG_PAGE_SIZE,
		 "optee_msg_max_num_params");

#endif
