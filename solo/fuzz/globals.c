// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
#include "solo/fuzz/globals.h"

#include <errno.h>
#include <link.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define WORD sizeof(uint64_t)

struct search {
	struct globals *g;
	uintptr_t symbol;
	int result;
};

/*
 * Word by word, and volatile: a sanitizer's memcpy would look at what lies between the variables.
 * Their first and last words are whole: a page has no others.
 */
static int take(struct globals *g, uintptr_t from, uintptr_t to)
{
	size_t num, i;
	uint64_t *saved;

	from &= ~(uintptr_t)(WORD - 1);
	num = (to - from + WORD - 1) / WORD;
	if (to <= from)
		return 0;
	if (g->num == GLOBALS_MAX_PARTS)
		return -ENOMEM;
	saved = calloc(num, WORD);
	if (!saved)
		return -ENOMEM;
	g->part[g->num].live = (volatile uint64_t *)from;
	g->part[g->num].saved = saved;
	g->part[g->num].num = num;
	for (i = 0; i < num; i++)
		saved[i] = g->part[g->num].live[i];
	g->num++;
	return 0;
}

static bool holds(const struct dl_phdr_info *info, uintptr_t symbol)
{
	unsigned int i;

	for (i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *ph = &info->dlpi_phdr[i];
		uintptr_t start = info->dlpi_addr + ph->p_vaddr;

		if (ph->p_type == PT_LOAD && symbol - start < ph->p_memsz)
			return true;
	}
	return false;
}

/* What is read-only once it is relocated lies at the beginning of a part. */
static uintptr_t after_relro(const struct dl_phdr_info *info, uintptr_t start, uintptr_t end)
{
	unsigned int i;

	for (i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *ph = &info->dlpi_phdr[i];
		uintptr_t from = info->dlpi_addr + ph->p_vaddr, to = from + ph->p_memsz;

		if (ph->p_type == PT_GNU_RELRO && from < end && to > start)
			return to;
	}
	return start;
}

static int look(struct dl_phdr_info *info, size_t size, void *data)
{
	struct search *s = data;
	unsigned int i;

	(void)size;
	if (!holds(info, s->symbol))
		return 0;
	s->result = 0;
	for (i = 0; i < info->dlpi_phnum && !s->result; i++) {
		const ElfW(Phdr) *ph = &info->dlpi_phdr[i];
		uintptr_t start = info->dlpi_addr + ph->p_vaddr, end = start + ph->p_memsz;

		if (ph->p_type == PT_LOAD && ph->p_flags & PF_W)
			s->result = take(s->g, after_relro(info, start, end), end);
	}
	return 1;
}

int globals_take(struct globals *g, const void *symbol)
{
	struct search s = { g, (uintptr_t)symbol, -ENOENT };

	memset(g, 0, sizeof(*g));
	dl_iterate_phdr(look, &s);
	if (s.result)
		globals_free(g);
	return s.result;
}

void globals_restore(struct globals *g)
{
	unsigned int i;
	size_t k;

	for (i = 0; i < g->num; i++)
		for (k = 0; k < g->part[i].num; k++)
			if (g->part[i].live[k] != g->part[i].saved[k])
				g->part[i].live[k] = g->part[i].saved[k];
}

void globals_free(struct globals *g)
{
	while (g->num)
		free(g->part[--g->num].saved);
}
