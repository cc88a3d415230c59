/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/* teelink-tee: the secure world as a program. Started by teelinkd with two sockets, and nothing else. */
#include <getopt.h>
#include <limits.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/limits.h"
#include "lib/log.h"
#include "lib/number.h"
#include "lib/trace.h"
#include "tee/confine.h"
#include "tee/smc/smc.h"
#include "tee/world.h"

#define DEFAULT_POLL_US 50u
#define MAX_POLL_US 1000u

static void usage(FILE *f)
{
	fprintf(f, "Usage: teelink-tee --hv-fd=N --launch-fd=N [OPTION]...\n"
		   "The secure world of a machine. teelinkd starts it; it is of no use by itself.\n"
		   "\n"
		   "      --hv-fd=N      socket to the hypervisor\n"
		   "      --launch-fd=N  socket to the launcher\n"
		   "      --trace-fd=N   the machine's trace\n"
		   "      --ta-key=PATH  keys that TA images are checked with\n"
		   "      --ta-log=PATH  file that TAs' lines are kept in\n"
		   "      --limits=LIST  NAME=VALUE,... as in teelink.conf(5)\n"
		   "  -h, --help         show this\n"
		   "  -V, --version      show the version\n"
		   "\n"
		   "TEELINK_POLL_US: how long rings are polled before a sleep, in microseconds (0 to 1000).\n");
}

/* Return: 0 to go on, 1 to end well, 2 for a usage error. */
static int parse(struct world_config *cfg, struct limits *limits, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "hv-fd", required_argument, NULL, 'H' },  { "launch-fd", required_argument, NULL, 'L' },
		{ "trace-fd", required_argument, NULL, 'T' }, { "help", no_argument, NULL, 'h' },
		{ "ta-key", required_argument, NULL, 'K' },   { "version", no_argument, NULL, 'V' },
		{ "ta-log", required_argument, NULL, 'o' },
		{ "limits", required_argument, NULL, 'l' },   { NULL, 0, NULL, 0 },
	};
	const char *poll = getenv("TEELINK_POLL_US");
	int c;

	while ((c = getopt_long(argc, argv, "hV", longs, NULL)) != -1) {
		switch (c) {
		case 'H':
			cfg->hv_sock = number_parse(optarg, INT_MAX);
			break;
		case 'L':
			cfg->launch_sock = number_parse(optarg, INT_MAX);
			break;
		case 'T':
			cfg->trace_fd = number_parse(optarg, INT_MAX);
			break;
		case 'K':
			cfg->ta_key = optarg;
			break;
		case 'o':
			cfg->ta_log = optarg;
			break;
		case 'l':
			if (limits_parse(limits, optarg))
				return 2;
			break;
		case 'h':
			usage(stdout);
			return 1;
		case 'V':
			printf("teelink-tee %s\n", TEELINK_VERSION);
			return 1;
		default:
			return 2;
		}
	}
	if (poll && number_parse(poll, MAX_POLL_US) >= 0)
		cfg->poll_us = (unsigned int)number_parse(poll, MAX_POLL_US);
	if (cfg->hv_sock >= 0 && cfg->launch_sock >= 0 && optind == argc)
		return 0;
	usage(stderr);
	return 2;
}

int main(int argc, char **argv)
{
	struct limits limits;
	struct world_config cfg = {
		.limits = &limits,
		.hv_sock = -1,
		.launch_sock = -1,
		.trace_fd = -1,
		.poll_us = DEFAULT_POLL_US,
		.smc = &smc_entry_ops,
	};
	struct tee_world *w;
	int ret;

	log_init("teelink-tee");
	limits_default(&limits);
	ret = parse(&cfg, &limits, argc, argv);
	if (ret)
		return ret == 1 ? 0 : ret;
	/* The terminal's interrupt is for the machine: teelinkd ends us. */
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	/* Threads take turns under one lock: an arena for each would only hold memory. */
	mallopt(M_ARENA_MAX, 1);
	if (cfg.trace_fd >= 0 && trace_attach(cfg.trace_fd))
		log_warn("no trace");
	ret = world_create(&cfg, &w);
	if (ret) {
		log_error("the secure world doesn't start: %s", strerror(-ret));
		return 1;
	}
	/* All that it ever opens is open; nobody has been listened to yet. */
	ret = confine_secure_world();
	if (ret)
		log_error("no filter can be loaded: %s", strerror(-ret));
	else
		ret = world_run(w);
	world_destroy(w);
	return ret ? 1 : 0;
}
