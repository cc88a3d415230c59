/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "fake_hv.h"

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/ctl.h"

#define TIMEOUT_MS 30000
#define FEATURES ((1ull << VIRTIO_F_VERSION_1) | (1ull << VIRTIO_F_EVENT_IDX))

static void *run_world(void *arg)
{
	world_run(arg);
	return NULL;
}

/* Next message of the world's into @msg. Return: its length. */
static ssize_t next_message(struct fake_hv *hv, struct teectl_simple *msg, int *fd)
{
	struct pollfd p = { .fd = hv->sock, .events = POLLIN };
	unsigned int num_fds = 1;
	ssize_t n;

	assert_int_equal(poll(&p, 1, TIMEOUT_MS), 1);
	*fd = -1;
	n = ctl_recv(hv->sock, msg, sizeof(*msg), fd, &num_fds);
	if (!num_fds)
		*fd = -1;
	return n;
}

void fake_hv_start(struct fake_hv *hv, unsigned int poll_us)
{
	int link[2], launch[2], fd;
	struct teectl_simple msg;
	struct world_config cfg = { .trace_fd = -1, .poll_us = poll_us };

	memset(hv, 0, sizeof(*hv));
	assert_int_equal(ctl_pair(link), 0);
	assert_int_equal(ctl_pair(launch), 0);
	hv->sock = link[0];
	hv->launch = launch[0];
	cfg.hv_sock = link[1];
	cfg.launch_sock = launch[1];
	assert_int_equal(world_create(&cfg, &hv->world), 0);
	assert_int_equal(pthread_create(&hv->thread, NULL, run_world, hv->world), 0);
	assert_int_equal(next_message(hv, &msg, &fd), sizeof(msg));
	assert_int_equal(msg.hdr.type, TEECTL_READY);
}

void fake_hv_stop(struct fake_hv *hv)
{
	close(hv->sock);
	pthread_join(hv->thread, NULL);
	world_destroy(hv->world);
	close(hv->launch);
}

void fake_hv_send(struct fake_hv *hv, void *msg, size_t len, const int *fds, unsigned int num_fds)
{
	struct teectl_hdr *hdr = msg;

	hdr->token = ++hv->token;
	assert_int_equal(ctl_send(hv->sock, msg, len, fds, num_fds), 0);
}

int fake_hv_await(struct fake_hv *hv, uint64_t token, struct teectl_hdr *hdr, int *rsp_fd)
{
	struct teectl_simple rsp;
	int fd;

	for (;;) {
		assert_int_equal(next_message(hv, &rsp, &fd), sizeof(rsp));
		if (rsp.hdr.type == TEECTL_DEV_STATUS)
			hv->dev_status++;
		else if (rsp.hdr.token == token)
			break;
		assert_int_equal(fd, -1);
	}
	*hdr = rsp.hdr;
	*rsp_fd = fd;
	return rsp.hdr.status;
}

int fake_hv_request(struct fake_hv *hv, void *msg, size_t len, const int *fds, unsigned int num_fds,
		    int *rsp_fd)
{
	struct teectl_hdr req, rsp;
	int fd, ret;

	fake_hv_send(hv, msg, len, fds, num_fds);
	memcpy(&req, msg, sizeof(req));
	ret = fake_hv_await(hv, req.token, &rsp, &fd);
	assert_int_equal(rsp.type, req.type);
	assert_int_equal(rsp.vm_id, req.vm_id);
	if (rsp_fd)
		*rsp_fd = fd;
	else if (fd >= 0)
		close(fd);
	return ret;
}

static int make_memory(uint64_t size, void **p)
{
	int fd = memfd_create("test", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, (off_t)size), 0);
	if (p) {
		*p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		assert_ptr_not_equal(*p, MAP_FAILED);
	}
	return fd;
}

void fake_vm_add(struct fake_hv *hv, uint32_t id, struct fake_vm *vm)
{
	struct teectl_vm_add m = {
		.hdr = { .type = TEECTL_VM_ADD, .vm_id = id },
		.ram_gpa = FAKE_RAM_GPA,
		.ram_size = FAKE_RAM_SIZE,
		.shm_gpa = FAKE_SHM_GPA,
		.shm_size = FAKE_SHM_SIZE,
	};
	int fds[TEECTL_FD_NUM], irq[2];
	unsigned int i;
	void *p;

	memset(vm, 0, sizeof(*vm));
	vm->hv = hv;
	vm->id = id;
	fds[TEECTL_FD_RAM] = make_memory(FAKE_RAM_SIZE, &p);
	vm->ram = p;
	fds[TEECTL_FD_SHM] = make_memory(FAKE_SHM_SIZE, NULL);
	fds[TEECTL_FD_SHM_RO] = dup(fds[TEECTL_FD_SHM]);
	fds[TEECTL_FD_CONFIG] = make_memory(L4VIRTIO_PAGE_SIZE, &p);
	vm->config = p;
	fds[TEECTL_FD_KICK] = vm->kick = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, irq), 0);
	fds[TEECTL_FD_IRQ] = irq[0];
	vm->irq = irq[1];
	assert_int_equal(fake_hv_request(hv, &m, sizeof(m), fds, TEECTL_FD_NUM, NULL), 0);
	for (i = 0; i < TEECTL_FD_KICK; i++)
		close(fds[i]);
	close(irq[0]);
	assert_int_equal(vm->config->magic, L4VIRTIO_MAGIC);
	p = (uint8_t *)p + vm->config->queues_offset;
	vm->queue = p;
}

