/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "tee/virtio/device_internal.h"

#include <errno.h>
#include <string.h>

#include "lib/log.h"
#include "lib/trace.h"
#include "tee/vm.h"
#include "tee/world_internal.h"

#define STATUS_DRIVER_BITS                                                                         \
	(VIRTIO_STATUS_ACKNOWLEDGE | VIRTIO_STATUS_DRIVER | VIRTIO_STATUS_DRIVER_OK |              \
	 VIRTIO_STATUS_FEATURES_OK | VIRTIO_STATUS_FAILED)

static volatile struct l4virtio_queue *queue_entry(struct tee_virtio_dev *dev, unsigned int index)
{
	void *p = dev->shm_page + DEV_QUEUES_OFFSET;

	return (volatile struct l4virtio_queue *)p + index;
}

void dev_store_status(struct tee_virtio_dev *dev, uint32_t status)
{
	dev->status = status;
	tl_store_release(&dev_config(dev)->status, status);
}

void dev_config_fill(struct tee_virtio_dev *dev)
{
	static const struct tipc_dev_config tipc = {
		.msg_buf_max_size = TIPC_DEFAULT_MSG_BUF_SIZE,
		.msg_buf_alignment = 4096u,
		.dev_name = "dev0",
	};
	volatile struct l4virtio_config *shm_cfg = dev_config(dev);
	unsigned int i;

	memset(dev->shm_page, 0, L4VIRTIO_PAGE_SIZE);
	memcpy(dev->shm_page + DEV_CONFIG_OFFSET, &tipc, sizeof(tipc));
	shm_cfg->version = L4VIRTIO_VERSION;
	shm_cfg->device = L4VIRTIO_DEVICE_P2P_TIPC;
	shm_cfg->vendor = L4VIRTIO_VENDOR;
	shm_cfg->num_queues = TIPC_NUM_QUEUES;
	shm_cfg->queues_offset = DEV_QUEUES_OFFSET;
	shm_cfg->dev_features_map[0] = (uint32_t)DEV_FEATURES;
	shm_cfg->dev_features_map[1] = (uint32_t)(DEV_FEATURES >> 32);
	shm_cfg->dev_features_map[L4VIRTIO_F_CMD_CONFIG / 32] = 1u << (L4VIRTIO_F_CMD_CONFIG % 32);
	for (i = 0; i < TIPC_NUM_QUEUES; i++) {
		queue_entry(dev, i)->num_max = TIPC_QUEUE_LEN;
		queue_entry(dev, i)->device_notify_index = (uint16_t)i;
	}
	/* A driver may look from here on: everything else is in place. */
	tl_store_release(&shm_cfg->magic, L4VIRTIO_MAGIC);
}

static void dev_reset(struct tee_virtio_dev *dev)
{
	volatile struct l4virtio_config *shm_cfg = dev_config(dev);
	unsigned int i;

	tl_trace(TRACE_DEVICE, TRACE_DOWN, "reset", dev->vm->id);
	dev->state = DEV_RESET;
	if (dev->user_ready) {
		dev->user_ready = false;
		dev->ops->reset(dev->data);
	}
	/* SMCs come as before: a VM that issues them stays hot until it is quiet. */
	if (!dev->vm->smc)
		world_forget_vm(dev->vm->world, dev->vm);
	for (i = 0; i < TIPC_NUM_QUEUES; i++)
		dev_queue_release(dev, i);
	dev->features = 0;
	dev->tx_starved = false;
	dev->stalled = false;
	dev->vm->dropped = false;
	tl_store_relaxed(&shm_cfg->irq_status, 0u);
	dev_store_status(dev, 0);
}

/* Return: @status, without FEATURES_OK when the driver's choice is none of what was offered. */
static uint32_t accept_features(struct tee_virtio_dev *dev, uint32_t status)
{
	volatile struct l4virtio_config *shm_cfg = dev_config(dev);
	uint64_t wanted = tl_load_relaxed(&shm_cfg->driver_features_map[0]);

	wanted |= (uint64_t)tl_load_relaxed(&shm_cfg->driver_features_map[1]) << 32;
	if ((wanted & ~DEV_FEATURES) || !(wanted & (1ull << VIRTIO_F_VERSION_1)))
		return status & ~VIRTIO_STATUS_FEATURES_OK;
	dev->features = wanted;
	return status;
}

