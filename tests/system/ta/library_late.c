// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
/* Opened at run time: LIBRARY_OCTET of them. */
#include "tests/system/library_ta.h"

__attribute__((constructor)) static void begin(void)
{
	library_seen |= 1u << (LIBRARY_OCTET & 15);
}

__attribute__((visibility("default"))) unsigned int library_own(void)
{
	return LIBRARY_OCTET;
}
