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

/* Out of the way of the places that are filled. */
#define PARKING_FD (CONFINE_FD_LIBRARY + (int)LAUNCH_MAX_LIBRARIES)

/* What a child keeps: those that are read-only are its own, since they have an offset. */
struct child_fds {
	int image, ctl;
	int library[LAUNCH_MAX_LIBRARIES];
	unsigned int num_libraries;
};

struct process_ops_data {
	struct confine_filter plain, libraries;
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
		ret = confine_filter_create(&d->plain, false);
	if (!ret)
		ret = confine_filter_create(&d->libraries, true);
	if (ret) {
		confine_filter_destroy(&d->plain);
		free(d);
		return ret;
	}
	*ops_data = d;
	return 0;
}

static void process_fini(void *ops_data)
{
	struct process_ops_data *d = ops_data;

	confine_filter_destroy(&d->plain);
	confine_filter_destroy(&d->libraries);
	free(d);
}

static bool place_fd(int fd, int at)
{
	return fd >= 0 && dup2(fd, at) >= 0;
}

/* All at their places, and nothing else. */
static bool keep_fds(struct child_fds *f)
{
	int above = CONFINE_FD_CTL + 1;
	unsigned int i;

	f->image = fcntl(f->image, F_DUPFD, PARKING_FD);
	f->ctl = fcntl(f->ctl, F_DUPFD, PARKING_FD);
	for (i = 0; i < f->num_libraries; i++)
		f->library[i] = fcntl(f->library[i], F_DUPFD, PARKING_FD);
	if (!place_fd(f->image, CONFINE_FD_IMAGE) || !place_fd(f->ctl, CONFINE_FD_CTL))
		return false;
	for (i = 0; i < f->num_libraries; i++)
		if (!place_fd(f->library[i], CONFINE_FD_LIBRARY + (int)i))
			return false;
	if (f->num_libraries) {
		close_range((unsigned int)above, CONFINE_FD_LIBRARY - 1, 0);
		above = CONFINE_FD_LIBRARY + (int)f->num_libraries;
	}
	closefrom(above);
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
					    const struct launch_instance *inst,
					    struct child_fds *own, const int *fds)
{
	const struct confine_filter *filter = inst->num_libraries ? &d->libraries : &d->plain;
	struct ta_runtime_config cfg = {
		.ctl = CONFINE_FD_CTL,
		.num_libraries = inst->num_libraries,
	};
	char path[64], uuid[UUID_TEXT_SIZE], name[16];
	unsigned int i;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) || getppid() != d->launcher)
		_exit(EXIT_FAILURE);
	restore_signals();
	uuid_format(inst->uuid, uuid);
	snprintf(name, sizeof(name), "ta:%.8s", uuid);
	prctl(PR_SET_NAME, name);
	if (debug_mode_of(inst->uuid))
		debug_main(debug_mode_of(inst->uuid), uuid, fds, inst->num_libraries);
	snprintf(path, sizeof(path), CONFINE_IMAGE_DIR "%s.ta", uuid);
	cfg.image_path = path;
	for (i = 0; i < inst->num_libraries; i++)
		cfg.library_fd[i] = CONFINE_FD_LIBRARY + (int)i;
	if (areas_map(&cfg, fds) || !keep_fds(own) || confine_enter(filter, inst->memory_mib))
		_exit(EXIT_FAILURE);
	_exit(ta_runtime_main(&cfg) ? EXIT_FAILURE : EXIT_SUCCESS);
}

static void close_own(const struct child_fds *own)
{
	unsigned int i;

	for (i = 0; i < own->num_libraries; i++)
		close(own->library[i]);
	close(own->image);
}

/*
 * The loader reads from where the offset is, which all descriptors that are passed share; and the
 * secure world has yet to write to the libraries'. Return: 0 or -errno, with nothing open.
 */
static int open_own(const struct launch_instance *inst, const int *fds, struct child_fds *own)
{
	own->num_libraries = 0;
	own->ctl = fds[LAUNCH_FD_CTL];
	own->image = reopen_read_only(fds[LAUNCH_FD_IMAGE]);
	if (own->image < 0)
		return own->image;
	while (own->num_libraries < inst->num_libraries) {
		int fd = reopen_read_only(fds[LAUNCH_FD_LIBRARY + own->num_libraries]);

		if (fd < 0) {
			close_own(own);
			return fd;
		}
		own->library[own->num_libraries++] = fd;
	}
	return 0;
}

static int process_start(void *ops_data, struct launch_instance *inst, const int *fds)
{
	struct child_fds own;
	int ret = open_own(inst, fds, &own);
	pid_t pid;

	if (ret)
		return ret;
	pid = fork();
	if (pid == 0)
		child(ops_data, inst, &own, fds);
	ret = pid < 0 ? -errno : 0;
	close_own(&own);
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
