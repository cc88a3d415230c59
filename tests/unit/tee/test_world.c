/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/* Secure threads: polling and kicks, blocking, waiting, watching, VMs that come and go. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cmocka.h>

#include "fake_hv.h"
#include "fake_parts.h"
#include "tee/vm.h"
#include "tee/world_internal.h"

#define NUM_BLOCKS 20u
#define NUM_VMS 11u /* more than are polled at a time */
#define NUM_RINGERS 20u /* more than are heard at a time */

static void expect(struct fake_vm *vm, const char *text)
{
	char got[64];

	fake_vm_receive(vm, got, sizeof(got));
	assert_string_equal(got, text);
}

static void come_online(struct fake_hv *hv, uint32_t id, struct fake_vm *vm)
{
	uint32_t status;

	fake_vm_add(hv, id, vm);
	status = fake_vm_online(vm);
	assert_true(status & VIRTIO_STATUS_DRIVER_OK);
	assert_false(status & VIRTIO_STATUS_NEEDS_RESET);
	expect(vm, "online");
}

static void echo(struct fake_vm *vm, unsigned int round)
{
	char text[32];

	snprintf(text, sizeof(text), "message %u", round);
	fake_vm_send(vm, round % 32, text);
	expect(vm, text);
}

static void wait_blocked(struct fake_hv *hv, unsigned int n)
{
	struct fake_counts counts;

	do {
		sched_yield();
		fake_parts_counts(hv->world, &counts);
	} while (counts.blocked != n);
}

static void status_text(struct fake_hv *hv, char *text, size_t size)
{
	struct teectl_simple m = { .hdr = { .type = TEECTL_STATUS } };
	ssize_t n;
	int fd;

	assert_int_equal(fake_hv_request(hv, &m, sizeof(m), NULL, 0, &fd), 0);
	assert_true(fd >= 0);
	n = pread(fd, text, size - 1, 0);
	assert_true(n > 0);
	text[n] = '\0';
	close(fd);
}

static void run_echo(unsigned int poll_us)
{
	struct fake_hv hv;
	struct fake_vm vm[NUM_VMS];
	unsigned int i, round;

	fake_hv_start(&hv, poll_us);
	for (i = 0; i < NUM_VMS; i++)
		come_online(&hv, 100 + i, &vm[i]);
	for (round = 0; round < 50; round++)
		for (i = 0; i < NUM_VMS; i++)
			echo(&vm[i], round);
	for (round = 0; round < 500; round++)
		echo(&vm[0], round);
	/* Those that cooled down meanwhile. */
	for (i = 0; i < NUM_VMS; i++)
		echo(&vm[i], round);
	for (i = 0; i < NUM_VMS; i++)
		assert_int_equal(fake_vm_del(&vm[i]), 0);
	fake_hv_stop(&hv);
}

static void test_echo_by_kicks(void **state)
{
	(void)state;
	run_echo(0);
}

static void test_echo_by_polling(void **state)
{
	(void)state;
	run_echo(50);
}

/*
 * A thread that polls for a millisecond hears the doorbells of all: many at once, and also when the first one
 * whom it serves blocks it.
 */
static void test_bells_during_a_poll(void **state)
{
	struct fake_vm vm[NUM_RINGERS];
	unsigned int i, round;
	struct fake_hv hv;

	(void)state;
	fake_hv_start(&hv, 1000);
	for (i = 0; i < NUM_RINGERS; i++)
		come_online(&hv, 100 + i, &vm[i]);
	for (round = 0; round < 200; round++) {
		for (i = 0; i < NUM_RINGERS; i++)
			fake_vm_send(&vm[i], round % 32, "together");
		for (i = 0; i < NUM_RINGERS; i++)
			expect(&vm[i], "together");
	}
	fake_vm_send(&vm[0], 0, "block");
	for (i = 1; i < NUM_RINGERS; i++)
		fake_vm_send(&vm[i], 0, "meanwhile");
	for (i = 1; i < NUM_RINGERS; i++)
		expect(&vm[i], "meanwhile");
	wait_blocked(&hv, 1);
	fake_parts_release(hv.world);
	expect(&vm[0], "released");
	for (i = 0; i < NUM_RINGERS; i++)
		assert_int_equal(fake_vm_del(&vm[i]), 0);
	fake_hv_stop(&hv);
}

