/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/* Registered memory: what is shared as it is, what is copied, and whose bytes around it stay untouched. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <tee_client_api_extensions.h>
#include <unistd.h>

#include "tests/system/client.h"
#include "tests/system/machine.h"
#include "tests/system/probe_ta.h"

#define KIB 1024u
#define MIB (1024u * KIB)
#define PAGE 4096u
#define BOTH (TEEC_MEM_INPUT | TEEC_MEM_OUTPUT)

static const TEEC_UUID probe = PROBE_TA_UUID;
static struct test_machine machine;
static struct client c;

static int start(void **state)
{
	(void)state;
	machine_start(&machine, NULL, NULL);
	client_open(&c, &probe);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	client_close(&c);
	machine_stop(&machine);
	return 0;
}

static uint64_t copied(void)
{
	return machine_counter(&machine, "bytes_copied_in") + machine_counter(&machine, "bytes_copied_out");
}

/* The TA XORs [@offset, @offset + @n) with 0x5a. */
static TEEC_Result change(TEEC_SharedMemory *shm, size_t offset, size_t n)
{
	TEEC_Operation op = { 0 };
	uint32_t origin;

	op.paramTypes = TEEC_PARAM_TYPES(TEEC_MEMREF_PARTIAL_INOUT, 0, 0, 0);
	op.params[0].memref.parent = shm;
	op.params[0].memref.offset = offset;
	op.params[0].memref.size = n;
	return TEEC_InvokeCommand(&c.session, PROBE_MEMORY, &op, &origin);
}

static void expect_changed(const uint8_t *p, size_t n, uint8_t seed)
{
	uint8_t *want = malloc(n);
	size_t i;

	assert_non_null(want);
	pattern_fill(want, n, seed);
	for (i = 0; i < n; i++)
		want[i] ^= 0x5a;
	assert_memory_equal(p, want, n);
	free(want);
}

static void change_and_check(TEEC_SharedMemory *shm, uint8_t *p, size_t offset, size_t n)
{
	pattern_fill(p + offset, n, 7);
	assert_int_equal(change(shm, offset, n), TEEC_SUCCESS);
	expect_changed(p + offset, n, 7);
}

/* An allocation is known to the machine under any address, as a whole: no byte is copied. */
static void own_allocation(void **state)
{
	TEEC_SharedMemory shm = { .size = MIB, .flags = BOTH }, again = { .size = MIB, .flags = BOTH };
	uint64_t before;

	(void)state;
	assert_int_equal(TEEC_AllocateSharedMemory(&c.ctx, &shm), TEEC_SUCCESS);
	again.buffer = shm.buffer;
	assert_int_equal(TEEC_RegisterSharedMemory(&c.ctx, &again), TEEC_SUCCESS);
	before = copied();
	change_and_check(&again, again.buffer, 0, MIB);
	change_and_check(&again, again.buffer, 4097, 100000);
	assert_int_equal(copied(), before);
	TEEC_ReleaseSharedMemory(&shm);
	/* The registration keeps what it needs. */
	TEEC_ReleaseSharedMemory(&again);
}

/* Registrations may overlap, and begin anywhere. */
static void overlapping(void **state)
{
	TEEC_SharedMemory shm = { .size = MIB, .flags = BOTH };
	TEEC_SharedMemory a = { .size = 300000, .flags = BOTH }, b = a;
	uint8_t *p;

	(void)state;
	assert_int_equal(TEEC_AllocateSharedMemory(&c.ctx, &shm), TEEC_SUCCESS);
	p = shm.buffer;
	a.buffer = p + 12345;
	b.buffer = p + 200001;
	assert_int_equal(TEEC_RegisterSharedMemory(&c.ctx, &a), TEEC_SUCCESS);
	assert_int_equal(TEEC_RegisterSharedMemory(&c.ctx, &b), TEEC_SUCCESS);
	change_and_check(&a, p + 12345, 0, 300000);
	change_and_check(&b, p + 200001, 0, 300000);
	change_and_check(&a, p + 12345, 299999, 1);
	TEEC_ReleaseSharedMemory(&b);
	TEEC_ReleaseSharedMemory(&a);
	TEEC_ReleaseSharedMemory(&shm);
}

