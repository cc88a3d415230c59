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
	tipc_dev_pump(data);
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

void tipc_dev_link_down(struct tipc_dev *dev)
{
	dev->link = NULL;
	tipc_ept_free_all(dev);
	dev->ctrl_first = 0;
	dev->ctrl_num = 0;
}

void tipc_dev_destroy(struct tipc_dev *dev)
{
	if (!dev)
		return;
	tipc_dev_link_down(dev);
	ipc_task_destroy(dev->task);
	free(dev);
}

void tipc_dev_link_up(struct tipc_dev *dev, const struct tipc_dev_link *link)
{
	/* A driver may come without the reset between: nothing of the last one's stays. */
	tipc_dev_link_down(dev);
	dev->link = link;
	tl_trace(TRACE_TIPCDEV, TRACE_UP, "go_online", dev->vm->id);
	tipc_ctrl_go_online(dev);
	tipc_dev_pump(dev);
}

const struct tipc_dev_link *tipc_dev_link(const struct tipc_dev *dev)
{
	return dev->link;
}

unsigned int tipc_dev_num_endpoints(const struct tipc_dev *dev)
{
	return dev->num_epts;
}
