/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include <stdarg.h>
#include <setjmp.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ree/virtio/virtio.h"
#include "tests/unit/ree/fake_vm.h"
#include "wire/l4virtio.h"
#include "wire/virtio_mmio.h"

static unsigned int calls, configs, gones;

static void count_cb(struct virtqueue *vq)
{
	uint32_t len;

	calls++;
	while (virtqueue_get_buf(vq, &len))
		;
}

static void count_config(void *data, bool gone)
{
	(void)data;
	configs += !gone;
	gones += gone;
}

static int setup(void **state)
{
	calls = configs = gones = 0;
	*state = fake_vm_new();
	return 0;
}

static int teardown(void **state)
{
	fake_vm_free(*state);
	return 0;
}

static const virtqueue_cb callbacks[TIPC_NUM_QUEUES] = { count_cb, count_cb };

/* The whole of a driver's set-up. On failure nothing is left. */
static int bring_up(struct ree_vm *vm, struct virtio_device **vdevp, struct virtqueue **vqs)
{
	struct virtio_device *vdev;
	int ret = virtio_mmio_probe(vm, VIRTIO_ID_TRUSTY_IPC, &vdev);

	if (ret)
		return ret;
	ret = virtio_negotiate(vdev, 0);
	if (!ret)
		ret = virtio_find_vqs(vdev, TIPC_NUM_QUEUES, vqs, callbacks, vm);
	if (!ret)
		ret = virtio_device_ready(vdev);
	if (ret)
		virtio_device_destroy(vdev);
	else
		*vdevp = vdev;
	return ret;
}

static void test_probe(void **state)
{
	struct ree_vm *vm = *state;
	struct virtio_device *vdev;
	uint32_t *const wrong[] = { &vm->magic, &vm->version, &vm->device_id };
	unsigned int i;

	for (i = 0; i < 3; i++) {
		uint32_t right = *wrong[i];

		*wrong[i] = 0; /* before the device wrote its magic, all read 0 */
		assert_int_equal(virtio_mmio_probe(vm, VIRTIO_ID_TRUSTY_IPC, &vdev), -ENODEV);
		*wrong[i] = right;
	}
	assert_int_equal(virtio_mmio_probe(vm, 1, &vdev), -ENODEV);
	vm->stuck_status = true;
	vm->status = VIRTIO_STATUS_DRIVER_OK;
	assert_int_equal(virtio_mmio_probe(vm, VIRTIO_ID_TRUSTY_IPC, &vdev), -EIO);
	vm->stuck_status = false;
	assert_int_equal(virtio_mmio_probe(vm, VIRTIO_ID_TRUSTY_IPC, &vdev), 0);
	assert_int_equal(vm->status, VIRTIO_STATUS_ACKNOWLEDGE);
	assert_ptr_equal(virtio_vm(vdev), vm);
	virtio_device_destroy(vdev);
	assert_int_equal(vm->status, 0);
	virtio_device_destroy(NULL);
}

static void test_negotiate(void **state)
{
	struct ree_vm *vm = *state;
	struct virtio_device *vdev;
	uint64_t offered = vm->offered;

	assert_int_equal(virtio_mmio_probe(vm, VIRTIO_ID_TRUSTY_IPC, &vdev), 0);
	vm->offered = 1ull << VIRTIO_F_EVENT_IDX;
	assert_int_equal(virtio_negotiate(vdev, 0), -ENODEV);
	assert_true(vm->status & VIRTIO_STATUS_FAILED);
	virtio_device_destroy(vdev);

	vm->offered = offered;
	vm->refuse_features = true;
	assert_int_equal(virtio_mmio_probe(vm, VIRTIO_ID_TRUSTY_IPC, &vdev), 0);
	assert_int_equal(virtio_negotiate(vdev, 0), -ENODEV);
	assert_true(vm->status & VIRTIO_STATUS_FAILED);
	virtio_device_destroy(vdev);

	vm->refuse_features = false;
	assert_int_equal(virtio_mmio_probe(vm, VIRTIO_ID_TRUSTY_IPC, &vdev), 0);
	assert_int_equal(virtio_negotiate(vdev, 1ull << 7), 0);
	assert_true(virtio_has_feature(vdev, VIRTIO_F_VERSION_1));
	assert_true(virtio_has_feature(vdev, VIRTIO_F_EVENT_IDX));
	assert_false(virtio_has_feature(vdev, 5)); /* offered, not wanted */
	assert_false(virtio_has_feature(vdev, 7)); /* wanted, not offered */
	assert_false(virtio_has_feature(vdev, 160));
	assert_int_equal(vm->accepted, 1ull << VIRTIO_F_VERSION_1 | 1ull << VIRTIO_F_EVENT_IDX);
	virtio_device_destroy(vdev);
}

