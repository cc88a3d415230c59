/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "bench/home.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/folder.h"
#include "tools/client.h"

void home_create(struct home *h)
{
	strcpy(h->dir, "/tmp/teelink-bench-XXXXXX");
	if (!mkdtemp(h->dir)) {
		perror(h->dir);
		exit(1);
	}
	setenv("XDG_RUNTIME_DIR", h->dir, 1);
	unsetenv("TEELINK_SOCKET");
	unsetenv("TEELINK_MACHINE");
	unsetenv("TEELINK_AUTOSTART");
}

static int connect_machine(void)
{
	char socket[MACHINE_SOCKET_SIZE];
	int ret = machine_socket_path(NULL, socket, sizeof(socket));

	return ret ? ret : client_connect(socket);
}

void home_remove(struct home *h)
{
	int sock = connect_machine();

	if (sock >= 0) {
		client_request(sock, VMCTL_SHUTDOWN, NULL);
		client_wait_end(sock, 10000);
		close(sock);
	}
	folder_remove(h->dir);
}

pid_t home_machine_pid(void)
{
	struct ucred cred = { .pid = 0 };
	socklen_t len = sizeof(cred);
	int sock = connect_machine();

	if (sock < 0)
		return 0;
	if (getsockopt(sock, SOL_SOCKET, SO_PEERCRED, &cred, &len))
		cred.pid = 0;
	close(sock);
	return cred.pid;
}
