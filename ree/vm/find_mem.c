/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include <errno.h>

#include "ree/vm/maps.h"
#include "ree/vm/vm_internal.h"

struct search {
	uint64_t addr, end; /* what is still to be found */
	struct ree_vm_run *runs;
	unsigned int num, max;
};

/* Guest-physical address of byte @offset of the file that @m maps, or 0: it isn't a dataspace of ours. */
static uint64_t gpa_of(struct ree_vm *vm, const struct maps_entry *m, uint64_t offset, uint64_t len)
{
	uint64_t gpa = 0;
	struct list *pos;

	pthread_mutex_lock(&vm->ds_lock);
	list_for_each(pos, &vm->ds) {
		const struct ree_vm_ds *ds = list_entry(pos, struct ree_vm_ds, link);

		/* Memory in place may be given back at any time. */
		if (ds->ino == m->ino && ds->dev == m->dev && !ds->in_place &&
		    offset <= ds->mem.size && len <= ds->mem.size - offset) {
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
static int take_mapping(struct ree_vm *vm, struct search *s, const struct maps_entry *m)
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
	struct maps_reader reader;
	struct maps_entry m;
	int ret = 0;
	bool none;

	pthread_mutex_lock(&vm->ds_lock);
	none = list_empty(&vm->ds);
	pthread_mutex_unlock(&vm->ds_lock);
	if (none || !len || s.end < s.addr || maps_open(&reader, false))
		return -ENXIO;
	while (!ret && s.addr < s.end) {
		ret = maps_next(&reader, &m);
		ret = ret > 0 ? take_mapping(vm, &s, &m) : -ENXIO;
	}
	maps_close(&reader);
	return ret ? ret : (int)s.num;
}
