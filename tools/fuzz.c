// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
#include "tools/fuzz.h"

#include <dirent.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/command.h"

#define MAX_ARGS 64u
#define MINIMISE_RUNS "2000" /* without a smaller find, before it counts as the smallest */

struct fuzz_options {
	const char *corpus, *output, *seconds, *runs, *seed;
	bool minimise, panic;
};

struct arguments {
	char *arg[MAX_ARGS + 1];
	unsigned int num;
};

/* Of libFuzzer's; they live as long as the command. */
static bool add(struct arguments *a, const char *option, const char *value)
{
	if (a->num == MAX_ARGS || asprintf(&a->arg[a->num], "%s%s", option, value) < 0) {
		say("too many arguments");
		return false;
	}
	a->arg[++a->num] = NULL;
	return true;
}

static bool add_common(struct arguments *a, const struct fuzz_files *f)
{
	/* A call's length says nothing of how deep it goes; what a TA allocates its instance frees. */
	return add(a, f->driver, "") && add(a, "-len_control=0", "") &&
	       add(a, "-detect_leaks=0", "") && add(a, "-timeout=20", "");
}

/* Return: 0, or -errno with a message printed. */
static int make_folder(const char *path)
{
	int ret = mkdir(path, 0777) && errno != EEXIST ? -errno : 0;

	if (ret)
		say("%s: %s", path, strerror(-ret));
	return ret;
}

static int make_folders(const struct fuzz_options *o, struct fuzz_files *f)
{
	static const char *const folders[] = { "finds", "corpus" };
	char path[PATH_MAX];
	unsigned int i;
	int ret = make_folder(o->output);

	if (ret)
		return ret;
	if (!realpath(o->output, f->output))
		return -errno;
	for (i = 0; i < sizeof(folders) / sizeof(folders[0]) && !ret; i++) {
		snprintf(path, sizeof(path), "%.3000s/%s", f->output, folders[i]);
		ret = make_folder(path);
	}
	return ret;
}

static int is_find(const struct dirent *e)
{
	return !strncmp(e->d_name, "crash-", strlen("crash-"));
}

/* The find that came last. */
static bool newest_find(const struct fuzz_files *f, char name[NAME_MAX + 1], struct timespec *when)
{
	char path[PATH_MAX];
	struct dirent **entries;
	bool found = false;
	struct stat st;
	int i, n;

	snprintf(path, sizeof(path), "%.3000s/finds", f->output);
	n = scandir(path, &entries, is_find, alphasort);
	for (i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "%.3000s/finds/%s", f->output, entries[i]->d_name);
		if (!stat(path, &st) &&
		    (!found || st.st_mtim.tv_sec > when->tv_sec ||
		     (st.st_mtim.tv_sec == when->tv_sec && st.st_mtim.tv_nsec > when->tv_nsec))) {
			snprintf(name, NAME_MAX + 1, "%s", entries[i]->d_name);
			*when = st.st_mtim;
			found = true;
		}
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
	return found;
}

/* Prints the calls of an input while it runs. Return: exit status. */
static int show(const struct fuzz_files *f, char *const inputs[])
{
	struct arguments a = { .num = 0 };

	setenv("TEELINK_FUZZ_SHOW", "1", 1);
	if (!add_common(&a, f))
		return EXIT_FAILED;
	for (; *inputs; inputs++)
		if (!add(&a, *inputs, ""))
			return EXIT_FAILED;
	return fuzz_spawn(a.arg) ? EXIT_FAILED : EXIT_DONE;
}

/* From the output folder: libFuzzer puts a command line of its own together, and doesn't quote. */
static void minimise(const struct fuzz_options *o, const char *find)
{
	struct arguments a = { .num = 0 };
	char smaller[NAME_MAX + 32], path[NAME_MAX + 32];

	/* Nobody reads the reports on the way. */
	setenv("ASAN_OPTIONS", "symbolize=0", 1);
	snprintf(smaller, sizeof(smaller), "finds/minimised-%s", find);
	snprintf(path, sizeof(path), "finds/%s", find);
	if (add(&a, "./driver", "") && add(&a, "-minimize_crash=1", "") &&
	    add(&a, "-runs=", MINIMISE_RUNS) && add(&a, "-detect_leaks=0", "") &&
	    add(&a, "-seed=", o->seed ? o->seed : "1") &&
	    add(&a, "-exact_artifact_path=", smaller) && add(&a, path, ""))
		fuzz_spawn(a.arg);
	say("find: %s/%s", o->output, access(smaller, R_OK) ? path : smaller);
}

