// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
/* tee-supplicant: the supplicant as a program, with the options of OP-TEE's. */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/log.h"
#include "lib/machine_path.h"
#include "lib/number.h"
#include "ree/supplicant/supplicant.h"

#define MAX_DIRS MACHINE_MAX_TA_DIRS
#define TA_DIR_PARENT "/lib" /* what --ta-dir names a folder of */
#define DEFAULT_PLUGIN_DIR "/usr/lib/tee-supplicant/plugins"

struct options {
	char *dirs[MAX_DIRS + 1];
	unsigned int num_dirs;
	const char *fs_parent, *plugin_dir;
	int vm_fd;
};

static const char usage[] =
	"Usage: tee-supplicant [OPTION]... [DEVICE]\n"
	"Serve the secure world what only the normal world has: images of trusted applications,\n"
	"files, plugins. Each machine starts its own.\n"
	"\n"
	"  -f, --fs-parent-path=DIR  keep secure storage in DIR\n"
	"  -l, --ta-path=DIR[:DIR]   look for <uuid>.ta there, in order; may be given several times\n"
	"  -t, --ta-dir=NAME         look for them in " TA_DIR_PARENT "/NAME\n"
	"      --image-dir=DIR       as --ta-path, for one folder whose name may have a `:'\n"
	"  -p, --plugin-path=DIR     load plugins from there (" DEFAULT_PLUGIN_DIR ")\n"
	"      --vm-fd=N             serve the machine whose hypervisor has the socket N's other end\n"
	"  -h, --help                show this\n"
	"  -V, --version             show the version\n";

static const struct option longs[] = {
	{ "fs-parent-path", required_argument, NULL, 'f' },
	{ "ta-path", required_argument, NULL, 'l' },
	{ "ta-dir", required_argument, NULL, 't' },
	{ "image-dir", required_argument, NULL, 'i' },
	{ "plugin-path", required_argument, NULL, 'p' },
	{ "vm-fd", required_argument, NULL, 'v' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 },
};

static void add_dir(struct options *o, const char *path, size_t len)
{
	if (len && o->num_dirs < MAX_DIRS)
		o->dirs[o->num_dirs++] = strndup(path, len);
}

static void add_path(struct options *o, const char *list)
{
	while (*list) {
		size_t len = strcspn(list, ":");

		add_dir(o, list, len);
		list += len + (list[len] == ':');
	}
}

static void add_named(struct options *o, const char *name)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), TA_DIR_PARENT "/%s", name) < (int)sizeof(path))
		add_dir(o, path, strlen(path));
}

/* Return: 0 to go on, 1 to end well, 2 for a usage error. */
static int parse_one(struct options *o, int c)
{
	switch (c) {
	case 'f':
		o->fs_parent = optarg;
		return 0;
	case 'l':
		add_path(o, optarg);
		return 0;
	case 't':
		add_named(o, optarg);
		return 0;
	case 'i':
		add_dir(o, optarg, strlen(optarg));
		return 0;
	case 'p':
		o->plugin_dir = optarg;
		return 0;
	case 'v':
		o->vm_fd = number_parse(optarg, INT_MAX);
		return 0;
	case 'h':
		fputs(usage, stdout);
		return 1;
	case 'V':
		puts("tee-supplicant " TEELINK_VERSION);
		return 1;
	default:
		fputs("Try `tee-supplicant --help'.\n", stderr);
		return 2;
	}
}

static int serve(const struct options *o)
{
	const struct supplicant_config cfg = {
		.ta_dirs = o->dirs,
		.fs_parent = o->fs_parent,
		.plugin_dir = o->plugin_dir,
	};
	int ret;

	signal(SIGPIPE, SIG_IGN);
	ret = supplicant_run(o->vm_fd, &cfg);
	if (ret)
		log_error("%s", strerror(-ret));
	return ret ? EXIT_FAILURE : EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	struct options o = { .vm_fd = -1, .plugin_dir = DEFAULT_PLUGIN_DIR };
	int c, ret = 0;

	log_init("tee-supplicant");
	while (!ret && (c = getopt_long(argc, argv, "f:l:t:p:hV", longs, NULL)) != -1)
		ret = parse_one(&o, c);
	if (!ret && (o.vm_fd < 0 || optind != argc)) {
		fputs(usage, stderr);
		ret = 2;
	}
	if (!ret)
		ret = serve(&o);
	else if (ret == 1)
		ret = EXIT_SUCCESS;
	while (o.num_dirs)
		free(o.dirs[--o.num_dirs]);
	return ret;
}
