/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * struct ree_vm, for the files of ree/vm alone.
 * Thread rule: each group of fields names its lock. Lock order: handle_lock, then ctl_lock (a driver's
 * config hook reads a register) or a driver's locks, then wait_lock.
 * Ownership rule: as vm.h.
 */
#ifndef TEELINK_REE_VM_VM_INTERNAL_H
#define TEELINK_REE_VM_VM_INTERNAL_H

#include <pthread.h>
#include <sys/types.h>

#include "lib/list.h"
#include "ree/vm/conduit.h"
#include "ree/vm/vm.h"
#include "wire/vcpu.h"
#include "wire/vmctl.h"

/* The VM's vCPUs. */
struct vm_conduit {
	struct smc_conduit pub;
	struct vcpu_ctl *shm_ctl; /* NULL: the machine takes no SMCs */
	unsigned int num;
	pthread_mutex_t lock; /* free, on, waiters */
	pthread_cond_t freed;
	uint32_t free; /* bit n: no thread is on vCPU n */
	uint32_t on;   /* bit n: vCPU n has been started */
};

struct ree_vm {
	uint32_t id;
	/*
	 * One page that fork() empties in the child: *alive is 1 in the process that attached, 0 in its
	 * children and after the other side is gone. Written once, atomically.
	 */
	uint32_t *alive;

	struct ree_vm_mem ram, shm;
	struct ree_vm_mem drivers_ram; /* of ram, without the vCPU pages; not a mapping of its own */
	struct vm_conduit conduit;
	int kick_fd, irq_fd;
	int wake_fd; /* event fd, ours alone: a leader that sleeps shall look */

	pthread_mutex_t ctl_lock; /* one request on the socket at a time */
	int sock;
	dev_t sock_dev; /* which socket it is: constant */
	ino_t sock_ino;
	bool lost; /* atomic: the program has closed our descriptors, their numbers are others' */
	uint32_t seq;

	pthread_mutex_t wait_lock; /* leader, followers, watchers, generation, sleeping */
	pthread_cond_t wait_cond;
	bool leader;
	bool sleeping; /* the leader is, or is about to be, in poll(2) */
	unsigned int followers;
	struct list watchers; /* followers with descriptors of their own, see irq.c */
	uint32_t generation; /* grows whenever conditions may have changed */
	bool poll_longer;    /* atomic: look longer than usual before sleeping */

	pthread_mutex_t handle_lock; /* irq and notif, and their hooks */
	struct ree_vm_irq irq;
	bool irq_set;
	void (*notif)(void *data); /* the notification interrupt's handler, or NULL; written under the lock */
	void *notif_data;
	bool config_pending; /* atomic */
	bool gone_told;

	pthread_mutex_t ds_lock; /* ds, and in_place of each */
	struct list ds;          /* struct ree_vm_ds */

	/* The lock is taken after the machine slot's; ctl_lock and ds_lock may be taken with it. */
	struct {
		pthread_mutex_t lock;
		struct list objects; /* struct ree_vm_in_place */
		int uffd;            /* -1: memory isn't taken in place. Set once */
	} in_place;

	pthread_mutex_t node_lock; /* nodes */
	struct list nodes;
	/* Who keeps the VM for its files: +1 before a file opens, -1 after its release. Set once. */
	void (*hold)(void *data, int change);
	void *hold_data;
};

/* Reads events that wait on the socket; the caller doesn't hold ctl_lock. */
void vm_ctl_drain(struct ree_vm *vm);
/* The hypervisor or the secure world is gone. Idempotent. */
void vm_set_dead(struct ree_vm *vm);
/* Tells the driver of a pending config change or of death; no VM lock held. */
void vm_irq_tell(struct ree_vm *vm);

/* How long to look for an answer before sleeping; 0: not at all, it would be in the way. */
uint64_t vm_poll_ns(const struct ree_vm *vm);

/* conduit.c */
void vm_conduit_init(struct ree_vm *vm);
/* @num pages at @gpa in link RAM, after a control page. -EPROTO: they aren't there. */
int vm_conduit_map(struct ree_vm *vm, uint64_t gpa, unsigned int num);
void vm_conduit_destroy(struct ree_vm *vm);
/* Does a notification interrupt wait? */
bool vm_notif_more(const struct ree_vm *vm);
/* Takes it; handle_lock is held. */
void vm_notif_handle(struct ree_vm *vm);

/* Closes every descriptor, keeps the mappings: for the child of a fork, where the VM is dead. */
void vm_close_fds(struct ree_vm *vm);

/*
 * False once the program has closed our descriptors behind our back, with closefrom(3): the VM is dead
 * then, and no number is used or closed any more. Asked before each use that would touch another's file.
 */
bool vm_owns_fds(struct ree_vm *vm);

#endif
