/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * The inside of struct tee_world, for world.c, thread.c, wait.c, hot.c, bells.c, watch.c, hvlink.c and the virtio
 * device.
 * Thread rule: every field under `lock` but the ones marked atomic or constant.
 * Ownership rule: the world owns everything in it.
 */
#ifndef TEELINK_TEE_WORLD_INTERNAL_H
#define TEELINK_TEE_WORLD_INTERNAL_H

#include "lib/core.h"
#include "lib/limits.h"
#include "lib/log.h"
#include "lib/outbox.h"
#include "tee/world.h"

#include "wire/teectl.h"

#define WORLD_MIN_THREADS 2u
#define WORLD_MAX_HOT 8u
#define WORLD_HOT_POLL_NS 3000u /* for hot VMs alone, until a poll listens to all doorbells */
#define WORLD_HOT_TURNS 64u     /* of others', and a VM isn't hot any more */
#define WORLD_MAX_WAYS 16u      /* a VM made way so often within WORLD_WAYS_NS: the thread leaves the core */
#define WORLD_WAYS_NS 1000000u
#define WORLD_MAX_WATCHES 2048u
#define WORLD_MAX_OUT 2048u     /* control messages that the hypervisor hasn't taken yet */
#define WORLD_SURPLUS_MS 1000   /* a thread above WORLD_MIN_THREADS leaves after idling so long */
#define WORLD_STACK_SIZE 524288u
#define WORLD_MAX_POLL_US 1000u

enum world_state {
	WORLD_RUNNING,
	WORLD_STOPPING, /* waits are cancelled; threads serve until none is blocked */
	WORLD_DONE,     /* threads leave */
};

enum thread_state { THREAD_FREE, THREAD_RUNNING, THREAD_EXITED };

struct world_thread {
	struct tee_world *world; /* constant */
	enum thread_state state;
	pthread_t id;
};

struct world_watch {
	int id; /* 0: free */
	int fd;
	void (*fn)(void *data);
	void *data;
};

/* A thread in world_wait, on its stack. */
struct world_waiter {
	struct list node;
	struct world_event *event;
};

struct ipc_echo;
struct tee_virtio_dev;

/* What the hypervisor said about the root key, once it was asked. */
struct world_key {
	bool asked, known;
	int status; /* with known: 0 or -errno */
	uint8_t key[TEECTL_ROOT_KEY_SIZE];
	int record; /* ours; -1: none */
	struct world_event event;
};

struct tee_world {
	pthread_mutex_t lock;
	/*
	 * Taken before `lock`, and only until that is had, by who was away and comes back: a thread
	 * that serves a VM without end finds it taken and stands behind the others.
	 */
	pthread_mutex_t turn;
	enum world_state state; /* written under the lock, read atomically anywhere */
	struct world_config cfg; /* constant */
	struct limits limits;    /* constant */
	struct cores cores;      /* constant */

	int epfd;    /* constant */
	int stop_fd; /* constant; event fd, level-triggered */
	int bells;   /* constant; an epoll set, see bells.c */
	int bells_watch;
	bool bells_held; /* by the poller */
	int poke_fd; /* constant; event fd: applications of the IPC kernel, or rung devices, wait */
	struct world_watch watch[WORLD_MAX_WATCHES];
	unsigned int watch_gen;
	unsigned int watch_hint; /* where the search for a free one begins */

	/* Threads. The one in world_run counts, without a slot. */
	struct world_thread thread[WORLD_MAX_THREADS];
	unsigned int num_threads; /* inside the loop */
	unsigned int num_blocked;
	unsigned int num_at_epoll;
	bool running;
	bool spawn_failed; /* logged */
	struct list waiters; /* world_waiter.node */

	/*
	 * Hot VMs. Invariant: when no thread runs or polls, every live VM has its kick armed. A hot VM
	 * that isn't armed is seen by the poller, or by a thread that will poll or arm before it
	 * sleeps.
	 */
	struct {
		struct tee_vm *vm;
		bool armed;
		int core;      /* where it was served last */
		uint32_t turn; /* when it was served last */
	} hot[WORLD_MAX_HOT];
	unsigned int num_hot;
	uint32_t hot_turn; /* counts those that were served */
	bool polling;
	uint64_t poll_ns; /* adapted: see learn_poll */
	uint64_t quiet_ns; /* when the poll began that was in vain and the last; 0: it wasn't */
	uint64_t poll_max_ns;

	struct list dirty; /* devices that have something to settle: tee_virtio_dev.dirty */
	struct list rung;  /* devices that a thread left with work: tee_virtio_dev.rung */

	/* hvlink */
	struct outbox out;