static void test_blocked_threads_hold_nobody_up(void **state)
{
	struct fake_hv hv;
	struct fake_vm a, b;
	char text[4096];
	unsigned int i;

	(void)state;
	fake_hv_start(&hv, 50);
	come_online(&hv, 1, &a);
	come_online(&hv, 2, &b);
	for (i = 0; i < NUM_BLOCKS; i++)
		fake_vm_send(&a, i, "block");
	wait_blocked(&hv, NUM_BLOCKS);
	for (i = 0; i < 100; i++)
		echo(&b, i);
	echo(&a, NUM_BLOCKS);
	status_text(&hv, text, sizeof(text));
	assert_non_null(strstr(text, "\"blocked\":20"));
	fake_parts_release(hv.world);
	for (i = 0; i < NUM_BLOCKS; i++)
		expect(&a, "released");
	echo(&a, 0);
	fake_vm_free(&a);
	fake_vm_free(&b);
	fake_hv_stop(&hv);
}

static void test_vm_deleted_during_a_call(void **state)
{
	struct teectl_simple del = { .hdr = { .type = TEECTL_VM_DEL, .vm_id = 1 } };
	struct fake_hv hv;
	struct fake_vm a, b;
	struct teectl_hdr hdr;
	char text[4096];
	uint64_t token;
	int fd;

	(void)state;
	fake_hv_start(&hv, 50);
	come_online(&hv, 1, &a);
	come_online(&hv, 2, &b);
	fake_vm_send(&a, 0, "block");
	wait_blocked(&hv, 1);
	fake_hv_send(&hv, &del, sizeof(del), NULL, 0);
	token = hv.token;
	/* Gone for everybody at once, but the answer comes when the call has let go. */
	status_text(&hv, text, sizeof(text));
	assert_null(strstr(text, "\"id\":1,"));
	assert_non_null(strstr(text, "\"id\":2,"));
	echo(&b, 0);
	fake_parts_release(hv.world);
	assert_int_equal(fake_hv_await(&hv, token, &hdr, &fd), 0);
	assert_int_equal(hdr.type, TEECTL_VM_DEL);
	assert_int_equal(hdr.vm_id, 1);
	fake_vm_free(&a);
	/* The id is free again. */
	come_online(&hv, 1, &a);
	echo(&a, 1);
	fake_vm_free(&a);
	fake_vm_free(&b);
	fake_hv_stop(&hv);
}

static void test_stop_cancels_waits(void **state)
{
	struct fake_hv hv;
	struct fake_vm a;
	unsigned int i;

	(void)state;
	fake_hv_start(&hv, 0);
	come_online(&hv, 1, &a);
	for (i = 0; i < 5; i++)
		fake_vm_send(&a, i, "block");
	wait_blocked(&hv, 5);
	fake_hv_stop(&hv);
	fake_vm_free(&a);
}

static void test_messages_left_in_the_queue(void **state)
{
	struct fake_counts before, after;
	struct fake_hv hv;
	struct fake_vm a, b;
	char text[4096];
	unsigned int i;

	(void)state;
	fake_hv_start(&hv, 50);
	come_online(&hv, 1, &a);
	come_online(&hv, 2, &b);
	memcpy(a.ram + FAKE_RAM_SIZE - 16, "leave", 6);
	fake_vm_send(&a, 0, "first");
	do {
		fake_parts_counts(hv.world, &before);
		sched_yield();
	} while (!before.rx);
	/* It isn't called over and over for what it leaves. */
	for (i = 0; i < 20; i++)
		status_text(&hv, text, sizeof(text));
	fake_parts_counts(hv.world, &after);
	assert_true(after.rx <= before.rx + 2);
	echo(&b, 0);
	fake_vm_send(&a, 1, "second");
	fake_parts_release(hv.world);
	expect(&a, "first");
	expect(&a, "second");
	echo(&a, 2);
	fake_vm_free(&a);
	fake_vm_free(&b);
	fake_hv_stop(&hv);
}

