/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * The SMC message queue (seed "synchronization between normal and secure world"): one buffer of the
 * normal world's with two byte streams in it, one each way, and messages of any length in the streams.
 * Thread rule: each index and flag has one writer, named below.
 * Ownership rule: the buffer is the VM's; the secure world maps it from ATTACH to DETACH or the VM's end.
 *
 * The buffer: struct smcq_page, then two areas of `capacity` bytes, towards the secure world first.
 * Indices count bytes and run from 0 to 2 * capacity - 1, so that full and empty differ: the number of
 * bytes in a stream is (head - tail) modulo 2 * capacity and never more than capacity.
 *
 * A message is struct smcq_frame and `len` bytes. It may be longer than the area: the writer goes on when
 * the reader has made room. A struct tipc_msg_hdr stands first in it, whose own len is the rest modulo 2^16.
 *
 * Signals. A reader that goes to sleep sets `asleep` and looks at head again; a writer that finds no room
 * sets `stalled` and looks at tail again. Who has moved an index makes a full barrier, then looks at the
 * other's flag: towards the secure world the signal is the SMC NOTIFY, towards the normal world the VM's
 * interrupt. The secure world doesn't poll: its reader is asleep whenever it isn't in a NOTIFY.
 *
 * The calls are fast ones of an owner of their own beside OP-TEE's; results as OPTEE_SMC_RETURN_*:
 *   ATTACH  a1, a2 the buffer's address {high, low}, a multiple of SMCQ_ALIGN; a3 its size. OK; EBADADDR (not
 *           the VM's memory); EBADCMD (the page makes no sense); EBUSY (the VM has a link already); ENOMEM
 *   NOTIFY  OK: what was written is taken, and what there was room for is sent; ENOTAVAIL: no queue, or it is
 *           broken
 *   DETACH  OK; ENOTAVAIL
 */
#ifndef TEELINK_WIRE_SMCQ_H
#define TEELINK_WIRE_SMCQ_H

#include "wire/port.h"

/* Arm's SMC Calling Convention: fast call, trusted OS services are owners 50 to 63. */
#define SMCQ_SMC_OWNER 51u
#define SMCQ_SMC_ATTACH 0xb3000000u
#define SMCQ_SMC_NOTIFY 0xb3000001u
#define SMCQ_SMC_DETACH 0xb3000002u

#define SMCQ_ALIGN 4096u
#define SMCQ_MAGIC 0x71636d73u /* "smcq" */
#define SMCQ_VERSION 1u
#define SMCQ_DEFAULT_SIZE (64u << 10)
#define SMCQ_MIN_SIZE 4096u
#define SMCQ_MAX_SIZE (16u << 20)
/* The longest message that either side takes. */
#define SMCQ_MAX_MSG ((64u << 20) + 4096u)

struct smcq_half {
	uint32_t head;    /* writer's: bytes written */
	uint32_t stalled; /* writer's: 1 while it waits for room */
	uint8_t pad1[56];
	uint32_t tail;   /* reader's: bytes read */
	uint32_t asleep; /* reader's: 1 while it wants to be told of what is written */
	uint8_t pad2[56];
};

enum smcq_direction { SMCQ_TO_SECURE = 0, SMCQ_TO_NORMAL = 1 };

/* Written by the normal world before ATTACH; only `half` changes afterwards. */
struct smcq_page {
	uint32_t magic;
	uint32_t version;
	uint32_t capacity; /* bytes of each of the two areas */
	uint32_t reserved;
	uint8_t pad[48];
	struct smcq_half half[2]; /* by direction */
};

struct smcq_frame {
	uint32_t len;
	uint32_t reserved;
};

TL_STATIC_ASSERT(sizeof(struct smcq_half) == 128, "smcq_half");
TL_STATIC_ASSERT(offsetof(struct smcq_half, tail) == 64, "smcq_half");
TL_STATIC_ASSERT(sizeof(struct smcq_page) == 320, "smcq_page");
TL_STATIC_ASSERT(sizeof(struct smcq_frame) == 8, "smcq_frame");

#endif
