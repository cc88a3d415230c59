// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
/* Names, and connections to them. */
#include "ree/supplicant/sockets_private.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "include/tee_client_api.h"
#include "wire/supp_socket.h"

static uint32_t connect_one(const struct sockets *ss, int fd, const struct addrinfo *ai,
			    int interrupt_fd)
{
	socklen_t len = sizeof(int);
	uint32_t result;
	int err = 0;

	if (!connect(fd, ai->ai_addr, ai->ai_addrlen))
		return TEEC_SUCCESS;
	if (errno != EINPROGRESS)
		return sockets_result(errno);
	result = sockets_await(ss, fd, POLLOUT, 0, interrupt_fd);
	if (!result && getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len))
		err = errno;
	/* One that was refused never was closed. */
	return result		   ? result
	       : err == ECONNRESET ? TEEC_ERROR_COMMUNICATION
	       : err		   ? sockets_result(err)
				   : TEEC_SUCCESS;
}

/* Numbers are resolved without asking anybody. */
uint32_t sockets_resolve(const char *name, uint16_t port, int family, int type,
			 struct addrinfo **list)
{
	struct addrinfo hints = { .ai_family = family,
				  .ai_socktype = type,
				  .ai_flags = AI_NUMERICSERV | AI_NUMERICHOST };
	char service[8];
	int ret;

	snprintf(service, sizeof(service), "%u", port);
	ret = getaddrinfo(name, service, &hints, list);
	if (ret == EAI_NONAME) {
		hints.ai_flags = AI_NUMERICSERV;
		ret = getaddrinfo(name, service, &hints, list);
	}
	if (ret == EAI_MEMORY)
		return SOCKET_ERROR_OUT_OF_RESOURCES;
	return ret ? SOCKET_ERROR_HOSTNAME : TEEC_SUCCESS;
}

uint32_t sockets_open(struct sockets *ss, uint32_t instance, const struct socket_peer *peer,
		      int interrupt_fd, uint32_t *handle)
{
	static const int families[] = { AF_UNSPEC, AF_INET, AF_INET6 };
	bool stream = peer->protocol == SOCKET_PROTOCOL_TCP;
	int type = stream ? SOCK_STREAM : SOCK_DGRAM, fd = -1;
	struct addrinfo *list, *ai;
	uint32_t result;

	if ((!stream && peer->protocol != SOCKET_PROTOCOL_UDP) || peer->ip_version > SOCKET_IP_6)
		return TEEC_ERROR_BAD_PARAMETERS;
	result = sockets_resolve(peer->name, peer->port, families[peer->ip_version], type, &list);
	if (result)
		return result;
	result = TEEC_ERROR_COMMUNICATION;
	for (ai = list; ai && result && result != TEEC_ERROR_CANCEL; ai = ai->ai_next) {
		fd = socket(ai->ai_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, ai->ai_protocol);
		result = fd < 0 ? sockets_result(errno) : connect_one(ss, fd, ai, interrupt_fd);
		if (result && fd >= 0)
			close(fd);
	}
	freeaddrinfo(list);
	if (!result) {
		result = sockets_add(ss, instance, fd, stream, handle);
		if (result)
			close(fd);
	}
	return result;
}
