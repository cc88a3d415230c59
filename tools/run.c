/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "tools/run.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/uuid.h"

static const int forwarded[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2 };

static void watched_signals(sigset_t *set)
{
	size_t i;

	sigemptyset(set);
	sigaddset(set, SIGCHLD);
	for (i = 0; i < sizeof(forwarded) / sizeof(forwarded[0]); i++)
		sigaddset(set, forwarded[i]);
}

/* Puts the build tree's libteec before an installed one. */
static int set_library_path(const char *own)
{
	const char *old = getenv("LD_LIBRARY_PATH");
	char dir[PATH_MAX], *value;
	int ret;

	if (machine_build_libdir(own, dir, sizeof(dir)))
		return 0;
	if (asprintf(&value, "%s%s%s", dir, old && *old ? ":" : "", old ? old : "") < 0)
		return -ENOMEM;
	ret = setenv("LD_LIBRARY_PATH", value, 1) ? -errno : 0;
	free(value);
	return ret;
}

/* Adds the library that gives the devices by name, behind what else is to be preloaded. */
static int set_preload(const char *own)
{
	const char *old = getenv("LD_PRELOAD");
	char path[PATH_MAX], *value;
	int ret = machine_preload_path(own, path, sizeof(path));

	if (ret)
		return ret;
	if (asprintf(&value, "%s%s%s", old ? old : "", old && *old ? ":" : "", path) < 0)
		return -ENOMEM;
	ret = setenv("LD_PRELOAD", value, 1) ? -errno : 0;
	free(value);
	return ret;
}

/* In the child: becomes the command, or says on @fail why not. */
static void __attribute__((noreturn))
exec_command(const struct run_options *opts, const char *socket, const sigset_t *mask, int fail)
{
	int err;

	sigprocmask(SIG_SETMASK, mask, NULL);
	if (!setenv("TEELINK_SOCKET", socket, 1) && !set_library_path(opts->machine.own) &&
	    (!opts->preload || !set_preload(opts->machine.own)) &&
	    (!opts->link || !setenv("TEELINK_LINK", opts->link, 1)))
		execvp(opts->argv[0], opts->argv);
	err = errno;
	if (write(fail, &err, sizeof(err)) < 0) {
		/* The exit status tells enough. */
	}
	_exit(EXIT_CMD_NOT_EXECUTABLE);
}

/* Return: 0 once the command runs, or the exit status that says why it doesn't. */
static int start_command(const struct run_options *opts, const char *socket, const sigset_t *mask,
			 pid_t *pid)
{
	int fail[2], err = 0;
	ssize_t n;

	if (pipe2(fail, O_CLOEXEC))
		goto err_resources;
	*pid = fork();
	if (!*pid)
		exec_command(opts, socket, mask, fail[1]);
	close(fail[1]);
	if (*pid < 0) {
		close(fail[0]);
		goto err_resources;
	}
	do {
		n = read(fail[0], &err, sizeof(err));
	} while (n < 0 && errno == EINTR);
	close(fail[0]);
	if (n != (ssize_t)sizeof(err))
		return 0;
	while (waitpid(*pid, NULL, 0) < 0 && errno == EINTR)
		;
	say("%s: %s", opts->argv[0], err == ENOENT ? "command not found" : strerror(err));
	return err == ENOENT ? EXIT_CMD_NOT_FOUND : EXIT_CMD_NOT_EXECUTABLE;

err_resources:
	say("%s: %s", opts->argv[0], strerror(errno));
	return EXIT_CMD_NO_MACHINE;
}

/*
 * Waits for the command, passing signals on. What the terminal sends (SI_KERNEL) has reached the
 * command as well: it is in the same process group.
 */
static int wait_command(pid_t pid, const sigset_t *set)
{
	siginfo_t info;
	int status;

	for (;;) {
		int sig = sigwaitinfo(set, &info);

		if (sig > 0 && sig != SIGCHLD && info.si_code <= 0)
			kill(pid, sig);
		if (sig != SIGCHLD)
			continue;
		if (waitpid(pid, &status, WNOHANG) != pid)
			continue;
		return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	}
}

