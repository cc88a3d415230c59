/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "ree/virtio/virtio_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/log.h"
#include "ree/vm/vm.h"
#include "wire/virtio_mmio.h"

/* Link RAM is given out at cache lines; buffers of a page and more at pages. */
#define BUF_ALIGN 64u
#define BUF_PAGE 4096u
/* A device that changes its config each time we look isn't one that we can drive. */
#define CONFIG_MAX_TRIES 16u
#define RESET_MAX_READS 16u

static int reg_read(struct virtio_device *vdev, uint32_t reg, uint32_t *value)
{
	return ree_vm_mmio_read(vdev->vm, reg, 4, value) ? -EIO : 0;
}

static int reg_write(struct virtio_device *vdev, uint32_t reg, uint32_t value)
{
	return ree_vm_mmio_write(vdev->vm, reg, 4, value) ? -EIO : 0;
}

static int reg_write64(struct virtio_device *vdev, uint32_t low, uint64_t value)
{
	int ret = reg_write(vdev, low, (uint32_t)value);

	return ret ? ret : reg_write(vdev, low + 4, (uint32_t)(value >> 32));
}

int virtio_status_read(struct virtio_device *vdev, uint32_t *status)
{
	return reg_read(vdev, VIRTIO_MMIO_STATUS, status);
}

static int status_add(struct virtio_device *vdev, uint32_t bits)
{
	uint32_t status;
	int ret = virtio_status_read(vdev, &status);

	return ret ? ret : reg_write(vdev, VIRTIO_MMIO_STATUS, status | bits);
}

void *virtio_ram_alloc(struct virtio_device *vdev, uint64_t len, uint64_t align, uint64_t *gpa)
{
	const struct ree_vm_mem *ram = ree_vm_ram(vdev->vm);
	uint64_t at = (vdev->ram_used + align - 1) & ~(align - 1);

	*gpa = 0;
	if (at > ram->size || len > ram->size - at)
		return NULL;
	vdev->ram_used = at + len;
	*gpa = ram->gpa + at;
	return ram->base + at;
}

void *virtio_alloc_buf(struct virtio_device *vdev, uint32_t len, uint64_t *gpa)
{
	return virtio_ram_alloc(vdev, len, len >= BUF_PAGE ? BUF_PAGE : BUF_ALIGN, gpa);
}

/* Writes 0 and waits until the device says that it has happened (virtio 1.2, 4.2.3.1.1). */
static int mmio_reset(struct virtio_device *vdev)
{
	uint32_t status = 1;
	unsigned int i;
	int ret = reg_write(vdev, VIRTIO_MMIO_STATUS, 0);

	for (i = 0; !ret && status && i < RESET_MAX_READS; i++)
		ret = virtio_status_read(vdev, &status);
	if (!ret && status)
		ret = -EIO;
	return ret;
}

static int mmio_identify(struct virtio_device *vdev, uint32_t device_id)
{
	const struct {
		uint32_t reg, value;
	} expect[] = {
		{ VIRTIO_MMIO_MAGIC, VIRTIO_MMIO_MAGIC_VALUE },
		{ VIRTIO_MMIO_VERSION, VIRTIO_MMIO_VERSION_VALUE },
		{ VIRTIO_MMIO_DEVICE_ID, device_id },
	};
	uint32_t value;
	unsigned int i;

	for (i = 0; i < sizeof(expect) / sizeof(expect[0]); i++) {
		if (reg_read(vdev, expect[i].reg, &value))
			return -EIO;
		if (value != expect[i].value)
			return -ENODEV;
	}
	return 0;
}

int virtio_mmio_probe(struct ree_vm *vm, uint32_t device_id, struct virtio_device **vdevp)
{
	struct virtio_device *vdev = calloc(1, sizeof(*vdev));
	int ret;

	if (!vdev)
		return -ENOMEM;
	vdev->vm = vm;
	ret = mmio_identify(vdev, device_id);
	if (!ret)
		ret = mmio_reset(vdev);
	if (!ret)
		ret = status_add(vdev, VIRTIO_STATUS_ACKNOWLEDGE);
	if (ret) {
		free(vdev);
		return ret;
	}
	pthread_mutex_init(&vdev->irq_lock, NULL);
	*vdevp = vdev;
	return 0;
}

