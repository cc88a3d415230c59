/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * Ordinary memory that is registered, in place where TEELINK_REGISTER asks for it and this user has
 * the full userfaultfd, copied otherwise: what the program, its threads and its children see is the
 * same.
 */
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
#include <sys/socket.h>
#include <sys/wait.h>
#include <tee_client_api_extensions.h>
#include <unistd.h>

#include "ree/vm/maps.h"
#include "ree/vm/uffd.h"
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
static bool in_place; /* what is to be expected */
static char said[4096];

/* What the library says when it first attaches. */
static void open_and_listen(void)
{
	int err = dup(STDERR_FILENO), log = memfd_create("log", MFD_CLOEXEC);
	ssize_t n;

	assert_true(err >= 0 && log >= 0);
	assert_true(dup2(log, STDERR_FILENO) == STDERR_FILENO);
	client_open(&c, &probe);
	assert_true(dup2(err, STDERR_FILENO) == STDERR_FILENO);
	n = pread(log, said, sizeof(said) - 1, 0);
	said[n < 0 ? 0 : n] = '\0';
	close(err);
	close(log);
}

static int start(void **state)
{
	const char *way = getenv("TEELINK_REGISTER");
	int fd = uffd_open();

	(void)state;
	in_place = way && !strcmp(way, "inplace") && fd >= 0;
	if (fd >= 0)
		close(fd);
	machine_start(&machine, NULL, NULL);
	open_and_listen();
	return 0;
}

static int stop(void **state)
{
	(void)state;
	client_close(&c);
	machine_stop(&machine);
	return 0;
}

/* How the kernel has @p mapped, as maps says it. */
static void perms_at(const void *p, char perms[5])
{
	struct maps_reader r;
	struct maps_entry m;

	strcpy(perms, "none");
	assert_int_equal(maps_open(&r, false), 0);
	while (maps_next(&r, &m) > 0)
		if (m.start <= (uintptr_t)p && (uintptr_t)p < m.end)
			memcpy(perms, m.perms, sizeof(m.perms));
	maps_close(&r);
}

static bool is_shared(const void *p)
{
	char perms[5];

	perms_at(p, perms);
	return perms[3] == 's';
}

static uint8_t *map(size_t len)
{
	uint8_t *p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_true(p != MAP_FAILED);
	return p;
}

static void share(TEEC_SharedMemory *shm, void *p, size_t len)
{
	*shm = (TEEC_SharedMemory){ .buffer = p, .size = len, .flags = BOTH };
	assert_int_equal(TEEC_RegisterSharedMemory(&c.ctx, shm), TEEC_SUCCESS);
}

/* The TA XORs the range with 0x5a. */
static void change_and_check(TEEC_SharedMemory *shm, uint8_t *p, size_t offset, size_t n)
{
	uint8_t *want = malloc(n);
	TEEC_Operation op = { 0 };
	uint32_t origin;
	size_t i;

	assert_non_null(want);
	pattern_fill(p + offset, n, 7);
	op.paramTypes = TEEC_PARAM_TYPES(TEEC_MEMREF_PARTIAL_INOUT, 0, 0, 0);
	op.params[0].memref.parent = shm;
	op.params[0].memref.offset = offset;
	op.params[0].memref.size = n;
	assert_int_equal(TEEC_InvokeCommand(&c.session, PROBE_MEMORY, &op, &origin), TEEC_SUCCESS);
	pattern_fill(want, n, 7);
	for (i = 0; i < n; i++)
		want[i] ^= 0x5a;
	assert_memory_equal(p + offset, want, n);
	free(want);
}

/* The TA sees @n bytes at @p as the program does. */
static void expect_seen(TEEC_SharedMemory *shm, const uint8_t *p, size_t offset, size_t n)
{
	TEEC_Operation op = { 0 };
	uint32_t origin;

	op.paramTypes = TEEC_PARAM_TYPES(TEEC_MEMREF_PARTIAL_INPUT, 0, 0, TEEC_VALUE_OUTPUT);
	op.params[0].memref.parent = shm;
	op.params[0].memref.offset = offset;
	op.params[0].memref.size = n;
	assert_int_equal(TEEC_InvokeCommand(&c.session, PROBE_MEMORY, &op, &origin), TEEC_SUCCESS);
	assert_int_equal(op.params[3].value.a, pattern_sum(p + offset, n));
}

