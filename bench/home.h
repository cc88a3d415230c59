/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * A machine that libteec starts by itself, in a folder of its own.
 * Thread rule: one thread: the environment says where the machine is.
 * Ownership rule: home_remove ends the machine and removes the folder.
 */
#ifndef TEELINK_BENCH_HOME_H
#define TEELINK_BENCH_HOME_H

#include <sys/types.h>

struct home {
	char dir[64];
};

void home_create(struct home *h);
void home_remove(struct home *h);
/* teelinkd's process: it is at the other end of the machine's socket. 0: there is none. */
pid_t home_machine_pid(void);

#endif
