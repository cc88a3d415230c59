/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include <stdarg.h>
#include <setjmp.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/virtqueue.h"

#define NUM 8u

/* Both sides of one queue over the same memory. */
struct pair {
	struct vq_driver drv;
	struct vq_device dev;
	struct virtq_desc *desc;
	uint16_t *avail; /* flags, idx, ring…, used_event */
	uint16_t *used; /* flags, idx, then entries of four, avail_event */
};

static struct pair *pair_new(bool event_idx)
{
	struct pair *p = calloc(1, sizeof(*p));

	assert_non_null(p);
	p->desc = aligned_alloc(64, 512);
	p->avail = aligned_alloc(64, 512);
	p->used = aligned_alloc(64, 512);
	assert_int_equal(vq_driver_init(&p->drv, NUM, p->desc, p->avail, p->used, event_idx), 0);
	assert_int_equal(vq_device_init(&p->dev, NUM, p->desc, p->avail, p->used, event_idx), 0);
	return p;
}

static void pair_free(struct pair *p)
{
	free(p->desc);
	free(p->avail);
	free(p->used);
	free(p);
}

static void *tok(uintptr_t n)
{
	return (void *)n;
}

static void test_init(void **state)
{
	struct pair *p = pair_new(true);
	struct vq_driver *drv = &p->drv;
	uint8_t *odd = (uint8_t *)p->used + 2;

	(void)state;
	assert_int_equal(vq_driver_init(drv, 0, p->desc, p->avail, p->used, true), -EINVAL);
	assert_int_equal(vq_driver_init(drv, 6, p->desc, p->avail, p->used, true), -EINVAL);
	assert_int_equal(vq_driver_init(drv, 512, p->desc, p->avail, p->used, true), -EINVAL);
	assert_int_equal(vq_device_init(&p->dev, 3, p->desc, p->avail, p->used, true), -EINVAL);
	assert_int_equal(vq_device_init(&p->dev, NUM, p->desc, p->avail, odd, true), -EINVAL);
	assert_int_equal(vq_device_init(&p->dev, NUM, odd, p->avail, p->used, true), -EINVAL);
	assert_int_equal(vq_driver_init(drv, NUM, p->desc, p->avail, p->used, true), 0);
	assert_int_equal(p->avail[1], 0);
	assert_int_equal(p->used[1], 0);
	pair_free(p);
}

/* More than 2^16 buffers, out of order inside each batch: indices wrap, tokens stay right. */
static void test_round_trips(void **state)
{
	struct pair *p = pair_new(true);
	struct vq_buf buf[NUM];
	unsigned int round, i, n;
	uint32_t len;
	void *token;

	(void)state;
	for (round = 0; round < 20000; round++) {
		n = round % NUM + 1;
		for (i = 0; i < n; i++)
			assert_int_equal(vq_driver_add(&p->drv, 0x100000000ull + i, 100 + i, i & 1,
						       tok(round * 16 + i + 1)),
					 0);
		for (i = 0; i < n; i++) {
			assert_int_equal(vq_device_get(&p->dev, &buf[i]), 1);
			assert_int_equal(buf[i].gpa, 0x100000000ull + i);
			assert_int_equal(buf[i].len, 100 + i);
			assert_int_equal(buf[i].flags, i & 1 ? VIRTQ_DESC_F_WRITE : 0);
		}
		assert_int_equal(vq_device_get(&p->dev, &buf[0]), 0);
		assert_false(vq_driver_more(&p->drv));
		for (i = n; i-- > 0;)
			vq_device_put(&p->dev, buf[i].head, i);
		assert_true(vq_driver_more(&p->drv));
		for (i = n; i-- > 0;) {
			assert_int_equal(vq_driver_get(&p->drv, &token, &len), 1);
			assert_ptr_equal(token, tok(round * 16 + i + 1));
			assert_int_equal(len, i & 1 ? i : 0);
		}
		assert_int_equal(vq_driver_get(&p->drv, &token, &len), 0);
	}
	pair_free(p);
}

static void test_full(void **state)
{
	struct pair *p = pair_new(false);
	unsigned int i;

	(void)state;
	assert_int_equal(vq_driver_add(&p->drv, 0, 1, true, NULL), -EINVAL);
	for (i = 0; i < NUM; i++)
		assert_int_equal(vq_driver_add(&p->drv, i, 1, true, tok(i + 1)), 0);
	assert_int_equal(vq_driver_add(&p->drv, i, 1, true, tok(i + 1)), -ENOSPC);
	pair_free(p);
}

