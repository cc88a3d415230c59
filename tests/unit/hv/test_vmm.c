/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/* The register window: a driver that follows virtio 1.2, and ones that don't; a device that lies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hv/vmm/vmm.h"
#include "wire/tipc.h"
#include "wire/virtio_mmio.h"
#include "wire/virtio_ring.h"

#define DRIVER_BITS (VIRTIO_STATUS_ACKNOWLEDGE | VIRTIO_STATUS_DRIVER)
#define QUEUES_OFFSET 0x200u

struct fixture {
	struct vmm vmm;
	uint8_t *page;
};

static struct l4virtio_config *config(struct fixture *f)
{
	return (void *)f->page;
}

static struct l4virtio_queue *queue(struct fixture *f, unsigned int i)
{
	return (struct l4virtio_queue *)(void *)(f->page + QUEUES_OFFSET) + i;
}

static void device_comes(struct fixture *f)
{
	struct l4virtio_config *c = config(f);
	const struct tipc_dev_config tipc = { .msg_buf_max_size = 4096, .dev_name = "dev0" };

	c->version = L4VIRTIO_VERSION;
	c->device = L4VIRTIO_DEVICE_P2P_TIPC;
	c->num_queues = 2;
	c->queues_offset = QUEUES_OFFSET;
	c->dev_features_map[0] = 1u << VIRTIO_F_EVENT_IDX;
	c->dev_features_map[1] = 1u | 1u << 8; /* VERSION_1, and RING_RESET that nobody may see */
	c->dev_features_map[5] = 1u;
	queue(f, 0)->num_max = queue(f, 1)->num_max = 32;
	memcpy(f->page + 0x100, &tipc, sizeof(tipc));
	c->magic = L4VIRTIO_MAGIC;
}

static int set_up(void **state)
{
	static struct fixture f;

	f.page = aligned_alloc(4096, L4VIRTIO_PAGE_SIZE);
	memset(f.page, 0, L4VIRTIO_PAGE_SIZE);
	vmm_init(&f.vmm, f.page);
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	free(f->page);
	return 0;
}

static uint32_t get(struct fixture *f, uint32_t reg)
{
	uint32_t v = 0xdeadbeef;

	assert_int_equal(vmm_read(&f->vmm, reg, 4, &v), 0);
	return v;
}

/* The device's part: what is asked for is granted. */
static int put(struct fixture *f, uint32_t reg, uint32_t value)
{
	struct l4virtio_config *c = config(f);
	int ret = vmm_write(&f->vmm, reg, 4, value);

	if (ret != 1)
		return ret;
	if ((c->cmd & L4VIRTIO_CMD_MASK) == L4VIRTIO_CMD_SET_STATUS)
		c->status = c->cmd & 0xff;
	c->cmd = 0;
	return vmm_command_done(&f->vmm);
}

static void negotiate(struct fixture *f)
{
	assert_int_equal(put(f, VIRTIO_MMIO_STATUS, 0), 0);
	assert_int_equal(put(f, VIRTIO_MMIO_STATUS, VIRTIO_STATUS_ACKNOWLEDGE), 0);
	assert_int_equal(put(f, VIRTIO_MMIO_STATUS, DRIVER_BITS), 0);
	assert_int_equal(put(f, VIRTIO_MMIO_DRIVER_FEATURES_SEL, 1), 0);
	assert_int_equal(put(f, VIRTIO_MMIO_DRIVER_FEATURES, 1), 0);
	assert_int_equal(put(f, VIRTIO_MMIO_STATUS, DRIVER_BITS | VIRTIO_STATUS_FEATURES_OK), 0);
}

static void test_no_device_yet(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(get(f, VIRTIO_MMIO_MAGIC), VIRTIO_MMIO_MAGIC_VALUE);
	assert_int_equal(get(f, VIRTIO_MMIO_VERSION), 2);
	assert_int_equal(get(f, VIRTIO_MMIO_DEVICE_ID), 0);
	assert_int_equal(put(f, VIRTIO_MMIO_STATUS, 1), -ENODEV);
	device_comes(f);
	assert_int_equal(get(f, VIRTIO_MMIO_DEVICE_ID), VIRTIO_ID_TRUSTY_IPC);
	assert_int_equal(get(f, VIRTIO_MMIO_VENDOR_ID), L4VIRTIO_VENDOR);
}

