/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "tee/tipc/endpoint.h"

#include <stdlib.h>

#include "lib/cursor.h"
#include "lib/trace.h"
#include "tee/vm.h"
#include "tee/world.h"

void tipc_bad_message(struct tipc_dev *dev)
{
	world_counters(dev->vm->world)->bad_messages++;
}

void tipc_dev_bad_framing(struct tipc_dev *dev, const char *why)
{
	tipc_bad_message(dev);
	vm_drop(dev->vm, why);
}

/* The endpoint that a message with data is for, or NULL: it is refused, the VM goes on. */
static struct tipc_ept *rx_target(struct tipc_dev *dev, const struct tipc_msg_hdr *hdr)
{
	struct tipc_ept *ept = tipc_ept_find(dev, hdr->dst, hdr->src);

	if (!ept) {
		/* To one that was closed a moment ago is no offence; to an address never given is. */
		if (hdr->dst < TIPC_TEE_ADDR_BASE ||
		    hdr->dst - TIPC_TEE_ADDR_BASE >= TIPC_TEE_ADDR_MAX)
			tipc_bad_message(dev);
		return NULL;
	}
	tl_trace(TRACE_TIPCDEV, TRACE_DOWN, "data", hdr->dst);
	if (hdr->shm_cnt) { /* memory in messages isn't offered */
		tipc_bad_message(dev);
		tipc_ept_disconnect(dev, ept);
		return NULL;
	}
	return ept;
}

static void rx_data(struct tipc_dev *dev, const struct tipc_msg_hdr *hdr, const void *data,
		    size_t len)
{
	struct tipc_ept *ept = rx_target(dev, hdr);

	if (ept)
		tipc_ept_send(dev, ept, data, len);
}

bool tipc_dev_takes(struct tipc_dev *dev, const struct tipc_msg_hdr *hdr, size_t len)
{
	struct tipc_ept *ept;
	uint32_t num_bufs = 0;
	size_t size = 0;

	if (len <= TIPC_DEV_MAX_DATA)
		return true;
	if (hdr->dst == TIPC_CTRL_ADDR) {
		tipc_bad_message(dev);
		return false;
	}
	ept = rx_target(dev, hdr);
	if (!ept)
		return false;
	ipc_chan_limits(dev->task, ept->chan, &num_bufs, &size);
	if (len <= size && len <= dev->link->max_data)
		return true;
	tipc_bad_message(dev);
	tipc_ept_disconnect(dev, ept);
	return false;
}

/*
 * One validator for every message's header. Flags mean nothing and are ignored, as in Trusty; of a long
 * message the header says the length modulo 2^16.
 */
static bool hdr_ok(struct tipc_dev *dev, const struct tipc_msg_hdr *hdr, size_t len)
{
	if ((uint16_t)len != hdr->len)
		tipc_dev_bad_framing(dev, "message with a wrong length");
	else if (hdr->reserved)
		tipc_dev_bad_framing(dev, "message with reserved bits");
	else
		return true;
	return false;
}

void tipc_dev_message(struct tipc_dev *dev, const void *msg, size_t len)
{
	const uint8_t *data = (const uint8_t *)msg + sizeof(struct tipc_msg_hdr);
	struct tipc_msg_hdr hdr;
	struct cursor c;

	cursor_init_ro(&c, msg, len);
	if (!cursor_get(&c, &hdr, sizeof(hdr))) {
		tipc_dev_bad_framing(dev, "message with a wrong length");
		return;
	}
	if (!hdr_ok(dev, &hdr, cursor_left(&c)))
		return;
	if (hdr.dst != TIPC_CTRL_ADDR)
		rx_data(dev, &hdr, data, cursor_left(&c));
	else if (hdr.shm_cnt)
		tipc_bad_message(dev);
	else
		tipc_ctrl_rx(dev, hdr.src, data, cursor_left(&c));
}

void tipc_dev_message_large(struct tipc_dev *dev, const struct tipc_msg_hdr *hdr, uint8_t *data, size_t len)
{
	struct tipc_ept *ept = NULL;

	if (hdr_ok(dev, hdr, len) && hdr->dst != TIPC_CTRL_ADDR)
		ept = rx_target(dev, hdr);
	if (ept)
		tipc_ept_send_large(dev, ept, data, len);
	else
		free(data);
}
