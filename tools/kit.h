/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * Where the dev kit of this teelink lies.
 * Thread rule: any thread.
 * Ownership rule: none.
 */
#ifndef TEELINK_TOOLS_KIT_H
#define TEELINK_TOOLS_KIT_H

#include <limits.h>

struct kit {
	char path[PATH_MAX]; /* TA_DEV_KIT_DIR */
	char teec[PATH_MAX]; /* TEEC_EXPORT */
};

/* TA_DEV_KIT_DIR's, or the one around our own file. Return: 0, or -ENOENT with a message printed. */
int kit_find(struct kit *kit);

#endif
