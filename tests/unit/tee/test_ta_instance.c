// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
/* Calls into real TAs, as processes and as threads: parameters, memory, endings. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "ta_fixture.h"
#include "tests/system/probe_ta.h"

#define VALUE_IN 1u
#define VALUE_OUT 2u
#define VALUE_INOUT 3u
#define MEMREF_IN 5u
#define MEMREF_OUT 6u
#define MEMREF_INOUT 7u

#define TEE_ERROR_CANCEL 0xffff0002u
#define TEE_ERROR_SHORT_BUFFER 0xffff0010u
#define TEE_ERROR_TARGET_DEAD 0xffff3024u
#define BIG (1u << 20)

static const uint8_t probe[16] = { 0x6a, 0x1e, 0x2c, 0x60, 0x93, 0xd1, 0x4b, 0x0c,
				   0x9f, 0x3e, 0x5b, 0x1c, 0x22, 0x8a, 0x77, 0x01 };
static const uint8_t hostile[16] = { 0x6a, 0x1e, 0x2c, 0x60, 0x93, 0xd1, 0x4b, 0x0c,
				     0x9f, 0x3e, 0x5b, 0x1c, 0x22, 0x8a, 0x77, 0x04 };

static struct ta_fixture fx;
static struct ta_instance *inst;

static int setup_threads(void **state)
{
	(void)state;
	ta_fixture_start(&fx, true, true);
	inst = ta_fixture_open(&fx, probe);
	return 0;
}

static int setup_processes(void **state)
{
	(void)state;
	ta_fixture_start(&fx, false, true);
	inst = ta_fixture_open(&fx, probe);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	ta_fixture_close(&fx, inst);
	ta_fixture_stop(&fx);
	return 0;
}

static struct ta_call invoke(uint32_t cmd)
{
	return (struct ta_call){ .entry = TA_ENTRY_INVOKE, .session = 1, .cmd = cmd };
}

static struct ta_param value(uint32_t type, uint32_t a, uint32_t b)
{
	return (struct ta_param){ .type = type, .u.value = { a, b } };
}

static struct ta_param memref(uint32_t type, struct vm_mem *mem, uint64_t offset, uint64_t size)
{
	return (struct ta_param){ .type = type, .u.memref = { mem, offset, size } };
}

static struct world_counters counters(void)
{
	struct world_counters c;

	world_lock(fx.world);
	c = *world_counters(fx.world);
	world_unlock(fx.world);
	return c;
}

static void expect_works(void)
{
	struct ta_call c = invoke(PROBE_VALUES);

	c.param[0] = value(VALUE_IN, 7, 9);
	c.param[1] = value(VALUE_OUT, 1, 1);
	c.param[2] = value(VALUE_INOUT, 0x0f, 41);
	assert_int_equal(ta_fixture_call(&fx, inst, &c), 0);
	assert_int_equal(c.result, 0);
	assert_int_equal(c.origin, 4);
	assert_int_equal(c.param[1].u.value.a, 9);
	assert_int_equal(c.param[1].u.value.b, 7);
	assert_int_equal(c.param[2].u.value.a, 0xfffffff0u);
	assert_int_equal(c.param[2].u.value.b, 42);
}

static void test_values(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < 1000; i++)
		expect_works();
}

static void fill(uint8_t *p, size_t n, unsigned int seed)
{
	size_t i;

	for (i = 0; i < n; i++)
		p[i] = (uint8_t)(i * 13 + seed);
}

static uint32_t sum(const uint8_t *p, size_t n)
{
	uint32_t s = 0;

	while (n--)
		s += *p++;
	return s;
}

/* One memory command on three objects; @size bytes at @offset of each. */
static void check_memory(struct vm_mem *mem[3], uint8_t *base[3], uint64_t offset, size_t size)
{
	struct ta_call c = invoke(PROBE_MEMORY);
	uint32_t want;
	uint8_t *was;
	size_t i;

	for (i = 0; i < 3; i++) {
		fill(base[i], mem[i]->size, (unsigned int)i);
		c.param[i] = memref(MEMREF_IN + (uint32_t)i, mem[i], offset, size);
	}
	was = malloc(mem[2]->size);
	assert_non_null(was);
	memcpy(was, base[2], mem[2]->size);
	want = sum(base[0] + offset, size);
	c.param[3] = value(VALUE_OUT, 0, 0);
	assert_int_equal(ta_fixture_call(&fx, inst, &c), 0);
	assert_int_equal(c.result, 0);
	assert_int_equal(c.param[3].u.value.a, want);
	for (i = 0; i < size; i++) {
		assert_int_equal(base[1][offset + i], (uint8_t)(i * 7 + 3));
		assert_int_equal(base[2][offset + i], was[offset + i] ^ 0x5a);
	}
	for (i = 0; i < mem[1]->size; i++)
		if (i < offset || i >= offset + size) {
			assert_int_equal(base[1][i], (uint8_t)(i * 13 + 1));
			assert_int_equal(base[2][i], was[i]);
		}
	free(was);
}