/* Return: exit status. */
static int search(const struct fuzz_options *o, const struct fuzz_files *f, const char *corpus,
		  char *const extra[])
{
	struct timespec before = { 0 }, after = { 0 };
	struct arguments a = { .num = 0 };
	char find[NAME_MAX + 1];
	int status;

	newest_find(f, find, &before);
	if (!add_common(&a, f) || !add(&a, "-artifact_prefix=", "finds/") ||
	    (o->seconds && !add(&a, "-max_total_time=", o->seconds)) ||
	    (o->runs && !add(&a, "-runs=", o->runs)) || (o->seed && !add(&a, "-seed=", o->seed)))
		return EXIT_FAILED;
	for (; *extra; extra++)
		if (!add(&a, *extra, ""))
			return EXIT_FAILED;
	if (!add(&a, "corpus", "") || (*corpus && !add(&a, corpus, "")))
		return EXIT_FAILED;
	if (chdir(f->output)) {
		say("%s: %s", f->output, strerror(errno));
		return EXIT_FAILED;
	}
	status = fuzz_spawn(a.arg);
	if (!newest_find(f, find, &after) || !memcmp(&before, &after, sizeof(before)))
		return status ? EXIT_FAILED : EXIT_DONE;
	if (o->minimise)
		minimise(o, find);
	else
		say("find: %s/finds/%s", o->output, find);
	return EXIT_FAILED;
}

static const char fuzz_help[] =
	"fuzz [OPTION]... TA [INPUT]... [-- LIBFUZZER-OPTION...]\n"
	"Call a trusted application with ever new commands, parameters and sequences of calls,\n"
	"under libFuzzer and AddressSanitizer, until that finds something. TA is the folder of\n"
	"its sources, with a makefile for the dev kit, or an image.\n\n"
	"  -c, --corpus DIR    inputs to begin with, besides those in OUTPUT/corpus\n"
	"  -m, --minimise      make a find as small as it gets\n"
	"  -o, --output DIR    what is built, new inputs and finds (default: fuzz)\n"
	"  -p, --panics        a panic of the trusted application is a find\n"
	"  -r, --runs N        how many inputs\n"
	"  -s, --seed N        the same inputs each time\n"
	"  -t, --time SECONDS  how long\n"
	"  -h, --help          this text\n"
	"      --version       the version\n\n"
	"With INPUTs: run these, and print their calls and what came of them.\n"
	"The exit status is 0 when nothing was found, 1 when something was.\n";

static int fuzz(const struct fuzz_options *o, const char *ta, char *const inputs[],
		char *const extra[])
{
	struct fuzz_files *f = calloc(1, sizeof(*f));
	char corpus[PATH_MAX] = "";
	int status = EXIT_FAILED;

	if (o->corpus && !realpath(o->corpus, corpus)) {
		say("%s: %s", o->corpus, strerror(errno));
		goto out;
	}
	if (!f || make_folders(o, f) || fuzz_build(ta, f))
		goto out;
	setenv("TEELINK_FUZZ_TA", f->image, 1);
	setenv("TEELINK_FUZZ_PANIC", o->panic ? "1" : "0", 1);
	status = *inputs ? show(f, inputs) : search(o, f, corpus, extra);
out:
	free(f);
	return status;
}

/* Splits what follows the options. Return: how many are before "--". */
static int count_inputs(char **argv, int num)
{
	int i;

	for (i = 0; i < num; i++)
		if (!strcmp(argv[i], "--"))
			break;
	return i;
}

static int fuzz_main(const struct command *cmd, int argc, char **argv)
{
	static const struct option options[] = {
		{ "corpus", required_argument, NULL, 'c' },
		{ "minimise", no_argument, NULL, 'm' },
		{ "output", required_argument, NULL, 'o' },
		{ "panics", no_argument, NULL, 'p' },
		{ "runs", required_argument, NULL, 'r' },
		{ "seed", required_argument, NULL, 's' },
		{ "time", required_argument, NULL, 't' },
		COMMON_OPTIONS,
	};
	struct fuzz_options o = { .output = "fuzz" };
	static char *none[] = { NULL };
	char **extra = none;
	int opt, num;

	while ((opt = getopt_long(argc, argv, "+c:hmo:pr:s:t:", options, NULL)) != -1) {
		switch (opt) {
		case 'c':
			o.corpus = optarg;
			break;
		case 'm':
			o.minimise = true;
			break;
		case 'o':
			o.output = optarg;
			break;
		case 'p':
			o.panic = true;
			break;
		case 'r':
			o.runs = optarg;
			break;
		case 's':
			o.seed = optarg;
			break;
		case 't':
			o.seconds = optarg;
			break;
		default:
			return command_common(cmd, opt);
		}
	}
	if (optind == argc)
		return command_usage(cmd, "which trusted application?");
	num = count_inputs(argv + optind, argc - optind);
	if (num == 0)
		return command_usage(cmd, "which trusted application?");
	if (optind + num < argc) {
		argv[optind + num] = NULL;
		extra = argv + optind + num + 1;
	}
	return fuzz(&o, argv[optind], argv + optind + 1, extra);
}

const struct command command_fuzz = {
	.name = "fuzz",
	.summary = "call a trusted application with anything, until it breaks",
	.help = fuzz_help,
	.main = fuzz_main,
};
