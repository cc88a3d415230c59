/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "hv/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/machine_path.h"

#define FIRST_FD 3
#define MAX_ARGS 48u

static const char *const programs[HV_NUM_CHILDREN] = {
	[HV_CHILD_TEE] = "teelink-tee",
	[HV_CHILD_LAUNCH] = "teelink-launch",
	[HV_CHILD_SUPPLICANT] = "tee-supplicant",
};

/* What each of the three descriptors is called on the program's command line. */
static const char *const options[HV_NUM_CHILDREN][3] = {
	[HV_CHILD_TEE] = { "--hv-fd", "--launch-fd", "--trace-fd" },
	[HV_CHILD_LAUNCH] = { "--tee-fd", NULL, "--trace-fd" },
	[HV_CHILD_SUPPLICANT] = { "--vm-fd", NULL, NULL },
};

struct command {
	char path[PATH_MAX];
	const char *argv[MAX_ARGS];
	unsigned int argc;
	char numbers[3][12];
	int fds[3]; /* those that go along, in order */
	unsigned int num_fds;
};

static int command_build(struct command *cmd, const struct spawn_processes *sp, enum hv_child which,
			 const int fds[3])
{
	char own[PATH_MAX];
	unsigned int i;
	int ret;

	memset(cmd, 0, sizeof(*cmd));
	ret = machine_own_path(own, sizeof(own));
	ret = machine_find_program(ret ? NULL : own, programs[which], cmd->path, sizeof(cmd->path));
	if (ret) {
		log_error("%s isn't found", programs[which]);
		return ret;
	}
	cmd->argv[cmd->argc++] = programs[which];
	for (i = 0; i < 3; i++) {
		if (fds[i] < 0 || !options[which][i])
			continue;
		snprintf(cmd->numbers[i], sizeof(cmd->numbers[i]), "%u", FIRST_FD + cmd->num_fds);
		cmd->argv[cmd->argc++] = options[which][i];
		cmd->argv[cmd->argc++] = cmd->numbers[i];
		cmd->fds[cmd->num_fds++] = fds[i];
	}
	if (which == HV_CHILD_TEE && sp->ta_key) {
		cmd->argv[cmd->argc++] = "--ta-key";
		cmd->argv[cmd->argc++] = sp->ta_key;
	}
	if (which == HV_CHILD_TEE && sp->ta_log) {
		cmd->argv[cmd->argc++] = "--ta-log";
		cmd->argv[cmd->argc++] = sp->ta_log;
	}
	if (which == HV_CHILD_SUPPLICANT && sp->state_dir) {
		cmd->argv[cmd->argc++] = "--fs-parent-path";
		cmd->argv[cmd->argc++] = sp->state_dir;
	}
	if (which == HV_CHILD_SUPPLICANT && sp->plugin_dir) {
		cmd->argv[cmd->argc++] = "--plugin-path";
		cmd->argv[cmd->argc++] = sp->plugin_dir;
	}
	if (which == HV_CHILD_TEE && sp->limits) {
		cmd->argv[cmd->argc++] = "--limits";
		cmd->argv[cmd->argc++] = sp->limits;
	}
	for (i = 0; which == HV_CHILD_SUPPLICANT && sp->ta_dirs && sp->ta_dirs[i] &&
		    cmd->argc < MAX_ARGS - 3;
	     i++) {
		cmd->argv[cmd->argc++] = "--image-dir";
		cmd->argv[cmd->argc++] = sp->ta_dirs[i];
	}
	return 0;
}

/* In the child: exactly the standard streams and what the command names stay open. */
static void child_exec(struct command *cmd, int parent)
{
	int high[3];
	unsigned int i;
	sigset_t none;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	for (i = 0; i < cmd->num_fds; i++) {
		high[i] = fcntl(cmd->fds[i], F_DUPFD_CLOEXEC, FIRST_FD + 3);
		if (high[i] < 0)
			_exit(126);
	}
	for (i = 0; i < cmd->num_fds; i++)
		if (dup2(high[i], FIRST_FD + (int)i) < 0)
			_exit(126);
	syscall(SYS_close_range, FIRST_FD + cmd->num_fds, ~0u, 0u);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	execv(cmd->path, (char *const *)(uintptr_t)cmd->argv);
	log_error("%s: %s", cmd->path, strerror(errno));
	_exit(127);
}

static int process_start(void *data, enum hv_child which, const int fds[3])
{
	struct spawn_processes *sp = data;
	struct command *cmd;
	unsigned int slot = 0;
	int parent = getpid();
	int pid, ret;

	while (slot < SPAWN_MAX_CHILDREN && sp->child[slot].pid)
		slot++;
	if (slot == SPAWN_MAX_CHILDREN)
		return -EAGAIN;
	cmd = malloc(sizeof(*cmd));
	if (!cmd)
		return -ENOMEM;
	ret = command_build(cmd, sp, which, fds);
	if (ret)
		goto out;
	pid = fork();
	if (!pid)
		child_exec(cmd, parent);
	if (pid < 0) {
		ret = -errno;
		goto out;
	}
	sp->child[slot].pid = pid;
	sp->child[slot].pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	ret = (int)slot + 1;
out:
	free(cmd);
	return ret;
}

static int process_watch(void *data, int handle)
{
	const struct spawn_processes *sp = data;

	return sp->child[handle - 1].pidfd;
}

/* It ended by itself. */
static void log_end(const char *name, int pid, int status)
{
	if (WIFEXITED(status) && !WEXITSTATUS(status))
		log_info("%s (pid %d) has ended", name, pid);
	else if (WIFSIGNALED(status))
		log_error("%s (pid %d) was killed by signal %d (%s)", name, pid, WTERMSIG(status),
			  strsignal(WTERMSIG(status)));
	else if (WEXITSTATUS(status))
		log_error("%s (pid %d) ended with status %d", name, pid, WEXITSTATUS(status));
	else
		log_info("%s (pid %d) ended", name, pid); /* the one that it serves had gone */
}

static void process_kill(void *data, enum hv_child which, int handle)
{
	struct spawn_processes *sp = data;
	int pid = sp->child[handle - 1].pid;
	int status;

	if (waitpid(pid, &status, WNOHANG) == pid) {
		log_end(programs[which], pid, status);
	} else {
		kill(pid, SIGKILL);
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
	}
	if (sp->child[handle - 1].pidfd >= 0)
		close(sp->child[handle - 1].pidfd);
	sp->child[handle - 1].pid = 0;
}

static int process_pid(void *data, int handle)
{
	const struct spawn_processes *sp = data;

	return sp->child[handle - 1].pid;
}

const struct hv_spawn_ops spawn_process_ops = {
	.start = process_start,
	.watch = process_watch,
	.kill = process_kill,
	.pid = process_pid,
};
