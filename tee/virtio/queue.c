/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "tee/virtio/device_internal.h"

#include <errno.h>

#include "tee/vm.h"

struct queue_part {
	uint64_t gpa;
	uint32_t size, align;
};

/* Host address of one part, with a reference on what it lies in. */
static uint8_t *map_part(struct tee_vm *vm, const struct queue_part *part, struct dataspace **dsp)
{
	struct dataspace *ds;
	uint8_t *base;

	if (part->gpa % part->align)
		return NULL;
	ds = vm_find_ds(vm, part->gpa, part->size);
	base = ds ? dataspace_map(ds) : NULL;
	if (!base)
		return NULL;
	*dsp = dataspace_get(ds);
	return base + (part->gpa - ds->gpa);
}

int dev_queue_setup(struct tee_virtio_dev *dev, unsigned int index, const struct l4virtio_queue *entry)
{
	struct tee_virtio_queue *q = &dev->q[index];
	uint16_t num = entry->num;
	const struct queue_part parts[3] = {
		{ entry->desc, VIRTQ_DESC_SIZE(num), VIRTQ_DESC_ALIGN },
		{ entry->avail, VIRTQ_AVAIL_SIZE(num), VIRTQ_AVAIL_ALIGN },
		{ entry->used, VIRTQ_USED_SIZE(num), VIRTQ_USED_ALIGN },
	};
	uint8_t *shm_part[3];
	unsigned int i;

	if (!num || num > TIPC_QUEUE_LEN || (num & (num - 1)))
		return -EINVAL;
	for (i = 0; i < 3; i++) {
		shm_part[i] = map_part(dev->vm, &parts[i], &q->ds[i]);
		if (!shm_part[i])
			goto err_release;
	}
	if (vq_device_init(&q->vq, num, shm_part[0], shm_part[1], shm_part[2],
			   dev->features & (1ull << VIRTIO_F_EVENT_IDX)))
		goto err_release;
	q->configured = true;
	return 0;

err_release:
	dev_queue_release(dev, index);
	return -EINVAL;
}

void dev_queue_release(struct tee_virtio_dev *dev, unsigned int index)
{
	struct tee_virtio_queue *q = &dev->q[index];
	unsigned int i;

	q->configured = false;
	for (i = 0; i < 3; i++) {
		dataspace_put(q->ds[i]);
		q->ds[i] = NULL;
	}
}
