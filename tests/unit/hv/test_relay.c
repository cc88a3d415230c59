/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/* Proxied memory: what changes hands is copied, nothing else is, and neither side can hold the relay up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "hv/proxy/relay.h"
#include "wire/vcpu.h"

#define NUM TIPC_QUEUE_LEN
#define MSG_OFFSET 0x10000u
#define MSG_GPA (VMCTL_RAM_GPA + MSG_OFFSET)
#define MANY_ROUNDS 300u
#define SETTLED_AFTER 4u /* turns without anything new */

enum ring_part { RING_DESC = 0, RING_AVAIL = 0x400, RING_USED = 0x800, RING_QUEUE = 0x1000 };

struct fixture {
	uint8_t *vm, *tee; /* link RAM and its stand-in */
	struct relay relay;
	struct vq_driver driver[TIPC_NUM_QUEUES];
	struct vq_device device[TIPC_NUM_QUEUES];
};

static void start_queue(struct fixture *f, unsigned int i)
{
	const uint64_t at = i * RING_QUEUE, gpa = VMCTL_RAM_GPA + at;

	assert_int_equal(vq_driver_init(&f->driver[i], NUM, f->vm + at + RING_DESC,
					f->vm + at + RING_AVAIL, f->vm + at + RING_USED, true),
			 0);
	relay_queue_start(&f->relay, i, NUM, gpa + RING_DESC, gpa + RING_AVAIL, gpa + RING_USED,
			  true);
	assert_int_equal(f->relay.queue[i].state, RELAY_ON);
	assert_int_equal(vq_device_init(&f->device[i], NUM, f->tee + at + RING_DESC,
					f->tee + at + RING_AVAIL, f->tee + at + RING_USED, true),
			 0);
}

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	unsigned int i;

	assert_non_null(f);
	f->vm = aligned_alloc(VCPU_PAGE_SIZE, VMCTL_RAM_SIZE);
	f->tee = aligned_alloc(VCPU_PAGE_SIZE, VMCTL_RAM_SIZE);
	assert_true(f->vm && f->tee);
	memset(f->vm, 0, VMCTL_RAM_SIZE);
	memset(f->tee, 0, VMCTL_RAM_SIZE);
	relay_init(&f->relay, f->vm, f->tee);
	for (i = 0; i < TIPC_NUM_QUEUES; i++)
		start_queue(f, i);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	free(f->vm);
	free(f->tee);
	free(f);
	return 0;
}

/* Services until there is nothing more; what is due in all. */
static struct relay_due settle(struct fixture *f)
{
	struct relay_due due = relay_service(&f->relay), more = due;
	unsigned int i;

	for (i = 0; more.again; i++) {
		assert_true(i < SETTLED_AFTER);
		more = relay_service(&f->relay);
		due.ring_vm |= more.ring_vm;
		due.ring_tee |= more.ring_tee;
	}
	return due;
}

static void expect_given_back(struct fixture *f, unsigned int i, const void *token, uint32_t len)
{
	uint32_t got_len = ~0u;
	void *got = NULL;

	assert_int_equal(vq_driver_get(&f->driver[i], &got, &got_len), 1);
	assert_ptr_equal(got, token);
	assert_int_equal(got_len, len);
}

static void messages_to_the_secure_world(void **state)
{
	struct fixture *f = *state;
	struct relay_due due;
	struct vq_buf buf;

	memset(f->vm + MSG_OFFSET, 0x5a, 100);
	memset(f->vm + MSG_OFFSET + 100, 0x77, 100); /* no part of it */
	assert_int_equal(vq_driver_add(&f->driver[TIPC_VQ_RX], MSG_GPA, 100, false, f), 0);
	due = settle(f);
	assert_true(due.ring_tee);
	assert_false(due.ring_vm);
	assert_int_equal(vq_device_get(&f->device[TIPC_VQ_RX], &buf), 1);
	assert_int_equal(buf.gpa, MSG_GPA);
	assert_int_equal(buf.len, 100);
	assert_int_equal(buf.flags, 0);
	/* As it was when it was handed over. */
	f->vm[MSG_OFFSET] = 1;
	settle(f);
	assert_int_equal(f->tee[MSG_OFFSET], 0x5a);
	assert_int_equal(f->tee[MSG_OFFSET + 99], 0x5a);
	assert_int_equal(f->tee[MSG_OFFSET + 100], 0);
	vq_device_put(&f->device[TIPC_VQ_RX], buf.head, 0);
	due = settle(f);
	assert_true(due.ring_vm);
	expect_given_back(f, TIPC_VQ_RX, f, 0);
	assert_int_equal(f->relay.messages, 1);
	assert_int_equal(f->relay.bytes, 100);
}

