/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * A trusted application that does with GP's sockets what its client says.
 * Thread rule: none, constants only.
 * Ownership rule: none.
 */
#ifndef TEELINK_TESTS_SYSTEM_SOCKET_TA_H
#define TEELINK_TESTS_SYSTEM_SOCKET_TA_H

#define SOCKET_TA_UUID                                                                             \
	{                                                                                          \
		0x6a1e2c60, 0x93d1, 0x4b0c,                                                        \
		{                                                                                  \
			0x9f, 0x3e, 0x5b, 0x1c, 0x22, 0x8a, 0x77, 0x51                             \
		}                                                                                  \
	}
#define SOCKET_TA_TEXT "6a1e2c60-93d1-4b0c-9f3e-5b1c228a7751"

#define SOCKET_TA_MAX 40u

/* Its sockets are numbers from 0 on. The result is that of the function. */
enum socket_ta_cmd {
	/* VALUE_IN a = 1 for UDP, b = port; MEMREF_IN name; VALUE_OUT a = socket, b = protocol error */
	SOCKET_TA_OPEN = 0,
	SOCKET_TA_CLOSE = 1, /* VALUE_IN a = socket */
	SOCKET_TA_SEND = 2, /* VALUE_INOUT a = socket, b = ms, a becomes the length; MEMREF_IN */
	SOCKET_TA_RECV = 3, /* VALUE_INOUT the same; MEMREF_OUT */
	SOCKET_TA_IOCTL = 4, /* VALUE_IN a = socket, b = command; MEMREF_INOUT */
	SOCKET_TA_ERROR = 5, /* VALUE_IN a = socket: what its error function says */
	SOCKET_TA_GUESS =
		6, /* VALUE_IN a = a socket of the pseudo-TA's, maybe others': receive there */
};

#endif
