// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
/* tee-supplicant: the supplicant as a program, with the options of OP-TEE's. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/machine_path.h"
#include "lib/number.h"
#include "ree/libteec/sys.h"
#include "ree/supplicant/supplicant.h"
#include "ree/supplicant/teepriv.h"
#include "ree/vm/machine.h"

#define MACHINE_TRIES 50u /* in a row that came to nothing */
#define MACHINE_PAUSE_NS 20000000
#define MAX_DIRS MACHINE_MAX_TA_DIRS
#define TA_DIR_PARENT "/lib" /* what --ta-dir names a folder of */
#define DEFAULT_PLUGIN_DIR "/usr/lib/tee-supplicant/plugins"
#define DEFAULT_FS_PARENT "/var/lib/tee"

struct options {
	char *dirs[MAX_DIRS + 1];
	unsigned int num_dirs;
	const char *fs_parent, *plugin_dir;
	const char *device; /* of a kernel; NULL: the first that fits */
	int vm_fd; /* of a machine; -1: none */
	bool user; /* of a machine that is told to do without one of its own */
	const char *machine; /* its name; NULL: the environment says */
	bool daemonize;
	int ready_fd; /* whoever waits for the daemon */
	bool attached, served; /* to the machine that was connected to last; to any */
};

static const char usage[] =
	"Usage: tee-supplicant [OPTION]... [DEVICE]\n"
	"Serve the secure world what only the normal world has: images of trusted applications,\n"
	"files, plugins. Each machine starts its own; for a kernel's secure world DEVICE is its\n"
	"/dev/teepriv0, or the first of these that is OP-TEE's.\n"
	"\n"
	"  -d, --daemonize           go to the background once the device is open\n"
	"  -f, --fs-parent-path=DIR  keep secure storage in DIR (" DEFAULT_FS_PARENT ")\n"
	"  -l, --ta-path=DIR[:DIR]   look for <uuid>.ta there, in order; may be given several times\n"
	"  -t, --ta-dir=NAME         look for them in " TA_DIR_PARENT "/NAME\n"
	"      --image-dir=DIR       as --ta-path, for one folder whose name may have a `:'\n"
	"  -p, --plugin-path=DIR     load plugins from there (" DEFAULT_PLUGIN_DIR ")\n"
	"  -r, --rpmb-cid=CID        taken and of no effect: there is no RPMB here\n"
	"  -m, --machine[=NAME]      serve a machine that was started with --supplicant=user: the one\n"
	"                            that TEELINK_SOCKET or TEELINK_MACHINE name, or NAME\n"
	"      --vm-fd=N             serve the machine whose hypervisor has the socket N's other end\n"
	"  -h, --help                show this\n"
	"  -V, --version             show the version\n";

