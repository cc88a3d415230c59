/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/* The VM against a hypervisor that this test plays at the other end of a socket pair. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/ctl.h"
#include "ree/vm/vm_internal.h"
#include "wire/vmctl.h"

struct fake_hv {
	pthread_t thread;
	int sock, vm_sock;
	int kick, irq;
	int num_fds;          /* how many descriptors the attach answer carries */
	int32_t attach_status;
	uint32_t stop_after;  /* requests after attach that are answered, then the socket closes */
	bool event_first;     /* send a config event before each answer */
	unsigned int num_vcpus;
};

#define RAM_SIZE 8192u

static int memory(size_t size)
{
	int fd = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, (off_t)size), 0);
	return fd;
}

static void answer_attach(struct fake_hv *hv, const struct vmctl_hdr *req)
{
	struct vmctl_attach_rsp rsp = {
		.hdr = { .type = VMCTL_ATTACH, .seq = req->seq, .status = hv->attach_status },
		.vm_id = 7,
		.ram_gpa = VMCTL_RAM_GPA,
		.ram_size = RAM_SIZE + (hv->num_vcpus ? VCPU_AREA_SIZE(hv->num_vcpus) : 0),
		.vcpu_gpa = VMCTL_RAM_GPA + RAM_SIZE,
		.num_vcpus = hv->num_vcpus,
		.shm_gpa = VMCTL_SHM_GPA,
		.shm_size = 4096,
	};
	int fds[4] = { memory(rsp.ram_size), memory(4096), hv->kick, hv->irq };

	ctl_send(hv->sock, &rsp, sizeof(rsp), fds, (unsigned int)hv->num_fds);
	close(fds[0]);
	close(fds[1]);
}

static void answer(struct fake_hv *hv, uint8_t *msg, size_t len)
{
	struct vmctl_mmio *m = (struct vmctl_mmio *)(void *)msg;
	struct vmctl_ds *ds = (struct vmctl_ds *)(void *)msg;
	int fd = -1;

	if (m->hdr.type == VMCTL_MMIO_READ)
		m->value = m->offset + 1;
	if (m->hdr.type == VMCTL_DS_CREATE) {
		ds->id = 3;
		ds->gpa = VMCTL_DS_GPA;
		ds->size = (ds->size + 4095) & ~4095ull;
		fd = memory(ds->size);
	}
	ctl_send(hv->sock, msg, len, &fd, fd >= 0);
	if (fd >= 0)
		close(fd);
}

static void *serve(void *arg)
{
	struct fake_hv *hv = arg;
	union {
		struct vmctl_hdr hdr;
		uint8_t bytes[VMCTL_MAX_MSG];
	} msg;
	struct vmctl_simple event = { .hdr.type = VMCTL_EVENT_CONFIG };
	uint32_t served = 0;
	unsigned int num_fds = 1;
	ssize_t n;
	int fd;

	for (; (n = ctl_recv(hv->sock, &msg, sizeof(msg), &fd, &num_fds)) > 0; num_fds = 1) {
		if (num_fds)
			close(fd);
		if (msg.hdr.type == VMCTL_ATTACH) {
			answer_attach(hv, &msg.hdr);
			continue;
		}
		if (served++ >= hv->stop_after)
			break;
		if (hv->event_first)
			ctl_send(hv->sock, &event, sizeof(event), NULL, 0);
		answer(hv, msg.bytes, (size_t)n);
	}
	close(hv->sock);
	return NULL;
}

static void fake_start(struct fake_hv *hv)
{
	int s[2];

	assert_int_equal(ctl_pair(s), 0);
	hv->vm_sock = s[0];
	hv->sock = s[1];
	hv->kick = eventfd(0, EFD_NONBLOCK);
	hv->irq = eventfd(0, EFD_NONBLOCK);
	assert_int_equal(pthread_create(&hv->thread, NULL, serve, hv), 0);
}

static void fake_end(struct fake_hv *hv)
{
	pthread_join(hv->thread, NULL);
	close(hv->kick);
	close(hv->irq);
}

