/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "hv/vmm/vmm.h"

#include <errno.h>
#include <string.h>

#include "wire/virtio_mmio.h"
#include "wire/virtio_ring.h"

/* RING_RESET would put a register where the config page has the device's features. */
#define VMM_HIDDEN_WORD1 (1u << (40 - 32))
#define STATUS_KNOWN                                                                               \
	(VIRTIO_STATUS_ACKNOWLEDGE | VIRTIO_STATUS_DRIVER | VIRTIO_STATUS_DRIVER_OK |              \
	 VIRTIO_STATUS_FEATURES_OK | VIRTIO_STATUS_FAILED)

static volatile struct l4virtio_config *page_config(const struct vmm *vmm)
{
	return (volatile struct l4virtio_config *)(void *)vmm->shm_page;
}

void vmm_init(struct vmm *vmm, void *page)
{
	memset(vmm, 0, sizeof(*vmm));
	vmm->shm_page = page;
}

/* The selected queue's entry, or NULL: the device's word on where it lies is checked each time. */
static volatile struct l4virtio_queue *selected_queue(const struct vmm *vmm)
{
	volatile struct l4virtio_config *shm_cfg = page_config(vmm);
	uint32_t num = tl_load_relaxed(&shm_cfg->num_queues);
	uint32_t offset = tl_load_relaxed(&shm_cfg->queues_offset);

	if (num > VMM_MAX_QUEUES || vmm->queue_sel >= num || offset % 8 ||
	    offset < L4VIRTIO_CONFIG_SIZE ||
	    offset > L4VIRTIO_PAGE_SIZE - VMM_MAX_QUEUES * sizeof(struct l4virtio_queue))
		return NULL;
	return (volatile struct l4virtio_queue *)(void *)(vmm->shm_page + offset) + vmm->queue_sel;
}

/* A driver may connect: the device has written its magic. */
static bool device_there(const struct vmm *vmm)
{
	return tl_load_acquire(&page_config(vmm)->magic) == L4VIRTIO_MAGIC;
}

static uint32_t device_id(const struct vmm *vmm)
{
	uint32_t id;

	if (!device_there(vmm))
		return 0;
	id = tl_load_relaxed(&page_config(vmm)->device);
	return id == L4VIRTIO_DEVICE_P2P_TIPC ? VIRTIO_ID_TRUSTY_IPC : id;
}

static uint32_t device_features(const struct vmm *vmm)
{
	uint32_t sel = vmm->device_features_sel, v;

	if (sel >= VMM_FEATURE_WORDS || !device_there(vmm))
		return 0;
	v = tl_load_relaxed(&page_config(vmm)->dev_features_map[sel]);
	return sel == 1 ? v & ~VMM_HIDDEN_WORD1 : v;
}

/* Device config lies behind the registers, at the page's 0x100 and up. */
static int config_read(const struct vmm *vmm, uint32_t offset, uint32_t size, uint32_t *value)
{
	uint32_t v = 0;

	if ((size != 1 && size != 2 && size != 4) || offset % size || offset > VMM_WINDOW_SIZE - size)
		return -EINVAL;
	memcpy(&v, vmm->shm_page + offset, size);
	*value = v;
	return 0;
}

int vmm_read(struct vmm *vmm, uint32_t offset, uint32_t size, uint32_t *value)
{
	volatile struct l4virtio_config *shm_cfg = page_config(vmm);
	volatile struct l4virtio_queue *shm_q = selected_queue(vmm);

	if (offset >= VIRTIO_MMIO_CONFIG)
		return config_read(vmm, offset, size, value);
	if (size != 4 || offset % 4)
		return -EINVAL;
	switch (offset) {
	case VIRTIO_MMIO_MAGIC:
		*value = VIRTIO_MMIO_MAGIC_VALUE;
		return 0;
	case VIRTIO_MMIO_VERSION:
		*value = VIRTIO_MMIO_VERSION_VALUE;
		return 0;
	case VIRTIO_MMIO_DEVICE_ID:
		*value = device_id(vmm);
		return 0;
	case VIRTIO_MMIO_VENDOR_ID:
		*value = L4VIRTIO_VENDOR;
		return 0;
	case VIRTIO_MMIO_DEVICE_FEATURES:
		*value = device_features(vmm);
		return 0;
	case VIRTIO_MMIO_QUEUE_NUM_MAX:
		*value = shm_q ? tl_load_relaxed(&shm_q->num_max) : 0;
		return 0;
	case VIRTIO_MMIO_QUEUE_READY:
		*value = shm_q ? tl_load_relaxed(&shm_q->ready) : 0;
		return 0;
	case VIRTIO_MMIO_INTERRUPT_STATUS:
		*value = tl_load_relaxed(&shm_cfg->irq_status);
		return 0;
	case VIRTIO_MMIO_STATUS:
		*value = tl_load_acquire(&shm_cfg->status);
		return 0;
	case VIRTIO_MMIO_CONFIG_GENERATION:
		*value = tl_load_acquire(&shm_cfg->generation);
		return 0;
	default:
		/* Write-only and unknown registers read as zero. */
		*value = 0;
		return 0;
	}
}

