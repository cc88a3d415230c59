/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "tools/machine.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/folder.h"
#include "tools/client.h"

#define MAX_ARGS (16u + 2u * MACHINE_MAX_TA_DIRS + 2u * MAX_PASSED_OPTIONS)
#define STOP_MS 5000
/* Where teelinkd finds the pipe that it says "ready" on. */
#define READY_FD 3

/* Command line of teelinkd. */
struct daemon_args {
	char path[PATH_MAX];
	char state[PATH_MAX];
	char ready[12];
	char *given[MAX_TA_DIR_OPTIONS]; /* --ta-dir, made absolute */
	char **ta_dirs;
	char *argv[MAX_ARGS];
	unsigned int num;
};

static void add_arg(struct daemon_args *a, const char *arg)
{
	if (a->num < MAX_ARGS - 1)
		a->argv[a->num++] = (char *)(uintptr_t)arg;
}

static void add_option(struct daemon_args *a, const char *option, const char *value)
{
	add_arg(a, option);
	add_arg(a, value);
}

static int daemon_args_init(struct daemon_args *a, const struct machine_options *opts,
			    const char *socket)
{
	unsigned int i;
	int ret;

	memset(a, 0, sizeof(*a));
	ret = machine_find_program(opts->own, "teelinkd", a->path, sizeof(a->path));
	if (ret) {
		say("teelinkd not found; TEELINK_LIBEXEC can name its folder");
		return ret;
	}
	ret = machine_state_path(socket, a->state, sizeof(a->state));
	if (ret)
		return ret;
	if (mkdir(a->state, 0700) && errno != EEXIST) {
		ret = -errno;
		say("%s: %s", a->state, strerror(-ret));
		return ret;
	}
	snprintf(a->ready, sizeof(a->ready), "%d", READY_FD);
	add_arg(a, a->path);
	add_arg(a, "--foreground");
	add_option(a, "--socket", socket);
	add_option(a, "--state-dir", a->state);
	add_option(a, "--ready-fd", a->ready);
	if (opts->trace)
		add_arg(a, "--trace");
	for (i = 0; opts->passed && i < opts->passed->num; i++)
		add_option(a, opts->passed->option[i], opts->passed->value[i]);
	for (i = 0; i < opts->ta_dirs->num; i++) {
		a->given[i] = realpath(opts->ta_dirs->dir[i], NULL);
		add_option(a, "--ta-dir", a->given[i] ? a->given[i] : opts->ta_dirs->dir[i]);
	}
	a->ta_dirs = machine_ta_dirs(opts->own);
	/* teelinkd takes so many and no more: those that the user named come first. */
	for (i = 0; a->ta_dirs && a->ta_dirs[i]; i++)
		if (opts->ta_dirs->num + i < MACHINE_MAX_TA_DIRS)
			add_option(a, "--ta-dir", a->ta_dirs[i]);
	return 0;
}

static void daemon_args_release(struct daemon_args *a)
{
	unsigned int i;

	for (i = 0; i < MAX_TA_DIR_OPTIONS; i++)
		free(a->given[i]);
	machine_ta_dirs_free(a->ta_dirs);
}

/* In a fresh child: leaves the user's terminal and files; signals as usual. */
static void leave_terminal(int err_fd)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	sigset_t none;

	setsid();
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (null >= 0) {
		dup2(null, STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
	}
	if (err_fd >= 0)
		dup2(err_fd, STDERR_FILENO);
}

/* In a fresh child: becomes teelinkd, with nothing but the standard descriptors and @ready. */
static void __attribute__((noreturn)) exec_daemon(const struct daemon_args *a, int ready)
{
	if (ready != READY_FD && dup2(ready, READY_FD) < 0)
		_exit(EXIT_CMD_NO_MACHINE);
	if (ready == READY_FD)
		fcntl(ready, F_SETFD, 0);
	close_range(READY_FD + 1, ~0u, 0);
	execv(a->path, a->argv);
	say("%s: %s", a->path, strerror(errno));
	_exit(EXIT_CMD_NO_MACHINE);
}

/* teelinkd writes once it takes VMs; an end of file before means that it never will. */
static int wait_ready(int fd)
{
	char c;
	ssize_t n;

	do {
		n = read(fd, &c, 1);
	} while (n < 0 && errno == EINTR);
	return n == 1 ? 0 : -EIO;
}

/* Ends teelinkd, politely first. Return: its wait status. */
static int end_daemon(pid_t pid, int pidfd)
{
	struct pollfd p = { .fd = pidfd, .events = POLLIN };
	int status = 0;

	kill(pid, SIGTERM);
	if (poll(&p, 1, STOP_MS) == 0)
		kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return status;
}

/* The keeper: @life ends when the command is gone or done, @pidfd's process when teelinkd is. */
static int keep(pid_t pid, int pidfd, int life)
{
	struct pollfd p[2] = { { .fd = life, .events = POLLIN },
			       { .fd = pidfd, .events = POLLIN } };
	int status;
	char c;

	for (;;) {
		if (poll(p, 2, -1) < 0)
			continue;
		if (p[0].revents) {
			status = end_daemon(pid, pidfd);
			return WIFEXITED(status) && !WEXITSTATUS(status) ? 0 : 1;
		}
		if (p[1].revents)
			break;
	}
	/* The machine went first: its folder stays until the command has ended. */
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	while (read(life, &c, 1) < 0 && errno == EINTR)
		;
	return 1;
}