static void registers_dataspaces_and_kicks(void **state)
{
	struct fake_hv hv = { .num_fds = 4, .stop_after = 100, .event_first = true };
	struct ree_vm_ds *ds;
	struct ree_vm *vm;
	uint64_t count;
	uint32_t v;

	(void)state;
	fake_start(&hv);
	assert_int_equal(ree_vm_attach(hv.vm_sock, &vm), 0);
	assert_int_equal(ree_vm_id(vm), 7);
	assert_int_equal(ree_vm_ram(vm)->size, RAM_SIZE);
	assert_int_equal(ree_vm_mmio_read(vm, 0x70, 4, &v), 0);
	assert_int_equal(v, 0x71);
	assert_int_equal(ree_vm_mmio_write(vm, 0x70, 4, 1), 0);
	assert_int_equal(ree_vm_ds_create(vm, 5000, &ds), 0);
	assert_int_equal(ds->mem.size, 8192);
	memset(ds->mem.base, 1, 8192);
	ree_vm_ds_destroy(vm, ds);
	assert_int_equal(ree_vm_ds_create(vm, 0, &ds), -EINVAL);
	ree_vm_kick(vm);
	assert_int_equal(read(hv.kick, &count, sizeof(count)), (ssize_t)sizeof(count));
	assert_int_equal(count, 1);
	ree_vm_detach(vm);
	fake_end(&hv);
}

static void only_a_sealed_memfd_is_imported(void **state)
{
	struct fake_hv hv = { .num_fds = 4, .stop_after = 100 };
	struct ree_vm_ds *ds;
	struct ree_vm *vm;
	int fd = memory(4096);
	int devnull = open("/dev/null", O_RDWR);

	(void)state;
	fake_start(&hv);
	assert_int_equal(ree_vm_attach(hv.vm_sock, &vm), 0);
	assert_int_equal(ree_vm_ds_import(vm, fd, &ds), -EINVAL);
	assert_int_equal(ree_vm_ds_import(vm, devnull, &ds), -EINVAL);
	assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK), 0);
	assert_int_equal(ree_vm_ds_import(vm, fd, &ds), 0);
	memcpy(ds->mem.base, "seen", 4);
	ree_vm_ds_destroy(vm, ds);
	close(fd);
	close(devnull);
	ree_vm_detach(vm);
	fake_end(&hv);
}

static void a_refusal_leaves_the_socket(void **state)
{
	struct fake_hv few = { .num_fds = 3 };
	struct fake_hv no = { .attach_status = -EAGAIN };
	struct ree_vm *vm;

	(void)state;
	fake_start(&few);
	assert_int_equal(ree_vm_attach(few.vm_sock, &vm), -EPROTO);
	assert_int_equal(close(few.vm_sock), 0);
	fake_end(&few);
	fake_start(&no);
	assert_int_equal(ree_vm_attach(no.vm_sock, &vm), -EAGAIN);
	assert_int_equal(close(no.vm_sock), 0);
	fake_end(&no);
}

static bool never(void *arg)
{
	(void)arg;
	return false;
}

static void a_hypervisor_that_goes_ends_every_wait(void **state)
{
	struct fake_hv hv = { .num_fds = 4, .stop_after = 1 };
	struct ree_vm *vm;
	uint32_t v;

	(void)state;
	fake_start(&hv);
	assert_int_equal(ree_vm_attach(hv.vm_sock, &vm), 0);
	assert_int_equal(ree_vm_mmio_read(vm, 0, 4, &v), 0);
	assert_int_equal(ree_vm_mmio_read(vm, 0, 4, &v), -EIO);
	assert_true(ree_vm_dead(vm));
	assert_int_equal(ree_vm_wait(vm, never, NULL, 0), -EIO);
	ree_vm_detach(vm);
	fake_end(&hv);
}

static bool is_set(void *arg)
{
	return __atomic_load_n((bool *)arg, __ATOMIC_ACQUIRE);
}

struct waker {
	struct ree_vm *vm;
	bool *flag;
	useconds_t us; /* before the wake */
};

static void *wake_all(void *arg)
{
	struct waker *w = arg;

	usleep(w->us);
	__atomic_store_n(w->flag, true, __ATOMIC_RELEASE);
	ree_vm_wake(w->vm);
	return NULL;
}

static void *wait_for_it(void *arg)
{
	struct waker *w = arg;

	return ree_vm_wait(w->vm, is_set, w->flag, 20000) ? arg : NULL;
}

