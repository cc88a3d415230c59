/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * The launcher: starts, ends and reaps TA instances for the secure world (wire/launch.h).
 * Thread rule: launch_run in one thread; with launch_process_ops its process has no other thread.
 * Ownership rule: launch_run owns its instances; it takes over the socket.
 */
#ifndef TEELINK_TEE_LAUNCH_LAUNCH_H
#define TEELINK_TEE_LAUNCH_LAUNCH_H

#include <pthread.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/list.h"
#include "wire/launch.h"

/* The secure world has at most 128 alive; the rest is for those that are ending. */
#define LAUNCH_MAX_INSTANCES 256u

struct launch_instance {
	struct list link;
	uint32_t id;
	uint8_t uuid[16];
	uint32_t memory_mib; /* private memory that it may have */
	unsigned int num_libraries; /* places for them, among its descriptors */
	int exit_fd; /* readable once the instance has ended */
	uint32_t pid; /* process: its pid; thread: 0 */
	void *data;   /* the ops' own */
};

/**
 * struct launch_ops - what an instance is: a confined process, or a thread for solo mode
 * @init: once, before the first start; 0 or -errno
 * @start: @fds, LAUNCH_FD_NUM and inst->num_libraries of them, stay the caller's; sets exit_fd, pid and data; 0 or -errno
 * @kill: asks for the end, doesn't wait
 * @reap: the instance has ended: frees what start made; returns a wait status
 */
struct launch_ops {
	int (*init)(void **ops_data);
	void (*fini)(void *ops_data);
	int (*start)(void *ops_data, struct launch_instance *inst, const int *fds);
	void (*kill)(struct launch_instance *inst);
	int (*reap)(struct launch_instance *inst);
};

extern const struct launch_ops launch_process_ops;
/* No confinement, a spinning instance can't be ended, one that crashes takes the process along. */
extern const struct launch_ops launch_thread_ops;

/* Serves until @tee_sock closes, then ends all instances. Return: 0 or -errno. */
int launch_run(int tee_sock, const struct launch_ops *ops);

#endif
