/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * One command in a machine of its own: what `run` and `trace` share.
 * Thread rule: one thread; SIGCHLD and the terminal's signals are taken here.
 * Ownership rule: options are borrowed.
 */
#ifndef TEELINK_TOOLS_RUN_H
#define TEELINK_TOOLS_RUN_H

#include "tools/machine.h"

struct run_options {
	struct machine_options machine;
	char **argv;  /* the command, NULL-terminated */
	bool preload; /* gives it the devices by name */
	const char *link; /* what its VM's tipc messages go by: TEELINK_LINK; NULL: as it is */
	/* Called when the command has ended and the machine still runs; NULL: nothing to do. */
	void (*ended)(const char *socket, void *arg);
	void *arg;
};

/* Return: the command's exit status, 128 + its signal, or an enum exit_status of ours. */
int run_in_machine(struct run_options *opts);

#endif
