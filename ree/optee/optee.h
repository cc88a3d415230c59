/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * The OP-TEE driver: registers tee0 and teepriv0 on top of an SMC conduit (seeds "OP-TEE driver
 * start-up" and "dynamic shared memory"; Linux: drivers/tee/optee).
 * Thread rule: probe and remove from one thread.
 * Ownership rule: probe gives the driver to the caller; remove takes it and waits for its users.
 */
#ifndef TEELINK_REE_OPTEE_OPTEE_H
#define TEELINK_REE_OPTEE_OPTEE_H

struct optee;
struct ree_vm;
struct tee_device;
struct tee_subsys;

/**
 * optee_probe() - find OP-TEE behind the VM's conduit, set up pools, register both devices
 * @tee: the VM's TEE subsystem, outlives the driver
 *
 * Return: 0; -EINVAL: not OP-TEE's API, a revision or capabilities that don't fit, or a reserved area
 * that is too small, not cached or not the VM's memory; -ENOENT: no shared memory of either kind;
 * -ENOMEM; -EEXIST; -EIO: the machine is gone.
 */
int optee_probe(struct tee_subsys *tee, struct ree_vm *vm, struct optee **op);
/*
 * The VM is dead: new opens fail with -ENODEV, calls in flight end with TEEC_ERROR_COMMUNICATION; never
 * waits. May be called again.
 */
void optee_offline(struct optee *o);
void optee_remove(struct optee *o); /* NULL is fine */

/* The client's device, for status; lives as long as the driver. */
struct tee_device *optee_device(struct optee *o);

#endif