/* One buffer made of two allocations, in the other order than the machine has them. */
static void across_allocations(void **state)
{
	TEEC_SharedMemory one = { .size = 128 * KIB, .flags = BOTH }, two = one, both = one;
	uint64_t before;
	uint8_t *p;

	(void)state;
	assert_int_equal(TEEC_AllocateSharedMemory(&c.ctx, &one), TEEC_SUCCESS);
	assert_int_equal(TEEC_AllocateSharedMemory(&c.ctx, &two), TEEC_SUCCESS);
	p = mmap(NULL, 256 * KIB, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_true(p != MAP_FAILED);
	/* An old size of 0 maps shared memory once more. */
	assert_true(mremap(two.buffer, 0, 128 * KIB, MREMAP_MAYMOVE | MREMAP_FIXED, p) == p);
	assert_true(mremap(one.buffer, 0, 128 * KIB, MREMAP_MAYMOVE | MREMAP_FIXED, p + 128 * KIB) ==
		    p + 128 * KIB);
	both.buffer = p;
	both.size = 256 * KIB;
	assert_int_equal(TEEC_RegisterSharedMemory(&c.ctx, &both), TEEC_SUCCESS);
	before = copied();
	change_and_check(&both, p, 0, 256 * KIB);
	change_and_check(&both, p, 128 * KIB - 1, 2);
	assert_int_equal(copied(), before);
	assert_memory_equal(one.buffer, p + 128 * KIB, 128 * KIB);
	TEEC_ReleaseSharedMemory(&both);
	munmap(p, 256 * KIB);
	TEEC_ReleaseSharedMemory(&one);
	TEEC_ReleaseSharedMemory(&two);
}

/* Objects of @pieces pieces that the secure world knows. */
static unsigned int count_objects(unsigned int pieces)
{
	json_t *status = machine_status(&machine), *vms, *vm, *shm;
	unsigned int num = 0;
	size_t i, k;

	vms = json_object_get(json_object_get(status, "secure_world"), "vms");
	json_array_foreach(vms, i, vm) {
		json_array_foreach(json_object_get(vm, "shm"), k, shm) {
			num += json_integer_value(json_object_get(shm, "runs")) == pieces;
		}
	}
	json_decref(status);
	return num;
}

/* The pages of an allocation, in reverse order: so many are registered as they lie, one more is copied. */
static void in_many_pieces(void **state)
{
	const char *driver = getenv("TEELINK_DRIVER");
	unsigned int most = driver && !strcmp(driver, "optee") ? 4096 : 126, i, more;
	TEEC_SharedMemory shm = { .size = (most + 1) * PAGE, .flags = BOTH };
	uint8_t *p;

	(void)state;
	assert_int_equal(TEEC_AllocateSharedMemory(&c.ctx, &shm), TEEC_SUCCESS);
	p = mmap(NULL, shm.size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_true(p != MAP_FAILED);
	for (i = 0; i <= most; i++)
		assert_true(mremap((uint8_t *)shm.buffer + i * PAGE, 0, PAGE,
				   MREMAP_MAYMOVE | MREMAP_FIXED,
				   p + (most - i) * PAGE) != MAP_FAILED);
	for (more = 0; more < 2; more++) {
		TEEC_SharedMemory pieces = { .buffer = p,
					     .size = (most + more) * PAGE,
					     .flags = BOTH };

		assert_int_equal(TEEC_RegisterSharedMemory(&c.ctx, &pieces), TEEC_SUCCESS);
		assert_int_equal(count_objects(most), !more);
		assert_int_equal(count_objects(most + 1), 0);
		change_and_check(&pieces, p, 0, pieces.size);
		change_and_check(&pieces, p, 3 * PAGE - 1, 2);
		TEEC_ReleaseSharedMemory(&pieces);
	}
	munmap(p, shm.size);
	TEEC_ReleaseSharedMemory(&shm);
}

/* The same address, other memory: what counts is what is mapped there now. */
static void replaced_mapping(void **state)
{
	TEEC_SharedMemory shm = { .size = 128 * KIB, .flags = BOTH }, reg = shm;
	uint8_t *p;

	(void)state;
	assert_int_equal(TEEC_AllocateSharedMemory(&c.ctx, &shm), TEEC_SUCCESS);
	p = mremap(shm.buffer, 0, 128 * KIB, MREMAP_MAYMOVE);
	assert_true(p != MAP_FAILED);
	memset(p, 1, 128 * KIB);
	assert_true(mmap(p, 128 * KIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
			 -1, 0) == p);
	reg.buffer = p;
	assert_int_equal(TEEC_RegisterSharedMemory(&c.ctx, &reg), TEEC_SUCCESS);
	change_and_check(&reg, p, 0, 128 * KIB);
	assert_int_equal(((uint8_t *)shm.buffer)[5], 1);
	TEEC_ReleaseSharedMemory(&reg);
	munmap(p, 128 * KIB);
	TEEC_ReleaseSharedMemory(&shm);
}

static int sealed_memfd(size_t size)
{
	int fd = memfd_create("client", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, (off_t)size), 0);
	assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK), 0);
	return fd;
}

