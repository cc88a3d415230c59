/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>
#include <unistd.h>

#include "lib/futex.h"
#include "tests/system/raw.h"
#include "wire/virtio_mmio.h"
#include "wire/vmctl.h"

void raw_attach(struct raw_vm *r, const struct test_machine *m)
{
	memset(r, 0, sizeof(*r));
	assert_int_equal(ree_vm_attach(machine_dial(m), &r->vm), 0);
	r->ram = ree_vm_ram(r->vm)->base;
}

void raw_detach(struct raw_vm *r)
{
	ree_vm_detach(r->vm);
}

uint32_t raw_read(struct raw_vm *r, uint32_t reg)
{
	uint32_t v = 0;

	assert_int_equal(ree_vm_mmio_read(r->vm, reg, 4, &v), 0);
	return v;
}

int raw_write(struct raw_vm *r, uint32_t reg, uint32_t value)
{
	return ree_vm_mmio_write(r->vm, reg, 4, value);
}

void raw_negotiate(struct raw_vm *r)
{
	raw_write(r, VIRTIO_MMIO_STATUS, 0);
	assert_int_equal(raw_read(r, VIRTIO_MMIO_MAGIC), VIRTIO_MMIO_MAGIC_VALUE);
	assert_int_equal(raw_read(r, VIRTIO_MMIO_DEVICE_ID), 13);
	raw_write(r, VIRTIO_MMIO_STATUS, VIRTIO_STATUS_ACKNOWLEDGE);
	raw_write(r, VIRTIO_MMIO_STATUS, VIRTIO_STATUS_ACKNOWLEDGE | VIRTIO_STATUS_DRIVER);
	raw_write(r, VIRTIO_MMIO_DRIVER_FEATURES_SEL, 1);
	raw_write(r, VIRTIO_MMIO_DRIVER_FEATURES, 1); /* VERSION_1 alone: no event index */
	raw_write(r, VIRTIO_MMIO_DRIVER_FEATURES_SEL, 0);
	raw_write(r, VIRTIO_MMIO_DRIVER_FEATURES, 0);
	raw_write(r, VIRTIO_MMIO_STATUS,
		  VIRTIO_STATUS_ACKNOWLEDGE | VIRTIO_STATUS_DRIVER | VIRTIO_STATUS_FEATURES_OK);
	assert_true(raw_read(r, VIRTIO_MMIO_STATUS) & VIRTIO_STATUS_FEATURES_OK);
}

static void write64(struct raw_vm *r, uint32_t reg, uint64_t v)
{
	raw_write(r, reg, (uint32_t)v);
	raw_write(r, reg + 4, (uint32_t)(v >> 32));
}

int raw_queue(struct raw_vm *r, uint32_t q, uint32_t num, uint64_t desc)
{
	uint64_t gpa = VMCTL_RAM_GPA;

	raw_write(r, VIRTIO_MMIO_QUEUE_SEL, q);
	raw_write(r, VIRTIO_MMIO_QUEUE_NUM, num);
	write64(r, VIRTIO_MMIO_QUEUE_DESC_LOW, desc ? desc : gpa + RAW_DESC(q));
	write64(r, VIRTIO_MMIO_QUEUE_DRIVER_LOW, gpa + RAW_AVAIL(q));
	write64(r, VIRTIO_MMIO_QUEUE_DEVICE_LOW, gpa + RAW_USED(q));
	return raw_write(r, VIRTIO_MMIO_QUEUE_READY, 1);
}

static void raw_refill(struct raw_vm *r, uint32_t i)
{
	assert_int_equal(vq_driver_add(&r->rx, VMCTL_RAM_GPA + RAW_RX_BUF(i), 4096, true,
				       r->ram + RAW_RX_BUF(i)), 0);
}

void raw_up(struct raw_vm *r)
{
	struct tipc_ctrl_msg *c;
	uint8_t msg[4096];
	uint32_t i;

	raw_negotiate(r);
	assert_int_equal(vq_driver_init(&r->rx, 32, r->ram + RAW_DESC(0), r->ram + RAW_AVAIL(0),
					r->ram + RAW_USED(0), false), 0);
	assert_int_equal(vq_driver_init(&r->tx, 32, r->ram + RAW_DESC(1), r->ram + RAW_AVAIL(1),
					r->ram + RAW_USED(1), false), 0);
	r->next_tx = 0;
	assert_int_equal(raw_queue(r, 0, 32, 0), 0);
	assert_int_equal(raw_queue(r, 1, 32, 0), 0);
	for (i = 0; i < 32; i++)
		raw_refill(r, i);
	raw_write(r, VIRTIO_MMIO_STATUS,
		  VIRTIO_STATUS_ACKNOWLEDGE | VIRTIO_STATUS_DRIVER | VIRTIO_STATUS_FEATURES_OK |
			  VIRTIO_STATUS_DRIVER_OK);
	ree_vm_kick(r->vm);
	assert_int_equal(raw_recv(r, msg, sizeof(msg), 5000), sizeof(struct tipc_msg_hdr) + sizeof(*c));
	c = (struct tipc_ctrl_msg *)(void *)(msg + sizeof(struct tipc_msg_hdr));
	assert_int_equal(c->type, TIPC_CTRL_GO_ONLINE);
}