void virtio_device_destroy(struct virtio_device *vdev)
{
	if (!vdev)
		return;
	virtio_reset(vdev);
	pthread_mutex_destroy(&vdev->irq_lock);
	free(vdev);
}

struct ree_vm *virtio_vm(struct virtio_device *vdev)
{
	return vdev->vm;
}

static int features_read(struct virtio_device *vdev, uint64_t *features)
{
	uint32_t low, high;

	if (reg_write(vdev, VIRTIO_MMIO_DEVICE_FEATURES_SEL, 0) ||
	    reg_read(vdev, VIRTIO_MMIO_DEVICE_FEATURES, &low) ||
	    reg_write(vdev, VIRTIO_MMIO_DEVICE_FEATURES_SEL, 1) ||
	    reg_read(vdev, VIRTIO_MMIO_DEVICE_FEATURES, &high))
		return -EIO;
	*features = low | (uint64_t)high << 32;
	return 0;
}

static int features_write(struct virtio_device *vdev, uint64_t features)
{
	if (reg_write(vdev, VIRTIO_MMIO_DRIVER_FEATURES_SEL, 0) ||
	    reg_write(vdev, VIRTIO_MMIO_DRIVER_FEATURES, (uint32_t)features) ||
	    reg_write(vdev, VIRTIO_MMIO_DRIVER_FEATURES_SEL, 1) ||
	    reg_write(vdev, VIRTIO_MMIO_DRIVER_FEATURES, (uint32_t)(features >> 32)))
		return -EIO;
	return 0;
}

int virtio_negotiate(struct virtio_device *vdev, uint64_t wanted)
{
	const uint64_t version_1 = 1ull << VIRTIO_F_VERSION_1;
	uint64_t offered = 0;
	uint32_t status = 0;
	int ret;

	/* The order is that of virtio 1.2, 3.1.1. */
	ret = status_add(vdev, VIRTIO_STATUS_DRIVER);
	if (!ret)
		ret = features_read(vdev, &offered);
	if (ret)
		return ret;
	if (!(offered & version_1))
		goto err_failed;
	vdev->features = offered & (wanted | version_1 | 1ull << VIRTIO_F_EVENT_IDX);
	ret = features_write(vdev, vdev->features);
	if (!ret)
		ret = status_add(vdev, VIRTIO_STATUS_FEATURES_OK);
	if (!ret)
		ret = virtio_status_read(vdev, &status);
	if (ret)
		return ret;
	if (status & VIRTIO_STATUS_FEATURES_OK)
		return 0;

err_failed:
	log_warn("vm %u: no agreement on features, offered %#llx", ree_vm_id(vdev->vm),
		 (unsigned long long)offered);
	return status_add(vdev, VIRTIO_STATUS_FAILED) ? -EIO : -ENODEV;
}

bool virtio_has_feature(const struct virtio_device *vdev, unsigned int bit)
{
	return bit < 64 && (vdev->features >> bit & 1);
}

static int config_read_once(struct virtio_device *vdev, uint32_t offset, uint8_t *dst, uint32_t len)
{
	while (len) {
		uint32_t size = len >= 4 && !(offset & 3) ? 4 : 1;
		uint32_t value;

		if (ree_vm_mmio_read(vdev->vm, VIRTIO_MMIO_CONFIG + offset, size, &value))
			return -EIO;
		memcpy(dst, &value, size);
		dst += size;
		offset += size;
		len -= size;
	}
	return 0;
}

int virtio_config_read(struct virtio_device *vdev, uint32_t offset, void *dst, uint32_t len)
{
	uint32_t before, after;
	unsigned int i;

	for (i = 0; i < CONFIG_MAX_TRIES; i++) {
		if (reg_read(vdev, VIRTIO_MMIO_CONFIG_GENERATION, &before) ||
		    config_read_once(vdev, offset, dst, len) ||
		    reg_read(vdev, VIRTIO_MMIO_CONFIG_GENERATION, &after))
			return -EIO;
		if (before == after)
			return 0;
	}
	return -EIO;
}

