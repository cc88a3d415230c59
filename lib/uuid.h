/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * UUIDs: 16 octets in RFC 4122 order (big-endian fields) between worlds, text for people.
 * Thread rule: pure functions.
 * Ownership rule: none.
 */
#ifndef TEELINK_LIB_UUID_H
#define TEELINK_LIB_UUID_H

#include "wire/port.h"

#define UUID_OCTETS 16u
#define UUID_TEXT_SIZE 37u /* with the NUL */

void uuid_format(const uint8_t octets[UUID_OCTETS], char text[UUID_TEXT_SIZE]);
/* Return: 0, or -EINVAL when @text isn't exactly a UUID's text. */
int uuid_parse(const char *text, uint8_t octets[UUID_OCTETS]);
/* TEE_UUID/TEEC_UUID fields in host order <-> octets. */
void uuid_to_octets(uint32_t low, uint16_t mid, uint16_t hi, const uint8_t node[8],
		    uint8_t octets[UUID_OCTETS]);
void uuid_from_octets(const uint8_t octets[UUID_OCTETS], uint32_t *low, uint16_t *mid, uint16_t *hi,
		      uint8_t node[8]);

#endif
