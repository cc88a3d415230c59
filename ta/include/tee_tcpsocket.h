/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * GP TEE Sockets API 1.0.1: TCP sockets.
 * Thread rule: the TA's one entry thread.
 * Ownership rule: a set-up is borrowed until open returns.
 */
#ifndef TEE_TCPSOCKET_H
#define TEE_TCPSOCKET_H

#include <tee_isocket.h>

#include <__tee_ipsocket.h>
#include <__tee_tcpsocket_defines.h>

typedef struct TEE_tcpSocket_Setup_s {
	TEE_ipSocket_ipVersion ipVersion;
	char *server_addr; /* a name or a number */
	uint16_t server_port;
} TEE_tcpSocket_Setup;

#pragma GCC visibility push(default)
extern TEE_iSocket *const TEE_tcpSocket;
#pragma GCC visibility pop

#endif
