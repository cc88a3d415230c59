/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * System calls of range MAILBOX_SYSCALL_LIBRARY: shared libraries, by their UUIDs.
 * Thread rule: none, layouts only.
 * Ownership rule: none, all of it is in the arguments.
 */
#ifndef TEELINK_WIRE_TA_LIBRARY_H
#define TEELINK_WIRE_TA_LIBRARY_H

#include "wire/mailbox.h"

enum ta_library_call {
	/* The library's bytes, checked, are put behind one of the instance's descriptors. */
	TA_LIBRARY_OPEN = MAILBOX_SYSCALL_LIBRARY,
};

/* Arguments and results by their index. */
enum ta_library_arg {
	TA_LIBRARY_ARG_UUID = 0, /* its 16 octets, as they lie in memory: two arguments */
	TA_LIBRARY_ARG_INDEX = 0, /* result: which of LAUNCH_MAX_LIBRARIES */
};

TL_STATIC_ASSERT(2 * sizeof(uint64_t) == 16, "a UUID is two arguments");

#endif
