// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
#include "shared.h"

#include <stdio.h>
#include <tee_internal_api.h>
#include <trace.h>

#include "base.h"

__thread int kit_shared_tls = 19;

static void __attribute__((constructor)) begin(void)
{
	kit_order = kit_order * 10 + 2;
}

static void __attribute__((destructor)) end(void)
{
	printf("end of shared\n");
}

int kit_shared(int v)
{
	return kit_base(kit_base(v));
}
