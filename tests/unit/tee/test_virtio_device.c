/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/* The l4virtio device against drivers that break the rules, one after the other, beside one that doesn't. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "fake_hv.h"
#include "fake_parts.h"

#define SET_STATUS(s) (L4VIRTIO_CMD_SET_STATUS | (s))
#define ACK_DRIVER (VIRTIO_STATUS_ACKNOWLEDGE | VIRTIO_STATUS_DRIVER)
#define UP_TO_FEATURES (ACK_DRIVER | VIRTIO_STATUS_FEATURES_OK)
#define LIVE (UP_TO_FEATURES | VIRTIO_STATUS_DRIVER_OK)
#define VERSION_1_WORD1 1u

struct fixture {
	struct fake_hv hv;
	struct fake_vm good, bad;
};

static void expect(struct fake_vm *vm, const char *text)
{
	char got[64];

	fake_vm_receive(vm, got, sizeof(got));
	assert_string_equal(got, text);
}

static void echo(struct fake_vm *vm)
{
	fake_vm_send(vm, 5, "echo");
	expect(vm, "echo");
}

static int set_up(void **state)
{
	static struct fixture f;

	fake_hv_start(&f.hv, 20);
	fake_vm_add(&f.hv, 1, &f.good);
	fake_vm_add(&f.hv, 2, &f.bad);
	assert_int_equal(fake_vm_online(&f.good), LIVE);
	expect(&f.good, "online");
	*state = &f;
	return 0;
}

/* Whatever the bad one did, the good one is served, and the bad one can begin again. */
static int tear_down(void **state)
{
	struct fixture *f = *state;

	echo(&f->good);
	assert_int_equal(fake_vm_cmd(&f->bad, SET_STATUS(0)), 0);
	memset(f->bad.ram, 0, FAKE_RAM_SIZE);
	assert_int_equal(fake_vm_online(&f->bad), LIVE);
	expect(&f->bad, "online");
	echo(&f->bad);
	assert_int_equal(fake_vm_del(&f->bad), 0);
	echo(&f->good);
	fake_vm_free(&f->good);
	fake_hv_stop(&f->hv);
	return 0;
}

static uint32_t negotiate(struct fake_vm *vm, uint32_t word0, uint32_t word1)
{
	fake_vm_cmd(vm, SET_STATUS(ACK_DRIVER));
	vm->config->driver_features_map[0] = word0;
	vm->config->driver_features_map[1] = word1;
	return fake_vm_cmd(vm, SET_STATUS(UP_TO_FEATURES));
}

static void test_features(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(negotiate(&f->bad, 0, 0), ACK_DRIVER);
	assert_int_equal(negotiate(&f->bad, 1u << 28, VERSION_1_WORD1), ACK_DRIVER);
	assert_int_equal(negotiate(&f->bad, 0, VERSION_1_WORD1 | 1u << 8), ACK_DRIVER);
	assert_int_equal(negotiate(&f->bad, 0, VERSION_1_WORD1), UP_TO_FEATURES);
}

static void test_driver_ok_too_early(void **state)
{
	struct fixture *f = *state;
	struct fake_counts counts;

	assert_true(fake_vm_cmd(&f->bad, SET_STATUS(LIVE)) & VIRTIO_STATUS_NEEDS_RESET);
	assert_int_equal(f->hv.dev_status, 1);
	fake_vm_cmd(&f->bad, SET_STATUS(0));
	negotiate(&f->bad, 0, VERSION_1_WORD1);
	fake_vm_queue_entry(&f->bad, 0);
	fake_vm_cmd(&f->bad, L4VIRTIO_CMD_CFG_QUEUE);
	/* One queue of two. */
	assert_true(fake_vm_cmd(&f->bad, SET_STATUS(LIVE)) & VIRTIO_STATUS_NEEDS_RESET);
	fake_parts_counts(f->hv.world, &counts);
	assert_int_equal(counts.ready, 1);
	assert_int_equal(counts.reset, 0);
}