static void leader_and_followers_see_a_wake(void **state)
{
	struct fake_hv hv = { .num_fds = 4, .stop_after = 100 };
	bool flag = false;
	pthread_t waiter[4], t;
	struct ree_vm *vm;
	struct waker w;
	unsigned int i;
	void *ret;

	(void)state;
	fake_start(&hv);
	assert_int_equal(ree_vm_attach(hv.vm_sock, &vm), 0);
	w = (struct waker){ .vm = vm, .flag = &flag, .us = 2000 };
	assert_int_equal(ree_vm_wait(vm, never, NULL, 1), -ETIMEDOUT);
	for (i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&waiter[i], NULL, wait_for_it, &w), 0);
	assert_int_equal(pthread_create(&t, NULL, wake_all, &w), 0);
	for (i = 0; i < 4; i++) {
		pthread_join(waiter[i], &ret);
		assert_null(ret);
	}
	pthread_join(t, NULL);
	ree_vm_detach(vm);
	fake_end(&hv);
}

static void a_child_finds_the_vm_dead(void **state)
{
	struct fake_hv hv = { .num_fds = 4, .stop_after = 100 };
	struct ree_vm *vm;
	uint32_t v;
	int status;
	pid_t pid;

	(void)state;
	fake_start(&hv);
	assert_int_equal(ree_vm_attach(hv.vm_sock, &vm), 0);
	pid = fork();
	if (!pid)
		_exit(ree_vm_dead(vm) && ree_vm_mmio_read(vm, 0, 4, &v) == -EIO ? 0 : 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_false(ree_vm_dead(vm));
	assert_int_equal(ree_vm_mmio_read(vm, 4, 4, &v), 0);
	assert_int_equal(v, 5);
	ree_vm_detach(vm);
	fake_end(&hv);
}

struct mixed {
	struct ree_vm *vm;
	bool flag;
	int pipe_fd[2];
	pthread_t thread;
	int ret;
	bool by_pipe;
};

static void *wait_mixed(void *arg)
{
	struct mixed *m = arg;
	struct pollfd fds[1 + REE_VM_WAIT_FDS] = { { .fd = m->pipe_fd[0], .events = POLLIN } };
	struct ree_vm_others others = { .fds = fds, .num = 1 };

	m->ret = ree_vm_wait_others(m->vm, is_set, &m->flag, 20000, &others);
	m->by_pipe = fds[0].revents & POLLIN;
	return NULL;
}

/* One leads and the others follow, each with a descriptor of its own; one follows without. */
static void waiters_with_descriptors_of_their_own(void **state)
{
	struct fake_hv hv = { .num_fds = 4, .stop_after = 100 };
	struct mixed m[4] = { { 0 } };
	pthread_t plain;
	struct ree_vm *vm;
	bool flag = false;
	struct waker w;
	unsigned int i;
	void *ret;

	(void)state;
	fake_start(&hv);
	assert_int_equal(ree_vm_attach(hv.vm_sock, &vm), 0);
	w = (struct waker){ .vm = vm, .flag = &flag, .us = 2000 };
	assert_int_equal(pthread_create(&plain, NULL, wait_for_it, &w), 0);
	for (i = 0; i < 4; i++) {
		m[i].vm = vm;
		assert_int_equal(pipe(m[i].pipe_fd), 0);
		assert_int_equal(pthread_create(&m[i].thread, NULL, wait_mixed, &m[i]), 0);
	}
	for (i = 0; i < 4; i++) {
		if (i % 2) {
			__atomic_store_n(&m[i].flag, true, __ATOMIC_RELEASE);
			ree_vm_wake(vm);
		} else {
			assert_int_equal(write(m[i].pipe_fd[1], "x", 1), 1);
		}
		assert_int_equal(pthread_join(m[i].thread, NULL), 0);
		assert_int_equal(m[i].ret, 0);
		assert_int_equal(m[i].by_pipe, i % 2 == 0);
		close(m[i].pipe_fd[0]);
		close(m[i].pipe_fd[1]);
	}
	__atomic_store_n(&flag, true, __ATOMIC_RELEASE);
	ree_vm_wake(vm);
	assert_int_equal(pthread_join(plain, &ret), 0);
	assert_null(ret);
	ree_vm_detach(vm);
	fake_end(&hv);
}

/* Both the test's thread and what it starts stay where they are. */
static unsigned int stay_here(cpu_set_t *old)
{
	int here = sched_getcpu();
	cpu_set_t one;

	assert_true(here >= 0);
	assert_int_equal(sched_getaffinity(0, sizeof(*old), old), 0);
	CPU_ZERO(&one);
	CPU_SET((size_t)here, &one);
	assert_int_equal(sched_setaffinity(0, sizeof(one), &one), 0);
	return (unsigned int)here;
}

/* Who waits on the secure world's core gives it up; elsewhere, or where it doesn't matter, it looks first. */
static void waiters_make_way(void **state)
{
	struct fake_hv hv = { .num_fds = 4, .stop_after = 100, .num_vcpus = 1 };
	struct vcpu_ctl *ctl;
	unsigned int here;
	struct ree_vm *vm;
	cpu_set_t old;

	(void)state;
	fake_start(&hv);
	assert_int_equal(ree_vm_attach(hv.vm_sock, &vm), 0);
	ctl = (struct vcpu_ctl *)(void *)(ree_vm_ram(vm)->base + RAM_SIZE);
	here = stay_here(&old);
	assert_true(vm_poll_ns(vm));
	assert_int_equal(ree_vm_wait(vm, never, NULL, 1), -ETIMEDOUT);
	tl_store_relaxed(&ctl->core, here + 2);
	assert_true(vm_poll_ns(vm));
	assert_int_equal(ree_vm_wait(vm, never, NULL, 1), -ETIMEDOUT);
	assert_int_equal(tl_load_relaxed(&ctl->gave_way), 0);
	tl_store_relaxed(&ctl->core, here + 1);
	assert_false(vm_poll_ns(vm));
	assert_int_equal(ree_vm_wait(vm, never, NULL, 1), -ETIMEDOUT);
	assert_true(tl_load_relaxed(&ctl->gave_way));
	assert_int_equal(sched_setaffinity(0, sizeof(old), &old), 0);
	ree_vm_detach(vm);
	fake_end(&hv);
}

/* Until an answer comes @us after the wait has begun; true if waits are long from then on. */
static bool waits_get_long(struct ree_vm *vm, useconds_t us)
{
	bool flag = false;
	struct waker w = { .vm = vm, .flag = &flag, .us = us };
	pthread_t t;

	assert_int_equal(pthread_create(&t, NULL, wake_all, &w), 0);
	assert_int_equal(ree_vm_wait(vm, is_set, &flag, 20000), 0);
	pthread_join(t, NULL);
	return __atomic_load_n(&vm->poll_longer, __ATOMIC_RELAXED);
}

/* An answer that comes just after the leader has gone to sleep makes the next one look longer, from another core. */
static void waiters_learn(void **state)
{
	struct fake_hv hv = { .num_fds = 4, .stop_after = 100, .num_vcpus = 1 };
	struct vcpu_ctl *ctl;
	struct ree_vm *vm;
	unsigned int i;

	(void)state;
	fake_start(&hv);
	assert_int_equal(ree_vm_attach(hv.vm_sock, &vm), 0);
	ctl = (struct vcpu_ctl *)(void *)(ree_vm_ram(vm)->base + RAM_SIZE);
	for (i = 0; i < 100; i++)
		assert_false(waits_get_long(vm, 20));
	/* None that there is. */
	tl_store_relaxed(&ctl->core, UINT32_MAX);
	/* Thread and wake-up take their time, on a busy machine more than that. */
	for (i = 0; i < 10000 && !waits_get_long(vm, 20); i++)
		;
	assert_true(i < 10000);
	assert_false(waits_get_long(vm, 20000));
	ree_vm_detach(vm);
	fake_end(&hv);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(registers_dataspaces_and_kicks),
		cmocka_unit_test(only_a_sealed_memfd_is_imported),
		cmocka_unit_test(a_refusal_leaves_the_socket),
		cmocka_unit_test(a_hypervisor_that_goes_ends_every_wait),
		cmocka_unit_test(leader_and_followers_see_a_wake),
		cmocka_unit_test(waiters_with_descriptors_of_their_own),
		cmocka_unit_test(a_child_finds_the_vm_dead),
		cmocka_unit_test(waiters_make_way),
		cmocka_unit_test(waiters_learn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