static void test_features(void **state)
{
	struct fixture *f = *state;
	uint32_t sel;

	device_comes(f);
	put(f, VIRTIO_MMIO_DEVICE_FEATURES_SEL, 0);
	assert_int_equal(get(f, VIRTIO_MMIO_DEVICE_FEATURES), 1u << VIRTIO_F_EVENT_IDX);
	put(f, VIRTIO_MMIO_DEVICE_FEATURES_SEL, 1);
	assert_int_equal(get(f, VIRTIO_MMIO_DEVICE_FEATURES), 1);
	for (sel = 2; sel < 70; sel++) {
		put(f, VIRTIO_MMIO_DEVICE_FEATURES_SEL, sel);
		assert_int_equal(get(f, VIRTIO_MMIO_DEVICE_FEATURES), 0);
		put(f, VIRTIO_MMIO_DRIVER_FEATURES_SEL, sel);
		assert_int_equal(put(f, VIRTIO_MMIO_DRIVER_FEATURES, 1), -EINVAL);
	}
	put(f, VIRTIO_MMIO_DEVICE_FEATURES_SEL, UINT32_MAX);
	assert_int_equal(get(f, VIRTIO_MMIO_DEVICE_FEATURES), 0);
	negotiate(f);
	assert_int_equal(put(f, VIRTIO_MMIO_DRIVER_FEATURES, 0), -EBUSY);
	assert_int_equal(config(f)->driver_features_map[1], 1);
}

static void test_status_order(void **state)
{
	struct fixture *f = *state;

	device_comes(f);
	assert_true(put(f, VIRTIO_MMIO_STATUS, DRIVER_BITS | VIRTIO_STATUS_FEATURES_OK |
						       VIRTIO_STATUS_DRIVER_OK) < 0);
	assert_true(put(f, VIRTIO_MMIO_STATUS, VIRTIO_STATUS_FEATURES_OK) < 0);
	assert_true(put(f, VIRTIO_MMIO_STATUS, 0x100) < 0);
	assert_true(put(f, VIRTIO_MMIO_STATUS, 0x10) < 0);
	assert_int_equal(get(f, VIRTIO_MMIO_STATUS), 0);
	negotiate(f);
	assert_true(put(f, VIRTIO_MMIO_STATUS, VIRTIO_STATUS_ACKNOWLEDGE) < 0);
	assert_int_equal(get(f, VIRTIO_MMIO_STATUS), DRIVER_BITS | VIRTIO_STATUS_FEATURES_OK);
	assert_int_equal(put(f, VIRTIO_MMIO_STATUS, 0), 0);
	assert_int_equal(get(f, VIRTIO_MMIO_STATUS), 0);
}

static void test_features_that_the_device_refuses(void **state)
{
	struct fixture *f = *state;
	struct l4virtio_config *c = config(f);

	device_comes(f);
	put(f, VIRTIO_MMIO_STATUS, VIRTIO_STATUS_ACKNOWLEDGE);
	put(f, VIRTIO_MMIO_STATUS, DRIVER_BITS);
	assert_int_equal(vmm_write(&f->vmm, VIRTIO_MMIO_STATUS, 4,
				   DRIVER_BITS | VIRTIO_STATUS_FEATURES_OK),
			 1);
	c->cmd = 0;
	assert_int_equal(vmm_command_done(&f->vmm), 0);
	assert_int_equal(get(f, VIRTIO_MMIO_STATUS), DRIVER_BITS);
	assert_true(put(f, VIRTIO_MMIO_QUEUE_READY, 1) < 0);
	assert_true(put(f, VIRTIO_MMIO_STATUS, DRIVER_BITS | VIRTIO_STATUS_FEATURES_OK |
						       VIRTIO_STATUS_DRIVER_OK) < 0);
}

