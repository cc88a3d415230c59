/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * Base64 (RFC 4648), how a TA writes its binary properties down.
 * Thread rule: pure functions.
 * Ownership rule: none.
 */
#ifndef TEELINK_TA_BASE64_H
#define TEELINK_TA_BASE64_H

#include <stddef.h>
#include <stdint.h>

/*
 * Decodes at most @room bytes to @dst. What is no digit is passed over, padding too, as in OP-TEE. Return:
 * how many bytes there are.
 */
size_t base64_decode(const char *text, uint8_t *dst, size_t room);

#endif
