/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "bench/link.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/bench_ta.h"
#include "bench/floor.h"
#include "bench/samples.h"
#include "lib/futex.h"

#define WARM_UP 2000u
#define INVOKES 20000u
#define COLD_INVOKES 200u
#define SESSIONS 300u
#define MEMREF_NS 300000000u
#define TOUCHES 2000u
#define TOUCH_RUNS 5u
#define STORES 100u

static const TEEC_UUID uuid = BENCH_TA_UUID;

static void check(TEEC_Result res, const char *what)
{
	if (res == TEEC_SUCCESS)
		return;
	fprintf(stderr, "bench: %s: 0x%08x\n", what, res);
	exit(1);
}

static void open_session(struct link *l, TEEC_Session *session)
{
	check(TEEC_OpenSession(&l->ctx, session, &uuid, TEEC_LOGIN_PUBLIC, NULL, NULL, NULL),
	      "TEEC_OpenSession");
}

void link_open(struct link *l)
{
	check(TEEC_InitializeContext(NULL, &l->ctx), "TEEC_InitializeContext");
	open_session(l, &l->session);
}

void link_close(struct link *l)
{
	TEEC_CloseSession(&l->session);
	TEEC_FinalizeContext(&l->ctx);
}

static void invoke(struct link *l, uint32_t cmd, TEEC_Operation *op)
{
	check(TEEC_InvokeCommand(&l->session, cmd, op, NULL), "TEEC_InvokeCommand");
}

void link_invoke(struct link *l)
{
	invoke(l, BENCH_CMD_NOP, NULL);
}

uint64_t link_timed(struct link *l, uint32_t cmd, TEEC_Operation *op)
{
	uint64_t start = tl_now_ns();

	invoke(l, cmd, op);
	return tl_now_ns() - start;
}

void link_measure_invoke(struct link *l, uint64_t *p50, uint64_t *p99)
{
	uint64_t *ns = samples_create(INVOKES);
	unsigned int i;

	for (i = 0; i < WARM_UP; i++)
		link_invoke(l);
	for (i = 0; i < INVOKES; i++)
		ns[i] = link_timed(l, BENCH_CMD_NOP, NULL);
	*p50 = samples_percentile(ns, INVOKES, 50);
	*p99 = samples_percentile(ns, INVOKES, 99);
	free(ns);
}

uint64_t link_measure_cold(struct link *l, unsigned int pause_us)
{
	uint64_t *ns = samples_create(COLD_INVOKES), median;
	unsigned int i;

	for (i = 0; i < COLD_INVOKES; i++) {
		usleep(pause_us);
		ns[i] = link_timed(l, BENCH_CMD_NOP, NULL);
	}
	median = samples_percentile(ns, COLD_INVOKES, 50);
	free(ns);
	return median;
}

void link_measure_touch_once(struct link *l, size_t size, uint64_t *p50, uint64_t *empty_p50)
{
	TEEC_SharedMemory shm = { .size = size, .flags = TEEC_MEM_INPUT };
	TEEC_Operation op = {
		.paramTypes = TEEC_PARAM_TYPES(TEEC_MEMREF_WHOLE, TEEC_NONE, TEEC_NONE, TEEC_NONE),
	};
	uint64_t *ns = samples_create(TOUCHES), *empty_ns = samples_create(TOUCHES);
	uint64_t run[TOUCH_RUNS], empty_run[TOUCH_RUNS];
	unsigned int i, k;

	check(TEEC_AllocateSharedMemory(&l->ctx, &shm), "TEEC_AllocateSharedMemory");
	memset(shm.buffer, 1, size);
	op.params[0].memref.parent = &shm;
	for (k = 0; k < TOUCH_RUNS; k++) {
		for (i = 0; i < TOUCHES; i++) {
			ns[i] = link_timed(l, BENCH_CMD_ONCE, &op);
			empty_ns[i] = link_timed(l, BENCH_CMD_NOP, NULL);
		}
		run[k] = samples_percentile(ns, TOUCHES, 50);
		empty_run[k] = samples_percentile(empty_ns, TOUCHES, 50);
	}
	TEEC_ReleaseSharedMemory(&shm);
	free(ns);
	free(empty_ns);
	*p50 = samples_percentile(run, TOUCH_RUNS, 50);
	*empty_p50 = samples_percentile(empty_run, TOUCH_RUNS, 50);
}