/* virtio 1.2, 3.1.1: what is written, in which order. */
static void test_order(void **state)
{
	static const uint32_t regs[] = {
		VIRTIO_MMIO_STATUS, /* reset */
		VIRTIO_MMIO_STATUS, /* ACKNOWLEDGE */
		VIRTIO_MMIO_STATUS, /* DRIVER */
		VIRTIO_MMIO_DEVICE_FEATURES_SEL,
		VIRTIO_MMIO_DEVICE_FEATURES_SEL,
		VIRTIO_MMIO_DRIVER_FEATURES_SEL,
		VIRTIO_MMIO_DRIVER_FEATURES,
		VIRTIO_MMIO_DRIVER_FEATURES_SEL,
		VIRTIO_MMIO_DRIVER_FEATURES,
		VIRTIO_MMIO_STATUS, /* FEATURES_OK */
		VIRTIO_MMIO_QUEUE_SEL,
	};
	static const uint32_t status[] = { 0, 1, 3, 11, 15 };
	struct ree_vm *vm = *state;
	struct virtqueue *vqs[TIPC_NUM_QUEUES];
	struct virtio_device *vdev;
	unsigned int i, n = 0;

	vm->silent_online = true;
	assert_int_equal(bring_up(vm, &vdev, vqs), 0);
	for (i = 0; i < sizeof(regs) / sizeof(regs[0]); i++)
		assert_int_equal(vm->log[i].reg, regs[i]);
	for (i = 0; i < vm->num_log; i++)
		if (vm->log[i].reg == VIRTIO_MMIO_STATUS)
			assert_int_equal(vm->log[i].value, status[n++]);
	assert_int_equal(n, 5);
	assert_int_equal(vm->log[vm->num_log - 1].reg, VIRTIO_MMIO_STATUS);
	assert_int_equal(vm->log[vm->num_log - 2].reg, VIRTIO_MMIO_QUEUE_READY);
	virtio_device_destroy(vdev);
	assert_false(vm->irq_set);
}

/* The hypervisor vanishes at any one of the register accesses. */
static void test_every_access_fails(void **state)
{
	struct ree_vm *vm = *state;
	struct virtqueue *vqs[TIPC_NUM_QUEUES];
	struct virtio_device *vdev;
	unsigned int at;
	int ret = -EIO;

	vm->silent_online = true;
	for (at = 1; ret; at++) {
		vm->accesses = 0;
		vm->fail_at = at;
		ret = bring_up(vm, &vdev, vqs);
		if (ret)
			assert_int_equal(ret, -EIO);
		assert_true(at < 200);
	}
	assert_true(at > 30);
	virtio_device_destroy(vdev);
}

static void test_config(void **state)
{
	struct ree_vm *vm = *state;
	struct tipc_dev_config config;
	struct virtio_device *vdev;
	char name[3];

	assert_int_equal(virtio_mmio_probe(vm, VIRTIO_ID_TRUSTY_IPC, &vdev), 0);
	assert_int_equal(virtio_config_read(vdev, 0, &config, sizeof(config)), 0);
	assert_memory_equal(&config, &vm->config, sizeof(config));
	assert_int_equal(virtio_config_read(vdev, 9, name, sizeof(name)), 0);
	assert_memory_equal(name, "ev0", 3);
	vm->restless_config = true;
	assert_int_equal(virtio_config_read(vdev, 0, &config, sizeof(config)), -EIO);
	virtio_device_destroy(vdev);
}