int run_in_machine(struct run_options *opts)
{
	struct private_machine machine;
	char preload[PATH_MAX];
	sigset_t set, old;
	int status, ret;
	pid_t pid;

	ret = machine_own_path(opts->machine.own, sizeof(opts->machine.own));
	if (ret) {
		say("/proc/self/exe: %s", strerror(-ret));
		return EXIT_CMD_NO_MACHINE;
	}
	if (opts->preload && machine_preload_path(opts->machine.own, preload, sizeof(preload))) {
		say("libteelink-dev.so is not where it was built or installed");
		return EXIT_CMD_NO_MACHINE;
	}
	/* From here on a signal waits until there is a command to pass it to. */
	watched_signals(&set);
	sigprocmask(SIG_BLOCK, &set, &old);
	if (private_machine_start(&opts->machine, &machine)) {
		sigprocmask(SIG_SETMASK, &old, NULL);
		return EXIT_CMD_NO_MACHINE;
	}
	status = start_command(opts, machine.socket, &old, &pid);
	if (!status) {
		status = wait_command(pid, &set);
		if (opts->ended)
			opts->ended(machine.socket, opts->arg);
	}
	if (private_machine_stop(&machine))
		say("the machine ended badly");
	return status;
}

static const char run_help[] =
	"run [OPTION]... [--] COMMAND [ARGUMENT]...\n"
	"Run COMMAND in a private machine, which is taken away after it.\n\n"
	"  -l, --link KIND         what COMMAND's tipc messages go by: virtio (default) or smcq\n"
	"  -p, --preload           give COMMAND the devices by name: /dev/tee0 and others\n"
	"  -t, --ta-dir DIR        look for TA images in DIR first (repeatable)\n"
	"      --gdb-ta UUID       each instance of this TA waits for a debugger\n"
	"      --valgrind-ta UUID  each instance of this TA runs under valgrind\n"
	PASSED_HELP
	"  -h, --help              this text\n"
	"      --version           the version\n\n"
	"COMMAND finds the machine through TEELINK_SOCKET. The exit status is COMMAND's, 128 + N\n"
	"when signal N ended it, 127 when it isn't found, 126 when it can't be run, 125 when\n"
	"there is no machine to run it in.\n";

static bool link_known(const char *name)
{
	return !strcmp(name, "virtio") || !strcmp(name, "smcq");
}

/* The machine inherits what its launcher is to do with this TA. Return: false for no UUID. */
static bool debug_ta(const char *how, const char *text)
{
	uint8_t uuid[UUID_OCTETS];
	char value[64];

	if (uuid_parse(text, uuid))
		return false;
	snprintf(value, sizeof(value), "%s:%s", how, text);
	return !setenv("TEELINK_DEBUG_TA", value, 1);
}

static int run_main(const struct command *cmd, int argc, char **argv)
{
	static const struct option options[] = {
		{ "link", required_argument, NULL, 'l' },
		{ "preload", no_argument, NULL, 'p' },
		{ "ta-dir", required_argument, NULL, 't' },
		{ "gdb-ta", required_argument, NULL, OPT_GDB },
		{ "valgrind-ta", required_argument, NULL, OPT_VALGRIND },
		PASSED_OPTIONS,
		COMMON_OPTIONS,
	};
	struct ta_dir_options ta_dirs = { .num = 0 };
	struct passed_options passed = { .num = 0 };
	struct run_options opts = { .machine = { .ta_dirs = &ta_dirs, .passed = &passed } };
	int opt;

	while ((opt = getopt_long(argc, argv, "+hl:pt:", options, NULL)) != -1) {
		if (passed_option(&passed, opt, optarg))
			continue;
		if (opt == 'p') {
			opts.preload = true;
			continue;
		}
		if (opt == 'l') {
			if (!link_known(optarg)) {
				say("%s: the links are virtio and smcq", optarg);
				return EXIT_CMD_NO_MACHINE;
			}
			opts.link = optarg;
			continue;
		}
		if (opt == OPT_GDB || opt == OPT_VALGRIND) {
			if (!debug_ta(opt == OPT_GDB ? "gdb" : "valgrind", optarg))
				return command_usage(cmd, "that is no UUID");
			continue;
		}
		if (opt != 't')
			return command_common(cmd, opt);
		if (!ta_dir_option(&ta_dirs, optarg))
			return EXIT_USAGE;
	}
	if (optind == argc)
		return command_usage(cmd, "which command?");
	opts.argv = argv + optind;
	return run_in_machine(&opts);
}

const struct command command_run = {
	.name = "run",
	.summary = "run a command in a machine of its own",
	.help = run_help,
	.main = run_main,
};