static void run_memory(size_t object, uint64_t offset, size_t size)
{
	struct vm_mem *mem[3];
	uint8_t *base[3];
	unsigned int i;

	for (i = 0; i < 3; i++)
		mem[i] = ta_fixture_mem(object, &base[i]);
	check_memory(mem, base, offset, size);
	check_memory(mem, base, offset, size);
	for (i = 0; i < 3; i++)
		ta_fixture_mem_put(&fx, mem[i]);
}

static void test_small_memory_is_copied(void **state)
{
	struct world_counters before = counters(), after;

	(void)state;
	run_memory(4096, 0, 4096);
	run_memory(4096, 17, 1001);
	run_memory(TA_MAP_THRESHOLD - 1, 1, 100);
	run_memory(4096, 4096, 0);
	after = counters();
	assert_int_equal(after.maps, before.maps);
	assert_int_equal(after.bytes_copied_in - before.bytes_copied_in,
			 2 * 3 * (4096 + 1001 + 100));
	assert_int_equal(after.bytes_copied_out - before.bytes_copied_out,
			 2 * 2 * (4096 + 1001 + 100));
}

static void test_large_memory_is_mapped(void **state)
{
	struct world_counters before = counters(), after;

	(void)state;
	run_memory(TA_MAP_THRESHOLD, 0, TA_MAP_THRESHOLD);
	run_memory(BIG, 12345, 54321);
	/* A part of the last page. */
	run_memory(BIG + 1, 0, BIG + 1);
	after = counters();
	assert_int_equal(after.maps - before.maps, 9);
	assert_int_equal(after.unmaps - before.unmaps, 9);
	assert_int_equal(after.bytes_copied_in, before.bytes_copied_in);
	assert_int_equal(after.bytes_copied_out, before.bytes_copied_out);
}

static void test_pool_and_scattered(void **state)
{
	struct world_counters before = counters(), after;
	struct vm_mem *mem[3];
	uint8_t *base[3];
	uint32_t want = 0, i;
	struct ta_call c = invoke(PROBE_MEMORY);

	(void)state;
	for (i = 0; i < 3; i++) {
		mem[i] = ta_fixture_mem(BIG, &base[i]);
		mem[i]->pool = true;
	}
	check_memory(mem, base, 70000, 80000);
	for (i = 0; i < 3; i++)
		ta_fixture_mem_put(&fx, mem[i]);
	assert_int_equal(counters().maps, before.maps);

	/* More runs than one message takes, seen as one buffer. */
	mem[0] = ta_fixture_mem_scattered(40, &base[0]);
	for (i = 0; i < 40; i++) {
		fill(base[0] + i * 8192, 4096, i);
		want += sum(base[0] + i * 8192, 4096);
	}
	c.param[0] = memref(MEMREF_IN, mem[0], 0, 40 * 4096);
	c.param[3] = value(VALUE_OUT, 0, 0);
	assert_int_equal(ta_fixture_call(&fx, inst, &c), 0);
	assert_int_equal(c.param[3].u.value.a, want);
	after = counters();
	assert_int_equal(after.maps, before.maps + 1);
	ta_fixture_mem_put(&fx, mem[0]);
}

/* The TA would get a descriptor of all of it. */
static void test_part_of_a_dataspace(void **state)
{
	struct world_counters before = counters();
	struct vm_mem *mem[3];
	uint8_t *base[3];
	unsigned int i;

	(void)state;
	for (i = 0; i < 3; i++) {
		mem[i] = ta_fixture_mem(BIG, &base[i]);
		mem[i]->size = mem[i]->run[0].len = BIG / 2;
	}
	check_memory(mem, base, 70000, 80000);
	mem[1]->run[0].offset = BIG / 2;
	base[1] += BIG / 2;
	check_memory(mem, base, 70000, 80000);
	for (i = 0; i < 3; i++)
		ta_fixture_mem_put(&fx, mem[i]);
	assert_int_equal(counters().maps, before.maps);
}

