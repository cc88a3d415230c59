/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "bench/floor.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bench/party.h"
#include "bench/samples.h"
#include "lib/futex.h"
#include "wire/port.h"

#define ROUNDS 10000u
#define WARM_UP 500u
#define COLD_ROUNDS 200u
#define COPY_SIZE (1u << 20)
#define COPY_NS 300000000u

/* Two ways for two processes to hand a turn to each other. */
struct ping {
	uint32_t *word; /* two futex words, a cache line apart */
	int fd[2]; /* or two event fds */
};

#define WORD_STRIDE 32u

static void futex_ring(const struct ping *p, unsigned int side, uint32_t turn)
{
	party_give(p->word + WORD_STRIDE * side, turn);
}

static void futex_await(const struct ping *p, unsigned int side, uint32_t turn)
{
	party_await(p->word + WORD_STRIDE * side, turn);
}

static void event_ring(const struct ping *p, unsigned int side, uint32_t turn)
{
	(void)turn;
	if (eventfd_write(p->fd[side], 1))
		party_die("eventfd_write");
}

static void event_await(const struct ping *p, unsigned int side, uint32_t turn)
{
	eventfd_t value;

	(void)turn;
	if (eventfd_read(p->fd[side], &value))
		party_die("eventfd_read");
}

struct ping_ops {
	void (*ring)(const struct ping *p, unsigned int side, uint32_t turn);
	void (*await)(const struct ping *p, unsigned int side, uint32_t turn);
};

static const struct ping_ops futex_ops = { .ring = futex_ring, .await = futex_await };
static const struct ping_ops event_ops = { .ring = event_ring, .await = event_await };

/* @rounds of them, each after a pause. */
static uint64_t ping_pong(const struct ping_ops *ops, const struct ping *p, uint32_t rounds,
			  useconds_t pause_us)
{
	uint64_t *ns = samples_create(rounds), start, median;
	uint32_t i;
	pid_t pid;

	pid = party_fork();
	if (!pid) {
		for (i = 1; i <= WARM_UP + rounds; i++) {
			ops->await(p, 0, i);
			ops->ring(p, 1, i);
		}
		_exit(0);
	}
	for (i = 1; i <= WARM_UP + rounds; i++) {
		if (pause_us && i > WARM_UP)
			usleep(pause_us);
		start = tl_now_ns();
		ops->ring(p, 0, i);
		ops->await(p, 1, i);
		if (i > WARM_UP)
			ns[i - WARM_UP - 1] = tl_now_ns() - start;
	}
	party_reap(pid);
	median = samples_percentile(ns, rounds, 50);
	free(ns);
	return median;
}

static uint64_t futex_ping_pong(uint32_t rounds, useconds_t pause_us)
{
	struct ping p = { .fd = { -1, -1 } };
	uint64_t median;

	p.word = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (p.word == MAP_FAILED)
		party_die("mmap");
	median = ping_pong(&futex_ops, &p, rounds, pause_us);
	munmap(p.word, 4096);
	return median;
}

uint64_t floor_futex_ns(bool same_core)
{
	cpu_set_t old, one;
	uint64_t median;

	if (sched_getaffinity(0, sizeof(old), &old))
		party_die("sched_getaffinity");
	if (same_core) {
		int cpu = sched_getcpu();

		CPU_ZERO(&one);
		CPU_SET((size_t)(cpu < 0 ? 0 : cpu), &one);
		if (sched_setaffinity(0, sizeof(one), &one))
			party_die("sched_setaffinity");
	}
	median = futex_ping_pong(ROUNDS, 0);
	if (same_core)
		sched_setaffinity(0, sizeof(old), &old);
	return median;
}

uint64_t floor_cold_ns(unsigned int pause_us)
{
	return futex_ping_pong(COLD_ROUNDS, pause_us);
}

uint64_t floor_eventfd_ns(void)
{
	struct ping p = { .fd = { eventfd(0, EFD_CLOEXEC), eventfd(0, EFD_CLOEXEC) } };
	uint64_t median;

	if (p.fd[0] < 0 || p.fd[1] < 0)
		party_die("eventfd");
	median = ping_pong(&event_ops, &p, ROUNDS, 0);
	close(p.fd[0]);
	close(p.fd[1]);
	return median;
}

double floor_memcpy_rate(void)
{
	char *from = malloc(COPY_SIZE), *to = malloc(COPY_SIZE);
	uint64_t start, now, bytes = 0;

	if (!from || !to)
		party_die("malloc");
	memset(from, 1, COPY_SIZE);
	memset(to, 2, COPY_SIZE);
	start = tl_now_ns();
	do {
		memcpy(to, from, COPY_SIZE);
		/* The copy must be made although nobody looks at it. */
		__asm__ volatile("" : : "r"(to) : "memory");
		bytes += COPY_SIZE;
		now = tl_now_ns();
	} while (now - start < COPY_NS);
	free(from);
	free(to);
	return (double)bytes * 1e9 / (double)(now - start);
}

uint64_t floor_sync_ns(const char *dir)
{
	char block[4096], path[128];
	uint64_t ns;
	int fd;

	snprintf(path, sizeof(path), "%s/floor", dir);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	ns = tl_now_ns();
	memset(block, (int)ns, sizeof(block));
	if (fd < 0 || pwrite(fd, block, sizeof(block), 0) != (ssize_t)sizeof(block) ||
	    fdatasync(fd)) {
		perror(path);
		exit(1);
	}
	ns = tl_now_ns() - ns;
	close(fd);
	return ns;
}
