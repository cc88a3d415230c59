/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * The page that the secure world shares with one TA instance, and the control messages that go
 * along.
 * Thread rule: one entry thread in the TA, one caller at a time in the secure world; `bell`,
 * `cancel` and `unmap` may be changed by any secure thread, atomically.
 * Ownership rule: `call` is written by the secure world, `answer` by the TA, each only while the
 * other side waits. To the secure world everything here is hostile: it copies the answer out once.
 *
 * Turn-taking: the secure world writes `call` with a new seq, adds one to `bell` and wakes it; the
 * TA does what `unmap` and `call` say, writes `answer`, stores call.seq in `answered` and wakes
 * that. Number MAILBOX_FIRST_SEQ is the loading of the image: the page starts with it. An answer of
 * kind LOG or SYSCALL wants a RESUME call with the next seq, then the entry's answer follows under
 * that number.
 *
 * System calls: while an entry runs the TA asks the secure world for what it can't do by itself. It
 * writes `syscall`'s nr and arg and answers with kind SYSCALL; the secure world copies those, does
 * what they say, writes result and arg, and resumes the TA. Bytes go through the system call area,
 * which lies behind the in/out area (one file, one mapping) and costs nothing until it is touched.
 * Both sides may read and write it; its layout is each call's own affair. While the image is
 * loaded only the range MAILBOX_SYSCALL_LIBRARY is served.
 *
 * Released objects: between calls the TA takes the control messages that it hasn't, then unmaps the
 * slots whose bits are set in `unmap` and clears them. The secure world uses a slot again when its
 * bit is clear.
 */
#ifndef TEELINK_WIRE_MAILBOX_H
#define TEELINK_WIRE_MAILBOX_H

#include "wire/port.h"

#define MAILBOX_SIZE 4096u
#define MAILBOX_NUM_PARAMS 4u
#define MAILBOX_MAX_TEXT 1024u
#define MAILBOX_FIRST_SEQ 1u
/* Objects that one instance has mapped at a time; beyond it they are copied. */
#define MAILBOX_MAX_MAPS 256u
/* No memref is larger: a TA that claims more lies. */
#define MAILBOX_MAX_MEMREF (1ull << 40)

/* Shared areas, memfds of this size: parameters that are copied lie there. */
#define TA_AREA_SIZE (32u << 20)
#define TA_AREA_ALIGN 64u
/* The bytes of system calls; the in/out area's file is this much longer. */
#define TA_SYSCALL_SIZE (16u << 20)
#define TA_IO_SIZE (TA_AREA_SIZE + TA_SYSCALL_SIZE)

enum mailbox_call_kind {
	MAILBOX_CALL_ENTER = 1,
	MAILBOX_CALL_RESUME = 2,
};

enum mailbox_answer_kind {
	MAILBOX_ANSWER_READY = 1,       /* the image is loaded */
	MAILBOX_ANSWER_LOAD_FAILED = 2, /* text says why */
	MAILBOX_ANSWER_DONE = 3,
	MAILBOX_ANSWER_LOG = 4,
	MAILBOX_ANSWER_PANIC = 5,      /* result is the panic code */
	MAILBOX_ANSWER_MAP_FAILED = 6, /* what came along wasn't mapped, the entry not called */
	MAILBOX_ANSWER_SYSCALL = 7,    /* `syscall` says what for */
};

/*
 * System calls by number: each server has a range of MAILBOX_SYSCALL_RANGE, whose calls stand in a
 * header of its own in wire/. A number that nobody serves is answered TEE_ERROR_NOT_IMPLEMENTED.
 */
#define MAILBOX_SYSCALL_RANGE 0x100u
#define MAILBOX_SYSCALL_NUM_RANGES 16u
enum mailbox_syscall_range {
	MAILBOX_SYSCALL_SESSION = 0x100,  /* TA to TA */
	MAILBOX_SYSCALL_STORAGE = 0x200,  /* persistent objects */
	MAILBOX_SYSCALL_PROPERTY = 0x300, /* what only the secure world knows */
	MAILBOX_SYSCALL_DEVICE = 0x400,   /* peripherals, user interfaces, sockets */
	MAILBOX_SYSCALL_LIBRARY = 0x500,  /* shared libraries of trusted applications */
	MAILBOX_SYSCALL_TEST = 0xf00,     /* nobody's in a machine: for tests of the mechanism */
};
#define MAILBOX_SYSCALL_NUM_ARGS 8u

