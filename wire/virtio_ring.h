/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * Split virtqueue layout (virtio 1.2, section 2.7) and the device-independent feature and status bits.
 * Thread rule: none, layouts only.
 * Ownership rule: none.
 */
#ifndef TEELINK_WIRE_VIRTIO_RING_H
#define TEELINK_WIRE_VIRTIO_RING_H

#include "wire/port.h"

#define VIRTIO_F_EVENT_IDX 29 /* VIRTIO_RING_F_EVENT_IDX */
#define VIRTIO_F_VERSION_1 32
#define L4VIRTIO_F_CMD_CONFIG 160 /* status and queue set-up go through `cmd` */

#define VIRTIO_STATUS_ACKNOWLEDGE 0x01u
#define VIRTIO_STATUS_DRIVER 0x02u
#define VIRTIO_STATUS_DRIVER_OK 0x04u
#define VIRTIO_STATUS_FEATURES_OK 0x08u
#define VIRTIO_STATUS_NEEDS_RESET 0x40u
#define VIRTIO_STATUS_FAILED 0x80u

#define VIRTQ_DESC_F_NEXT 1u
#define VIRTQ_DESC_F_WRITE 2u
#define VIRTQ_DESC_F_INDIRECT 4u

#define VIRTQ_AVAIL_F_NO_INTERRUPT 1u
#define VIRTQ_USED_F_NO_NOTIFY 1u

#define VIRTQ_MAX_NUM 32768u

struct virtq_desc {
	uint64_t addr;
	uint32_t len;
	uint16_t flags;
	uint16_t next;
} TL_PACKED;

struct virtq_avail {
	uint16_t flags;
	uint16_t idx;
	uint16_t ring[]; /* num entries, then used_event u16 */
} TL_PACKED;

struct virtq_used_elem {
	uint32_t id;
	uint32_t len;
} TL_PACKED;

struct virtq_used {
	uint16_t flags;
	uint16_t idx;
	struct virtq_used_elem ring[]; /* num entries, then avail_event u16 */
} TL_PACKED;

TL_STATIC_ASSERT(sizeof(struct virtq_desc) == 16, "virtq_desc");
TL_STATIC_ASSERT(sizeof(struct virtq_used_elem) == 8, "virtq_used_elem");

#define VIRTQ_DESC_ALIGN 16u
#define VIRTQ_AVAIL_ALIGN 2u
#define VIRTQ_USED_ALIGN 4u

/* Bytes of each part for @num entries, event index included (virtio 1.2, 2.7). */
#define VIRTQ_DESC_SIZE(num) (16u * (uint32_t)(num))
#define VIRTQ_AVAIL_SIZE(num) (6u + 2u * (uint32_t)(num))
#define VIRTQ_USED_SIZE(num) (6u + 8u * (uint32_t)(num))

#endif
