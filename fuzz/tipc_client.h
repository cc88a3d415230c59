/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * A program over the Trusty IPC driver, for targets that play the other side: it opens, connects, writes, reads and
 * closes files as the input says.
 * Thread rule: one thread.
 * Ownership rule: the caller owns the struct, tipc_client_end takes away what it has open, and the device.
 */
#ifndef TEELINK_FUZZ_TIPC_CLIENT_H
#define TEELINK_FUZZ_TIPC_CLIENT_H

#include <stdbool.h>
#include <sys/types.h>

#include "fuzz/target.h"
#include "ree/tipc/tipc.h"
#include "ree/vm/node.h"
#include "wire/tipc.h"

#define TIPC_CLIENT_FILES 4u
#define TIPC_CLIENT_ROOM 65536u

enum tipc_client_op {
	TIPC_CLIENT_OPEN,
	TIPC_CLIENT_CONNECT,
	TIPC_CLIENT_WRITE,
	TIPC_CLIENT_READ,
	TIPC_CLIENT_CLOSE,
	TIPC_CLIENT_NUM
};

/* @max_msg: payload of the link's longest message, or TIPC_CLIENT_ROOM. */
struct tipc_client {
	struct ree_vm *vm;
	struct tipc_dev *dev;
	size_t max_msg;
	int announced;
	bool open[TIPC_CLIENT_FILES];
	struct node_file file[TIPC_CLIENT_FILES];
};

/* For tipc_dev_probe, with a struct tipc_client as data. */
extern const struct tipc_dev_ops tipc_client_dev_ops;

void tipc_client_step(struct tipc_client *c, enum tipc_client_op op, struct fuzz_input *in);
void tipc_client_end(struct tipc_client *c);

/* 0-63 as they are, then the addresses that mean something, then anything. */
uint32_t tipc_take_addr(struct fuzz_input *in);

/* A message, its header now and then at odds with it. */
struct tipc_taken_msg {
	struct tipc_msg_hdr hdr;
	uint8_t data[64];
	size_t len;
	uint32_t how; /* bits 0 and 1 are used up, the others are the target's */
};
void tipc_take_msg(struct fuzz_input *in, struct tipc_taken_msg *msg);

/* What follows a control message's header. */
union tipc_ctrl_body {
	struct tipc_conn_rsp_body conn_rsp;
	struct tipc_disc_req_body disc_req;
};
/* One with the right length for its @type, which is returned. */
size_t tipc_take_ctrl_body(struct fuzz_input *in, uint32_t type, union tipc_ctrl_body *body);

#endif
