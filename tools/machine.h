/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * Starting machines: a private one that can't outlive its command, and one that stays.
 * Thread rule: one thread; children other than the keeper are the caller's own affair.
 * Ownership rule: a started private machine is taken away with private_machine_stop.
 *
 * Between the command and teelinkd stands a keeper: a process in a session of its own, out of reach
 * of the terminal's signals. It takes the machine and its folder away when the command goes,
 * however that happens; if the keeper is killed, the kernel tells teelinkd (PR_SET_PDEATHSIG).
 */
#ifndef TEELINK_TOOLS_MACHINE_H
#define TEELINK_TOOLS_MACHINE_H

#include <limits.h>
#include <sys/types.h>

#include "lib/machine_path.h"
#include "tools/command.h"

struct machine_options {
	char own[PATH_MAX]; /* the teelink program's own file */
	const struct ta_dir_options *ta_dirs; /* searched before the default ones */
	const struct passed_options *passed;  /* or NULL */
	bool trace;
};

struct private_machine {
	char folder[64];
	char socket[MACHINE_SOCKET_SIZE];
	pid_t keeper;
	int life; /* the keeper watches the other end */
};

/**
 * private_machine_start() - start a machine and wait until it takes VMs
 *
 * Return: 0, or -errno with a message printed and nothing left behind.
 */
int private_machine_start(const struct machine_options *opts, struct private_machine *m);
/* Return: 0, or -EIO when the machine had ended badly before (message printed). */
int private_machine_stop(struct private_machine *m);

/**
 * machine_start() - start a machine that stays, at @socket
 *
 * Its messages go to the file "log" beside the socket. Return: 0, -EALREADY when one runs there,
 * other -errno with a message printed.
 */
int machine_start(const struct machine_options *opts, const char *socket);

#endif
