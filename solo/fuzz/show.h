/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * An input in words, on stderr, while it runs.
 * Thread rule: one thread.
 * Ownership rule: none.
 */
#ifndef TEELINK_SOLO_FUZZ_SHOW_H
#define TEELINK_SOLO_FUZZ_SHOW_H

#include "solo/fuzz/calls.h"

/* @c: whose parameters, NULL for none. */
void fuzz_show_call(enum mailbox_entry entry, uint32_t session, const struct fuzz_calls *calls,
		    const struct fuzz_call *c);
void fuzz_show_answer(const struct mailbox_call *call, const struct mailbox_answer *ans);
/* The line that the TA logs. */
void fuzz_show_log(const struct mailbox *mb);

#endif
