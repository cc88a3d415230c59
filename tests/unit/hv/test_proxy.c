/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * What can't be handed to the secure world: descriptors in flight are counted for a user, and another
 * program of the user's has used them up. Who asks is refused; everybody else is served as before.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fake_tee.h"
#include "hv/hv_internal.h"
#include "lib/ctl.h"

#define NOT_ROOT 54321u
#define FEW 200u /* this program's limit; others go by their own */
#define NUM_WAITING 6u
#define SKIPPED 77

static struct machine m;
static struct rlimit before;
static int hog[2];

/* More descriptors are under way than this program may have under way. False: nobody counts them. */
static bool use_up(void)
{
	struct rlimit few = before;
	int fds[CTL_MAX_FDS], null = open("/dev/null", O_RDONLY | O_CLOEXEC), ret = 0;
	unsigned int i;

	assert_true(null >= 0);
	for (i = 0; i < CTL_MAX_FDS; i++)
		fds[i] = null;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, hog),
			 0);
	for (i = 0; !ret && i <= FEW; i += CTL_MAX_FDS)
		ret = ctl_send(hog[0], "", 1, fds, CTL_MAX_FDS);
	few.rlim_cur = FEW;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	if (!ret)
		ret = ctl_send(hog[0], "", 1, fds, 1);
	close(null);
	return ret == -ETOOMANYREFS;
}

static void give_back(void)
{
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	close(hog[0]);
	close(hog[1]);
}

static void skip_uncounted(void)
{
	give_back();
	fprintf(stderr, "descriptors in flight aren't limited here\n");
	skip();
}

static int attach_refused(void)
{
	int sock = client_connect(&m);
	union any_msg rsp;

	client_send_attach(sock);
	assert_true(client_recv(sock, &rsp, NULL, NULL) > 0);
	close(sock);
	return rsp.vm.status;
}

static void create_ds(int sock)
{
	struct vmctl_ds ds = { .hdr = { .type = VMCTL_DS_CREATE, .seq = 9 }, .size = 4096 };
	union any_msg msg;

	client_send(sock, &ds, sizeof(ds), -1);
	tee_expect(&m, TEECTL_DS_ADD, &msg, NULL);
	tee_say(&m, TEECTL_DS_ADD, msg.tee.vm_id, msg.tee.token, 0);
	assert_true(client_recv(sock, &msg, NULL, NULL) > 0);
	assert_int_equal(msg.vm.status, 0);
}

static void descriptors_in_flight_are_used_up(void **state)
{
	struct vmctl_ds ds = { .hdr = { .type = VMCTL_DS_CREATE }, .size = 4096 };
	int sock = client_connect(&m), other = client_connect(&m);
	struct tee_vm_fds vm, next;
	union any_msg rsp;
	unsigned int i;

	(void)state;
	client_attach(&m, sock, &vm);
	tee_vm_close(&vm);
	create_ds(sock);
	if (!use_up())
		skip_uncounted();
	for (i = 0; i < 3; i++) {
		assert_int_equal(attach_refused(), -ENOMEM);
		assert_int_equal(client_call(sock, &ds, sizeof(ds), -1, &rsp), -ENOMEM);
	}
	give_back();
	/* The VM is what it was, and so is the secure world. */
	create_ds(sock);
	client_attach(&m, other, &next);
	tee_vm_close(&next);
	assert_int_equal(m.starts[HV_CHILD_TEE], 1);
	close(sock);
	close(other);
}

/* The secure world has agreed, and then the client can't be given what it asked for. */
static void used_up_before_the_answer(void **state)
{
	struct vmctl_ds ds = { .hdr = { .type = VMCTL_DS_CREATE, .seq = 9 }, .size = 4096 };
	int sock = client_connect(&m);
	union any_msg msg, rsp;
	struct tee_vm_fds vm;

	(void)state;
	client_send_attach(sock);
	tee_expect(&m, TEECTL_VM_ADD, &msg, NULL);
	if (!use_up())
		skip_uncounted();
	tee_say(&m, TEECTL_VM_ADD, msg.tee.vm_id, msg.tee.token, 0);
	assert_int_equal(client_recv(sock, &rsp, NULL, NULL), sizeof(struct vmctl_simple));
	assert_int_equal(rsp.vm.status, -ENOMEM);
	tee_expect(&m, TEECTL_VM_DEL, &msg, NULL);
	tee_say(&m, TEECTL_VM_DEL, msg.tee.vm_id, msg.tee.token, 0);
	give_back();
	/* Its connection is of use. */
	client_attach(&m, sock, &vm);
	tee_vm_close(&vm);

	client_send(sock, &ds, sizeof(ds), -1);
	tee_expect(&m, TEECTL_DS_ADD, &msg, NULL);
	assert_true(use_up());
	tee_say(&m, TEECTL_DS_ADD, msg.tee.vm_id, msg.tee.token, 0);
	assert_int_equal(client_recv(sock, &rsp, NULL, NULL), sizeof(struct vmctl_simple));
	assert_int_equal(rsp.vm.status, -ENOMEM);
	ds = (struct vmctl_ds){ .hdr = { .type = VMCTL_DS_DESTROY, .seq = 10 },
				.id = msg.tee_ds.id };
	tee_expect(&m, TEECTL_DS_DEL, &msg, NULL);
	/* It knows of none. */
	assert_int_equal(client_call(sock, &ds, sizeof(ds), -1, &rsp), -ENOENT);
	tee_say(&m, TEECTL_DS_DEL, msg.tee.vm_id, msg.tee.token, 0);
	give_back();
	create_ds(sock);
	assert_int_equal(m.starts[HV_CHILD_TEE], 1);
	close(sock);
}

