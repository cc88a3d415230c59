/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * libteelink-dev.so, to be preloaded: a program's open("/dev/tee0") reaches the VM in its process, and
 * what it does with the descriptor goes through the table of include/teelink/dev.h. Every other call
 * goes to the next definition of its name, the C library's as a rule.
 * Thread rule: any thread. Calls on other descriptors take no lock and are as safe in a signal handler
 * or after vfork() as they are without this library; calls on the VM's are not for signal handlers.
 * Ownership rule: none beyond the table's.
 *
 * The VM's own system calls come here, too: they are on descriptors that aren't in the table and pass.
 */
#ifndef TEELINK_REE_PRELOAD_PRELOAD_H
#define TEELINK_REE_PRELOAD_PRELOAD_H

#include <stdbool.h>

#define PRELOAD_EXPORT __attribute__((visibility("default")))

/* A device of the VM by its whole name, as "/dev/tee0". Whether it exists is another question. */
bool preload_is_node(const char *path);
bool preload_owns(int fd);

/*
 * Around a call of the table: a thread that is cancelled in there would leave its locks behind.
 * preload_leave gives the result as the C library does, -1 and errno.
 */
int preload_enter(void);
long preload_leave(int cancel_state, long ret);

/* The program has @fd, or -1, from elsewhere: what the table still knew of that number is history. */
int preload_other(int fd);

#endif
