/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tools/trace_log.h"

struct ring {
	int fd;
	struct trace_ring *map;
};

static int setup(void **state)
{
	struct ring *r = calloc(1, sizeof(*r));

	if (!r)
		return -1;
	r->fd = memfd_create("ring", MFD_CLOEXEC);
	if (r->fd < 0 || ftruncate(r->fd, sizeof(*r->map)))
		return -1;
	r->map = mmap(NULL, sizeof(*r->map), PROT_READ | PROT_WRITE, MAP_SHARED, r->fd, 0);
	*state = r;
	return r->map == MAP_FAILED ? -1 : 0;
}

static int teardown(void **state)
{
	struct ring *r = *state;

	munmap(r->map, sizeof(*r->map));
	close(r->fd);
	free(r);
	return 0;
}

static void emit(struct ring *r, enum trace_hop hop, enum trace_dir dir, const char *verb,
		 uint64_t ns)
{
	uint32_t slot = r->map->next++;
	struct trace_entry *e = &r->map->slot[slot % TRACE_RING_SLOTS];

	memset(e, 0, sizeof(*e));
	e->hop = (uint16_t)hop;
	e->dir = (uint16_t)dir;
	e->ns = ns;
	e->pid = 7;
	e->tid = 8;
	strncpy(e->verb, verb, sizeof(e->verb) - 1);
	e->seq = slot + 1;
}

static void assert_written(struct ring *r, bool all, const char *want)
{
	struct trace_entry *entries;
	size_t num, lost, size;
	char *text;
	FILE *out;

	assert_int_equal(trace_log_read(r->fd, &entries, &num, &lost), 0);
	out = open_memstream(&text, &size);
	assert_non_null(out);
	trace_log_write(out, entries, num, all, false);
	fclose(out);
	assert_string_equal(text, want);
	free(text);
	free(entries);
}

static void test_call_down_and_up(void **state)
{
	struct ring *r = *state;

	emit(r, TRACE_VMM, TRACE_DOWN, "write", 500);
	emit(r, TRACE_CA, TRACE_DOWN, "invoke", 1000);
	/* Slots are taken in one order, times are another. */
	emit(r, TRACE_DEVICE, TRACE_DOWN, "kick", 3000);
	emit(r, TRACE_VIRTIO, TRACE_DOWN, "kick", 2500);
	emit(r, TRACE_CA, TRACE_UP, "invoke", 11010);
	assert_written(r, false,
		       "1. invoke  (process 7)\n"
		       "          us         +us\n"
		       "        0.00              v ree/libteec                invoke\n"
		       "        1.50       +1.50      v ree/virtio             kick\n"
		       "  ------------------------ normal world v secure world "
		       "------------------------\n"
		       "        2.00       +0.50         v tee/virtio          kick\n"
		       "  ------------------------ normal world ^ secure world "
		       "------------------------\n"
		       "       10.01       +8.01  ^ ree/libteec                invoke\n");
}

static void test_nothing_called(void **state)
{
	struct ring *r = *state;

	emit(r, TRACE_VMM, TRACE_DOWN, "write", 500);
	assert_written(r, false, "no call was made\n");
	assert_written(r, true,
		       "        0.00              "
		       "     v hv/vmm                write\nno call was made\n");
}

static void test_slots_that_are_not_whole(void **state)
{
	struct trace_entry *entries;
	struct ring *r = *state;
	size_t num, lost;

	emit(r, TRACE_CA, TRACE_DOWN, "one", 1);
	r->map->next++; /* taken and not filled */
	emit(r, TRACE_CA, TRACE_UP, "bad hop", 3);
	r->map->slot[2].hop = TRACE_NUM_HOPS;
	emit(r, TRACE_CA, TRACE_UP, "bad seq", 4);
	r->map->slot[3].seq = 9;
	emit(r, TRACE_CA, TRACE_UP, "five", 5);
	memset(r->map->slot[4].verb, '\n', sizeof(r->map->slot[4].verb));
	assert_int_equal(trace_log_read(r->fd, &entries, &num, &lost), 0);
	assert_int_equal(num, 2);
	assert_int_equal(lost, 0);
	assert_string_equal(entries[0].verb, "one");
	assert_string_equal(entries[1].verb, "???????????????????????????????");
	free(entries);
}

static void test_overwritten(void **state)
{
	struct trace_entry *entries;
	struct ring *r = *state;
	size_t num, lost;
	uint32_t i;

	for (i = 0; i < TRACE_RING_SLOTS + 5; i++)
		emit(r, TRACE_CA, TRACE_DOWN, "invoke", i);
	assert_int_equal(trace_log_read(r->fd, &entries, &num, &lost), 0);
	assert_int_equal(num, TRACE_RING_SLOTS);
	assert_int_equal(lost, 5);
	assert_int_equal(entries[0].ns, 5);
	free(entries);
}

static void test_not_a_ring(void **state)
{
	struct trace_entry *entries;
	struct ring *r = *state;
	size_t num, lost;
	int fd = memfd_create("short", MFD_CLOEXEC);

	(void)r;
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, 4096), 0);
	assert_int_equal(trace_log_read(fd, &entries, &num, &lost), -EPROTO);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_call_down_and_up, setup, teardown),
		cmocka_unit_test_setup_teardown(test_nothing_called, setup, teardown),
		cmocka_unit_test_setup_teardown(test_slots_that_are_not_whole, setup, teardown),
		cmocka_unit_test_setup_teardown(test_overwritten, setup, teardown),
		cmocka_unit_test_setup_teardown(test_not_a_ring, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
