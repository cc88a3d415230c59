/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * A soak: the same calls again and again. Memory and descriptors of every process stay as they were
 * after the first tenth; over a million calls, so does the latency.
 * TEELINK_TEST_SOAK: how many invokes (20000); a release is worth ten million.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/futex.h"
#include "tests/system/client.h"
#include "tests/system/machine.h"
#include "tests/system/probe_ta.h"

#define WINDOWS 10u
#define LATENCY_NEEDS 1000000u /* fewer calls say nothing about it */
#define SAMPLE_EVERY 16u
#define SLACK_KIB 512u

static const TEEC_UUID probe = PROBE_TA_UUID;
static const char *const names[] = { "teelinkd", "teelink-tee", "teelink-launch", "tee-supplicant", "ta:" };
#define NUM_NAMES (sizeof(names) / sizeof(names[0]))

struct look {
	unsigned long kib[NUM_NAMES + 1]; /* and ours */
	struct machine_shape shape;
	unsigned int own_fds;
	uint64_t p50;
};

static unsigned int own_fds(void)
{
	DIR *d = opendir("/proc/self/fd");
	unsigned int n = 0;

	assert_non_null(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static uint64_t invoke_many(struct client *c, unsigned int num)
{
	uint64_t *ns = calloc(num / SAMPLE_EVERY + 1, sizeof(*ns)), p50;
	unsigned int i, n = 0;
	uint32_t origin;

	assert_non_null(ns);
	for (i = 0; i < num; i++) {
		uint64_t start = tl_now_ns();

		assert_int_equal(client_invoke(c, PROBE_NOP, &origin), TEEC_SUCCESS);
		if (i % SAMPLE_EVERY == 0)
			ns[n++] = tl_now_ns() - start;
		/* And now and then all the rest that a client does. */
		if (i % 1024 == 0) {
			TEEC_SharedMemory shm = { .size = 1 << 17, .flags = TEEC_MEM_INPUT };
			struct client other;

			client_open(&other, &probe);
			client_works(&other);
			assert_int_equal(TEEC_AllocateSharedMemory(&other.ctx, &shm), TEEC_SUCCESS);
			TEEC_ReleaseSharedMemory(&shm);
			client_close(&other);
		}
	}
	qsort(ns, n, sizeof(*ns), compare);
	p50 = ns[n / 2];
	free(ns);
	return p50;
}

static void look(const struct test_machine *m, struct look *l)
{
	unsigned int i;

	machine_look(m, &l->shape);
	for (i = 0; i < NUM_NAMES; i++)
		l->kib[i] = process_private_kib(machine_await_process(m, names[i]));
	l->kib[i] = process_private_kib(getpid());
	l->own_fds = own_fds();
}

static void everything_stays_flat(void **state)
{
	const char *text = getenv("TEELINK_TEST_SOAK");
	unsigned int num = text ? (unsigned int)strtoul(text, NULL, 10) : 20000, i;
	struct look first = { .p50 = 0 }, last = { .p50 = 0 };
	struct test_machine m;
	struct client c;

	(void)state;
	machine_start(&m, NULL, NULL);
	client_open(&c, &probe);
	invoke_many(&c, num / WINDOWS); /* whatever is made once is made */
	for (i = 1; i < WINDOWS; i++) {
		last.p50 = invoke_many(&c, num / WINDOWS);
		if (i == 1)
			first.p50 = last.p50;
		if (i == 1)
			look(&m, &first);
	}
	look(&m, &last);
	printf("invoke p50: %llu ns, then %llu ns\n", (unsigned long long)first.p50,
	       (unsigned long long)last.p50);
	assert_int_equal(last.own_fds, first.own_fds);
	assert_int_equal(last.shape.processes, first.shape.processes);
	assert_int_equal(last.shape.fds, first.shape.fds);
	assert_int_equal(last.shape.maps, first.shape.maps);
	for (i = 0; i <= NUM_NAMES; i++) {
		printf("%s: %lu KiB, then %lu KiB\n", i < NUM_NAMES ? names[i] : "client", first.kib[i],
		       last.kib[i]);
		/* What a sanitizer keeps of freed memory is its own affair. */
		if (!getenv("TEELINK_TEST_NO_LIMITS"))
			assert_true(last.kib[i] <= first.kib[i] + SLACK_KIB);
	}
	if (num >= LATENCY_NEEDS)
		assert_true(last.p50 < 2 * first.p50);
	client_close(&c);
	machine_stop(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_stays_flat),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
