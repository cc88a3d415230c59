/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * A trusted application that is called by the thread that plays its secure world: no mailbox is
 * waited at, no process is made. Its image is loaded once; each instance begins with the variables
 * that it had then, each input with no stored objects.
 * Thread rule: one thread.
 * Ownership rule: fuzz_ta_create gives it to the caller, who keeps it as long as the process lives:
 * an instrumented image can't be unloaded.
 *
 * Memrefs lie in the areas that a real instance has, input where it can't be written to, and around
 * each the sanitizer is told that nothing is there.
 */
#ifndef TEELINK_SOLO_FUZZ_INSTANCE_H
#define TEELINK_SOLO_FUZZ_INSTANCE_H

#include <stdbool.h>

#include "solo/fuzz/calls.h"

struct fuzz_ta;

struct fuzz_ta_options {
	bool show; /* print calls, results and the TA's log on stderr */
	bool stop_on_panic; /* a panic is a find: abort */
};

/**
 * fuzz_ta_create() - load an image
 * @path: an ELF file, without a signed header
 *
 * Return: 0, or -errno with a message printed.
 */
int fuzz_ta_create(const char *path, const struct fuzz_ta_options *opts, struct fuzz_ta **tp);

/* Makes all calls, in as many instances as it takes when they end or panic. */
void fuzz_ta_run(struct fuzz_ta *t, const struct fuzz_calls *calls);

#endif
