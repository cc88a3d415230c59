// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
/* GP's sockets (TEE Sockets API 1.0.1), through the pseudo-TA that has them. */
#include <string.h>

#include <__tee_tcpsocket_defines_extensions.h>
#include <pta_socket.h>
#include <tee_tcpsocket.h>
#include <tee_udpsocket.h>

#include "ta/runtime.h"

struct socket_ctx {
	uint32_t handle, error;
};

/* One session for all sockets of the instance; it ends with the instance. */
static TEE_Result invoke(uint32_t cmd, uint32_t types, TEE_Param params[TEE_NUM_PARAMS])
{
	static const TEE_UUID uuid = PTA_SOCKET_UUID;
	struct ta_runtime *rt = ta_runtime_current();
	TEE_Result res = TEE_SUCCESS;

	if (rt->socket_session == TEE_HANDLE_NULL)
		res = TEE_OpenTASession(&uuid, TEE_TIMEOUT_INFINITE, 0, NULL, &rt->socket_session,
					NULL);
	if (res)
		return res;
	return TEE_InvokeTACommand(rt->socket_session, TEE_TIMEOUT_INFINITE, cmd, types, params,
				   NULL);
}

static TEE_Result open_socket(TEE_iSocketHandle *ctx, const TEE_tcpSocket_Setup *setup,
			      uint32_t protocol, uint32_t *error)
{
	TEE_Param params[TEE_NUM_PARAMS] = { { { 0 } } };
	struct socket_ctx *sc;
	TEE_Result res;

	*ctx = TEE_HANDLE_NULL;
	*error = TEE_SUCCESS;
	if (!setup->server_addr)
		return TEE_ERROR_BAD_PARAMETERS;
	sc = TEE_Malloc(sizeof(*sc), TEE_MALLOC_FILL_ZERO);
	if (!sc)
		return TEE_ERROR_OUT_OF_MEMORY;
	params[0].value.a = setup->ipVersion;
	params[0].value.b = setup->server_port;
	params[1].memref.buffer = setup->server_addr;
	params[1].memref.size = strlen(setup->server_addr) + 1;
	params[2].value.a = protocol;
	res = invoke(PTA_SOCKET_OPEN,
		     TEE_PARAM_TYPES(TEE_PARAM_TYPE_VALUE_INPUT, TEE_PARAM_TYPE_MEMREF_INPUT,
				     TEE_PARAM_TYPE_VALUE_INPUT, TEE_PARAM_TYPE_VALUE_OUTPUT),
		     params);
	if (res) {
		TEE_Free(sc);
	} else {
		sc->handle = params[3].value.a;
		*ctx = (TEE_iSocketHandle)sc;
	}
	if (res != TEE_ISOCKET_ERROR_HOSTNAME)
		return res;
	*error = res;
	return TEE_ISOCKET_ERROR_PROTOCOL;
}

static TEE_Result tcp_open(TEE_iSocketHandle *ctx, void *setup, uint32_t *error)
{
	if (!ctx || !setup || !error)
		TA_PANIC(TEE_ERROR_BAD_PARAMETERS, "a socket's set-up has a NULL pointer");
	return open_socket(ctx, setup, TEE_ISOCKET_PROTOCOLID_TCP, error);
}

static TEE_Result udp_open(TEE_iSocketHandle *ctx, void *setup, uint32_t *error)
{
	const TEE_udpSocket_Setup *udp = setup;
	TEE_tcpSocket_Setup own;

	if (!ctx || !setup || !error)
		TA_PANIC(TEE_ERROR_BAD_PARAMETERS, "a socket's set-up has a NULL pointer");
	own = (TEE_tcpSocket_Setup){ udp->ipVersion, udp->server_addr, udp->server_port };
	return open_socket(ctx, &own, TEE_ISOCKET_PROTOCOLID_UDP, error);
}

static TEE_Result socket_close(TEE_iSocketHandle ctx)
{
	TEE_Param params[TEE_NUM_PARAMS] = { { { 0 } } };
	struct socket_ctx *sc = (struct socket_ctx *)ctx;
	TEE_Result res;

	if (!sc)
		return TEE_SUCCESS;
	params[0].value.a = sc->handle;
	res = invoke(PTA_SOCKET_CLOSE, TEE_PARAM_TYPES(TEE_PARAM_TYPE_VALUE_INPUT, 0, 0, 0),
		     params);
	TEE_Free(sc);
	return res;
}