/* Who asked for what isn't to be had is told so, once; nobody else is. */
static void says_what_it_does(void **state)
{
	const char *way = getenv("TEELINK_REGISTER"), *first = strstr(said, "full userfaultfd");

	(void)state;
	if (way && !strcmp(way, "inplace") && !in_place) {
		assert_non_null(first);
		assert_null(strstr(first + 1, "full userfaultfd"));
	} else {
		assert_null(first);
	}
}

/* Whole pages are the machine's too; those at the edges, which have others' bytes, never. */
static void whole_pages(void **state)
{
	uint8_t *p = map(MIB), *want = malloc(MIB);
	TEEC_SharedMemory shm;
	uint64_t before;

	(void)state;
	assert_non_null(want);
	pattern_fill(p, MIB, 3);
	pattern_fill(want, MIB, 3);
	share(&shm, p + 100, 300000);
	assert_memory_equal(p, want, MIB);
	assert_int_equal(is_shared(p + PAGE), in_place);
	assert_int_equal(is_shared(p + 73 * PAGE - 1), in_place);
	assert_false(is_shared(p));
	assert_false(is_shared(p + 73 * PAGE));
	before = machine_counter(&machine, "bytes_copied_in");
	change_and_check(&shm, p + 100, 0, 300000);
	change_and_check(&shm, p + 100, 0, 10);
	change_and_check(&shm, p + 100, 5000, 70000);
	change_and_check(&shm, p + 100, 299000, 1000);
	assert_int_equal(machine_counter(&machine, "bytes_copied_in"), before);
	memcpy(want, p, MIB);
	TEEC_ReleaseSharedMemory(&shm);
	assert_false(is_shared(p + PAGE));
	assert_memory_equal(p, want, MIB);
	munmap(p, MIB);
	free(want);
}

/* Large and mostly empty, in several mappings, from malloc: all the same. */
static void any_private_memory(void **state)
{
	TEEC_SharedMemory shm[3];
	uint8_t *p = map(64 * MIB), *q = malloc(2 * MIB), *r = map(2 * MIB);

	(void)state;
	assert_non_null(q);
	pattern_fill(p + 5 * MIB - 5, 100000, 7);
	/* A mapping that the kernel can't join with its neighbours. */
	assert_true(mremap(map(MIB), MIB, MIB, MREMAP_MAYMOVE | MREMAP_FIXED, r + 512 * KIB) ==
		    r + 512 * KIB);
	share(&shm[0], p, 64 * MIB);
	share(&shm[1], q, 2 * MIB);
	share(&shm[2], r, 2 * MIB - 512 * KIB);
	assert_int_equal(is_shared(p), in_place);
	assert_int_equal(is_shared(p + 64 * MIB - 1), in_place);
	assert_int_equal(is_shared(q + MIB), in_place);
	assert_int_equal(is_shared(r + MIB), in_place);
	expect_seen(&shm[0], p, 5 * MIB - 100, 100200);
	change_and_check(&shm[0], p, 62 * MIB + 1, MIB);
	change_and_check(&shm[1], q, 0, 2 * MIB);
	change_and_check(&shm[2], r, 0, MIB + 512 * KIB);
	TEEC_ReleaseSharedMemory(&shm[0]);
	TEEC_ReleaseSharedMemory(&shm[1]);
	TEEC_ReleaseSharedMemory(&shm[2]);
	munmap(p, 64 * MIB);
	munmap(r, 2 * MIB);
	free(q);
}

/* Memory that isn't as other memory is stays where it is, and is copied. */
static void other_memory(void **state)
{
	uint8_t on_stack[128 * KIB], *p = map(4 * MIB);
	TEEC_SharedMemory shm;
	char perms[5];

	(void)state;
	share(&shm, on_stack, sizeof(on_stack));
	assert_false(is_shared(on_stack + sizeof(on_stack) / 2));
	change_and_check(&shm, on_stack, 0, sizeof(on_stack));
	TEEC_ReleaseSharedMemory(&shm);

	assert_int_equal(madvise(p, MIB, MADV_DONTFORK), 0);
	share(&shm, p, MIB);
	assert_false(is_shared(p));
	change_and_check(&shm, p, 0, MIB);
	TEEC_ReleaseSharedMemory(&shm);

	assert_int_equal(madvise(p + MIB, MIB, MADV_WIPEONFORK), 0);
	share(&shm, p + MIB / 2, MIB);
	assert_false(is_shared(p + MIB));
	change_and_check(&shm, p + MIB / 2, 0, MIB);
	TEEC_ReleaseSharedMemory(&shm);

	/* What the program does with memory that is registered is kept. */
	pattern_fill(p + 2 * MIB, MIB, 1);
	share(&shm, p + 2 * MIB, MIB);
	assert_int_equal(mprotect(p + 2 * MIB, MIB, PROT_READ), 0);
	assert_int_equal(munmap(p + 3 * MIB - PAGE, PAGE), 0);
	TEEC_ReleaseSharedMemory(&shm);
	perms_at(p + 2 * MIB, perms);
	assert_string_equal(perms, "r--p");
	perms_at(p + 3 * MIB - PAGE, perms);
	assert_string_equal(perms, "none");
	munmap(p, 4 * MIB);
	client_works(&c);
}

