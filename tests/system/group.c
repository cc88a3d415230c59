/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "tests/system/group.h"

#include <stddef.h>

struct test_machine machine;

int group_start(void **state)
{
	(void)state;
	machine_start(&machine, NULL, NULL);
	return 0;
}

int group_stop(void **state)
{
	(void)state;
	machine_stop(&machine);
	return 0;
}
