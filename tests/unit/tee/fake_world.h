/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * A secure world without hypervisor and launcher: lock, events, watches and memory of plain malloc.
 * Thread rule: as tee/world.h; fake_world_run's threads serve the IPC kernel as secure threads do.
 * Ownership rule: the test owns the world and its VMs.
 */
#ifndef TEELINK_TESTS_FAKE_WORLD_H
#define TEELINK_TESTS_FAKE_WORLD_H

#include "tee/vm.h"
#include "lib/core.h"
#include "lib/limits.h"
#include "tee/world.h"

#define FAKE_MAX_THREADS 8u
#define FAKE_MAX_WATCHES 4u
#define FAKE_MAX_VMS 8u

struct fake_watch {
	int fd;
	void (*fn)(void *data);
	void *data;
};

struct tee_world {
	pthread_mutex_t lock;
	struct ipc_kernel *ipc;
	struct session_manager *sessions;
	struct fake_ta *ta;
	struct ta_manager *tas;
	int launch_sock;
	/* Asked instead of sleeping in world_wait, whose result it gives; or NULL. */
	int (*on_wait)(void *data);
	void *on_wait_data;
	struct world_counters counters;
	struct cores cores;   /* none to choose */
	struct limits limits; /* the defaults, unless a test sets others */
	struct fake_watch watch[FAKE_MAX_WATCHES];
	struct tee_vm *vm[FAKE_MAX_VMS];
	unsigned int vm_drops;
	bool stopping;
	pthread_t thread[FAKE_MAX_THREADS];
	unsigned int num_threads;
};

/* The lock is held on return. */
struct tee_world *fake_world_create(void);
void fake_world_destroy(struct tee_world *w);
/* Runs the watches that are readable and the IPC kernel once, in this thread. */
void fake_world_serve(struct tee_world *w);
/* @num threads that serve until fake_world_stop (which drops the lock meanwhile). */
void fake_world_run(struct tee_world *w, unsigned int num);
void fake_world_stop(struct tee_world *w);
/* Sleeps a moment without the lock. */
void fake_world_nap(struct tee_world *w);
/* Sleeps without the lock until *@flag is at least @value. Gives up, false, after a long time. */
bool fake_world_until(struct tee_world *w, const unsigned int *flag, unsigned int value);

/* A VM with @shm_size bytes of static pool at FAKE_SHM_GPA, its dataspace backed by malloc. */
#define FAKE_SHM_GPA 0x100000u
#define FAKE_DS_GPA 0x900000u
struct tee_vm *fake_vm_create(struct tee_world *w, uint32_t id, uint64_t shm_size);
/* One more dataspace of @size bytes at @gpa. */
struct dataspace *fake_vm_add_ds(struct tee_vm *vm, uint64_t gpa, uint64_t size);
void fake_vm_destroy(struct tee_vm *vm);

#endif