	struct tee_vm *vm[WORLD_MAX_VMS];
	unsigned int num_vms;
	struct ipc_kernel *ipc;
	struct session_manager *sessions;
	struct ta_manager *tas;
	struct storage_service *storage;
	struct pta *pta;
	struct property_service *properties;
	struct ipc_echo *echo;
	struct world_key root_key;
	struct world_counters counters;
	struct log_limit drops; /* lines about VMs that break rules */
};

/* thread.c */
void world_thread_loop(struct tee_world *w); /* lock held */
void world_spawn_thread(struct tee_world *w);
void world_join_threads(struct tee_world *w); /* lock not held */
void world_begin_stop(struct tee_world *w);
/* The VM has a device that may have work: called by a kick, or by who looked. */
void world_serve_vm(struct tee_world *w, struct tee_vm *vm);
/* The device has interrupts or a reset to settle before the thread sleeps or polls. */
void world_dev_dirty(struct tee_world *w, struct list *dirty);
/* The device has work, and this thread goes to sleep: another one serves it. */
void world_dev_ring(struct tee_world *w, struct list *rung);
void world_serve_rung(struct tee_world *w);
void world_ring(int fd); /* an event fd */
/* The lock, before threads that never went away: for who comes back. */
void world_lock_in_turn(struct tee_world *w);
/* Stopping, and the last thread that was blocked came back? */
void world_check_done(struct tee_world *w);

/* hot.c */
/*
 * Kicks off: a thread of the world's, at the latest the one that runs, polls the VM or arms its kick
 * again. For every buffer that is taken, since that uses the armed kick up, and for every wish for one.
 */
void world_heat_vm(struct tee_world *w, struct tee_vm *vm);
bool world_is_hot(const struct tee_world *w, const struct tee_vm *vm);
/* The VM goes or its device was reset: not polled any more. */
void world_forget_vm(struct tee_world *w, struct tee_vm *vm);
/* One that isn't armed and has work, or NULL. */
struct tee_vm *world_hot_with_work(struct tee_world *w);
/* All armed, or the VM that turned out to have work. */
struct tee_vm *world_hot_arm_all(struct tee_world *w);
bool world_hot_unarmed(const struct tee_world *w);
/* The VM had to be rung. If it slept to let this thread run, and does so often, the thread goes elsewhere. */
void world_rang_vm(struct tee_world *w, struct tee_vm *vm);
/* Around a sleep in the middle of a thread's work, unless another thread polls. */
void world_hot_sleep(struct tee_world *w);
void world_hot_wake(struct tee_world *w);

/* bells.c */
int world_bells_start(struct tee_world *w);
/* The kick of a VM that rings for itself, an event fd. Under the lock, as the other: 0 or -errno. */
int world_watch_bell(struct tee_world *w, struct tee_virtio_dev *dev);
void world_unwatch_bell(struct tee_world *w, struct tee_virtio_dev *dev);
/* From here to there only the caller hears them; it mustn't wait for anything else. */
void world_bells_hold(struct tee_world *w);
void world_bells_release(struct tee_world *w);
/* A VM that has rung, for the caller to serve, or NULL. More than one: another thread serves the others. */
struct tee_vm *world_bells_take(struct tee_world *w);

/* watch.c */
int world_watch_events(struct tee_world *w, int fd, uint32_t events, void (*fn)(void *data),
		       void *data);
void world_run_watch(struct tee_world *w, int id);

/* world.c */
int world_add_vm(struct tee_world *w, struct tee_vm *vm);
void world_remove_vm(struct tee_world *w, struct tee_vm *vm);

/* hvlink.c */
int hvlink_start(struct tee_world *w);
void hvlink_finish(struct tee_world *w); /* drops what wasn't sent */
void hvlink_ready(struct tee_world *w);
void hvlink_dev_status(struct tee_vm *vm);
/* The answer comes to world_key_came. */
void hvlink_ask_key(struct tee_world *w);
/* The VM's last reference went: answers TEECTL_VM_DEL. */
void hvlink_vm_released(struct tee_world *w, uint32_t vm_id, uint64_t token);
/* Takes the VM's device, channels and memory away. Its reference stays the caller's. */
void hvlink_vm_teardown(struct tee_vm *vm);

/* key.c */
void world_key_init(struct tee_world *w);
void world_key_release(struct tee_world *w);
/* Takes *@record, a descriptor or -1, or leaves it. */
void world_key_came(struct tee_world *w, int status, const uint8_t key[TEECTL_ROOT_KEY_SIZE],
		    int *record);

/* status.c: a memfd with the secure world's JSON object, or -errno */
int world_status_fd(struct tee_world *w);

#endif
