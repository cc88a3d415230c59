/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * An in-process VM as its drivers see it: trapped registers, memory, the interrupt, waiting.
 * Thread rule: every function from any thread unless it says otherwise; none is called with the irq
 * handler's lock held except where named.
 * Ownership rule: ree_vm_attach gives the VM to the caller; ree_vm_detach takes it.
 *
 * Interrupt: there is no thread. A caller that waits takes the interrupt itself: one waiter (the
 * leader) polls the queues briefly, then sleeps on the doorbell and the hypervisor's socket together;
 * the others (followers) sleep until the leader's handler satisfied them or hands the lead on.
 */
#ifndef TEELINK_REE_VM_VM_H
#define TEELINK_REE_VM_VM_H

#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/list.h"

struct ree_vm;

/**
 * ree_vm_attach() - become a VM of a machine
 * @sock: connected socket to the hypervisor; taken over on success only
 *
 * Return: 0 and *@vmp, or -errno (-ECONNREFUSED: the machine is full or refuses us).
 */
int ree_vm_attach(int sock, struct ree_vm **vmp);
/* The same as its supplicant. Also: -EBUSY (it has one), -EPERM (it isn't ours). */
int ree_vm_attach_supplicant(int sock, struct ree_vm **vmp);
/* No driver may be using the VM any more. NULL is fine. */
void ree_vm_detach(struct ree_vm *vm);
uint32_t ree_vm_id(const struct ree_vm *vm);

/* Trapped register access, one round trip to the hypervisor. -EIO when it is gone. */
int ree_vm_mmio_read(struct ree_vm *vm, uint32_t offset, uint32_t size, uint32_t *value);
int ree_vm_mmio_write(struct ree_vm *vm, uint32_t offset, uint32_t size, uint32_t value);
/* Ring the secure world. Never blocks, never traps. */
void ree_vm_kick(struct ree_vm *vm);

/* A range of guest-physical memory and where this process has it mapped. */
struct ree_vm_mem {
	uint64_t gpa;
	size_t size;
	uint8_t *base;
	int fd;
};
const struct ree_vm_mem *ree_vm_ram(const struct ree_vm *vm); /* link RAM */
const struct ree_vm_mem *ree_vm_shm(const struct ree_vm *vm); /* static TEE shared memory */

/*
 * A dynamic dataspace, mapped. @mem.fd is the dataspace's own descriptor; @dev and @ino say which file
 * that is, @link is the VM's list of them. @in_place: for memory of the program's own, never found by it.
 */
struct ree_vm_ds {
	struct ree_vm_mem mem;
	uint64_t id;
	uint64_t dev, ino;
	bool in_place;
	struct list link;
};
/**
 * ree_vm_ds_create() - new dataspace of at least @size bytes, zeroed, mapped read-write
 *
 * Return: 0; -ENOMEM (limit or memory), -EINVAL (0 or too large), -EIO (hypervisor gone).
 */
int ree_vm_ds_create(struct ree_vm *vm, size_t size, struct ree_vm_ds **dsp);
/* A memfd that carries the SHRINK seal, as it is; @fd is duplicated. -EINVAL: not such a memfd. */
int ree_vm_ds_import(struct ree_vm *vm, int fd, struct ree_vm_ds **dsp);
void ree_vm_ds_destroy(struct ree_vm *vm, struct ree_vm_ds *ds);

/* A piece of guest-physical memory. */
struct ree_vm_run {
	uint64_t gpa, len;
};
/**
 * ree_vm_find_mem() - which of the VM's memory is mapped at [@addr, @addr + @len)
 * @runs: filled in order; neighbours in guest-physical memory are joined
 * @max: room in @runs
 *
 * The kernel is asked, so mappings that the program moved, replaced or undid are seen as they are.
 * Return: number of runs; -ENXIO: not all of it is static shared memory or a dataspace, mapped shared;
 * -E2BIG: more than @max runs; -ENOMEM.
 */
int ree_vm_find_mem(struct ree_vm *vm, const void *addr, size_t len, struct ree_vm_run *runs,
		    unsigned int max);

/**
 * struct ree_vm_irq - the driver's half of the interrupt, set once by the virtio driver
 * @more: lock-free look whether the handler would find work; called while polling
 * @enable: ask for the signal; true when work is there already
 * @disable: stop asking
 * @handle: take what is there; runs in the leader, one at a time, no VM lock held; may complete
 *          waiters' conditions and take driver locks, but must not wait
 * @config: the hypervisor says status or config changed, or (gone true) that this VM is dead for ever
 */
struct ree_vm_irq {
	bool (*more)(void *data);
	bool (*enable)(void *data);
	void (*disable)(void *data);
	void (*handle)(void *data);
	void (*config)(void *data, bool gone);
	void *data;
};
void ree_vm_set_irq(struct ree_vm *vm, const struct ree_vm_irq *irq); /* NULL: remove */

/**
 * ree_vm_wait() - sleep until @cond holds, taking interrupts meanwhile
 * @cond: called without VM locks, cheap, may take a driver's lock
 * @timeout_ms: milliseconds, 0 for none
 *
 * Return: 0; -ETIMEDOUT; -EIO when the hypervisor or the secure world is gone and @cond still doesn't
 * hold. A signal that the program handles doesn't end the wait.
 */
int ree_vm_wait(struct ree_vm *vm, bool (*cond)(void *), void *arg, unsigned int timeout_ms);

/* Room behind ree_vm_others.fds that a wait needs for its own. */
#define REE_VM_WAIT_FDS 3u

/**
 * struct ree_vm_others - what else a waiter watches in the same sleep
 * @fds: as poll(2)'s, and REE_VM_WAIT_FDS more that the wait may write to
 * @num: without those
 * @mask: as ppoll(2)'s
 * @ready: one of @fds has something in its revents
 * @interrupted: a signal was handled
 */
struct ree_vm_others {
	struct pollfd *fds;
	nfds_t num;
	const sigset_t *mask;
	bool ready, interrupted;
};
/* As ree_vm_wait, ended too by @others: 0 when one is ready, -EINTR. -EMFILE, -ENFILE. */
int ree_vm_wait_others(struct ree_vm *vm, bool (*cond)(void *), void *arg, unsigned int timeout_ms,
		       struct ree_vm_others *others);
/* Another thread changed what a condition looks at (not needed inside irq->handle). */
void ree_vm_wake(struct ree_vm *vm);
/* Take what is there without waiting. */
void ree_vm_poll_irq(struct ree_vm *vm);
/**
 * struct ree_vm_device - a device of this VM, for the machine's status
 * @name, @driver: at most 31 printable characters
 */
struct ree_vm_device {
	const char *name, *driver;
	uint32_t impl_id, impl_caps, gen_caps;
};
/* Tells the hypervisor what Linux would show in sysfs. -EINVAL for a bad name, -ENOSPC, -EIO. */
int ree_vm_describe(struct ree_vm *vm, const struct ree_vm_device *dev);

/* True once the hypervisor or the secure world is gone. */
bool ree_vm_dead(const struct ree_vm *vm);

#endif
