/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/* teelinkd: the hypervisor as a program. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hv/hv.h"
#include "hv/spawn.h"
#include "lib/limits.h"
#include "lib/log.h"
#include "lib/machine_path.h"
#include "lib/number.h"

struct options {
	char socket[MACHINE_SOCKET_SIZE];
	char *ta_dirs[MACHINE_MAX_TA_DIRS + 1];
	unsigned int num_ta_dirs;
	unsigned int idle_exit_s;
	int ready_fd;
	const char *ta_key, *state_dir, *plugin_dir, *ta_log;
	struct limits limits;
	const char *config; /* of --config, read before the rest of the options counts */
	bool trace, daemon, parent_death, proxied, user_supplicant;
};

static void usage(FILE *f)
{
	fprintf(f,
		"Usage: teelinkd [OPTION]...\n"
		"Run a machine: the hypervisor, the secure world and its launcher, the supplicant.\n"
		"\n"
		"  -s, --socket=PATH       the machine's socket (default: of the machine that\n"
		"                          TEELINK_SOCKET or TEELINK_MACHINE names)\n"
		"  -d, --ta-dir=DIR        look for TA images here; may be given several times\n"
		"  -k, --ta-key=PATH       check TA images with the keys in this PEM file or folder\n"
		"                          (default: TEELINK_TA_KEY, else the key of the dev kit)\n"
		"  -p, --plugin-dir=DIR    load the supplicant's plugins from here\n"
		"      --state-dir=DIR     keep secure storage and its key in DIR (default: `state'\n"
		"                          beside the socket); it is made when it is first needed\n"
		"  -i, --idle-exit=SECS    leave after so long without a client\n"
		"  -c, --config=FILE       read the machine's limits from here, see teelink.conf(5)\n"
		"  -l, --limit=NAME=VALUE  set one limit; may be given several times\n"
		"  -r, --ready-fd=N        write a byte to descriptor N when the machine serves\n"
		"  -D, --daemon            go to the background as soon as the machine serves\n"
		"  -f, --foreground        stay in the foreground (the default)\n"
		"  -m, --memory=MODE       direct: the secure world has the VMs' memory (the default);\n"
		"                          proxied: messages are copied (default: TEELINK_MEMORY)\n"
		"  -u, --supplicant=WHOSE  machine: one of its own (the default); user: whoever owns the\n"
		"                          machine attaches one, see tee-supplicant(8)\n"
		"      --trace             keep a trace for `teelink trace'; all worlds share it\n"
		"      --parent-death      end with the process that started this one\n"
		"  -h, --help              show this\n"
		"  -V, --version           show the version\n");
}

static const char *limit_error(int ret)
{
	switch (ret) {
	case -ENOENT:
		return "there is no such limit";
	case -EINVAL:
		return "NAME=VALUE is expected";
	case -ERANGE:
		return "the value is out of range";
	default:
		return strerror(-ret);
	}
}

static int set_limit(struct options *o, const char *text)
{
	int ret = limits_set(&o->limits, text);

	if (!ret)
		return 0;
	fprintf(stderr, "teelinkd: --limit: %s: %s\n", text, limit_error(ret));
	return 2;
}

static int set_supplicant(struct options *o, const char *whose)
{
	o->user_supplicant = !strcmp(whose, "user");
	if (o->user_supplicant || !strcmp(whose, "machine"))
		return 0;
	fprintf(stderr, "teelinkd: the supplicant is the machine's or the user's, not %s\n", whose);
	return 2;
}

static int set_memory(struct options *o, const char *mode)
{
	o->proxied = !strcmp(mode, "proxied");
	if (o->proxied || !strcmp(mode, "direct"))
		return 0;
	fprintf(stderr, "teelinkd: memory is direct or proxied, not %s\n", mode);
	return 2;
}

/* The file that an option or the environment names must be there, the system's needn't. */
static int read_config(struct options *o)
{
	const char *path = o->config ? o->config : getenv("TEELINK_CONFIG");
	bool named = path && *path;
	unsigned int line;
	int ret;

	limits_default(&o->limits);
	if (!named)
		path = TEELINK_CONFIG_FILE;
	ret = limits_read(&o->limits, path, &line);
	if (!ret || (ret == -ENOENT && !named && !line))
		return 0;
	if (line)
		fprintf(stderr, "teelinkd: %s: line %u: %s\n", path, line, limit_error(ret));
	else
		fprintf(stderr, "teelinkd: %s: %s\n", path, strerror(-ret));
	return 2;
}