static bool queues_configured(const struct tee_virtio_dev *dev)
{
	unsigned int i;

	for (i = 0; i < TIPC_NUM_QUEUES; i++)
		if (!dev->q[i].configured)
			return false;
	return true;
}

static void go_live(struct tee_virtio_dev *dev, uint32_t status)
{
	dev->state = DEV_LIVE;
	dev_store_status(dev, status);
	/* Room in queue 0 is work only when tx waits for it. */
	vq_device_disable_kick(&dev->q[TIPC_VQ_TX].vq);
	dev->user_ready = true;
	dev->ops->ready(dev->data);
	world_serve_vm(dev->vm->world, dev->vm);
}

static void set_status(struct tee_virtio_dev *dev, uint32_t status)
{
	uint32_t fresh;

	tl_trace(TRACE_DEVICE, TRACE_DOWN, "set_status", status);
	if (!status) {
		dev_reset(dev);
		return;
	}
	if (dev->state == DEV_BROKEN)
		return;
	/* Only a reset takes bits back (virtio 1.2, 2.1.1). */
	status = (status & STATUS_DRIVER_BITS) | dev->status;
	fresh = status & ~dev->status;
	if (fresh & VIRTIO_STATUS_FAILED) {
		dev->state = DEV_BROKEN;
		dev_store_status(dev, status);
		world_dev_dirty(dev->vm->world, &dev->dirty);
		return;
	}
	if (fresh & VIRTIO_STATUS_FEATURES_OK)
		status = accept_features(dev, status);
	if (!(fresh & VIRTIO_STATUS_DRIVER_OK)) {
		if (dev->state == DEV_RESET)
			dev->state = DEV_NEGOTIATING;
		dev_store_status(dev, status);
		return;
	}
	if (!(status & VIRTIO_STATUS_FEATURES_OK) || !queues_configured(dev)) {
		vm_drop(dev->vm, "DRIVER_OK before features and queues");
		return;
	}
	go_live(dev, status);
}

static void config_queue(struct tee_virtio_dev *dev, uint32_t index)
{
	volatile struct l4virtio_queue *shm_q;
	struct l4virtio_queue entry = { .num = 0 };

	tl_trace(TRACE_DEVICE, TRACE_DOWN, "config_queue", index);
	if (dev->state == DEV_BROKEN)
		return;
	if (index >= TIPC_NUM_QUEUES || dev->state == DEV_LIVE ||
	    !(dev->status & VIRTIO_STATUS_FEATURES_OK)) {
		vm_drop(dev->vm, "queue set-up at the wrong time");
		return;
	}
	shm_q = queue_entry(dev, index);
	if (!tl_load_acquire(&shm_q->ready)) {
		dev_queue_release(dev, index);
		return;
	}
	if (dev->q[index].configured) {
		vm_drop(dev->vm, "queue set up twice");
		return;
	}
	entry.num = tl_load_relaxed(&shm_q->num);
	entry.desc = tl_load_relaxed(&shm_q->desc);
	entry.avail = tl_load_relaxed(&shm_q->avail);
	entry.used = tl_load_relaxed(&shm_q->used);
	if (dev_queue_setup(dev, index, &entry))
		vm_drop(dev->vm, "queue outside the VM's memory, or of a wrong size");
}

void tee_virtio_command(struct tee_virtio_dev *dev)
{
	volatile struct l4virtio_config *shm_cfg = dev_config(dev);
	uint32_t cmd = tl_load_acquire(&shm_cfg->cmd);
	uint32_t arg = cmd & ~L4VIRTIO_CMD_MASK;

	switch (cmd & L4VIRTIO_CMD_MASK) {
	case L4VIRTIO_CMD_NONE:
		return;
	case L4VIRTIO_CMD_SET_STATUS:
		set_status(dev, arg);
		break;
	case L4VIRTIO_CMD_CFG_QUEUE:
		config_queue(dev, arg);
		break;
	case L4VIRTIO_CMD_CFG_CHANGED:
		break;
	case L4VIRTIO_CMD_NOTIFY_QUEUE:
		world_serve_vm(dev->vm->world, dev->vm);
		break;
	default:
		log_warn("vm %u: unknown device command 0x%x", dev->vm->id, cmd);
		break;
	}
	tl_store_release(&shm_cfg->cmd, L4VIRTIO_CMD_NONE);
}
