// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
/* Objects of the clients, mapped once and kept until the secure world says they are released. */
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/ctl.h"
#include "ta/runtime.h"

static void unmap(struct ta_map *map)
{
	if (map->addr)
		munmap(map->addr, map->len);
	map->addr = NULL;
	map->len = 0;
}

static bool reserve(struct ta_map *map, size_t total)
{
	void *p;

	unmap(map);
	p = mmap(NULL, total, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (p == MAP_FAILED)
		return false;
	map->addr = p;
	map->len = total;
	return true;
}

static bool map_runs(struct ta_runtime *rt, const struct mailbox_map *msg, const int *fds)
{
	int prot = msg->writable ? PROT_READ | PROT_WRITE : PROT_READ;
	struct ta_map *map = &rt->map[msg->slot];
	uint64_t at = msg->at;
	unsigned int i;

	if (msg->at == 0 && !reserve(map, msg->total))
		return false;
	for (i = 0; map->addr && i < msg->num_runs; i++) {
		if (mmap(map->addr + at, msg->run[i].len, prot, MAP_SHARED | MAP_FIXED, fds[i],
			 (off_t)msg->run[i].offset) == MAP_FAILED) {
			unmap(map);
			return false;
		}
		at += msg->run[i].len;
	}
	return map->addr != NULL;
}

/* Takes every message, also after a failure: the count must stay right. */
static void receive(struct ta_runtime *rt)
{
	while (rt->num_ctl != tl_load_acquire(&rt->mb->num_ctl)) {
		struct mailbox_map msg;
		int fds[MAILBOX_MAX_RUNS];
		unsigned int i, num_fds = MAILBOX_MAX_RUNS;

		if (ctl_recv(rt->cfg->ctl, &msg, sizeof(msg), fds, &num_fds) !=
		    (ssize_t)sizeof(msg))
			num_fds = 0;
		rt->num_ctl++;
		if (num_fds == 0 || num_fds != msg.num_runs || msg.slot >= MAILBOX_MAX_MAPS ||
		    !map_runs(rt, &msg, fds))
			rt->map_failed = true;
		for (i = 0; i < num_fds; i++)
			close(fds[i]);
	}
}

void ta_map_update(struct ta_runtime *rt)
{
	unsigned int i, bit;

	receive(rt);
	for (i = 0; i < MAILBOX_MAX_MAPS / 32; i++) {
		uint32_t bits;

		if (!tl_load_relaxed(&rt->mb->unmap[i]))
			continue;
		bits = __atomic_exchange_n(&rt->mb->unmap[i], 0, __ATOMIC_ACQ_REL);
		for (bit = 0; bit < 32; bit++)
			if (bits & (1u << bit))
				unmap(&rt->map[i * 32 + bit]);
	}
}

void ta_map_release_all(struct ta_runtime *rt)
{
	unsigned int i;

	for (i = 0; i < MAILBOX_MAX_MAPS; i++)
		unmap(&rt->map[i]);
}
