/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * A VM that does what no driver does. After each misdeed the machine goes on serving others, and the
 * VM itself can reset its device and work again.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <tee_client_api.h>

#include "examples/hello/hello_ta.h"
#include "lib/ctl.h"
#include "tests/system/raw.h"
#include "wire/virtio_mmio.h"
#include "wire/vmctl.h"

#define ECHO_PORT "com.android.ipc-unittest.srv.echo"
#define ST_DRIVER (VIRTIO_STATUS_ACKNOWLEDGE | VIRTIO_STATUS_DRIVER)
#define ST_LIVE (ST_DRIVER | VIRTIO_STATUS_FEATURES_OK | VIRTIO_STATUS_DRIVER_OK)

static struct test_machine machine;
static struct machine_shape before;

/* An honest client of the same machine gets its answer. */
static void others_are_served(void)
{
	TEEC_UUID uuid = HELLO_TA_UUID;
	TEEC_Operation op = { 0 };
	TEEC_Context ctx;
	TEEC_Session s;
	uint32_t origin;

	assert_int_equal(TEEC_InitializeContext(NULL, &ctx), TEEC_SUCCESS);
	assert_int_equal(TEEC_OpenSession(&ctx, &s, &uuid, TEEC_LOGIN_PUBLIC, NULL, NULL, &origin),
			 TEEC_SUCCESS);
	op.paramTypes = TEEC_PARAM_TYPES(TEEC_VALUE_INOUT, TEEC_NONE, TEEC_NONE, TEEC_NONE);
	op.params[0].value.a = 41;
	assert_int_equal(TEEC_InvokeCommand(&s, HELLO_CMD_INC, &op, &origin), TEEC_SUCCESS);
	assert_int_equal(op.params[0].value.a, 42);
	TEEC_CloseSession(&s);
	TEEC_FinalizeContext(&ctx);
}

/* The VM resets its device and echoes one message through it. */
static void works_after_reset(struct raw_vm *r)
{
	uint8_t msg[64];
	uint32_t remote;

	raw_up(r);
	remote = raw_connect(r, 1030, ECHO_PORT);
	assert_true(remote != 0);
	raw_send(r, 1030, remote, "ping", 4);
	assert_int_equal(raw_recv(r, msg, sizeof(msg), 5000), sizeof(struct tipc_msg_hdr) + 4);
	assert_memory_equal(msg + sizeof(struct tipc_msg_hdr), "ping", 4);
}

static int start(void **state)
{
	(void)state;
	machine_start(&machine, NULL, NULL);
	others_are_served();
	machine_look(&machine, &before);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	machine_stop(&machine);
	return 0;
}

static void end(struct raw_vm *r)
{
	works_after_reset(r);
	others_are_served();
	raw_detach(r);
	machine_expect(&machine, &before);
}

static void registers_in_the_wrong_order(void **state)
{
	struct raw_vm r;
	uint32_t v, i;

	(void)state;
	raw_attach(&r, &machine);
	/* Queue before features, ready before addresses, unknown queues. */
	raw_write(&r, VIRTIO_MMIO_QUEUE_SEL, 0);
	raw_write(&r, VIRTIO_MMIO_QUEUE_READY, 1);
	raw_write(&r, VIRTIO_MMIO_STATUS, ST_LIVE);
	raw_write(&r, VIRTIO_MMIO_STATUS, 0);
	raw_write(&r, VIRTIO_MMIO_QUEUE_SEL, 77);
	assert_int_equal(raw_read(&r, VIRTIO_MMIO_QUEUE_NUM_MAX), 0);
	raw_write(&r, VIRTIO_MMIO_QUEUE_NUM, 32);
	raw_write(&r, VIRTIO_MMIO_QUEUE_READY, 1);
	/* Registers that can't be written, unknown ones, odd sizes, out of the window. */
	raw_write(&r, VIRTIO_MMIO_MAGIC, 0);
	raw_write(&r, VIRTIO_MMIO_DEVICE_ID, 1);
	raw_write(&r, 0x3c, 1);
	assert_true(ree_vm_mmio_write(r.vm, 0x71, 4, 1) < 0);
	assert_true(ree_vm_mmio_read(r.vm, 0x70, 3, &v) < 0);
	assert_true(ree_vm_mmio_read(r.vm, UINT32_MAX, 4, &v) < 0);
	assert_true(ree_vm_mmio_write(r.vm, UINT32_MAX - 3, 4, 0) < 0);
	/* FEATURES_OK without VERSION_1 doesn't stick. */
	raw_write(&r, VIRTIO_MMIO_STATUS, 0);
	raw_write(&r, VIRTIO_MMIO_STATUS, ST_DRIVER);
	raw_write(&r, VIRTIO_MMIO_DRIVER_FEATURES_SEL, 1);
	raw_write(&r, VIRTIO_MMIO_DRIVER_FEATURES, 0);
	raw_write(&r, VIRTIO_MMIO_STATUS, ST_DRIVER | VIRTIO_STATUS_FEATURES_OK);
	assert_false(raw_read(&r, VIRTIO_MMIO_STATUS) & VIRTIO_STATUS_FEATURES_OK);
	/* Every register with every bit, twice. */
	for (i = 0; i < 0x200; i += 4) {
		ree_vm_mmio_write(r.vm, i, 4, UINT32_MAX);
		ree_vm_mmio_read(r.vm, i, 4, &v);
	}
	end(&r);
}