static void overlapping(void **state)
{
	uint8_t *p = map(2 * MIB);
	TEEC_SharedMemory a, b, whole;

	(void)state;
	share(&a, p + 12345, 300000);
	share(&b, p + 200001, 300000);
	share(&whole, p, 2 * MIB);
	change_and_check(&a, p + 12345, 0, 300000);
	change_and_check(&b, p + 200001, 0, 300000);
	change_and_check(&whole, p, 0, 2 * MIB);
	TEEC_ReleaseSharedMemory(&a);
	change_and_check(&b, p + 200001, 0, 300000);
	change_and_check(&whole, p, 0, 2 * MIB);
	TEEC_ReleaseSharedMemory(&b);
	change_and_check(&whole, p, 100000, MIB);
	TEEC_ReleaseSharedMemory(&whole);
	munmap(p, 2 * MIB);
}

/* Threads that use the buffer, and what lies beside it in its pages, all the time. */
struct hammer {
	uint8_t *p;
	bool stop;
	unsigned int failures;
	uint64_t rounds[3];
	int fds[2];
};

static bool hammers_on(struct hammer *h, unsigned int who)
{
	__atomic_fetch_add(&h->rounds[who], 1, __ATOMIC_RELAXED);
	return !__atomic_load_n(&h->stop, __ATOMIC_ACQUIRE);
}

static void failed(struct hammer *h)
{
	__atomic_fetch_add(&h->failures, 1, __ATOMIC_RELAXED);
}

#define HAMMER_PAGES 64u

/* One counter in each page; the first and the last pages are the edges'. */
static void *count_up(void *arg)
{
	struct hammer *h = arg;
	uint64_t n = 0;
	unsigned int i;

	while (hammers_on(h, 0)) {
		for (i = 0; i < HAMMER_PAGES; i++) {
			volatile uint64_t *counter = (void *)(h->p + i * PAGE + 8);

			if (*counter != n)
				failed(h);
			*counter = n + 1;
		}
		n++;
	}
	return NULL;
}

/* System calls that write there never fail, and write what they should. */
static void *read_into(void *arg)
{
	struct hammer *h = arg;
	uint8_t bytes[10];
	unsigned int i;
	int fds[2];

	if (pipe(fds))
		abort();
	for (i = 0; hammers_on(h, 1); i++) {
		uint8_t *to = h->p + i % HAMMER_PAGES * PAGE + 100;

		memset(bytes, (int)i, sizeof(bytes));
		if (write(fds[1], bytes, 10) != 10 || read(fds[0], to, 10) != 10 ||
		    memcmp(to, bytes, 10))
			failed(h);
	}
	close(fds[0]);
	close(fds[1]);
	return NULL;
}

/* Datagrams, across two pages: one that couldn't be delivered would be lost. */
static void *receive_into(void *arg)
{
	struct hammer *h = arg;
	uint8_t bytes[200];
	unsigned int i;
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_DGRAM, 0, fds))
		abort();
	for (i = 0; hammers_on(h, 2); i++) {
		uint8_t *to = h->p + (i % (HAMMER_PAGES - 1) + 1) * PAGE - 150;

		memset(bytes, (int)i, 150);
		memset(bytes + 150, 0, 50);
		if (send(fds[0], bytes, 150, 0) != 150 || recv(fds[1], to, 150, 0) != 150 ||
		    memcmp(to, bytes, 150))
			failed(h);
	}
	close(fds[0]);
	close(fds[1]);
	return NULL;
}

static bool all_have_hammered(void *arg)
{
	struct hammer *h = arg;
	unsigned int i;

	for (i = 0; i < 3; i++)
		if (__atomic_load_n(&h->rounds[i], __ATOMIC_RELAXED) < 200)
			return false;
	return true;
}

