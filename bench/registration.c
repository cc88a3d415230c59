/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "bench/registration.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <tee_client_api_extensions.h>
#include <unistd.h>

#include "bench/bench_ta.h"
#include "bench/samples.h"
#include "lib/futex.h"

#define PAGE 4096u
#define ROUNDS 30u
#define ROUND_SIZE ((size_t)2 << 20)
#define INVOKES 3000u
#define MAX_BUFFERS 4u
/* The program's pages, the dataspace's, those that come back, and something for the others. */
#define ROOM_FACTOR 4u

struct buffer {
	TEEC_SharedMemory shm;
	uint8_t *p;
	size_t size;
	int fd;
};

static void check(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "bench: %s\n", what);
	exit(1);
}

/* The program's own memory, written to; nothing for memory that the library is to make. */
static void prepare(struct buffer *b, enum registration_way way, size_t size)
{
	int flags = MAP_PRIVATE | MAP_ANONYMOUS;

	*b = (struct buffer){ .fd = -1, .size = size };
	b->shm = (TEEC_SharedMemory){ .size = size, .flags = TEEC_MEM_INPUT | TEEC_MEM_OUTPUT };
	if (way == REGISTRATION_OWN)
		return;
	if (way == REGISTRATION_FD) {
		b->fd = memfd_create("bench", MFD_CLOEXEC | MFD_ALLOW_SEALING);
		check(b->fd >= 0 && !ftruncate(b->fd, (off_t)size) &&
			      !fcntl(b->fd, F_ADD_SEALS, F_SEAL_SHRINK),
		      "memfd");
		flags = MAP_SHARED;
	}
	b->p = mmap(NULL, size, PROT_READ | PROT_WRITE, flags, b->fd, 0);
	check(b->p != MAP_FAILED, "no memory");
	memset(b->p, 1, size);
	b->shm.buffer = b->p;
}

static void make_known(struct link *l, struct buffer *b, enum registration_way way)
{
	TEEC_Result res;

	if (way == REGISTRATION_OWN)
		res = TEEC_AllocateSharedMemory(&l->ctx, &b->shm);
	else if (way == REGISTRATION_FD)
		res = TEEC_RegisterSharedMemoryFileDescriptor(&l->ctx, &b->shm, b->fd);
	else
		res = TEEC_RegisterSharedMemory(&l->ctx, &b->shm);
	check(res == TEEC_SUCCESS, "registration");
}

static void drop(struct buffer *b)
{
	if (b->p)
		munmap(b->p, b->size);
	if (b->fd >= 0)
		close(b->fd);
}

static bool is_shared(const void *p)
{
	FILE *f = fopen("/proc/self/maps", "re");
	uintptr_t start, end;
	bool shared = false;
	char line[512], perms[5];

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " %4s", &start, &end, perms) == 3 &&
		    start <= (uintptr_t)p && (uintptr_t)p < end)
			shared = perms[3] == 's';
	if (f)
		fclose(f);
	return shared;
}

bool registration_is_in_place(struct link *l)
{
	struct buffer b;
	bool shared;

	prepare(&b, REGISTRATION_INPLACE, ROUND_SIZE);
	make_known(l, &b, REGISTRATION_INPLACE);
	shared = is_shared(b.p);
	TEEC_ReleaseSharedMemory(&b.shm);
	drop(&b);
	return shared;
}

void registration_measure(struct link *l, enum registration_way way, double *make, double *release)
{
	uint64_t *made = samples_create(ROUNDS), *released = samples_create(ROUNDS), start;
	const double pages = ROUND_SIZE / PAGE;
	struct buffer b;
	unsigned int i;

	for (i = 0; i < ROUNDS; i++) {
		prepare(&b, way, ROUND_SIZE);
		start = tl_now_ns();
		make_known(l, &b, way);
		made[i] = tl_now_ns() - start;
		start = tl_now_ns();
		TEEC_ReleaseSharedMemory(&b.shm);
		released[i] = tl_now_ns() - start;
		drop(&b);
	}
	*make = (double)samples_percentile(made, ROUNDS, 50) / pages;
	*release = (double)samples_percentile(released, ROUNDS, 50) / pages;
	free(made);
	free(released);
}

void registration_measure_invoke(struct link *l, enum registration_way way, unsigned int num,
				 size_t size, double *p50, double *ratio)
{
	/* Copies take their time; a few tell as much. */
	unsigned int invokes = way == REGISTRATION_SHADOW ? INVOKES / 100 : INVOKES, i;
	uint64_t *ns = samples_create(invokes), *empty_ns = samples_create(invokes);
	TEEC_Operation op = { 0 }, empty = { 0 };
	struct buffer b[MAX_BUFFERS];

	for (i = 0; i < num; i++) {
		prepare(&b[i], way, size);
		make_known(l, &b[i], way);
		op.paramTypes |= (uint32_t)TEEC_MEMREF_WHOLE << 4 * i;
		op.params[i].memref.parent = &b[i].shm;
	}
	for (i = 0; i < invokes; i++)
		link_timed(l, BENCH_CMD_NOP, &op);
	for (i = 0; i < invokes; i++) {
		ns[i] = link_timed(l, BENCH_CMD_NOP, &op);
		empty_ns[i] = link_timed(l, BENCH_CMD_NOP, &empty);
	}
	*p50 = (double)samples_percentile(ns, invokes, 50);
	*ratio = *p50 / (double)samples_percentile(empty_ns, invokes, 50);
	for (i = 0; i < num; i++) {
		TEEC_ReleaseSharedMemory(&b[i].shm);
		drop(&b[i]);
	}
	free(ns);
	free(empty_ns);
}

bool registration_has_room(size_t size)
{
	FILE *f = fopen("/proc/meminfo", "re");
	uint64_t kib = 0;
	char line[128];

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "MemAvailable: %" SCNu64, &kib) == 1)
			break;
	if (f)
		fclose(f);
	return kib >= ROOM_FACTOR * (uint64_t)size / 1024u;
}