static void by_descriptor(void **state)
{
	TEEC_SharedMemory shm[3] = { { .flags = BOTH }, { .flags = BOTH }, { .flags = BOTH } };
	uint8_t *p[3];
	uint64_t before;
	unsigned int i;

	(void)state;
	for (i = 0; i < 3; i++) {
		int fd = sealed_memfd(2 * MIB);

		p[i] = mmap(NULL, 2 * MIB, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		assert_true(p[i] != MAP_FAILED);
		assert_int_equal(TEEC_RegisterSharedMemoryFileDescriptor(&c.ctx, &shm[i], fd),
				 TEEC_SUCCESS);
		assert_int_equal(shm[i].size, 2 * MIB);
		assert_null(shm[i].buffer);
		close(fd);
	}
	before = copied();
	for (i = 0; i < 3; i++)
		change_and_check(&shm[i], p[i], i, 2 * MIB - i);
	assert_int_equal(copied(), before);
	for (i = 0; i < 3; i++) {
		TEEC_ReleaseSharedMemory(&shm[i]);
		munmap(p[i], 2 * MIB);
	}
}

static void wrong_descriptors(void **state)
{
	TEEC_SharedMemory shm = { .flags = BOTH };
	int fds[2], fd = memfd_create("unsealed", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	(void)state;
	assert_int_equal(ftruncate(fd, 8192), 0);
	assert_int_equal(TEEC_RegisterSharedMemoryFileDescriptor(&c.ctx, &shm, fd),
			 TEEC_ERROR_BAD_PARAMETERS);
	close(fd);
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(TEEC_RegisterSharedMemoryFileDescriptor(&c.ctx, &shm, fds[0]),
			 TEEC_ERROR_BAD_PARAMETERS);
	close(fds[0]);
	close(fds[1]);
	assert_int_equal(TEEC_RegisterSharedMemoryFileDescriptor(&c.ctx, &shm, fds[0]),
			 TEEC_ERROR_BAD_PARAMETERS);
}

/* A large object costs what is touched of it. */
static void one_gigabyte(void **state)
{
	TEEC_SharedMemory shm = { .flags = BOTH };
	int fd = sealed_memfd(1024ull * MIB);
	uint64_t before;
	uint8_t *p;

	(void)state;
	p = mmap(NULL, 1024ull * MIB, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	assert_true(p != MAP_FAILED);
	assert_int_equal(TEEC_RegisterSharedMemoryFileDescriptor(&c.ctx, &shm, fd), TEEC_SUCCESS);
	before = copied();
	change_and_check(&shm, p, 1000ull * MIB + 1, 100000);
	change_and_check(&shm, p, 1024ull * MIB - 1, 1);
	assert_int_equal(copied(), before);
	TEEC_ReleaseSharedMemory(&shm);
	munmap(p, 1024ull * MIB);
	close(fd);
}

static void not_ours(void **state)
{
	TEEC_SharedMemory shm = { .size = 256 * KIB, .flags = BOTH };
	uint8_t *p;

	(void)state;
	p = mmap(NULL, 256 * KIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_true(p != MAP_FAILED);
	assert_int_equal(munmap(p + 128 * KIB, 4096), 0);
	shm.buffer = p;
	assert_int_equal(TEEC_RegisterSharedMemory(&c.ctx, &shm), TEEC_ERROR_BAD_PARAMETERS);
	shm.buffer = p + 132 * KIB;
	shm.size = SIZE_MAX - 10;
	assert_int_equal(TEEC_RegisterSharedMemory(&c.ctx, &shm), TEEC_ERROR_BAD_PARAMETERS);

	/* Read-only memory is good for input. */
	pattern_fill(p, 100, 7);
	assert_int_equal(mprotect(p, 128 * KIB, PROT_READ), 0);
	shm = (TEEC_SharedMemory){ .buffer = p, .size = 100, .flags = BOTH };
	assert_int_equal(TEEC_RegisterSharedMemory(&c.ctx, &shm), TEEC_SUCCESS);
	assert_int_equal(change(&shm, 0, 100), TEEC_ERROR_BAD_PARAMETERS);
	TEEC_ReleaseSharedMemory(&shm);
	munmap(p, 128 * KIB);
	munmap(p + 132 * KIB, 124 * KIB);
	client_works(&c);
}

/* A buffer in the middle of pages that other threads use all the time. */
struct neighbours {
	uint8_t head[1000];
	uint8_t buffer[70000];
	uint8_t tail[1000];
	uint64_t count[2];
	bool stop;
	int failures;
};

static void *count_up(void *arg)
{
	struct neighbours *n = arg;
	uint64_t i;

	for (i = 0; !__atomic_load_n(&n->stop, __ATOMIC_ACQUIRE); i++) {
		n->head[sizeof(n->head) - 1]++;
		n->tail[0]++;
		__atomic_fetch_add(&n->count[0], 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

/* System calls that write into the same pages never fail. */
static void *read_into(void *arg)
{
	struct neighbours *n = arg;
	int fds[2];

	if (pipe(fds))
		abort();
	while (!__atomic_load_n(&n->stop, __ATOMIC_ACQUIRE)) {
		if (write(fds[1], "0123456789", 10) != 10 || read(fds[0], n->head + 100, 10) != 10 ||
		    memcmp(n->head + 100, "0123456789", 10))
			__atomic_fetch_add(&n->failures, 1, __ATOMIC_RELAXED);
		__atomic_fetch_add(&n->count[1], 1, __ATOMIC_RELAXED);
	}
	close(fds[0]);
	close(fds[1]);
	return NULL;
}

static bool have_counted(void *arg)
{
	struct neighbours *n = arg;

	return __atomic_load_n(&n->count[0], __ATOMIC_RELAXED) > 1000 &&
	       __atomic_load_n(&n->count[1], __ATOMIC_RELAXED) > 100;
}

static void neighbours_keep_their_bytes(void **state)
{
	struct neighbours *n = calloc(1, sizeof(*n));
	TEEC_SharedMemory shm = { .size = sizeof(n->buffer), .flags = BOTH };
	pthread_t thread[2];
	unsigned int i;

	(void)state;
	assert_non_null(n);
	assert_int_equal(pthread_create(&thread[0], NULL, count_up, n), 0);
	assert_int_equal(pthread_create(&thread[1], NULL, read_into, n), 0);
	for (i = 0; i < 15; i++) {
		shm.buffer = n->buffer;
		assert_int_equal(TEEC_RegisterSharedMemory(&c.ctx, &shm), TEEC_SUCCESS);
		change_and_check(&shm, n->buffer, i, sizeof(n->buffer) - i);
		change_and_check(&shm, n->buffer, 0, 100);
		TEEC_ReleaseSharedMemory(&shm);
	}
	assert_true(wait_until(have_counted, n));
	__atomic_store_n(&n->stop, true, __ATOMIC_RELEASE);
	pthread_join(thread[0], NULL);
	pthread_join(thread[1], NULL);
	assert_int_equal(n->failures, 0);
	assert_int_equal(n->head[sizeof(n->head) - 1], (uint8_t)n->count[0]);
	assert_int_equal(n->tail[0], (uint8_t)n->count[0]);
	free(n);
}

/* fork leaves both with the memory that fork promises: private memory apart, shared memory shared. */
static void fork_keeps_its_promise(void **state)
{
	TEEC_SharedMemory shm = { .size = 100000, .flags = BOTH };
	uint8_t *p = malloc(shm.size);
	int status;
	pid_t pid;

	(void)state;
	assert_non_null(p);
	pattern_fill(p, shm.size, 7);
	shm.buffer = p;
	assert_int_equal(TEEC_RegisterSharedMemory(&c.ctx, &shm), TEEC_SUCCESS);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		memset(p, 0, shm.size);
		_exit(p[99999]);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && !WEXITSTATUS(status));
	assert_int_equal(change(&shm, 0, shm.size), TEEC_SUCCESS);
	expect_changed(p, shm.size, 7);
	TEEC_ReleaseSharedMemory(&shm);
	free(p);
}

static void nothing_is_left(void **state)
{
	struct machine_shape before;
	unsigned int i;

	own_allocation(state);
	across_allocations(state);
	machine_look(&machine, &before);
	by_descriptor(state);
	for (i = 0; i < 5; i++) {
		own_allocation(state);
		across_allocations(state);
		wrong_descriptors(state);
	}
	machine_expect(&machine, &before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(own_allocation),
		cmocka_unit_test(overlapping),
		cmocka_unit_test(across_allocations),
		cmocka_unit_test(in_many_pieces),
		cmocka_unit_test(replaced_mapping),
		cmocka_unit_test(by_descriptor),
		cmocka_unit_test(wrong_descriptors),
		cmocka_unit_test(one_gigabyte),
		cmocka_unit_test(not_ours),
		cmocka_unit_test(neighbours_keep_their_bytes),
		cmocka_unit_test(fork_keeps_its_promise),
		cmocka_unit_test(nothing_is_left),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
