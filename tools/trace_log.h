/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * A machine's trace ring, told as calls that go down to the trusted application and come back.
 * Thread rule: one thread; the machine may go on writing meanwhile.
 * Ownership rule: descriptors and streams are borrowed.
 */
#ifndef TEELINK_TOOLS_TRACE_LOG_H
#define TEELINK_TOOLS_TRACE_LOG_H

#include <stdbool.h>
#include <stdio.h>

#include "wire/trace_ring.h"

/**
 * trace_log_read() - copy what the ring holds, sorted by time
 * @fd: memfd with a struct trace_ring
 * @entries: array of *@num entries, the caller's to free; their verbs end and are printable
 * @lost: entries that newer ones have overwritten
 *
 * Return: 0, -EPROTO (not a ring), -ENOMEM, other -errno.
 */
int trace_log_read(int fd, struct trace_entry **entries, size_t *num, size_t *lost);

/**
 * trace_log_write() - one line per hop
 * @all: also entries outside of any call
 * @utf8: arrows and rules as such, else in ASCII
 */
void trace_log_write(FILE *out, const struct trace_entry *entries, size_t num, bool all, bool utf8);

/* Reads and writes; UTF-8 as the locale has it. Return: as trace_log_read. */
int trace_log_print(FILE *out, int fd, bool all);

#endif
