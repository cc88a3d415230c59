/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * Solo mode: a whole machine in this process, for gdb, valgrind, sanitizers and fuzzers. The same
 * hypervisor, secure world, launcher and supplicant run as threads; each TA instance is a thread with a
 * private copy of its image. Nothing is confined, and an ending that must kill a process (a TA that
 * crashes or spins) ends this one or doesn't happen.
 * Thread rule: start and stop from one thread.
 * Ownership rule: the caller stops what it started.
 */
#ifndef TEELINK_SOLO_SOLO_H
#define TEELINK_SOLO_SOLO_H

struct solo;

/**
 * solo_start() - start a machine in this process
 * @ta_dirs: NULL-terminated, where TA images are; borrowed until solo_stop
 *
 * Sets TEELINK_SOCKET, so that this process's own VM attaches to it.
 * Return: 0 when it serves, or -errno.
 */
int solo_start(char *const *ta_dirs, struct solo **sp);
/* No VM but the supplicant's may be in use any more. NULL is fine. */
void solo_stop(struct solo *s);
const char *solo_socket(const struct solo *s);

#endif
