/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * tipc device: endpoint table and control messages between one VM's virtio device and the IPC kernel.
 * Thread rule: under the world lock.
 * Ownership rule: the VM owns its tipc device.
 */
#ifndef TEELINK_TEE_TIPC_TIPC_DEV_H
#define TEELINK_TEE_TIPC_TIPC_DEV_H

#include "tee/virtio/device.h"

struct tee_vm;
struct tipc_dev;

int tipc_dev_create(struct tee_vm *vm, struct tipc_dev **devp);
/* Closes every channel of the VM: its servers see HUP. */
void tipc_dev_destroy(struct tipc_dev *dev);
/* What tee_virtio_create is given, with the tipc_dev as data. */
extern const struct tee_virtio_ops tipc_dev_virtio_ops;
/* For status: endpoints in use. */
unsigned int tipc_dev_num_endpoints(const struct tipc_dev *dev);

#endif