static void queues_in_impossible_places(void **state)
{
	static const struct {
		uint32_t num;
		uint64_t desc;
	} bad[] = {
		{ 0, 0 },
		{ 3, 0 },
		{ 64, 0 },
		{ 65535, 0 },
		{ 32, 0x1000 },                                          /* not the VM's memory */
		{ 32, VMCTL_RAM_GPA + 8 },                               /* alignment */
		{ 32, VMCTL_RAM_GPA + VMCTL_RAM_SIZE - 16 },             /* runs out of link RAM */
		{ 32, VMCTL_RAM_GPA + VMCTL_RAM_SIZE },
		{ 32, UINT64_MAX - 15 },
		{ 32, UINT64_MAX & ~15ull },
	};
	struct raw_vm r;
	unsigned int i;

	(void)state;
	raw_attach(&r, &machine);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		raw_negotiate(&r);
		raw_queue(&r, 0, bad[i].num, bad[i].desc);
		raw_queue(&r, 1, 32, 0);
		raw_write(&r, VIRTIO_MMIO_STATUS, ST_LIVE);
		/* It didn't become a live device: refused at ready, or in need of a reset. */
		raw_write(&r, VIRTIO_MMIO_QUEUE_SEL, 0);
		assert_true(!raw_read(&r, VIRTIO_MMIO_QUEUE_READY) ||
			    (raw_read(&r, VIRTIO_MMIO_STATUS) &
			     (VIRTIO_STATUS_NEEDS_RESET | VIRTIO_STATUS_FAILED)));
	}
	end(&r);
}

static void a_second_driver_on_one_device(void **state)
{
	struct vmctl_attach_req req = {
		.hdr = { .type = VMCTL_ATTACH, .seq = 9 },
		.version = VMCTL_VERSION,
	};
	struct vmctl_simple rsp;
	struct raw_vm r;
	int s;

	(void)state;
	raw_attach(&r, &machine);
	raw_up(&r);
	/* Queue 0 again while the device is live: refused, or the device asks for a reset. */
	assert_true(raw_queue(&r, 0, 32, 0) < 0 || raw_wants_reset(&r) ||
		    raw_connect(&r, 1024, ECHO_PORT));
	end(&r);
	/* Attaching twice over one socket. */
	s = machine_dial(&machine);
	assert_int_equal(ctl_send(s, &req, sizeof(req), NULL, 0), 0);
	{
		uint8_t buf[VMCTL_MAX_MSG];
		int fds[VMCTL_MAX_FDS];
		unsigned int n = VMCTL_MAX_FDS;

		assert_true(ctl_recv(s, buf, sizeof(buf), fds, &n) > 0);
		while (n)
			close(fds[--n]);
	}
	assert_int_equal(ctl_send(s, &req, sizeof(req), NULL, 0), 0);
	if (ctl_recv(s, &rsp, sizeof(rsp), NULL, NULL) == (ssize_t)sizeof(rsp))
		assert_true(rsp.hdr.status < 0);
	close(s);
	machine_expect(&machine, &before);
}

/* What may be wrong in queue 1, each from a fresh device. */
enum ring_lie {
	RING_INDEX_JUMP,
	RING_HEAD_RANGE,
	RING_LOOP,
	RING_INDIRECT,
	RING_WRITE_FLAG,
	RING_OUTSIDE,
	RING_WRAP,
	RING_ZERO_LEN,
	RING_HUGE_LEN,
	RING_RX_READONLY,
	RING_RX_OUTSIDE,
	RING_NUM_LIES
};

