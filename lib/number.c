/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "lib/number.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

int number_parse(const char *text, int max)
{
	char *end;
	long n;

	if (*text < '0' || *text > '9')
		return -EINVAL;
	errno = 0;
	n = strtol(text, &end, 10);
	return errno || *end || n > max ? -EINVAL : (int)n;
}

uint64_t tl_page_size(void)
{
	return (uint64_t)sysconf(_SC_PAGESIZE);
}

uint64_t tl_page_up(uint64_t n)
{
	return (n + tl_page_size() - 1) & ~(tl_page_size() - 1);
}
