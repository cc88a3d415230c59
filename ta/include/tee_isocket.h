/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * GP TEE Sockets API 1.0.1: what every kind of socket can do.
 * Thread rule: the TA's one entry thread.
 * Ownership rule: open gives the handle to the caller, close takes it; close of a NULL handle is fine.
 */
#ifndef TEE_ISOCKET_H
#define TEE_ISOCKET_H

#include <stdint.h>
#include <tee_api_types.h>

#include <__tee_isocket_defines.h>

typedef void *TEE_iSocketHandle;

/**
 * struct TEE_iSocket_s - the functions of a kind of socket
 * @open: connects as @setup says; *protocolError has more of TEE_ISOCKET_ERROR_PROTOCOL
 * @send, @recv: *length is what there is, and what was done; @timeout in ms, TEE_TIMEOUT_INFINITE, or
 *               0: don't wait. recv of no bytes says in *length how many there are. A time-out after
 *               some bytes were sent is a success, of so many. The end of a TCP stream is
 *               TEE_ISOCKET_ERROR_REMOTE_CLOSED; a datagram that is cut off has its full length
 * @error: the result of the last function that was called
 * @ioctl: a command of this kind of socket, its first octet is the protocol's; commands of octet 0
 *         are done for every kind, of others' panic
 */
typedef const struct TEE_iSocket_s {
	uint32_t TEE_iSocketVersion;
	uint8_t protocolID;
	TEE_Result (*open)(TEE_iSocketHandle *ctx, void *setup, uint32_t *protocolError);
	TEE_Result (*close)(TEE_iSocketHandle ctx);
	TEE_Result (*send)(TEE_iSocketHandle ctx, const void *buf, uint32_t *length,
			   uint32_t timeout);
	TEE_Result (*recv)(TEE_iSocketHandle ctx, void *buf, uint32_t *length, uint32_t timeout);
	uint32_t (*error)(TEE_iSocketHandle ctx);
	TEE_Result (*ioctl)(TEE_iSocketHandle ctx, uint32_t commandCode, void *buf,
			    uint32_t *length);
} TEE_iSocket;

#endif
