/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * The pseudo-TA behind GP's sockets, for trusted applications: values of its interface, which are
 * OP-TEE's. Its results are those of the TEE Sockets API.
 * Thread rule: the TA's one entry thread.
 * Ownership rule: a socket is of the session that opened it and goes with it.
 */
#ifndef PTA_SOCKET_H
#define PTA_SOCKET_H

#define PTA_SOCKET_UUID                                                                            \
	{ 0x3b996a7d, 0x2c2b, 0x4a49, { 0xa8, 0x96, 0xe1, 0xfb, 0x57, 0x66, 0xd2, 0xf4 } }

/* [in] value: TEE_IP_VERSION_*, port; [in] memref: name; [in] value: protocol; [out] value: socket */
#define PTA_SOCKET_OPEN 1
/* [in] value: socket */
#define PTA_SOCKET_CLOSE 2

#define PTA_SOCKET_TIMEOUT_NONBLOCKING 0
#define PTA_SOCKET_TIMEOUT_BLOCKING 0xffffffff

/* [in] value: socket, ms; [in] memref; [out] value: bytes that were sent */
#define PTA_SOCKET_SEND 3
/* [in] value: socket, ms; [out] memref, whose size a longer datagram may exceed */
#define PTA_SOCKET_RECV 4
/* [in] value: socket, command; [inout] memref */
#define PTA_SOCKET_IOCTL 5

#endif
