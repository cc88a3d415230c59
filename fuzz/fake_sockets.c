// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
/*
 * The supplicant's sockets without a network, for targets that parse requests: all bytes that they are
 * given are looked at, all room is filled.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz/target.h"
#include "ree/supplicant/sockets.h"
#include "wire/supp_socket.h"

struct sockets {
	uint32_t last; /* handle */
	uint32_t sum;
};

static void look_at(struct sockets *ss, const void *buf, size_t len)
{
	const uint8_t *bytes = buf;
	size_t i;

	FUZZ_ASSERT(!len || buf);
	for (i = 0; i < len; i++)
		ss->sum += bytes[i];
}

int sockets_create(struct sockets **ssp)
{
	*ssp = calloc(1, sizeof(**ssp));
	FUZZ_ASSERT(*ssp);
	return 0;
}

void sockets_stop(struct sockets *ss)
{
	(void)ss;
}

void sockets_destroy(struct sockets *ss)
{
	free(ss);
}

uint32_t sockets_open(struct sockets *ss, uint32_t instance, const struct socket_peer *peer,
		      int interrupt_fd, uint32_t *handle)
{
	(void)interrupt_fd;
	FUZZ_ASSERT(strlen(peer->name) < SOCKETS_NAME_SIZE);
	ss->sum += instance + peer->port + peer->protocol;
	if (peer->ip_version > SOCKET_IP_6)
		return SOCKET_ERROR_HOSTNAME;
	*handle = ++ss->last;
	return 0;
}

uint32_t sockets_close(struct sockets *ss, struct socket_id id)
{
	return id.handle && id.handle <= ss->last ? 0 : SOCKET_ERROR_REMOTE_CLOSED;
}

void sockets_close_all(struct sockets *ss, uint32_t instance)
{
	ss->last = instance ? 0 : ss->last;
}

uint32_t sockets_send(struct sockets *ss, struct socket_id id, const void *buf, size_t *len,
		      struct socket_wait wait)
{
	look_at(ss, buf, *len);
	*len /= 2;
	return wait.timeout_ms ? sockets_close(ss, id) : SOCKET_ERROR_TIMEOUT;
}

uint32_t sockets_recv(struct sockets *ss, struct socket_id id, void *buf, size_t *len,
		      struct socket_wait wait)
{
	if (*len)
		memset(buf, 0x5a, *len);
	*len += 1; /* a datagram that was longer */
	return wait.timeout_ms ? sockets_close(ss, id) : SOCKET_ERROR_TIMEOUT;
}

uint32_t sockets_ioctl(struct sockets *ss, struct socket_id id, uint32_t command, const void *buf,
		       size_t len)
{
	ss->sum += command;
	look_at(ss, buf, len);
	return sockets_close(ss, id);
}
