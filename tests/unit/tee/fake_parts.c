/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "fake_parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tee/ipc/ipc.h"
#include "tee/tipc/tipc_dev.h"
#include "tee/virtio/device_internal.h"
#include "tee/vm.h"

struct ipc_kernel {
	struct tee_world *world;
	struct list pending; /* tipc_dev.pending */
	struct world_event released;
	bool release;
	struct fake_counts counts;
};

struct tipc_dev {
	struct tee_vm *vm;
	struct list pending;
	unsigned int to_block;
	unsigned int refs;
};

int ipc_kernel_create(struct tee_world *w, struct ipc_kernel **kp)
{
	struct ipc_kernel *k = calloc(1, sizeof(*k));

	if (!k)
		return -ENOMEM;
	k->world = w;
	list_init(&k->pending);
	world_event_init(&k->released);
	*kp = k;
	return 0;
}

void ipc_kernel_destroy(struct ipc_kernel *k)
{
	world_event_destroy(&k->released);
	free(k);
}

bool ipc_pending(const struct ipc_kernel *k)
{
	return !list_empty(&k->pending);
}

static void put_dev(struct tipc_dev *dev)
{
	if (--dev->refs)
		return;
	free(dev);
}

static void reply(struct tee_vm *vm, const char *text, size_t len)
{
	if (!vm->gone)
		(void)tee_virtio_tx(vm->dev, text, len, NULL, 0);
}

void ipc_dispatch(struct ipc_kernel *k)
{
	struct list *node;

	while ((node = list_pop(&k->pending))) {
		struct tipc_dev *dev = list_entry(node, struct tipc_dev, pending);
		struct tee_vm *vm = vm_get(dev->vm);
		int ret = 0;

		if (--dev->to_block)
			list_add_tail(&k->pending, &dev->pending);
		dev->refs++;
		k->counts.blocked++;
		while (!k->release && !ret)
			ret = world_wait(k->world, &k->released, 0);
		k->counts.blocked--;
		reply(vm, "released", sizeof("released"));
		put_dev(dev);
		vm_put(vm);
	}
}

void fake_parts_counts(struct tee_world *w, struct fake_counts *counts)
{
	world_lock(w);
	*counts = world_ipc(w)->counts;
	world_unlock(w);
}

/* As an application would that is ready for more; then a thread of the world's does the rest. */
static void rx_one_vm(struct tee_vm *vm, void *arg)
{
	(void)arg;
	tipc_dev_virtio_ops.rx(vm->tipc);
	tee_virtio_ring_self(vm->dev);
}

void fake_parts_release(struct tee_world *w)
{
	world_lock(w);
	world_ipc(w)->release = true;
	world_signal(&world_ipc(w)->released);
	world_for_each_vm(w, rx_one_vm, NULL);
	world_unlock(w);
}

int tipc_dev_create(struct tee_vm *vm, struct tipc_dev **devp)
{
	struct tipc_dev *dev = calloc(1, sizeof(*dev));

	if (!dev)
		return -ENOMEM;
	dev->vm = vm;
	dev->refs = 1;
	list_init(&dev->pending);
	world_ipc(vm->world)->counts.created++;
	*devp = dev;
	return 0;
}

void tipc_dev_destroy(struct tipc_dev *dev)
{
	world_ipc(dev->vm->world)->counts.destroyed++;
	list_del(&dev->pending);
	put_dev(dev);
}

unsigned int tipc_dev_num_endpoints(const struct tipc_dev *dev)
{
	(void)dev;
	return 0;
}

static void dev_ready(void *data)
{
	struct tipc_dev *dev = data;

	world_ipc(dev->vm->world)->counts.ready++;
	reply(dev->vm, "online", sizeof("online"));
}

static void dev_reset(void *data)
{
	struct tipc_dev *dev = data;

	world_ipc(dev->vm->world)->counts.reset++;
}

static void dev_rx(void *data)
{
	struct tipc_dev *dev = data;
	struct ipc_kernel *k = world_ipc(dev->vm->world);
	unsigned int budget = 64;
	char text[64];
	int n;

	k->counts.rx++;
	/* "leave" is known by its place: the test puts it into the last buffer of link RAM. */
	if (!k->release && !memcmp(vm_ptr(dev->vm, 0x40000000ull + 0x80000u - 16u, 16), "leave", 6))
		return;
	while (budget-- && (n = tee_virtio_rx(dev->vm->dev, text, sizeof(text))) > 0) {
		if (n == (int)sizeof("block") && !memcmp(text, "block", sizeof("block"))) {
			if (!dev->to_block++)
				list_add_tail(&k->pending, &dev->pending);
			continue;
		}
		reply(dev->vm, text, (size_t)n);
	}
}

const struct tee_virtio_ops tipc_dev_virtio_ops = {
	.ready = dev_ready,
	.reset = dev_reset,
	.rx = dev_rx,
};

/* Nothing listens. */
int ipc_echo_create(struct ipc_kernel *k, struct ipc_echo **ep)
{
	(void)k;
	*ep = NULL;
	return 0;
}

void ipc_echo_destroy(struct ipc_echo *e)
{
	(void)e;
}
