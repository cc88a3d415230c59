/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * System calls of range MAILBOX_SYSCALL_PROPERTY: properties of the implementation that only the secure
 * world knows (TEE Internal Core API 1.3, section 4.4).
 * Thread rule: none, layouts only.
 * Ownership rule: none, they have no bytes in the area.
 */
#ifndef TEELINK_WIRE_PROPERTY_H
#define TEELINK_WIRE_PROPERTY_H

#include "wire/mailbox.h"

#define PROPERTY_DEVICE_ID_SIZE 16u

enum property_call {
	/* No arguments. Results: the octets of a UUID (RFC 4122), as they lie in the first two. */
	PROPERTY_DEVICE_ID = MAILBOX_SYSCALL_PROPERTY,
};

TL_STATIC_ASSERT(PROPERTY_DEVICE_ID_SIZE == 2 * sizeof(uint64_t), "octets fill two results");

#endif