static void test_queue_addresses(void **state)
{
	struct fixture *f = *state;
	volatile struct l4virtio_queue *q = f->bad.queue;
	const struct {
		uint16_t num;
		uint64_t desc, avail, used;
	} cases[] = {
		{ 0, FAKE_RAM_GPA, FAKE_RAM_GPA + 0x400, FAKE_RAM_GPA + 0x800 },
		{ 3, FAKE_RAM_GPA, FAKE_RAM_GPA + 0x400, FAKE_RAM_GPA + 0x800 },
		{ 64, FAKE_RAM_GPA, FAKE_RAM_GPA + 0x400, FAKE_RAM_GPA + 0x800 },
		{ 0x8000, FAKE_RAM_GPA, FAKE_RAM_GPA + 0x400, FAKE_RAM_GPA + 0x800 },
		{ 32, FAKE_RAM_GPA + 8, FAKE_RAM_GPA + 0x400, FAKE_RAM_GPA + 0x800 },
		{ 32, FAKE_RAM_GPA, FAKE_RAM_GPA + 0x401, FAKE_RAM_GPA + 0x800 },
		{ 32, FAKE_RAM_GPA, FAKE_RAM_GPA + 0x400, FAKE_RAM_GPA + 0x802 },
		{ 32, 0, FAKE_RAM_GPA + 0x400, FAKE_RAM_GPA + 0x800 },
		{ 32, FAKE_RAM_GPA, 0, FAKE_RAM_GPA + 0x800 },
		{ 32, FAKE_RAM_GPA, FAKE_RAM_GPA + 0x400, 0 },
		{ 32, FAKE_RAM_GPA + FAKE_RAM_SIZE - 0x10, FAKE_RAM_GPA + 0x400, FAKE_RAM_GPA },
		{ 32, FAKE_RAM_GPA, FAKE_RAM_GPA + FAKE_RAM_SIZE - 8, FAKE_RAM_GPA },
		{ 32, FAKE_RAM_GPA, FAKE_RAM_GPA, FAKE_RAM_GPA + FAKE_RAM_SIZE - 0x100 },
		{ 32, 0xfffffffffffffff0ull, FAKE_RAM_GPA, FAKE_RAM_GPA },
		{ 32, FAKE_RAM_GPA, 0xfffffffffffffffeull, FAKE_RAM_GPA },
		{ 32, FAKE_RAM_GPA, FAKE_RAM_GPA, 0xfffffffffffffffcull },
	};
	unsigned int i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		fake_vm_cmd(&f->bad, SET_STATUS(0));
		assert_int_equal(negotiate(&f->bad, 0, VERSION_1_WORD1), UP_TO_FEATURES);
		q->num = cases[i].num;
		q->desc = cases[i].desc;
		q->avail = cases[i].avail;
		q->used = cases[i].used;
		q->ready = 1;
		assert_true(fake_vm_cmd(&f->bad, L4VIRTIO_CMD_CFG_QUEUE) &
			    VIRTIO_STATUS_NEEDS_RESET);
	}
}

static void test_queue_order(void **state)
{
	struct fixture *f = *state;

	/* Before FEATURES_OK. */
	fake_vm_cmd(&f->bad, SET_STATUS(ACK_DRIVER));
	fake_vm_queue_entry(&f->bad, 0);
	assert_true(fake_vm_cmd(&f->bad, L4VIRTIO_CMD_CFG_QUEUE) & VIRTIO_STATUS_NEEDS_RESET);
	/* A queue that doesn't exist. */
	fake_vm_cmd(&f->bad, SET_STATUS(0));
	negotiate(&f->bad, 0, VERSION_1_WORD1);
	assert_true(fake_vm_cmd(&f->bad, L4VIRTIO_CMD_CFG_QUEUE | 2) & VIRTIO_STATUS_NEEDS_RESET);
	/* Twice: a second driver. */
	fake_vm_cmd(&f->bad, SET_STATUS(0));
	negotiate(&f->bad, 0, VERSION_1_WORD1);
	fake_vm_queue_entry(&f->bad, 0);
	assert_int_equal(fake_vm_cmd(&f->bad, L4VIRTIO_CMD_CFG_QUEUE), UP_TO_FEATURES);
	assert_true(fake_vm_cmd(&f->bad, L4VIRTIO_CMD_CFG_QUEUE) & VIRTIO_STATUS_NEEDS_RESET);
	/* On a live device. */
	fake_vm_cmd(&f->bad, SET_STATUS(0));
	memset(f->bad.ram, 0, FAKE_RAM_SIZE);
	assert_int_equal(fake_vm_online(&f->bad), LIVE);
	assert_true(fake_vm_cmd(&f->bad, L4VIRTIO_CMD_CFG_QUEUE) & VIRTIO_STATUS_NEEDS_RESET);
}

