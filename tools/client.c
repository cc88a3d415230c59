/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "tools/client.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/ctl.h"
#include "lib/futex.h"

#define ANSWER_TIMEOUT_MS 10000

int client_connect(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	size_t len = strlen(path);
	int sock, ret;

	if (len >= sizeof(addr.sun_path))
		return -ENAMETOOLONG;
	memcpy(addr.sun_path, path, len);
	sock = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (sock < 0)
		return -errno;
	if (!connect(sock, (const struct sockaddr *)&addr, sizeof(addr)))
		return sock;
	/* A socket file that nobody listens on is what a killed machine leaves. */
	ret = errno == ECONNREFUSED ? -ENOENT : -errno;
	close(sock);
	return ret;
}

/* Waits for something to read until @deadline_ns. */
static int wait_readable(int sock, uint64_t deadline_ns)
{
	struct pollfd p = { .fd = sock, .events = POLLIN };

	for (;;) {
		uint64_t now = tl_now_ns();
		int n;

		if (now >= deadline_ns)
			return -ETIMEDOUT;
		n = poll(&p, 1, (int)((deadline_ns - now) / 1000000u) + 1);
		if (n > 0)
			return 0;
		if (n < 0 && errno != EINTR)
			return -errno;
	}
}

int client_request(int sock, enum vmctl_type type, int *fd)
{
	uint64_t deadline = tl_now_ns() + ANSWER_TIMEOUT_MS * 1000000ull;
	struct vmctl_simple req = { .hdr = { .type = type, .seq = 1 } };
	union {
		struct vmctl_hdr hdr;
		uint8_t bytes[VMCTL_MAX_MSG];
	} rsp;
	unsigned int num_fds;
	ssize_t len;
	int ret;

	ret = ctl_send(sock, &req, sizeof(req), NULL, 0);
	if (ret)
		return ret == -EPIPE ? -ECONNRESET : ret;
	do {
		ret = wait_readable(sock, deadline);
		if (ret)
			return ret;
		num_fds = fd ? 1 : 0;
		len = ctl_recv(sock, &rsp, sizeof(rsp), fd, &num_fds);
		if (len <= 0)
			return len ? (int)len : -ECONNRESET;
		if ((size_t)len < sizeof(rsp.hdr))
			return -EPROTO;
	} while (rsp.hdr.seq == 0 && num_fds == 0); /* an event */
	ret = rsp.hdr.status;
	if (rsp.hdr.seq != 1 || rsp.hdr.type != (uint32_t)type || ret > 0 ||
	    (!ret && fd && !num_fds))
		ret = -EPROTO;
	if (ret && num_fds)
		close(*fd);
	return ret;
}

int client_wait_end(int sock, int ms)
{
	uint64_t deadline = tl_now_ns() + (uint64_t)ms * 1000000u;
	uint8_t bytes[VMCTL_MAX_MSG];
	ssize_t len;
	int ret;

	do {
		ret = wait_readable(sock, deadline);
		if (ret)
			return ret;
		len = ctl_recv(sock, bytes, sizeof(bytes), NULL, NULL);
	} while (len > 0 || len == -EMSGSIZE || len == -EPROTO);
	return 0;
}

int client_find(const struct command *cmd, const char *name, char socket[MACHINE_SOCKET_SIZE])
{
	int ret = machine_socket_path(name, socket, MACHINE_SOCKET_SIZE);

	if (!ret)
		return EXIT_DONE;
	return command_usage(cmd, ret == -EINVAL ? "not a machine's name"
						 : "the socket's path is too long");
}

void client_complain(const char *socket, int err)
{
	switch (err) {
	case -ENOENT:
		say("no machine runs at %s", socket);
		break;
	case -EACCES:
	case -EPERM:
		say("the machine at %s is not yours", socket);
		break;
	case -ECONNRESET:
		say("the machine at %s ended", socket);
		break;
	case -ETIMEDOUT:
		say("the machine at %s doesn't answer", socket);
		break;
	default:
		say("%s: %s", socket, strerror(-err));
	}
}