static int command(struct vmm *vmm, uint32_t cmd)
{
	vmm->command = true;
	tl_store_release(&page_config(vmm)->cmd, cmd);
	return 1;
}

int vmm_command_done(struct vmm *vmm)
{
	vmm->command = false;
	/* What the device didn't take (FEATURES_OK) isn't in force. */
	vmm->status &= tl_load_acquire(&page_config(vmm)->status);
	return tl_load_acquire(&page_config(vmm)->cmd) == L4VIRTIO_CMD_NONE ? 0 : -EPROTO;
}

/* What the driver had set up is gone: the VMM's own fields of the page start anew. */
static void forget_driver(struct vmm *vmm)
{
	volatile struct l4virtio_config *shm_cfg = page_config(vmm);
	volatile struct l4virtio_queue *shm_q;
	unsigned int i;

	for (i = 0; i < 6; i++)
		tl_store_relaxed(&shm_cfg->driver_features_map[i], 0u);
	for (vmm->queue_sel = 0; vmm->queue_sel < VMM_MAX_QUEUES; vmm->queue_sel++) {
		shm_q = selected_queue(vmm);
		if (!shm_q)
			break;
		tl_store_relaxed(&shm_q->ready, (uint16_t)0);
		tl_store_relaxed(&shm_q->num, (uint16_t)0);
		tl_store_relaxed(&shm_q->desc, 0ull);
		tl_store_relaxed(&shm_q->avail, 0ull);
		tl_store_relaxed(&shm_q->used, 0ull);
	}
	memset(vmm->queue, 0, sizeof(vmm->queue));
	memset(vmm->driver_features, 0, sizeof(vmm->driver_features));
	vmm->queue_sel = 0;
	vmm->driver_features_sel = 0;
	vmm->device_features_sel = 0;
}

static int write_status(struct vmm *vmm, uint32_t value)
{
	if (!value) {
		vmm->status = 0;
		forget_driver(vmm);
		return command(vmm, L4VIRTIO_CMD_SET_STATUS);
	}
	if (value & ~(STATUS_KNOWN | VIRTIO_STATUS_NEEDS_RESET))
		return -EINVAL;
	value &= STATUS_KNOWN;
	/* Bits are only ever added (virtio 1.2, 2.1.1), and each after the one before. */
	if (vmm->status & ~value)
		return -EINVAL;
	if ((value & VIRTIO_STATUS_DRIVER_OK) && !(vmm->status & VIRTIO_STATUS_FEATURES_OK))
		return -EBUSY;
	if ((value & VIRTIO_STATUS_FEATURES_OK) && !(vmm->status & VIRTIO_STATUS_DRIVER))
		return -EBUSY;
	if ((value & VIRTIO_STATUS_FEATURES_OK) && !(vmm->status & VIRTIO_STATUS_FEATURES_OK)) {
		volatile struct l4virtio_config *shm_cfg = page_config(vmm);
		uint32_t word = L4VIRTIO_F_CMD_CONFIG / 32, bit = 1u << (L4VIRTIO_F_CMD_CONFIG % 32);

		/* That commands go through `cmd` is between the VMM and the device. */
		tl_store_relaxed(&shm_cfg->driver_features_map[word],
				 tl_load_relaxed(&shm_cfg->dev_features_map[word]) & bit);
	}
	vmm->status = value;
	return command(vmm, L4VIRTIO_CMD_SET_STATUS | value);
}

static int write_driver_features(struct vmm *vmm, uint32_t value)
{
	if (vmm->status & VIRTIO_STATUS_FEATURES_OK)
		return -EBUSY;
	if (vmm->driver_features_sel >= VMM_FEATURE_WORDS)
		return value ? -EINVAL : 0;
	vmm->driver_features[vmm->driver_features_sel] = value;
	tl_store_relaxed(&page_config(vmm)->driver_features_map[vmm->driver_features_sel], value);
	return 0;
}

static int write_queue_ready(struct vmm *vmm, volatile struct l4virtio_queue *shm_q, uint32_t value)
{
	uint16_t num = vmm->queue[vmm->queue_sel].num;

	if (value > 1)
		return -EINVAL;
	if (!(vmm->status & VIRTIO_STATUS_FEATURES_OK) || (vmm->status & VIRTIO_STATUS_DRIVER_OK))
		return -EBUSY;
	if (value == tl_load_relaxed(&shm_q->ready))
		return value ? -EBUSY : 0;
	if (value && (!num || num > tl_load_relaxed(&shm_q->num_max) || (num & (num - 1))))
		return -EINVAL;
	tl_store_release(&shm_q->ready, (uint16_t)value);
	return command(vmm, L4VIRTIO_CMD_CFG_QUEUE | vmm->queue_sel);
}

