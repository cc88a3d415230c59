/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * Split virtqueue, both sides (virtio 1.2, section 2.7), over memory that a hostile peer may
 * change.
 * Thread rule: the caller's lock guards each side's struct; the two sides share only the rings.
 * Ownership rule: the structs borrow the ring memory; buffers are named by guest-physical address.
 *
 * Queue rules:
 *  - The driver alone writes desc[], avail (idx, ring, flags, used_event); the device alone writes
 *    used (idx, ring, flags, avail_event).
 *  - An index is published with release and read with acquire, and compared in its own 16 bits.
 *  - The driver keeps a private copy of what it put in each descriptor and never reads desc[] back.
 *  - A side that wants to sleep asks for the signal (event index), a full barrier, then looks
 *    again.
 *  - A side that published an index does a full barrier before it reads the other's event index.
 *  - An index that ran ahead by more than the queue's size, an id out of range or not outstanding,
 *    a descriptor chain that is longer than the queue, indirect, or has a bad next: -EPROTO, and
 *    the queue is broken until it is initialised again.
 */
#ifndef TEELINK_LIB_VIRTQUEUE_H
#define TEELINK_LIB_VIRTQUEUE_H

#include "wire/virtio_ring.h"

#define VQ_MAX_NUM 256u /* largest queue that either side here makes */

/* Driver side. */
struct vq_driver {
	volatile struct virtq_desc *shm_desc;
	volatile uint8_t *shm_avail;
	const volatile uint8_t *shm_used;
	uint16_t num;
	uint16_t avail_idx; /* next to publish */
	uint16_t used_idx; /* next to take */
	uint16_t kicked_idx; /* avail_idx at the last kick decision */
	uint16_t num_free;
	uint16_t free_head;
	bool event_idx;
	bool broken;
	struct {
		void *token; /* NULL: free */
		uint32_t len;
		uint16_t next_free;
		bool device_writes;
	} slot[VQ_MAX_NUM];
};

/**
 * vq_driver_init() - lay out a fresh queue
 * @num: entries, a power of two up to VQ_MAX_NUM
 * @desc, @avail, @used: host addresses of the three parts, zeroed by this call
 *
 * Return: 0, or -EINVAL for a bad @num.
 */
int vq_driver_init(struct vq_driver *vq, uint16_t num, void *desc, void *avail, void *used,
		   bool event_idx);

/**
 * vq_driver_add() - expose one buffer in one descriptor
 * @gpa, @len: the buffer
 * @device_writes: true for an empty buffer that the device fills
 * @token: non-NULL, comes back from vq_driver_get
 *
 * The buffer is published at once. Return: 0, -ENOSPC when no descriptor is free, -EPROTO when
 * broken.
 */
int vq_driver_add(struct vq_driver *vq, uint64_t gpa, uint32_t len, bool device_writes,
		  void *token);

/*
 * True when the device asked to be told of what was added since the last call (full barrier
 * inside).
 */
bool vq_driver_needs_kick(struct vq_driver *vq);

/**
 * vq_driver_get() - take the next buffer that the device gave back
 * @token: what was passed to vq_driver_add
 * @len: bytes that the device says it wrote: never more than the buffer, 0 for a device-read buffer
 *
 * Return: 1 for a buffer, 0 for none, -EPROTO for an impossible index, id or length (queue broken).
 */
int vq_driver_get(struct vq_driver *vq, void **token, uint32_t *len);

/* One relaxed look without side effect: has the device given something back? For polling. */
bool vq_driver_more(const struct vq_driver *vq);

/* Ask for an interrupt at the next used entry. Return: true when something is there already. */
bool vq_driver_enable_irq(struct vq_driver *vq);
void vq_driver_disable_irq(struct vq_driver *vq);

/* Device side. */
struct vq_device {
	const volatile struct virtq_desc *shm_desc;
	const volatile uint8_t *shm_avail;
	volatile uint8_t *shm_used;
	uint16_t num;
	uint16_t avail_idx; /* next to take */
	uint16_t used_idx; /* next to publish */
	uint16_t signalled_idx; /* used_idx at the last signal decision */
	bool event_idx;
	bool broken;
};

/* One descriptor's buffer, a private copy. */
struct vq_buf {
	uint16_t head;
	uint16_t flags; /* VIRTQ_DESC_F_WRITE or 0 */
	uint32_t len;
	uint64_t gpa;
};

/* The three parts are mapped and at least VIRTQ_*_SIZE(num) long: the caller checked. */
int vq_device_init(struct vq_device *vq, uint16_t num, const void *desc, const void *avail,
		   void *used, bool event_idx);

/**
 * vq_device_get() - take the next buffer that the driver exposed
 *
 * One buffer in one descriptor, as Trusty IPC has it; a chain (NEXT) or INDIRECT is -EPROTO.
 * Return: 1 for a buffer, 0 for none, -EPROTO (queue broken).
 */
int vq_device_get(struct vq_device *vq, struct vq_buf *buf);
/* Give a buffer back with @len bytes written. */
void vq_device_put(struct vq_device *vq, uint16_t head, uint32_t len);
/* True when the driver asked to be interrupted for what was put since the last call. */
bool vq_device_needs_irq(struct vq_device *vq);
bool vq_device_more(const struct vq_device *vq);
/* Ask for a kick at the next exposed buffer. Who asks looks for what is there already, after a tl_mb. */
void vq_device_ask_kick(struct vq_device *vq);
/* Both. Return: true when something is there already. */
bool vq_device_enable_kick(struct vq_device *vq);
void vq_device_disable_kick(struct vq_device *vq);

#endif