/* The secure world takes messages as fast as it has time: one waits for a free buffer. */
void raw_send_bytes(struct raw_vm *r, const void *msg, size_t len)
{
	uint64_t end = tl_now_ns() + 10000000000ull;
	uint32_t i = r->next_tx % 32u;
	uint32_t used;
	void *token;

	for (;;) {
		while (vq_driver_get(&r->tx, &token, &used) > 0)
			;
		if (r->tx.num_free)
			break;
		if (tl_now_ns() > end)
			fail_msg("the secure world takes no message");
		usleep(200);
	}
	memcpy(r->ram + RAW_TX_BUF(i), msg, len);
	assert_int_equal(vq_driver_add(&r->tx, VMCTL_RAM_GPA + RAW_TX_BUF(i), (uint32_t)len, false, r),
			 0);
	r->next_tx++;
	ree_vm_kick(r->vm);
}

void raw_send(struct raw_vm *r, uint32_t src, uint32_t dst, const void *payload, size_t len)
{
	struct tipc_msg_hdr h = { .src = src, .dst = dst, .len = (uint16_t)len };
	uint8_t msg[4096];

	memcpy(msg, &h, sizeof(h));
	memcpy(msg + sizeof(h), payload, len);
	raw_send_bytes(r, msg, sizeof(h) + len);
}

size_t raw_recv(struct raw_vm *r, void *msg, size_t size, unsigned int timeout_ms)
{
	uint64_t end = tl_now_ns() + timeout_ms * 1000000ull;
	uint32_t len;
	void *token;

	while (vq_driver_get(&r->rx, &token, &len) != 1) {
		if (tl_now_ns() > end)
			return 0;
		usleep(200);
	}
	assert_true(len <= size);
	memcpy(msg, token, len);
	raw_refill(r, (uint32_t)(((uint8_t *)token - r->ram - RAW_RX_BUF(0)) / 4096));
	ree_vm_kick(r->vm);
	return len;
}

uint32_t raw_connect(struct raw_vm *r, uint32_t local, const char *port)
{
	struct {
		struct tipc_ctrl_msg c;
		struct tipc_conn_req_body b;
	} TL_PACKED req = { .c = { TIPC_CTRL_CONN_REQ, sizeof(struct tipc_conn_req_body) } };
	struct {
		struct tipc_msg_hdr h;
		struct tipc_ctrl_msg c;
		struct tipc_conn_rsp_body b;
	} TL_PACKED rsp;

	strncpy(req.b.name, port, sizeof(req.b.name) - 1);
	raw_send(r, local, TIPC_CTRL_ADDR, &req, sizeof(req));
	if (raw_recv(r, &rsp, sizeof(rsp), 5000) != sizeof(rsp) || rsp.c.type != TIPC_CTRL_CONN_RSP ||
	    rsp.b.target != local || rsp.b.status)
		return 0;
	return rsp.b.remote;
}

bool raw_wants_reset(struct raw_vm *r)
{
	unsigned int i;

	for (i = 0; i < 500; i++) {
		if (raw_read(r, VIRTIO_MMIO_STATUS) & VIRTIO_STATUS_NEEDS_RESET)
			return true;
		usleep(10000);
	}
	return false;
}

bool raw_call(struct raw_vm *r, uint32_t local, uint32_t remote, struct raw_msg *m, uint32_t num)
{
	size_t len = sizeof(m->hdr) + sizeof(m->arg) + num * sizeof(m->param[0]);
	struct {
		struct tipc_msg_hdr h;
		struct raw_msg m;
	} TL_PACKED rsp;
	uint32_t tag = m->hdr.data_tag;
	size_t n;

	raw_send(r, local, remote, m, len);
	n = raw_recv(r, &rsp, sizeof(rsp), 10000);
	if (n < sizeof(rsp.h) + sizeof(m->hdr) + sizeof(m->arg))
		return false;
	memcpy(m, &rsp.m, n - sizeof(rsp.h));
	return rsp.h.dst == local && m->hdr.data_tag == tag;
}
