/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "tee/tipc/endpoint.h"

#include <errno.h>
#include <string.h>

#include "lib/cursor.h"
#include "lib/trace.h"
#include "tee/vm.h"

static struct tipc_ctrl_out *ctrl_new(struct tipc_dev *dev, uint32_t src, uint32_t type,
				      uint32_t body_len)
{
	struct tipc_ctrl_out *out;

	if (dev->ctrl_num == TIPC_DEV_MAX_CTRL) {
		vm_drop(dev->vm, "takes no answers to its control messages");
		return NULL;
	}
	out = &dev->ctrl[(dev->ctrl_first + dev->ctrl_num++) % TIPC_DEV_MAX_CTRL];
	memset(out, 0, sizeof(*out));
	out->src = src;
	out->len = (uint32_t)sizeof(out->msg.ctrl) + body_len;
	out->msg.ctrl.type = type;
	out->msg.ctrl.body_len = body_len;
	return out;
}

void tipc_ctrl_go_online(struct tipc_dev *dev)
{
	ctrl_new(dev, TIPC_CTRL_ADDR, TIPC_CTRL_GO_ONLINE, 0);
}

/* @ept NULL with an error @status. */
void tipc_ctrl_conn_rsp(struct tipc_dev *dev, uint32_t remote, int status,
			const struct tipc_ept *ept)
{
	struct tipc_ctrl_out *out;
	uint32_t num_bufs = 0;
	size_t buf_size = 0;

	out = ctrl_new(dev, TIPC_CTRL_ADDR, TIPC_CTRL_CONN_RSP, sizeof(out->msg.body.conn_rsp));
	if (!out)
		return;
	out->msg.body.conn_rsp.target = remote;
	out->msg.body.conn_rsp.status = (uint32_t)status;
	if (!ept)
		return;
	/* It may hang up already: then no message is asked of it. */
	ipc_chan_limits(dev->task, ept->chan, &num_bufs, &buf_size);
	out->msg.body.conn_rsp.remote = tipc_ept_addr(dev, ept);
	out->msg.body.conn_rsp.max_msg_size =
		(uint32_t)(buf_size < dev->link->max_data ? buf_size : dev->link->max_data);
	out->msg.body.conn_rsp.max_msg_cnt = num_bufs;
}

void tipc_ctrl_disc_req(struct tipc_dev *dev, uint32_t local, uint32_t remote)
{
	struct tipc_ctrl_out *out;

	out = ctrl_new(dev, local, TIPC_CTRL_DISC_REQ, sizeof(out->msg.body.disc_req));
	if (out)
		out->msg.body.disc_req.target = remote;
}

bool tipc_ctrl_flush(struct tipc_dev *dev)
{
	while (dev->ctrl_num) {
		const struct tipc_ctrl_out *out = &dev->ctrl[dev->ctrl_first];
		struct tipc_msg_hdr hdr = { .src = out->src, .dst = TIPC_CTRL_ADDR,
					    .len = (uint16_t)out->len };
		int rc;

		tl_trace(TRACE_TIPCDEV, TRACE_UP, "control", out->msg.ctrl.type);
		rc = dev->link->tx(dev->vm, &hdr, &out->msg, out->len);
		if (rc == -EAGAIN)
			return false;
		dev->ctrl_first = (dev->ctrl_first + 1) % TIPC_DEV_MAX_CTRL;
		dev->ctrl_num--;
		if (rc) {
			vm_drop(dev->vm, "gives buffers too small for a control message");
			return false;
		}
	}
	return true;
}

/* One validator: @name is the whole body, with its NUL within. */
static int connect_name(struct tipc_dev *dev, uint32_t remote, const char *name)
{
	struct tipc_ept *ept;
	ipc_handle_t chan;

	if (remote == TIPC_CTRL_ADDR || !name[0] || !memchr(name, 0, TIPC_MAX_SRV_NAME_LEN))
		return ERR_INVALID_ARGS;
	if (tipc_ept_find_remote(dev, remote))
		return ERR_ALREADY_EXISTS;
	chan = ipc_connect(dev->task, name, IPC_CONNECT_ASYNC);
	if (chan < 0)
		return chan;
	ept = tipc_ept_alloc(dev, remote, chan);
	if (!ept) {
		ipc_close(dev->task, chan);
		return ERR_NO_RESOURCES;
	}
	return NO_ERROR;
}

static void rx_conn_req(struct tipc_dev *dev, uint32_t remote, struct cursor *body)
{
	struct tipc_conn_req_body req;
	int rc = ERR_INVALID_ARGS;

	if (cursor_left(body) == sizeof(req) && cursor_get(body, &req, sizeof(req)))
		rc = connect_name(dev, remote, req.name);
	if (rc == ERR_INVALID_ARGS || rc == ERR_ALREADY_EXISTS)
		tipc_bad_message(dev);
	if (rc)
		tipc_ctrl_conn_rsp(dev, remote, rc, NULL);
}

static void rx_disc_req(struct tipc_dev *dev, uint32_t remote, struct cursor *body)
{
	struct tipc_disc_req_body req;
	struct tipc_ept *ept;

	if (cursor_left(body) != sizeof(req) || !cursor_get(body, &req, sizeof(req))) {
		tipc_bad_message(dev);
		return;
	}
	/* A driver that gave up before CONN_RSP came doesn't know the target; its own address says it. */
	ept = tipc_ept_find(dev, req.target, remote);
	if (!ept)
		ept = tipc_ept_find_remote(dev, remote);
	if (ept)
		tipc_ept_free(dev, ept);
}

void tipc_ctrl_rx(struct tipc_dev *dev, uint32_t remote, const void *msg, size_t len)
{
	struct tipc_ctrl_msg ctrl;
	struct cursor c;

	cursor_init_ro(&c, msg, len);
	if (!cursor_get(&c, &ctrl, sizeof(ctrl)) || cursor_left(&c) != ctrl.body_len) {
		tipc_dev_bad_framing(dev, "control message with a wrong length");
		return;
	}
	tl_trace(TRACE_TIPCDEV, TRACE_DOWN, "control", ctrl.type);
	switch (ctrl.type) {
	case TIPC_CTRL_CONN_REQ:
		rx_conn_req(dev, remote, &c);
		break;
	case TIPC_CTRL_DISC_REQ:
		rx_disc_req(dev, remote, &c);
		break;
	default: /* unknown, or one that only a device sends */
		tipc_bad_message(dev);
		break;
	}
}
