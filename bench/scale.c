/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "bench/scale.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "bench/bench_ta.h"
#include "bench/link.h"
#include "bench/party.h"
#include "bench/samples.h"
#include "lib/futex.h"

#define CALLS 4000u
#define WARM_UP_CALLS 200u
#define FIRST_CALLS 8u /* of each member, which touch memory that it never used before */
#define PARALLEL_NS 300000000u

/* What a client is told: one call, answered by its time; or calls for a while, answered by their number. */
enum order { ORDER_CALL = 'c', ORDER_RUSH = 'r' };

static uint64_t obey(struct link *l, char order)
{
	uint64_t start = tl_now_ns(), calls = 0;

	if (order == ORDER_CALL)
		return link_timed(l, BENCH_CMD_NOP, NULL);
	while (tl_now_ns() - start < PARALLEL_NS) {
		link_invoke(l);
		calls++;
	}
	return calls;
}

static void __attribute__((noreturn)) member_main(int from, int to)
{
	uint64_t answer = 0;
	unsigned int i;
	struct link l;
	char order;

	link_open(&l);
	for (i = 0; i < FIRST_CALLS; i++)
		link_invoke(&l);
	if (write(to, &answer, sizeof(answer)) != sizeof(answer))
		_exit(1);
	while (read(from, &order, 1) == 1) {
		answer = obey(&l, order);
		if (write(to, &answer, sizeof(answer)) != sizeof(answer))
			_exit(1);
	}
	link_close(&l);
	_exit(0);
}

static uint64_t answer_of(const struct crowd_member *m)
{
	uint64_t answer;

	if (read(m->from, &answer, sizeof(answer)) != sizeof(answer)) {
		fprintf(stderr, "bench: a client has ended\n");
		exit(1);
	}
	return answer;
}

static void tell(const struct crowd_member *m, char order)
{
	if (write(m->to, &order, 1) != 1)
		party_die("write");
}

static void add_member(struct crowd *c)
{
	struct crowd_member *m = &c->member[c->num];
	int to[2], from[2];
	unsigned int i;

	if (pipe(to) || pipe(from))
		party_die("pipe");
	m->pid = party_fork();
	if (!m->pid) {
		/* Those that came before end when their pipe does: it mustn't stay open here. */
		for (i = 0; i < c->num; i++) {
			close(c->member[i].to);
			close(c->member[i].from);
		}
		close(to[1]);
		close(from[0]);
		member_main(to[0], from[1]);
	}
	close(to[0]);
	close(from[1]);
	m->to = to[1];
	m->from = from[0];
	c->num++;
	answer_of(m);
}

void crowd_grow(struct crowd *c, unsigned int num)
{
	while (c->num < num && c->num < CROWD_MAX)
		add_member(c);
}

void crowd_end(struct crowd *c)
{
	while (c->num) {
		struct crowd_member *m = &c->member[--c->num];

		close(m->to);
		close(m->from);
		party_reap(m->pid);
	}
}

uint64_t crowd_invoke_p50_ns(struct crowd *c)
{
	uint64_t *ns = samples_create(CALLS), answer, median;
	unsigned int i, seed = 1;

	for (i = 0; i < WARM_UP_CALLS + CALLS; i++) {
		const struct crowd_member *m = &c->member[(unsigned int)rand_r(&seed) % c->num];

		tell(m, ORDER_CALL);
		answer = answer_of(m);
		if (i >= WARM_UP_CALLS)
			ns[i - WARM_UP_CALLS] = answer;
	}
	median = samples_percentile(ns, CALLS, 50);
	free(ns);
	return median;
}

double crowd_parallel_rate(struct crowd *c, unsigned int num)
{
	uint64_t start = tl_now_ns(), calls = 0;
	unsigned int i;

	for (i = 0; i < num; i++)
		tell(&c->member[i], ORDER_RUSH);
	for (i = 0; i < num; i++)
		calls += answer_of(&c->member[i]);
	return (double)calls * 1e9 / (double)(tl_now_ns() - start);
}
