/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * Messages on ports SUPP_SOCKET_PORT ".0" and on, one a lane: sockets that the secure world asks of
 * the machine's supplicant, for trusted applications. Only the VM that the hypervisor marks may
 * connect. One request is outstanding on a lane at a time, but for CANCEL, which has no answer of
 * its own: the request that it names is answered at once. A supplicant has the first lane open; it
 * opens the next one as soon as it takes a request on the last that it has.
 * Thread rule: none, layouts only.
 * Ownership rule: none.
 *
 * A lane's bytes lie in the static TEE shared memory of the supplicant's VM, from
 * SUPP_SOCKET_SHM_OFFSET on, SUPP_SOCKET_LANE_BYTES for each.
 */
#ifndef TEELINK_WIRE_SUPP_SOCKET_H
#define TEELINK_WIRE_SUPP_SOCKET_H

#include "wire/supp_plugin.h"

#define SUPP_SOCKET_PORT "tee.supplicant.socket"
#define SUPP_SOCKET_LANES 16u
#define SUPP_SOCKET_LANE_BYTES 65536u
#define SUPP_SOCKET_SHM_OFFSET (SUPP_PLUGIN_SHM_OFFSET + SUPP_PLUGIN_LANES * SUPP_PLUGIN_MAX_BYTES)
#define SUPP_SHM_SIZE (SUPP_SOCKET_SHM_OFFSET + SUPP_SOCKET_LANES * SUPP_SOCKET_LANE_BYTES)

/* But for CANCEL they are OP-TEE's (optee_client, OPTEE_MRC_SOCKET_*). */
enum supp_socket_op {
	SUPP_SOCKET_OPEN = 0, /* bytes: the other end's name */
	SUPP_SOCKET_CLOSE = 1,
	SUPP_SOCKET_CLOSE_ALL = 2, /* of the instance */
	SUPP_SOCKET_SEND = 3,
	SUPP_SOCKET_RECV = 4, /* without bytes: how many there are */
	SUPP_SOCKET_IOCTL = 5,
	SUPP_SOCKET_CANCEL = 0x100,
};

#define SUPP_SOCKET_NO_TIMEOUT UINT32_MAX

struct supp_socket_req {
	uint32_t tag;
	uint32_t op;
	uint32_t epoch; /* that of OPEN's answer */
	uint32_t instance; /* whose sockets: one session of the secure world's */
	uint32_t handle;
	uint32_t len; /* of its bytes; RECV: of the room there */
	uint32_t arg; /* SEND, RECV: time-out in ms; IOCTL: command */
	uint16_t port; /* OPEN */
	uint8_t protocol; /* OPEN: SOCKET_PROTOCOL_* */
	uint8_t ip_version; /* OPEN: SOCKET_IP_* */
} TL_PACKED;

struct supp_socket_rsp {
	uint32_t tag;
	uint32_t result; /* TEE_Result, or SOCKET_ERROR_* */
	uint32_t epoch; /* of this supplicant: another one doesn't know its sockets */
	uint32_t handle; /* OPEN */
	uint32_t
		len; /* SEND: sent; RECV: received, of a datagram maybe more than there is room for */
	uint32_t reserved;
} TL_PACKED;

/* TEE Sockets API 1.0.1, and OP-TEE's two commands for TCP. */
#define SOCKET_PROTOCOL_TCP 0x65u
#define SOCKET_PROTOCOL_UDP 0x66u

enum socket_ip_version { SOCKET_IP_ANY = 0, SOCKET_IP_4 = 1, SOCKET_IP_6 = 2 };

#define SOCKET_TCP_SET_RECVBUF 0x65f00000u
#define SOCKET_TCP_SET_SENDBUF 0x65f00001u
#define SOCKET_UDP_CHANGEADDR 0x66000001u
#define SOCKET_UDP_CHANGEPORT 0x66000002u

#define SOCKET_ERROR_REMOTE_CLOSED 0xf1007002u
#define SOCKET_ERROR_TIMEOUT 0xf1007003u
#define SOCKET_ERROR_OUT_OF_RESOURCES 0xf1007004u
#define SOCKET_ERROR_LARGE_BUFFER 0xf1007005u
#define SOCKET_ERROR_HOSTNAME 0xf1007007u

TL_STATIC_ASSERT(sizeof(struct supp_socket_req) == 32, "supp_socket_req");
TL_STATIC_ASSERT(sizeof(struct supp_socket_rsp) == 24, "supp_socket_rsp");

#endif
