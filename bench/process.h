/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * The processes of a machine, as /proc shows them.
 * Thread rule: one thread.
 * Ownership rule: the caller's array.
 */
#ifndef TEELINK_BENCH_PROCESS_H
#define TEELINK_BENCH_PROCESS_H

#include <stdint.h>
#include <sys/types.h>

#define MAX_PROCESSES 512u

struct process {
	pid_t pid, parent;
	char name[16];
};

/* @root and all that descend from it. Return: how many. */
unsigned int process_tree(pid_t root, struct process list[MAX_PROCESSES]);
/* Resident memory in KiB, 0 when the process is gone. */
uint64_t process_rss_kib(pid_t pid);
/* Memory in KiB that no other process shares with it. */
uint64_t process_private_kib(pid_t pid);
/* Context switches so far, of all threads, asked for or not. */
uint64_t process_switches(pid_t pid);
/* Of these, the ones that were asked for: sleeps that something else has to end. */
uint64_t process_sleeps(pid_t pid);
/* Time on a core so far, of all threads, in ns. */
uint64_t process_run_ns(pid_t pid);

#endif
