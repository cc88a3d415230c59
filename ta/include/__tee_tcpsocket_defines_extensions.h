/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * Commands of TCP sockets that OP-TEE has added: sizes of the kernel's buffers, an int.
 * Thread rule: the TA's one entry thread.
 * Ownership rule: none.
 */
#ifndef TEE_TCPSOCKET_DEFINES_EXTENSIONS_H
#define TEE_TCPSOCKET_DEFINES_EXTENSIONS_H

#define TEE_TCP_SET_RECVBUF 0x65f00000
#define TEE_TCP_SET_SENDBUF 0x65f00001

#endif