/* Where a memref lies. */
enum mailbox_where {
	MAILBOX_WHERE_NULL = 0, /* a NULL buffer */
	MAILBOX_WHERE_IN = 1,   /* input area, which the TA can only read */
	MAILBOX_WHERE_IO = 2,   /* in/out area */
	MAILBOX_WHERE_MAP = 3,  /* object mapped in `slot` */
};

#define MAILBOX_CANCEL 1u /* cancellation is requested for the call that runs */
#define MAILBOX_STOP 2u   /* set by the launcher of threads: leave as soon as you look */

struct mailbox_param {
	uint32_t type; /* TEE_PARAM_TYPE_* */
	uint32_t where;
	uint32_t slot;
	uint32_t reserved;
	uint64_t a; /* value.a, or offset */
	uint64_t b; /* value.b, or size */
};

struct mailbox_call {
	uint32_t seq;
	uint32_t kind;
	uint32_t entry; /* enum mailbox_entry */
	uint32_t session;
	uint32_t cmd;
	uint32_t login;
	uint8_t client_uuid[16];
	struct mailbox_param param[MAILBOX_NUM_PARAMS];
};

enum mailbox_entry {
	MAILBOX_ENTRY_CREATE = 0,
	MAILBOX_ENTRY_DESTROY = 1,
	MAILBOX_ENTRY_OPEN_SESSION = 2,
	MAILBOX_ENTRY_CLOSE_SESSION = 3,
	MAILBOX_ENTRY_INVOKE = 4,
};

struct mailbox_answer {
	uint32_t kind;
	uint32_t result; /* TEE_Result, panic code */
	uint32_t level;  /* LOG: 0 always, 1 error, 2 info, 3 debug, 4 flow */
	uint32_t text_len;
	struct {
		uint64_t a, b; /* values, or b = a memref's size; types are the caller's */
	} param[MAILBOX_NUM_PARAMS];
};

/* nr and arg are the TA's, then result and arg the secure world's. */
struct mailbox_syscall {
	uint32_t nr;
	uint32_t result; /* TEE_Result */
	uint64_t arg[MAILBOX_SYSCALL_NUM_ARGS];
};

struct mailbox {
	uint32_t bell;
	uint32_t answered;
	uint32_t cancel;    /* MAILBOX_CANCEL, MAILBOX_STOP */
	uint32_t log_level; /* texts above it needn't be sent */
	uint32_t unmap[MAILBOX_MAX_MAPS / 32u]; /* slots to let go of; the TA clears bits */
	uint32_t num_ctl; /* control messages sent in all so far: take those you haven't */
	uint32_t pad[3];
	struct mailbox_call call;
	uint8_t pad2[512 - 64 - sizeof(struct mailbox_call)];
	struct mailbox_answer answer;
	char text[MAILBOX_MAX_TEXT];
	struct mailbox_syscall syscall;
};

#define MAILBOX_MAX_RUNS 16u

/*
 * Control message, with num_runs descriptors: map these pieces of slot `slot`, whose whole length
 * is `total`, one after the other from byte `at` on. The first message of a slot has at = 0.
 */
struct mailbox_map {
	uint32_t slot;
	uint32_t writable;
	uint32_t num_runs;
	uint32_t reserved;
	uint64_t total;
	uint64_t at;
	struct {
		uint64_t offset, len; /* in the descriptor's file; multiples of the page size */
	} run[MAILBOX_MAX_RUNS];
};

TL_STATIC_ASSERT(sizeof(struct mailbox_param) == 32, "mailbox_param");
TL_STATIC_ASSERT(sizeof(struct mailbox_call) == 40 + 4 * 32, "mailbox_call");
TL_STATIC_ASSERT(offsetof(struct mailbox, call) == 64, "mailbox call");
TL_STATIC_ASSERT(offsetof(struct mailbox, answer) == 512, "mailbox answer");
TL_STATIC_ASSERT(sizeof(struct mailbox_syscall) == 72, "mailbox_syscall");
TL_STATIC_ASSERT(offsetof(struct mailbox, syscall) == 1616, "mailbox syscall");
TL_STATIC_ASSERT(sizeof(struct mailbox) <= MAILBOX_SIZE, "mailbox");
TL_STATIC_ASSERT(sizeof(struct mailbox_map) == 32 + 16 * 16, "mailbox_map");

#endif