static uint64_t address_in_ta(struct vm_mem *mem, uint32_t type)
{
	struct ta_call c = invoke(PROBE_ADDRESS);

	c.param[0] = memref(type, mem, 0, mem->size);
	c.param[1] = value(VALUE_OUT, 0, 0);
	assert_int_equal(ta_fixture_call(&fx, inst, &c), 0);
	assert_int_equal(c.result, 0);
	return c.param[1].u.value.a | (uint64_t)c.param[1].u.value.b << 32;
}

static void test_mapped_once(void **state)
{
	struct world_counters before = counters();
	struct vm_mem *mem;
	uint64_t ro, rw;
	uint8_t *base;

	(void)state;
	mem = ta_fixture_mem(BIG, &base);
	ro = address_in_ta(mem, MEMREF_IN);
	rw = address_in_ta(mem, MEMREF_OUT);
	assert_int_not_equal(ro, rw);
	assert_int_equal(address_in_ta(mem, MEMREF_IN), ro);
	assert_int_equal(address_in_ta(mem, MEMREF_INOUT), rw);
	assert_int_equal(counters().maps - before.maps, 2);
	ta_fixture_mem_put(&fx, mem);
	assert_int_equal(counters().unmaps - before.unmaps, 2);
	expect_works();
}

/* Many objects, each released: slots are used again, the TA's address space too. */
static void test_slots_come_back(void **state)
{
	unsigned int i;
	uint8_t *base;

	(void)state;
	for (i = 0; i < 600; i++) {
		struct vm_mem *mem = ta_fixture_mem(TA_MAP_THRESHOLD, &base);

		address_in_ta(mem, MEMREF_IN);
		ta_fixture_mem_put(&fx, mem);
	}
	assert_true(counters().maps >= 600);
}

static void test_null_and_sizes(void **state)
{
	struct ta_call c = invoke(PROBE_WANT_SIZE);
	struct vm_mem *mem;
	uint8_t *base;

	(void)state;
	c.param[0] = memref(MEMREF_OUT, NULL, 0, 0);
	c.param[1] = value(VALUE_IN, 100, 0);
	assert_int_equal(ta_fixture_call(&fx, inst, &c), 0);
	assert_int_equal(c.result, TEE_ERROR_SHORT_BUFFER);
	assert_int_equal(c.param[0].u.memref.size, 100);

	mem = ta_fixture_mem(4096, &base);
	memset(base, 0xaa, 4096);
	c.param[0] = memref(MEMREF_OUT, mem, 10, 99);
	assert_int_equal(ta_fixture_call(&fx, inst, &c), 0);
	assert_int_equal(c.result, TEE_ERROR_SHORT_BUFFER);
	assert_int_equal(c.param[0].u.memref.size, 100);
	c.param[0] = memref(MEMREF_OUT, mem, 10, 200);
	assert_int_equal(ta_fixture_call(&fx, inst, &c), 0);
	assert_int_equal(c.result, 0);
	assert_int_equal(c.param[0].u.memref.size, 100);
	assert_int_equal(base[9], 0xaa);
	assert_int_equal(base[10], 3);
	assert_int_equal(base[110], 0xaa);

	/*
	 * More than there is, and success: the size is told, nothing behind the buffer is touched.
	 */
	c = invoke(PROBE_LIE_SIZE);
	memset(base, 0xaa, 4096);
	c.param[0] = memref(MEMREF_OUT, mem, 0, 50);
	assert_int_equal(ta_fixture_call(&fx, inst, &c), 0);
	assert_int_equal(c.param[0].u.memref.size, 200);
	assert_int_equal(base[50], 0xaa);
	ta_fixture_mem_put(&fx, mem);
}

