/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "bench/model.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

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

static void __attribute__((noreturn)) die(const char *what)
{
	perror(what);
	exit(1);
}

static void look(const uint32_t *word, uint32_t turn)
{
	while (tl_load_acquire(word) != turn)
		tl_cpu_relax();
}

static void give(uint32_t *word, uint32_t turn)
{
	tl_store_release(word, turn);
	futex_wake_shared(word, 1);
}

static void await(const uint32_t *word, uint32_t turn)
{
	uint32_t seen;

	while ((seen = tl_load_acquire(word)) != turn)
		futex_wait_shared(word, seen, 0);
}

/* A child, which ends with its parent, in the child; its process id in the parent. */
static pid_t party(void)
{
	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	if (!pid)
		prctl(PR_SET_PDEATHSIG, SIGKILL);
	return pid;
}

static void reap(pid_t pid)
{
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

static void __attribute__((noreturn)) application(struct words *w)
{
	uint32_t i;

	for (i = 1; i <= WARM_UP + ROUNDS; i++) {
		await(&w->given, i);
		give(&w->taken, i);
	}
	_exit(0);
}

static void __attribute__((noreturn)) secure_world(struct words *w)
{
	pid_t app = party();
	struct cores cores;
	int bound = -1;
	uint32_t i;

	if (!app)
		application(w);
	cores_init(&cores);
	for (i = 1; i <= WARM_UP + ROUNDS; i++) {
		int here = core_here(&cores);

		look(&w->asked, i);
		if (here != bound && !core_bind(&cores, app, here))
			bound = here;
		give(&w->given, i);
		await(&w->taken, i);
		tl_store_release(&w->answered, i);
	}
	reap(app);
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
		die("mmap");
	pid = party();
	if (!pid)
		secure_world(w);
	for (i = 1; i <= WARM_UP + ROUNDS; i++) {
		start = tl_now_ns();
		tl_store_release(&w->asked, i);
		look(&w->answered, i);
		if (i > WARM_UP)
			ns[i - WARM_UP - 1] = tl_now_ns() - start;
	}
	reap(pid);
	median = samples_percentile(ns, ROUNDS, 50);
	free(ns);
	munmap(w, sizeof(*w));
	return median;
}
