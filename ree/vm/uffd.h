/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * The full userfaultfd (userfaultfd(2)): who touches memory that is being moved waits, in a system
 * call as well as outside of one.
 * Thread rule: any thread.
 * Ownership rule: uffd_open gives a descriptor to the caller. Memory stays tracked until
 * uffd_untrack, or until something else is mapped there.
 */
#ifndef TEELINK_REE_VM_UFFD_H
#define TEELINK_REE_VM_UFFD_H

#include <stddef.h>

/**
 * uffd_open() - a userfaultfd of this process that holds up the kernel's own accesses too
 *
 * Return: a descriptor; -EPERM: neither CAP_SYS_PTRACE, nor vm.unprivileged_userfaultfd, nor an
 * /dev/userfaultfd that may be opened; -ENOSYS: there is none; -EOPNOTSUPP: it can't move pages
 * (Linux before 6.8) or not protect shared memory.
 */
int uffd_open(void);

/* Whole pages, whose users wait until uffd_wake, or are let through by uffd_untrack. 0 or -errno. */
int uffd_track_missing(int fd, void *addr, size_t len); /* who touches a page that isn't there */
int uffd_track_writes(int fd, void *addr, size_t len); /* who writes, from now on */
void uffd_untrack(int fd, void *addr, size_t len);
void uffd_wake(int fd, void *addr, size_t len);

/**
 * uffd_move() - move anonymous pages with their contents, holes left out, from @src to @dst
 * @dst: tracked, with no pages
 * @moved: bytes that were moved, also on failure
 *
 * Both lie in one mapping each.
 * Return: 0; -EBUSY: a page is pinned for input or output, or shared with a child; and others.
 */
int uffd_move(int fd, void *dst, void *src, size_t len, size_t *moved);

#endif