/* Entries of the selected queue: the largest power of two that both sides can do. */
static int queue_entries(struct virtio_device *vdev, uint16_t *num)
{
	uint32_t ready, max;

	if (reg_read(vdev, VIRTIO_MMIO_QUEUE_READY, &ready) ||
	    reg_read(vdev, VIRTIO_MMIO_QUEUE_NUM_MAX, &max))
		return -EIO;
	if (ready || !max)
		return -ENODEV;
	for (*num = VQ_MAX_NUM; *num > max;)
		*num = (uint16_t)(*num >> 1);
	return 0;
}

static int queue_set_up(struct virtio_device *vdev, struct virtqueue *vq)
{
	uint64_t desc_gpa, avail_gpa, used_gpa;
	void *desc, *avail, *used;
	uint16_t num;
	int ret;

	if (reg_write(vdev, VIRTIO_MMIO_QUEUE_SEL, vq->index))
		return -EIO;
	ret = queue_entries(vdev, &num);
	if (ret)
		return ret;
	desc = virtio_ram_alloc(vdev, VIRTQ_DESC_SIZE(num), BUF_ALIGN, &desc_gpa);
	avail = virtio_ram_alloc(vdev, VIRTQ_AVAIL_SIZE(num), BUF_ALIGN, &avail_gpa);
	used = virtio_ram_alloc(vdev, VIRTQ_USED_SIZE(num), BUF_ALIGN, &used_gpa);
	if (!desc || !avail || !used)
		return -ENOMEM;
	ret = vq_driver_init(&vq->drv, num, desc, avail, used,
			     virtio_has_feature(vdev, VIRTIO_F_EVENT_IDX));
	if (ret)
		return ret;
	/* Who sleeps asks; before that nobody listens. */
	vq_driver_disable_irq(&vq->drv);
	if (reg_write(vdev, VIRTIO_MMIO_QUEUE_NUM, num) ||
	    reg_write64(vdev, VIRTIO_MMIO_QUEUE_DESC_LOW, desc_gpa) ||
	    reg_write64(vdev, VIRTIO_MMIO_QUEUE_DRIVER_LOW, avail_gpa) ||
	    reg_write64(vdev, VIRTIO_MMIO_QUEUE_DEVICE_LOW, used_gpa) ||
	    reg_write(vdev, VIRTIO_MMIO_QUEUE_READY, 1))
		return -EIO;
	return 0;
}

int virtio_find_vqs(struct virtio_device *vdev, unsigned int n, struct virtqueue *vqs[],
		    const virtqueue_cb callbacks[], void *data)
{
	unsigned int i;
	int ret;

	if (!n || n > VIRTIO_MAX_QUEUES || vdev->num_vqs)
		return -EINVAL;
	for (i = 0; i < n; i++) {
		struct virtqueue *vq = calloc(1, sizeof(*vq));

		if (!vq)
			return -ENOMEM;
		vq->vdev = vdev;
		vq->index = i;
		vq->cb_mode = VIRTQUEUE_CB_AUTO;
		vq->callback = callbacks[i];
		vq->data = data;
		vdev->vqs[i] = vq;
		vdev->num_vqs = i + 1;
		ret = queue_set_up(vdev, vq);
		if (ret)
			return ret;
		vqs[i] = vq;
	}
	return 0;
}

int virtio_device_ready(struct virtio_device *vdev)
{
	virtio_irq_install(vdev);
	return status_add(vdev, VIRTIO_STATUS_DRIVER_OK);
}

void virtio_reset(struct virtio_device *vdev)
{
	unsigned int i;

	/* Removing the hooks waits for a callback that runs. */
	ree_vm_set_irq(vdev->vm, NULL);
	if (mmio_reset(vdev) && !ree_vm_dead(vdev->vm))
		log_warn("vm %u: the device can't be reset", ree_vm_id(vdev->vm));
	for (i = 0; i < vdev->num_vqs; i++)
		free(vdev->vqs[i]);
	vdev->num_vqs = 0;
	vdev->ram_used = 0;
	vdev->features = 0;
	vdev->broken = false;
	vdev->broken_told = false;
}

void virtio_set_config_cb(struct virtio_device *vdev, void (*cb)(void *data, bool gone), void *data)
{
	pthread_mutex_lock(&vdev->irq_lock);
	vdev->config_cb = cb;
	vdev->config_data = data;
	pthread_mutex_unlock(&vdev->irq_lock);
}
