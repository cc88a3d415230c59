/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * Open files of an in-process VM, and the table that finds them by descriptor: what an operating
 * system keeps per process.
 * Thread rule: any thread. One lock, a leaf, guards the table; it
 * is held across fork().
 * Ownership rule: a file lives while a descriptor, a mapping or an operation refers to it; the last
 * of them releases it.
 *
 * A descriptor is a real one, of a socket that says nothing, so that no other file gets its number.
 * A child of fork() has the descriptors and none of the files: each operation fails with -EIO there.
 */
#ifndef TEELINK_REE_VM_FILE_H
#define TEELINK_REE_VM_FILE_H

#include "ree/vm/node.h"

struct open_file {
	struct node_file f;
	const struct node_ops *ops;
	unsigned int refs;  /* under the lock */
	unsigned int epoch; /* of the process that opened it, see file_fork_child */
	struct open_file *next_orphan;
};

/* A file without references: file_install gives it one, file_free undoes this. Counts in @vm. */
struct open_file *file_new(struct ree_vm *vm, const struct node_ops *ops, int flags);
void file_free(struct open_file *of);

/* Descriptor for @of, or -errno (then @of is as it was). */
int file_install(struct open_file *of);
/* The file of a descriptor, with a reference, or NULL. */
struct open_file *file_get(int fd);
void file_put(struct open_file *of);
/*
 * A descriptor of the VM's own, which the program doesn't know of: moved out of its way, and known by
 * node_reserved until file_unreserve. Return: its number from now on.
 */
int file_reserve(int fd);
void file_unreserve(int fd);

/* For those who keep references elsewhere. */
void file_table_lock(void);
void file_table_unlock(void);
/* With the lock held. */
void file_hold(struct open_file *of);

/* In the child of a fork, with the lock held by it; gives the lock back. */
void file_fork_child(void);

#endif