static void no_write_is_lost(void **state)
{
	struct hammer h = { .p = map(2 * HAMMER_PAGES * PAGE) };
	pthread_t thread[3];
	TEEC_SharedMemory shm;
	unsigned int i;

	(void)state;
	assert_int_equal(pthread_create(&thread[0], NULL, count_up, &h), 0);
	assert_int_equal(pthread_create(&thread[1], NULL, read_into, &h), 0);
	assert_int_equal(pthread_create(&thread[2], NULL, receive_into, &h), 0);
	for (i = 0; i < 12 || (i < 1000 && !all_have_hammered(&h)); i++) {
		/* From the middle of the first page to the middle of the last. */
		share(&shm, h.p + 300, (2 * HAMMER_PAGES - 1) * PAGE);
		assert_int_equal(is_shared(h.p + PAGE), in_place);
		change_and_check(&shm, h.p + 300, HAMMER_PAGES * PAGE, 20000 + i);
		TEEC_ReleaseSharedMemory(&shm);
	}
	assert_true(wait_until(all_have_hammered, &h));
	__atomic_store_n(&h.stop, true, __ATOMIC_RELEASE);
	for (i = 0; i < 3; i++)
		pthread_join(thread[i], NULL);
	assert_int_equal(h.failures, 0);
	munmap(h.p, 2 * HAMMER_PAGES * PAGE);
}

/* A child that sees @want in each page of @p, and writes there. */
static void fork_and_look(uint8_t *p, size_t len, uint8_t want)
{
	int status;
	size_t i;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (!pid) {
		for (i = 0; i < len; i += PAGE)
			if (p[i] != want)
				_exit(1);
		memset(p, 0xee, len);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	for (i = 0; i < len; i += PAGE)
		assert_int_equal(p[i], want);
}

/* fork leaves both with the memory that it promises; from then on this registration is a copy. */
static void fork_keeps_its_promise(void **state)
{
	uint8_t *p = map(MIB);
	TEEC_SharedMemory shm;

	(void)state;
	memset(p, 0x42, MIB);
	share(&shm, p, MIB);
	fork_and_look(p, MIB, 0x42);
	assert_false(is_shared(p));
	change_and_check(&shm, p, 0, MIB);
	change_and_check(&shm, p, 4097, 70000);
	memset(p, 0x43, MIB);
	expect_seen(&shm, p, 0, MIB);
	fork_and_look(p, MIB, 0x43);
	TEEC_ReleaseSharedMemory(&shm);
	share(&shm, p, MIB);
	assert_int_equal(is_shared(p), in_place);
	TEEC_ReleaseSharedMemory(&shm);
	munmap(p, MIB);
}

static void *fork_often(void *arg)
{
	struct hammer *h = arg;
	unsigned int i;
	int status;

	for (i = 0; hammers_on(h, 0); i++) {
		pid_t pid = fork();

		if (!pid)
			_exit(h->p[PAGE] == 0x42 && h->p[3 * MIB - 1] == 0x42 ? 0 : 1);
		if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status) ||
		    WEXITSTATUS(status))
			failed(h);
	}
	return NULL;
}

/* Forks at any moment: before, while and after pages are on their way, there and back. */
static void forks_meanwhile(void **state)
{
	struct hammer h = { .p = map(3 * MIB) };
	TEEC_SharedMemory shm;
	pthread_t thread;
	unsigned int i;

	(void)state;
	memset(h.p, 0x42, 3 * MIB);
	assert_int_equal(pthread_create(&thread, NULL, fork_often, &h), 0);
	for (i = 0; i < 20; i++) {
		share(&shm, h.p + 5, 3 * MIB - 5);
		expect_seen(&shm, h.p + 5, 100, 100000);
		TEEC_ReleaseSharedMemory(&shm);
	}
	__atomic_store_n(&h.stop, true, __ATOMIC_RELEASE);
	pthread_join(thread, NULL);
	assert_int_equal(h.failures, 0);
	for (i = 0; i < 3 * MIB; i++)
		if (h.p[i] != 0x42)
			fail_msg("byte %u", i);
	munmap(h.p, 3 * MIB);
}

#define DIRECT_BYTES (64u * KIB)

