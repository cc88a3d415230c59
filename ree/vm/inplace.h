/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * Memory of the program's own, moved into a dataspace where it lies: from then on the program and
 * the secure world have the same pages, until they are given back or the program forks.
 * Thread rule: any thread. vm->in_place.lock is held while pages are on their way, and across a
 * fork.
 * Ownership rule: ree_vm_in_place_take gives an object to the caller, who gives it back before the
 * dataspace goes.
 */
#ifndef TEELINK_REE_VM_INPLACE_H
#define TEELINK_REE_VM_INPLACE_H

#include <stddef.h>
#include <stdint.h>

#include "lib/list.h"

struct ree_vm;
struct ree_vm_ds;

struct ree_vm_in_place {
	struct list node; /* vm->in_place.lock */
	struct ree_vm_ds *ds;
	uint8_t *addr;
	size_t len, offset; /* in the dataspace */
	size_t live; /* atomic: bytes from addr on that are the dataspace's; 0 after a fork */
};

/* From now on memory can be taken in place. Return: 0, or what uffd_open() says. */
int ree_vm_in_place_enable(struct ree_vm *vm);

/**
 * ree_vm_in_place_take() - move private anonymous memory into a dataspace
 * @addr: whole pages, readable and writable; stay where they are, with their contents
 * @base: where the dataspace's bytes for them are mapped; zeroes, never written
 *
 * No write is lost, whoever writes meanwhile: another thread waits, in a system call too.
 * Return: 0; -EOPNOTSUPP: memory that isn't moved: a file's, a stack's, locked, with advice that a
 * dataspace can't keep, or in a program with too many mappings; -EBUSY: pinned for input or output;
 * -ENOMEM and others. Then everything is as it was.
 */
int ree_vm_in_place_take(struct ree_vm *vm, void *addr, size_t len, const uint8_t *base,
			 struct ree_vm_in_place **objp);
/* The memory is private again, with its contents. */
void ree_vm_in_place_give_back(struct ree_vm *vm, struct ree_vm_in_place *obj);
static inline size_t ree_vm_in_place_live(const struct ree_vm_in_place *obj)
{
	return __atomic_load_n(&obj->live, __ATOMIC_ACQUIRE);
}

/* Before a fork all memory is given back: a child may not share it. Objects stay, nothing of them live. */
void ree_vm_in_place_fork_prepare(struct ree_vm *vm);
void ree_vm_in_place_fork_done(struct ree_vm *vm);

#endif
