/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "tools/status.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/client.h"
#include "tools/text_table.h"

#define MAX_STATUS (64 << 20)

/* The text behind @fd, from its start whatever its offset is. */
static int read_text(int fd, char **text)
{
	struct stat st;
	size_t size, pos = 0;
	char *buf;

	if (fstat(fd, &st))
		return -errno;
	if (st.st_size < 0 || st.st_size > MAX_STATUS)
		return -EFBIG;
	size = (size_t)st.st_size;
	buf = malloc(size + 1);
	if (!buf)
		return -ENOMEM;
	while (pos < size) {
		ssize_t n = pread(fd, buf + pos, size - pos, (off_t)pos);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		pos += (size_t)n;
	}
	buf[pos] = '\0';
	*text = buf;
	return 0;
}

int status_fetch(const char *socket, char **text)
{
	int sock, fd, ret;

	sock = client_connect(socket);
	if (sock < 0)
		return sock;
	ret = client_request(sock, VMCTL_STATUS, &fd);
	if (!ret) {
		ret = read_text(fd, text);
		close(fd);
	}
	close(sock);
	return ret;
}

static int print_text(const char *text)
{
	json_error_t err;
	json_t *root;

	root = json_loads(text, 0, &err);
	if (!json_is_object(root)) {
		say("the machine's status is not what it should be: %s",
		    root ? "no object" : err.text);
		json_decref(root);
		return EXIT_FAILED;
	}
	text_print(stdout, root);
	json_decref(root);
	return EXIT_DONE;
}

static const char status_help[] =
	"status [OPTION]...\n"
	"Show a machine's VMs, sessions, trusted applications, shared memory and counters.\n\n"
	"  -n, --name NAME  the machine's name (default: $TEELINK_SOCKET, $TEELINK_MACHINE or\n"
	"                   'default')\n"
	"      --json       as JSON\n"
	"  -h, --help       this text\n"
	"      --version    the version\n\n"
	"Exit status 1: no machine runs there.\n";

static int status_main(const struct command *cmd, int argc, char **argv)
{
	static const struct option options[] = {
		{ "name", required_argument, NULL, 'n' },
		{ "json", no_argument, NULL, OPT_JSON },
		COMMON_OPTIONS,
	};
	char socket[MACHINE_SOCKET_SIZE], *text;
	const char *name = NULL;
	bool json = false;
	int opt, ret;

	while ((opt = getopt_long(argc, argv, "hn:", options, NULL)) != -1) {
		if (opt == 'n')
			name = optarg;
		else if (opt == OPT_JSON)
			json = true;
		else
			return command_common(cmd, opt);
	}
	if (optind != argc)
		return command_usage(cmd, "takes no arguments");
	ret = client_find(cmd, name, socket);
	if (ret)
		return ret;
	ret = status_fetch(socket, &text);
	if (ret) {
		client_complain(socket, ret);
		return EXIT_FAILED;
	}
	if (json)
		ret = fputs(text, stdout) == EOF ? EXIT_FAILED : EXIT_DONE;
	else
		ret = print_text(text);
	free(text);
	return ret;
}

const struct command command_status = {
	.name = "status",
	.summary = "show what a machine does",
	.help = status_help,
	.main = status_main,
};