static void push(struct pair *p)
{
	assert_int_equal(vq_driver_add(&p->drv, 0x1000, 64, true, tok(1)), 0);
}

static void pass(struct pair *p)
{
	struct vq_buf buf;

	assert_int_equal(vq_device_get(&p->dev, &buf), 1);
	vq_device_put(&p->dev, buf.head, 8);
}

static void drain(struct pair *p)
{
	void *token;
	uint32_t len;

	while (vq_driver_get(&p->drv, &token, &len) == 1)
		;
}

static void check_signals(bool event_idx)
{
	struct pair *p = pair_new(event_idx);
	unsigned int i;

	assert_false(vq_device_enable_kick(&p->dev));
	assert_false(vq_driver_needs_kick(&p->drv)); /* nothing was added */
	push(p);
	assert_true(vq_driver_needs_kick(&p->drv));
	assert_false(vq_driver_needs_kick(&p->drv));
	vq_device_disable_kick(&p->dev);
	push(p);
	assert_false(vq_driver_needs_kick(&p->drv));
	assert_true(vq_device_enable_kick(&p->dev)); /* two are waiting */

	assert_false(vq_driver_enable_irq(&p->drv));
	pass(p);
	pass(p);
	assert_true(vq_device_needs_irq(&p->dev)); /* one for both */
	assert_false(vq_device_needs_irq(&p->dev));
	assert_true(vq_driver_enable_irq(&p->drv));
	vq_driver_disable_irq(&p->drv);
	drain(p);
	for (i = 0; i < 1000; i++) { /* neither side wants to hear anything */
		vq_device_disable_kick(&p->dev);
		push(p);
		assert_false(vq_driver_needs_kick(&p->drv));
		pass(p);
		assert_false(vq_device_needs_irq(&p->dev));
		drain(p);
	}
	/* One-shot: an index that was passed doesn't signal again. */
	vq_driver_enable_irq(&p->drv);
	vq_device_enable_kick(&p->dev);
	push(p);
	assert_true(vq_driver_needs_kick(&p->drv));
	push(p);
	assert_int_equal(vq_driver_needs_kick(&p->drv), !event_idx);
	pair_free(p);
}

static void test_signals_event_idx(void **state)
{
	(void)state;
	check_signals(true);
}

static void test_signals_flags(void **state)
{
	(void)state;
	check_signals(false);
}

/* A batch whose decision comes after the device took it all must not be signalled twice. */
static void test_late_decision(void **state)
{
	struct pair *p = pair_new(true);

	(void)state;
	push(p);
	push(p);
	pass(p);
	pass(p);
	vq_device_disable_kick(&p->dev);
	assert_false(vq_driver_needs_kick(&p->drv));
	pair_free(p);
}

static void expect_driver_broken(struct pair *p)
{
	void *token;
	uint32_t len;

	assert_int_equal(vq_driver_get(&p->drv, &token, &len), -EPROTO);
	assert_true(p->drv.broken);
	assert_int_equal(vq_driver_get(&p->drv, &token, &len), -EPROTO);
	assert_int_equal(vq_driver_add(&p->drv, 0, 1, true, tok(9)), -EPROTO);
	assert_false(vq_driver_needs_kick(&p->drv));
	assert_false(vq_driver_more(&p->drv));
	pair_free(p);
}

static struct pair *pair_with_used(uint32_t id, uint32_t len, uint16_t idx)
{
	struct pair *p = pair_new(true);
	uint32_t entry[2] = { id, len };

	push(p);
	memcpy(&p->used[2], entry, sizeof(entry));
	p->used[1] = idx;
	return p;
}

static void test_hostile_device(void **state)
{
	struct pair *p;
	uint32_t len;
	void *token;

	(void)state;
	expect_driver_broken(pair_with_used(0, 1, 2)); /* more than is outstanding */
	expect_driver_broken(pair_with_used(0, 1, 0xffff)); /* index went back */
	expect_driver_broken(pair_with_used(NUM, 1, 1));
	expect_driver_broken(pair_with_used(0xffffffffu, 1, 1));
	expect_driver_broken(pair_with_used(1, 1, 1)); /* free slot */
	expect_driver_broken(pair_with_used(0, 65, 1));
	expect_driver_broken(pair_with_used(0, 0xffffffffu, 1));

	p = pair_with_used(0, 64, 1);
	push(p);
	assert_int_equal(vq_driver_get(&p->drv, &token, &len), 1);
	assert_int_equal(len, 64);
	memcpy(&p->used[6], &(uint32_t[2]){ 0, 1 }, 8); /* the same again */
	p->used[1] = 2;
	expect_driver_broken(p);
}

