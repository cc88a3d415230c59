/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * Cores: where secure threads and trusted applications run while they hand over to each other.
 * Thread rule: any thread; constant after cores_init.
 * Ownership rule: none.
 *
 * A wake-up on one core costs a tenth of one across cores, but the scheduler gives whoever is woken an
 * idle core when there is one. Two that take turns are therefore bound to one core for as long as their
 * turns are short, and roam as before otherwise.
 */
#ifndef TEELINK_LIB_CORE_H
#define TEELINK_LIB_CORE_H

#include <sched.h>
#include <stdbool.h>
#include <sys/types.h>

struct cores {
	cpu_set_t all; /* those that this process was given */
	unsigned int num;
};

/* What the process may run on now is what threads are let loose on again. */
void cores_init(struct cores *c);
/* The core that the caller runs on, or -1 when there is nothing to choose. */
int core_here(const struct cores *c);
/**
 * core_bind() - let a thread run on one core only
 * @tid: 0 for the caller; a process's id stands for its first thread
 *
 * Return: 0, or -errno (the thread is gone, or isn't ours to place): it roams as before.
 */
int core_bind(const struct cores *c, pid_t tid, int core);
/* All cores again. A thread that is gone needs nothing. */
void core_free(const struct cores *c, pid_t tid);
/* The caller goes on on another core, if there is one. */
void core_leave(const struct cores *c);

#endif
