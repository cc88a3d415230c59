/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * Folders with all that is in them.
 * Thread rule: any thread.
 * Ownership rule: none.
 */
#ifndef TEELINK_LIB_FOLDER_H
#define TEELINK_LIB_FOLDER_H

/* Removes what it can of @path and of what lies in it; follows no symbolic link. */
void folder_remove(const char *path);

#endif
