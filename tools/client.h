/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * Requests of the teelink command to a running machine (wire/vmctl.h).
 * Thread rule: one thread.
 * Ownership rule: a connection and a received descriptor are the caller's to close.
 */
#ifndef TEELINK_TOOLS_CLIENT_H
#define TEELINK_TOOLS_CLIENT_H

#include "lib/machine_path.h"
#include "tools/command.h"
#include "wire/vmctl.h"

/* Return: connected socket; -ENOENT (no machine there), other -errno. */
int client_connect(const char *path);

/**
 * client_request() - one request without arguments, and its answer
 * @sock: from client_connect
 * @fd: receives the answer's descriptor; NULL when none is expected
 *
 * Return: 0; the answer's -errno; -ECONNRESET (machine ended), -EPROTO (an answer without sense),
 * -ETIMEDOUT after 10 seconds.
 */
int client_request(int sock, enum vmctl_type type, int *fd);

/* Waits until the machine has closed the connection, at most @ms. Return: 0 or -ETIMEDOUT. */
int client_wait_end(int sock, int ms);

/* The socket of the machine that a subcommand is for. Return: 0, or an exit status (it said why). */
int client_find(const struct command *cmd, const char *name, char socket[MACHINE_SOCKET_SIZE]);
/* Says what the -errno of a connection or request to @socket means. */
void client_complain(const char *socket, int err);

#endif
