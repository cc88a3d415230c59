// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/log.h"
#include "lib/number.h"
#include "ree/supplicant/supplicant.h"

#define MAX_DIRS 64u

static const char usage[] =
	"Usage: teelink-supplicant --vm-fd N --ta-dir D... [--state-dir D]\n"
	"Brings trusted applications' images to the secure world of one machine and keeps its\n"
	"secure storage's files. Started by teelinkd; ends when the machine does.\n"
	"  --vm-fd N      descriptor of the socket to the hypervisor\n"
	"  --ta-dir D     folder of <uuid>.ta files; several are searched in order\n"
	"  --state-dir D  the machine's state folder: files lie in D/storage\n"
	"  --help         this text\n"
	"  --version      version\n";

int main(int argc, char **argv)
{
	static const struct option options[] = { { "vm-fd", required_argument, NULL, 'f' },
						 { "ta-dir", required_argument, NULL, 'd' },
						 { "state-dir", required_argument, NULL, 's' },
						 { "help", no_argument, NULL, 'h' },
						 { "version", no_argument, NULL, 'v' },
						 { NULL, 0, NULL, 0 } };
	char *dirs[MAX_DIRS + 1] = { NULL };
	const char *state_dir = NULL;
	unsigned int num_dirs = 0;
	int opt, ret, fd = -1;

	log_init("teelink-supplicant");
	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (opt) {
		case 'f':
			fd = number_parse(optarg, INT_MAX);
			break;
		case 'd':
			if (num_dirs < MAX_DIRS)
				dirs[num_dirs++] = optarg;
			break;
		case 's':
			state_dir = optarg;
			break;
		case 'h':
			fputs(usage, stdout);
			return EXIT_SUCCESS;
		case 'v':
			puts("teelink-supplicant " TEELINK_VERSION);
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
	ret = supplicant_run(fd, dirs, state_dir);
	if (ret)
		log_error("%s", strerror(-ret));
	return ret ? EXIT_FAILURE : EXIT_SUCCESS;
}
