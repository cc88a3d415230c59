// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
#include "base.h"

#include <tee_internal_api.h>
#include <trace.h>

static void __attribute__((constructor)) begin(void)
{
	kit_order = kit_order * 10 + 1;
}

static void __attribute__((destructor)) end(void)
{
	EMSG("end of base");
}

int kit_base(int v)
{
	return v + 100;
}
