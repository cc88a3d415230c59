/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * GP TEE Sockets API 1.0.1: UDP sockets.
 * Thread rule: the TA's one entry thread.
 * Ownership rule: a set-up is borrowed until open returns.
 */
#ifndef TEE_UDPSOCKET_H
#define TEE_UDPSOCKET_H

#include <tee_isocket.h>

#include <__tee_ipsocket.h>
#include <__tee_udpsocket_defines.h>

typedef struct TEE_udpSocket_Setup_s {
	TEE_ipSocket_ipVersion ipVersion;
	char *server_addr; /* a name or a number */
	uint16_t server_port;
} TEE_udpSocket_Setup;

#pragma GCC visibility push(default)
extern TEE_iSocket *const TEE_udpSocket;
#pragma GCC visibility pop

#endif
