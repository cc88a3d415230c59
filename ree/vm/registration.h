/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * How the program's own memory is registered: the user's choice, TEELINK_REGISTER.
 * Thread rule: one thread, before the subsystem has devices.
 * Ownership rule: none.
 */
#ifndef TEELINK_REE_VM_REGISTRATION_H
#define TEELINK_REE_VM_REGISTRATION_H

struct ree_vm;
struct tee_subsys;

/* What isn't to be had is said once, and memory is copied. Return: 0; -EINVAL: nobody knows that way. */
int registration_choose(struct ree_vm *vm, struct tee_subsys *tee);

#endif
