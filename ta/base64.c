// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
#include "ta/base64.h"

#include <string.h>

static int digit(char c)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *p = c ? strchr(digits, c) : NULL;

	return p ? (int)(p - digits) : -1;
}

size_t base64_decode(const char *text, uint8_t *dst, size_t room)
{
	unsigned int num_bits = 0;
	uint32_t bits = 0;
	size_t n = 0;

	for (; *text; text++) {
		int d = digit(*text);

		if (d < 0)
			continue;
		bits = (bits << 6) | (uint32_t)d;
		num_bits += 6;
		if (num_bits < 8)
			continue;
		num_bits -= 8;
		if (n < room)
			dst[n] = (uint8_t)(bits >> num_bits);
		n++;
	}
	return n;
}