/* What the device writes into the driver's own parts changes nothing. */
static void test_driver_reads_nothing_back(void **state)
{
	struct pair *p = pair_new(true);
	uint32_t len;
	void *token;

	(void)state;
	push(p);
	pass(p);
	memset(p->desc, 0xff, 16 * NUM);
	memset(p->avail, 0xff, VIRTQ_AVAIL_SIZE(NUM));
	assert_int_equal(vq_driver_get(&p->drv, &token, &len), 1);
	assert_ptr_equal(token, tok(1));
	push(p);
	assert_int_equal(p->avail[1], 2);
	pair_free(p);
}

static void expect_device_broken(struct pair *p)
{
	uint16_t used_idx = p->used[1];
	struct vq_buf buf;

	assert_int_equal(vq_device_get(&p->dev, &buf), -EPROTO);
	assert_true(p->dev.broken);
	assert_int_equal(vq_device_get(&p->dev, &buf), -EPROTO);
	vq_device_put(&p->dev, 0, 1);
	assert_int_equal(p->used[1], used_idx);
	assert_false(vq_device_needs_irq(&p->dev));
	assert_false(vq_device_more(&p->dev));
	pair_free(p);
}

static struct pair *pair_with_flags(uint16_t flags)
{
	struct pair *p = pair_new(true);

	push(p);
	p->desc[0].flags = flags;
	return p;
}

static void test_hostile_driver(void **state)
{
	struct pair *p;
	struct vq_buf buf;
	unsigned int i;

	(void)state;
	expect_device_broken(pair_with_flags(VIRTQ_DESC_F_NEXT));
	expect_device_broken(pair_with_flags(VIRTQ_DESC_F_INDIRECT));
	expect_device_broken(pair_with_flags(VIRTQ_DESC_F_NEXT | VIRTQ_DESC_F_WRITE));
	expect_device_broken(pair_with_flags(0x8000));

	p = pair_new(true);
	p->avail[1] = NUM + 1;
	expect_device_broken(p);
	p = pair_new(true);
	p->avail[1] = 0xffff;
	expect_device_broken(p);
	p = pair_new(true);
	push(p);
	p->avail[2] = NUM;
	expect_device_broken(p);
	p = pair_new(true);
	push(p);
	p->avail[2] = 0xffff;
	expect_device_broken(p);

	/* More buffers out than the queue has descriptors, though no single jump is too long. */
	p = pair_new(true);
	for (i = 0; i < NUM; i++)
		push(p);
	for (i = 0; i < NUM; i++)
		assert_int_equal(vq_device_get(&p->dev, &buf), 1);
	p->avail[1] = NUM + 1;
	expect_device_broken(p);
}

#define THREAD_ROUNDS 20000u

static void *device_thread(void *arg)
{
	struct pair *p = arg;
	struct vq_buf buf;
	unsigned int done = 0;

	while (done < THREAD_ROUNDS) {
		int ret = vq_device_get(&p->dev, &buf);

		if (ret < 0)
			return tok(1);
		if (!ret) {
			sched_yield();
			continue;
		}
		/* gpa carries a number that the payload must follow. */
		if (buf.gpa != done)
			return tok(2);
		vq_device_put(&p->dev, buf.head, (uint32_t)done % 64);
		done++;
	}
	return NULL;
}

static void test_two_threads(void **state)
{
	struct pair *p = pair_new(true);
	unsigned int sent = 0, got = 0;
	pthread_t thread;
	uint32_t len;
	void *token, *result;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, device_thread, p), 0);
	while (got < THREAD_ROUNDS) {
		if (sent < THREAD_ROUNDS && !vq_driver_add(&p->drv, sent, 64, true, tok(sent + 1)))
			sent++;
		while (vq_driver_get(&p->drv, &token, &len) == 1) {
			assert_ptr_equal(token, tok(got + 1));
			assert_int_equal(len, got % 64);
			got++;
		}
		assert_false(p->drv.broken);
		if (sent - got == NUM)
			sched_yield();
	}
	assert_int_equal(pthread_join(thread, &result), 0);
	assert_null(result);
	pair_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_init),
		cmocka_unit_test(test_round_trips),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_signals_event_idx),
		cmocka_unit_test(test_signals_flags),
		cmocka_unit_test(test_late_decision),
		cmocka_unit_test(test_hostile_device),
		cmocka_unit_test(test_driver_reads_nothing_back),
		cmocka_unit_test(test_hostile_driver),
		cmocka_unit_test(test_two_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
