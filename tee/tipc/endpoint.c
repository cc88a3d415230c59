/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "tee/tipc/endpoint.h"

#include <stdlib.h>
#include <string.h>

void tipc_ept_init(struct tipc_dev *dev)
{
	unsigned int i;

	list_init(&dev->free);
	for (i = 0; i < TIPC_TEE_ADDR_MAX; i++) {
		list_init(&dev->ept[i].held);
		list_add_tail(&dev->free, &dev->ept[i].free_node);
	}
}

uint32_t tipc_ept_addr(const struct tipc_dev *dev, const struct tipc_ept *ept)
{
	return TIPC_TEE_ADDR_BASE + (uint32_t)(ept - dev->ept);
}

struct tipc_ept *tipc_ept_find(struct tipc_dev *dev, uint32_t addr, uint32_t remote)
{
	struct tipc_ept *ept;

	if (addr < TIPC_TEE_ADDR_BASE || addr - TIPC_TEE_ADDR_BASE >= TIPC_TEE_ADDR_MAX)
		return NULL;
	ept = &dev->ept[addr - TIPC_TEE_ADDR_BASE];
	return ept->state != TIPC_EPT_FREE && ept->remote == remote ? ept : NULL;
}

/* Only for connects and disconnects: looks at every endpoint. */
struct tipc_ept *tipc_ept_find_remote(struct tipc_dev *dev, uint32_t remote)
{
	unsigned int i;

	for (i = 0; i < TIPC_TEE_ADDR_MAX; i++) {
		if (dev->ept[i].state != TIPC_EPT_FREE && dev->ept[i].remote == remote)
			return &dev->ept[i];
	}
	return NULL;
}

struct tipc_ept *tipc_ept_alloc(struct tipc_dev *dev, uint32_t remote, ipc_handle_t chan)
{
	struct list *node = list_pop(&dev->free);
	struct tipc_ept *ept;

	if (!node)
		return NULL;
	ept = list_entry(node, struct tipc_ept, free_node);
	ept->state = TIPC_EPT_CONNECTING;
	ept->remote = remote;
	ept->chan = chan;
	ipc_set_cookie(dev->task, chan, ept);
	dev->num_epts++;
	return ept;
}

static void held_pop(struct tipc_dev *dev, struct tipc_ept *ept)
{
	struct tipc_held *held = list_entry(list_pop(&ept->held), struct tipc_held, node);

	dev->num_held--;
	dev->held_bytes -= held->len;
	free(held->large);
	free(held);
}

void tipc_ept_free(struct tipc_dev *dev, struct tipc_ept *ept)
{
	while (!list_empty(&ept->held))
		held_pop(dev, ept);
	if (dev->stuck == ept) {
		dev->stuck = NULL;
		free(dev->stuck_buf);
		dev->stuck_buf = NULL;
	}
	ipc_close(dev->task, ept->chan);
	ept->state = TIPC_EPT_FREE;
	list_add_tail(&dev->free, &ept->free_node);
	dev->num_epts--;
}

void tipc_ept_free_all(struct tipc_dev *dev)
{
	unsigned int i;

	for (i = 0; i < TIPC_TEE_ADDR_MAX; i++) {
		if (dev->ept[i].state != TIPC_EPT_FREE)
			tipc_ept_free(dev, &dev->ept[i]);
	}
}

void tipc_ept_disconnect(struct tipc_dev *dev, struct tipc_ept *ept)
{
	uint32_t local = tipc_ept_addr(dev, ept), remote = ept->remote;

	tipc_ept_free(dev, ept);
	tipc_ctrl_disc_req(dev, local, remote);
}

/* @large: taken over on success; else @data is copied. */
static int held_push(struct tipc_dev *dev, struct tipc_ept *ept, const void *data, uint8_t *large,
		     size_t len)
{
	struct tipc_held *held;

	if (dev->num_held == TIPC_DEV_MAX_HELD ||
	    (dev->num_held && dev->held_bytes + len > TIPC_DEV_MAX_HELD_BYTES))
		return ERR_NO_RESOURCES;
	held = malloc(sizeof(*held) + (large ? 0 : len));
	if (!held)
		return ERR_NO_MEMORY;
	held->len = len;
	held->large = large;
	if (!large && len)
		memcpy(held->data, data, len);
	list_add_tail(&ept->held, &held->node);
	dev->num_held++;
	dev->held_bytes += len;
	return NO_ERROR;
}

static void sent(struct tipc_dev *dev, struct tipc_ept *ept, int rc)
{
	/* A server that hung up: its HUP is on the way and tells the driver. */
	if (rc >= 0 || rc == ERR_CHANNEL_CLOSED)
		return;
	tipc_bad_message(dev);
	if (rc != ERR_NOT_READY)
		tipc_ept_disconnect(dev, ept);
}

void tipc_ept_send(struct tipc_dev *dev, struct tipc_ept *ept, const void *data, size_t len)
{
	/* ipc_send_msg only reads the piece; its type is shared with ipc_read_msg's. */
	struct ipc_iov iov = { .base = (void *)(uintptr_t)data, .len = len };
	int rc = ERR_NOT_ENOUGH_BUFFER;

	if (list_empty(&ept->held))
		rc = ipc_send_msg(dev->task, ept->chan, &iov, 1);
	if (rc == ERR_NOT_ENOUGH_BUFFER)
		rc = held_push(dev, ept, data, NULL, len);
	sent(dev, ept, rc);
}

void tipc_ept_send_large(struct tipc_dev *dev, struct tipc_ept *ept, uint8_t *data, size_t len)
{
	int rc = ERR_NOT_ENOUGH_BUFFER;

	if (list_empty(&ept->held))
		rc = ipc_send_buf(dev->task, ept->chan, data, len);
	if (rc == ERR_NOT_ENOUGH_BUFFER)
		rc = held_push(dev, ept, NULL, data, len);
	if (rc < 0)
		free(data);
	sent(dev, ept, rc);
}

void tipc_ept_unblocked(struct tipc_dev *dev, struct tipc_ept *ept)
{
	while (!list_empty(&ept->held)) {
		struct tipc_held *held = list_entry(ept->held.next, struct tipc_held, node);
		struct ipc_iov iov = { .base = held->data, .len = held->len };
		int rc;

		if (held->large)
			rc = ipc_send_buf(dev->task, ept->chan, held->large, held->len);
		else
			rc = ipc_send_msg(dev->task, ept->chan, &iov, 1);
		if (rc == ERR_NOT_ENOUGH_BUFFER)
			return;
		if (rc >= 0)
			held->large = NULL;
		held_pop(dev, ept);
	}
}
