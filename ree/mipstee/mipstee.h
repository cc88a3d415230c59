/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * The mipstee driver: registers tee0 on top of a tipc device (seed "REE-TEE link diagram": open,
 * release, open_session, close_session, invoke_func, cancel_req).
 * Thread rule: probe and remove from one thread.
 * Ownership rule: probe gives the driver to the caller; remove takes it and waits for its users.
 */
#ifndef TEELINK_REE_MIPSTEE_MIPSTEE_H
#define TEELINK_REE_MIPSTEE_MIPSTEE_H

struct tee_device;
struct tee_subsys;
struct tipc_dev;
struct mipstee;

/**
 * mipstee_probe() - pools over the VM's static memory and dataspaces, then allocate and register tee0
 * @tee: the VM's TEE subsystem, outlives the driver
 *
 * Return: 0; -EINVAL (no or too small static shared memory), -ENOMEM, -EEXIST.
 */
int mipstee_probe(struct tee_subsys *tee, struct tipc_dev *tipc, struct mipstee **mtp);
/*
 * The device vanished or the VM is dead: new opens fail with -ENODEV, calls in flight end with
 * TEEC_ERROR_COMMUNICATION; never waits. May be called in the interrupt, and again.
 */
void mipstee_offline(struct mipstee *mt);
void mipstee_remove(struct mipstee *mt); /* NULL is fine */

/* The device that it has registered, for status; lives as long as the driver. */
struct tee_device *mipstee_device(struct mipstee *mt);

#endif