static void test_too_large_to_copy(void **state)
{
	struct ta_call c = invoke(PROBE_MEMORY);
	struct vm_mem *mem;
	uint8_t *base;

	(void)state;
	mem = ta_fixture_mem(64u << 20, &base);
	mem->pool = true;
	c.param[0] = memref(MEMREF_IN, mem, 0, mem->size);
	assert_int_equal(ta_fixture_call(&fx, inst, &c), -ENOMEM);
	c.param[0].type = 4;
	assert_int_equal(ta_fixture_call(&fx, inst, &c), -ENOMEM);
	expect_works();
	ta_fixture_mem_put(&fx, mem);
}

static void test_identity(void **state)
{
	struct ta_call c = invoke(PROBE_IDENTITY);
	struct vm_mem *mem;
	uint8_t *base;
	unsigned int i;

	(void)state;
	mem = ta_fixture_mem(4096, &base);
	c.login = 1;
	for (i = 0; i < 16; i++)
		c.client_uuid[i] = (uint8_t)(i + 1);
	c.param[0] = memref(MEMREF_OUT, mem, 0, 20);
	assert_int_equal(ta_fixture_call(&fx, inst, &c), 0);
	assert_int_equal(c.result, 0);
	assert_int_equal(base[0], 1);
	assert_memory_equal(base + 4, c.client_uuid, 16);
	ta_fixture_mem_put(&fx, mem);
}

static void test_heap(void **state)
{
	struct ta_call c = invoke(PROBE_MALLOC);

	(void)state;
	c.param[0] = value(VALUE_IN, 500000, 0);
	assert_int_equal(ta_fixture_call(&fx, inst, &c), 0);
	assert_int_equal(c.result, 0);
	/* TA_DATA_SIZE is one MiB. */
	c.param[0] = value(VALUE_IN, 2u << 20, 0);
	assert_int_equal(ta_fixture_call(&fx, inst, &c), 0);
	assert_int_equal(c.result, 0xffff000c);
}

static void *cancel_soon(void *arg)
{
	(void)arg;
	usleep(20000);
	world_lock(fx.world);
	ta_instance_cancel(inst);
	world_unlock(fx.world);
	return NULL;
}

/* Masked as every entry starts, the wait runs to its end; the flag is there when unmasked. */
static void test_cancel_masked(void **state)
{
	struct ta_call c = invoke(PROBE_WAIT_MASKED);
	pthread_t t;

	(void)state;
	c.param[0] = value(VALUE_INOUT, 200, 0);
	assert_int_equal(pthread_create(&t, NULL, cancel_soon, NULL), 0);
	assert_int_equal(ta_fixture_call(&fx, inst, &c), 0);
	pthread_join(t, NULL);
	assert_int_equal(c.result, 0);
	assert_int_equal(c.param[0].u.value.a, 1);
	/* It was for that call. */
	c.param[0] = value(VALUE_INOUT, 0, 0);
	assert_int_equal(ta_fixture_call(&fx, inst, &c), 0);
	assert_int_equal(c.param[0].u.value.a, 0);
}

static void expect_dead(struct ta_call *c)
{
	assert_int_equal(ta_fixture_call(&fx, inst, c), -EOWNERDEAD);
	assert_int_equal(c->result, TEE_ERROR_TARGET_DEAD);
	assert_int_equal(c->origin, 3);
	world_lock(fx.world);
	assert_true(ta_instance_dead(inst));
	assert_int_equal(ta_instance_pid(inst), 0);
	world_unlock(fx.world);
	*c = invoke(PROBE_NOP);
	assert_int_equal(ta_fixture_call(&fx, inst, c), -EOWNERDEAD);
	/* The next one is as new. */
	ta_fixture_close(&fx, inst);
	inst = ta_fixture_open(&fx, probe);
	expect_works();
}

static void test_panic(void **state)
{
	struct ta_call c = invoke(PROBE_PANIC);

	(void)state;
	c.param[0] = value(VALUE_IN, 0xbad, 0);
	expect_dead(&c);
}

static void test_crash(void **state)
{
	struct ta_call c = invoke(PROBE_CRASH);

	(void)state;
	expect_dead(&c);
}

static void write_input(size_t size)
{
	struct ta_call c = invoke(PROBE_WRITE_INPUT);
	struct vm_mem *mem;
	uint8_t *base;

	mem = ta_fixture_mem(size, &base);
	memset(base, 0x11, size);
	c.param[0] = memref(MEMREF_IN, mem, 0, size);
	expect_dead(&c);
	assert_int_equal(base[0], 0x11);
	ta_fixture_mem_put(&fx, mem);
}

