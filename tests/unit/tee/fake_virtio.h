/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * A virtio device without rings: the test is the driver.
 * Thread rule: under the world lock.
 * Ownership rule: the test owns the device; messages are copied.
 */
#ifndef TEELINK_TESTS_FAKE_VIRTIO_H
#define TEELINK_TESTS_FAKE_VIRTIO_H

#include "tee/virtio/device.h"
#include "wire/tipc.h"

#define FAKE_VIRTIO_QUEUE 1024u

struct fake_buf {
	size_t len;
	uint8_t *data;
};

struct tee_virtio_dev {
	struct fake_buf in[FAKE_VIRTIO_QUEUE], out[FAKE_VIRTIO_QUEUE];
	unsigned int in_first, in_num, out_first, out_num;
	unsigned int room; /* buffers that the driver has out for the device */
	unsigned int flushes;
};

struct tee_virtio_dev *fake_virtio_create(void);
void fake_virtio_destroy(struct tee_virtio_dev *dev);
/* The driver exposes @len bytes as they are. */
void fake_virtio_push_raw(struct tee_virtio_dev *dev, const void *data, size_t len);
void fake_virtio_push(struct tee_virtio_dev *dev, uint32_t src, uint32_t dst, const void *data,
		      size_t len);
/* Next message of the device's: its length without header, or -1. */
int fake_virtio_pop(struct tee_virtio_dev *dev, struct tipc_msg_hdr *hdr, void *data, size_t size);

#endif
