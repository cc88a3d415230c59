/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * The memory in which an instance under a fuzzer finds its parameters.
 * Thread rule: one thread.
 * Ownership rule: mapped once, for the life of the process.
 */
#ifndef TEELINK_SOLO_FUZZ_AREA_H
#define TEELINK_SOLO_FUZZ_AREA_H

#include "include/teelink/ta_runtime.h"
#include "solo/fuzz/calls.h"

struct fuzz_area {
	uint8_t *in; /* the input area as we write it; the instance has it read-only */
	struct {
		const uint8_t *addr;
		uint32_t size;
	} open[MAILBOX_NUM_PARAMS]; /* what may be touched at the moment */
	unsigned int num_open;
};

/* Fills in mailbox, in_area and io_area of @cfg. Return: 0 or -errno. */
int fuzz_area_map(struct fuzz_area *a, struct ta_runtime_config *cfg);
/* Lays out the parameters of a call; those of the call before can't be touched any more. */
void fuzz_area_place(struct fuzz_area *a, const struct ta_runtime_config *cfg,
		     const struct fuzz_calls *calls, const struct fuzz_call *c,
		     struct mailbox_param param[MAILBOX_NUM_PARAMS]);

#endif
