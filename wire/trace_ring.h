/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * Trace ring: one memfd per machine, written by every process of it when the machine traces, read by
 * `teelink trace`. A debug mode: all worlds share this memory.
 * Thread rule: a writer takes a slot by adding 1 to `next`, fills it, and stores `seq` = slot + 1 last.
 * Ownership rule: the hypervisor's dataspace.
 */
#ifndef TEELINK_WIRE_TRACE_RING_H
#define TEELINK_WIRE_TRACE_RING_H

#include "wire/port.h"

#define TRACE_RING_SLOTS 65536u

/* Hops in the order of the REE-TEE link diagram, top left down, then up the right side. */
enum trace_hop {
	TRACE_CA = 0,       /* ree/libteec: TEEC_* entered or left */
	TRACE_TEE = 1,      /* ree/tee: ioctl on the tee device */
	TRACE_MIPSTEE = 2,  /* ree/mipstee */
	TRACE_TIPC = 3,     /* ree/tipc */
	TRACE_VIRTIO = 4,   /* ree/virtio: buffer exposed or taken back, kick, interrupt */
	TRACE_VMM = 5,      /* hv/vmm: register access trapped */
	TRACE_PROXY = 6,    /* hv/proxy */
	TRACE_DEVICE = 7,   /* tee/virtio */
	TRACE_TIPCDEV = 8,  /* tee/tipc */
	TRACE_IPC = 9,      /* tee/ipc */
	TRACE_SESSION = 10, /* tee/session */
	TRACE_TAMGR = 11,   /* tee/ta: mailbox */
	TRACE_TA = 12,      /* ta: entry point */
	TRACE_SMC = 13,     /* tee/smc: registers in and out */
	TRACE_OPTEE = 14,   /* ree/optee, in the place of 2 to 6 */
	TRACE_NUM_HOPS
};

enum trace_dir { TRACE_DOWN = 0, TRACE_UP = 1 }; /* towards the TA, back towards the CA */

struct trace_entry {
	uint32_t seq;
	uint16_t hop;
	uint16_t dir;
	uint64_t ns; /* CLOCK_MONOTONIC */
	uint32_t pid, tid;
	uint64_t arg;  /* meaning per verb: data_tag, session, register… */
	char verb[32]; /* "open_session", "invoke", "kick"… NUL-terminated */
};

struct trace_ring {
	uint32_t next;
	uint32_t reserved[15];
	struct trace_entry slot[TRACE_RING_SLOTS];
};

TL_STATIC_ASSERT(sizeof(struct trace_entry) == 64, "trace_entry");
TL_STATIC_ASSERT(sizeof(struct trace_ring) == 64u + 64u * TRACE_RING_SLOTS, "trace_ring");

#endif