uint64_t link_measure_open_close(struct link *l)
{
	uint64_t *ns = samples_create(SESSIONS), start, median;
	TEEC_Session session;
	unsigned int i;

	for (i = 0; i < SESSIONS; i++) {
		start = tl_now_ns();
		open_session(l, &session);
		TEEC_CloseSession(&session);
		ns[i] = tl_now_ns() - start;
	}
	median = samples_percentile(ns, SESSIONS, 50);
	free(ns);
	return median;
}

static uint64_t xor_words(const uint8_t *p, size_t size)
{
	uint64_t sum = 0, word;
	size_t i;

	for (i = 0; i + sizeof(word) <= size; i += sizeof(word)) {
		memcpy(&word, p + i, sizeof(word));
		sum ^= word;
	}
	return sum;
}

double link_measure_memref(struct link *l, size_t size)
{
	TEEC_SharedMemory shm = { .size = size, .flags = TEEC_MEM_INPUT };
	TEEC_Operation op = {
		.paramTypes = TEEC_PARAM_TYPES(TEEC_MEMREF_WHOLE, TEEC_VALUE_OUTPUT, TEEC_NONE,
					       TEEC_NONE),
	};
	uint64_t start, now, bytes = 0, sum;
	uint8_t *p;
	size_t i;

	check(TEEC_AllocateSharedMemory(&l->ctx, &shm), "TEEC_AllocateSharedMemory");
	p = shm.buffer;
	for (i = 0; i < size; i++)
		p[i] = (uint8_t)(i * 31 + (i >> 8));
	op.params[0].memref.parent = &shm;
	sum = xor_words(p, size);
	start = tl_now_ns();
	do {
		check(TEEC_InvokeCommand(&l->session, BENCH_CMD_TOUCH, &op, NULL), "touch");
		bytes += size;
		now = tl_now_ns();
	} while (now - start < MEMREF_NS);
	if (op.params[1].value.a != (uint32_t)sum || op.params[1].value.b != sum >> 32) {
		fprintf(stderr, "bench: the TA saw other bytes\n");
		exit(1);
	}
	TEEC_ReleaseSharedMemory(&shm);
	return (double)bytes * 1e9 / (double)(now - start);
}

void link_measure_store(struct link *l, size_t size, const char *dir, uint64_t *p50,
			uint64_t *sync_p50)
{
	uint64_t *ns = samples_create(STORES), *sync_ns = samples_create(STORES), start;
	TEEC_SharedMemory shm = { .size = size, .flags = TEEC_MEM_INPUT };
	TEEC_Operation op = { 0 };
	unsigned int i;

	check(TEEC_AllocateSharedMemory(&l->ctx, &shm), "TEEC_AllocateSharedMemory");
	op.paramTypes = TEEC_PARAM_TYPES(TEEC_MEMREF_WHOLE, TEEC_NONE, TEEC_NONE, TEEC_NONE);
	op.params[0].memref.parent = &shm;
	for (i = 0; i < STORES; i++) {
		memset(shm.buffer, (int)i, size);
		start = tl_now_ns();
		check(TEEC_InvokeCommand(&l->session, BENCH_CMD_STORE, &op, NULL),
		      "a write to secure storage");
		ns[i] = tl_now_ns() - start;
		/* Disks have moods: both are measured in the same one. */
		sync_ns[i] = floor_sync_ns(dir);
	}
	*p50 = samples_percentile(ns, STORES, 50);
	*sync_p50 = samples_percentile(sync_ns, STORES, 50);
	TEEC_ReleaseSharedMemory(&shm);
	free(ns);
	free(sync_ns);
}
