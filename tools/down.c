/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include <errno.h>
#include <getopt.h>
#include <string.h>
#include <unistd.h>

#include "tools/client.h"
#include "tools/command.h"

#define DOWN_MS 10000

static const char down_help[] =
	"down [OPTION]...\n"
	"Take a machine down: its secure world and its trusted applications end.\n\n"
	"  -n, --name NAME  the machine's name (default: $TEELINK_SOCKET, $TEELINK_MACHINE or\n"
	"                   'default')\n"
	"  -h, --help       this text\n"
	"      --version    the version\n\n"
	"Comes back when the machine is gone. Exit status 1: there was none, or it is not yours.\n";

static int take_down(const char *socket)
{
	int sock, ret;

	sock = client_connect(socket);
	if (sock < 0)
		return sock;
	ret = client_request(sock, VMCTL_SHUTDOWN, NULL);
	/* It may be gone before its answer is read. */
	if (ret == -ECONNRESET)
		ret = 0;
	if (!ret)
		ret = client_wait_end(sock, DOWN_MS);
	close(sock);
	return ret;
}

static int down_main(const struct command *cmd, int argc, char **argv)
{
	static const struct option options[] = {
		{ "name", required_argument, NULL, 'n' },
		COMMON_OPTIONS,
	};
	char socket[MACHINE_SOCKET_SIZE];
	const char *name = NULL;
	int opt, ret;

	while ((opt = getopt_long(argc, argv, "hn:", options, NULL)) != -1) {
		if (opt != 'n')
			return command_common(cmd, opt);
		name = optarg;
	}
	if (optind != argc)
		return command_usage(cmd, "takes no arguments");
	ret = client_find(cmd, name, socket);
	if (ret)
		return ret;
	ret = take_down(socket);
	if (ret)
		client_complain(socket, ret);
	return ret ? EXIT_FAILED : EXIT_DONE;
}

const struct command command_down = {
	.name = "down",
	.summary = "take a machine down",
	.help = down_help,
	.main = down_main,
};
