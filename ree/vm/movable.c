/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "ree/vm/movable.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>

#include "ree/vm/maps.h"

static bool overlaps(uintptr_t addr, size_t len, uintptr_t begin, uintptr_t end)
{
	return begin < addr + len && end > addr;
}

/* While it lies aside nobody may touch it who is to bring it back. */
static bool is_this_threads(uintptr_t addr, size_t len)
{
	uintptr_t tls = (uintptr_t)__builtin_thread_pointer(), err = (uintptr_t)&errno;
	pthread_attr_t attr;
	size_t stack_len = 0;
	void *stack = NULL;
	int ret;

	if (overlaps(addr, len, tls, tls + 1) || overlaps(addr, len, err, err + 1) ||
	    overlaps(addr, len, (uintptr_t)&attr, (uintptr_t)&attr + 1))
		return true;
	if (pthread_getattr_np(pthread_self(), &attr))
		return true;
	ret = pthread_attr_getstack(&attr, &stack, &stack_len);
	pthread_attr_destroy(&attr);
	return ret || overlaps(addr, len, (uintptr_t)stack, (uintptr_t)stack + stack_len);
}

/* Flags of smaps (proc(5)) that a dataspace's mapping has as well, or whose loss doesn't matter. */
static bool flags_fit(const char *flags)
{
	static const char fit[][3] = { "rd", "wr", "mr", "mw", "me", "ac", "nr", "sd", "hg", "nh" };
	size_t i;

	for (; *flags; flags++) {
		if (*flags == ' ' || *flags == '\n')
			continue;
		for (i = 0; i < sizeof(fit) / sizeof(fit[0]); i++)
			if (!strncmp(flags, fit[i], 2))
				break;
		if (i == sizeof(fit) / sizeof(fit[0]))
			return false;
		flags++;
	}
	return true;
}

static bool fits(const struct maps_entry *m)
{
	return !m->ino && !m->dev && !strcmp(m->perms, "rw-p") && flags_fit(m->flags);
}

static bool too_many_mappings(void)
{
	struct maps_reader r;
	struct maps_entry m;
	unsigned int num = 0;

	if (maps_open(&r, false))
		return true;
	while (num <= MOVABLE_MAX_MAPPINGS && maps_next(&r, &m) > 0)
		num++;
	maps_close(&r);
	return num > MOVABLE_MAX_MAPPINGS;
}

int movable_look(const void *p, size_t len, struct movable *m)
{
	uintptr_t addr = (uintptr_t)p, at = addr;
	struct maps_reader r;
	struct maps_entry e;

	m->num = 0;
	if (is_this_threads(addr, len) || too_many_mappings() || maps_open(&r, true))
		return -EOPNOTSUPP;
	while (at < addr + len && maps_next(&r, &e) > 0) {
		if (e.end <= at)
			continue;
		if (e.start > at || !fits(&e) || m->num == MOVABLE_MAX_PIECES)
			break;
		at = e.end;
		m->end[m->num++] = at;
	}
	maps_close(&r);
	return at < addr + len ? -EOPNOTSUPP : 0;
}

size_t movable_piece(const struct movable *m, uintptr_t addr, size_t len)
{
	unsigned int i;

	for (i = 0; i < m->num; i++)
		if (addr < m->end[i])
			return len < m->end[i] - addr ? len : m->end[i] - addr;
	return len;
}
