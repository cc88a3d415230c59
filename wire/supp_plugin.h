/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * Messages on ports SUPP_PLUGIN_PORT ".0" and on, one a lane: calls of plugins that the secure world
 * asks of the machine's supplicant, for trusted applications. Only the VM that the hypervisor marks
 * may connect. One call is outstanding on a lane at a time, and done once: a supplicant that goes in
 * the middle of it takes it along. A supplicant has the first lane open; it opens the next one as
 * soon as it takes a call on the last that it has.
 * Thread rule: none, layouts only.
 * Ownership rule: none.
 *
 * A plugin's bytes, in and out, lie in the static TEE shared memory of the supplicant's VM, from
 * SUPP_PLUGIN_SHM_OFFSET on, SUPP_PLUGIN_MAX_BYTES for each lane.
 */
#ifndef TEELINK_WIRE_SUPP_PLUGIN_H
#define TEELINK_WIRE_SUPP_PLUGIN_H

#include "wire/supp_fs.h"

#define SUPP_PLUGIN_PORT "tee.supplicant.plugin"
#define SUPP_PLUGIN_LANES 4u

#define SUPP_PLUGIN_SHM_OFFSET SUPP_FS_MAX_BYTES /* behind secure storage's */
#define SUPP_PLUGIN_MAX_BYTES (1u << 20)

struct supp_plugin_req {
	uint32_t tag;
	uint32_t cmd;
	uint32_t sub_cmd;
	uint32_t len; /* of its bytes, in and, at most, out */
	uint8_t uuid[16];
} TL_PACKED;

struct supp_plugin_rsp {
	uint32_t tag;
	uint32_t result; /* the plugin's; ITEM_NOT_FOUND: there is no such plugin */
	uint32_t out_len; /* as the plugin says: maybe more than there was room for */
	uint32_t reserved;
} TL_PACKED;

TL_STATIC_ASSERT(sizeof(struct supp_plugin_req) == 32, "supp_plugin_req");
TL_STATIC_ASSERT(sizeof(struct supp_plugin_rsp) == 16, "supp_plugin_rsp");

#endif