/* Low or high half of one of the queue's addresses. */
static void write_half(uint64_t *field, volatile uint64_t *shm_field, bool high, uint32_t value)
{
	*field = high ? (*field & UINT32_MAX) | (uint64_t)value << 32 :
			(*field & ~(uint64_t)UINT32_MAX) | value;
	tl_store_relaxed(shm_field, *field);
}

static int write_queue(struct vmm *vmm, uint32_t offset, uint32_t value)
{
	volatile struct l4virtio_queue *shm_q = selected_queue(vmm);
	struct vmm_queue *q;

	if (!shm_q)
		return -EINVAL;
	q = &vmm->queue[vmm->queue_sel];
	if (offset == VIRTIO_MMIO_QUEUE_READY)
		return write_queue_ready(vmm, shm_q, value);
	if (tl_load_relaxed(&shm_q->ready))
		return -EBUSY;
	switch (offset) {
	case VIRTIO_MMIO_QUEUE_NUM:
		if (value > UINT16_MAX)
			return -EINVAL;
		q->num = (uint16_t)value;
		tl_store_relaxed(&shm_q->num, q->num);
		return 0;
	case VIRTIO_MMIO_QUEUE_DESC_LOW:
	case VIRTIO_MMIO_QUEUE_DESC_HIGH:
		write_half(&q->desc, &shm_q->desc, offset == VIRTIO_MMIO_QUEUE_DESC_HIGH, value);
		return 0;
	case VIRTIO_MMIO_QUEUE_DRIVER_LOW:
	case VIRTIO_MMIO_QUEUE_DRIVER_HIGH:
		write_half(&q->avail, &shm_q->avail, offset == VIRTIO_MMIO_QUEUE_DRIVER_HIGH, value);
		return 0;
	default:
		write_half(&q->used, &shm_q->used, offset == VIRTIO_MMIO_QUEUE_DEVICE_HIGH, value);
		return 0;
	}
}

static int write_notify(struct vmm *vmm, uint32_t queue)
{
	if (queue >= tl_load_relaxed(&page_config(vmm)->num_queues) || queue >= VMM_MAX_QUEUES)
		return -EINVAL;
	return command(vmm, L4VIRTIO_CMD_NOTIFY_QUEUE | queue);
}

int vmm_write(struct vmm *vmm, uint32_t offset, uint32_t size, uint32_t value)
{
	if (size != 4 || offset % 4 || offset > VMM_WINDOW_SIZE - 4)
		return -EINVAL;
	if (offset >= VIRTIO_MMIO_CONFIG)
		return -EPERM;
	if (!device_there(vmm))
		return -ENODEV;
	switch (offset) {
	case VIRTIO_MMIO_DEVICE_FEATURES_SEL:
		vmm->device_features_sel = value;
		return 0;
	case VIRTIO_MMIO_DRIVER_FEATURES_SEL:
		vmm->driver_features_sel = value;
		return 0;
	case VIRTIO_MMIO_DRIVER_FEATURES:
		return write_driver_features(vmm, value);
	case VIRTIO_MMIO_QUEUE_SEL:
		vmm->queue_sel = value;
		return 0;
	case VIRTIO_MMIO_QUEUE_NUM:
	case VIRTIO_MMIO_QUEUE_READY:
	case VIRTIO_MMIO_QUEUE_DESC_LOW:
	case VIRTIO_MMIO_QUEUE_DESC_HIGH:
	case VIRTIO_MMIO_QUEUE_DRIVER_LOW:
	case VIRTIO_MMIO_QUEUE_DRIVER_HIGH:
	case VIRTIO_MMIO_QUEUE_DEVICE_LOW:
	case VIRTIO_MMIO_QUEUE_DEVICE_HIGH:
		return write_queue(vmm, offset, value);
	case VIRTIO_MMIO_QUEUE_NOTIFY:
		return write_notify(vmm, value);
	case VIRTIO_MMIO_INTERRUPT_ACK:
		__atomic_fetch_and(&page_config(vmm)->irq_status, ~value, __ATOMIC_ACQ_REL);
		return 0;
	case VIRTIO_MMIO_STATUS:
		return write_status(vmm, value);
	case VIRTIO_MMIO_MAGIC:
	case VIRTIO_MMIO_VERSION:
	case VIRTIO_MMIO_DEVICE_ID:
	case VIRTIO_MMIO_VENDOR_ID:
	case VIRTIO_MMIO_DEVICE_FEATURES:
	case VIRTIO_MMIO_QUEUE_NUM_MAX:
	case VIRTIO_MMIO_INTERRUPT_STATUS:
	case VIRTIO_MMIO_CONFIG_GENERATION:
		return -EPERM;
	default:
		return -EINVAL;
	}
}
