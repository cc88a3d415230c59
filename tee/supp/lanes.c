// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
#include "tee/supp/lanes.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/futex.h"
#include "tee/session/result.h"
#include "tee/supp/channel.h"
#include "tee/ta/ta.h"
#include "tee/vm.h"

#define CONNECT_TIMEOUT_NS 10000000000ull
#define MAX_PORT_NAME 48u

struct supp_lane {
	struct supp_lanes *of;
	struct supp_chan chan;
	struct dataspace *shm; /* a reference: its VM's static pool, while one is connected */
	struct dataspace *held; /* another one: the taker's */
	uint64_t shm_offset;
	bool taken;
	unsigned int generation; /* of the supplicant that it was taken with */
	uint32_t tag;
	uint8_t rsp[SUPP_LANE_MAX_RSP];
};

struct supp_lanes {
	struct tee_world *world;
	struct supp_lanes_config cfg;
	struct world_event changed; /* one was put, or connected */
	unsigned int num; /* that were made */
	struct supp_lane lane[];
};

static bool lane_accept(void *data, const struct ipc_peer *peer)
{
	struct supp_lane *lane = data;
	const struct supp_lanes_config *cfg = &lane->of->cfg;

	if (!peer->vm || !peer->vm->shm ||
	    peer->vm->shm->size < cfg->shm_offset + (uint64_t)cfg->num * cfg->bytes)
		return false;
	lane->shm = dataspace_get(peer->vm->shm);
	world_signal(&lane->of->changed);
	return true;
}

static void lane_over(void *data)
{
	struct supp_lane *lane = data;

	dataspace_put(lane->shm);
	lane->shm = NULL;
}

static int lane_read(void *data, const struct ipc_msg_info *info)
{
	struct supp_lane *lane = data;
	size_t size = lane->of->cfg.rsp_size;
	struct ipc_iov iov = { lane->rsp, size };
	uint32_t tag;

	if (info->len != size || !supp_chan_read(&lane->chan, info, &iov, 1))
		return -EPROTO;
	memcpy(&tag, lane->rsp, sizeof(tag));
	if ((int32_t)(tag - lane->tag) < 0)
		return -EAGAIN;
	return tag == lane->tag ? 0 : -EPROTO;
}

static const struct supp_chan_ops lane_ops = {
	.accept = lane_accept,
	.read = lane_read,
	.over = lane_over,
};

int supp_lanes_create(struct tee_world *w, const struct supp_lanes_config *cfg,
		      struct supp_lanes **lp)
{
	struct supp_lanes *l = calloc(1, sizeof(*l) + cfg->num * sizeof(l->lane[0]));
	char port[MAX_PORT_NAME];

	if (!l)
		return -ENOMEM;
	l->world = w;
	l->cfg = *cfg;
	world_event_init(&l->changed);
	while (l->num < cfg->num) {
		struct supp_lane *lane = &l->lane[l->num];

		snprintf(port, sizeof(port), "%s.%u", cfg->port, l->num);
		lane->of = l;
		lane->shm_offset = cfg->shm_offset + (uint64_t)l->num * cfg->bytes;
		if (supp_chan_init(&lane->chan, w, port, &lane_ops, lane)) {
			supp_lanes_destroy(l);
			return -ENOMEM;
		}
		l->num++;
	}
	*lp = l;
	return 0;
}

void supp_lanes_destroy(struct supp_lanes *l)
{
	if (!l)
		return;
	while (l->num)
		supp_chan_release(&l->lane[--l->num].chan);
	world_event_destroy(&l->changed);
	free(l);
}

bool supp_lanes_connected(struct supp_lanes *l)
{
	unsigned int i;

	for (i = 0; i < l->num; i++)
		if (supp_chan_connected(&l->lane[i].chan))
			return true;
	return false;
}

static struct supp_lane *find_free(struct supp_lanes *l)
{
	unsigned int i;

	for (i = 0; i < l->num; i++)
		if (!l->lane[i].taken && supp_chan_connected(&l->lane[i].chan))
			return &l->lane[i];
	return NULL;
}

int supp_lanes_take(struct supp_lanes *l, uint64_t deadline_ns, const bool *cancelled,
		    struct supp_lane **lanep)
{
	uint64_t patience_ns = tl_now_ns() + CONNECT_TIMEOUT_NS;
	struct supp_lane *lane;
	bool connected;
	int ret = 0;

	for (;;) {
		if (cancelled && *cancelled)
			return -ECANCELED;
		lane = find_free(l);
		if (lane)
			break;
		connected = supp_lanes_connected(l);
		if (ret)
			return ret == -ETIMEDOUT && !connected ? -ENOTCONN : ret;
		if (connected)
			patience_ns = tl_now_ns() + CONNECT_TIMEOUT_NS;
		ret = world_wait(l->world, &l->changed, connected ? deadline_ns : patience_ns);
	}
	lane->taken = true;
	lane->generation = lane->chan.generation;
	lane->held = dataspace_get(lane->shm);
	*lanep = lane;
	return 0;
}

void supp_lane_put(struct supp_lane *lane)
{
	dataspace_put(lane->held);
	lane->held = NULL;
	lane->taken = false;
	world_signal(&lane->of->changed);
}

void supp_lanes_wake(struct supp_lanes *l)
{
	world_signal(&l->changed);
}

int supp_lane_copy(struct supp_lane *lane, const struct ta_param *buf, uint64_t at, size_t len,
		   bool in)
{
	uint8_t *shm_base;
	uint64_t offset;
	int ret;

	/* Then there may be no buffer either. */
	if (!len)
		return 0;
	if (len > lane->of->cfg.bytes)
		return -EINVAL;
	offset = buf->u.memref.offset + at;
	world_block_begin(lane->of->world);
	shm_base = dataspace_map(lane->held);
	if (!shm_base)
		ret = -ENOMEM;
	else if (in)
		ret = vm_mem_copy_from(buf->u.memref.mem, offset, shm_base + lane->shm_offset, len);
	else
		ret = vm_mem_copy_to(buf->u.memref.mem, offset, shm_base + lane->shm_offset, len);
	world_block_end(lane->of->world);
	return ret;
}

int supp_lane_ask(struct supp_lane *lane, void *req, size_t len, void *rsp, uint64_t timeout_ns)
{
	int ret;

	lane->tag++;
	memcpy(req, &lane->tag, sizeof(lane->tag));
	ret = supp_chan_ask(&lane->chan, lane->generation, req, len, timeout_ns);
	if (!ret)
		memcpy(rsp, lane->rsp, lane->of->cfg.rsp_size);
	else if (ret != -ECANCELED)
		supp_chan_drop(&lane->chan, lane->generation);
	return ret;
}

void supp_lane_add(struct supp_lane *lane, void *msg, size_t len)
{
	memcpy(msg, &lane->tag, sizeof(lane->tag));
	supp_chan_add(&lane->chan, msg, len);
}

uint32_t supp_lane_result(int err, uint32_t gone)
{
	switch (err) {
	case -ENOMEM:
		return TEE_ERROR_OUT_OF_MEMORY;
	case -ECANCELED:
		return TEE_ERROR_CANCEL;
	case -EFAULT:
		return TEE_ERROR_BAD_PARAMETERS;
	default:
		return gone;
	}
}
