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

#include <stdbool.h>

#include "ree/vm/node.h"

struct open_file {
	struct node_file f;
	const struct node_ops *ops;
	char node[NODE_NAME_MAX]; /* what it was opened by, or "" */
	unsigned int refs; /* under the lock */
	unsigned int epoch; /* of the process that opened it, see file_fork_child */
	int older, newer; /* descriptors, or -1, under the lock: see file_supersede */
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
/* Of a file that is inherited or superseded: each fails with -EIO. */
extern const struct node_ops file_orphan_ops;
bool file_is_orphan(const struct open_file *of);
/* The descriptor that has superseded the file's, or -1. */
int file_newer(const struct open_file *of);
/*
 * From now on @new_fd stands for what @fd was: that one stays taken, by a file of no VM, so that nobody who
 * is about to use it meets another file; it is closed with @new_fd. 0 or -ENOMEM.
 */
int file_supersede(int fd, int new_fd);
/*
 * @fd, or what has superseded it; a new descriptor, by @open, when the VM behind that isn't @usable. For
 * one thread at a time. -EBADF, -ENOMEM, errors of @open's.
 */
int file_renew(int fd, bool (*usable)(struct ree_vm *vm), int (*open)(const char *name, int flags));
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