/* A file whose reads go straight into memory, or -1: no file system here does that. */
static int direct_file(void)
{
	char name[] = "/var/tmp/teelink-direct-XXXXXX";
	uint8_t *p = map(DIRECT_BYTES);
	int fd = mkostemp(name, O_CLOEXEC), direct;

	assert_true(fd >= 0);
	pattern_fill(p, DIRECT_BYTES, 77);
	assert_int_equal(write(fd, p, DIRECT_BYTES), DIRECT_BYTES);
	assert_int_equal(fsync(fd), 0);
	direct = open(name, O_RDONLY | O_DIRECT | O_CLOEXEC);
	unlink(name);
	close(fd);
	munmap(p, DIRECT_BYTES);
	return direct;
}

static void expect_direct(int fd, uint8_t *p)
{
	uint8_t *want = malloc(DIRECT_BYTES);

	assert_non_null(want);
	pattern_fill(want, DIRECT_BYTES, 77);
	memset(p, 0, DIRECT_BYTES);
	assert_int_equal(pread(fd, p, DIRECT_BYTES, 0), DIRECT_BYTES);
	assert_memory_equal(p, want, DIRECT_BYTES);
	free(want);
}

static void *read_direct(void *arg)
{
	struct hammer *h = arg;
	uint8_t *want = malloc(DIRECT_BYTES);

	if (!want)
		abort();
	pattern_fill(want, DIRECT_BYTES, 77);
	while (hammers_on(h, 0)) {
		memset(h->p, 0, DIRECT_BYTES);
		if (pread(h->fds[0], h->p, DIRECT_BYTES, 0) != DIRECT_BYTES ||
		    memcmp(h->p, want, DIRECT_BYTES))
			failed(h);
	}
	free(want);
	return NULL;
}

/* Into memory that is registered of each kind, and into memory while it is being registered. */
static void direct_input(void **state)
{
	TEEC_SharedMemory own = { .size = MIB, .flags = BOTH }, by_fd = { .flags = BOTH }, shm;
	int fd = direct_file(), mem = memfd_create("client", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	uint8_t *p = map(MIB), *q;
	unsigned int i;

	(void)state;
	if (fd < 0) {
		print_message("no O_DIRECT here: %s\n", strerror(errno));
		skip();
	}
	assert_true(mem >= 0 && !ftruncate(mem, MIB) && !fcntl(mem, F_ADD_SEALS, F_SEAL_SHRINK));
	q = mmap(NULL, MIB, PROT_READ | PROT_WRITE, MAP_SHARED, mem, 0);
	assert_true(q != MAP_FAILED);
	assert_int_equal(TEEC_AllocateSharedMemory(&c.ctx, &own), TEEC_SUCCESS);
	assert_int_equal(TEEC_RegisterSharedMemoryFileDescriptor(&c.ctx, &by_fd, mem),
			 TEEC_SUCCESS);
	share(&shm, p, MIB);
	expect_direct(fd, own.buffer);
	expect_seen(&own, own.buffer, 0, DIRECT_BYTES);
	expect_direct(fd, q + PAGE);
	expect_seen(&by_fd, q, PAGE, DIRECT_BYTES);
	expect_direct(fd, p + 2 * PAGE);
	expect_seen(&shm, p, 2 * PAGE, DIRECT_BYTES);
	TEEC_ReleaseSharedMemory(&shm);
	TEEC_ReleaseSharedMemory(&by_fd);
	TEEC_ReleaseSharedMemory(&own);
	for (i = 0; i < 10; i++) {
		struct hammer h = { .p = p + 3 * PAGE, .fds = { fd, -1 } };
		pthread_t thread;

		assert_int_equal(pthread_create(&thread, NULL, read_direct, &h), 0);
		share(&shm, p + 1, MIB - 1);
		change_and_check(&shm, p + 1, 512 * KIB, 100000);
		/* Before memory is released, what goes on in it ends. */
		__atomic_store_n(&h.stop, true, __ATOMIC_RELEASE);
		pthread_join(thread, NULL);
		assert_int_equal(h.failures, 0);
		expect_seen(&shm, p + 1, 0, MIB - 1);
		TEEC_ReleaseSharedMemory(&shm);
	}
	munmap(p, MIB);
	munmap(q, MIB);
	close(mem);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(says_what_it_does),
		cmocka_unit_test(whole_pages),
		cmocka_unit_test(any_private_memory),
		cmocka_unit_test(other_memory),
		cmocka_unit_test(overlapping),
		cmocka_unit_test(no_write_is_lost),
		cmocka_unit_test(fork_keeps_its_promise),
		cmocka_unit_test(forks_meanwhile),
		cmocka_unit_test(direct_input),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
