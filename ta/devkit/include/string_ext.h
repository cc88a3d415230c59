/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * What OP-TEE's C library has beyond ISO C's <string.h>.
 * Thread rule: the TA's one entry thread.
 * Ownership rule: none.
 */
#ifndef STRING_EXT_H
#define STRING_EXT_H

#include <stddef.h>
#include <sys/cdefs.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Copy or append at most @size - 1 characters and a NUL. Return: the length that was wanted. */
size_t strlcpy(char *dst, const char *src, size_t size);
size_t strlcat(char *dst, const char *src, size_t size);
/* memcmp in a time that doesn't depend on the contents. */
int consttime_memcmp(const void *p1, const void *p2, size_t nb);
static inline int buf_compare_ct(const void *s1, const void *s2, size_t n)
{
	return consttime_memcmp(s1, s2, n);
}
/* memset to 0 that no compiler leaves out. */
void memzero_explicit(void *s, size_t count);

/*
 * Insert an element at @pos into @base, which has room for one more, or remove it; the last two fill
 * with zeroes. Return: where the element is.
 */
void *ins_array_elem(void *base, size_t elem_count, size_t elem_size, size_t pos, const void *elem);
void *ins_array_elem_zero_init(void *base, size_t elem_count, size_t elem_size, size_t pos);
void rem_array_elem(void *base, size_t elem_count, size_t elem_size, size_t pos);
void rem_array_elem_zero_pad(void *base, size_t elem_count, size_t elem_size, size_t pos);

#ifdef __cplusplus
}
#endif

#endif
