/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/* Messages through the two queues of the VM's virtio device. */
#include "tee/tipc/endpoint.h"

#include "tee/vm.h"

#define RX_BUDGET 64u /* messages per call: the lock isn't one VM's alone */

static int link_tx(struct tee_vm *vm, const struct tipc_msg_hdr *hdr, const void *data, size_t len)
{
	return tee_virtio_tx(vm->dev, hdr, sizeof(*hdr), data, len);
}

static void link_flush(struct tee_vm *vm)
{
	tee_virtio_flush(vm->dev);
}

static const struct tipc_dev_link virtio_link = {
	.max_data = TIPC_DEV_MAX_DATA,
	.tx = link_tx,
	.flush = link_flush,
};

static void drain(struct tipc_dev *dev)
{
	unsigned int i;

	/* What is left after the budget is found by the next look at the queue. */
	for (i = 0; i < RX_BUDGET && !dev->vm->dropped; i++) {
		int len = tee_virtio_rx(dev->vm->dev, dev->rx_buf, sizeof(dev->rx_buf));

		if (len <= 0)
			return;
		if ((size_t)len > sizeof(dev->rx_buf)) {
			tipc_dev_bad_framing(dev, "message larger than a buffer");
			return;
		}
		tipc_dev_message(dev, dev->rx_buf, (size_t)len);
	}
}

static void virtio_ready(void *data)
{
	struct tipc_dev *dev = data;

	if (dev->link && dev->link != &virtio_link)
		vm_drop(dev->vm, "has its messages in an SMC message queue already");
	else
		tipc_dev_link_up(dev, &virtio_link);
}

static void dev_reset(void *data)
{
	struct tipc_dev *dev = data;

	if (dev->link == &virtio_link)
		tipc_dev_link_down(dev);
}

static void virtio_rx(void *data)
{
	struct tipc_dev *dev = data;

	if (dev->link != &virtio_link)
		return;
	drain(dev);
	tipc_dev_pump(dev);
}

const struct tee_virtio_ops tipc_dev_virtio_ops = {
	.ready = virtio_ready,
	.reset = dev_reset,
	.rx = virtio_rx,
};
