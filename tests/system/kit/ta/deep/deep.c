// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
#include <only.h>

#include "kit_ta.h"

#ifdef ONLY_ENTRY
#error "a flag of another source"
#endif

uint32_t deep(void)
{
	return ONLY_HERE * DEPTH;
}
