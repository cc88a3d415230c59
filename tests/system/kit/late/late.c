// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
/* A library that is opened at run time. */
#include <tee_internal_api.h>
#include <trace.h>

#include "base.h"
#include "shared.h"

int kit_late(int v);

static void __attribute__((constructor)) begin(void)
{
	kit_order = kit_order * 10 + 4;
}

static void __attribute__((destructor)) end(void)
{
	EMSG("end of late");
}

int kit_late(int v)
{
	return kit_shared(v) + kit_shared_tls;
}