static const struct option longs[] = {
	{ "daemonize", no_argument, NULL, 'd' },
	{ "fs-parent-path", required_argument, NULL, 'f' },
	{ "ta-path", required_argument, NULL, 'l' },
	{ "ta-dir", required_argument, NULL, 't' },
	{ "image-dir", required_argument, NULL, 'i' },
	{ "plugin-path", required_argument, NULL, 'p' },
	{ "rpmb-cid", required_argument, NULL, 'r' },
	{ "machine", optional_argument, NULL, 'm' },
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
	case 'd':
		o->daemonize = true;
		return 0;
	case 'r':
		return 0;
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
	case 'm':
		o->user = true;
		o->machine = optarg;
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

/* In the first process: how the second one began. */
static int wait_ready(int fd)
{
	char byte;

	return read(fd, &byte, 1) == 1 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* The device is open: whoever started us may go. */
static void tell_ready(void *data)
{
	struct options *o = data;
	int null;

	o->attached = o->served = true;
	if (o->ready_fd < 0)
		return;
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null >= 0) {
		dup2(null, STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
		dup2(null, STDERR_FILENO);
		close(null);
	}
	if (write(o->ready_fd, "", 1) != 1)
		log_debug("nobody waits for us to be ready");
	close(o->ready_fd);
	o->ready_fd = -1;
}

/* What a machine says between two lives of its secure world. */
static bool may_pass(int ret)
{
	return ret == -EIO || ret == -ECONNRESET || ret == -EPIPE;
}

/* The machine that runs, and after it the one that takes its place, until there is none. */
static int serve_machine(struct options *o, struct supplicant_config *cfg)
{
	const struct timespec pause = { .tv_nsec = MACHINE_PAUSE_NS };
	char socket[MACHINE_SOCKET_SIZE], state[PATH_MAX];
	int fd, ret = machine_socket_path(o->machine, socket, sizeof(socket));
	unsigned int tries = 0;

	if (!ret && !cfg->fs_parent) {
		ret = machine_state_path(socket, state, sizeof(state));
		cfg->fs_parent = state;
	}
	if (ret)
		return ret;
	while (tries++ < MACHINE_TRIES) {
		fd = machine_connect_to(socket);
		if (fd < 0)
			return o->served ? 0 : fd;
		o->attached = false;
		ret = supplicant_run(fd, cfg);
		if (ret && !may_pass(ret))
			return ret;
		if (o->attached)
			tries = 0;
		nanosleep(&pause, NULL);
	}
	return ret ? ret : -ECONNREFUSED;
}

static int serve(struct options *o, char *const *dirs)
{
	struct supplicant_config cfg = {
		.ta_dirs = dirs,
		.fs_parent = o->fs_parent		? o->fs_parent
			     : o->vm_fd < 0 && !o->user ? DEFAULT_FS_PARENT
							: NULL,
		.plugin_dir = o->plugin_dir,
		.user = o->user,
		.ready = tell_ready,
		.ready_data = o,
	};
	int ret;

	signal(SIGPIPE, SIG_IGN);
	if (o->user)
		ret = serve_machine(o, &cfg);
	else if (o->vm_fd >= 0)
		ret = supplicant_run(o->vm_fd, &cfg);
	else
		ret = teepriv_run(&teec_sys_kernel, o->device, &cfg);
	if (ret)
		log_error("%s%s",
			  o->user	 ? "the machine: "
			  : o->vm_fd < 0 ? "the secure world's device: "
					 : "",
			  strerror(-ret));
	return ret ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* Return: -1 in the process that goes on, else the exit status of the first one. */
static int daemonize(struct options *o)
{
	int fds[2];
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC))
		return EXIT_FAILURE;
	pid = fork();
	if (pid < 0)
		return EXIT_FAILURE;
	close(fds[pid ? 1 : 0]);
	if (pid)
		return wait_ready(fds[0]);
	o->ready_fd = fds[1];
	setsid();
	return chdir("/") ? EXIT_FAILURE : -1;
}

static int run(struct options *o)
{
	char own[PATH_MAX], **defaults = NULL;
	int ret = o->daemonize ? daemonize(o) : -1;

	if (ret >= 0)
		return ret;
	if (!o->num_dirs)
		defaults = machine_ta_dirs(machine_own_path(own, sizeof(own)) ? NULL : own);
	ret = serve(o, o->num_dirs || !defaults ? o->dirs : defaults);
	machine_ta_dirs_free(defaults);
	return ret;
}

int main(int argc, char **argv)
{
	struct options o = { .vm_fd = -1, .ready_fd = -1, .plugin_dir = DEFAULT_PLUGIN_DIR };
	int c, ret = 0;

	log_init("tee-supplicant");
	while (!ret && (c = getopt_long(argc, argv, "df:l:t:p:r:m::hV", longs, NULL)) != -1)
		ret = parse_one(&o, c);
	if (!ret && optind < argc)
		o.device = argv[optind++];
	if (!ret && (optind < argc || (o.device && (o.vm_fd >= 0 || o.user)))) {
		fputs("tee-supplicant: too many arguments\n", stderr);
		ret = 2;
	}
	if (!ret)
		ret = run(&o);
	else if (ret == 1)
		ret = EXIT_SUCCESS;
	while (o.num_dirs)
		free(o.dirs[--o.num_dirs]);
	return ret;
}
