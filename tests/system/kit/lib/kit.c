// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
#include "kit.h"

int kit_twice(int v)
{
	return 2 * v;
}
