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
#include "wire/tipc.h"

struct tee_vm;
struct tipc_dev;

/**
 * struct tipc_dev_link - what carries the messages: the VM's virtio device, or its SMC message queue
 * @max_data: payload of the longest message, bytes
 * @tx: one message to the driver. 0; -EAGAIN when there is no room (tipc_dev_pump comes when there is);
 *      -EMSGSIZE (the driver's buffer is too small), -EPROTO (it broke a rule), -ENOMEM
 * @tx_large: the same for more than 4 KiB, of malloc's; taken over when 0 is returned. NULL if @max_data
 *            is less
 * @flush: interrupt the driver for what was sent, if it wants that
 *
 * Under the world lock; nothing here waits. @vm is the VM.
 */
struct tipc_dev_link {
	size_t max_data;
	int (*tx)(struct tee_vm *vm, const struct tipc_msg_hdr *hdr, const void *data, size_t len);
	int (*tx_large)(struct tee_vm *vm, const struct tipc_msg_hdr *hdr, uint8_t *data, size_t len);
	void (*flush)(struct tee_vm *vm);
};

/* What goes as one piece everywhere; longer messages are large. */
#define TIPC_DEV_MAX_DATA (TIPC_DEFAULT_MSG_BUF_SIZE - sizeof(struct tipc_msg_hdr))

int tipc_dev_create(struct tee_vm *vm, struct tipc_dev **devp);
/* Closes every channel of the VM: its servers see HUP. */
void tipc_dev_destroy(struct tipc_dev *dev);
/* What tee_virtio_create is given, with the tipc_dev as data. */
extern const struct tee_virtio_ops tipc_dev_virtio_ops;

/* The driver is there: says GO_ONLINE. What a driver before it had is closed. */
void tipc_dev_link_up(struct tipc_dev *dev, const struct tipc_dev_link *link);
void tipc_dev_link_down(struct tipc_dev *dev);
/* The link in use, or NULL. */
const struct tipc_dev_link *tipc_dev_link(const struct tipc_dev *dev);
/*
 * Is a message with the header @hdr (a copy) and @len bytes of payload worth reading? If not, the link skips
 * it, and whoever sent it hears of it as of any message that is refused.
 */
bool tipc_dev_takes(struct tipc_dev *dev, const struct tipc_msg_hdr *hdr, size_t len);
/* A message of the driver's, header and payload, in private memory; payload up to TIPC_DEV_MAX_DATA. */
void tipc_dev_message(struct tipc_dev *dev, const void *msg, size_t len);
/* A longer one: @data is malloc's and taken over. */
void tipc_dev_message_large(struct tipc_dev *dev, const struct tipc_msg_hdr *hdr, uint8_t *data, size_t len);
/* Sends what there is to send. */
void tipc_dev_pump(struct tipc_dev *dev);
/* Bytes that no driver sends: the VM is dropped. */
void tipc_dev_bad_framing(struct tipc_dev *dev, const char *why);

/* For status: endpoints in use. */
unsigned int tipc_dev_num_endpoints(const struct tipc_dev *dev);

#endif
