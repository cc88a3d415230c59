/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "tee/tipc/endpoint.h"

#include "lib/cursor.h"
#include "lib/trace.h"
#include "tee/vm.h"
#include "tee/world.h"

void tipc_bad_message(struct tipc_dev *dev)
{
	world_counters(dev->vm->world)->bad_messages++;
}

void tipc_bad_framing(struct tipc_dev *dev, const char *why)
{
	tipc_bad_message(dev);
	vm_drop(dev->vm, why);
}

static void rx_data(struct tipc_dev *dev, const struct tipc_msg_hdr *hdr, const void *data)
{
	struct tipc_ept *ept = tipc_ept_find(dev, hdr->dst, hdr->src);

	if (!ept) {
		/* To one that was closed a moment ago is no offence; to an address never given is. */
		if (hdr->dst < TIPC_TEE_ADDR_BASE ||
		    hdr->dst - TIPC_TEE_ADDR_BASE >= TIPC_TEE_ADDR_MAX)
			tipc_bad_message(dev);
		return;
	}
	tl_trace(TRACE_TIPCDEV, TRACE_DOWN, "data", hdr->dst);
	if (hdr->shm_cnt) { /* memory in messages isn't offered */
		tipc_bad_message(dev);
		tipc_ept_disconnect(dev, ept);
		return;
	}
	tipc_ept_send(dev, ept, data, hdr->len);
}

/* One validator for every message of the driver's. Flags mean nothing and are ignored, as in Trusty. */
static void rx_message(struct tipc_dev *dev, size_t len)
{
	struct tipc_msg_hdr hdr;
	struct cursor c;

	cursor_init_ro(&c, dev->rx_buf, len);
	if (!cursor_get(&c, &hdr, sizeof(hdr)) || cursor_left(&c) != hdr.len) {
		tipc_bad_framing(dev, "message with a wrong length");
		return;
	}
	if (hdr.reserved) {
		tipc_bad_framing(dev, "message with reserved bits");
		return;
	}
	if (hdr.dst != TIPC_CTRL_ADDR)
		rx_data(dev, &hdr, dev->rx_buf + sizeof(hdr));
	else if (hdr.shm_cnt)
		tipc_bad_message(dev);
	else
		tipc_ctrl_rx(dev, hdr.src, dev->rx_buf + sizeof(hdr), hdr.len);
}

void tipc_rx_drain(struct tipc_dev *dev)
{
	unsigned int i;

	/* What is left after the budget is found by the next look at the queue. */
	for (i = 0; i < TIPC_DEV_RX_BUDGET && !dev->vm->dropped; i++) {
		int len = tee_virtio_rx(dev->vm->dev, dev->rx_buf, sizeof(dev->rx_buf));

		if (len <= 0)
			return;
		if ((size_t)len > sizeof(dev->rx_buf)) {
			tipc_bad_framing(dev, "message larger than a buffer");
			return;
		}
		rx_message(dev, (size_t)len);
	}
}
