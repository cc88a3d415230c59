/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * System calls of range MAILBOX_SYSCALL_SESSION: sessions between TAs (TEE Internal Core API 1.3,
 * section 4.9).
 * Thread rule: none, layouts only.
 * Ownership rule: a TA_SESSION_MSG lies at the beginning of the system call area, the bytes of its
 * memrefs behind it; all of it is the caller's.
 */
#ifndef TEELINK_WIRE_TA_SESSION_H
#define TEELINK_WIRE_TA_SESSION_H

#include "wire/mailbox.h"

/* Arguments and results by their index. */
enum ta_session_arg {
	TA_SESSION_ARG_ID = 0, /* INVOKE, CLOSE; result of OPEN */
	TA_SESSION_ARG_CMD = 1, /* INVOKE */
	TA_SESSION_ARG_ORIGIN = 1, /* result of OPEN and INVOKE: TEE_ORIGIN_* */
	TA_SESSION_ARG_TIMEOUT = 2, /* OPEN, INVOKE: milliseconds until it counts as cancelled */
	TA_SESSION_ARG_FLAGS = 3, /* OPEN, INVOKE: TA_SESSION_* */
};

enum ta_session_call {
	TA_SESSION_OPEN = MAILBOX_SYSCALL_SESSION,
	TA_SESSION_INVOKE = MAILBOX_SYSCALL_SESSION + 1,
	TA_SESSION_CLOSE = MAILBOX_SYSCALL_SESSION + 2,
};

#define TA_SESSION_NO_TIMEOUT 0xffffffffu
/* The caller's own cancellation ends the call too. */
#define TA_SESSION_CANCELLABLE 1u
/* Offset of a NULL buffer. */
#define TA_SESSION_NULL UINT64_MAX
/* A memref's flag: the normal world has this buffer too. The TA says so to its own protection. */
#define TA_SESSION_PARAM_SHARED 1u

struct ta_session_msg {
	uint8_t uuid[16]; /* OPEN */
	struct {
		uint32_t type; /* TEE_PARAM_TYPE_* */
		uint32_t flags; /* TA_SESSION_PARAM_* */
		uint64_t a; /* value.a, or offset in the area */
		uint64_t b; /* value.b, or size */
	} param[MAILBOX_NUM_PARAMS];
};

TL_STATIC_ASSERT(sizeof(struct ta_session_msg) == 16 + 4 * 24, "ta_session_msg");

#endif
