// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
/*
 * A machine's supplicant under a hostile secure world: requests for sockets and plugins of any
 * content and length, words that cancel at any time, memory of any content.
 * Input: steps of an op byte and its operands, see step().
 */
#include <string.h>

#include "fuzz/target.h"
#include "ree/supplicant/plugins.h"
#include "ree/supplicant/socket_lane.h"
#include "ree/supplicant/sockets.h"

#define EPOCH 7u
#define MAX_RAW 100u

enum op {
	OP_SOCKET, /* u8 op, s8 past the epoch, u32 instance, handle, len, arg, u16, u8, u8 */
	OP_PLUGIN, /* u32 cmd, u32 sub-command, u32 len, u8 UUID */
	OP_RAW, /* u8 length, u8 value: to both */
	OP_MEMORY, /* u16 offset, u8 length, u8 value */
	OP_NAME, /* u8 length: of `x', and a NUL */
	OP_CANCEL, /* s8 past the next tag */
	OP_NUM
};

struct env {
	struct fuzz_input in;
	struct sockets *sockets;
	struct plugins *plugins;
	struct socket_lane lane;
	uint8_t *socket_bytes, *plugin_bytes;
	uint32_t tag;
};

static void ask_socket(struct env *e)
{
	struct supp_socket_req req = { .tag = ++e->tag };
	struct supp_socket_rsp rsp;

	req.op = (uint32_t)fuzz_take(&e->in, 1);
	req.epoch = EPOCH + fuzz_take_delta(&e->in);
	req.instance = (uint32_t)fuzz_take(&e->in, 4);
	req.handle = (uint32_t)fuzz_take(&e->in, 4);
	req.len = (uint32_t)fuzz_take(&e->in, 4);
	req.arg = (uint32_t)fuzz_take(&e->in, 4);
	req.port = (uint16_t)fuzz_take(&e->in, 2);
	req.protocol = (uint8_t)fuzz_take(&e->in, 1);
	req.ip_version = (uint8_t)fuzz_take(&e->in, 1);
	socket_lane_serve(&e->lane, &req, sizeof(req), &rsp);
	FUZZ_ASSERT(rsp.tag == req.tag && rsp.epoch == EPOCH && !rsp.reserved);
	FUZZ_ASSERT(rsp.len <= SUPP_SOCKET_LANE_BYTES + 1);
}

static void ask_plugin(struct env *e)
{
	struct supp_plugin_req req = { .tag = ++e->tag };
	struct supp_plugin_rsp rsp;

	req.cmd = (uint32_t)fuzz_take(&e->in, 4);
	req.sub_cmd = (uint32_t)fuzz_take(&e->in, 4);
	req.len = (uint32_t)fuzz_take(&e->in, 4);
	memset(req.uuid, (int)fuzz_take(&e->in, 1), sizeof(req.uuid));
	plugins_serve(e->plugins, &req, sizeof(req), e->plugin_bytes, &rsp);
	FUZZ_ASSERT(rsp.tag == req.tag && rsp.result && !rsp.out_len);
}

static void say_raw(struct env *e)
{
	size_t len = (size_t)fuzz_take(&e->in, 1) % MAX_RAW;
	struct supp_socket_rsp socket_rsp;
	struct supp_plugin_rsp plugin_rsp;
	uint8_t raw[MAX_RAW];

	memset(raw, (int)fuzz_take(&e->in, 1), sizeof(raw));
	if (!socket_lane_peek(&e->lane, raw, len))
		socket_lane_serve(&e->lane, raw, len, &socket_rsp);
	plugins_serve(e->plugins, raw, len, e->plugin_bytes, &plugin_rsp);
}

static void write_memory(struct env *e)
{
	size_t at = (size_t)fuzz_take(&e->in, 2) % SUPP_SOCKET_LANE_BYTES;
	size_t len = (size_t)fuzz_take(&e->in, 1), room = SUPP_SOCKET_LANE_BYTES - at;

	memset(e->socket_bytes + at, (int)fuzz_take(&e->in, 1), len < room ? len : room);
}

static void write_name(struct env *e)
{
	size_t len = (size_t)fuzz_take(&e->in, 1);

	memset(e->socket_bytes, 'x', len);
	e->socket_bytes[len] = 0;
}

static void cancel(struct env *e)
{
	struct supp_socket_req req = { .op = SUPP_SOCKET_CANCEL };

	req.tag = e->tag + 1 + fuzz_take_delta(&e->in);
	FUZZ_ASSERT(socket_lane_peek(&e->lane, &req, sizeof(req)));
}

static void step(struct env *e)
{
	switch ((enum op)(fuzz_take(&e->in, 1) % OP_NUM)) {
	case OP_SOCKET:
		ask_socket(e);
		break;
	case OP_PLUGIN:
		ask_plugin(e);
		break;
	case OP_RAW:
		say_raw(e);
		break;
	case OP_MEMORY:
		write_memory(e);
		break;
	case OP_NAME:
		write_name(e);
		break;
	default:
		cancel(e);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct env e = { .in = { data, size } };

	e.socket_bytes = calloc(1, SUPP_SOCKET_LANE_BYTES);
	e.plugin_bytes = calloc(1, SUPP_PLUGIN_MAX_BYTES);
	FUZZ_ASSERT(e.socket_bytes && e.plugin_bytes);
	FUZZ_ASSERT(!sockets_create(&e.sockets) && !plugins_load(NULL, &e.plugins));
	FUZZ_ASSERT(!socket_lane_init(&e.lane, e.sockets, EPOCH, e.socket_bytes));
	while (e.in.size)
		step(&e);
	socket_lane_release(&e.lane);
	plugins_free(e.plugins);
	sockets_destroy(e.sockets);
	free(e.plugin_bytes);
	free(e.socket_bytes);
	return 0;
}