void fake_vm_free(struct fake_vm *vm)
{
	munmap(vm->ram, FAKE_RAM_SIZE);
	munmap((void *)(uintptr_t)vm->config, L4VIRTIO_PAGE_SIZE);
	close(vm->kick);
	close(vm->irq);
}

int fake_vm_del(struct fake_vm *vm)
{
	struct teectl_simple m = { .hdr = { .type = TEECTL_VM_DEL, .vm_id = vm->id } };
	int ret = fake_hv_request(vm->hv, &m, sizeof(m), NULL, 0, NULL);

	fake_vm_free(vm);
	return ret;
}

uint32_t fake_vm_cmd(struct fake_vm *vm, uint32_t cmd)
{
	struct teectl_simple m = { .hdr = { .type = TEECTL_DEV_CMD, .vm_id = vm->id } };

	tl_store_release(&vm->config->cmd, cmd);
	assert_int_equal(fake_hv_request(vm->hv, &m, sizeof(m), NULL, 0, NULL), 0);
	assert_int_equal(tl_load_acquire(&vm->config->cmd), 0);
	return tl_load_acquire(&vm->config->status);
}

void fake_vm_queue_entry(struct fake_vm *vm, unsigned int index)
{
	volatile struct l4virtio_queue *q = &vm->queue[index];

	q->num = 32;
	q->desc = FAKE_RAM_GPA + FAKE_RING(index);
	q->avail = FAKE_RAM_GPA + FAKE_RING(index) + 0x400;
	q->used = FAKE_RAM_GPA + FAKE_RING(index) + 0x800;
	tl_store_release(&q->ready, (uint16_t)1);
}

static void post_rx(struct fake_vm *vm, unsigned int i)
{
	assert_int_equal(vq_driver_add(&vm->vq[0], FAKE_RAM_GPA + FAKE_BUF(0, i), 4096, true,
				       vm->ram + FAKE_BUF(0, i)),
			 0);
}

uint32_t fake_vm_online(struct fake_vm *vm)
{
	uint32_t status = VIRTIO_STATUS_ACKNOWLEDGE | VIRTIO_STATUS_DRIVER;
	unsigned int i;

	fake_vm_cmd(vm, L4VIRTIO_CMD_SET_STATUS | status);
	vm->config->driver_features_map[0] = (uint32_t)FEATURES;
	vm->config->driver_features_map[1] = (uint32_t)(FEATURES >> 32);
	status = fake_vm_cmd(vm, L4VIRTIO_CMD_SET_STATUS | status | VIRTIO_STATUS_FEATURES_OK);
	assert_true(status & VIRTIO_STATUS_FEATURES_OK);
	for (i = 0; i < 2; i++) {
		uint8_t *ring = vm->ram + FAKE_RING(i);

		fake_vm_queue_entry(vm, i);
		fake_vm_cmd(vm, L4VIRTIO_CMD_CFG_QUEUE | i);
		vq_driver_init(&vm->vq[i], 32, ring, ring + 0x400, ring + 0x800, true);
	}
	for (i = 0; i < 32; i++)
		post_rx(vm, i);
	return fake_vm_cmd(vm, L4VIRTIO_CMD_SET_STATUS | status | VIRTIO_STATUS_DRIVER_OK);
}

void fake_vm_send(struct fake_vm *vm, unsigned int i, const char *text)
{
	const uint64_t one = 1;
	uint8_t *buf = vm->ram + FAKE_BUF(1, i);
	uint32_t len;
	void *token;

	do {
		while (vq_driver_get(&vm->vq[1], &token, &len) > 0)
			;
	} while (!vm->vq[1].num_free);
	memcpy(buf, text, strlen(text) + 1);
	assert_int_equal(vq_driver_add(&vm->vq[1], FAKE_RAM_GPA + FAKE_BUF(1, i),
				       (uint32_t)strlen(text) + 1, false, buf),
			 0);
	if (vq_driver_needs_kick(&vm->vq[1]))
		assert_int_equal(write(vm->kick, &one, sizeof(one)), sizeof(one));
}

void fake_vm_receive(struct fake_vm *vm, char *text, size_t size)
{
	struct pollfd p = { .fd = vm->irq, .events = POLLIN };
	const uint64_t one = 1;
	uint8_t bytes[64];
	uint32_t len;
	void *token;
	int ret;

	while (!(ret = vq_driver_get(&vm->vq[0], &token, &len))) {
		if (vq_driver_enable_irq(&vm->vq[0]))
			continue;
		assert_int_equal(poll(&p, 1, TIMEOUT_MS), 1);
		assert_true(read(vm->irq, bytes, sizeof(bytes)) > 0);
	}
	assert_int_equal(ret, 1);
	assert_true(len > 0 && len <= size);
	memcpy(text, token, len);
	text[len - 1] = '\0';
	assert_int_equal(vq_driver_add(&vm->vq[0],
				       FAKE_RAM_GPA + (uint64_t)((uint8_t *)token - vm->ram), 4096,
				       true, token),
			 0);
	if (vq_driver_needs_kick(&vm->vq[0]))
		assert_int_equal(write(vm->kick, &one, sizeof(one)), sizeof(one));
}
