/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/* A secure world without TAs. */
#include <stdio.h>

#include "tee/ta/ta.h"

int ta_manager_create(struct tee_world *w, struct ta_manager **tmp)
{
	(void)w;
	*tmp = NULL;
	return 0;
}

void ta_manager_destroy(struct ta_manager *tm)
{
	(void)tm;
}

void ta_status(struct tee_world *w, FILE *out)
{
	(void)w;
	fputs("[]", out);
}
