/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "bench/model.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bench/party.h"
#include "bench/samples.h"
#include "lib/core.h"
#include "lib/futex.h"

#define ROUNDS 20000u
#define WARM_UP 2000u

/* Each a turn's number, on a cache line of its own. */
struct words {
	uint32_t asked __attribute__((aligned(64)));
	uint32_t given __attribute__((aligned(64)));
	uint32_t taken __attribute__((aligned(64)));
	uint32_t answered __attribute__((aligned(64)));
};

static void look(const uint32_t *word, uint32_t turn)
{
	while (tl_load_acquire(word) != turn)
		tl_cpu_relax();
}

static void __attribute__((noreturn)) application(struct words *w)
{
	uint32_t i;

	for (i = 1; i <= WARM_UP + ROUNDS; i++) {
		party_await(&w->given, i);
		party_give(&w->taken, i);
	}
	_exit(0);
}

static void __attribute__((noreturn)) secure_world(struct words *w)
{
	pid_t app = party_fork();
	struct cores cores;
	int bound = -1;
	uint32_t i;

	if (!app)
		application(w);
	cores_init(&cores);
	for (i = 1; i <= WARM_UP + ROUNDS; i++) {
		int here;

		look(&w->asked, i);
		here = core_here(&cores);
		if (here != bound && !core_bind(&cores, app, here))
			bound = here;
		party_give(&w->given, i);
		party_await(&w->taken, i);
		tl_store_release(&w->answered, i);
	}
	party_reap(app);
	_exit(0);
}

uint64_t model_three_parties_ns(void)
{
	uint64_t *ns, start, median;
	struct cores cores;
	struct words *w;
	uint32_t i;
	pid_t pid;

	cores_init(&cores);
	if (cores.num < 2)
		return 0;
	ns = samples_create(ROUNDS);
	w = mmap(NULL, sizeof(*w), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (w == MAP_FAILED)
		party_die("mmap");
	pid = party_fork();
	if (!pid)
		secure_world(w);
	for (i = 1; i <= WARM_UP + ROUNDS; i++) {
		start = tl_now_ns();
		tl_store_release(&w->asked, i);
		look(&w->answered, i);
		if (i > WARM_UP)
			ns[i - WARM_UP - 1] = tl_now_ns() - start;
	}
	party_reap(pid);
	median = samples_percentile(ns, ROUNDS, 50);
	free(ns);
	munmap(w, sizeof(*w));
	return median;
}
