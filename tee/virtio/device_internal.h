/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * The inside of the l4virtio device, for device.c, config.c, queue.c and the world's threads.
 * Thread rule: under the world lock.
 * Ownership rule: as in device.h; a queue holds references on the dataspaces of its rings.
 */
#ifndef TEELINK_TEE_VIRTIO_DEVICE_INTERNAL_H
#define TEELINK_TEE_VIRTIO_DEVICE_INTERNAL_H

#include "lib/list.h"
#include "tee/virtio/device.h"
#include "wire/l4virtio.h"
#include "wire/tipc.h"

struct dataspace;

/* Where things lie in the config page. */
#define DEV_CONFIG_OFFSET L4VIRTIO_CONFIG_SIZE
#define DEV_QUEUES_OFFSET 0x200u

#define DEV_FEATURES ((1ull << VIRTIO_F_VERSION_1) | (1ull << VIRTIO_F_EVENT_IDX))

enum tee_virtio_state {
	DEV_RESET,       /* no status bit */
	DEV_NEGOTIATING, /* from ACKNOWLEDGE to DRIVER_OK */
	DEV_LIVE,        /* DRIVER_OK: queues are served */
	DEV_BROKEN,      /* NEEDS_RESET or FAILED: queues are ignored until reset */
};

struct tee_virtio_queue {
	struct vq_device vq;
	bool configured;
	struct dataspace *ds[3]; /* of the descriptor, avail and used parts */
};

struct tee_virtio_dev {
	struct tee_vm *vm;
	int config_fd, kick_fd, irq_fd;
	bool kick_is_socket; /* the hypervisor's, who copies for the VM */
	int watch_id; /* with kick_is_socket */
	uint8_t *shm_page;
	const struct tee_virtio_ops *ops;
	void *data;
	enum tee_virtio_state state;
	uint32_t status; /* as in the page */
	uint64_t features; /* accepted */
	bool user_ready; /* ops->ready was called and ops->reset wasn't yet */
	/*
	 * tx found no buffer: room in queue 0 is work then. stalled: the user was called and left
	 * queue 1 as it was, it will call rx by itself: not work until it did.
	 */
	bool tx_starved;
	bool stalled;
	uint64_t taken; /* buffers taken from queue 1 */
	struct tee_virtio_queue q[TIPC_NUM_QUEUES];
	struct list dirty; /* in tee_world.dirty, or alone */
	struct list rung; /* in tee_world.rung, or alone */
};

static inline volatile struct l4virtio_config *dev_config(struct tee_virtio_dev *dev)
{
	return (volatile struct l4virtio_config *)(void *)dev->shm_page;
}

/* config.c */
void dev_config_fill(struct tee_virtio_dev *dev);
void dev_store_status(struct tee_virtio_dev *dev, uint32_t status);

/* queue.c: 0, or -EINVAL for numbers and addresses that the VM may not use */
int dev_queue_setup(struct tee_virtio_dev *dev, unsigned int index, const struct l4virtio_queue *entry);
void dev_queue_release(struct tee_virtio_dev *dev, unsigned int index);

/* For the world's threads. */
/* The VM has rung, or the hypervisor for it. */
void tee_virtio_note_kick(const struct tee_virtio_dev *dev);
/* Another thread shall look at the queues. */
void tee_virtio_ring_self(struct tee_virtio_dev *dev);
/* Let the user take what is there. */
void tee_virtio_service(struct tee_virtio_dev *dev);
/* A reset that the user wasn't told of yet. Return: true when it was told now. */
bool tee_virtio_settle(struct tee_virtio_dev *dev);

#endif