static void set_queue(struct fixture *f, uint32_t index)
{
	assert_int_equal(put(f, VIRTIO_MMIO_QUEUE_SEL, index), 0);
	assert_int_equal(put(f, VIRTIO_MMIO_QUEUE_NUM, 32), 0);
	assert_int_equal(put(f, VIRTIO_MMIO_QUEUE_DESC_LOW, 0x1000), 0);
	assert_int_equal(put(f, VIRTIO_MMIO_QUEUE_DESC_HIGH, 0x12), 0);
	assert_int_equal(put(f, VIRTIO_MMIO_QUEUE_DRIVER_HIGH, 0x34), 0);
	assert_int_equal(put(f, VIRTIO_MMIO_QUEUE_DRIVER_LOW, 0x2000), 0);
	assert_int_equal(put(f, VIRTIO_MMIO_QUEUE_DEVICE_LOW, 0x3000), 0);
	assert_int_equal(put(f, VIRTIO_MMIO_QUEUE_DEVICE_HIGH, 0x56), 0);
}

static void test_queue_set_up(void **state)
{
	struct fixture *f = *state;
	uint32_t reg;

	device_comes(f);
	/* Not before the features are settled. */
	put(f, VIRTIO_MMIO_STATUS, VIRTIO_STATUS_ACKNOWLEDGE);
	set_queue(f, 1);
	assert_true(put(f, VIRTIO_MMIO_QUEUE_READY, 1) < 0);
	negotiate(f);
	/* A reset took the addresses away. */
	assert_int_equal(queue(f, 1)->desc, 0);
	set_queue(f, 1);
	assert_int_equal(get(f, VIRTIO_MMIO_QUEUE_NUM_MAX), 32);
	assert_int_equal(vmm_write(&f->vmm, VIRTIO_MMIO_QUEUE_READY, 4, 1), 1);
	assert_int_equal(config(f)->cmd, L4VIRTIO_CMD_CFG_QUEUE | 1);
	config(f)->cmd = 0;
	assert_int_equal(vmm_command_done(&f->vmm), 0);
	assert_int_equal(queue(f, 1)->desc, 0x1200001000ull);
	assert_int_equal(queue(f, 1)->avail, 0x3400002000ull);
	assert_int_equal(queue(f, 1)->used, 0x5600003000ull);
	assert_int_equal(get(f, VIRTIO_MMIO_QUEUE_READY), 1);
	/* A second driver. */
	assert_int_equal(put(f, VIRTIO_MMIO_QUEUE_READY, 1), -EBUSY);
	assert_int_equal(put(f, VIRTIO_MMIO_QUEUE_NUM, 16), -EBUSY);
	for (reg = VIRTIO_MMIO_QUEUE_DESC_LOW; reg <= VIRTIO_MMIO_QUEUE_DEVICE_HIGH; reg += 4)
		assert_true(put(f, reg, 0xffffffff) < 0);
	assert_int_equal(queue(f, 1)->desc, 0x1200001000ull);
}

static void test_queues_that_are_not_there(void **state)
{
	static const uint32_t sel[] = { 2, 3, 15, 16, 255, 0x7fffffff, UINT32_MAX };
	struct fixture *f = *state;
	unsigned int i;

	device_comes(f);
	negotiate(f);
	for (i = 0; i < sizeof(sel) / sizeof(sel[0]); i++) {
		put(f, VIRTIO_MMIO_QUEUE_SEL, sel[i]);
		assert_int_equal(get(f, VIRTIO_MMIO_QUEUE_NUM_MAX), 0);
		assert_int_equal(get(f, VIRTIO_MMIO_QUEUE_READY), 0);
		assert_true(put(f, VIRTIO_MMIO_QUEUE_NUM, 32) < 0);
		assert_true(put(f, VIRTIO_MMIO_QUEUE_DESC_LOW, 0) < 0);
		assert_true(put(f, VIRTIO_MMIO_QUEUE_READY, 1) < 0);
		assert_true(put(f, VIRTIO_MMIO_QUEUE_NOTIFY, sel[i]) < 0);
	}
}