static void test_write_to_input(void **state)
{
	(void)state;
	write_input(4096);
	write_input(BIG);
}

static void *kill_soon(void *arg)
{
	(void)arg;
	usleep(20000);
	world_lock(fx.world);
	ta_instance_kill(inst);
	world_unlock(fx.world);
	return NULL;
}

static void test_kill_a_spinning_one(void **state)
{
	struct ta_call c = invoke(PROBE_SPIN);
	pthread_t t;

	(void)state;
	assert_int_equal(pthread_create(&t, NULL, kill_soon, NULL), 0);
	expect_dead(&c);
	pthread_join(t, NULL);
}

static void test_kill_a_waiting_one(void **state)
{
	struct ta_call c = invoke(PROBE_WAIT);
	pthread_t t;

	(void)state;
	c.param[0] = value(VALUE_IN, UINT32_MAX, 0);
	assert_int_equal(pthread_create(&t, NULL, kill_soon, NULL), 0);
	expect_dead(&c);
	pthread_join(t, NULL);
}

static void test_misdeeds(void **state)
{
	uint32_t misdeed;

	(void)state;
	for (misdeed = 0; misdeed < HOSTILE_NUM; misdeed++) {
		struct ta_call c = invoke(misdeed);
		struct ta_instance *bad;
		int ret;

		if (HOSTILE_NEEDS_LIMITS(misdeed) && getenv("TEELINK_TEST_NO_LIMITS"))
			continue;
		bad = ta_fixture_open(&fx, hostile);
		ret = ta_fixture_call(&fx, bad, &c);
		if (ret != -EOWNERDEAD && (ret || c.result != 0xffff0001u))
			fail_msg("misdeed %u: %d 0x%x", misdeed, ret, c.result);
		ta_fixture_close(&fx, bad);
		expect_works();
	}
}

static void test_misdeeds_in_constructors(void **state)
{
	static const uint8_t misdeeds[] = { 0, 3, 4, 6, 9, 10, 15 };
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(misdeeds); i++) {
		struct ta_instance *bad = NULL;
		struct ta_image *img = NULL;
		uint8_t uuid[16];

		memcpy(uuid, hostile, sizeof(uuid));
		uuid[15] = (uint8_t)(0x80 + misdeeds[i]);
		assert_int_equal(ta_fixture_load(&fx, uuid, &img), 0);
		world_lock(fx.world);
		assert_int_equal(ta_instance_create(fx.world, img, &bad), -EOWNERDEAD);
		ta_image_put(img);
		world_unlock(fx.world);
		expect_works();
	}
}

static void test_launcher_dies(void **state)
{
	struct ta_call c = invoke(PROBE_NOP);
	struct ta_image *img = NULL;

	(void)state;
	ta_fixture_kill_launcher(&fx);
	while (!ta_fixture_call(&fx, inst, &c))
		usleep(1000);
	assert_int_equal(c.result, TEE_ERROR_TARGET_DEAD);
	/* The world has nothing to serve with: it stops, and loads no more. */
	assert_true(world_stopping(fx.world));
	assert_int_equal(ta_fixture_load(&fx, probe, &img), -ECANCELED);
}

#define BOTH(fn)                                                                                   \
	cmocka_unit_test_setup_teardown(fn, setup_threads, teardown),                              \
		cmocka_unit_test_setup_teardown(fn, setup_processes, teardown)
#define PROCESS(fn) cmocka_unit_test_setup_teardown(fn, setup_processes, teardown)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		BOTH(test_values),
		BOTH(test_small_memory_is_copied),
		BOTH(test_large_memory_is_mapped),
		BOTH(test_pool_and_scattered),
		BOTH(test_part_of_a_dataspace),
		BOTH(test_mapped_once),
		BOTH(test_slots_come_back),
		BOTH(test_null_and_sizes),
		BOTH(test_too_large_to_copy),
		BOTH(test_identity),
		BOTH(test_heap),
		BOTH(test_cancel_masked),
		BOTH(test_panic),
		BOTH(test_kill_a_waiting_one),
		PROCESS(test_crash),
		PROCESS(test_write_to_input),
		PROCESS(test_kill_a_spinning_one),
		PROCESS(test_misdeeds),
		PROCESS(test_misdeeds_in_constructors),
		PROCESS(test_launcher_dies),
	};

	ta_fixture_args(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
