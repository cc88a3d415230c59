/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * The VMM's one device: a virtio-mmio register window (virtio 1.2, 4.2.2) over the l4virtio config page
 * that the secure world's device fills.
 * Thread rule: one thread per struct vmm.
 * Ownership rule: the caller owns the struct and the page.
 *
 * What the driver writes goes into the page at once where it is only data; status and queue set-up
 * become a command that the device must carry out before the driver's write is answered.
 */
#ifndef TEELINK_HV_VMM_VMM_H
#define TEELINK_HV_VMM_VMM_H

#include "wire/l4virtio.h"

#define VMM_WINDOW_SIZE 0x1000u

#define VMM_MAX_QUEUES 16u
/* Feature words that a driver may select: the L4-only ones from 96 up aren't its business. */
#define VMM_FEATURE_WORDS 2u

/* A queue as the driver has set it up; the page has the same, for the device, which could change it there. */
struct vmm_queue {
	uint16_t num;
	uint64_t desc, avail, used;
};

struct vmm {
	uint8_t *shm_page; /* l4virtio config page, one page */
	struct vmm_queue queue[VMM_MAX_QUEUES];
	uint32_t driver_features[VMM_FEATURE_WORDS];
	uint32_t device_features_sel, driver_features_sel, queue_sel;
	uint32_t status; /* what the driver last asked for */
	bool command; /* one is under way */
};

void vmm_init(struct vmm *vmm, void *page);

/**
 * vmm_read() - a register as the driver sees it
 *
 * Return: 0; -EINVAL for a size or an offset that no register has.
 */
int vmm_read(struct vmm *vmm, uint32_t offset, uint32_t size, uint32_t *value);

/**
 * vmm_write() - a driver's write
 *
 * Return: 0 when it is done; 1 when `cmd` was written and the device must be rung, vmm_command_done
 * follows; -EINVAL (no such register, size, value), -EPERM (can't be written), -EBUSY (wrong order: the
 * queue is in use, features are settled).
 */
int vmm_write(struct vmm *vmm, uint32_t offset, uint32_t size, uint32_t value);
/* The device says that it has acted. -EPROTO when `cmd` isn't 0: the device didn't. */
int vmm_command_done(struct vmm *vmm);

#endif
