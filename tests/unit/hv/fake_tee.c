/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "fake_tee.h"
#include "lib/ctl.h"

#define TIMEOUT_MS 30000
#define QUEUES_OFFSET 0x200u

static int fake_start(void *data, enum hv_child which, const int fds[3])
{
	struct machine *m = data;
	int fd;

	if (m->cant_start)
		return -ENOENT;
	fd = fcntl(fds[0], F_DUPFD_CLOEXEC, 0);
	pthread_mutex_lock(&m->lock);
	if (which == HV_CHILD_TEE)
		m->tee = fd;
	else if (which == HV_CHILD_SUPPLICANT)
		m->supplicant = fd;
	else
		close(fd);
	m->starts[which]++;
	pthread_cond_broadcast(&m->changed);
	pthread_mutex_unlock(&m->lock);
	return (int)which + 1;
}

static int fake_watch(void *data, int handle)
{
	(void)data;
	(void)handle;
	return -1; /* its socket tells */
}

static void fake_kill(void *data, enum hv_child which, int handle)
{
	struct machine *m = data;
	int *fd = which == HV_CHILD_TEE ? &m->tee : &m->supplicant;

	(void)handle;
	pthread_mutex_lock(&m->lock);
	/* Closed at the end only: the test may be using it. */
	if (which != HV_CHILD_LAUNCH && *fd >= 0) {
		shutdown(*fd, SHUT_RDWR);
		assert_true(m->num_dead < FAKE_MAX_DEAD);
		m->dead[m->num_dead++] = *fd;
		*fd = -1;
	}
	pthread_mutex_unlock(&m->lock);
}

static int fake_pid(void *data, int handle)
{
	(void)data;
	(void)handle;
	return 0;
}

static const struct hv_spawn_ops fake_spawn = {
	.start = fake_start,
	.watch = fake_watch,
	.kill = fake_kill,
	.pid = fake_pid,
};

static void on_ready(void *data)
{
	struct machine *m = data;

	pthread_mutex_lock(&m->lock);
	m->ready++;
	pthread_cond_broadcast(&m->changed);
	pthread_mutex_unlock(&m->lock);
}

void machine_new(struct machine *m)
{
	memset(m, 0, sizeof(*m));
	m->tee = m->supplicant = -1;
	pthread_mutex_init(&m->lock, NULL);
	pthread_cond_init(&m->changed, NULL);
	strcpy(m->folder, "/tmp/teelink-hv-XXXXXX");
	assert_non_null(mkdtemp(m->folder));
	snprintf(m->socket, sizeof(m->socket), "%s/m/sock", m->folder);
}

static void *run(void *arg)
{
	struct machine *m = arg;

	m->result = hv_run(m->hv);
	return NULL;
}

void machine_run(struct machine *m, bool trace)
{
	const struct hv_config cfg = {
		.socket = m->socket,
		.trace = trace,
		.spawn = &fake_spawn,
		.spawn_data = m,
		.ready = on_ready,
		.ready_data = m,
	};

	assert_int_equal(hv_create(&cfg, &m->hv), 0);
	assert_int_equal(pthread_create(&m->thread, NULL, run, m), 0);
}

int machine_child(struct machine *m, enum hv_child which, unsigned int nth)
{
	int fd;

	pthread_mutex_lock(&m->lock);
	while (m->starts[which] < nth)
		pthread_cond_wait(&m->changed, &m->lock);
	fd = which == HV_CHILD_TEE ? m->tee : m->supplicant;
	pthread_mutex_unlock(&m->lock);
	return fd;
}

void machine_serve(struct machine *m)
{
	machine_run(m, false);
	machine_child(m, HV_CHILD_TEE, 1);
	tee_say(m, TEECTL_READY, 0, 0, 0);
	pthread_mutex_lock(&m->lock);
	while (!m->ready)
		pthread_cond_wait(&m->changed, &m->lock);
	pthread_mutex_unlock(&m->lock);
}

void machine_end(struct machine *m)
{
	char cmd[96];

	hv_stop(m->hv);
	pthread_join(m->thread, NULL);
	hv_destroy(m->hv);
	while (m->num_dead)
		close(m->dead[--m->num_dead]);
	assert_int_equal(access(m->socket, F_OK), -1);
	pthread_cond_destroy(&m->changed);
	pthread_mutex_destroy(&m->lock);
	snprintf(cmd, sizeof(cmd), "rm -rf '%s'", m->folder);
	assert_int_equal(system(cmd), 0);
}

int machine_set_up(void **state)
{
	machine_new(*state);
	machine_serve(*state);
	return 0;
}

int machine_tear_down(void **state)
{
	machine_end(*state);
	return 0;
}

static int tee_sock(struct machine *m)
{
	int fd;

	pthread_mutex_lock(&m->lock);
	fd = m->tee;
	pthread_mutex_unlock(&m->lock);
	return fd;
}

void tee_say(struct machine *m, uint32_t type, uint32_t vm_id, uint64_t token, int status)
{
	const struct teectl_hdr hdr = {
		.type = type, .vm_id = vm_id, .token = token, .status = status,
	};

	assert_int_equal(ctl_send(tee_sock(m), &hdr, sizeof(hdr), NULL, 0), 0);
}

