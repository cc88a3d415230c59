/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "tools/command.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct command *const commands[] = {
	&command_run, &command_trace, &command_up, &command_down, &command_status, &command_ta,
	&command_fuzz,
};

#define NUM_COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void print_help(FILE *out)
{
	size_t i;

	fputs("Usage: teelink COMMAND [OPTION]...\n"
	      "Run and look after machines: a normal world, a hypervisor, a secure world and its\n"
	      "trusted applications, linked as the REE-TEE link diagram shows.\n\n"
	      "Commands:\n",
	      out);
	for (i = 0; i < NUM_COMMANDS; i++)
		fprintf(out, "  %-8s %s\n", commands[i]->name, commands[i]->summary);
	fputs("\n"
	      "Options:\n"
	      "  -h, --help     this text; 'teelink COMMAND --help' for one command\n"
	      "      --version  the version\n\n"
	      "Environment:\n"
	      "  TEELINK_SOCKET     socket of the machine to talk to\n"
	      "  TEELINK_MACHINE    or its name (default: default)\n"
	      "  TEELINK_TA_DIR     folders with TA images, separated by ':'\n"
	      "  TEELINK_AUTOSTART  0: programs don't start a machine by themselves\n"
	      "  TEELINK_DEVICE     vm (default), kernel, or the name or path of a TEE's node\n"
	      "  TEELINK_DRIVER     /dev/tee0's driver: mipstee (default) or optee\n"
	      "  TEELINK_LINK       what tipc messages go by: virtio (default) or smcq\n"
	      "  TEELINK_CONFIG     file with a machine's limits, see teelink.conf(5)\n"
	      "  TEELINK_TA_KEY     keys that TA images must be signed with, see teelinkd(8)\n"
	      "  TEELINK_PLUGIN_DIR folder of the supplicant's plugins\n"
	      "  TEELINK_TA_LOG     file that TAs' lines are kept in\n"
	      "  TEELINK_REGISTER   ordinary memory: shadow (default, copied) or inplace\n"
	      "  TEELINK_LIBEXEC    folder of the machine's programs\n"
	      "  TEELINK_LOG        error, warn, info or debug\n",
	      out);
}

static const struct command *find(const char *name)
{
	size_t i;

	for (i = 0; i < NUM_COMMANDS; i++)
		if (!strcmp(commands[i]->name, name))
			return commands[i];
	return NULL;
}

/* A pipe of ours must not land where the standard descriptors belong. */
static void fill_standard_fds(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDWR);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

int main(int argc, char **argv)
{
	const struct command *cmd;

	fill_standard_fds();
	if (argc < 2) {
		print_help(stderr);
		return EXIT_USAGE;
	}
	if (!strcmp(argv[1], "--version"))
		return command_version();
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) {
		print_help(stdout);
		return EXIT_DONE;
	}
	if (!strcmp(argv[1], "help")) {
		cmd = argc > 2 ? find(argv[2]) : NULL;
		if (cmd)
			return command_common(cmd, 'h');
		print_help(argc > 2 ? stderr : stdout);
		return argc > 2 ? EXIT_USAGE : EXIT_DONE;
	}
	cmd = find(argv[1]);
	if (!cmd) {
		say("'%s' is not a command", argv[1]);
		fputs("Try 'teelink --help'.\n", stderr);
		return EXIT_USAGE;
	}
	return cmd->main(cmd, argc - 1, argv + 1);
}
