/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/* Memory references of every kind, size and direction, and what was copied for them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "tests/system/client.h"
#include "tests/system/machine.h"
#include "tests/system/probe_ta.h"

#define KIB 1024u
#define MIB (1024u * KIB)

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

static const size_t sizes[] = { 1,	 2,	   15,	     4095,    4096,	4097,
				64 * KIB - 1, 64 * KIB, 64 * KIB + 1, MIB, 2 * MIB + 3 };
#define NUM_SIZES (sizeof(sizes) / sizeof(sizes[0]))

enum kind { ALLOCATED, REGISTERED, TEMPORARY, NUM_KINDS };

/* One direction: 0 input, 1 output, 2 inout. */
static void check_result(const TEEC_Operation *op, const uint8_t *p, size_t n, unsigned int direction,
			 uint8_t seed)
{
	uint8_t *want = malloc(n);
	size_t i;

	assert_non_null(want);
	pattern_fill(want, n, seed);
	if (direction == 0)
		assert_int_equal(op->params[3].value.a, pattern_sum(want, n));
	for (i = 0; direction == 2 && i < n; i++)
		want[i] ^= 0x5a;
	if (direction == 1)
		assert_true(is_ta_output(p, n));
	else
		assert_memory_equal(p, want, n);
	free(want);
}

static void temporary(size_t n, unsigned int direction)
{
	static const uint32_t types[] = { TEEC_MEMREF_TEMP_INPUT, TEEC_MEMREF_TEMP_OUTPUT,
					  TEEC_MEMREF_TEMP_INOUT };
	TEEC_Operation op = { 0 };
	uint8_t *p = malloc(n);
	uint32_t origin;

	assert_non_null(p);
	pattern_fill(p, n, 9);
	op.paramTypes = TEEC_PARAM_TYPES(types[direction], 0, 0, TEEC_VALUE_OUTPUT);
	op.params[0].tmpref.buffer = p;
	op.params[0].tmpref.size = n;
	assert_int_equal(TEEC_InvokeCommand(&c.session, PROBE_MEMORY, &op, &origin), TEEC_SUCCESS);
	assert_int_equal(op.params[0].tmpref.size, n);
	check_result(&op, p, n, direction, 9);
	free(p);
}

static void share(TEEC_SharedMemory *shm, enum kind kind, size_t n)
{
	memset(shm, 0, sizeof(*shm));
	shm->size = n;
	shm->flags = TEEC_MEM_INPUT | TEEC_MEM_OUTPUT;
	if (kind == ALLOCATED) {
		assert_int_equal(TEEC_AllocateSharedMemory(&c.ctx, shm), TEEC_SUCCESS);
		return;
	}
	shm->buffer = malloc(n);
	assert_non_null(shm->buffer);
	assert_int_equal(TEEC_RegisterSharedMemory(&c.ctx, shm), TEEC_SUCCESS);
}

static void release(TEEC_SharedMemory *shm, enum kind kind)
{
	void *p = shm->buffer;

	TEEC_ReleaseSharedMemory(shm);
	if (kind == REGISTERED)
		free(p);
}

static void whole(enum kind kind, size_t n, unsigned int direction)
{
	TEEC_SharedMemory shm;
	TEEC_Operation op = { 0 };
	uint32_t origin;

	share(&shm, kind, n);
	/* A whole memref takes its direction from the block's flags. */
	shm.flags = direction == 0 ? TEEC_MEM_INPUT :
		    direction == 1 ? TEEC_MEM_OUTPUT :
				     TEEC_MEM_INPUT | TEEC_MEM_OUTPUT;
	pattern_fill(shm.buffer, n, 5);
	op.paramTypes = TEEC_PARAM_TYPES(TEEC_MEMREF_WHOLE, 0, 0, TEEC_VALUE_OUTPUT);
	op.params[0].memref.parent = &shm;
	assert_int_equal(TEEC_InvokeCommand(&c.session, PROBE_MEMORY, &op, &origin), TEEC_SUCCESS);
	check_result(&op, shm.buffer, n, direction, 5);
	release(&shm, kind);
}

static void every_kind_size_and_direction(void **state)
{
	unsigned int i, direction;

	(void)state;
	for (i = 0; i < NUM_SIZES; i++) {
		for (direction = 0; direction < 3; direction++) {
			temporary(sizes[i], direction);
			whole(ALLOCATED, sizes[i], direction);
			whole(REGISTERED, sizes[i], direction);
		}
	}
}

