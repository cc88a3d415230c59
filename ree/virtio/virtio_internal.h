/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * struct virtio_device and struct virtqueue, for the files of ree/virtio alone.
 * Thread rule: as virtio.h; what the interrupt's lock guards is named.
 * Ownership rule: the device owns its queues; rings lie in link RAM, which belongs to the VM.
 */
#ifndef TEELINK_REE_VIRTIO_VIRTIO_INTERNAL_H
#define TEELINK_REE_VIRTIO_VIRTIO_INTERNAL_H

#include <pthread.h>

#include "ree/virtio/virtio.h"

#define VIRTIO_MAX_QUEUES 4u

/* Who asks for a queue's interrupt. Atomic: the interrupt looks at it without the driver's lock. */
enum virtqueue_cb_mode {
	VIRTQUEUE_CB_AUTO, /* whoever sleeps in ree_vm_wait, under irq_lock */
	VIRTQUEUE_CB_OFF,
	VIRTQUEUE_CB_ARMED, /* the driver did, under its lock */
};

struct virtqueue {
	struct virtio_device *vdev;
	unsigned int index;
	uint32_t cb_mode;
	virtqueue_cb callback;
	void *data;
	struct vq_driver drv;
};

struct virtio_device {
	struct ree_vm *vm;
	uint64_t features;
	uint64_t ram_used; /* bytes of link RAM given out; until reset nothing comes back */
	/*
	 * Taken around callbacks and around asking for the interrupt: a used index that moves while
	 * it is asked for would ask for an event that is past.
	 */
	pthread_mutex_t irq_lock;
	bool broken; /* atomic: a queue is, found by whoever looked */
	bool broken_told; /* atomic, set under irq_lock: config_cb knows */
	unsigned int num_vqs;
	struct virtqueue *vqs[VIRTIO_MAX_QUEUES];
	void (*config_cb)(void *data, bool gone);
	void *config_data;
};

/* Link RAM, aligned to a power of two; NULL when there isn't enough. */
void *virtio_ram_alloc(struct virtio_device *vdev, uint64_t len, uint64_t align, uint64_t *gpa);
/* Hooks of the VM's interrupt onto the device's queues. */
void virtio_irq_install(struct virtio_device *vdev);
/* Status register. */
int virtio_status_read(struct virtio_device *vdev, uint32_t *status);

#endif
