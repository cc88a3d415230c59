/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/* Proxied mode: the memory and doorbells that stand between a VM and the secure world. */
#include "hv/hv_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "hv/proxy/relay.h"
#include "wire/virtio_mmio.h"
#include "wire/virtio_ring.h"

struct hv_proxied {
	struct relay relay;
	struct hv_source
		vm_kick; /* the event fd that is the VM's as well: only watched, for edges */
	struct hv_source tee_irq;
	int vm_irq, tee_kick; /* to ring */
	int tee_ram_fd, tee_kick_fd, tee_irq_fd; /* the secure world's, until it has them */
	struct list turn; /* hv.turns, or alone */
};

static void ring(int fd)
{
	const char byte = 0;

	if (send(fd, &byte, 1, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
		/* EAGAIN: what was sent before wasn't read yet. */
	}
}

static void service(struct hv *hv, struct hv_proxied *p)
{
	struct relay_due due = relay_service(&p->relay);
	const uint64_t one = 1;

	if (due.ring_tee)
		ring(p->tee_kick);
	if (due.ring_vm)
		ring(p->vm_irq);
	if (!due.again || !list_empty(&p->turn))
		return;
	list_add_tail(&hv->turns, &p->turn);
	if (write(hv->turn.fd, &one, sizeof(one)) < 0) {
		/* EAGAIN: it is rung already. */
	}
}

void hv_proxied_service(struct hv *hv, struct hv_vm *vm)
{
	if (vm->proxied)
		service(hv, vm->proxied);
}

void hv_proxied_turns(struct hv *hv, struct hv_source *src, uint32_t events)
{
	struct list now, *node;
	uint64_t count;

	(void)events;
	if (read(src->fd, &count, sizeof(count)) < 0)
		return;
	list_init(&now);
	while ((node = list_pop(&hv->turns)))
		list_add_tail(&now, node);
	while ((node = list_pop(&now)))
		service(hv, list_entry(node, struct hv_proxied, turn));
}

static void on_vm_kick(struct hv *hv, struct hv_source *src, uint32_t events)
{
	(void)events;
	service(hv, list_entry(src, struct hv_proxied, vm_kick));
}

static void on_tee_irq(struct hv *hv, struct hv_source *src, uint32_t events)
{
	char bytes[256];

	(void)events;
	/* What comes while we look rings again. */
	if (!recv(src->fd, bytes, sizeof(bytes), MSG_DONTWAIT))
		hv_unwatch(hv, src);
	service(hv, list_entry(src, struct hv_proxied, tee_irq));
}

static uint8_t *map_ram(int fd)
{
	void *p = mmap(NULL, VMCTL_RAM_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	return p == MAP_FAILED ? NULL : p;
}

static int map_both(struct hv_proxied *p, const struct hv_vm *vm)
{
	uint8_t *shm_vm, *shm_tee;

	p->tee_ram_fd = hv_memory("teelink-proxied", VMCTL_RAM_SIZE, NULL);
	if (p->tee_ram_fd < 0)
		return p->tee_ram_fd;
	shm_vm = map_ram(vm->ram_fd);
	shm_tee = map_ram(p->tee_ram_fd);
	if (shm_vm && shm_tee) {
		relay_init(&p->relay, shm_vm, shm_tee);
		return 0;
	}
	if (shm_vm)
		munmap(shm_vm, VMCTL_RAM_SIZE);
	if (shm_tee)
		munmap(shm_tee, VMCTL_RAM_SIZE);
	return -ENOMEM;
}

static int open_doorbells(struct hv_proxied *p, const struct hv_vm *vm)
{
	int ret;

	p->vm_kick.fd = fcntl(vm->kick_fd, F_DUPFD_CLOEXEC, 0);
	p->vm_irq = fcntl(vm->irq_tee_fd, F_DUPFD_CLOEXEC, 0);
	if (p->vm_kick.fd < 0 || p->vm_irq < 0)
		return -errno;
	ret = hv_doorbell(&p->tee_kick_fd, &p->tee_kick);
	return ret ? ret : hv_doorbell(&p->tee_irq.fd, &p->tee_irq_fd);
}

int hv_proxied_create(struct hv *hv, struct hv_vm *vm)
{
	struct hv_proxied *p = calloc(1, sizeof(*p));
	int ret;

	if (!p)
		return -ENOMEM;
	p->vm_kick = (struct hv_source){ .fn = on_vm_kick, .fd = -1 };
	p->tee_irq = (struct hv_source){ .fn = on_tee_irq, .fd = -1 };
	p->vm_irq = p->tee_kick = p->tee_ram_fd = p->tee_kick_fd = p->tee_irq_fd = -1;
	list_init(&p->turn);
	vm->proxied = p;
	ret = map_both(p, vm);
	if (!ret)
		ret = open_doorbells(p, vm);
	if (!ret)
		ret = hv_watch(hv, &p->vm_kick, EPOLLIN | EPOLLET);
	return ret ? ret : hv_watch(hv, &p->tee_irq, EPOLLIN);
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void hv_proxied_joined(struct hv_vm *vm)
{
	struct hv_proxied *p = vm->proxied;

	if (!p)
		return;
	close_fd(&p->tee_ram_fd);
	close_fd(&p->tee_kick_fd);
	close_fd(&p->tee_irq_fd);
}

void hv_proxied_destroy(struct hv *hv, struct hv_vm *vm)
{
	struct hv_proxied *p = vm->proxied;

	if (!p)
		return;
	vm->proxied = NULL;
	list_del(&p->turn);
	hv_unwatch(hv, &p->vm_kick);
	hv_unwatch(hv, &p->tee_irq);
	close_fd(&p->vm_kick.fd);
	close_fd(&p->tee_irq.fd);
	close_fd(&p->vm_irq);
	close_fd(&p->tee_kick);
	close_fd(&p->tee_ram_fd);
	close_fd(&p->tee_kick_fd);
	close_fd(&p->tee_irq_fd);
	if (p->relay.shm_vm)
		munmap(p->relay.shm_vm, VMCTL_RAM_SIZE);
	if (p->relay.shm_tee)
		munmap(p->relay.shm_tee, VMCTL_RAM_SIZE);
	free(p);
}

void hv_proxied_join(const struct hv_vm *vm, int fds[TEECTL_FD_NUM])
{
	const struct hv_proxied *p = vm->proxied;

	if (!p)
		return;
	fds[TEECTL_FD_RAM] = p->tee_ram_fd;
	fds[TEECTL_FD_KICK] = p->tee_kick_fd;
	fds[TEECTL_FD_IRQ] = p->tee_irq_fd;
}

void hv_proxied_written(struct hv_vm *vm, const struct vmctl_mmio *m)
{
	const struct vmm_queue *q = &vm->vmm.queue[vm->vmm.queue_sel % VMM_MAX_QUEUES];
	struct hv_proxied *p = vm->proxied;
	unsigned int i;

	if (!p)
		return;
	if (m->offset == VIRTIO_MMIO_STATUS && !m->value)
		for (i = 0; i < TIPC_NUM_QUEUES; i++)
			relay_queue_stop(&p->relay, i);
	if (m->offset != VIRTIO_MMIO_QUEUE_READY)
		return;
	if (m->value)
		relay_queue_start(&p->relay, vm->vmm.queue_sel, q->num, q->desc, q->avail, q->used,
				  vm->vmm.driver_features[0] & (1u << VIRTIO_F_EVENT_IDX));
	else
		relay_queue_stop(&p->relay, vm->vmm.queue_sel);
}

void hv_proxied_count(const struct hv_vm *vm, uint64_t *messages, uint64_t *bytes)
{
	*messages = vm->proxied ? vm->proxied->relay.messages : 0;
	*bytes = vm->proxied ? vm->proxied->relay.bytes : 0;
}