static void test_queues(void **state)
{
	struct ree_vm *vm = *state;
	struct virtqueue *vqs[TIPC_NUM_QUEUES];
	struct virtio_device *vdev;
	uint64_t gpa;
	void *buf;

	vm->silent_online = true;
	vm->q[1].num_max = 0;
	assert_int_equal(bring_up(vm, &vdev, vqs), -ENODEV);
	vm->q[1].num_max = 24; /* not a power of two */
	vm->q[0].num_max = 100000;
	assert_int_equal(bring_up(vm, &vdev, vqs), 0);
	assert_int_equal(vm->q[0].num, VQ_MAX_NUM);
	assert_int_equal(vm->q[1].num, 16);
	assert_int_equal(virtqueue_size(vqs[1]), 16);
	assert_ptr_equal(virtqueue_data(vqs[0]), vm);
	assert_int_equal(virtio_find_vqs(vdev, 1, vqs, callbacks, vm), -EINVAL);
	assert_int_equal(vm->q[0].desc % VIRTQ_DESC_ALIGN, 0);
	assert_true(vm->q[0].avail >= vm->q[0].desc + VIRTQ_DESC_SIZE(VQ_MAX_NUM));
	assert_true(vm->q[0].used >= vm->q[0].avail + VIRTQ_AVAIL_SIZE(VQ_MAX_NUM));
	assert_true(vm->q[1].desc >= vm->q[0].used + VIRTQ_USED_SIZE(VQ_MAX_NUM));

	assert_null(virtio_alloc_buf(vdev, FAKE_RAM_SIZE, &gpa));
	assert_null(virtio_alloc_buf(vdev, 0xffffffffu, &gpa));
	buf = virtio_alloc_buf(vdev, 4096, &gpa);
	assert_ptr_equal(buf, vm->ram.base + (gpa - FAKE_RAM_GPA));
	assert_int_equal(gpa % 4096, 0);
	virtio_device_destroy(vdev);

	/* A queue that somebody else has set up. */
	assert_int_equal(virtio_mmio_probe(vm, VIRTIO_ID_TRUSTY_IPC, &vdev), 0);
	assert_int_equal(virtio_negotiate(vdev, 0), 0);
	vm->q[0].ready = 1;
	assert_int_equal(virtio_find_vqs(vdev, 1, vqs, callbacks, vm), -ENODEV);
	virtio_device_destroy(vdev);
}

static void test_no_room_for_rings(void **state)
{
	struct ree_vm *vm = *state;
	struct virtqueue *vqs[TIPC_NUM_QUEUES];
	struct virtio_device *vdev;
	size_t size;

	vm->silent_online = true;
	for (size = 0; size < 1400; size += 100) {
		vm->ram.size = size;
		assert_int_equal(bring_up(vm, &vdev, vqs), -ENOMEM);
	}
	vm->ram.size = FAKE_RAM_SIZE;
}

static void device_fills(struct ree_vm *vm, unsigned int q, uint32_t len)
{
	struct vq_buf buf;

	assert_int_equal(vq_device_get(&vm->q[q].dev, &buf), 1);
	vq_device_put(&vm->q[q].dev, buf.head, len);
}

