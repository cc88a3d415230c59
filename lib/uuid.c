/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "lib/uuid.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Octets after which the text has a dash. */
static bool dash_before(unsigned int octet)
{
	return octet == 4 || octet == 6 || octet == 8 || octet == 10;
}

void uuid_format(const uint8_t octets[UUID_OCTETS], char text[UUID_TEXT_SIZE])
{
	static const char hex[] = "0123456789abcdef";
	unsigned int i;

	for (i = 0; i < UUID_OCTETS; i++) {
		if (dash_before(i))
			*text++ = '-';
		*text++ = hex[octets[i] >> 4];
		*text++ = hex[octets[i] & 15];
	}
	*text = '\0';
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int uuid_parse(const char *text, uint8_t octets[UUID_OCTETS])
{
	unsigned int i;

	if (strnlen(text, UUID_TEXT_SIZE) != UUID_TEXT_SIZE - 1)
		return -EINVAL;
	for (i = 0; i < UUID_OCTETS; i++) {
		int hi, lo;

		if (dash_before(i) && *text++ != '-')
			return -EINVAL;
		hi = hex_value(*text++);
		lo = hex_value(*text++);
		if (hi < 0 || lo < 0)
			return -EINVAL;
		octets[i] = (uint8_t)(hi << 4 | lo);
	}
	return 0;
}

void uuid_to_octets(uint32_t low, uint16_t mid, uint16_t hi, const uint8_t node[8],
		    uint8_t octets[UUID_OCTETS])
{
	octets[0] = (uint8_t)(low >> 24);
	octets[1] = (uint8_t)(low >> 16);
	octets[2] = (uint8_t)(low >> 8);
	octets[3] = (uint8_t)low;
	octets[4] = (uint8_t)(mid >> 8);
	octets[5] = (uint8_t)mid;
	octets[6] = (uint8_t)(hi >> 8);
	octets[7] = (uint8_t)hi;
	memcpy(octets + 8, node, 8);
}

void uuid_from_octets(const uint8_t octets[UUID_OCTETS], uint32_t *low, uint16_t *mid, uint16_t *hi,
		      uint8_t node[8])
{
	*low = (uint32_t)octets[0] << 24 | (uint32_t)octets[1] << 16 | (uint32_t)octets[2] << 8 |
	       octets[3];
	*mid = (uint16_t)(octets[4] << 8 | octets[5]);
	*hi = (uint16_t)(octets[6] << 8 | octets[7]);
	memcpy(node, octets + 8, 8);
}