void tee_expect(struct machine *m, uint32_t type, union any_msg *msg, int *fds)
{
	struct pollfd p = { .fd = tee_sock(m), .events = POLLIN };
	int own[TEECTL_MAX_FDS];
	unsigned int num_fds = TEECTL_MAX_FDS;

	assert_int_equal(poll(&p, 1, TIMEOUT_MS), 1);
	assert_true(ctl_recv(p.fd, msg, sizeof(*msg), fds ? fds : own, &num_fds) > 0);
	assert_int_equal(msg->tee.type, type);
	while (!fds && num_fds)
		close(own[--num_fds]);
}

/* What a device in the secure world would write. */
static void fill_page(int fd)
{
	struct l4virtio_config *c = mmap(NULL, L4VIRTIO_PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED,
					 fd, 0);
	struct l4virtio_queue *q;

	assert_ptr_not_equal(c, MAP_FAILED);
	c->version = L4VIRTIO_VERSION;
	c->device = L4VIRTIO_DEVICE_P2P_TIPC;
	c->vendor = L4VIRTIO_VENDOR;
	c->num_queues = 2;
	c->queues_offset = QUEUES_OFFSET;
	q = (void *)((uint8_t *)c + QUEUES_OFFSET);
	q[0].num_max = q[1].num_max = 32;
	tl_store_release(&c->magic, L4VIRTIO_MAGIC);
	munmap(c, L4VIRTIO_PAGE_SIZE);
}

void tee_accept_vm(struct machine *m, struct tee_vm_fds *vm)
{
	union any_msg msg;

	tee_expect(m, TEECTL_VM_ADD, &msg, vm->fds);
	vm->id = msg.tee.vm_id;
	vm->token = msg.tee.token;
	vm->flags = msg.vm_add.flags;
	vm->uid = msg.vm_add.uid;
	vm->pid = msg.vm_add.pid;
	fill_page(vm->fds[TEECTL_FD_CONFIG]);
	tee_say(m, TEECTL_VM_ADD, vm->id, vm->token, 0);
}

void tee_vm_close(struct tee_vm_fds *vm)
{
	unsigned int i;

	for (i = 0; i < TEECTL_FD_NUM; i++)
		close(vm->fds[i]);
}

int client_connect(struct machine *m)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int sock = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	assert_true(sock >= 0);
	strcpy(addr.sun_path, m->socket);
	assert_int_equal(connect(sock, (const struct sockaddr *)&addr, sizeof(addr)), 0);
	return sock;
}

void client_send(int sock, const void *msg, size_t len, int fd)
{
	assert_int_equal(ctl_send(sock, msg, len, &fd, fd >= 0), 0);
}

ssize_t client_recv(int sock, union any_msg *msg, int *fds, unsigned int *num_fds)
{
	struct pollfd p = { .fd = sock, .events = POLLIN };
	int own[5];
	unsigned int n = 5;
	ssize_t len;

	assert_int_equal(poll(&p, 1, TIMEOUT_MS), 1);
	len = ctl_recv(sock, msg, sizeof(*msg), fds ? fds : own, &n);
	if (num_fds)
		*num_fds = n;
	while (!fds && n)
		close(own[--n]);
	return len > 0 ? len : -1;
}

int client_call(int sock, void *msg, size_t len, int fd, union any_msg *rsp)
{
	struct vmctl_hdr *hdr = msg;

	hdr->seq = 7;
	client_send(sock, msg, len, fd);
	assert_true(client_recv(sock, rsp, NULL, NULL) >= (ssize_t)sizeof(*hdr));
	assert_int_equal(rsp->vm.seq, 7);
	assert_int_equal(rsp->vm.type, hdr->type);
	return rsp->vm.status;
}

int client_simple(int sock, uint32_t type)
{
	struct vmctl_simple msg = { .hdr = { .type = type } };
	union any_msg rsp;

	return client_call(sock, &msg, sizeof(msg), -1, &rsp);
}

void client_send_attach(int sock)
{
	const struct vmctl_attach_req req = {
		.hdr = { .type = VMCTL_ATTACH, .seq = 1 },
		.version = VMCTL_VERSION,
	};

	client_send(sock, &req, sizeof(req), -1);
}

uint32_t client_attach(struct machine *m, int sock, struct tee_vm_fds *vm)
{
	union any_msg rsp;

	client_send_attach(sock);
	tee_accept_vm(m, vm);
	assert_int_equal(client_recv(sock, &rsp, NULL, NULL), sizeof(rsp.attach));
	assert_int_equal(rsp.vm.status, 0);
	assert_int_equal(rsp.attach.vm_id, vm->id);
	return vm->id;
}

bool client_wait_end(int sock)
{
	union any_msg msg;
	bool gone = false;

	while (client_recv(sock, &msg, NULL, NULL) > 0)
		gone |= msg.vm.type == VMCTL_EVENT_TEE_GONE;
	return gone;
}
