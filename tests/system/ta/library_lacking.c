// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
/* For the linker: a library that there is not when it is looked for. */
#include "tests/system/library_ta.h"

__attribute__((visibility("default"))) unsigned int library_first(void)
{
	return 0;
}

__attribute__((visibility("default"))) __thread unsigned int library_tls;
