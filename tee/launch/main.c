// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "include/teelink/ta_runtime.h"
#include "lib/log.h"
#include "lib/number.h"
#include "tee/launch/debug.h"
#include "tee/launch/launch.h"

static const char usage[] =
	"Usage: teelink-launch --tee-fd N [--trace-fd N]\n"
	"Starts trusted applications, each in a confined process, for the secure world at the\n"
	"other end of socket N. Started by teelinkd; ends, with all that it started, when the\n"
	"socket closes.\n"
	"  --tee-fd N     descriptor of the socket\n"
	"  --trace-fd N   descriptor of the machine's trace ring\n"
	"  --instance     be one instance, for valgrind: descriptors from 3 on\n"
	"  --help         this text\n"
	"  --version      version\n";

int main(int argc, char **argv)
{
	static const struct option options[] = { { "tee-fd", required_argument, NULL, 't' },
						 { "trace-fd", required_argument, NULL, 'r' },
						 { "instance", no_argument, NULL, 'i' },
						 { "help", no_argument, NULL, 'h' },
						 { "version", no_argument, NULL, 'v' },
						 { NULL, 0, NULL, 0 } };
	int opt, ret, fd = -1, trace_fd = -1;

	log_init("teelink-launch");
	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (opt) {
		case 't':
			fd = number_parse(optarg, INT_MAX);
			break;
		case 'r':
			trace_fd = number_parse(optarg, INT_MAX);
			break;
		case 'i':
			return debug_instance();
		case 'h':
			fputs(usage, stdout);
			return EXIT_SUCCESS;
		case 'v':
			puts("teelink-launch " TEELINK_VERSION);
			return EXIT_SUCCESS;
		default:
			fputs(usage, stderr);
			return 2;
		}
	}
	if (fd < 0 || optind != argc) {
		fputs(usage, stderr);
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	if (trace_fd >= 0 && ta_runtime_trace(trace_fd))
		log_warn("no tracing of TAs");
	ret = launch_run(fd, &launch_process_ops);
	if (ret)
		log_error("%s", strerror(-ret));
	return ret ? EXIT_FAILURE : EXIT_SUCCESS;
}
