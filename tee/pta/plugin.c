// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
#include "tee/pta/plugin.h"

#include <errno.h>
#include <string.h>

#include "lib/futex.h"
#include "lib/log.h"
#include "tee/session/result.h"
#include "tee/supp/lanes.h"
#include "tee/ta/ta.h"
#include "wire/supp_plugin.h"

/* A plugin may take its time; one that never comes back takes its supplicant along. */
#define ANSWER_TIMEOUT_NS 60000000000ull
/* By then whoever has the lanes has come back, or been given up. */
#define LANE_TIMEOUT_NS 120000000000ull

static const struct supp_lanes_config lanes_config = {
	.port = SUPP_PLUGIN_PORT,
	.num = SUPP_PLUGIN_LANES,
	.shm_offset = SUPP_PLUGIN_SHM_OFFSET,
	.bytes = SUPP_PLUGIN_MAX_BYTES,
	.rsp_size = sizeof(struct supp_plugin_rsp),
};

int plugin_lanes_create(struct tee_world *w, struct supp_lanes **lp)
{
	return supp_lanes_create(w, &lanes_config, lp);
}

uint32_t plugin_call(struct supp_lanes *lanes, const uint8_t uuid[16], uint32_t cmd,
		     uint32_t sub_cmd, const struct ta_param *buf, uint32_t *out_len)
{
	struct supp_plugin_req req = { .cmd = cmd, .sub_cmd = sub_cmd };
	size_t len = buf->u.memref.mem ? buf->u.memref.size : 0;
	struct supp_plugin_rsp rsp = { .result = 0 };
	struct supp_lane *lane;
	int ret;

	*out_len = 0;
	if (len > SUPP_PLUGIN_MAX_BYTES)
		return TEE_ERROR_OUT_OF_MEMORY;
	ret = supp_lanes_take(lanes, tl_now_ns() + LANE_TIMEOUT_NS, NULL, &lane);
	if (ret)
		return supp_lane_result(ret, TEE_ERROR_COMMUNICATION);
	memcpy(req.uuid, uuid, sizeof(req.uuid));
	req.len = (uint32_t)len;
	ret = supp_lane_copy(lane, buf, 0, len, true);
	if (!ret) {
		ret = supp_lane_ask(lane, &req, sizeof(req), &rsp, ANSWER_TIMEOUT_NS);
		if (ret == -ETIMEDOUT)
			log_warn("a plugin doesn't come back: its supplicant is turned away");
	}
	if (!ret) {
		*out_len = rsp.out_len;
		ret = supp_lane_copy(lane, buf, 0, *out_len < len ? *out_len : len, false);
	}
	supp_lane_put(lane);
	return ret ? supp_lane_result(ret, TEE_ERROR_COMMUNICATION) : rsp.result;
}