static void test_interrupt(void **state)
{
	struct ree_vm *vm = *state;
	struct virtqueue *vqs[TIPC_NUM_QUEUES];
	struct virtio_device *vdev;

	vm->silent_online = true;
	assert_int_equal(bring_up(vm, &vdev, vqs), 0);
	assert_int_equal(virtqueue_add_inbuf(vqs[0], FAKE_RAM_GPA, 64, vm), 0);
	assert_int_equal(virtqueue_add_outbuf(vqs[1], FAKE_RAM_GPA, 64, vm), 0);
	virtqueue_kick(vqs[0]);
	virtqueue_kick(vqs[1]);
	virtqueue_kick(vqs[1]);
	assert_int_equal(vm->num_kicks, 2);
	assert_false(vm->irq.enable(vm->irq.data));
	device_fills(vm, 0, 64);
	assert_true(vq_device_needs_irq(&vm->q[0].dev));
	assert_true(vm->irq.more(vm->irq.data));
	vm->irq.handle(vm->irq.data);
	assert_int_equal(calls, 1);
	vm->irq.handle(vm->irq.data);
	assert_int_equal(calls, 1);

	/* A queue whose driver looks itself. */
	virtqueue_disable_cb(vqs[1]);
	device_fills(vm, 1, 0);
	assert_false(vq_device_needs_irq(&vm->q[1].dev));
	assert_false(vm->irq.more(vm->irq.data));
	assert_false(vm->irq.enable(vm->irq.data));
	vm->irq.handle(vm->irq.data);
	assert_int_equal(calls, 1);
	assert_true(virtqueue_enable_cb(vqs[1]));
	assert_true(vm->irq.enable(vm->irq.data));
	vm->irq.handle(vm->irq.data);
	assert_int_equal(calls, 2);
	virtio_device_destroy(vdev);
}

static void test_broken(void **state)
{
	struct ree_vm *vm = *state;
	struct virtqueue *vqs[TIPC_NUM_QUEUES];
	struct virtio_device *vdev;
	uint16_t idx = 9;
	uint32_t len;

	vm->silent_online = true;
	assert_int_equal(bring_up(vm, &vdev, vqs), 0);
	virtio_set_config_cb(vdev, count_config, vm);
	memcpy(vm->ram.base + (vm->q[1].used - FAKE_RAM_GPA) + 2, &idx, sizeof(idx));
	virtqueue_disable_cb(vqs[1]);
	assert_false(virtqueue_broken(vqs[1]));
	assert_null(virtqueue_get_buf(vqs[1], &len));
	assert_true(virtqueue_broken(vqs[1]));
	assert_int_equal(virtqueue_add_outbuf(vqs[1], FAKE_RAM_GPA, 1, vm), -EPROTO);
	/* Told once, in the interrupt. */
	assert_int_equal(gones, 0);
	assert_true(vm->irq.more(vm->irq.data));
	assert_true(vm->irq.enable(vm->irq.data));
	vm->irq.handle(vm->irq.data);
	assert_int_equal(gones, 1);
	assert_false(vm->irq.more(vm->irq.data));
	vm->irq.handle(vm->irq.data);
	assert_int_equal(gones, 1);
	virtio_device_destroy(vdev);
}

static void test_config_change(void **state)
{
	struct ree_vm *vm = *state;
	struct virtqueue *vqs[TIPC_NUM_QUEUES];
	struct virtio_device *vdev;

	vm->silent_online = true;
	assert_int_equal(bring_up(vm, &vdev, vqs), 0);
	virtio_set_config_cb(vdev, count_config, vm);
	vm->irq.config(vm->irq.data, false);
	assert_int_equal(configs, 1);
	assert_int_equal(gones, 0);
	vm->status |= VIRTIO_STATUS_NEEDS_RESET;
	vm->irq.config(vm->irq.data, false);
	assert_int_equal(gones, 1);
	vm->dead = true;
	vm->irq.config(vm->irq.data, true);
	assert_int_equal(gones, 2);
	virtio_device_destroy(vdev);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_probe),	   T(test_negotiate),
		T(test_order),	   T(test_every_access_fails),
		T(test_config),	   T(test_queues),
		T(test_interrupt), T(test_no_room_for_rings),
		T(test_broken),	   T(test_config_change),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