/* Both doorbells full, and their flags such that a read or a write of them waits for ever. */
static void test_doorbells_block_nobody(void **state)
{
	const uint64_t full = UINT64_MAX - 1;
	uint64_t count;
	struct fake_hv hv;
	struct fake_vm a, b;
	unsigned int i;
	uint32_t len;
	void *token;

	(void)state;
	fake_hv_start(&hv, 0);
	come_online(&hv, 1, &a);
	come_online(&hv, 2, &b);
	for (i = 0; i < 31; i++) {
		vq_driver_enable_irq(&a.vq[0]);
		fake_vm_send(&a, i, "unheard");
		while (!vq_driver_get(&a.vq[0], &token, &len))
			sched_yield();
	}
	assert_int_equal(fcntl(a.irq, F_SETFL, 0), 0);
	if (read(a.kick, &count, sizeof(count)) < 0)
		assert_int_equal(errno, EAGAIN);
	assert_int_equal(fcntl(a.kick, F_SETFL, 0), 0);
	assert_int_equal(write(a.kick, &full, sizeof(full)), sizeof(full));
	for (i = 0; i < 100; i++)
		echo(&b, i);
	assert_int_equal(fake_vm_del(&a), 0);
	echo(&b, 0);
	fake_vm_free(&b);
	fake_hv_stop(&hv);
}

#define NUM_FLOODS 6u

struct flood {
	struct fake_vm vm[NUM_FLOODS];
	bool stop;
};

static void expose_all(struct fake_vm *vm)
{
	uint8_t *ring = vm->ram + FAKE_RING(1);
	uint16_t i;

	for (i = 0; i < 32; i++) {
		struct virtq_desc desc = { .addr = FAKE_RAM_GPA + FAKE_BUF(1, i), .len = 2 };

		memcpy(ring + i * sizeof(desc), &desc, sizeof(desc));
		memcpy(ring + 0x400 + 4 + 2 * i, &i, sizeof(i));
	}
}

/* Drivers that expose all of their buffers again as soon as they come back, for ever. */
static void *flood_thread(void *arg)
{
	struct flood *fl = arg;
	const uint64_t one = 1;
	unsigned int i, k, round;

	for (k = 0; k < NUM_FLOODS; k++)
		expose_all(&fl->vm[k]);
	for (round = 0; !__atomic_load_n(&fl->stop, __ATOMIC_ACQUIRE); round++) {
		for (i = 0; i < 2 * NUM_FLOODS; i++) {
			uint8_t *ring = fl->vm[i / 2].ram + FAKE_RING(i % 2);
			void *shm_used = ring + 0x800 + 2, *shm_avail = ring + 0x400 + 2;
			uint16_t used = tl_load_acquire((uint16_t *)shm_used);

			tl_store_release((uint16_t *)shm_avail, (uint16_t)(used + 32));
		}
		/* Seldom, but again: while this thread didn't run the device may have gone to sleep. */
		for (k = 0; round % 4096 == 0 && k < NUM_FLOODS; k++)
			assert_int_equal(write(fl->vm[k].kick, &one, sizeof(one)), sizeof(one));
	}
	return NULL;
}

static void test_flood_holds_nobody_up(void **state)
{
	struct teectl_simple del = { .hdr = { .type = TEECTL_VM_DEL } };
	struct flood fl = { .stop = false };
	struct fake_counts counts;
	struct fake_hv hv;
	struct fake_vm b;
	pthread_t thread;
	char text[8192];
	unsigned int i;

	(void)state;
	fake_hv_start(&hv, 50);
	for (i = 0; i < NUM_FLOODS; i++)
		come_online(&hv, 1 + i, &fl.vm[i]);
	come_online(&hv, 100, &b);
	assert_int_equal(pthread_create(&thread, NULL, flood_thread, &fl), 0);
	do {
		usleep(1000);
		fake_parts_counts(hv.world, &counts);
	} while (counts.rx < 10 * NUM_FLOODS);
	for (i = 0; i < 50; i++) {
		status_text(&hv, text, sizeof(text));
		echo(&b, i);
	}
	for (i = 0; i < NUM_FLOODS; i++) {
		del.hdr.vm_id = 1 + i;
		assert_int_equal(fake_hv_request(&hv, &del, sizeof(del), NULL, 0, NULL), 0);
	}
	echo(&b, 0);
	__atomic_store_n(&fl.stop, true, __ATOMIC_RELEASE);
	assert_int_equal(pthread_join(thread, NULL), 0);
	for (i = 0; i < NUM_FLOODS; i++)
		fake_vm_free(&fl.vm[i]);
	fake_vm_free(&b);
	fake_hv_stop(&hv);
}

