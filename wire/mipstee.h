/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * mipstee messages: what the mipstee driver and the session manager say to each other over a tipc
 * channel on port MIPSTEE_PORT, one channel per open context.
 * Thread rule: none, layouts only.
 * Ownership rule: none.
 *
 * Answers repeat the request's header and argument with ret, ret_origin and the parameters filled in;
 * data_tag matches them, so several calls may be outstanding on one channel and answers may overtake.
 *
 * OPEN_SESSION: params[0] META value {uuid octets 0-7, 8-15 as little-endian u64, 0};
 *     params[1] META value {client uuid octets 0-7, 8-15, login}; then at most 4 of the client's.
 *     The client UUID is advice from a process VM: the secure world computes it itself from the
 *     hypervisor's credentials. Answer: session id in `session`.
 * INVOKE_COMMAND: session, func, cancel_id, at most 4 parameters.
 * CLOSE_SESSION: session, no parameters.
 * CANCEL: session, cancel_id; no answer is sent.
 * REGISTER_SHM: one or more TMEM_INOUT parameters {guest-physical address, size, shm_ref}; all but the
 *     last carry FRAGMENT and all carry the same shm_ref: one object made of the pieces in order.
 * UNREGISTER_SHM: one RMEM_INOUT parameter {0, 0, shm_ref}.
 * TMEM in OPEN_SESSION and INVOKE: {offset into the VM's static TEE shared memory, size, shm_ref}.
 * RMEM: {offset into the object, size, shm_ref}. A NULL memref is a TMEM with buf_ptr = ~0, size 0, or
 *     any size when the client only asks how much is needed.
 */
#ifndef TEELINK_WIRE_MIPSTEE_H
#define TEELINK_WIRE_MIPSTEE_H

#include "wire/port.h"

#define MIPSTEE_PORT "tee.sess_manager.command_msg"
#define MIPSTEE_MAGIC 0x52454520u
/* tee_ioctl_version_data.impl_id; Linux has given away 1 to 4. */
#define MIPSTEE_IMPL_ID 0x4d495053u
#define MIPSTEE_NULL_BUF UINT64_MAX

enum mipstee_cmd {
	MIPSTEE_CMD_OPEN_SESSION = 0,
	MIPSTEE_CMD_INVOKE_COMMAND = 1,
	MIPSTEE_CMD_CLOSE_SESSION = 2,
	MIPSTEE_CMD_CANCEL = 3,
	MIPSTEE_CMD_REGISTER_SHM = 4,
	MIPSTEE_CMD_UNREGISTER_SHM = 5,
};

#define MIPSTEE_ATTR_NONE 0x0u
#define MIPSTEE_ATTR_VALUE_IN 0x1u
#define MIPSTEE_ATTR_VALUE_OUT 0x2u
#define MIPSTEE_ATTR_VALUE_INOUT 0x3u
#define MIPSTEE_ATTR_RMEM_IN 0x5u
#define MIPSTEE_ATTR_RMEM_OUT 0x6u
#define MIPSTEE_ATTR_RMEM_INOUT 0x7u
#define MIPSTEE_ATTR_TMEM_IN 0x9u
#define MIPSTEE_ATTR_TMEM_OUT 0xau
#define MIPSTEE_ATTR_TMEM_INOUT 0xbu
#define MIPSTEE_ATTR_TYPE_MASK 0xffu
#define MIPSTEE_ATTR_META (1u << 8)
#define MIPSTEE_ATTR_FRAGMENT (1u << 9)

struct mipstee_hdr {
	uint32_t magic;
	uint32_t data_tag;
} TL_PACKED;

struct mipstee_param {
	uint64_t attr;
	union {
		struct {
			uint64_t a, b, c;
		} value;
		struct {
			uint64_t buf_ptr, size, shm_ref;
		} tmem;
		struct {
			uint64_t offs, size, shm_ref;
		} rmem;
	} u;
} TL_PACKED;

struct mipstee_arg {
	uint32_t cmd;
	uint32_t func;
	uint32_t session;
	uint32_t cancel_id;
	uint32_t pad;
	uint32_t ret;
	uint32_t ret_origin;
	uint32_t num_params;
} TL_PACKED;

/* 4096-byte message buffer less the tipc header: the largest message. */
#define MIPSTEE_MAX_MSG 4080u
#define MIPSTEE_MAX_PARAMS ((MIPSTEE_MAX_MSG - 40u) / 32u)
#define MIPSTEE_MAX_CLIENT_PARAMS 4u

TL_STATIC_ASSERT(sizeof(struct mipstee_hdr) == 8, "mipstee_hdr");
TL_STATIC_ASSERT(sizeof(struct mipstee_arg) == 32, "mipstee_arg");
TL_STATIC_ASSERT(sizeof(struct mipstee_param) == 32, "mipstee_param");
TL_STATIC_ASSERT(MIPSTEE_MAX_PARAMS == 126, "mipstee_max_params");

#endif
