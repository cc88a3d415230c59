/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * A file by one descriptor from another.
 * Thread rule: any thread.
 * Ownership rule: the new descriptor is the caller's.
 */
#ifndef TEELINK_LIB_REOPEN_H
#define TEELINK_LIB_REOPEN_H

/*
 * A new open file on what @fd refers to, for reading: with an offset and access rights of its own, which a
 * duplicate would share. Return: its descriptor, or -errno.
 */
int reopen_read_only(int fd);

#endif