static void test_status_bits(void **state)
{
	struct fixture *f = *state;

	/* Bits go away by a reset only; unknown ones are nothing. */
	fake_vm_cmd(&f->bad, SET_STATUS(ACK_DRIVER));
	assert_int_equal(fake_vm_cmd(&f->bad, SET_STATUS(VIRTIO_STATUS_ACKNOWLEDGE)), ACK_DRIVER);
	assert_int_equal(fake_vm_cmd(&f->bad, SET_STATUS(0xffff30u)), ACK_DRIVER);
	assert_int_equal(fake_vm_cmd(&f->bad, 0x7f000000u), ACK_DRIVER);
	assert_int_equal(fake_vm_cmd(&f->bad, L4VIRTIO_CMD_NOTIFY_QUEUE | 99), ACK_DRIVER);
	/* FAILED ends it, whatever comes next. */
	assert_int_equal(fake_vm_cmd(&f->bad, SET_STATUS(VIRTIO_STATUS_FAILED)),
			 ACK_DRIVER | VIRTIO_STATUS_FAILED);
	assert_int_equal(fake_vm_cmd(&f->bad, SET_STATUS(LIVE)), ACK_DRIVER | VIRTIO_STATUS_FAILED);
}

static void kick(struct fake_vm *vm)
{
	const uint64_t one = 1;

	assert_int_equal(write(vm->kick, &one, sizeof(one)), sizeof(one));
}

/* The kick is asynchronous: the world has taken it when it says that the device's status changed. */
static void expect_broken(struct fixture *f)
{
	unsigned int before = f->hv.dev_status;
	struct fake_counts counts;

	while (f->hv.dev_status == before)
		fake_vm_cmd(&f->good, L4VIRTIO_CMD_NONE);
	assert_true(f->bad.config->status & VIRTIO_STATUS_NEEDS_RESET);
	do {
		fake_parts_counts(f->hv.world, &counts);
	} while (counts.reset != 1);
}

static void go_live(struct fixture *f)
{
	assert_int_equal(fake_vm_online(&f->bad), LIVE);
	expect(&f->bad, "online");
}

/* One descriptor in the driver's tx queue, as it is. */
static void expose(struct fake_vm *vm, uint64_t addr, uint32_t len, uint16_t flags)
{
	struct virtq_desc *desc = (void *)(vm->ram + FAKE_RING(1));
	uint16_t *avail = (void *)(vm->ram + FAKE_RING(1) + 0x400);

	desc[0] = (struct virtq_desc){ .addr = addr, .len = len, .flags = flags, .next = 0 };
	avail[2] = 0;
	tl_store_release(&avail[1], (uint16_t)(avail[1] + 1));
	kick(vm);
}

