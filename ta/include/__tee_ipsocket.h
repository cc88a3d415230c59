/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * GP TEE Sockets API 1.0.1: which version of IP a socket is to use.
 * Thread rule: the TA's one entry thread.
 * Ownership rule: none.
 */
#ifndef TEE_IPSOCKET_H
#define TEE_IPSOCKET_H

typedef enum TEE_ipSocket_ipVersion_e {
	TEE_IP_VERSION_DC = 0, /* either */
	TEE_IP_VERSION_4 = 1,
	TEE_IP_VERSION_6 = 2,
} TEE_ipSocket_ipVersion;

#endif