/* No more goes to the secure world: what follows waits in line. */
static void until_full(void)
{
	int fd = m.hv->tee.fd, room = 0, used = 0;
	socklen_t len = sizeof(room);
	unsigned int i;

	assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, &len), 0);
	for (i = 0; i < 1000 && used < room; i++) {
		assert_int_equal(ioctl(fd, SIOCOUTQ, &used), 0);
		usleep(10000);
	}
	assert_true(used >= room);
}

/* Whatever the secure world is told of is done. */
static void tee_agree(int tee)
{
	int fds[TEECTL_MAX_FDS];
	unsigned int num = TEECTL_MAX_FDS;
	union any_msg msg;

	assert_true(ctl_recv(tee, &msg, sizeof(msg), fds, &num) > 0);
	while (num)
		close(fds[--num]);
	tee_say(&m, msg.tee.type, msg.tee.vm_id, msg.tee.token, 0);
}

/* Who asks while the secure world is slow waits in line; each is answered, in this way or in that. */
static void used_up_while_others_wait_in_line(void **state)
{
	const int small = 1;
	struct pollfd p[1 + NUM_WAITING];
	unsigned int i, left = NUM_WAITING, refused = 0;
	union any_msg rsp;
	int sock;

	(void)state;
	assert_int_equal(setsockopt(m.hv->tee.fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof(small)), 0);
	p[0] = (struct pollfd){ .fd = machine_child(&m, HV_CHILD_TEE, 1), .events = POLLIN };
	for (i = 1; i <= NUM_WAITING; i++) {
		p[i] = (struct pollfd){ .fd = client_connect(&m), .events = POLLIN };
		client_send_attach(p[i].fd);
	}
	until_full();
	if (!use_up())
		skip_uncounted();
	while (left) {
		assert_true(poll(p, 1 + NUM_WAITING, 10000) > 0);
		if (p[0].revents)
			tee_agree(p[0].fd);
		for (i = 1; i <= NUM_WAITING; i++) {
			if (p[i].fd < 0 || !p[i].revents)
				continue;
			assert_true(client_recv(p[i].fd, &rsp, NULL, NULL) > 0);
			refused += rsp.vm.status == -ENOMEM;
			close(p[i].fd);
			p[i].fd = -1;
			left--;
		}
	}
	give_back();
	assert_true(refused > 0);
	sock = client_connect(&m);
	client_send_attach(sock);
	p[1] = (struct pollfd){ .fd = sock, .events = POLLIN };
	/* Those who left are taken away first. */
	while (!p[1].revents) {
		assert_true(poll(p, 2, 10000) > 0);
		if (p[0].revents)
			tee_agree(p[0].fd);
	}
	assert_true(client_recv(sock, &rsp, NULL, NULL) > 0);
	assert_int_equal(rsp.vm.status, 0);
	assert_int_equal(m.starts[HV_CHILD_TEE], 1);
	close(sock);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		MACHINE_TEST(descriptors_in_flight_are_used_up, &m),
		MACHINE_TEST(used_up_before_the_answer, &m),
		MACHINE_TEST(used_up_while_others_wait_in_line, &m),
	};

	/* Nothing is counted for root. */
	if (!geteuid() && setresuid(NOT_ROOT, NOT_ROOT, NOT_ROOT)) {
		fprintf(stderr, "root can't become another user here\n");
		return SKIPPED;
	}
	prctl(PR_SET_DUMPABLE, 1);
	if (getrlimit(RLIMIT_NOFILE, &before))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