static void messages_to_the_vm(void **state)
{
	struct fixture *f = *state;
	struct vq_buf buf;

	memset(f->vm + MSG_OFFSET, 0x11, 200);
	assert_int_equal(vq_driver_add(&f->driver[TIPC_VQ_TX], MSG_GPA, 200, true, f), 0);
	assert_true(settle(f).ring_tee);
	assert_int_equal(vq_device_get(&f->device[TIPC_VQ_TX], &buf), 1);
	assert_int_equal(buf.flags, VIRTQ_DESC_F_WRITE);
	assert_int_equal(f->tee[MSG_OFFSET], 0); /* an empty buffer's bytes aren't shown */
	memset(f->tee + MSG_OFFSET, 0x22, 200);
	vq_device_put(&f->device[TIPC_VQ_TX], buf.head, 50);
	assert_true(settle(f).ring_vm);
	expect_given_back(f, TIPC_VQ_TX, f, 50);
	assert_int_equal(f->vm[MSG_OFFSET + 49], 0x22);
	assert_int_equal(f->vm[MSG_OFFSET + 50], 0x11);
}

static void many_rounds(void **state)
{
	struct fixture *f = *state;
	struct vq_buf buf[NUM];
	uint32_t round, i;

	for (round = 0; round < MANY_ROUNDS; round++) {
		uint32_t n = round % NUM + 1;

		for (i = 0; i < n; i++) {
			f->vm[MSG_OFFSET + i] = (uint8_t)(round + i);
			assert_int_equal(
				vq_driver_add(&f->driver[TIPC_VQ_RX], MSG_GPA + i, 1, false, f), 0);
		}
		settle(f);
		for (i = 0; i < n; i++) {
			assert_int_equal(vq_device_get(&f->device[TIPC_VQ_RX], &buf[i]), 1);
			assert_int_equal(f->tee[buf[i].gpa - VMCTL_RAM_GPA], (uint8_t)(round + i));
		}
		assert_int_equal(vq_device_get(&f->device[TIPC_VQ_RX], &buf[0]), 0);
		/* Not in their order. */
		while (i--)
			vq_device_put(&f->device[TIPC_VQ_RX], buf[i].head, 0);
		settle(f);
		for (i = 0; i < n; i++)
			expect_given_back(f, TIPC_VQ_RX, f, 0);
	}
}

/* Shared memory, or nobody's: the secure world sees the same as it would without the relay. */
static void what_lies_elsewhere_is_passed_on(void **state)
{
	static const uint64_t gpas[] = { VMCTL_SHM_GPA, 0x1000, UINT64_MAX - 8,
					 VMCTL_RAM_GPA + VMCTL_RAM_SIZE - 4 };
	struct fixture *f = *state;
	struct vq_buf buf;
	unsigned int i;

	for (i = 0; i < sizeof(gpas) / sizeof(gpas[0]); i++) {
		assert_int_equal(vq_driver_add(&f->driver[TIPC_VQ_RX], gpas[i], 64, false, f), 0);
		settle(f);
		assert_int_equal(vq_device_get(&f->device[TIPC_VQ_RX], &buf), 1);
		assert_int_equal(buf.gpa, gpas[i]);
		assert_int_equal(buf.len, 64);
	}
	assert_int_equal(f->relay.bytes, 0);
	relay_queue_stop(&f->relay, 0);
	assert_false(relay_service(&f->relay).ring_vm);
	relay_queue_start(&f->relay, 0, NUM, VMCTL_SHM_GPA, VMCTL_SHM_GPA + 0x400,
			  VMCTL_SHM_GPA + 0x800, true);
	assert_int_equal(f->relay.queue[0].state, RELAY_ELSEWHERE);
	assert_true(relay_service(&f->relay).ring_vm);
	assert_true(relay_service(&f->relay).ring_tee);
}

static void set_index(uint8_t *ring, uint16_t idx)
{
	memcpy(ring + sizeof(uint16_t), &idx, sizeof(idx));
}

static void a_vm_that_breaks_its_queues(void **state)
{
	struct fixture *f = *state;
	struct vq_buf buf;
	unsigned int i;

	for (i = 0; i < TIPC_NUM_QUEUES; i++) {
		set_index(f->vm + i * RING_QUEUE + RING_AVAIL, 1000);
		assert_true(settle(f).ring_tee);
		/* What no driver does, so that the secure world drops the VM. */
		assert_int_equal(vq_device_get(&f->device[i], &buf), 1);
		assert_int_equal(buf.len, 0);
		assert_int_equal(buf.flags, 0);
		vq_device_put(&f->device[i], buf.head, 0);
		settle(f);
		/* Once. */
		assert_int_equal(vq_device_get(&f->device[i], &buf), 0);
		start_queue(f, i);
		assert_int_equal(vq_driver_add(&f->driver[i], MSG_GPA, 8, i == TIPC_VQ_TX, f), 0);
		settle(f);
		assert_int_equal(vq_device_get(&f->device[i], &buf), 1);
		assert_int_equal(buf.len, 8);
	}
}