static TEE_Result socket_send(TEE_iSocketHandle ctx, const void *buf, uint32_t *length,
			      uint32_t timeout)
{
	TEE_Param params[TEE_NUM_PARAMS] = { { { 0 } } };
	struct socket_ctx *sc = (struct socket_ctx *)ctx;

	if (!sc || !buf || !length)
		TA_PANIC(TEE_ERROR_BAD_PARAMETERS, "send with a NULL pointer");
	params[0].value.a = sc->handle;
	params[0].value.b = timeout;
	params[1].memref.buffer = (void *)(uintptr_t)buf;
	params[1].memref.size = *length;
	sc->error = invoke(PTA_SOCKET_SEND,
			   TEE_PARAM_TYPES(TEE_PARAM_TYPE_VALUE_INPUT, TEE_PARAM_TYPE_MEMREF_INPUT,
					   TEE_PARAM_TYPE_VALUE_OUTPUT, 0),
			   params);
	*length = params[2].value.a;
	return sc->error;
}

/* @type: of the buffer; @length becomes what the socket said. */
static TEE_Result exchange(struct socket_ctx *sc, uint32_t cmd, uint32_t b, uint32_t type,
			   void *buf, uint32_t *length)
{
	TEE_Param params[TEE_NUM_PARAMS] = { { { 0 } } };

	params[0].value.a = sc->handle;
	params[0].value.b = b;
	params[1].memref.buffer = buf;
	params[1].memref.size = *length;
	sc->error = invoke(cmd, TEE_PARAM_TYPES(TEE_PARAM_TYPE_VALUE_INPUT, type, 0, 0), params);
	*length = (uint32_t)params[1].memref.size;
	return sc->error;
}

static TEE_Result socket_recv(TEE_iSocketHandle ctx, void *buf, uint32_t *length, uint32_t timeout)
{
	if (!ctx || !length || (!buf && *length))
		TA_PANIC(TEE_ERROR_BAD_PARAMETERS, "recv with a NULL pointer");
	return exchange((struct socket_ctx *)ctx, PTA_SOCKET_RECV, timeout,
			TEE_PARAM_TYPE_MEMREF_OUTPUT, buf, length);
}

static uint32_t socket_error(TEE_iSocketHandle ctx)
{
	if (!ctx)
		TA_PANIC(TEE_ERROR_BAD_PARAMETERS, "error of no socket");
	return ((struct socket_ctx *)ctx)->error;
}

/* @first and @second: the commands that this kind of socket has. */
static TEE_Result socket_ioctl(TEE_iSocketHandle ctx, uint32_t command, void *buf, uint32_t *length,
			       uint32_t first, uint32_t second)
{
	if (!ctx || !length || (!buf && *length))
		TA_PANIC(TEE_ERROR_BAD_PARAMETERS, "ioctl with a NULL pointer");
	if (!(command >> 24))
		return TEE_SUCCESS;
	if (command != first && command != second)
		TA_PANIC(TEE_ERROR_BAD_PARAMETERS,
			 "an ioctl that this kind of socket doesn't have");
	return exchange((struct socket_ctx *)ctx, PTA_SOCKET_IOCTL, command,
			TEE_PARAM_TYPE_MEMREF_INOUT, buf, length);
}

static TEE_Result tcp_ioctl(TEE_iSocketHandle ctx, uint32_t command, void *buf, uint32_t *length)
{
	return socket_ioctl(ctx, command, buf, length, TEE_TCP_SET_RECVBUF, TEE_TCP_SET_SENDBUF);
}

static TEE_Result udp_ioctl(TEE_iSocketHandle ctx, uint32_t command, void *buf, uint32_t *length)
{
	return socket_ioctl(ctx, command, buf, length, TEE_UDP_CHANGEADDR, TEE_UDP_CHANGEPORT);
}

static TEE_iSocket tcp_socket = {
	.TEE_iSocketVersion = TEE_ISOCKET_VERSION,
	.protocolID = TEE_ISOCKET_PROTOCOLID_TCP,
	.open = tcp_open,
	.close = socket_close,
	.send = socket_send,
	.recv = socket_recv,
	.error = socket_error,
	.ioctl = tcp_ioctl,
};

static TEE_iSocket udp_socket = {
	.TEE_iSocketVersion = TEE_ISOCKET_VERSION,
	.protocolID = TEE_ISOCKET_PROTOCOLID_UDP,
	.open = udp_open,
	.close = socket_close,
	.send = socket_send,
	.recv = socket_recv,
	.error = socket_error,
	.ioctl = udp_ioctl,
};

TEE_iSocket *const TEE_tcpSocket = &tcp_socket;
TEE_iSocket *const TEE_udpSocket = &udp_socket;
