/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * One VM as the secure world sees it, whatever front end attached it: identity, memory, doorbells.
 * Thread rule: under the world lock, but for vm_mem_copy_* which take no lock.
 * Ownership rule: the world owns VMs; a VM, a dataspace and a memory object are reference-counted, so
 * that a call in flight keeps them while the VM goes. Who keeps a VM across a wait holds a reference and
 * looks at `gone` afterwards.
 */
#ifndef TEELINK_TEE_VM_H
#define TEELINK_TEE_VM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "lib/list.h"

struct tee_world;
struct tee_virtio_dev;
struct tipc_dev;
struct smc_vm;
struct tee_vm;

/* A memfd of the hypervisor's and the range of one VM's guest-physical addresses that it backs. */
struct dataspace {
	unsigned int refs; /* atomic */
	uint64_t id;       /* machine-wide, never used twice */
	uint64_t gpa, size;
	int fd_rw, fd_ro;  /* fd_ro may be -1 for link RAM, both for the secure world's own memory */
	void *shm_base;    /* mapped read-write into the secure world, or NULL until first needed */
};
/* Takes the descriptors over on success. @fd_ro may be -1. -EINVAL: bad range or size. */
int dataspace_create(uint64_t id, uint64_t gpa, uint64_t size, int fd_rw, int fd_ro,
		     struct dataspace **dsp);
struct dataspace *dataspace_get(struct dataspace *ds);
void dataspace_put(struct dataspace *ds); /* last: unmap, close; NULL is fine */
/* Maps on first use; thread-safe. NULL when it can't be mapped. */
void *dataspace_map(struct dataspace *ds);

#define VM_MAX_GROUPS 256u

struct vm_creds {
	uint32_t uid, gid, pid;
	uint32_t num_groups;
	uint32_t groups[VM_MAX_GROUPS];
};

/*
 * The entry of a VM's SMCs (tee/smc), seen from the world's threads. All under the world lock, none waits.
 * @create: -EINVAL when the vCPU pages aren't the VM's memory, -ENOMEM
 * @destroy: the VM goes: calls in flight end on their own and find nobody
 * @service: take what vCPUs have brought
 * @more, @ask_kick, @disable_kick: as the virtio device's
 * @interrupt: the VM was interrupted: a vCPU that is in the secure world comes back for it
 */
struct tee_smc_ops {
	int (*create)(struct tee_vm *vm, uint64_t vcpu_gpa, unsigned int num_vcpus);
	void (*destroy)(struct tee_vm *vm);
	void (*service)(struct tee_vm *vm);
	bool (*more)(const struct tee_vm *vm);
	void (*ask_kick)(struct tee_vm *vm);
	void (*disable_kick)(struct tee_vm *vm);
	uint32_t (*gave_way)(const struct tee_vm *vm); /* how often, modulo 2^32: the VM's word */
	void (*interrupt)(struct tee_vm *vm);
	void (*status)(const struct tee_vm *vm, FILE *out); /* a JSON object */
};

#define TEE_VM_MAX_DS 1026u /* link RAM, static pool and 1024 dynamic ones */

struct tee_vm {
	struct tee_world *world;
	unsigned int refs; /* the world's and one per user that outlives a wait */
	uint32_t id;
	uint64_t polled_ns; /* which poll in vain looked at it last: world_poll's start */
	uint32_t gave_way;  /* what smc_ops->gave_way said last */
	unsigned int ways;  /* how often it changed since ways_ns */
	uint64_t ways_ns;
	bool gone;         /* the hypervisor took it away: no device, lookups find nothing */
	bool supplicant; /* the hypervisor's mark */
	bool guest;      /* a guest kernel: client UUIDs come in its messages */
	bool dropped;    /* broke a rule: its device needs a reset, nothing is taken from it */
	struct vm_creds creds;
	struct dataspace *ram, *shm;
	struct dataspace *ds[TEE_VM_MAX_DS]; /* sorted by gpa, ram and shm included */
	unsigned int num_ds;
	struct tee_virtio_dev *dev;
	struct tipc_dev *tipc;
	const struct tee_smc_ops *smc_ops; /* NULL: the VM issues no SMCs */
	struct smc_vm *smc;
	void *session_data; /* the session manager's own, NULL until it needs one */
	uint64_t del_token; /* of the TEECTL_VM_DEL that is answered when the last reference goes */
};

struct tee_vm *vm_get(struct tee_vm *vm);
void vm_put(struct tee_vm *vm); /* NULL is fine */
/* -EEXIST (id or overlap), -ENOSPC. The VM keeps the caller's reference on success. */
int vm_add_ds(struct tee_vm *vm, struct dataspace *ds);
/* A dynamic dataspace by id, -ENOENT when there is none. Memory objects made of it stay. */
int vm_del_ds(struct tee_vm *vm, uint64_t id);
/* The dataspace that [gpa, gpa+len) lies in, borrowed, or NULL. */
struct dataspace *vm_find_ds(struct tee_vm *vm, uint64_t gpa, uint64_t len);

/* A piece of a dataspace. */
struct vm_run {
	struct dataspace *ds;
	uint64_t offset, len;
};

/* 16 MiB of a guest whose pages lie each elsewhere. */
#define VM_MEM_MAX_RUNS 4096u

/* A memory object: guest-physical ranges in order, seen as one buffer. Immutable once made. */
struct vm_mem {
	unsigned int refs; /* atomic */
	/* Many clients' buffers in one object, or no descriptor to hand out: copied, never mapped into a TA. */
	bool pool;
	uint64_t size;
	unsigned int num_runs;
	struct vm_run run[];
};

struct vm_range {
	uint64_t gpa, len;
};

/**
 * vm_mem_create() - look up guest-physical ranges of @vm
 *
 * Runs that follow each other in one dataspace are joined.
 * Return: 0; -EFAULT (a byte isn't the VM's memory, or a range wraps), -E2BIG (too many runs),
 * -EINVAL (empty), -ENOMEM.
 */
int vm_mem_create(struct tee_vm *vm, const struct vm_range *ranges, unsigned int num_ranges,
		  struct vm_mem **memp);
/*
 * @size bytes of the secure world's own, zeroes that cost nothing until they are touched; never
 * mapped into a TA. 0, or -ENOMEM.
 */
int vm_mem_create_own(uint64_t size, struct vm_mem **memp);
struct vm_mem *vm_mem_get(struct vm_mem *mem);
void vm_mem_put(struct vm_mem *mem);
/* Copy out of and into the object. -EFAULT past its end, 64-bit wrap included, or unmappable. */
int vm_mem_copy_from(const struct vm_mem *mem, uint64_t offset, void *dst, size_t len);
int vm_mem_copy_to(const struct vm_mem *mem, uint64_t offset, const void *src, size_t len);

/* Host address of [gpa, gpa+len) when it lies in one dataspace; NULL otherwise. For rings. */
void *vm_ptr(struct tee_vm *vm, uint64_t gpa, uint64_t len);

/*
 * The VM broke a rule: mark it, set NEEDS_RESET, tell the hypervisor. @why is logged, unless VMs
 * are dropped all the time.
 */
void vm_drop(struct tee_vm *vm, const char *why);

#endif