static void a_secure_world_that_breaks_its_queues(void **state)
{
	struct fixture *f = *state;
	uint32_t len;
	void *token;

	assert_int_equal(vq_driver_add(&f->driver[TIPC_VQ_TX], MSG_GPA, 8, true, f), 0);
	settle(f);
	set_index(f->tee + RING_USED, 1000);
	assert_int_equal(vq_driver_add(&f->driver[TIPC_VQ_TX], MSG_GPA, 8, true, f), 0);
	settle(f);
	assert_int_equal(vq_driver_get(&f->driver[TIPC_VQ_TX], &token, &len), 0);
	/* The other queue is whole. */
	assert_int_equal(vq_driver_add(&f->driver[TIPC_VQ_RX], MSG_GPA, 8, false, f), 0);
	assert_true(settle(f).ring_tee);
}

static struct vcpu_regs *regs(uint8_t *ram, unsigned int i)
{
	return (void *)(ram + VMCTL_VCPU_OFFSET + VCPU_PAGE_SIZE * (i + 1u));
}

static struct vcpu_ctl *ctl(uint8_t *ram)
{
	return (void *)(ram + VMCTL_VCPU_OFFSET);
}

static void enter(struct fixture *f, unsigned int i, uint64_t a0)
{
	regs(f->vm, i)->a[0] = a0;
	regs(f->vm, i)->entry = VCPU_ENTRY_SMC;
	regs(f->vm, i)->state = VCPU_SECURE;
	ctl(f->vm)->pending |= 1u << i;
}

static void smcs(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(ctl(f->vm)->kick, 1);
	enter(f, 3, 77);
	assert_false(settle(f).ring_tee); /* it polls */
	assert_int_equal(ctl(f->vm)->pending, 0);
	assert_int_equal(ctl(f->tee)->pending, 1u << 3);
	assert_int_equal(regs(f->tee, 3)->state, VCPU_SECURE);
	assert_int_equal(regs(f->tee, 3)->a[0], 77);
	assert_int_equal(regs(f->tee, 3)->waiting, 1);
	/* Its registers are the secure world's now. */
	regs(f->vm, 3)->a[0] = 78;
	regs(f->vm, 3)->intr = 1;
	ctl(f->tee)->kick = 1;
	ctl(f->vm)->pending = 1u << 3;
	assert_true(settle(f).ring_tee);
	assert_int_equal(regs(f->tee, 3)->a[0], 77);
	assert_int_equal(regs(f->tee, 3)->intr, 1);
	regs(f->tee, 3)->a[0] = 99;
	assert_false(settle(f).ring_vm);
	assert_int_equal(regs(f->vm, 3)->state, VCPU_SECURE);
	regs(f->tee, 3)->state = VCPU_NORMAL;
	assert_false(settle(f).ring_vm); /* it polls */
	assert_int_equal(regs(f->vm, 3)->state, VCPU_NORMAL);
	assert_int_equal(regs(f->vm, 3)->a[0], 99);
	/* Once more, and the VM sleeps. */
	enter(f, 3, 1);
	settle(f);
	regs(f->vm, 3)->waiting = 1;
	regs(f->tee, 3)->state = VCPU_NORMAL;
	assert_true(settle(f).ring_vm);
}

static void smcs_that_lie(void **state)
{
	struct fixture *f = *state;

	/* Not entered, and vCPUs that there aren't. */
	ctl(f->vm)->pending = ~0u;
	settle(f);
	assert_int_equal(ctl(f->tee)->pending, (1u << VMCTL_NUM_VCPUS) - 1u);
	assert_int_equal(f->relay.inside, 0);
	/* Given back without having been inside. */
	regs(f->vm, 2)->a[0] = 5;
	regs(f->tee, 2)->a[0] = 6;
	regs(f->tee, 2)->state = VCPU_NORMAL;
	assert_false(settle(f).ring_vm);
	assert_int_equal(regs(f->vm, 2)->a[0], 5);
}

static void notifications(void **state)
{
	struct fixture *f = *state;

	ctl(f->tee)->irq = VCPU_IRQ_NOTIF;
	assert_true(settle(f).ring_vm);
	assert_int_equal(ctl(f->vm)->irq, VCPU_IRQ_NOTIF);
	assert_int_equal(ctl(f->tee)->irq, 0);
	assert_false(settle(f).ring_vm);
	/* The message queue's memory is none that is looked at: its bit says that there is something. */
	ctl(f->tee)->irq = VCPU_IRQ_QUEUE;
	assert_true(settle(f).ring_vm);
	assert_false(settle(f).ring_vm);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(messages_to_the_secure_world),
		TEST(messages_to_the_vm),
		TEST(many_rounds),
		TEST(what_lies_elsewhere_is_passed_on),
		TEST(a_vm_that_breaks_its_queues),
		TEST(a_secure_world_that_breaks_its_queues),
		TEST(smcs),
		TEST(smcs_that_lie),
		TEST(notifications),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
