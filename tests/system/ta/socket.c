// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
#include <pta_socket.h>
#include <tee_internal_api.h>
#include <tee_tcpsocket.h>
#include <tee_udpsocket.h>

#include "tests/system/socket_ta.h"

static struct {
	TEE_iSocket *kind;
	TEE_iSocketHandle ctx;
} sockets[SOCKET_TA_MAX];

TEE_Result TA_CreateEntryPoint(void)
{
	return TEE_SUCCESS;
}

void TA_DestroyEntryPoint(void)
{
}

TEE_Result TA_OpenSessionEntryPoint(uint32_t types, TEE_Param params[4], void **context)
{
	(void)params;
	(void)context;
	return types ? TEE_ERROR_BAD_PARAMETERS : TEE_SUCCESS;
}

void TA_CloseSessionEntryPoint(void *context)
{
	(void)context;
}

static TEE_Result open_socket(TEE_Param params[4])
{
	TEE_tcpSocket_Setup tcp = { TEE_IP_VERSION_4, params[1].memref.buffer,
				    (uint16_t)params[0].value.b };
	TEE_udpSocket_Setup udp = { TEE_IP_VERSION_4, params[1].memref.buffer,
				    (uint16_t)params[0].value.b };
	uint32_t i = 0;

	while (i < SOCKET_TA_MAX && sockets[i].ctx)
		i++;
	if (i == SOCKET_TA_MAX)
		return TEE_ERROR_OUT_OF_MEMORY;
	params[2].value.a = i;
	sockets[i].kind = params[0].value.a ? TEE_udpSocket : TEE_tcpSocket;
	if (params[0].value.a)
		return TEE_udpSocket->open(&sockets[i].ctx, &udp, &params[2].value.b);
	return TEE_tcpSocket->open(&sockets[i].ctx, &tcp, &params[2].value.b);
}

static TEE_Result close_socket(uint32_t i)
{
	TEE_iSocketHandle ctx = sockets[i].ctx;

	sockets[i].ctx = NULL;
	return sockets[i].kind->close(ctx);
}

/* Through a session of its own with the pseudo-TA. */
static TEE_Result guess(uint32_t handle)
{
	static const TEE_UUID uuid = PTA_SOCKET_UUID;
	uint32_t types = TEE_PARAM_TYPES(TEE_PARAM_TYPE_VALUE_INPUT, TEE_PARAM_TYPE_MEMREF_OUTPUT,
					 TEE_PARAM_TYPE_NONE, TEE_PARAM_TYPE_NONE);
	TEE_Param params[4] = { { .value = { handle, 0 } } };
	TEE_TASessionHandle session;
	TEE_Result res;

	res = TEE_OpenTASession(&uuid, TEE_TIMEOUT_INFINITE, 0, NULL, &session, NULL);
	if (res != TEE_SUCCESS)
		return res;
	res = TEE_InvokeTACommand(session, TEE_TIMEOUT_INFINITE, PTA_SOCKET_RECV, types, params,
				  NULL);
	TEE_CloseTASession(session);
	return res;
}

static TEE_Result use_socket(uint32_t cmd, TEE_Param params[4])
{
	uint32_t i = params[0].value.a, b = params[0].value.b;
	uint32_t len = (uint32_t)params[1].memref.size;
	TEE_Result res;

	switch (cmd) {
	case SOCKET_TA_SEND:
		res = sockets[i].kind->send(sockets[i].ctx, params[1].memref.buffer, &len, b);
		break;
	case SOCKET_TA_RECV:
		res = sockets[i].kind->recv(sockets[i].ctx, params[1].memref.buffer, &len, b);
		break;
	default:
		return sockets[i].kind->ioctl(sockets[i].ctx, b, params[1].memref.buffer, &len);
	}
	params[0].value.a = len;
	return res;
}

TEE_Result TA_InvokeCommandEntryPoint(void *context, uint32_t cmd, uint32_t types,
				      TEE_Param params[4])
{
	uint32_t a = params[0].value.a;

	(void)context;
	(void)types;
	TEE_UnmaskCancellation();
	if (cmd != SOCKET_TA_OPEN && cmd != SOCKET_TA_GUESS &&
	    (a >= SOCKET_TA_MAX || !sockets[a].ctx))
		return TEE_ERROR_ITEM_NOT_FOUND;
	switch (cmd) {
	case SOCKET_TA_OPEN:
		return open_socket(params);
	case SOCKET_TA_CLOSE:
		return close_socket(a);
	case SOCKET_TA_SEND:
	case SOCKET_TA_RECV:
	case SOCKET_TA_IOCTL:
		return use_socket(cmd, params);
	case SOCKET_TA_ERROR:
		return sockets[a].kind->error(sockets[a].ctx);
	case SOCKET_TA_GUESS:
		return guess(a);
	default:
		return TEE_ERROR_NOT_SUPPORTED;
	}
}