/* Return: 0 to go on, 1 to end well, 2 for a usage error. */
static int parse_one(struct options *o, int c)
{
	int n;

	switch (c) {
	case 's':
		if (strlen(optarg) >= sizeof(o->socket)) {
			fprintf(stderr, "teelinkd: %s: no socket can have a path so long\n", optarg);
			return 2;
		}
		strcpy(o->socket, optarg);
		return 0;
	case 'd':
		if (o->num_ta_dirs == MACHINE_MAX_TA_DIRS) {
			fprintf(stderr, "teelinkd: at most %u TA folders\n", MACHINE_MAX_TA_DIRS);
			return 2;
		}
		o->ta_dirs[o->num_ta_dirs++] = optarg;
		return 0;
	case 'k':
		o->ta_key = optarg;
		return 0;
	case 'p':
		o->plugin_dir = optarg;
		return 0;
	case 'i':
		n = number_parse(optarg, 86400 * 365);
		if (n >= 0) {
			o->idle_exit_s = (unsigned int)n;
			return 0;
		}
		fprintf(stderr, "teelinkd: --idle-exit: %s is no number of seconds\n", optarg);
		return 2;
	case 'r':
		n = number_parse(optarg, INT_MAX);
		if (n >= 0) {
			o->ready_fd = n;
			return 0;
		}
		fprintf(stderr, "teelinkd: --ready-fd: %s is no descriptor\n", optarg);
		return 2;
	case 'c': /* taken by find_config */
		return 0;
	case 'l':
		return set_limit(o, optarg);
	case 'm':
		return set_memory(o, optarg);
	case 'u':
		return set_supplicant(o, optarg);
	case 'D':
		o->daemon = true;
		return 0;
	case 'f':
		o->daemon = false;
		return 0;
	case 'S':
		o->state_dir = optarg;
		return 0;
	case 't':
		o->trace = true;
		return 0;
	case 'P':
		o->parent_death = true;
		return 0;
	case 'h':
		usage(stdout);
		return 1;
	case 'V':
		printf("teelinkd %s\n", TEELINK_VERSION);
		return 1;
	default:
		fprintf(stderr, "Try `teelinkd --help'.\n");
		return 2;
	}
}

static const struct option longs[] = {
	{ "socket", required_argument, NULL, 's' },
	{ "ta-dir", required_argument, NULL, 'd' },
	{ "ta-key", required_argument, NULL, 'k' },
	{ "plugin-dir", required_argument, NULL, 'p' },
	{ "state-dir", required_argument, NULL, 'S' },
	{ "idle-exit", required_argument, NULL, 'i' },
	{ "config", required_argument, NULL, 'c' },
	{ "limit", required_argument, NULL, 'l' },
	{ "memory", required_argument, NULL, 'm' },
	{ "supplicant", required_argument, NULL, 'u' },
	{ "ready-fd", required_argument, NULL, 'r' },
	{ "daemon", no_argument, NULL, 'D' },
	{ "foreground", no_argument, NULL, 'f' },
	{ "trace", no_argument, NULL, 't' },
	{ "parent-death", no_argument, NULL, 'P' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 },
};
#define SHORT_OPTIONS "s:d:k:p:i:c:l:m:u:r:DfhV"

/* What the command line says counts more than the file, wherever --config stands. */
static void find_config(struct options *o, int argc, char **argv)
{
	int c;

	opterr = 0;
	while ((c = getopt_long(argc, argv, SHORT_OPTIONS, longs, NULL)) != -1)
		if (c == 'c')
			o->config = optarg;
	opterr = 1;
	optind = 0; /* again, from the start */
}

static int parse(struct options *o, int argc, char **argv)
{
	const char *memory = getenv("TEELINK_MEMORY");
	int c, ret;

	find_config(o, argc, argv);
	ret = read_config(o);
	if (!ret && memory && *memory)
		ret = set_memory(o, memory);
	if (ret)
		return ret;
	while ((c = getopt_long(argc, argv, SHORT_OPTIONS, longs, NULL)) != -1) {
		ret = parse_one(o, c);
		if (ret)
			return ret;
	}
	if (optind < argc) {
		fprintf(stderr, "teelinkd: %s: unexpected\nTry `teelinkd --help'.\n", argv[optind]);
		return 2;
	}
	if (!*o->socket && machine_socket_path(NULL, o->socket, sizeof(o->socket))) {
		fprintf(stderr, "teelinkd: the environment names no usable socket\n");
		return 2;
	}
	return 0;
}

/* Each VM costs descriptors here and in the secure world, which inherits this. */
static void raise_limits(void)
{
	struct rlimit lim;

	if (getrlimit(RLIMIT_NOFILE, &lim))
		return;
	lim.rlim_cur = lim.rlim_max;
	setrlimit(RLIMIT_NOFILE, &lim);
}

static struct hv *stopped_by_signal;

