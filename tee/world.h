/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * The secure world: one context, one lock, a bounded pool of secure threads over one epoll set.
 * Thread rule: everything in tee/ runs with the world lock held unless its header says otherwise. The
 * lock is never held across a wait: who waits goes through world_wait or world_block_begin/_end.
 * Ownership rule: world_create gives the world to the caller; its config's descriptors go with it.
 *
 * A secure thread takes one event (a VM's kick, a control message, the launcher's word), does all that
 * follows from it (rx, IPC, session manager) without handing over to another thread, and polls the
 * hot VMs briefly before it sleeps in epoll again. A thread that must wait (for a TA, for the
 * supplicant) counts as blocked; when no other thread is left at the epoll set one is added, so that
 * events are served whatever TAs do. Threads are bounded by WORLD_MAX_THREADS: one per TA instance
 * that runs, one per load, and some.
 */
#ifndef TEELINK_TEE_WORLD_H
#define TEELINK_TEE_WORLD_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "lib/list.h"

#define WORLD_MAX_THREADS 160u
#define WORLD_MAX_VMS 512u

struct tee_world;
struct limits;
struct log_limit;
struct tee_vm;
struct tee_smc_ops;
struct cores;
struct ipc_kernel;
struct session_manager;
struct ta_manager;
struct storage_service;

struct world_config {
	int hv_sock;     /* teectl */
	int launch_sock; /* to the launcher */
	int trace_fd;    /* trace ring or -1 */
	const char *ta_key; /* file or folder of keys that images are checked with; NULL: built in */
	const char *ta_log; /* file that TAs' lines are kept in; NULL: none */
	const struct limits *limits; /* copied; NULL: the defaults */
	unsigned int poll_us; /* how long a thread polls hot VMs before it sleeps */
	const struct tee_smc_ops *smc; /* what VMs' SMCs enter; NULL: nothing */
};

int world_create(const struct world_config *cfg, struct tee_world **wp);
/* Serves until the hypervisor's socket closes or world_stop; the calling thread is the first secure thread. */
int world_run(struct tee_world *w);
void world_stop(struct tee_world *w); /* any thread, no lock */
void world_destroy(struct tee_world *w);

void world_lock(struct tee_world *w);
void world_unlock(struct tee_world *w);

/* The parts, for each other. */
struct ipc_kernel *world_ipc(struct tee_world *w);
struct session_manager *world_sessions(struct tee_world *w);
struct ta_manager *world_tas(struct tee_world *w);
struct storage_service *world_storage(struct tee_world *w);
/**
 * world_root_key() - the machine's root key, which the hypervisor keeps. Blocks.
 * @key: for deriving other keys; wipe it
 *
 * Return: 0; -ENOENT (this machine keeps none), -EPERM (its file isn't safe), -ETIMEDOUT, -ECANCELED,
 * other -errno of the hypervisor's.
 */
int world_root_key(struct tee_world *w, uint8_t key[32]);
/* The machine's file for what must outlive this secure world, once the key is known; -1: none. Borrowed. */
int world_record(const struct tee_world *w);
int world_launch_sock(struct tee_world *w);
const char *world_ta_key(const struct tee_world *w);
const char *world_ta_log(const struct tee_world *w);

/* Something to wait for under the world lock. */
struct world_event {
	pthread_cond_t cond;
	bool ready_to_use;
};
void world_event_init(struct world_event *ev);
void world_event_destroy(struct world_event *ev);
/**
 * world_wait() - drop the lock, sleep until signalled or @deadline_ns, take the lock
 * @deadline_ns: absolute CLOCK_MONOTONIC, 0 for none
 *
 * Spurious returns happen: loop on your condition. Everything may have changed meanwhile.
 * Return: 0, -ETIMEDOUT, -ECANCELED when the world stops.
 */
int world_wait(struct tee_world *w, struct world_event *ev, uint64_t deadline_ns);
void world_signal(struct world_event *ev); /* wakes all */

/* Around any other wait: drops the lock and counts this thread as blocked; _end takes the lock. */
void world_block_begin(struct tee_world *w);
void world_block_end(struct tee_world *w);
bool world_stopping(const struct tee_world *w);
/*
 * Lock held. Nothing can be served any more, since what TAs need is gone: the world stops, and no VM gets
 * an answer, which could only be that its TA has died. The hypervisor tells VMs what has happened.
 */
void world_abandon(struct tee_world *w);

/**
 * world_watch() - call @fn, under the lock, when @fd becomes readable or hangs up (edge-triggered)
 *
 * @fn must drain @fd. Return: id > 0 for world_unwatch, or -errno. After world_unwatch (under the lock)
 * @fn isn't called any more.
 */
int world_watch(struct tee_world *w, int fd, void (*fn)(void *data), void *data);
void world_unwatch(struct tee_world *w, int id);

/* VMs. NULL for an unknown id. */
struct tee_vm *world_vm(struct tee_world *w, uint32_t vm_id);
void world_for_each_vm(struct tee_world *w, void (*fn)(struct tee_vm *vm, void *arg), void *arg);

/* Counters that `status` shows; all under the lock. */
struct world_counters {
	uint64_t invokes, opens, closes, cancels;
	uint64_t bytes_copied_in, bytes_copied_out; /* between VM memory and TA areas */
	uint64_t maps, unmaps;                      /* dataspaces mapped into and out of TAs */
	uint64_t kicks, irqs;                       /* doorbells taken and rung */
	uint64_t bad_messages;                      /* refused bytes from VMs */
};
struct world_counters *world_counters(struct tee_world *w);
/* For lines about VMs that break rules; under the lock. */
struct log_limit *world_drops(struct tee_world *w);

const struct limits *world_limits(const struct tee_world *w); /* constant */
const struct cores *world_cores(const struct tee_world *w);   /* constant */

#endif
