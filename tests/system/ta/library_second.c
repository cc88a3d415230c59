// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
#include "tests/system/library_ta.h"

__attribute__((constructor)) static void begin(void)
{
	library_seen |= 1u << (LIBRARY_SECOND & 15);
}

__attribute__((visibility("default"))) unsigned int library_second(void)
{
	return library_tls * 10000;
}
