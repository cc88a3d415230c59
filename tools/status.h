/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * The machine's own account of itself.
 * Thread rule: one thread.
 * Ownership rule: the text is the caller's to free.
 */
#ifndef TEELINK_TOOLS_STATUS_H
#define TEELINK_TOOLS_STATUS_H

/**
 * status_fetch() - ask the machine at @socket for its status
 * @text: NUL-terminated JSON
 *
 * Return: 0, -ENOENT (no machine), -EFBIG, other -errno.
 */
int status_fetch(const char *socket, char **text);

#endif
