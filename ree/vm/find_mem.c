/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "ree/vm/vm_internal.h"

/* A line of /proc/self/maps. */
struct mapping {
	uint64_t start, end, offset, ino;
	uint64_t dev;
	char perms[5];
};

struct search {
	uint64_t addr, end; /* what is still to be found */
	struct ree_vm_run *runs;
	unsigned int num, max;
};

static int parse_line(const char *line, struct mapping *m)
{
	unsigned int maj, min;

	if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s %" SCNx64 " %x:%x %" SCNu64, &m->start, &m->end,
		   m->perms, &m->offset, &maj, &min, &m->ino) != 7)
		return -ENXIO;
	m->dev = makedev(maj, min);
	return 0;
}

/* Guest-physical address of byte @offset of the file that @m maps, or 0: it isn't a dataspace of ours. */
static uint64_t gpa_of(struct ree_vm *vm, const struct mapping *m, uint64_t offset, uint64_t len)
{
	uint64_t gpa = 0;
	struct list *pos;

	pthread_mutex_lock(&vm->ds_lock);
	list_for_each(pos, &vm->ds) {
		const struct ree_vm_ds *ds = list_entry(pos, struct ree_vm_ds, link);

		if (ds->ino == m->ino && ds->dev == m->dev && offset <= ds->mem.size &&
		    len <= ds->mem.size - offset) {
			gpa = ds->mem.gpa + offset;
			break;
		}
	}
	pthread_mutex_unlock(&vm->ds_lock);
	return gpa;
}

static int add_run(struct search *s, uint64_t gpa, uint64_t len)
{
	struct ree_vm_run *last = s->num ? &s->runs[s->num - 1] : NULL;

	if (last && last->gpa + last->len == gpa) {
		last->len += len;
		return 0;
	}
	if (s->num == s->max)
		return -E2BIG;
	s->runs[s->num++] = (struct ree_vm_run){ gpa, len };
	return 0;
}

/* Takes what @m has of the range. Lines come in order of addresses: a gap is the end. */
static int take_mapping(struct ree_vm *vm, struct search *s, const struct mapping *m)
{
	uint64_t len, offset, gpa;
	int ret;

	if (m->end <= s->addr)
		return 0;
	/* Shared and writable, or what a TA writes isn't what the program sees. */
	if (m->start > s->addr || m->perms[1] != 'w' || m->perms[3] != 's')
		return -ENXIO;
	len = (m->end < s->end ? m->end : s->end) - s->addr;
	offset = m->offset + (s->addr - m->start);
	gpa = gpa_of(vm, m, offset, len);
	if (!gpa)
		return -ENXIO;
	ret = add_run(s, gpa, len);
	s->addr += len;
	return ret;
}

int ree_vm_find_mem(struct ree_vm *vm, const void *addr, size_t len, struct ree_vm_run *runs,
		    unsigned int max)
{
	struct search s = { (uintptr_t)addr, (uintptr_t)addr + len, runs, 0, max };
	struct mapping m;
	size_t size = 0;
	char *line = NULL;
	FILE *maps;
	int ret = 0;
	bool none;

	pthread_mutex_lock(&vm->ds_lock);
	none = list_empty(&vm->ds);
	pthread_mutex_unlock(&vm->ds_lock);
	if (none || !len || s.end < s.addr)
		return -ENXIO;
	maps = fopen("/proc/self/maps", "re");
	if (!maps)
		return -ENXIO;
	while (!ret && s.addr < s.end && getline(&line, &size, maps) > 0) {
		ret = parse_line(line, &m);
		if (!ret)
			ret = take_mapping(vm, &s, &m);
	}
	free(line);
	fclose(maps);
	if (!ret && s.addr < s.end)
		ret = -ENXIO;
	return ret ? ret : (int)s.num;
}
