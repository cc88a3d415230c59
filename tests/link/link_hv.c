/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "tests/link/link_hv.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/ctl.h"
#include "tee/world.h"
#include "wire/virtio_mmio.h"
#include "wire/vmctl.h"

#define VM_ID 7u

static void need(bool ok, const char *what)
{
	if (ok)
		return;
	perror(what);
	abort();
}

static volatile struct l4virtio_config *page(struct link_hv *hv)
{
	return (volatile struct l4virtio_config *)(void *)hv->shm_page;
}

static volatile struct l4virtio_queue *queue(struct link_hv *hv)
{
	void *first = hv->shm_page + page(hv)->queues_offset;

	need(hv->queue_sel < page(hv)->num_queues, "queue");
	return (volatile struct l4virtio_queue *)first + hv->queue_sel;
}

/* A request to the secure world and its answer; what comes unasked in between is passed over. */
static void tee_request(struct link_hv *hv, void *msg, size_t len, const int *fds,
			unsigned int num_fds)
{
	struct teectl_hdr *hdr = msg;
	struct teectl_simple rsp;

	hdr->vm_id = VM_ID;
	hdr->token = ++hv->token;
	need(!ctl_send(hv->tee_sock, msg, len, fds, num_fds), "teectl");
	do {
		need(ctl_recv(hv->tee_sock, &rsp, sizeof(rsp), NULL, NULL) == sizeof(rsp),
		     "teectl");
	} while (rsp.hdr.token != hv->token);
	need(!rsp.hdr.status, "teectl status");
}

static void device_cmd(struct link_hv *hv, uint32_t cmd)
{
	struct teectl_simple m = { .hdr = { .type = TEECTL_DEV_CMD } };

	tl_store_release(&page(hv)->cmd, cmd);
	tee_request(hv, &m, sizeof(m), NULL, 0);
}

static uint32_t reg_read(struct link_hv *hv, uint32_t reg)
{
	uint32_t value;

	switch (reg) {
	case VIRTIO_MMIO_DEVICE_ID:
		return tl_load_acquire(&page(hv)->magic) ? VIRTIO_ID_TRUSTY_IPC : 0;
	case VIRTIO_MMIO_DEVICE_FEATURES:
		return page(hv)->dev_features_map[hv->dev_sel % 6];
	case VIRTIO_MMIO_QUEUE_NUM_MAX:
		return queue(hv)->num_max;
	case VIRTIO_MMIO_QUEUE_READY:
		return queue(hv)->ready;
	default:
		memcpy(&value, hv->shm_page + reg, sizeof(value));
		return value;
	}
}

static void set_half(volatile uint64_t *v, bool high, uint32_t half)
{
	*v = high ? (uint32_t)*v | (uint64_t)half << 32 : (*v & ~0xffffffffull) | half;
}

static void reg_write(struct link_hv *hv, uint32_t reg, uint32_t value)
{
	bool high = reg & 4;

	switch (reg) {
	case VIRTIO_MMIO_DEVICE_FEATURES_SEL:
		hv->dev_sel = value;
		break;
	case VIRTIO_MMIO_DRIVER_FEATURES_SEL:
		hv->drv_sel = value;
		break;
	case VIRTIO_MMIO_DRIVER_FEATURES:
		page(hv)->driver_features_map[hv->drv_sel % 6] = value;
		break;
	case VIRTIO_MMIO_QUEUE_SEL:
		hv->queue_sel = value;
		break;
	case VIRTIO_MMIO_QUEUE_NUM:
		queue(hv)->num = (uint16_t)value;
		break;
	case VIRTIO_MMIO_QUEUE_DESC_LOW:
	case VIRTIO_MMIO_QUEUE_DESC_HIGH:
		set_half(&queue(hv)->desc, high, value);
		break;
	case VIRTIO_MMIO_QUEUE_DRIVER_LOW:
	case VIRTIO_MMIO_QUEUE_DRIVER_HIGH:
		set_half(&queue(hv)->avail, high, value);
		break;
	case VIRTIO_MMIO_QUEUE_DEVICE_LOW:
	case VIRTIO_MMIO_QUEUE_DEVICE_HIGH:
		set_half(&queue(hv)->used, high, value);
		break;
	case VIRTIO_MMIO_QUEUE_READY:
		queue(hv)->ready = (uint16_t)value;
		device_cmd(hv, L4VIRTIO_CMD_CFG_QUEUE | hv->queue_sel);
		break;
	case VIRTIO_MMIO_STATUS:
		/* `ready` is the VMM's field: a reset takes the queues away. */
		for (hv->queue_sel = 0; !value && hv->queue_sel < page(hv)->num_queues;
		     hv->queue_sel++)
			queue(hv)->ready = 0;
		device_cmd(hv, L4VIRTIO_CMD_SET_STATUS | value);
		break;
	default:
		need(false, "register");
	}
}

static int make_memory(uint64_t size)
{
	int fd = memfd_create("link", MFD_CLOEXEC);

	need(fd >= 0 && !ftruncate(fd, (off_t)size), "memfd");
	return fd;
}

