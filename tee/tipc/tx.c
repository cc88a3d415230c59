/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "tee/tipc/endpoint.h"

#include <errno.h>
#include <stdlib.h>

#include "lib/trace.h"
#include "tee/vm.h"
#include "tee/world.h"

static int send_small(struct tipc_dev *dev, struct tipc_ept *ept, const struct ipc_msg_info *info)
{
	struct tipc_msg_hdr hdr = { .src = tipc_ept_addr(dev, ept), .dst = ept->remote };
	struct ipc_iov iov = { .base = dev->tx_buf, .len = sizeof(dev->tx_buf) };
	int len = ipc_read_msg(dev->task, ept->chan, info->id, 0, &iov, 1);
	int rc;

	if (len < 0 || (size_t)len > dev->link->max_data)
		return -EMSGSIZE;
	hdr.len = (uint16_t)len;
	tl_trace(TRACE_TIPCDEV, TRACE_UP, "data", hdr.src);
	rc = dev->link->tx(dev->vm, &hdr, dev->tx_buf, (size_t)len);
	if (!rc)
		ipc_put_msg(dev->task, ept->chan, info->id);
	return rc;
}

static int send_large(struct tipc_dev *dev, struct tipc_ept *ept, const struct ipc_msg_info *info)
{
	struct tipc_msg_hdr hdr = { .src = tipc_ept_addr(dev, ept), .dst = ept->remote,
				    .len = (uint16_t)info->len };
	int rc;

	if (info->len > dev->link->max_data)
		return -EMSGSIZE;
	if (!dev->stuck_buf && ipc_take_buf(dev->task, ept->chan, info->id, &dev->stuck_buf))
		return -EPROTO;
	tl_trace(TRACE_TIPCDEV, TRACE_UP, "data", hdr.src);
	rc = dev->link->tx_large(dev->vm, &hdr, dev->stuck_buf, info->len);
	if (rc && rc != -EAGAIN)
		free(dev->stuck_buf);
	if (rc != -EAGAIN)
		dev->stuck_buf = NULL;
	return rc;
}

/* Return: false when the driver has no room; the message is `stuck` then. */
static bool send_message(struct tipc_dev *dev, struct tipc_ept *ept, const struct ipc_msg_info *info)
{
	int rc = info->large ? send_large(dev, ept, info) : send_small(dev, ept, info);

	if (rc == -EAGAIN) {
		dev->stuck = ept;
		dev->stuck_msg = *info;
		return false;
	}
	if (rc)
		tipc_ept_disconnect(dev, ept);
	return true;
}

/* Return: false when the driver has no buffer. */
static bool forward(struct tipc_dev *dev, struct tipc_ept *ept)
{
	struct ipc_msg_info info;

	/* Control first: a connect's answer must not be overtaken by what the server says. */
	if (!tipc_ctrl_flush(dev))
		return false;
	while (ept->state != TIPC_EPT_FREE && !ipc_get_msg(dev->task, ept->chan, &info)) {
		if (!send_message(dev, ept, &info))
			return false;
	}
	return true;
}

static void on_ready(struct tipc_dev *dev, struct tipc_ept *ept)
{
	ept->state = TIPC_EPT_CONNECTED;
	tipc_ctrl_conn_rsp(dev, ept->remote, NO_ERROR, ept);
}

static void on_hup(struct tipc_dev *dev, struct tipc_ept *ept)
{
	uint32_t remote = ept->remote;

	if (ept->state == TIPC_EPT_CONNECTED) {
		tipc_ept_disconnect(dev, ept);
		return;
	}
	tipc_ept_free(dev, ept);
	tipc_ctrl_conn_rsp(dev, remote, ERR_CHANNEL_CLOSED, NULL);
}

/* Return: false when the driver has no buffer. */
static bool on_event(struct tipc_dev *dev, const struct ipc_uevent *ev)
{
	struct tipc_ept *ept = ev->cookie;

	if (ev->event & IPC_HANDLE_POLL_READY)
		on_ready(dev, ept);
	if (ev->event & IPC_HANDLE_POLL_SEND_UNBLOCKED)
		tipc_ept_unblocked(dev, ept);
	if ((ev->event & IPC_HANDLE_POLL_MSG) && !forward(dev, ept))
		return false;
	/* What was sent before the end is forwarded by now. */
	if ((ev->event & IPC_HANDLE_POLL_HUP) && ept->state != TIPC_EPT_FREE)
		on_hup(dev, ept);
	return true;
}

/* What the last call left. Return: true when nothing is. */
static bool resume(struct tipc_dev *dev)
{
	struct tipc_ept *ept = dev->stuck;

	if (!tipc_ctrl_flush(dev))
		return false;
	if (!ept)
		return true;
	dev->stuck = NULL;
	return send_message(dev, ept, &dev->stuck_msg) && forward(dev, ept);
}

void tipc_dev_pump(struct tipc_dev *dev)
{
	struct ipc_uevent ev;

	if (!dev->link || dev->vm->dropped || world_stopping(dev->vm->world))
		return;
	if (resume(dev)) {
		while (!ipc_wait_any(dev->task, &ev, 0)) {
			if (!on_event(dev, &ev))
				break;
		}
		tipc_ctrl_flush(dev);
	}
	dev->link->flush(dev->vm);
}
