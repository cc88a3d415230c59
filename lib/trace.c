/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "lib/trace.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

struct trace_ring *trace_ring_map;

int trace_attach(int fd)
{
	struct trace_ring *expected = NULL;
	void *p;

	p = mmap(NULL, sizeof(struct trace_ring), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		return -errno;
	if (!__atomic_compare_exchange_n(&trace_ring_map, &expected, p, false, __ATOMIC_ACQ_REL,
					 __ATOMIC_ACQUIRE))
		munmap(p, sizeof(struct trace_ring));
	return 0;
}

void trace_emit(enum trace_hop hop, enum trace_dir dir, const char *verb, uint64_t arg)
{
	struct trace_ring *ring = __atomic_load_n(&trace_ring_map, __ATOMIC_ACQUIRE);
	uint32_t slot = __atomic_fetch_add(&ring->next, 1u, __ATOMIC_RELAXED);
	struct trace_entry *e = &ring->slot[slot % TRACE_RING_SLOTS];
	struct timespec ts;
	size_t n = strnlen(verb, sizeof(e->verb) - 1);

	clock_gettime(CLOCK_MONOTONIC, &ts);
	e->hop = (uint16_t)hop;
	e->dir = (uint16_t)dir;
	e->ns = (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
	/* A TA's filter has no getpid: its process is told by the hop. */
	e->pid = hop == TRACE_TA ? 0 : (uint32_t)getpid();
	e->tid = hop == TRACE_TA ? 0 : (uint32_t)syscall(SYS_gettid);
	e->arg = arg;
	memcpy(e->verb, verb, n);
	memset(e->verb + n, 0, sizeof(e->verb) - n);
	tl_store_release(&e->seq, slot + 1u);
}
