/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * The SMC conduit: how a driver issues the instruction that enters the secure world, whatever carries it.
 * Thread rule: any thread, and several at once: each call takes a vCPU of the VM and waits for one when
 * all are in the secure world. From the notification handler only fast calls may be issued.
 * Ownership rule: a conduit belongs to its VM; the driver keeps nothing of it after ree_vm_detach.
 *
 * What a driver sees of its VM besides: the reserved area that GET_SHM_CONFIG names is ree_vm_shm();
 * memory of its own comes from ree_vm_ds_create() and ree_vm_ds_import(), physical addresses are
 * mem.gpa + offset; all of ree_vm's memory may be named in arguments and page lists.
 *
 * Interrupts: the secure world rings when a notification value waits. Who waits in ree_vm_wait takes the
 * interrupt; who comes back from smc() with FOREIGN_INTR calls ree_vm_poll_irq(), then resumes. A call
 * that waits for its turn (ETHREAD_LIMIT, a notification, the supplicant) waits with ree_vm_wait.
 */
#ifndef TEELINK_REE_VM_CONDUIT_H
#define TEELINK_REE_VM_CONDUIT_H

#include <stdint.h>

struct ree_vm;
struct smc_conduit;

/* Registers at the instruction, and what of them comes back (SMC Calling Convention). */
struct smc_args {
	uint64_t a0, a1, a2, a3, a4, a5, a6, a7;
};

struct smc_res {
	uint64_t a0, a1, a2, a3;
};

struct smc_conduit_ops {
	/* 0; -EIO when the machine is gone: nothing of @res is set then, and no call ever returns. */
	int (*smc)(struct smc_conduit *conduit, const struct smc_args *args, struct smc_res *res);
};

struct smc_conduit {
	const struct smc_conduit_ops *ops;
};

static inline int smc_conduit_call(struct smc_conduit *conduit, const struct smc_args *args,
				   struct smc_res *res)
{
	return conduit->ops->smc(conduit, args, res);
}

/**
 * ree_vm_conduit() - the VM's way into the secure world
 *
 * A standard call comes back after 10 ms at the latest, with FOREIGN_INTR if nothing else. What a7 holds
 * is overwritten with the VM's id.
 * Return: the conduit, never NULL.
 */
struct smc_conduit *ree_vm_conduit(struct ree_vm *vm);

/**
 * ree_vm_set_notif() - the driver's handler of the notification interrupt
 * @handle: runs in whoever takes the interrupt, one at a time, no VM lock held but the handler's own; may
 *	    issue fast calls (GET_ASYNC_NOTIF_VALUE), wake waiters and take driver locks, but must not
 *	    wait. NULL: remove; after return it doesn't run any more.
 */
void ree_vm_set_notif(struct ree_vm *vm, void (*handle)(void *data), void *data);

#endif
