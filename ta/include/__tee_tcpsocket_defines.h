/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * GP TEE TCP/IP Sockets API 1.0.1: values of TCP sockets.
 * Thread rule: the TA's one entry thread.
 * Ownership rule: none.
 */
#ifndef TEE_TCPSOCKET_DEFINES_H
#define TEE_TCPSOCKET_DEFINES_H

#define TEE_ISOCKET_PROTOCOLID_TCP 0x65

#define TEE_ISOCKET_TCP_WARNING_UNKNOWN_OUT_OF_BAND 0xF1010002

#endif
