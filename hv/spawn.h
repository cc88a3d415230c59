/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * The machine's other parts as processes: programs found beside this one, watched by pidfd.
 * Thread rule: the hypervisor's one thread.
 * Ownership rule: the strings and arrays are borrowed for as long as the machine runs.
 */
#ifndef TEELINK_HV_SPAWN_H
#define TEELINK_HV_SPAWN_H

#include "hv/hv.h"

#define SPAWN_MAX_CHILDREN 8u

struct spawn_processes {
	char *const *ta_dirs; /* NULL-terminated: the supplicant's --image-dir options */
	const char *state_dir; /* the supplicant's --fs-parent-path; NULL: none */
	const char *plugin_dir; /* the supplicant's --plugin-path; NULL: its own default */
	const char *ta_key; /* the secure world's --ta-key; NULL: none */
	const char *ta_log; /* the secure world's --ta-log; NULL: none */
	const char *limits;   /* the secure world's --limits, or NULL: the defaults */
	/* The rest belongs to spawn.c: zero at first. */
	struct {
		int pid, pidfd;
	} child[SPAWN_MAX_CHILDREN];
};

/* For struct hv_config.spawn, with a struct spawn_processes as data. */
extern const struct hv_spawn_ops spawn_process_ops;

#endif