static void test_sizes_and_offsets(void **state)
{
	struct fixture *f = *state;
	uint32_t v, i;

	device_comes(f);
	assert_int_equal(vmm_read(&f->vmm, 0, 1, &v), -EINVAL);
	assert_int_equal(vmm_read(&f->vmm, 0, 8, &v), -EINVAL);
	assert_int_equal(vmm_read(&f->vmm, 2, 4, &v), -EINVAL);
	assert_int_equal(vmm_read(&f->vmm, VMM_WINDOW_SIZE, 4, &v), -EINVAL);
	assert_int_equal(vmm_read(&f->vmm, UINT32_MAX - 3, 4, &v), -EINVAL);
	assert_int_equal(vmm_read(&f->vmm, 0x101, 2, &v), -EINVAL);
	assert_int_equal(vmm_read(&f->vmm, 0x100, 0, &v), -EINVAL);
	assert_int_equal(vmm_write(&f->vmm, VMM_WINDOW_SIZE, 4, 0), -EINVAL);
	assert_int_equal(vmm_write(&f->vmm, VIRTIO_MMIO_STATUS, 1, 0), -EINVAL);
	assert_true(vmm_write(&f->vmm, 0x100, 4, 0) < 0);
	assert_int_equal(put(f, VIRTIO_MMIO_MAGIC, 0), -EPERM);
	assert_int_equal(vmm_read(&f->vmm, 0x108, 1, &v), 0);
	assert_int_equal(v, 'd');
	assert_int_equal(vmm_read(&f->vmm, 0x108, 2, &v), 0);
	assert_int_equal(v, 'd' | 'e' << 8);
	for (i = 0; i < VMM_WINDOW_SIZE; i += 4)
		assert_int_equal(vmm_read(&f->vmm, i, 4, &v), 0);
}

static void test_interrupt_registers(void **state)
{
	struct fixture *f = *state;

	device_comes(f);
	config(f)->irq_status = VIRTIO_MMIO_INT_VRING | VIRTIO_MMIO_INT_CONFIG;
	assert_int_equal(get(f, VIRTIO_MMIO_INTERRUPT_STATUS), 3);
	assert_int_equal(put(f, VIRTIO_MMIO_INTERRUPT_ACK, VIRTIO_MMIO_INT_VRING), 0);
	assert_int_equal(get(f, VIRTIO_MMIO_INTERRUPT_STATUS), VIRTIO_MMIO_INT_CONFIG);
}

/* The secure world isn't trusted here: whatever it writes, reads stay in the page. */
static void test_device_that_lies(void **state)
{
	static const uint32_t offsets[] = { 0, 0x7c, 0xfc, 0x201, 4090, 4095, 4096, UINT32_MAX - 7 };
	struct fixture *f = *state;
	unsigned int i;

	device_comes(f);
	for (i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
		config(f)->queues_offset = offsets[i];
		config(f)->num_queues = UINT32_MAX;
		put(f, VIRTIO_MMIO_STATUS, 0);
		put(f, VIRTIO_MMIO_QUEUE_SEL, 1);
		assert_int_equal(get(f, VIRTIO_MMIO_QUEUE_NUM_MAX), 0);
		assert_true(put(f, VIRTIO_MMIO_QUEUE_NUM, 1) < 0);
	}
}

static void test_garbage(void **state)
{
	struct fixture *f = *state;
	unsigned int i;
	uint32_t v;

	device_comes(f);
	srand(7);
	for (i = 0; i < 200000; i++) {
		uint32_t reg = (uint32_t)rand() % 0x120u, value = (uint32_t)rand();

		if (rand() % 4)
			value &= 0x3f;
		if (rand() % 50 == 0)
			f->page[rand() % 4096] = (uint8_t)rand();
		if (vmm_write(&f->vmm, reg & ~3u, 4, value) == 1) {
			config(f)->status = config(f)->cmd & 0xff;
			config(f)->cmd = 0;
			vmm_command_done(&f->vmm);
		}
		vmm_read(&f->vmm, reg, 1u << rand() % 3, &v);
	}
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_no_device_yet),
		TEST(test_features),
		TEST(test_status_order),
		TEST(test_features_that_the_device_refuses),
		TEST(test_queue_set_up),
		TEST(test_queues_that_are_not_there),
		TEST(test_sizes_and_offsets),
		TEST(test_interrupt_registers),
		TEST(test_device_that_lies),
		TEST(test_garbage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
