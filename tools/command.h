/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * Subcommands of teelink, and what they have in common on the command line.
 * Thread rule: one thread.
 * Ownership rule: none.
 */
#ifndef TEELINK_TOOLS_COMMAND_H
#define TEELINK_TOOLS_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/machine_path.h"

/* Exit statuses of our own; CMD_* are those of env(1) for a command that can't be run. */
enum exit_status {
	EXIT_DONE = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
	EXIT_CMD_NO_MACHINE = 125,
	EXIT_CMD_NOT_EXECUTABLE = 126,
	EXIT_CMD_NOT_FOUND = 127,
};

struct command {
	const char *name;
	const char *summary; /* one line of `teelink --help` */
	const char *help;    /* what follows "Usage: teelink " in `teelink NAME --help` */
	int (*main)(const struct command *cmd, int argc, char **argv);
};

extern const struct command command_run, command_up, command_down, command_status, command_ta,
	command_trace, command_fuzz;

/* Option values above any character. */
enum { OPT_VERSION = 256, OPT_JSON, OPT_TA_DIR, OPT_CONFIG, OPT_LIMIT, OPT_MEMORY, OPT_SUPPLICANT, OPT_GDB,
       OPT_VALGRIND };

#define COMMON_OPTIONS                                                                             \
	{ "help", no_argument, NULL, 'h' }, { "version", no_argument, NULL, OPT_VERSION },         \
	{                                                                                          \
		NULL, 0, NULL, 0                                                                   \
	}

/**
 * command_common() - what every subcommand does with an option that isn't its own
 * @opt: what getopt_long returned: -h, --version, or '?' (getopt has said what is wrong)
 *
 * Return: exit status.
 */
int command_common(const struct command *cmd, int opt);
/* "teelink NAME: text" and how to get help, on stderr. Return: EXIT_USAGE. */
int command_usage(const struct command *cmd, const char *text);
int command_version(void);
/* "teelink: text" on stderr. */
void say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* TA folders given with --ta-dir, as given. */
#define MAX_TA_DIR_OPTIONS MACHINE_MAX_TA_DIRS
struct ta_dir_options {
	const char *dir[MAX_TA_DIR_OPTIONS];
	unsigned int num;
};
/* Return: false (and a message) when there are too many or @dir isn't a folder. */
bool ta_dir_option(struct ta_dir_options *opts, const char *dir);

/* Options that teelinkd gets as they were given: --config, --limit and --memory, each with its value. */
#define MAX_PASSED_OPTIONS 24u
struct passed_options {
	const char *option[MAX_PASSED_OPTIONS], *value[MAX_PASSED_OPTIONS];
	unsigned int num;
};
/* Return: false when @opt is none of them, or (and a message) when there are too many. */
bool passed_option(struct passed_options *opts, int opt, const char *value);

#define PASSED_OPTIONS                                                                             \
	{ "config", required_argument, NULL, OPT_CONFIG },                                         \
	{ "memory", required_argument, NULL, OPT_MEMORY },                                         \
	{ "supplicant", required_argument, NULL, OPT_SUPPLICANT },                                 \
	{                                                                                          \
		"limit", required_argument, NULL, OPT_LIMIT                                        \
	}

#define PASSED_HELP                                                                                \
	"      --config FILE       the machine's limits, see teelink.conf(5)\n"                    \
	"      --limit NAME=VALUE  one of them (repeatable)\n"                                    \
	"      --memory MODE       direct (default) or proxied, see teelinkd(8)\n"                 \
	"      --supplicant WHOSE  machine (default) or user, see teelinkd(8)\n"

#endif