static void tell_ring_lie(struct raw_vm *r, enum ring_lie lie)
{
	struct virtq_desc *d = (struct virtq_desc *)(void *)(r->ram + RAW_DESC(1));
	struct virtq_desc *rx = (struct virtq_desc *)(void *)(r->ram + RAW_DESC(0));
	struct virtq_avail *a = (struct virtq_avail *)(void *)(r->ram + RAW_AVAIL(1));
	/* The struct is packed, the ring is aligned. */
	void *idx = r->ram + RAW_AVAIL(1) + offsetof(struct virtq_avail, idx);
	uint16_t *shm_idx = idx;
	uint16_t head = 0, step = 1, i;

	d[0] = (struct virtq_desc){ .addr = VMCTL_RAM_GPA + RAW_TX_BUF(0), .len = 32 };
	switch (lie) {
	case RING_INDEX_JUMP:
		step = 1000;
		break;
	case RING_HEAD_RANGE:
		head = 32;
		break;
	case RING_LOOP:
		d[0].flags = VIRTQ_DESC_F_NEXT;
		d[0].next = 0;
		break;
	case RING_INDIRECT:
		d[0].flags = VIRTQ_DESC_F_INDIRECT;
		break;
	case RING_WRITE_FLAG:
		d[0].flags = VIRTQ_DESC_F_WRITE;
		break;
	case RING_OUTSIDE:
		d[0].addr = 0x1000;
		break;
	case RING_WRAP:
		d[0].addr = UINT64_MAX - 8;
		break;
	case RING_ZERO_LEN:
		d[0].len = 0;
		break;
	case RING_HUGE_LEN:
		d[0].len = UINT32_MAX;
		break;
	case RING_RX_READONLY:
	case RING_RX_OUTSIDE:
		for (i = 0; i < 32; i++) {
			if (lie == RING_RX_READONLY)
				rx[i].flags = 0;
			else
				rx[i].addr = UINT64_MAX - 100;
		}
		break;
	default:
		break;
	}
	if (lie == RING_RX_READONLY || lie == RING_RX_OUTSIDE) {
		struct tipc_ctrl_msg c = { TIPC_CTRL_CONN_REQ, sizeof(struct tipc_conn_req_body) };
		uint8_t req[sizeof(c) + sizeof(struct tipc_conn_req_body)] = { 0 };

		memcpy(req, &c, sizeof(c));
		strcpy((char *)req + sizeof(c), ECHO_PORT);
		raw_send(r, 1024, TIPC_CTRL_ADDR, req, sizeof(req));
		return;
	}
	a->ring[*shm_idx % 32] = head;
	tl_store_release(shm_idx, (uint16_t)(*shm_idx + step));
	ree_vm_kick(r->vm);
}

static void rings_that_lie(void **state)
{
	bool proxied = machine_is_proxied(&machine);
	struct raw_vm r;
	unsigned int lie;

	(void)state;
	for (lie = 0; lie < RING_NUM_LIES; lie++) {
		/* The proxy has taken these buffers, as they were then: it never looks at them again. */
		if (proxied && (lie == RING_RX_READONLY || lie == RING_RX_OUTSIDE))
			continue;
		raw_attach(&r, &machine);
		raw_up(&r);
		tell_ring_lie(&r, (enum ring_lie)lie);
		if (!raw_wants_reset(&r))
			fail_msg("ring lie %u went through", lie);
		end(&r);
	}
}

static void random_rings(void **state)
{
	struct raw_vm r;
	unsigned int round, i;

	(void)state;
	srand(1);
	raw_attach(&r, &machine);
	for (round = 0; round < 50; round++) {
		raw_up(&r);
		for (i = 0; i < 0x2000; i++)
			r.ram[i] = (uint8_t)(rand() & (rand() % 4 ? 0x1f : 0xff));
		ree_vm_kick(r.vm);
		raw_read(&r, VIRTIO_MMIO_STATUS);
	}
	end(&r);
}

struct ctrl_case {
	uint32_t src, dst;
	uint32_t type, body_len; /* as the message says */
	uint32_t sent;           /* body bytes that really come */
	uint16_t shm_cnt;
	int16_t len_off; /* error in the header's length */
	uint8_t fill;
};