static void partial(enum kind kind, size_t parent, size_t offset, size_t n, unsigned int direction)
{
	static const uint32_t types[] = { TEEC_MEMREF_PARTIAL_INPUT, TEEC_MEMREF_PARTIAL_OUTPUT,
					  TEEC_MEMREF_PARTIAL_INOUT };
	TEEC_SharedMemory shm;
	TEEC_Operation op = { 0 };
	uint8_t *p, *around;
	uint32_t origin;

	share(&shm, kind, parent);
	p = shm.buffer;
	around = malloc(parent);
	assert_non_null(around);
	memset(p, 0xaa, parent);
	memset(around, 0xaa, parent);
	pattern_fill(p + offset, n, 3);
	op.paramTypes = TEEC_PARAM_TYPES(types[direction], 0, 0, TEEC_VALUE_OUTPUT);
	op.params[0].memref.parent = &shm;
	op.params[0].memref.offset = offset;
	op.params[0].memref.size = n;
	assert_int_equal(TEEC_InvokeCommand(&c.session, PROBE_MEMORY, &op, &origin), TEEC_SUCCESS);
	check_result(&op, p + offset, n, direction, 3);
	assert_memory_equal(p, around, offset);
	assert_memory_equal(p + offset + n, around, parent - offset - n);
	free(around);
	release(&shm, kind);
}

static void partial_references_at_odd_offsets(void **state)
{
	static const struct {
		size_t parent, offset, n;
	} cases[] = {
		{ 100, 1, 98 },		      { 4096, 4095, 1 },	 { 8192, 4095, 2 },
		{ 64 * KIB, 1, 64 * KIB - 1 }, { MIB, 4097, 100000 },	 { MIB, 65535, 65537 },
		{ MIB, MIB - 1, 1 },	      { 2 * MIB, 3, 2 * MIB - 5 },
	};
	unsigned int i, direction;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (direction = 0; direction < 3; direction++) {
			partial(ALLOCATED, cases[i].parent, cases[i].offset, cases[i].n, direction);
			partial(REGISTERED, cases[i].parent, cases[i].offset, cases[i].n, direction);
		}
	}
}

static void partial_references_past_their_parent(void **state)
{
	static const struct {
		size_t offset, size;
	} bad[] = { { 0, 4097 }, { 1, 4096 }, { 4096, 1 }, { SIZE_MAX, 2 }, { 2, SIZE_MAX - 1 } };
	TEEC_SharedMemory shm;
	uint32_t origin;
	unsigned int i;

	(void)state;
	share(&shm, ALLOCATED, 4096);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		TEEC_Operation op = { 0 };

		op.paramTypes = TEEC_PARAM_TYPES(TEEC_MEMREF_PARTIAL_INOUT, 0, 0, 0);
		op.params[0].memref.parent = &shm;
		op.params[0].memref.offset = bad[i].offset;
		op.params[0].memref.size = bad[i].size;
		assert_int_equal(TEEC_InvokeCommand(&c.session, PROBE_MEMORY, &op, &origin),
				 TEEC_ERROR_BAD_PARAMETERS);
	}
	release(&shm, ALLOCATED);
	client_works(&c);
}

static void three_big_buffers_at_once(void **state)
{
	TEEC_SharedMemory shm[3];
	TEEC_Operation op = { 0 };
	uint32_t origin, i;
	uint8_t *want = malloc(2 * MIB);

	(void)state;
	for (i = 0; i < 3; i++) {
		share(&shm[i], ALLOCATED, 2 * MIB);
		pattern_fill(shm[i].buffer, 2 * MIB, (uint8_t)i);
	}
	op.paramTypes = TEEC_PARAM_TYPES(TEEC_MEMREF_PARTIAL_INPUT, TEEC_MEMREF_PARTIAL_OUTPUT,
					 TEEC_MEMREF_PARTIAL_INOUT, TEEC_VALUE_OUTPUT);
	for (i = 0; i < 3; i++) {
		op.params[i].memref.parent = &shm[i];
		op.params[i].memref.size = 2 * MIB;
	}
	assert_int_equal(TEEC_InvokeCommand(&c.session, PROBE_MEMORY, &op, &origin), TEEC_SUCCESS);
	pattern_fill(want, 2 * MIB, 0);
	assert_int_equal(op.params[3].value.a, pattern_sum(want, 2 * MIB));
	assert_memory_equal(shm[0].buffer, want, 2 * MIB);
	assert_true(is_ta_output(shm[1].buffer, 2 * MIB));
	pattern_fill(want, 2 * MIB, 2);
	for (i = 0; i < 2 * MIB; i++)
		want[i] ^= 0x5a;
	assert_memory_equal(shm[2].buffer, want, 2 * MIB);
	for (i = 0; i < 3; i++)
		release(&shm[i], ALLOCATED);
	free(want);
}

