/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * The hypervisor: starts and supervises the secure world, gives every VM its memory, doorbells and
 * device, and joins the two. One thread, one epoll set; nothing waits for one peer.
 * Thread rule: create, run and destroy from one thread; hv_stop from any, and from a signal handler.
 * Ownership rule: hv_create copies its configuration; hv_destroy takes NULL.
 */
#ifndef TEELINK_HV_HV_H
#define TEELINK_HV_HV_H

#include <stdbool.h>

struct hv;
struct limits;

enum hv_child { HV_CHILD_TEE, HV_CHILD_LAUNCH, HV_CHILD_SUPPLICANT, HV_NUM_CHILDREN };

/**
 * struct hv_spawn_ops - how the machine's other parts come to life
 * @start: @fds are borrowed: TEE gets {hypervisor, launcher, trace}, LAUNCH {secure world, -1, trace},
 *         SUPPLICANT {VM socket, -1, trace}; -1 where there is none. Returns a handle > 0, or -errno
 * @watch: descriptor that becomes readable when the child has ended, or -1: then its socket tells
 * @kill: ends it, waits for its end and forgets the handle
 * @pid: for status; 0 when it isn't a process
 */
struct hv_spawn_ops {
	int (*start)(void *data, enum hv_child which, const int fds[3]);
	int (*watch)(void *data, int handle);
	void (*kill)(void *data, enum hv_child which, int handle);
	int (*pid)(void *data, int handle);
};

struct hv_config {
	const char *socket; /* path; its folder is made with mode 0700 or must be ours alone */
	const char *state_dir; /* where the root key is kept; NULL: this machine has none */
	bool trace;
	bool proxied; /* the proxy copies what is in link RAM, instead of giving that to the secure world */
	bool user_supplicant; /* none of its own: one of its owner's attaches, and goes, when it likes */
	const struct limits *limits; /* copied; NULL: the defaults */
	unsigned int idle_exit_s; /* leave after so long without a VM but the supplicant; 0: never */
	const struct hv_spawn_ops *spawn;
	void *spawn_data;
	/* Once, when the secure world serves for the first time. */
	void (*ready)(void *data);
	void *ready_data;
};

/**
 * hv_create() - open the socket, take the machine's lock
 *
 * Return: 0; -EADDRINUSE (a machine serves this socket), -EPERM (the folder isn't ours alone), -errno.
 */
int hv_create(const struct hv_config *cfg, struct hv **hvp);
/* Serves until hv_stop, a tool's shutdown or idleness; then ends the children. 0 or -errno. */
int hv_run(struct hv *hv);
void hv_stop(struct hv *hv);
void hv_destroy(struct hv *hv);

#endif
