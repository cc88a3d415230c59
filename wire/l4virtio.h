/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * l4virtio config page: what the hypervisor's VMM and the secure world's device share, one page per
 * device. Fields that virtio-mmio has too stand at the same offset (kernkonzept/l4virtio, 2024 layout).
 * Thread rule: each field has one writer, named below; `cmd` is a hand-shake between the two.
 * Ownership rule: the page belongs to the hypervisor's dataspace.
 *
 * Writers: "dev" = the device (secure world), "vmm" = the hypervisor on behalf of the driver.
 * The device fills everything and writes `magic` last; until then the VMM shows DeviceID 0.
 * The VMM writes `cmd` and rings the device; the device acts and stores 0 back when it is done.
 */
#ifndef TEELINK_WIRE_L4VIRTIO_H
#define TEELINK_WIRE_L4VIRTIO_H

#include "wire/port.h"

#define L4VIRTIO_VENDOR 0x44u
#define L4VIRTIO_MAGIC 0x74726976u
#define L4VIRTIO_VERSION 2u
#define L4VIRTIO_CONFIG_SIZE 0x100u
#define L4VIRTIO_PAGE_SIZE 4096u
#define L4VIRTIO_DEVICE_P2P_TIPC 113u /* Trusty IPC, peer-to-peer id; towards Linux 13 */
#define VIRTIO_ID_TRUSTY_IPC 13u

#define L4VIRTIO_CMD_NONE 0x00000000u
#define L4VIRTIO_CMD_SET_STATUS 0x01000000u   /* | status */
#define L4VIRTIO_CMD_CFG_QUEUE 0x02000000u    /* | queue index */
#define L4VIRTIO_CMD_CFG_CHANGED 0x04000000u
#define L4VIRTIO_CMD_NOTIFY_QUEUE 0x08000000u
#define L4VIRTIO_CMD_MASK 0xff000000u

struct l4virtio_queue {
	uint16_t num_max;             /* dev */
	uint16_t num;                 /* vmm; read only after ready */
	uint16_t ready;               /* vmm */
	uint16_t driver_notify_index; /* vmm */
	uint64_t desc;                /* vmm, guest-physical; read only after ready */
	uint64_t avail;               /* vmm */
	uint64_t used;                /* vmm */
	uint16_t device_notify_index; /* dev */
	uint16_t reserved[3];
};

struct l4virtio_config {
	uint32_t magic;                   /* 0x00 dev, written last */
	uint32_t version;                 /* 0x04 dev */
	uint32_t device;                  /* 0x08 dev */
	uint32_t vendor;                  /* 0x0c dev */
	uint32_t dev_features;            /* 0x10 dev: selected window, kept by the VMM for mmio */
	uint32_t dev_features_sel;        /* 0x14 vmm */
	uint32_t reserved0[2];            /* 0x18 */
	uint32_t driver_features;         /* 0x20 vmm */
	uint32_t driver_features_sel;     /* 0x24 vmm */
	uint32_t num_queues;              /* 0x28 dev */
	uint32_t queues_offset;           /* 0x2c dev: from the start of the page */
	uint32_t queue_sel;               /* 0x30 vmm */
	uint32_t reserved1[7];            /* 0x34 */
	uint32_t queue_notify;            /* 0x50 dev: driver_notify_index of a queue to signal */
	uint32_t reserved2[3];            /* 0x54 */
	uint32_t irq_status;              /* 0x60 dev sets, vmm clears */
	uint32_t irq_ack;                 /* 0x64 vmm */
	uint32_t reserved3[2];            /* 0x68 */
	uint32_t status;                  /* 0x70 dev: status that is in force */
	uint32_t cfg_driver_notify_index; /* 0x74 dev */
	uint32_t cfg_device_notify_index; /* 0x78 dev */
	uint32_t cmd;                     /* 0x7c vmm writes a command, dev writes 0 */
	uint32_t reserved4[11];           /* 0x80 */
	uint32_t shm_sel;                 /* 0xac */
	uint64_t shm_len;                 /* 0xb0 */
	uint64_t shm_base;                /* 0xb8 */
	uint32_t dev_features_map[6];     /* 0xc0 dev */
	uint32_t reserved5[2];            /* 0xd8 */
	uint32_t driver_features_map[6];  /* 0xe0 vmm */
	uint32_t reserved6;               /* 0xf8 */
	uint32_t generation;              /* 0xfc dev */
};

TL_STATIC_ASSERT(sizeof(struct l4virtio_queue) == 40, "l4virtio_queue");
TL_STATIC_ASSERT(sizeof(struct l4virtio_config) == L4VIRTIO_CONFIG_SIZE, "l4virtio_config");
TL_STATIC_ASSERT(offsetof(struct l4virtio_config, num_queues) == 0x28, "num_queues");
TL_STATIC_ASSERT(offsetof(struct l4virtio_config, queue_notify) == 0x50, "queue_notify");
TL_STATIC_ASSERT(offsetof(struct l4virtio_config, status) == 0x70, "status");
TL_STATIC_ASSERT(offsetof(struct l4virtio_config, cmd) == 0x7c, "cmd");
TL_STATIC_ASSERT(offsetof(struct l4virtio_config, shm_sel) == 0xac, "shm_sel");
TL_STATIC_ASSERT(offsetof(struct l4virtio_config, shm_base) == 0xb8, "shm_base");
TL_STATIC_ASSERT(offsetof(struct l4virtio_config, dev_features_map) == 0xc0, "dev_features_map");
TL_STATIC_ASSERT(offsetof(struct l4virtio_config, driver_features_map) == 0xe0, "driver_features_map");
TL_STATIC_ASSERT(offsetof(struct l4virtio_config, generation) == 0xfc, "generation");

#endif
