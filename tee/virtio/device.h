/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * l4virtio device side: one config page, its queues, the doorbells of one VM.
 * Thread rule: under the world lock.
 * Ownership rule: the VM owns its device; the device's user (tee/tipc) is told of ready and reset.
 */
#ifndef TEELINK_TEE_VIRTIO_DEVICE_H
#define TEELINK_TEE_VIRTIO_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/virtqueue.h"

struct tee_vm;
struct tee_virtio_dev;

/* The user of the device: tee/tipc. None of these waits. */
struct tee_virtio_ops {
	void (*ready)(void *data);                      /* driver set DRIVER_OK, queues are live */
	void (*reset)(void *data);                      /* queues are gone */
	/*
	 * Queue 1 may have something, or queue 0 room. A user that leaves queue 1 as it is isn't called
	 * again for what it left: it calls tee_virtio_rx when it is ready for it.
	 */
	void (*rx)(void *data);
};

/**
 * tee_virtio_create() - fill the config page for a Trusty IPC device, magic last
 * @config_fd: memfd of the page; @kick_fd: event fd or socket; @irq_fd: socket. Taken over on success.
 */
int tee_virtio_create(struct tee_vm *vm, int config_fd, int kick_fd, int irq_fd,
		      const struct tee_virtio_ops *ops, void *data, struct tee_virtio_dev **devp);
void tee_virtio_destroy(struct tee_virtio_dev *dev);
/* The hypervisor says that `cmd` was written: act, store 0. */
void tee_virtio_command(struct tee_virtio_dev *dev);
bool tee_virtio_live(const struct tee_virtio_dev *dev); /* DRIVER_OK and not broken */
/* Mark broken: NEEDS_RESET in status, queues ignored until reset. */
void tee_virtio_break(struct tee_virtio_dev *dev);

/**
 * tee_virtio_rx() - next message of the driver (queue 1), copied out once
 * @dst, @size: private buffer
 *
 * The buffer goes back to the driver before this returns.
 * Return: length of the descriptor's buffer; 0 none; -EPROTO: the driver broke a rule, dropped.
 */
int tee_virtio_rx(struct tee_virtio_dev *dev, void *dst, size_t size);
/**
 * tee_virtio_tx() - send to the driver (queue 0), one buffer, two pieces
 *
 * Return: 0; -EAGAIN when the driver has no buffer out (ops->rx comes when it may have); -EMSGSIZE when
 * its buffer is too small; -EPROTO.
 */
int tee_virtio_tx(struct tee_virtio_dev *dev, const void *hdr, size_t hdr_len, const void *data,
		  size_t len);
/* Interrupt the driver if it asked to be, once for all that was put since the last flush. */
void tee_virtio_flush(struct tee_virtio_dev *dev);

/* Ring the VM's interrupt, of which it has one. Never waits, whatever the VM does with its end. */
void tee_virtio_ring_irq(struct tee_virtio_dev *dev);

/*
 * For the polling thread: one look, no side effect; ask for kicks or stop asking. Who asks looks once more,
 * after a tl_mb.
 */
bool tee_virtio_more(const struct tee_virtio_dev *dev);
void tee_virtio_ask_kick(struct tee_virtio_dev *dev);
void tee_virtio_disable_kick(struct tee_virtio_dev *dev);

#endif
