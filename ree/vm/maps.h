/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * What the kernel says is mapped in this process (proc(5): /proc/self/maps, /proc/self/smaps).
 * Thread rule: a reader belongs to one thread.
 * Ownership rule: maps_open is undone with maps_close.
 */
#ifndef TEELINK_REE_VM_MAPS_H
#define TEELINK_REE_VM_MAPS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct maps_reader {
	FILE *file;
	char *line;
	size_t size;
	bool smaps;
};

/* One mapping. @flags: smaps' VmFlags, "rd wr …", valid until the next one is read; maps: NULL. */
struct maps_entry {
	uint64_t start, end, offset, ino, dev;
	char perms[5];
	const char *flags;
};

/* @smaps: with flags, which costs a look at every page. Return: 0; -ENXIO. */
int maps_open(struct maps_reader *r, bool smaps);
/* In order of addresses. Return: 1; 0 at the end; -ENXIO for what isn't understood. */
int maps_next(struct maps_reader *r, struct maps_entry *m);
void maps_close(struct maps_reader *r);

#endif