static void short_buffers_tell_the_size(void **state)
{
	static const size_t have[] = { 0, 10, 4096, 70000 };
	unsigned int i;

	(void)state;
	for (i = 0; i < 4; i++) {
		uint8_t *p = malloc(have[i] + 1);
		uint32_t origin, want = (uint32_t)have[i] * 2 + 7;
		TEEC_Operation op = { 0 };
		size_t k;

		memset(p, 0x11, have[i] + 1);
		op.paramTypes = TEEC_PARAM_TYPES(TEEC_MEMREF_TEMP_OUTPUT, TEEC_VALUE_INPUT, 0, 0);
		op.params[0].tmpref.buffer = have[i] ? p : NULL;
		op.params[0].tmpref.size = have[i];
		op.params[1].value.a = want;
		assert_int_equal(TEEC_InvokeCommand(&c.session, PROBE_WANT_SIZE, &op, &origin),
				 TEEC_ERROR_SHORT_BUFFER);
		assert_int_equal(op.params[0].tmpref.size, want);
		for (k = 0; k <= have[i]; k++)
			assert_int_equal(p[k], 0x11);
		free(p);
		p = malloc(want);
		op.params[0].tmpref.buffer = p;
		op.params[0].tmpref.size = want;
		assert_int_equal(TEEC_InvokeCommand(&c.session, PROBE_WANT_SIZE, &op, &origin),
				 TEEC_SUCCESS);
		assert_true(is_ta_output(p, want));
		free(p);
	}
}

static void less_output_than_room(void **state)
{
	uint8_t p[300];
	TEEC_Operation op = { 0 };
	uint32_t origin;

	(void)state;
	memset(p, 0x22, sizeof(p));
	op.paramTypes = TEEC_PARAM_TYPES(TEEC_MEMREF_TEMP_OUTPUT, TEEC_VALUE_INPUT, 0, 0);
	op.params[0].tmpref.buffer = p;
	op.params[0].tmpref.size = sizeof(p);
	op.params[1].value.a = 100;
	assert_int_equal(TEEC_InvokeCommand(&c.session, PROBE_WANT_SIZE, &op, &origin), TEEC_SUCCESS);
	assert_int_equal(op.params[0].tmpref.size, 100);
	assert_true(is_ta_output(p, 100));
	assert_int_equal(p[100], 0x22);
	assert_int_equal(p[299], 0x22);
}

static void null_and_empty_references(void **state)
{
	TEEC_Operation op = { 0 };
	uint32_t origin;

	(void)state;
	op.paramTypes = TEEC_PARAM_TYPES(TEEC_MEMREF_TEMP_INPUT, TEEC_MEMREF_TEMP_OUTPUT,
					 TEEC_MEMREF_TEMP_INOUT, TEEC_VALUE_OUTPUT);
	assert_int_equal(TEEC_InvokeCommand(&c.session, PROBE_MEMORY, &op, &origin), TEEC_SUCCESS);
	assert_int_equal(op.params[3].value.a, 0);
	op.params[0].tmpref.buffer = &op;
	assert_int_equal(TEEC_InvokeCommand(&c.session, PROBE_MEMORY, &op, &origin), TEEC_SUCCESS);
}

static void a_size_that_lies(void **state)
{
	uint8_t p[64], guard[64];
	TEEC_Operation op = { 0 };
	uint32_t origin;

	(void)state;
	memset(p, 1, sizeof(p));
	memset(guard, 1, sizeof(guard));
	op.paramTypes = TEEC_PARAM_TYPES(TEEC_MEMREF_TEMP_OUTPUT, 0, 0, 0);
	op.params[0].tmpref.buffer = p;
	op.params[0].tmpref.size = 32;
	TEEC_InvokeCommand(&c.session, PROBE_LIE_SIZE, &op, &origin);
	assert_memory_equal(p + 32, guard, 32);
	client_close(&c);
	client_open(&c, &probe);
	client_works(&c);
}

