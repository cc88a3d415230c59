/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "ree/libteec/sys.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static struct teec_sys chosen;
static pthread_once_t chosen_once = PTHREAD_ONCE_INIT;

/* Not the caller's environment for a program that runs with more rights than its caller. */
static void choose(void)
{
	const char *device = secure_getenv("TEELINK_DEVICE");

	/* A later setenv may free the string. Without memory for it: the default. */
	teec_sys_choose(device ? strdup(device) : NULL, &chosen);
}

const struct teec_sys *teec_sys(void)
{
	pthread_once(&chosen_once, choose);
	return &chosen;
}
