// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
/* The commands of each kind of socket. */
#include "ree/supplicant/sockets_private.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>
#include <errno.h>
#include <sys/socket.h>

#include "include/tee_client_api.h"
#include "wire/supp_socket.h"

static uint32_t set_buffer(const struct sock *s, int option, const void *buf, size_t len)
{
	if (!s->stream || len != sizeof(int))
		return TEEC_ERROR_BAD_PARAMETERS;
	return setsockopt(s->fd, SOL_SOCKET, option, buf, (socklen_t)len) ? sockets_result(errno)
									  : TEEC_SUCCESS;
}

union address {
	struct sockaddr any;
	struct sockaddr_in ip4;
	struct sockaddr_in6 ip6;
};

static uint32_t change_port(const struct sock *s, const void *buf, size_t len)
{
	socklen_t size = sizeof(union address);
	union address a = { .any = { 0 } };
	uint16_t port;

	if (s->stream || len != sizeof(port))
		return TEEC_ERROR_BAD_PARAMETERS;
	memcpy(&port, buf, sizeof(port));
	if (getpeername(s->fd, &a.any, &size))
		return sockets_result(errno);
	if (a.any.sa_family == AF_INET)
		a.ip4.sin_port = htons(port);
	else
		a.ip6.sin6_port = htons(port);
	return connect(s->fd, &a.any, size) ? sockets_result(errno) : TEEC_SUCCESS;
}

static uint32_t change_address(const struct sock *s, const void *buf, size_t len)
{
	socklen_t size = sizeof(union address);
	union address a = { .any = { 0 } };
	struct addrinfo *list, *ai;
	char name[SOCKETS_NAME_SIZE];
	uint32_t result;

	if (s->stream)
		return TEEC_ERROR_BAD_PARAMETERS;
	if (!sockets_take_name(buf, len, name))
		return SOCKET_ERROR_HOSTNAME;
	if (getpeername(s->fd, &a.any, &size))
		return sockets_result(errno);
	result = sockets_resolve(
		name, ntohs(a.any.sa_family == AF_INET ? a.ip4.sin_port : a.ip6.sin6_port),
		a.any.sa_family, SOCK_DGRAM, &list);
	if (result)
		return result;
	result = TEEC_ERROR_COMMUNICATION;
	for (ai = list; ai && result; ai = ai->ai_next)
		result = connect(s->fd, ai->ai_addr, ai->ai_addrlen) ? sockets_result(errno)
								     : TEEC_SUCCESS;
	freeaddrinfo(list);
	return result;
}

static uint32_t do_ioctl(const struct sock *s, uint32_t command, const void *buf, size_t len)
{
	switch (command) {
	case SOCKET_TCP_SET_RECVBUF:
		return set_buffer(s, SO_RCVBUF, buf, len);
	case SOCKET_TCP_SET_SENDBUF:
		return set_buffer(s, SO_SNDBUF, buf, len);
	case SOCKET_UDP_CHANGEADDR:
		return change_address(s, buf, len);
	case SOCKET_UDP_CHANGEPORT:
		return change_port(s, buf, len);
	default:
		return TEEC_ERROR_NOT_SUPPORTED;
	}
}

uint32_t sockets_ioctl(struct sockets *ss, struct socket_id id, uint32_t command, const void *buf,
		       size_t len)
{
	struct sock *s = sockets_get(ss, id);
	uint32_t result;

	if (!s)
		return TEEC_ERROR_BAD_PARAMETERS;
	result = do_ioctl(s, command, buf, len);
	sockets_put(ss, s);
	return result;
}
