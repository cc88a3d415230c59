/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "tools/command.h"

#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>

void say(const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	fprintf(stderr, "teelink: %s\n", text);
}

int command_version(void)
{
	puts("teelink " TEELINK_VERSION);
	return EXIT_DONE;
}

int command_common(const struct command *cmd, int opt)
{
	switch (opt) {
	case 'h':
		printf("Usage: teelink %s", cmd->help);
		return EXIT_DONE;
	case OPT_VERSION:
		return command_version();
	default:
		fprintf(stderr, "Try 'teelink %s --help'.\n", cmd->name);
		return EXIT_USAGE;
	}
}

int command_usage(const struct command *cmd, const char *text)
{
	fprintf(stderr, "teelink %s: %s\n", cmd->name, text);
	return command_common(cmd, '?');
}

bool ta_dir_option(struct ta_dir_options *opts, const char *dir)
{
	struct stat st;

	if (opts->num == MAX_TA_DIR_OPTIONS) {
		say("more than %u TA folders", MAX_TA_DIR_OPTIONS);
		return false;
	}
	if (stat(dir, &st) || !S_ISDIR(st.st_mode)) {
		say("%s: no such folder", dir);
		return false;
	}
	opts->dir[opts->num++] = dir;
	return true;
}

bool passed_option(struct passed_options *opts, int opt, const char *value)
{
	const char *name = opt == OPT_CONFIG ? "--config" :
			   opt == OPT_LIMIT  ? "--limit" :
			   opt == OPT_MEMORY ? "--memory" :
			   opt == OPT_SUPPLICANT ? "--supplicant" :
					       NULL;

	if (!name)
		return false;
	if (opts->num == MAX_PASSED_OPTIONS) {
		say("more than %u options for the machine", MAX_PASSED_OPTIONS);
		return false;
	}
	opts->option[opts->num] = name;
	opts->value[opts->num++] = value;
	return true;
}
