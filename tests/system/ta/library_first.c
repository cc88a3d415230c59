// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
#include "tests/system/library_ta.h"

#define SHOWN __attribute__((visibility("default")))

SHOWN __thread unsigned int library_tls = 40;
static unsigned int count = 1000;

__attribute__((constructor)) static void begin(void)
{
	library_seen |= 1u << (LIBRARY_FIRST & 15);
	library_tls++;
}

SHOWN unsigned int library_first(void)
{
	return library_second() + count++;
}
