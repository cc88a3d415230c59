/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "ree/tipc/tipc_internal.h"

#include <errno.h>

#include "lib/log.h"
#include "lib/trace.h"
#include "ree/vm/vm.h"
#include "wire/lk_err.h"

/* A control message of the device, copied: what is longer than the longest of them isn't one. */
struct ctrl_copy {
	struct tipc_ctrl_msg ctrl;
	union {
		struct tipc_conn_rsp_body conn_rsp;
		struct tipc_disc_req_body disc_req;
	} body;
} TL_PACKED;

static void rx_drop(struct tipc_dev *dev, const char *why, uint32_t what)
{
	if (dev->drops++ < TIPC_MAX_DROP_LINES)
		log_warn("vm %u: tipc: message dropped: %s (%u)", ree_vm_id(dev->vm), why, what);
}

/* An address or a size that can't be is taken as a refusal: the channel is of no use. */
static bool conn_rsp_ok(const struct tipc_conn_rsp_body *rsp)
{
	return rsp->remote && rsp->remote != TIPC_CTRL_ADDR && rsp->max_msg_size &&
	       rsp->max_msg_cnt;
}

static void rx_conn_rsp(struct tipc_dev *dev, const struct tipc_conn_rsp_body *rsp)
{
	struct tipc_chan *chan;
	size_t room = dev->max_msg - TIPC_HDR_SIZE;

	pthread_mutex_lock(&dev->lock);
	chan = tipc_chan_lookup(dev, rsp->target);
	if (!chan || chan->state != TIPC_CONNECTING) {
		rx_drop(dev, "CONN_RSP to nobody", rsp->target);
	} else if (!rsp->status && conn_rsp_ok(rsp)) {
		chan->state = TIPC_CONNECTED;
		chan->answered = true;
		chan->remote = rsp->remote;
		chan->max_msg_size = rsp->max_msg_size < room ? rsp->max_msg_size : room;
		tipc_chan_event(chan, TIPC_CHANNEL_CONNECTED, 0);
	} else {
		if (!rsp->status)
			rx_drop(dev, "CONN_RSP makes no sense", rsp->remote);
		chan->state = TIPC_DISCONNECTED;
		chan->conn_status = rsp->status ? (int32_t)rsp->status : ERR_NOT_VALID;
		tipc_chan_event(chan, TIPC_CHANNEL_DISCONNECTED, chan->conn_status);
	}
	pthread_mutex_unlock(&dev->lock);
}

static void rx_disc_req(struct tipc_dev *dev, uint32_t src, const struct tipc_disc_req_body *req)
{
	struct tipc_chan *chan;

	pthread_mutex_lock(&dev->lock);
	chan = tipc_chan_lookup(dev, req->target);
	if (!chan || (chan->state != TIPC_CONNECTED && chan->state != TIPC_CONNECTING)) {
		/* It may have crossed ours: nothing to say. */
	} else if (chan->state == TIPC_CONNECTED && chan->remote != src) {
		rx_drop(dev, "DISC_REQ from a stranger", src);
	} else {
		tl_trace(TRACE_TIPC, TRACE_UP, "disconnect", chan->local);
		chan->state = TIPC_DISCONNECTED;
		chan->remote = 0;
		tipc_chan_event(chan, TIPC_CHANNEL_DISCONNECTED, 0);
	}
	pthread_mutex_unlock(&dev->lock);
}

/* Type, exact length and sender of a control message. Return: what is wrong, or NULL. */
static const char *ctrl_check(const struct ctrl_copy *msg, size_t len, uint32_t src)
{
	size_t body;

	if (len < sizeof(msg->ctrl) || len > sizeof(*msg))
		return "control message of impossible length";
	switch (msg->ctrl.type) {
	case TIPC_CTRL_GO_ONLINE:
	case TIPC_CTRL_GO_OFFLINE:
		body = 0;
		break;
	case TIPC_CTRL_CONN_RSP:
		body = sizeof(msg->body.conn_rsp);
		break;
	case TIPC_CTRL_DISC_REQ:
		body = sizeof(msg->body.disc_req);
		break;
	default:
		return "unknown control message";
	}
	if (msg->ctrl.body_len != body || len != sizeof(msg->ctrl) + body)
		return "control message of wrong length";
	/* DISC_REQ comes from the endpoint that goes away. */
	if (src != TIPC_CTRL_ADDR && msg->ctrl.type != TIPC_CTRL_DISC_REQ)
		return "control message of an ordinary endpoint";
	return NULL;
}

static void rx_ctrl(struct tipc_dev *dev, uint32_t src, const volatile uint8_t *shm_msg, size_t len)
{
	struct ctrl_copy msg;
	const char *wrong;

	memset(&msg, 0, sizeof(msg));
	tipc_msg_copy(&msg, shm_msg, len < sizeof(msg) ? len : sizeof(msg));
	wrong = ctrl_check(&msg, len, src);
	if (wrong) {
		rx_drop(dev, wrong, msg.ctrl.type);
		return;
	}
	switch (msg.ctrl.type) {
	case TIPC_CTRL_GO_ONLINE:
		tipc_dev_go_online(dev);
		break;
	case TIPC_CTRL_GO_OFFLINE:
		tipc_dev_stop(dev, TIPC_DEV_OFFLINE);
		break;
	case TIPC_CTRL_CONN_RSP:
		rx_conn_rsp(dev, &msg.body.conn_rsp);
		break;
	case TIPC_CTRL_DISC_REQ:
		rx_disc_req(dev, src, &msg.body.disc_req);
		break;
	default:
		break;
	}
}

static void rx_data(struct tipc_dev *dev, const struct tipc_msg_hdr *hdr,
		    const volatile uint8_t *shm_msg, size_t len)
{
	struct tipc_chan *chan;

	pthread_mutex_lock(&dev->lock);
	chan = tipc_chan_lookup(dev, hdr->dst);
	if (!chan) {
		rx_drop(dev, "no such address", hdr->dst);
	} else if (chan->state != TIPC_CONNECTED) {
		rx_drop(dev, "not connected", hdr->dst);
	} else if (chan->remote != hdr->src) {
		rx_drop(dev, "from a stranger", hdr->src);
	} else if (hdr->shm_cnt) {
		rx_drop(dev, "carries shared memory", hdr->shm_cnt);
	} else {
		tl_trace(TRACE_TIPC, TRACE_UP, "read", chan->local);
		chan->users++;
		pthread_mutex_unlock(&dev->lock);
		if (chan->ops->handle_msg)
			chan->ops->handle_msg(chan->data, shm_msg, len);
		pthread_mutex_lock(&dev->lock);
		tipc_chan_users_put(chan);
	}
	pthread_mutex_unlock(&dev->lock);
}

void tipc_rx_msg(struct tipc_dev *dev, const volatile uint8_t *shm_base, size_t len)
{
	struct tipc_msg_hdr hdr;

	if (len < sizeof(hdr) || len > dev->max_msg) {
		rx_drop(dev, "of impossible length", (uint32_t)len);
		return;
	}
	tipc_msg_copy(&hdr, shm_base, sizeof(hdr));
	len -= sizeof(hdr);
	/* Of a long message the header says the length modulo 2^16. */
	if (hdr.len != (uint16_t)len)
		rx_drop(dev, "length isn't the buffer's", hdr.len);
	else if (hdr.dst == TIPC_CTRL_ADDR)
		rx_ctrl(dev, hdr.src, shm_base + sizeof(hdr), len);
	else
		rx_data(dev, &hdr, shm_base + sizeof(hdr), len);
}