/* Closes all that the user's shell left open: the standard descriptors and these two remain. */
static int keep_only(int *ready, int *life)
{
	int r = fcntl(*ready, F_DUPFD_CLOEXEC, READY_FD + 2);
	int l = fcntl(*life, F_DUPFD_CLOEXEC, READY_FD + 2);

	*ready = READY_FD;
	*life = READY_FD + 1;
	if (r < 0 || l < 0 || dup3(r, *ready, O_CLOEXEC) < 0 || dup3(l, *life, O_CLOEXEC) < 0)
		return -errno;
	return close_range(READY_FD + 2, ~0u, 0) ? -errno : 0;
}

static void __attribute__((noreturn))
keeper_main(const struct daemon_args *a, const struct private_machine *m, int life, int ready)
{
	int status = 1, pidfd;
	pid_t self = getpid();
	pid_t pid;

	leave_terminal(-1);
	prctl(PR_SET_NAME, "teelink-keeper");
	if (keep_only(&ready, &life))
		_exit(EXIT_CMD_NO_MACHINE);
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		if (getppid() != self)
			_exit(EXIT_CMD_NO_MACHINE);
		exec_daemon(a, ready);
	}
	close(ready);
	if (pid > 0) {
		pidfd = pidfd_open(pid, 0);
		status = pidfd < 0 ? end_daemon(pid, -1) : keep(pid, pidfd, life);
	}
	folder_remove(m->folder);
	_exit(status ? 1 : 0);
}

static int make_private_folder(struct private_machine *m)
{
	const char *base = getenv("XDG_RUNTIME_DIR");
	int ret;

	/* The socket's path has 108 bytes in all. */
	if (!base || base[0] != '/' ||
	    strlen(base) > sizeof(m->folder) - sizeof("/teelink-XXXXXX") || access(base, W_OK))
		base = "/tmp";
	snprintf(m->folder, sizeof(m->folder), "%s/teelink-XXXXXX", base);
	if (!mkdtemp(m->folder)) {
		ret = -errno;
		say("%s: %s", m->folder, strerror(-ret));
		return ret;
	}
	snprintf(m->socket, sizeof(m->socket), "%s/sock", m->folder);
	return 0;
}

int private_machine_start(const struct machine_options *opts, struct private_machine *m)
{
	int life[2], ready[2], ret;
	struct daemon_args args;

	ret = make_private_folder(m);
	if (ret)
		return ret;
	ret = daemon_args_init(&args, opts, m->socket);
	if (ret)
		goto err_folder;
	ret = pipe2(life, O_CLOEXEC) ? -errno : 0;
	if (ret)
		goto err_args;
	ret = pipe2(ready, O_CLOEXEC) ? -errno : 0;
	if (ret)
		goto err_life;
	m->keeper = fork();
	if (!m->keeper) {
		close(life[1]);
		keeper_main(&args, m, life[0], ready[1]);
	}
	ret = m->keeper < 0 ? -errno : 0;
	close(ready[1]);
	if (ret)
		goto err_ready;
	close(life[0]);
	m->life = life[1];
	ret = wait_ready(ready[0]);
	close(ready[0]);
	daemon_args_release(&args);
	if (ret) {
		private_machine_stop(m);
		say("the machine did not start");
	}
	return ret;

err_ready:
	close(ready[0]);
err_life:
	close(life[0]);
	close(life[1]);
err_args:
	daemon_args_release(&args);
err_folder:
	folder_remove(m->folder);
	return ret;
}

int private_machine_stop(struct private_machine *m)
{
	int status = 0;

	close(m->life);
	while (waitpid(m->keeper, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) && !WEXITSTATUS(status) ? 0 : -EIO;
}

/* Takes the starter's lock of the machine at @socket. Return: descriptor or -errno. */
static int lock_machine(const char *socket)
{
	char path[PATH_MAX];
	int fd, ret;

	ret = machine_lock_path(socket, path, sizeof(path));
	if (ret)
		return ret;
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -errno;
	while (flock(fd, LOCK_EX)) {
		if (errno != EINTR) {
			ret = -errno;
			close(fd);
			return ret;
		}
	}
	return fd;
}

/* The file that a lasting machine's messages go to; what an earlier one said is forgotten. */
static int open_log(const char *socket)
{
	char path[PATH_MAX];
	const char *slash = strrchr(socket, '/');
	int len = slash ? (int)(slash - socket) : 0;

	if (snprintf(path, sizeof(path), "%.*s/log", len, socket) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	return open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
}

static int start_daemon(const struct machine_options *opts, const char *socket)
{
	struct daemon_args args;
	int ready[2], log, ret;
	pid_t pid;

	ret = daemon_args_init(&args, opts, socket);
	if (ret)
		return ret;
	ret = pipe2(ready, O_CLOEXEC) ? -errno : 0;
	if (ret)
		goto out_args;
	log = open_log(socket);
	pid = fork();
	if (!pid) {
		leave_terminal(log);
		exec_daemon(&args, ready[1]);
	}
	ret = pid < 0 ? -errno : 0;
	if (log >= 0)
		close(log);
	close(ready[1]);
	if (!ret)
		ret = wait_ready(ready[0]);
	close(ready[0]);
	if (ret)
		say("the machine did not start; see the file 'log' beside %s", socket);
out_args:
	daemon_args_release(&args);
	return ret;
}

int machine_start(const struct machine_options *opts, const char *socket)
{
	int lock, sock, ret;

	ret = machine_make_folder(socket);
	if (ret) {
		say("%s: its folder must be yours alone (mode 0700): %s", socket, strerror(-ret));
		return ret;
	}
	lock = lock_machine(socket);
	if (lock < 0) {
		say("%s: can't lock its folder: %s", socket, strerror(-lock));
		return lock;
	}
	sock = client_connect(socket);
	if (sock >= 0) {
		close(sock);
		ret = -EALREADY;
	} else {
		ret = start_daemon(opts, socket);
	}
	close(lock);
	return ret;
}
