/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * A VM without our drivers: attaches, sets the device up register by register, and sends what the
 * caller likes. What a hostile guest can do, it can.
 * Thread rule: one thread per VM.
 * Ownership rule: raw_detach frees what raw_attach made.
 */
#ifndef TEELINK_TESTS_SYSTEM_RAW_H
#define TEELINK_TESTS_SYSTEM_RAW_H

#include "lib/virtqueue.h"
#include "ree/vm/vm.h"
#include "tests/system/machine.h"
#include "wire/mipstee.h"
#include "wire/tipc.h"

struct raw_vm {
	struct ree_vm *vm;
	struct vq_driver rx, tx;
	uint8_t *ram;
	uint32_t next_tx;
};

/* Where the parts of queue @q lie in link RAM, and the buffers. */
#define RAW_DESC(q) (0x1000u * (q))
#define RAW_AVAIL(q) (0x1000u * (q) + 0x400u)
#define RAW_USED(q) (0x1000u * (q) + 0x800u)
#define RAW_RX_BUF(i) (0x4000u + 4096u * (i))
#define RAW_TX_BUF(i) (0x24000u + 4096u * (i))

void raw_attach(struct raw_vm *r, const struct test_machine *m);
void raw_detach(struct raw_vm *r);
uint32_t raw_read(struct raw_vm *r, uint32_t reg);
/* Status of the write: 0 or -errno. */
int raw_write(struct raw_vm *r, uint32_t reg, uint32_t value);
/* Reset up to FEATURES_OK. */
void raw_negotiate(struct raw_vm *r);
/* Sets one queue up at the usual place, or elsewhere when @desc isn't 0. */
int raw_queue(struct raw_vm *r, uint32_t q, uint32_t num, uint64_t desc);
/* All of it: negotiate, both queues, DRIVER_OK, 32 receive buffers; takes GO_ONLINE. */
void raw_up(struct raw_vm *r);

/* A whole message, header and all, as it is. */
void raw_send_bytes(struct raw_vm *r, const void *msg, size_t len);
void raw_send(struct raw_vm *r, uint32_t src, uint32_t dst, const void *payload, size_t len);
/* Next message, whole: its length, or 0 when none came in @timeout_ms. */
size_t raw_recv(struct raw_vm *r, void *msg, size_t size, unsigned int timeout_ms);
/* Connects local address @local to @port: remote address, or 0 when refused. */
uint32_t raw_connect(struct raw_vm *r, uint32_t local, const char *port);
/* True when the device asks for a reset (waits a little for it). */
bool raw_wants_reset(struct raw_vm *r);

/* A mipstee message under construction. */
struct raw_msg {
	struct mipstee_hdr hdr;
	struct mipstee_arg arg;
	struct mipstee_param param[127];
} TL_PACKED;

/* Sends @num parameters' worth of @m and receives the answer into @m. False: none came. */
bool raw_call(struct raw_vm *r, uint32_t local, uint32_t remote, struct raw_msg *m, uint32_t num);

#endif