struct watched {
	struct tee_world *world;
	int fd, id;
	unsigned int calls;
};

static void on_event(void *data)
{
	struct watched *wd = data;
	uint64_t n;

	if (read(wd->fd, &n, sizeof(n)) == sizeof(n))
		wd->calls++;
}

static unsigned int calls(struct watched *wd)
{
	unsigned int n;

	world_lock(wd->world);
	n = wd->calls;
	world_unlock(wd->world);
	return n;
}

static void test_watch(void **state)
{
	struct fake_hv hv;
	struct watched wd = { .calls = 0 };
	const uint64_t one = 1;
	char text[4096];
	unsigned int i;
	int again;

	(void)state;
	fake_hv_start(&hv, 0);
	wd.world = hv.world;
	wd.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	world_lock(hv.world);
	wd.id = world_watch(hv.world, wd.fd, on_event, &wd);
	assert_true(wd.id > 0);
	assert_int_equal(world_watch(hv.world, wd.fd, on_event, &wd), -EEXIST);
	world_unlock(hv.world);
	for (i = 1; i <= 10; i++) {
		assert_int_equal(write(wd.fd, &one, sizeof(one)), sizeof(one));
		while (calls(&wd) != i)
			sched_yield();
	}
	world_lock(hv.world);
	world_unwatch(hv.world, wd.id);
	world_unwatch(hv.world, wd.id);
	world_unlock(hv.world);
	assert_int_equal(write(wd.fd, &one, sizeof(one)), sizeof(one));
	status_text(&hv, text, sizeof(text));
	assert_int_equal(calls(&wd), 10);
	/* Another watch in its place isn't taken away by the old id; what is readable already counts. */
	world_lock(hv.world);
	again = world_watch(hv.world, wd.fd, on_event, &wd);
	assert_int_not_equal(again, wd.id);
	world_unwatch(hv.world, wd.id);
	world_unlock(hv.world);
	while (calls(&wd) != 11)
		sched_yield();
	close(wd.fd);
	fake_hv_stop(&hv);
}

static void test_wait_times_out(void **state)
{
	struct world_event ev;
	struct fake_hv hv;

	(void)state;
	fake_hv_start(&hv, 0);
	world_event_init(&ev);
	world_lock(hv.world);
	assert_int_equal(world_wait(hv.world, &ev, 1), -ETIMEDOUT);
	world_block_begin(hv.world);
	world_block_end(hv.world);
	world_unlock(hv.world);
	world_event_destroy(&ev);
	fake_hv_stop(&hv);
}

static uint32_t ways;

static uint32_t gave_way(const struct tee_vm *vm)
{
	(void)vm;
	return ways;
}

/* Rung @times in a row. Return: is the thread on another core afterwards? */
static bool moves(struct tee_world *w, struct tee_vm *vm, unsigned int times)
{
	int here = sched_getcpu();

	while (times--) {
		ways++;
		world_rang_vm(w, vm);
	}
	return sched_getcpu() != here;
}

/* A VM that gives way again and again on this core gets it for itself; one that only says so once doesn't. */
static void test_leaves_the_core_of_a_vm(void **state)
{
	static const struct tee_smc_ops ops = { .gave_way = gave_way };
	struct tee_world *w = calloc(1, sizeof(*w));
	struct tee_vm vm = { .smc_ops = &ops };
	unsigned int i, stayed = 0, moved = 0;
	cpu_set_t before, after;

	(void)state;
	assert_non_null(w);
	vm.smc = (struct smc_vm *)(void *)&vm; /* there is one: only the ops look into it */
	cores_init(&w->cores);
	assert_int_equal(sched_getaffinity(0, sizeof(before), &before), 0);
	/* The scheduler moves threads as well, and on a busy machine sixteen calls take their time. */
	for (i = 0; i < 1000 && !(stayed && moved); i++) {
		vm.ways_ns = 0;
		stayed += !moves(w, &vm, WORLD_MAX_WAYS - 1);
		moved += moves(w, &vm, 1);
	}
	assert_int_equal(sched_getaffinity(0, sizeof(after), &after), 0);
	assert_true(CPU_EQUAL(&before, &after));
	free(w);
	assert_true(stayed);
	if (CPU_COUNT(&before) > 1)
		assert_true(moved);
	else
		assert_false(moved);
}

