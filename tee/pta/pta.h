/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * The pseudo-TAs that every machine has, for those who call OP-TEE's: UUIDs, commands and
 * parameters are those of its public headers (ta/devkit/include/pta_*.h has them for TAs).
 * Thread rule: under the world lock, which a call may drop.
 * Ownership rule: the world owns them; they outlive the session manager.
 */
#ifndef TEELINK_TEE_PTA_PTA_H
#define TEELINK_TEE_PTA_PTA_H

#include "tee/session/pseudo.h"

struct tee_world;
struct supp_lanes;

struct pta {
	struct tee_world *world;
	struct supp_lanes *plugins, *sockets;
};

/* The session manager is there already. Return: 0 or -ENOMEM; then too *@ptap is to be destroyed. */
int pta_create(struct tee_world *w, struct pta **ptap);
void pta_destroy(struct pta *pta); /* NULL is fine */

/* What a call's parameters must be. */
static inline bool pta_types_are(const struct ta_call *call, uint32_t t0, uint32_t t1, uint32_t t2,
				 uint32_t t3)
{
	return call->param[0].type == t0 && call->param[1].type == t1 &&
	       call->param[2].type == t2 && call->param[3].type == t3;
}

/* system.c: 3a2f8978-5dc0-11e8-9c2d-fa7ae01bbebc, for TAs; its data is a struct pta. */
extern const uint8_t pta_system_uuid[16];
extern const struct pseudo_ta_ops pta_system_ops;

/* device.c: 7011a688-ddde-4053-a5a9-7b3c4ddf13b8; its data is a struct pta. */
extern const uint8_t pta_device_uuid[16];
extern const struct pseudo_ta_ops pta_device_ops;

/* socket.c: 3b996a7d-2c2b-4a49-a896-e1fb5766d2f4, for TAs; its data is a struct pta. */
extern const uint8_t pta_socket_uuid[16];
extern const struct pseudo_ta_ops pta_socket_ops;
/* The lanes that its requests go by. Return: 0 or -ENOMEM. */
int pta_socket_lanes_create(struct tee_world *w, struct supp_lanes **lp);

#endif
