/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tools/client.h"
#include "tools/run.h"
#include "tools/trace_log.h"

struct trace_request {
	FILE *out;
	bool all;
	int status;
};

static int fetch_ring(const char *socket, int *fd)
{
	int sock, ret;

	sock = client_connect(socket);
	if (sock < 0)
		return sock;
	ret = client_request(sock, VMCTL_TRACE, fd);
	close(sock);
	return ret;
}

static void print_trace(const char *socket, void *arg)
{
	struct trace_request *req = arg;
	int fd, ret;

	ret = fetch_ring(socket, &fd);
	if (!ret) {
		ret = trace_log_print(req->out, fd, req->all);
		close(fd);
	}
	if (ret)
		say("no trace: %s", strerror(-ret));
	req->status = ret;
}

static const char trace_help[] =
	"trace [OPTION]... [--] COMMAND [ARGUMENT]...\n"
	"Run COMMAND in a private machine and show the way of its calls, hop by hop: the time\n"
	"since the call began, the time since the hop before, the hop's folder, and what it\n"
	"does.\n\n"
	"  -a, --all          also what belongs to no call: probing, loading images\n"
	"  -o, --output FILE  write the trace there instead of standard output\n"
	"  -t, --ta-dir DIR   look for TA images in DIR first (repeatable)\n"
	"  -h, --help         this text\n"
	"      --version      the version\n\n"
	"The trace follows when COMMAND has ended. The exit status is COMMAND's, as with 'run'.\n";

static int run_traced(struct run_options *opts, struct trace_request *req, const char *path)
{
	int status;

	req->out = path ? fopen(path, "we") : stdout;
	if (!req->out) {
		say("%s: %s", path, strerror(errno));
		return EXIT_CMD_NO_MACHINE;
	}
	opts->machine.trace = true;
	opts->ended = print_trace;
	opts->arg = req;
	status = run_in_machine(opts);
	if (path && fclose(req->out)) {
		say("%s: %s", path, strerror(errno));
		req->status = -EIO;
	}
	return !status && req->status ? EXIT_CMD_NO_MACHINE : status;
}

static int trace_main(const struct command *cmd, int argc, char **argv)
{
	static const struct option options[] = {
		{ "all", no_argument, NULL, 'a' },
		{ "output", required_argument, NULL, 'o' },
		{ "ta-dir", required_argument, NULL, 't' },
		COMMON_OPTIONS,
	};
	struct ta_dir_options ta_dirs = { .num = 0 };
	struct run_options opts = { .machine = { .ta_dirs = &ta_dirs } };
	struct trace_request req = { .status = 0 };
	const char *path = NULL;
	int opt;

	while ((opt = getopt_long(argc, argv, "+aho:t:", options, NULL)) != -1) {
		if (opt == 'a')
			req.all = true;
		else if (opt == 'o')
			path = optarg;
		else if (opt != 't')
			return command_common(cmd, opt);
		else if (!ta_dir_option(&ta_dirs, optarg))
			return EXIT_USAGE;
	}
	if (optind == argc)
		return command_usage(cmd, "which command?");
	opts.argv = argv + optind;
	return run_traced(&opts, &req, path);
}

const struct command command_trace = {
	.name = "trace",
	.summary = "run a command and show its calls hop by hop",
	.help = trace_help,
	.main = trace_main,
};