static void test_bad_control_messages(void **state)
{
	struct teectl_vm_add add = {
		.hdr = { .type = TEECTL_VM_ADD, .vm_id = 7 },
		.ram_gpa = FAKE_RAM_GPA,
		.ram_size = FAKE_RAM_SIZE,
		.shm_gpa = FAKE_RAM_GPA,
		.shm_size = FAKE_RAM_SIZE,
	};
	struct teectl_simple m = { .hdr = { .type = TEECTL_DEV_CMD, .vm_id = 9 } };
	struct teectl_ds ds = { .hdr = { .type = TEECTL_DS_ADD, .vm_id = 1 }, .id = 5 };
	struct fake_hv hv;
	struct fake_vm a;
	int fds[TEECTL_FD_NUM];
	unsigned int i;

	(void)state;
	fake_hv_start(&hv, 0);
	come_online(&hv, 1, &a);
	for (i = 0; i < TEECTL_FD_NUM; i++)
		fds[i] = a.kick;
	assert_int_equal(fake_hv_request(&hv, &m, sizeof(m), NULL, 0, NULL), -ENOENT);
	m.hdr.type = 1000;
	assert_int_equal(fake_hv_request(&hv, &m, sizeof(m), NULL, 0, NULL), -ENOSYS);
	m.hdr.type = TEECTL_VM_ADD;
	assert_int_equal(fake_hv_request(&hv, &m, sizeof(m), NULL, 0, NULL), -EINVAL);
	m.hdr.type = TEECTL_VM_DEL;
	assert_int_equal(fake_hv_request(&hv, &m, sizeof(m), NULL, 0, NULL), -ENOENT);
	assert_int_equal(fake_hv_request(&hv, &add, sizeof(add), fds, 5, NULL), -EINVAL);
	/* An event fd isn't memory. */
	assert_int_equal(fake_hv_request(&hv, &add, sizeof(add), fds, 6, NULL), -EINVAL);
	add.num_groups = TEECTL_MAX_GROUPS + 1;
	assert_int_equal(fake_hv_request(&hv, &add, sizeof(add), fds, 6, NULL), -EINVAL);
	add.num_groups = 0;
	add.hdr.vm_id = 1;
	assert_int_equal(fake_hv_request(&hv, &add, sizeof(add), fds, 6, NULL), -EEXIST);
	ds.size = 4096;
	assert_int_equal(fake_hv_request(&hv, &ds, sizeof(ds), fds, 1, NULL), -EINVAL);
	assert_int_equal(fake_hv_request(&hv, &ds, sizeof(ds), fds, 2, NULL), -EINVAL);
	ds.hdr.type = TEECTL_DS_DEL;
	assert_int_equal(fake_hv_request(&hv, &ds, sizeof(ds), NULL, 0, NULL), -ENOENT);
	echo(&a, 0);
	fake_vm_free(&a);
	fake_hv_stop(&hv);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_echo_by_kicks),
		cmocka_unit_test(test_echo_by_polling),
		cmocka_unit_test(test_bells_during_a_poll),
		cmocka_unit_test(test_blocked_threads_hold_nobody_up),
		cmocka_unit_test(test_vm_deleted_during_a_call),
		cmocka_unit_test(test_stop_cancels_waits),
		cmocka_unit_test(test_messages_left_in_the_queue),
		cmocka_unit_test(test_doorbells_block_nobody),
		cmocka_unit_test(test_flood_holds_nobody_up),
		cmocka_unit_test(test_watch),
		cmocka_unit_test(test_wait_times_out),
		cmocka_unit_test(test_leaves_the_core_of_a_vm),
		cmocka_unit_test(test_bad_control_messages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