static void attach(struct link_hv *hv, const struct vmctl_hdr *req)
{
	struct teectl_vm_add add = {
		.hdr = { .type = TEECTL_VM_ADD },
		.ram_gpa = VMCTL_RAM_GPA,
		.ram_size = VMCTL_RAM_SIZE,
		.shm_gpa = VMCTL_SHM_GPA,
		.shm_size = VMCTL_SHM_SIZE,
	};
	struct vmctl_attach_rsp rsp = {
		.hdr = { .type = req->type, .seq = req->seq },
		.vm_id = VM_ID,
		.ram_gpa = VMCTL_RAM_GPA,
		.ram_size = VMCTL_RAM_SIZE,
		.shm_gpa = VMCTL_SHM_GPA,
		.shm_size = VMCTL_SHM_SIZE,
	};
	int tee[TEECTL_FD_NUM], vm[4], irq[2];
	unsigned int i;
	void *p;

	vm[VMCTL_FD_RAM] = tee[TEECTL_FD_RAM] = make_memory(VMCTL_RAM_SIZE);
	vm[VMCTL_FD_SHM] = tee[TEECTL_FD_SHM] = make_memory(VMCTL_SHM_SIZE);
	tee[TEECTL_FD_SHM_RO] = dup(tee[TEECTL_FD_SHM]);
	tee[TEECTL_FD_CONFIG] = make_memory(L4VIRTIO_PAGE_SIZE);
	vm[VMCTL_FD_KICK] = tee[TEECTL_FD_KICK] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	need(!socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, irq), "irq");
	vm[VMCTL_FD_IRQ] = irq[0];
	tee[TEECTL_FD_IRQ] = irq[1];
	p = mmap(NULL, L4VIRTIO_PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED,
		 tee[TEECTL_FD_CONFIG], 0);
	need(p != MAP_FAILED, "config page");
	hv->shm_page = p;
	tee_request(hv, &add, sizeof(add), tee, TEECTL_FD_NUM);
	need(!ctl_send(hv->vm_sock, &rsp, sizeof(rsp), vm, 4), "vmctl");
	for (i = 0; i < TEECTL_FD_NUM; i++)
		close(tee[i]);
	close(irq[0]);
}

static void mmio(struct link_hv *hv, struct vmctl_mmio *m)
{
	__atomic_fetch_add(&hv->traps, 1, __ATOMIC_RELAXED);
	if (m->hdr.type == VMCTL_MMIO_WRITE)
		reg_write(hv, m->offset, m->value);
	else if (m->offset < VIRTIO_MMIO_CONFIG)
		m->value = reg_read(hv, m->offset);
	else
		memcpy(&m->value, hv->shm_page + m->offset, m->size);
	need(!ctl_send(hv->vm_sock, m, sizeof(*m), NULL, 0), "vmctl");
}

static void unasked(struct link_hv *hv)
{
	struct vmctl_simple event = { .hdr = { .type = VMCTL_EVENT_CONFIG } };
	struct teectl_simple msg;

	need(ctl_recv(hv->tee_sock, &msg, sizeof(msg), NULL, NULL) == sizeof(msg), "teectl");
	if (msg.hdr.type == TEECTL_DEV_STATUS)
		ctl_send(hv->vm_sock, &event, sizeof(event), NULL, 0);
}

static void *hv_thread(void *arg)
{
	struct link_hv *hv = arg;
	struct pollfd pfd[2] = {
		{ .fd = hv->vm_sock, .events = POLLIN },
		{ .fd = hv->tee_sock, .events = POLLIN },
	};
	union {
		struct vmctl_hdr hdr;
		struct vmctl_mmio mmio;
		uint8_t bytes[VMCTL_MAX_MSG];
	} msg;

	for (;;) {
		need(poll(pfd, 2, -1) > 0, "poll");
		if (pfd[1].revents)
			unasked(hv);
		if (!pfd[0].revents)
			continue;
		if (ctl_recv(hv->vm_sock, &msg, sizeof(msg), NULL, NULL) <= 0)
			return NULL;
		if (msg.hdr.type == VMCTL_ATTACH)
			attach(hv, &msg.hdr);
		else
			mmio(hv, &msg.mmio);
	}
}

static void *world_thread(void *arg)
{
	world_run(arg);
	return NULL;
}

void link_hv_start(struct link_hv *hv, unsigned int poll_us)
{
	struct world_config cfg = { .trace_fd = -1, .poll_us = poll_us };
	struct teectl_simple msg;
	int tee[2], launch[2], vm[2];

	memset(hv, 0, sizeof(*hv));
	need(!ctl_pair(tee) && !ctl_pair(launch) && !ctl_pair(vm), "socketpair");
	hv->tee_sock = tee[0];
	hv->launch_sock = launch[0];
	hv->vm_sock = vm[0];
	cfg.hv_sock = tee[1];
	cfg.launch_sock = launch[1];
	need(!world_create(&cfg, &hv->world), "world");
	need(!pthread_create(&hv->world_thread, NULL, world_thread, hv->world), "thread");
	need(ctl_recv(hv->tee_sock, &msg, sizeof(msg), NULL, NULL) == sizeof(msg), "READY");
	need(!pthread_create(&hv->hv_thread, NULL, hv_thread, hv), "thread");
	need(!ree_vm_attach(vm[1], &hv->vm), "attach");
}

void link_hv_lose_tee(struct link_hv *hv)
{
	struct vmctl_simple event = { .hdr = { .type = VMCTL_EVENT_TEE_GONE } };

	need(!ctl_send(hv->vm_sock, &event, sizeof(event), NULL, 0), "vmctl");
}

uint32_t link_hv_status(struct link_hv *hv)
{
	return tl_load_acquire(&page(hv)->status);
}

void link_hv_stop(struct link_hv *hv)
{
	ree_vm_detach(hv->vm);
	pthread_join(hv->hv_thread, NULL);
	close(hv->tee_sock);
	pthread_join(hv->world_thread, NULL);
	world_destroy(hv->world);
	munmap(hv->shm_page, L4VIRTIO_PAGE_SIZE);
	close(hv->launch_sock);
	close(hv->vm_sock);
}
