/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * Plugins of the supplicant: code of the normal world's that trusted applications may call, over
 * wire/supp_plugin.h.
 * Thread rule: under the world lock, which a call drops.
 * Ownership rule: the lanes are the caller's.
 */
#ifndef TEELINK_TEE_PTA_PLUGIN_H
#define TEELINK_TEE_PTA_PLUGIN_H

#include <stdint.h>

struct tee_world;
struct supp_lanes;
struct ta_param;

/* The lanes that calls go by. Return: 0 or -ENOMEM. */
int plugin_lanes_create(struct tee_world *w, struct supp_lanes **lp);

/**
 * plugin_call() - have a plugin do something. Blocks.
 * @uuid: the plugin's
 * @buf: a memref, whose bytes go there and come back, as far as the plugin says; a NULL buffer is
 *       fine
 * @out_len: what the plugin says of the length of its answer
 *
 * A supplicant that isn't there is waited for; one that goes while the plugin works takes the call
 * along, since nobody knows what was done of it.
 * Return: the plugin's TEE_Result; ITEM_NOT_FOUND (no such plugin), OUT_OF_MEMORY (too many bytes),
 * COMMUNICATION (no supplicant, or it went, or the plugin doesn't come back), CANCEL.
 */
uint32_t plugin_call(struct supp_lanes *lanes, const uint8_t uuid[16], uint32_t cmd,
		     uint32_t sub_cmd, const struct ta_param *buf, uint32_t *out_len);

#endif