static void on_signal(int sig)
{
	(void)sig;
	hv_stop(stopped_by_signal);
}

static void tell_ready(void *data)
{
	struct options *o = data;

	if (o->ready_fd < 0)
		return;
	if (write(o->ready_fd, "", 1) != 1)
		log_debug("nobody waits for us to be ready");
	close(o->ready_fd);
	o->ready_fd = -1;
}

/* In the first process: 0 when the second one serves, else how that ended. */
static int wait_ready(int fd, pid_t pid)
{
	char byte;
	int status;

	if (read(fd, &byte, 1) == 1)
		return 0;
	fprintf(stderr, "teelinkd: the machine didn't start\n");
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status) || !WEXITSTATUS(status))
		return 1;
	return WEXITSTATUS(status);
}

/* Standard streams away from whoever started us; what is said goes to `log' beside the socket. */
static int leave_terminal(const struct options *o)
{
	char path[MACHINE_SOCKET_SIZE + 8];
	int null, log;
	char *slash;

	snprintf(path, sizeof(path), "%s", o->socket);
	slash = strrchr(path, '/');
	snprintf(slash ? slash + 1 : path, 8, "log");
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	log = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (null < 0)
		return -errno;
	setsid();
	dup2(null, 0);
	dup2(null, 1);
	dup2(log < 0 ? null : log, 2);
	close(null);
	if (log >= 0)
		close(log);
	return 0;
}

static int run(struct options *o, char *const *ta_dirs)
{
	char state[PATH_MAX], ta_log[PATH_MAX], limits[LIMITS_TEXT_SIZE];
	struct spawn_processes processes = {
		.ta_dirs = ta_dirs,
		.ta_key = o->ta_key,
		.state_dir = o->state_dir ? o->state_dir : state,
		.plugin_dir = o->plugin_dir,
		.ta_log = o->ta_log ? o->ta_log : ta_log,
		.limits = limits,
	};
	struct hv_config cfg = {
		.socket = o->socket,
		.state_dir = processes.state_dir,
		.limits = &o->limits,
		.trace = o->trace,
		.proxied = o->proxied,
		.user_supplicant = o->user_supplicant,
		.idle_exit_s = o->idle_exit_s,
		.spawn = &spawn_process_ops,
		.spawn_data = &processes,
		.ready = tell_ready,
		.ready_data = o,
	};
	struct sigaction sa = { .sa_handler = on_signal };
	struct hv *hv;
	int ret;

	if (machine_state_path(o->socket, state, sizeof(state)) ||
	    machine_ta_log_path(o->socket, ta_log, sizeof(ta_log)))
		return 2;
	raise_limits();
	limits_format(&o->limits, limits);
	ret = hv_create(&cfg, &hv);
	if (ret) {
		fprintf(stderr, "teelinkd: %s: %s\n", o->socket,
			ret == -EADDRINUSE ? "a machine serves this socket already" :
			ret == -EPERM	   ? "the folder must be yours alone (mode 0700)" :
					     strerror(-ret));
		return ret == -EADDRINUSE ? MACHINE_EXIT_IN_USE : 1;
	}
	stopped_by_signal = hv;
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGHUP, &sa, NULL);
	signal(SIGPIPE, SIG_IGN);
	if (o->daemon && leave_terminal(o))
		ret = -EIO;
	if (!ret)
		ret = hv_run(hv);
	signal(SIGTERM, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	hv_destroy(hv);
	return ret ? 1 : 0;
}

int main(int argc, char **argv)
{
	struct options o = { .ready_fd = -1, .ta_key = getenv("TEELINK_TA_KEY"),
			     .plugin_dir = getenv("TEELINK_PLUGIN_DIR"),
			     .ta_log = getenv("TEELINK_TA_LOG") };
	char own[PATH_MAX], **defaults = NULL;
	int pipe_fd[2], ret;
	pid_t pid;

	log_init("teelinkd");
	ret = parse(&o, argc, argv);
	if (ret)
		return ret == 1 ? 0 : ret;
	if (o.parent_death)
		prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (o.daemon) {
		if (pipe2(pipe_fd, O_CLOEXEC))
			return 1;
		pid = fork();
		if (pid < 0) {
			perror("teelinkd");
			return 1;
		}
		close(pipe_fd[pid ? 1 : 0]);
		if (pid)
			return wait_ready(pipe_fd[0], pid);
		o.ready_fd = pipe_fd[1];
	}
	if (!o.num_ta_dirs)
		defaults = machine_ta_dirs(machine_own_path(own, sizeof(own)) ? NULL : own);
	ret = run(&o, o.num_ta_dirs ? o.ta_dirs : defaults);
	machine_ta_dirs_free(defaults);
	return ret;
}
