// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
#include "tee/pta/plugin.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/log.h"
#include "tee/session/result.h"
#include "tee/supp/channel.h"
#include "tee/ta/ta.h"
#include "tee/vm.h"
#include "wire/supp_plugin.h"

#define CHANNEL_TIMEOUT_NS 10000000000ull
/* A plugin may take its time; one that never comes back takes its supplicant along. */
#define ANSWER_TIMEOUT_NS 60000000000ull

struct plugin_caller {
	struct tee_world *world;
	struct supp_chan chan;
	struct dataspace *shm; /* a reference: its VM's static pool, while one is connected */
	uint32_t tag;
	struct supp_plugin_rsp rsp;
};

static bool chan_accept(void *data, const struct ipc_peer *peer)
{
	struct plugin_caller *pc = data;

	if (!peer->vm || !peer->vm->shm ||
	    peer->vm->shm->size < SUPP_PLUGIN_SHM_OFFSET + SUPP_PLUGIN_MAX_BYTES)
		return false;
	pc->shm = dataspace_get(peer->vm->shm);
	return true;
}

static void chan_over(void *data)
{
	struct plugin_caller *pc = data;

	dataspace_put(pc->shm);
	pc->shm = NULL;
}

static int read_answer(void *data, const struct ipc_msg_info *info)
{
	struct plugin_caller *pc = data;
	struct ipc_iov iov = { &pc->rsp, sizeof(pc->rsp) };

	if (info->len != sizeof(pc->rsp) || !supp_chan_read(&pc->chan, info, &iov, 1))
		return -EPROTO;
	if ((int32_t)(pc->rsp.tag - pc->tag) < 0)
		return -EAGAIN;
	return pc->rsp.tag == pc->tag ? 0 : -EPROTO;
}

static const struct supp_chan_ops chan_ops = {
	.accept = chan_accept,
	.read = read_answer,
	.over = chan_over,
};

int plugin_caller_create(struct tee_world *w, struct plugin_caller **pcp)
{
	struct plugin_caller *pc = calloc(1, sizeof(*pc));
	int ret;

	if (!pc)
		return -ENOMEM;
	pc->world = w;
	ret = supp_chan_init(&pc->chan, w, SUPP_PLUGIN_PORT, &chan_ops, pc);
	if (ret) {
		free(pc);
		return ret;
	}
	*pcp = pc;
	return 0;
}

void plugin_caller_destroy(struct plugin_caller *pc)
{
	if (!pc)
		return;
	supp_chan_release(&pc->chan);
	free(pc);
}

/* Between the caller's buffer and the supplicant's memory, without the lock. */
static int copy(struct plugin_caller *pc, struct dataspace *ds, const struct ta_param *buf,
		size_t len, bool in)
{
	uint8_t *shm_base = NULL;
	int ret = 0;

	if (!len)
		return 0;
	world_block_begin(pc->world);
	shm_base = dataspace_map(ds);
	if (!shm_base)
		ret = -ENOMEM;
	else if (in)
		ret = vm_mem_copy_from(buf->u.memref.mem, buf->u.memref.offset,
				       shm_base + SUPP_PLUGIN_SHM_OFFSET, len);
	else
		ret = vm_mem_copy_to(buf->u.memref.mem, buf->u.memref.offset,
				     shm_base + SUPP_PLUGIN_SHM_OFFSET, len);
	world_block_end(pc->world);
	return ret;
}

static int exchange(struct plugin_caller *pc, struct supp_plugin_req *req, unsigned int generation)
{
	int ret;

	req->tag = ++pc->tag;
	ret = supp_chan_ask(&pc->chan, generation, req, sizeof(*req), ANSWER_TIMEOUT_NS);
	if (ret == -ETIMEDOUT)
		log_warn("a plugin doesn't come back: its supplicant is turned away");
	if (ret && ret != -ECANCELED)
		supp_chan_drop(&pc->chan, generation);
	return ret;
}

static uint32_t to_result(int err)
{
	switch (err) {
	case -ENOMEM:
		return TEE_ERROR_OUT_OF_MEMORY;
	case -ECANCELED:
		return TEE_ERROR_CANCEL;
	case -EFAULT:
		return TEE_ERROR_BAD_PARAMETERS;
	default:
		return TEE_ERROR_COMMUNICATION;
	}
}

uint32_t plugin_call(struct plugin_caller *pc, const uint8_t uuid[16], uint32_t cmd,
		     uint32_t sub_cmd, const struct ta_param *buf, uint32_t *out_len)
{
	struct supp_plugin_req req = { .cmd = cmd, .sub_cmd = sub_cmd };
	size_t len = buf->u.memref.mem ? buf->u.memref.size : 0;
	unsigned int generation;
	struct dataspace *ds;
	int ret;

	*out_len = 0;
	if (len > SUPP_PLUGIN_MAX_BYTES)
		return TEE_ERROR_OUT_OF_MEMORY;
	ret = supp_chan_wait(&pc->chan, CHANNEL_TIMEOUT_NS);
	if (ret)
		return to_result(ret);
	generation = pc->chan.generation;
	ds = dataspace_get(pc->shm);
	memcpy(req.uuid, uuid, sizeof(req.uuid));
	req.len = (uint32_t)len;
	ret = copy(pc, ds, buf, len, true);
	if (!ret)
		ret = exchange(pc, &req, generation);
	if (!ret) {
		*out_len = pc->rsp.out_len;
		ret = copy(pc, ds, buf, *out_len < len ? *out_len : len, false);
	}
	dataspace_put(ds);
	return ret ? to_result(ret) : pc->rsp.result;
}
