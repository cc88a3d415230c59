/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * GP TEE UDP Sockets API 1.0.1: values of UDP sockets.
 * Thread rule: the TA's one entry thread.
 * Ownership rule: none.
 */
#ifndef TEE_UDPSOCKET_DEFINES_H
#define TEE_UDPSOCKET_DEFINES_H

#define TEE_ISOCKET_PROTOCOLID_UDP 0x66

#define TEE_ISOCKET_UDP_WARNING_UNKNOWN_OUT_OF_BAND 0xF1020002

#define TEE_UDP_CHANGEADDR 0x66000001 /* a name with its NUL; the port stays */
#define TEE_UDP_CHANGEPORT 0x66000002 /* a uint16_t; the address stays */

#endif
