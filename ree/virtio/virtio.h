/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * virtio devices and drivers on the driver's side of the link (virtio 1.2, chapter 3), over the
 * virtio-mmio registers of an in-process VM.
 * Thread rule: set-up and tear-down from one thread. A queue belongs to the interrupt (only its
 * callback touches it) until virtqueue_disable_cb; from then on to whoever holds the driver's own
 * lock. Kick: as add. Lock order: the interrupt's lock, then the driver's.
 * Ownership rule: virtio_mmio_probe gives the device to the caller.
 */
#ifndef TEELINK_REE_VIRTIO_VIRTIO_H
#define TEELINK_REE_VIRTIO_VIRTIO_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/virtqueue.h"

struct ree_vm;
struct virtio_device;

/**
 * virtio_mmio_probe() - walk the registers: magic, version, device id; reset; ACKNOWLEDGE
 * @device_id: the id the driver is for (VIRTIO_ID_TRUSTY_IPC)
 *
 * Return: 0; -ENODEV (no magic yet, wrong version or id), -EIO.
 */
int virtio_mmio_probe(struct ree_vm *vm, uint32_t device_id, struct virtio_device **vdevp);
void virtio_device_destroy(struct virtio_device *vdev); /* resets the device; NULL is fine */
struct ree_vm *virtio_vm(struct virtio_device *vdev);

/* DRIVER, features (VERSION_1 required, EVENT_IDX if offered), FEATURES_OK and its check. */
/* Return: 0; -ENODEV (no VERSION_1, or refused: the device is left FAILED), -EIO. */
int virtio_negotiate(struct virtio_device *vdev, uint64_t wanted);
bool virtio_has_feature(const struct virtio_device *vdev, unsigned int bit);
/* Consistent copy (ConfigGeneration) of the device's config. Return: 0, -EIO. */
int virtio_config_read(struct virtio_device *vdev, uint32_t offset, void *dst, uint32_t len);

struct virtqueue;
/* Called in the interrupt (ree_vm_irq.handle) when the queue has used buffers. */
typedef void (*virtqueue_cb)(struct virtqueue *vq);

/**
 * virtio_find_vqs() - allocate rings in link RAM and enable @n queues
 * @callbacks: one per queue, run in the interrupt
 * @data: for virtqueue_data()
 *
 * Return: 0; -EINVAL, -ENODEV (no such queue, or in use), -ENOMEM (memory or link RAM), -EIO. After
 * a failure only virtio_device_destroy is allowed.
 */
int virtio_find_vqs(struct virtio_device *vdev, unsigned int n, struct virtqueue *vqs[],
		    const virtqueue_cb callbacks[], void *data);
int virtio_device_ready(struct virtio_device *vdev); /* DRIVER_OK, interrupt on */
/* Reset: no callback runs after it returns; queues are gone. */
void virtio_reset(struct virtio_device *vdev);
/*
 * @cb runs in the interrupt when the device broke (NEEDS_RESET, or an impossible ring) or the VM is
 * dead (@gone in all three cases), or when its config changed (@gone false).
 */
void virtio_set_config_cb(struct virtio_device *vdev, void (*cb)(void *data, bool gone),
			  void *data);

/*
 * A buffer in link RAM that a queue can carry: @ptr here, @gpa for the descriptor. NULL when full.
 */
void *virtio_alloc_buf(struct virtio_device *vdev, uint32_t len, uint64_t *gpa);

void *virtqueue_data(struct virtqueue *vq);
int virtqueue_add_outbuf(struct virtqueue *vq, uint64_t gpa, uint32_t len, void *token);
int virtqueue_add_inbuf(struct virtqueue *vq, uint64_t gpa, uint32_t len, void *token);
uint16_t virtqueue_size(const struct virtqueue *vq); /* entries */
/*
 * Next used buffer: its token and length, or NULL. A queue that the device broke gives NULL for
 * ever.
 */
void *virtqueue_get_buf(struct virtqueue *vq, uint32_t *len);
bool virtqueue_broken(const struct virtqueue *vq);
/*
 * Tell the device of what was added, if it wants to know: virtqueue_kick for empty buffers, which go
 * with the interrupt; for a message virtqueue_kick_prepare under the driver's lock, and then without
 * it, if that was true, ree_vm_kick.
 */
void virtqueue_kick(struct virtqueue *vq);
bool virtqueue_kick_prepare(struct virtqueue *vq);

/*
 * By default the interrupt is asked for by whoever sleeps in ree_vm_wait. A driver that looks at a
 * queue itself (a tx queue, when it needs a buffer) turns that off for good with
 * virtqueue_disable_cb, and asks with virtqueue_enable_cb when it is about to wait: true when used
 * buffers are there already. Then the callback runs in the interrupt, without the driver's lock.
 */
void virtqueue_disable_cb(struct virtqueue *vq);
bool virtqueue_enable_cb(struct virtqueue *vq);

#endif
