// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "fake_runtime.h"

#include <cmocka.h>

struct fake_runtime fake;

struct ta_runtime *ta_runtime_current(void)
{
	return &fake.rt;
}

void ta_runtime_check_stop(struct ta_runtime *rt)
{
	(void)rt;
}

void TEE_Panic(TEE_Result code)
{
	if (!fake.expect_panic) {
		print_error("panic 0x%x\n", code);
		abort();
	}
	longjmp(fake.panic, 1);
}

void ta_panic(const char *func, TEE_Result code, const char *why)
{
	if (!fake.expect_panic)
		print_error("%s: %s\n", func, why);
	fake.why = why;
	TEE_Panic(code);
}

TEE_Result ta_device_id(TEE_UUID *id)
{
	*id = fake.device_id;
	return fake.device_id_result;
}

int fake_runtime_start(void **state)
{
	(void)state;
	memset(&fake, 0, sizeof(fake));
	fake.rt.cfg = &fake.cfg;
	fake.rt.mb = &fake.mb;
	fake.rt.heap_size = 100000;
	list_init(&fake.rt.blocks);
	list_init(&fake.rt.operations);
	list_init(&fake.rt.objects);
	return ta_algorithms_prepare();
}

int fake_runtime_stop(void **state)
{
	(void)state;
	ta_operations_free(&fake.rt);
	ta_objects_free(&fake.rt);
	ta_blocks_free(&fake.rt);
	return 0;
}