static void control_messages_that_lie(void **state)
{
	static const struct ctrl_case cases[] = {
		{ 1024, 53, 0, 0, 0, 0, 0, 0 },
		{ 1024, 53, 99, 0, 0, 0, 0, 0 },
		{ 1024, 53, UINT32_MAX, 0, 0, 0, 0, 0 },
		{ 1024, 53, TIPC_CTRL_GO_ONLINE, 0, 0, 0, 0, 0 },
		{ 1024, 53, TIPC_CTRL_CONN_RSP, 20, 20, 0, 0, 0 },
		{ 1024, 53, TIPC_CTRL_CONN_REQ, 256, 255, 0, 0, 'x' },
		{ 1024, 53, TIPC_CTRL_CONN_REQ, UINT32_MAX, 256, 0, 0, 'x' },
		{ 1024, 53, TIPC_CTRL_CONN_REQ, 256, 256, 0, 0, 'x' }, /* no NUL in the name */
		{ 1024, 53, TIPC_CTRL_CONN_REQ, 256, 256, 3, 0, 0 },
		{ 1024, 53, TIPC_CTRL_CONN_REQ, 256, 256, 0, 1, 0 },
		{ 1024, 53, TIPC_CTRL_CONN_REQ, 256, 256, 0, -1, 0 },
		{ 1024, 53, TIPC_CTRL_CONN_REQ, 256, 256, 0, -300, 0 },
		{ 0, 53, TIPC_CTRL_CONN_REQ, 256, 256, 0, 0, 0 },
		{ UINT32_MAX, 53, TIPC_CTRL_CONN_REQ, 256, 256, 0, 0, 0 },
		{ 1024, 53, TIPC_CTRL_DISC_REQ, 4, 4, 0, 0, 0xff },
		{ 1024, 53, TIPC_CTRL_DISC_REQ, 4, 0, 0, 0, 0 },
		{ 1024, 53, TIPC_CTRL_RELEASE, 8, 8, 0, 0, 0 },
		{ 1024, 999, TIPC_CTRL_DISC_REQ, 4, 4, 0, 0, 0 },
		{ 1024, UINT32_MAX, TIPC_CTRL_DISC_REQ, 4, 4, 0, 0, 0 },
		{ 1024, 1255, 1, 4, 4, 0, 0, 0 },
		{ 1024, 1256, 1, 4, 4, 0, 0, 0 },
	};
	uint64_t bad = machine_counter(&machine, "bad_messages");
	struct raw_vm r;
	unsigned int i;

	(void)state;
	raw_attach(&r, &machine);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct ctrl_case *c = &cases[i];
		struct {
			struct tipc_msg_hdr h;
			struct tipc_ctrl_msg c;
			uint8_t body[300];
		} TL_PACKED m = {
			.h = { .src = c->src, .dst = c->dst, .shm_cnt = c->shm_cnt,
			       .len = (uint16_t)((int)c->sent + 8 + c->len_off) },
			.c = { c->type, c->body_len },
		};

		memset(m.body, c->fill, sizeof(m.body));
		raw_up(&r);
		raw_send_bytes(&r, &m, sizeof(m.h) + sizeof(m.c) + c->sent);
	}
	/* Shorter than a header, and every length up to one control message. */
	for (i = 1; i < sizeof(struct tipc_msg_hdr) + 12; i++) {
		uint8_t zeros[64] = { 0 };

		raw_up(&r);
		raw_send_bytes(&r, zeros, i);
	}
	end(&r);
	assert_true(machine_counter(&machine, "bad_messages") > bad);
}

static void ports_that_are_not_for_us(void **state)
{
	struct raw_vm r;

	(void)state;
	raw_attach(&r, &machine);
	raw_up(&r);
	assert_int_equal(raw_connect(&r, 1024, "tee.supplicant"), 0);
	assert_int_equal(raw_connect(&r, 1025, "no.such.port"), 0);
	assert_int_equal(raw_connect(&r, 1026, ""), 0);
	assert_true(raw_connect(&r, 1027, ECHO_PORT) != 0);
	end(&r);
}

static void more_channels_than_there_are(void **state)
{
	struct raw_vm r;
	uint32_t i, open = 0;

	(void)state;
	raw_attach(&r, &machine);
	raw_up(&r);
	for (i = 0; i < TIPC_TEE_ADDR_MAX + 20; i++)
		open += raw_connect(&r, 2000 + i, ECHO_PORT) != 0;
	assert_true(open > 0 && open <= TIPC_TEE_ADDR_MAX);
	others_are_served();
	end(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(registers_in_the_wrong_order),
		cmocka_unit_test(queues_in_impossible_places),
		cmocka_unit_test(a_second_driver_on_one_device),
		cmocka_unit_test(rings_that_lie),
		cmocka_unit_test(random_rings),
		cmocka_unit_test(control_messages_that_lie),
		cmocka_unit_test(ports_that_are_not_for_us),
		cmocka_unit_test(more_channels_than_there_are),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
