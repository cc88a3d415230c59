/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * Inside the tipc device: its endpoints, what waits to be sent, what waits to be taken.
 * Thread rule: under the world lock.
 * Ownership rule: an endpoint in use owns its channel and the messages that it holds.
 *
 * Flow control. Towards the driver: a message that finds no buffer of the driver's stays `stuck` in its
 * channel, and nothing else is taken from any channel until ops->rx says that there may be room: the
 * channels' own bounds then stop the servers. From the driver: Linux's driver doesn't count messages, so
 * more may come than a slow server's channel takes; up to TIPC_DEV_MAX_HELD of them are held here, in
 * order, until SEND_UNBLOCKED; the endpoint that goes beyond is disconnected. So neither a slow server nor
 * a flood on one channel stops the VM's other channels.
 */
#ifndef TEELINK_TEE_TIPC_ENDPOINT_H
#define TEELINK_TEE_TIPC_ENDPOINT_H

#include "lib/list.h"
#include "tee/ipc/ipc.h"
#include "tee/tipc/tipc_dev.h"
#include "wire/tipc.h"

#define TIPC_DEV_MAX_HELD 256u /* messages per VM, for all endpoints */
/* And their bytes. One message of any length is held besides. */
#define TIPC_DEV_MAX_HELD_BYTES (TIPC_DEV_MAX_HELD * 4096u)
/* Control messages that wait for a buffer: an answer and a disconnect per endpoint, and refusals. */
#define TIPC_DEV_MAX_CTRL 640u

enum tipc_ept_state {
	TIPC_EPT_FREE,
	TIPC_EPT_CONNECTING, /* CONN_REQ taken, not answered */
	TIPC_EPT_CONNECTED,
};

struct tipc_ept {
	enum tipc_ept_state state;
	uint32_t remote; /* the driver's address */
	ipc_handle_t chan;
	struct list free_node;
	struct list held; /* tipc_held, oldest first */
};

struct tipc_held {
	struct list node;
	size_t len;
	uint8_t *large; /* in place of data */
	uint8_t data[];
};

/* A control message on its way to the driver. */
struct tipc_ctrl_out {
	uint32_t src;
	uint32_t len;
	struct {
		struct tipc_ctrl_msg ctrl;
		union {
			struct tipc_conn_rsp_body conn_rsp;
			struct tipc_disc_req_body disc_req;
		} body;
	} TL_PACKED msg;
};

struct tipc_dev {
	struct tee_vm *vm;
	struct ipc_task *task;
	const struct tipc_dev_link *link; /* NULL: no driver */
	struct tipc_ept ept[TIPC_TEE_ADDR_MAX];
	struct list free; /* longest free first: an address isn't used again soon */
	unsigned int num_epts;
	unsigned int num_held;
	size_t held_bytes;
	struct tipc_ept *stuck; /* has got a message that found no buffer */
	struct ipc_msg_info stuck_msg;
	uint8_t *stuck_buf; /* of a large one, taken from the channel already */
	struct tipc_ctrl_out ctrl[TIPC_DEV_MAX_CTRL]; /* ring */
	unsigned int ctrl_first, ctrl_num;
	uint8_t rx_buf[TIPC_DEFAULT_MSG_BUF_SIZE]; /* of the virtio link */
	uint8_t tx_buf[IPC_CHAN_MAX_BUF_SIZE];
};

/* endpoint.c */
void tipc_ept_init(struct tipc_dev *dev);
/* Takes @chan over on success. NULL when all addresses are in use. */
struct tipc_ept *tipc_ept_alloc(struct tipc_dev *dev, uint32_t remote, ipc_handle_t chan);
void tipc_ept_free(struct tipc_dev *dev, struct tipc_ept *ept);
void tipc_ept_free_all(struct tipc_dev *dev);
uint32_t tipc_ept_addr(const struct tipc_dev *dev, const struct tipc_ept *ept);
/* The endpoint at @addr if it is in use and @remote's; NULL otherwise. */
struct tipc_ept *tipc_ept_find(struct tipc_dev *dev, uint32_t addr, uint32_t remote);
struct tipc_ept *tipc_ept_find_remote(struct tipc_dev *dev, uint32_t remote);
/* Free the endpoint and tell the driver. */
void tipc_ept_disconnect(struct tipc_dev *dev, struct tipc_ept *ept);
/* Data of the driver's, into the channel or behind what is held already. */
void tipc_ept_send(struct tipc_dev *dev, struct tipc_ept *ept, const void *data, size_t len);
/* A large message: @data is taken over. */
void tipc_ept_send_large(struct tipc_dev *dev, struct tipc_ept *ept, uint8_t *data, size_t len);
void tipc_ept_unblocked(struct tipc_dev *dev, struct tipc_ept *ept);

/* control.c */
void tipc_ctrl_go_online(struct tipc_dev *dev);
void tipc_ctrl_conn_rsp(struct tipc_dev *dev, uint32_t remote, int status,
			const struct tipc_ept *ept);
void tipc_ctrl_disc_req(struct tipc_dev *dev, uint32_t local, uint32_t remote);
/* Return: true when none is left, false when the driver has no buffer. */
bool tipc_ctrl_flush(struct tipc_dev *dev);
void tipc_ctrl_rx(struct tipc_dev *dev, uint32_t remote, const void *msg, size_t len);

/* rx.c */
/* A message that is refused; the VM goes on. */
void tipc_bad_message(struct tipc_dev *dev);
#endif