static void input_cannot_be_written(void **state)
{
	static const size_t n[] = { 16, 4096, MIB };
	struct client victim;
	uint32_t origin;
	unsigned int i;

	(void)state;
	for (i = 0; i < 3; i++) {
		TEEC_SharedMemory shm = { .size = n[i], .flags = TEEC_MEM_INPUT | TEEC_MEM_OUTPUT };
		TEEC_Operation op = { 0 };

		client_open(&victim, &probe);
		assert_int_equal(TEEC_AllocateSharedMemory(&victim.ctx, &shm), TEEC_SUCCESS);
		memset(shm.buffer, 0x33, n[i]);
		op.paramTypes = TEEC_PARAM_TYPES(TEEC_MEMREF_PARTIAL_INOUT, 0, 0, 0);
		op.params[0].memref.parent = &shm;
		op.params[0].memref.size = n[i];
		/* Mapped for writing first: an input-only use is read-only all the same. */
		assert_int_equal(TEEC_InvokeCommand(&victim.session, PROBE_TOUCH, &op, &origin),
				 TEEC_SUCCESS);
		op.paramTypes = TEEC_PARAM_TYPES(TEEC_MEMREF_PARTIAL_INPUT, 0, 0, 0);
		assert_int_equal(TEEC_InvokeCommand(&victim.session, PROBE_WRITE_INPUT, &op, &origin),
				 TEEC_ERROR_TARGET_DEAD);
		assert_int_equal(((uint8_t *)shm.buffer)[0], 0x33);
		TEEC_ReleaseSharedMemory(&shm);
		client_close(&victim);
		client_works(&c);
	}
}

static uint64_t copied(void)
{
	return machine_counter(&machine, "bytes_copied_in") + machine_counter(&machine, "bytes_copied_out");
}

static void big_allocated_buffers_are_not_copied(void **state)
{
	TEEC_SharedMemory shm = { .size = MIB, .flags = TEEC_MEM_INPUT | TEEC_MEM_OUTPUT };
	uint64_t before, maps;
	uint32_t origin, i;

	(void)state;
	assert_int_equal(TEEC_AllocateSharedMemory(&c.ctx, &shm), TEEC_SUCCESS);
	before = copied();
	maps = machine_counter(&machine, "maps");
	for (i = 0; i < 10; i++) {
		TEEC_Operation op = { 0 };

		op.paramTypes = TEEC_PARAM_TYPES(TEEC_MEMREF_PARTIAL_INOUT, 0, 0, 0);
		op.params[0].memref.parent = &shm;
		op.params[0].memref.offset = i * 3;
		op.params[0].memref.size = MIB - i * 3;
		assert_int_equal(TEEC_InvokeCommand(&c.session, PROBE_MEMORY, &op, &origin),
				 TEEC_SUCCESS);
	}
	assert_int_equal(copied(), before);
	assert_int_equal(machine_counter(&machine, "maps"), maps + 1);
	TEEC_ReleaseSharedMemory(&shm);
	assert_int_equal(machine_counter(&machine, "unmaps"), machine_counter(&machine, "maps"));
}

static void many_rounds_leave_nothing(void **state)
{
	struct machine_shape before;
	unsigned int i;

	(void)state;
	whole(ALLOCATED, MIB, 2);
	temporary(MIB, 2);
	machine_look(&machine, &before);
	for (i = 0; i < 50; i++) {
		whole(ALLOCATED, MIB, 2);
		temporary(70000, i % 3);
	}
	machine_expect(&machine, &before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_size_and_direction),
		cmocka_unit_test(partial_references_at_odd_offsets),
		cmocka_unit_test(partial_references_past_their_parent),
		cmocka_unit_test(three_big_buffers_at_once),
		cmocka_unit_test(short_buffers_tell_the_size),
		cmocka_unit_test(less_output_than_room),
		cmocka_unit_test(null_and_empty_references),
		cmocka_unit_test(a_size_that_lies),
		cmocka_unit_test(input_cannot_be_written),
		cmocka_unit_test(big_allocated_buffers_are_not_copied),
		cmocka_unit_test(many_rounds_leave_nothing),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
