/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * Pseudo-TAs: UUIDs that the secure world serves itself, for clients and for TAs.
 * Thread rule: under the world lock. One call of a pseudo-TA at a time, or of each of its sessions; a
 * call may drop the lock (world_wait, world_block_begin), and those that wait for it wait meanwhile.
 * Ownership rule: ops and data are the server's, and outlive the session manager; a session's
 * context is the server's, from a successful open to close.
 *
 * To add one: write its ops into a file named after what it does, and call pseudo_ta_add where the
 * world is made. A pseudo-TA is single-instance and multi-session, or has an instance for each
 * session, and is always there: an image of its UUID is never asked for.
 */
#ifndef TEELINK_TEE_SESSION_PSEUDO_H
#define TEELINK_TEE_SESSION_PSEUDO_H

#include "tee/ta/ta.h"

struct session_manager;

/**
 * struct pseudo_ta_ops - what a pseudo-TA does; results are TEE_Results, their origin is the TA
 * @flags: TA_FLAG_DEVICE_ENUM and the like, when it is to be listed as a device
 * @concurrent: calls of different sessions run side by side
 * @open: @call has login, client_uuid (a TA's are TEE_LOGIN_TRUSTED_APP, 0xf0000000, and its UUID)
 * and
 *        parameters; sets *@ctx. May be NULL: everybody may
 * @invoke: @call->cmd with its parameters. Values and sizes of outputs are set in place; memrefs
 * are
 *          reached with vm_mem_copy_from and vm_mem_copy_to (tee/vm.h), within offset and size as
 *          they come: mem is NULL for a NULL buffer
 * @cancel: @call, that invoke is in, is to end: its @cancelled is set. Mustn't block. May be NULL
 * @close: the session ends. May be NULL
 */
struct pseudo_ta_ops {
	uint32_t flags;
	bool concurrent;
	uint32_t (*open)(void *data, struct ta_call *call, void **ctx);
	uint32_t (*invoke)(void *data, void *ctx, struct ta_call *call);
	void (*cancel)(void *data, void *ctx, struct ta_call *call);
	void (*close)(void *data, void *ctx);
};

/**
 * pseudo_ta_add() - serve a UUID
 * @data: handed to the ops
 *
 * Return: 0, -EEXIST (the UUID is served or in use), -ENOMEM.
 */
int pseudo_ta_add(struct session_manager *sm, const uint8_t uuid[16],
		  const struct pseudo_ta_ops *ops, void *data);

#endif
