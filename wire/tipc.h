/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * Trusty IPC over virtio: device config, message header and control messages.
 * Thread rule: none, layouts only.
 * Ownership rule: none.
 */
#ifndef TEELINK_WIRE_TIPC_H
#define TEELINK_WIRE_TIPC_H

#include "wire/port.h"

#define TIPC_VQ_TX 0u /* device -> driver: the driver's rx queue */
#define TIPC_VQ_RX 1u /* driver -> device: the driver's tx queue */
#define TIPC_NUM_QUEUES 2u
#define TIPC_QUEUE_LEN 32u

#define TIPC_CTRL_ADDR 53u
#define TIPC_MIN_LOCAL_ADDR 1024u /* Linux side, first local address */
#define TIPC_TEE_ADDR_BASE 1000u  /* secure side, first address */
#define TIPC_TEE_ADDR_MAX 256u    /* addresses per device */

#define TIPC_MAX_SRV_NAME_LEN 256u
#define TIPC_MAX_DEV_NAME_LEN 32u
#define TIPC_DEFAULT_MSG_BUF_SIZE 4096u
#define TIPC_MIN_MSG_BUF_SIZE 512u
#define TIPC_MAX_MSG_BUFS 32u /* per channel */
#define TIPC_MAX_MSG_HANDLES 8u
#define TIPC_REPLY_TIMEOUT_MS 5000u
#define TIPC_TXBUF_TIMEOUT_MS 15000u

struct tipc_dev_config {
	uint32_t msg_buf_max_size;
	uint32_t msg_buf_alignment;
	char dev_name[TIPC_MAX_DEV_NAME_LEN];
} TL_PACKED;

struct tipc_msg_hdr {
	uint32_t src;
	uint32_t dst;
	uint16_t reserved;
	uint16_t shm_cnt;
	uint16_t len; /* bytes after the header */
	uint16_t flags;
} TL_PACKED;

enum tipc_ctrl_type {
	TIPC_CTRL_GO_ONLINE = 1,
	TIPC_CTRL_GO_OFFLINE = 2,
	TIPC_CTRL_CONN_REQ = 3,
	TIPC_CTRL_CONN_RSP = 4,
	TIPC_CTRL_DISC_REQ = 5,
	TIPC_CTRL_RELEASE = 6,
};

struct tipc_ctrl_msg {
	uint32_t type;
	uint32_t body_len;
} TL_PACKED;

struct tipc_conn_req_body {
	char name[TIPC_MAX_SRV_NAME_LEN];
} TL_PACKED;

struct tipc_conn_rsp_body {
	uint32_t target;
	uint32_t status; /* 0, or an LK error as two's complement */
	uint32_t remote;
	uint32_t max_msg_size;
	uint32_t max_msg_cnt;
} TL_PACKED;

struct tipc_disc_req_body {
	uint32_t target;
} TL_PACKED;

TL_STATIC_ASSERT(sizeof(struct tipc_dev_config) == 40, "tipc_dev_config");
TL_STATIC_ASSERT(sizeof(struct tipc_msg_hdr) == 16, "tipc_msg_hdr");
TL_STATIC_ASSERT(sizeof(struct tipc_ctrl_msg) == 8, "tipc_ctrl_msg");
TL_STATIC_ASSERT(sizeof(struct tipc_conn_req_body) == 256, "tipc_conn_req_body");
TL_STATIC_ASSERT(sizeof(struct tipc_conn_rsp_body) == 20, "tipc_conn_rsp_body");
TL_STATIC_ASSERT(sizeof(struct tipc_disc_req_body) == 4, "tipc_disc_req_body");

#endif
