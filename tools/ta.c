/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include <dirent.h>
#include <getopt.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/client.h"
#include "tools/machine.h"
#include "tools/status.h"
#include "tools/ta_new.h"
#include "tools/ta_image.h"
#include "tools/text_table.h"

/* Living instances of @uuid in the machine's status, which may be NULL. */
static json_int_t count_running(const json_t *status, const char *uuid)
{
	const json_t *tas = json_object_get(json_object_get(status, "secure_world"), "instances");
	json_int_t n = 0;
	size_t i;

	for (i = 0; i < json_array_size(tas); i++) {
		const json_t *ta = json_array_get(tas, i);
		const char *its = json_string_value(json_object_get(ta, "uuid"));

		if (its && !strcmp(its, uuid) && json_is_true(json_object_get(ta, "alive")))
			n++;
	}
	return n;
}

/* The machine's status, NULL when none runs. */
static json_t *running_status(void)
{
	char socket[MACHINE_SOCKET_SIZE], *text;
	json_t *root;

	if (machine_socket_path(NULL, socket, sizeof(socket)) || status_fetch(socket, &text))
		return NULL;
	root = json_loads(text, 0, NULL);
	free(text);
	return root;
}

static void add_image(json_t *rows, const json_t *status, const char *dir, const char *file)
{
	struct ta_image_info info;
	char path[PATH_MAX], flags[128];
	json_t *row;
	int ret;

	if (snprintf(path, sizeof(path), "%s/%s", dir, file) >= (int)sizeof(path))
		return;
	ret = ta_image_read(path, &info);
	if (ret) {
		say("%s: %s", path, strerror(-ret));
		return;
	}
	/* An image under another name than its own would never be found. */
	if (strncasecmp(file, info.uuid, strlen(info.uuid)) != 0)
		say("%s: calls itself %s", path, info.uuid);
	if (info.library)
		snprintf(flags, sizeof(flags), "library");
	else
		ta_image_flags_text(info.flags, flags, sizeof(flags));
	row = json_pack("{s:s, s:I, s:I, s:s, s:s}", "uuid", info.uuid, "running",
			count_running(status, info.uuid), "size", (json_int_t)info.size, "flags",
			flags, "path", path);
	if (!row || json_array_append_new(rows, row))
		say("%s: no memory", path);
}

static int is_image(const struct dirent *e)
{
	size_t len = strlen(e->d_name);

	return len == UUID_TEXT_SIZE - 1 + 3 && !strcmp(e->d_name + len - 3, ".ta");
}

static void add_folder(json_t *rows, const json_t *status, const char *dir)
{
	struct dirent **entries;
	int i, n;

	n = scandir(dir, &entries, is_image, alphasort);
	if (n < 0)
		return;
	for (i = 0; i < n; i++) {
		add_image(rows, status, dir, entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
}

static int list(const struct ta_dir_options *opts, bool as_json)
{
	json_t *rows = json_array(), *status = running_status();
	char own[PATH_MAX], **dirs;
	unsigned int i;
	int ret;

	ret = machine_own_path(own, sizeof(own));
	dirs = machine_ta_dirs(ret ? NULL : own);
	for (i = 0; i < opts->num; i++)
		add_folder(rows, status, opts->dir[i]);
	for (i = 0; dirs && dirs[i]; i++)
		add_folder(rows, status, dirs[i]);
	if (as_json) {
		json_dumpf(rows, stdout, JSON_INDENT(2));
		putchar('\n');
	} else {
		text_print_table(stdout, rows);
	}
	machine_ta_dirs_free(dirs);
	json_decref(rows);
	json_decref(status);
	return EXIT_DONE;
}

static const char ta_help[] =
	"ta list [OPTION]...\n"
	"       teelink ta new NAME\n"
	"list: the images of trusted applications that a machine would find, and how many\n"
	"instances of each the machine runs.\n"
	"new: a folder NAME with a client and a trusted application to start from.\n\n"
	"  -t, --ta-dir DIR  look for TA images in DIR first (repeatable)\n"
	"      --json        as JSON\n"
	"  -h, --help        this text\n"
	"      --version     the version\n";

static int ta_main(const struct command *cmd, int argc, char **argv)
{
	static const struct option options[] = {
		{ "ta-dir", required_argument, NULL, 't' },
		{ "json", no_argument, NULL, OPT_JSON },
		COMMON_OPTIONS,
	};
	struct ta_dir_options ta_dirs = { .num = 0 };
	bool json = false;
	int opt;

	while ((opt = getopt_long(argc, argv, "ht:", options, NULL)) != -1) {
		if (opt == OPT_JSON)
			json = true;
		else if (opt != 't')
			return command_common(cmd, opt);
		else if (!ta_dir_option(&ta_dirs, optarg))
			return EXIT_USAGE;
	}
	if (argc - optind == 2 && !strcmp(argv[optind], "new"))
		return ta_new(argv[optind + 1]);
	if (argc - optind != 1 || strcmp(argv[optind], "list") != 0)
		return command_usage(cmd, "what to do is 'list' or 'new NAME'");
	return list(&ta_dirs, json);
}

const struct command command_ta = {
	.name = "ta",
	.summary = "list trusted applications, or begin one",
	.help = ta_help,
	.main = ta_main,
};
