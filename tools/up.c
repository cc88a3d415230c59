/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "tools/client.h"
#include "tools/machine.h"

static const char up_help[] =
	"up [OPTION]...\n"
	"Start a machine that stays until 'teelink down'.\n\n"
	"  -n, --name NAME         the machine's name (default: $TEELINK_MACHINE or 'default')\n"
	"  -t, --ta-dir DIR        look for TA images in DIR first (repeatable)\n"
	PASSED_HELP
	"  -h, --help              this text\n"
	"      --version           the version\n\n"
	"Prints the machine's socket. Programs find a machine that isn't called 'default' with\n"
	"TEELINK_MACHINE=NAME. A machine that runs already is left as it is.\n";

static int up_main(const struct command *cmd, int argc, char **argv)
{
	static const struct option options[] = {
		{ "name", required_argument, NULL, 'n' },
		{ "ta-dir", required_argument, NULL, 't' },
		PASSED_OPTIONS,
		COMMON_OPTIONS,
	};
	struct ta_dir_options ta_dirs = { .num = 0 };
	struct passed_options passed = { .num = 0 };
	struct machine_options opts = { .ta_dirs = &ta_dirs, .passed = &passed };
	char socket[MACHINE_SOCKET_SIZE];
	const char *name = NULL;
	int opt, ret;

	while ((opt = getopt_long(argc, argv, "hn:t:", options, NULL)) != -1) {
		if (opt == 'n')
			name = optarg;
		else if (passed_option(&passed, opt, optarg))
			continue;
		else if (opt != 't')
			return command_common(cmd, opt);
		else if (!ta_dir_option(&ta_dirs, optarg))
			return EXIT_USAGE;
	}
	if (optind != argc)
		return command_usage(cmd, "takes no arguments");
	ret = client_find(cmd, name, socket);
	if (ret)
		return ret;
	ret = machine_own_path(opts.own, sizeof(opts.own));
	if (!ret)
		ret = machine_start(&opts, socket);
	if (ret && ret != -EALREADY)
		return EXIT_FAILED;
	if (ret == -EALREADY)
		say("it runs already");
	puts(socket);
	return EXIT_DONE;
}

const struct command command_up = {
	.name = "up",
	.summary = "start a machine that stays",
	.help = up_help,
	.main = up_main,
};
