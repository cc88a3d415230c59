/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * Messages between the secure world and the launcher: SOCK_SEQPACKET, one message per packet. When
 * the secure world's end closes, the launcher ends all instances and itself.
 * Thread rule: none, layouts only.
 * Ownership rule: descriptors in a message belong to the receiver.
 */
#ifndef TEELINK_WIRE_LAUNCH_H
#define TEELINK_WIRE_LAUNCH_H

#include "wire/port.h"

enum launch_type {
	/* secure world -> launcher */
	/*
	 * With LAUNCH_FD_NUM descriptors, or LAUNCH_MAX_FDS for one that may have libraries; arg:
	 * MiB of private memory. Answered STARTED or FAILED.
	 */
	LAUNCH_START = 1,
	LAUNCH_KILL = 2,  /* unknown ids are ignored: the instance may have ended by itself */
	/* launcher -> secure world */
	LAUNCH_STARTED = 32, /* arg: pid, or 0 for a thread; always before EXITED */
	LAUNCH_FAILED = 33,  /* arg: errno */
	LAUNCH_EXITED = 34,  /* arg: wait status; nothing of the instance runs any more */
};

/* Descriptors of LAUNCH_START, in this order. */
enum launch_fd {
	LAUNCH_FD_IMAGE = 0,   /* memfd, sealed SHRINK|GROW|WRITE|SEAL */
	LAUNCH_FD_CTL = 1,     /* the TA's end of its control socket */
	LAUNCH_FD_MAILBOX = 2, /* memfd of MAILBOX_SIZE */
	LAUNCH_FD_IN = 3,      /* memfd of TA_AREA_SIZE, sealed FUTURE_WRITE: only readable */
	LAUNCH_FD_IO = 4,      /* memfd of TA_IO_SIZE */
	LAUNCH_FD_NUM = 5,
	/*
	 * From here on, of a TA that may have libraries: memfds, empty until the secure world has
	 * checked a library for it, then sealed as the image is.
	 */
	LAUNCH_FD_LIBRARY = 5,
};

/* Shared libraries of one instance, those of its libraries included. */
#define LAUNCH_MAX_LIBRARIES 8u
#define LAUNCH_MAX_FDS (LAUNCH_FD_LIBRARY + LAUNCH_MAX_LIBRARIES)

struct launch_msg {
	uint32_t type;
	uint32_t id; /* the instance's, never used twice */
	uint32_t arg;
	uint32_t reserved;
	uint8_t uuid[16]; /* START: of the TA, for names that people read */
};

TL_STATIC_ASSERT(sizeof(struct launch_msg) == 32, "launch_msg");

#endif
