/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * The trace ring, which every world may write to, as the tool tells it: to a terminal, so nothing
 * but text may come out.
 * Input: u8 all?, u16 entries counted so far, then slots of u16 index, s8 past its seq and an
 * entry.
 */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz/target.h"
#include "tools/trace_log.h"

#define MAX_SLOTS 64u

static void take_entry(struct fuzz_input *in, struct trace_entry *e)
{
	size_t i;

	e->seq += fuzz_take_delta(in);
	e->hop = (uint16_t)fuzz_take(in, 1);
	e->dir = (uint16_t)fuzz_take(in, 1);
	e->ns = fuzz_take(in, 8);
	e->pid = (uint32_t)fuzz_take(in, 1);
	e->tid = (uint32_t)fuzz_take(in, 1);
	e->arg = fuzz_take(in, 2);
	for (i = 0; i < sizeof(e->verb); i++) {
		e->verb[i] = (char)fuzz_take(in, 1);
		if (!e->verb[i])
			break;
	}
}

static int ring(struct fuzz_input *in)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	uint32_t next = (uint32_t)fuzz_take(in, 2);
	unsigned int i;

	/* A full ring takes long to read: few inputs have one. */
	next = next >= 0xf000 ? next << 16 : next % 512;
	FUZZ_ASSERT(fd >= 0 && !ftruncate(fd, (off_t)sizeof(struct trace_ring)));
	FUZZ_ASSERT(pwrite(fd, &next, sizeof(next), 0) == sizeof(next));
	for (i = 0; i < MAX_SLOTS && in->size; i++) {
		uint16_t slot = (uint16_t)fuzz_take(in, 2);
		struct trace_entry e;
		off_t at = (off_t)(offsetof(struct trace_ring, slot) + slot * sizeof(e));

		memset(&e, 0, sizeof(e));
		e.seq = slot + 1u;
		take_entry(in, &e);
		FUZZ_ASSERT(pwrite(fd, &e, sizeof(e), at) == sizeof(e));
	}
	return fd;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { .data = data, .size = size };
	bool all = fuzz_take(&in, 1) & 1;
	struct trace_entry *entries;
	size_t num, lost, i, len = 0;
	char *text = NULL;
	FILE *out;
	int fd = ring(&in);

	FUZZ_ASSERT(!trace_log_read(fd, &entries, &num, &lost));
	FUZZ_ASSERT(num <= TRACE_RING_SLOTS);
	out = open_memstream(&text, &len);
	FUZZ_ASSERT(out);
	trace_log_write(out, entries, num, all, false);
	fclose(out);
	for (i = 0; i < len; i++)
		FUZZ_ASSERT(text[i] == '\n' || (text[i] >= ' ' && text[i] <= '~'));
	free(text);
	free(entries);
	close(fd);
	return 0;
}