static void test_bad_descriptors(void **state)
{
	static const struct {
		uint64_t addr;
		uint32_t len;
		uint16_t flags;
	} cases[] = {
		{ FAKE_RAM_GPA + 0x8000, 16, VIRTQ_DESC_F_WRITE },
		{ FAKE_RAM_GPA + 0x8000, 16, VIRTQ_DESC_F_NEXT },
		{ FAKE_RAM_GPA + 0x8000, 16, VIRTQ_DESC_F_INDIRECT },
		{ FAKE_RAM_GPA + 0x8000, 16, 0xfff8 },
		{ FAKE_RAM_GPA + 0x8000, 0, 0 },
		{ FAKE_RAM_GPA + 0x8000, 5000, 0 },
		{ FAKE_RAM_GPA + 0x8000, UINT32_MAX, 0 },
		{ FAKE_RAM_GPA + FAKE_RAM_SIZE - 8, 16, 0 },
		{ FAKE_RAM_GPA - 8, 16, 0 },
		{ UINT64_MAX - 7, 16, 0 },
		{ 0, 16, 0 },
	};
	struct fixture *f = *state;
	struct fake_counts counts;
	unsigned int i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		unsigned int before = f->hv.dev_status;

		go_live(f);
		expose(&f->bad, cases[i].addr, cases[i].len, cases[i].flags);
		while (f->hv.dev_status == before)
			fake_vm_cmd(&f->good, L4VIRTIO_CMD_NONE);
		assert_int_equal(fake_vm_cmd(&f->bad, SET_STATUS(0)), 0);
		memset(f->bad.ram, 0, FAKE_RAM_SIZE);
	}
	/* Each life that was told "ready" was told "reset". */
	fake_parts_counts(f->hv.world, &counts);
	assert_int_equal(counts.reset, i);
	assert_int_equal(counts.ready, i + 1);
}

static void test_avail_index_runs_ahead(void **state)
{
	struct fixture *f = *state;
	uint16_t *avail;

	go_live(f);
	avail = (void *)(f->bad.ram + FAKE_RING(1) + 0x400);
	tl_store_release(&avail[1], (uint16_t)(avail[1] + 33));
	kick(&f->bad);
	expect_broken(f);
}

static void test_head_out_of_range(void **state)
{
	struct fixture *f = *state;
	uint16_t *avail;

	go_live(f);
	avail = (void *)(f->bad.ram + FAKE_RING(1) + 0x400);
	avail[2] = 32;
	tl_store_release(&avail[1], (uint16_t)(avail[1] + 1));
	kick(&f->bad);
	expect_broken(f);
}

static void test_bad_rx_buffers(void **state)
{
	struct fixture *f = *state;
	struct virtq_desc *desc;

	go_live(f);
	desc = (void *)(f->bad.ram + FAKE_RING(0));
	/* The answer goes into a buffer that isn't the VM's. */
	desc[1].addr = 0x1000;
	fake_vm_send(&f->bad, 0, "answer me");
	expect_broken(f);
}

static void test_driver_without_rx_buffers(void **state)
{
	struct fixture *f = *state;
	unsigned int i;

	/* 31 buffers are left after "online"; answers beyond are dropped by the fake, nobody spins. */
	go_live(f);
	for (i = 0; i < 40; i++) {
		fake_vm_send(&f->bad, i % 32, "flood");
		echo(&f->good);
	}
	for (i = 0; i < 31; i++)
		expect(&f->bad, "flood");
}

static void test_reset_with_work_in_flight(void **state)
{
	struct fixture *f = *state;
	struct fake_counts counts;
	unsigned int round, i;

	for (round = 0; round < 30; round++) {
		assert_int_equal(fake_vm_online(&f->bad), LIVE);
		for (i = 0; i < round % 7; i++)
			fake_vm_send(&f->bad, i, "going");
		assert_int_equal(fake_vm_cmd(&f->bad, SET_STATUS(0)), 0);
		memset(f->bad.ram, 0, FAKE_RAM_SIZE);
	}
	fake_parts_counts(f->hv.world, &counts);
	assert_int_equal(counts.reset, 30);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_features),
		TEST(test_driver_ok_too_early),
		TEST(test_queue_addresses),
		TEST(test_queue_order),
		TEST(test_status_bits),
		TEST(test_bad_descriptors),
		TEST(test_avail_index_runs_ahead),
		TEST(test_head_out_of_range),
		TEST(test_bad_rx_buffers),
		TEST(test_driver_without_rx_buffers),
		TEST(test_reset_with_work_in_flight),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
