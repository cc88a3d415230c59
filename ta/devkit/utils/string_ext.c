// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
#include <string_ext.h>

#include <stdint.h>
#include <string.h>

size_t strlcpy(char *dst, const char *src, size_t size)
{
	size_t len = strlen(src), n = len < size ? len : size - 1;

	if (size) {
		memcpy(dst, src, n);
		dst[n] = '\0';
	}
	return len;
}

size_t strlcat(char *dst, const char *src, size_t size)
{
	size_t len = strnlen(dst, size);

	return len + (len < size ? strlcpy(dst + len, src, size - len) : strlen(src));
}

int consttime_memcmp(const void *p1, const void *p2, size_t nb)
{
	const uint8_t *a = p1, *b = p2;
	unsigned int diff = 0;
	size_t i;

	for (i = 0; i < nb; i++)
		diff |= (unsigned int)(a[i] ^ b[i]);
	/* 0, or 1 when any bit of a byte is set. */
	return (int)((diff + 0xffu) >> 8);
}

void memzero_explicit(void *s, size_t count)
{
	explicit_bzero(s, count);
}

void *ins_array_elem(void *base, size_t elem_count, size_t elem_size, size_t pos, const void *elem)
{
	uint8_t *at = (uint8_t *)base + pos * elem_size;

	memmove(at + elem_size, at, (elem_count - pos) * elem_size);
	if (elem)
		memcpy(at, elem, elem_size);
	return at;
}

void *ins_array_elem_zero_init(void *base, size_t elem_count, size_t elem_size, size_t pos)
{
	return memset(ins_array_elem(base, elem_count, elem_size, pos, NULL), 0, elem_size);
}

void rem_array_elem(void *base, size_t elem_count, size_t elem_size, size_t pos)
{
	uint8_t *at = (uint8_t *)base + pos * elem_size;

	memmove(at, at + elem_size, (elem_count - pos - 1) * elem_size);
}

void rem_array_elem_zero_pad(void *base, size_t elem_count, size_t elem_size, size_t pos)
{
	rem_array_elem(base, elem_count, elem_size, pos);
	memset((uint8_t *)base + (elem_count - 1) * elem_size, 0, elem_size);
}
