/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "lib/folder.h"

#include <ftw.h>
#include <stdio.h>

#define MAX_OPEN 16

static int remove_entry(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	remove(path);
	return 0;
}

void folder_remove(const char *path)
{
	nftw(path, remove_entry, MAX_OPEN, FTW_DEPTH | FTW_PHYS);
}
