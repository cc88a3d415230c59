// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
/* An instance as a confined process, forked from the launcher with libcrypto and libutee loaded. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "include/teelink/ta_runtime.h"
#include "lib/reopen.h"
#include "lib/uuid.h"
#include "tee/launch/areas.h"
#include "tee/launch/confine.h"
#include "tee/launch/debug.h"
#include "tee/launch/launch.h"

/* Out of the way of the two places that are filled. */
#define PARKING_FD (CONFINE_FD_CTL + 1)

struct process_ops_data {
	struct confine_filter filter;
	pid_t launcher;
};

static int process_init(void **ops_data)
{
	struct process_ops_data *d = calloc(1, sizeof(*d));
	int ret;

	if (!d)
		return -ENOMEM;
	d->launcher = getpid();
	ret = ta_runtime_prepare();
	if (!ret)
		ret = confine_filter_create(&d->filter);
	if (ret) {
		free(d);
		return ret;
	}
	*ops_data = d;
	return 0;
}

static void process_fini(void *ops_data)
{
	struct process_ops_data *d = ops_data;

	confine_filter_destroy(&d->filter);
	free(d);
}

/* The image and the control socket at their places, and nothing else. */
static bool keep_two_fds(int image, int ctl)
{
	int high_image = fcntl(image, F_DUPFD, PARKING_FD);
	int high_ctl = fcntl(ctl, F_DUPFD, PARKING_FD);

	if (high_image < 0 || high_ctl < 0 || dup2(high_image, CONFINE_FD_IMAGE) < 0 ||
	    dup2(high_ctl, CONFINE_FD_CTL) < 0)
		return false;
	closefrom(CONFINE_FD_CTL + 1);
	close(STDIN_FILENO);
	close(STDOUT_FILENO);
	close(STDERR_FILENO);
	return true;
}

static void restore_signals(void)
{
	sigset_t none;

	signal(SIGPIPE, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static __attribute__((noreturn)) void child(const struct process_ops_data *d,
					    const struct launch_instance *inst, int image,
					    const int fds[LAUNCH_FD_NUM])
{
	struct ta_runtime_config cfg = { .ctl = CONFINE_FD_CTL };
	char path[64], uuid[UUID_TEXT_SIZE], name[16];

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) || getppid() != d->launcher)
		_exit(EXIT_FAILURE);
	restore_signals();
	uuid_format(inst->uuid, uuid);
	snprintf(name, sizeof(name), "ta:%.8s", uuid);
	prctl(PR_SET_NAME, name);
	if (debug_mode_of(inst->uuid))
		debug_main(debug_mode_of(inst->uuid), uuid, fds);
	snprintf(path, sizeof(path), CONFINE_IMAGE_DIR "%s.ta", uuid);
	cfg.image_path = path;
	if (areas_map(&cfg, fds) || !keep_two_fds(image, fds[LAUNCH_FD_CTL]) ||
	    confine_enter(&d->filter, inst->memory_mib))
		_exit(EXIT_FAILURE);
	_exit(ta_runtime_main(&cfg) ? EXIT_FAILURE : EXIT_SUCCESS);
}

static int process_start(void *ops_data, struct launch_instance *inst,
			 const int fds[LAUNCH_FD_NUM])
{
	/* The loader reads from where the offset is, which all descriptors of the image passed share. */
	int ret, image = reopen_read_only(fds[LAUNCH_FD_IMAGE]);
	pid_t pid;

	if (image < 0)
		return image;
	pid = fork();
	if (pid == 0)
		child(ops_data, inst, image, fds);
	ret = pid < 0 ? -errno : 0;
	close(image);
	if (ret)
		return ret;
	inst->pid = (uint32_t)pid;
	inst->exit_fd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (inst->exit_fd < 0) {
		ret = -errno;
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
	return ret;
}

static void process_kill(struct launch_instance *inst)
{
	/* valgrind says at its end what it found. */
	kill((pid_t)inst->pid, debug_mode_of(inst->uuid) == DEBUG_VALGRIND ? SIGTERM : SIGKILL);
}

static int process_reap(struct launch_instance *inst)
{
	int status = 0;

	while (waitpid((pid_t)inst->pid, &status, 0) < 0 && errno == EINTR)
		;
	close(inst->exit_fd);
	return status;
}

const struct launch_ops launch_process_ops = {
	.init = process_init,
	.fini = process_fini,
	.start = process_start,
	.kill = process_kill,
	.reap = process_reap,
};
