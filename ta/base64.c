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

bool base64_decode(const char *text, uint8_t *dst, size_t room, size_t *len)
{
	size_t n = 0, chars = strlen(text);
	uint32_t bits = 0;
	size_t i, pad = 0;

	if (chars % 4)
		return false;
	for (i = 0; i < chars; i++) {
		int d = digit(text[i]);

		if (text[i] == '=' && i + 2 >= chars)
			pad++;
		else if (d < 0 || pad)
			return false;
		bits = (bits << 6) | (d < 0 ? 0 : (uint32_t)d);
		if (i % 4 != 3)
			continue;
		if (n < room)
			dst[n] = (uint8_t)(bits >> 16);
		if (n + 1 < room && pad < 2)
			dst[n + 1] = (uint8_t)(bits >> 8);
		if (n + 2 < room && pad < 1)
			dst[n + 2] = (uint8_t)bits;
		n += 3;
	}
	*len = n - pad;
	return true;
}
