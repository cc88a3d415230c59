/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * A private machine for one system test: real processes, its own socket and folder.
 * Thread rule: one thread starts and stops; looking is for any thread.
 * Ownership rule: the caller owns the struct; machine_stop leaves nothing behind.
 *
 * Programs are those of the build tree (or of TEELINK_LIBEXEC); TA folders come from the environment
 * that meson gives each test: TEELINK_TEST_TA_DIR, separated by ':'.
 */
#ifndef TEELINK_TESTS_SYSTEM_MACHINE_H
#define TEELINK_TESTS_SYSTEM_MACHINE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <jansson.h>

struct test_machine {
	pid_t pid; /* teelinkd */
	char dir[64];
	char socket[108];
};

/* What a machine's processes hold, summed up over teelinkd and its descendants. */
struct machine_shape {
	unsigned int processes, fds, maps, tasks;
};

/* Starts a machine, with at most one more option pair; sets TEELINK_SOCKET and TEELINK_AUTOSTART=0. */
void machine_start(struct test_machine *m, const char *option, const char *value);
/* Another one in the place of a machine that was killed, with all that it left there. */
void machine_restart(struct test_machine *m);
/*
 * SIGTERM, waits for the end, checks that no socket is left and that no sanitizer has reported any of the
 * machine's processes. machine_reap checks that too.
 */
void machine_stop(struct test_machine *m);
/* Waits for a machine that was killed and removes its folder. */
void machine_reap(struct test_machine *m);

/* False for one that has ended, even if nobody has waited for it. */
bool process_runs(pid_t pid);
/* Process of the machine by how its name (comm) begins, or 0. @nth counts from 0. */
pid_t machine_process(const struct test_machine *m, const char *comm, unsigned int nth);
/* Written pages that only this process has, in KiB; 0 for one that has ended. */
unsigned long process_private_kib(pid_t pid);
/* The same for the first, waiting up to ten seconds for it: one that ended is started again after a while. */
pid_t machine_await_process(const struct test_machine *m, const char *comm);
unsigned int machine_count(const struct test_machine *m, const char *comm);
/* Waits for the shape to settle first: a TA of the last session may still be ending. */
void machine_look(const struct test_machine *m, struct machine_shape *shape);
/* Waits up to ten seconds until the shape is @want; fails the test with both shapes if it isn't. */
void machine_expect(const struct test_machine *m, const struct machine_shape *want);
/* Waits up to ten seconds for @cond; returns whether it came true. */
bool wait_until(bool (*cond)(void *arg), void *arg);

/* What a machine's books say that it holds for others, both worlds' added up, and the memory for it. */
struct machine_held {
	unsigned int vms, sessions, instances, objects;
	unsigned long kib; /* private to its processes */
};
void machine_look_held(const struct test_machine *m, struct machine_held *held);
/*
 * Waits up to ten seconds until it is @want, and the memory not a MiB more; fails the test with both if it isn't.
 * A sanitizer keeps what is freed: there memory isn't looked at.
 */
void machine_expect_held(const struct test_machine *m, const struct machine_held *want);

/* teelinkd's status as JSON; the caller decrefs. Fails the test when there is none. */
json_t *machine_status(const struct test_machine *m);
/* Does its hypervisor copy messages, or has the secure world the VMs' memory? */
bool machine_is_proxied(const struct test_machine *m);
/* One of secure_world.counters. */
uint64_t machine_counter(const struct test_machine *m, const char *name);
/* Waits until a TA of this UUID, written out, is in a call. */
void machine_until_busy(const struct test_machine *m, const char *uuid);
/* Socket to the hypervisor, for tests that speak the control protocol themselves. */
int machine_dial(const struct test_machine *m);

#endif
