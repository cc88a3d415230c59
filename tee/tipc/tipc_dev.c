/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "tee/tipc/tipc_dev.h"

#include <errno.h>
#include <stdlib.h>

#include "lib/trace.h"
#include "tee/tipc/endpoint.h"
#include "tee/vm.h"
#include "tee/world.h"

/* All of the normal world is one client to the secure world's applications. */
static const uint8_t ns_uuid[16];

static void dev_notify(void *data)
{
	tipc_tx_pump(data);
}

int tipc_dev_create(struct tee_vm *vm, struct tipc_dev **devp)
{
	struct tipc_dev *dev = calloc(1, sizeof(*dev));

	if (!dev)
		return -ENOMEM;
	dev->vm = vm;
	dev->task = ipc_task_create(world_ipc(vm->world), ns_uuid, vm);
	if (!dev->task) {
		free(dev);
		return -ENOMEM;
	}
	tipc_ept_init(dev);
	ipc_task_set_notify(dev->task, dev_notify, dev);
	*devp = dev;
	return 0;
}

static void dev_reset(void *data)
{
	struct tipc_dev *dev = data;

	dev->online = false;
	tipc_ept_free_all(dev);
	dev->ctrl_first = 0;
	dev->ctrl_num = 0;
}

void tipc_dev_destroy(struct tipc_dev *dev)
{
	if (!dev)
		return;
	dev_reset(dev);
	ipc_task_destroy(dev->task);
	free(dev);
}

static void dev_ready(void *data)
{
	struct tipc_dev *dev = data;

	/* A driver may come without the reset between: nothing of the last one's stays. */
	dev_reset(dev);
	dev->online = true;
	tl_trace(TRACE_TIPCDEV, TRACE_UP, "go_online", dev->vm->id);
	tipc_ctrl_go_online(dev);
	tipc_tx_pump(dev);
}

static void dev_rx(void *data)
{
	struct tipc_dev *dev = data;

	if (!dev->online)
		return;
	tipc_rx_drain(dev);
	tipc_tx_pump(dev);
}

const struct tee_virtio_ops tipc_dev_virtio_ops = {
	.ready = dev_ready,
	.reset = dev_reset,
	.rx = dev_rx,
};

unsigned int tipc_dev_num_endpoints(const struct tipc_dev *dev)
{
	return dev->num_epts;
}
