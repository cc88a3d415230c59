/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "solo/solo.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "hv/hv.h"
#include "lib/folder.h"
#include "lib/log.h"
#include "ree/supplicant/supplicant.h"
#include "tee/launch/launch.h"
#include "tee/smc/smc.h"
#include "tee/world.h"

struct solo_child {
	struct solo *solo;
	enum hv_child which;
	pthread_t thread;
	bool running;
	int fds[3];
	struct tee_world *world; /* TEE only */
};

struct solo {
	char dir[64], socket[108], state[80];
	char *const *ta_dirs;
	struct hv *hv;
	pthread_t thread;
	int ready_fd; /* event fd */
	struct solo_child child[HV_NUM_CHILDREN];
};

static void *child_main(void *arg)
{
	struct solo_child *c = arg;

	switch (c->which) {
	case HV_CHILD_TEE:
		world_run(c->world);
		world_destroy(c->world);
		break;
	case HV_CHILD_LAUNCH:
		launch_run(c->fds[0], &launch_thread_ops);
		break;
	default:
		supplicant_run(c->fds[0], &(const struct supplicant_config){
						  .ta_dirs = c->solo->ta_dirs,
						  .fs_parent = c->solo->state,
						  .plugin_dir = getenv("TEELINK_PLUGIN_DIR"),
					  });
		break;
	}
	return NULL;
}

static int make_world(struct solo_child *c)
{
	struct world_config cfg = {
		.hv_sock = c->fds[0],
		.launch_sock = c->fds[1],
		.trace_fd = -1,
		.poll_us = 50,
		.ta_key = getenv("TEELINK_TA_KEY"),
		.smc = &smc_entry_ops,
	};

	return world_create(&cfg, &c->world);
}

static void close_fds(struct solo_child *c)
{
	unsigned int i;

	for (i = 0; i < 3; i++)
		if (c->fds[i] >= 0)
			close(c->fds[i]);
}

static int child_start(void *data, enum hv_child which, const int fds[3])
{
	struct solo *s = data;
	struct solo_child *c = &s->child[which];
	unsigned int i;
	int ret = 0;

	c->solo = s;
	c->which = which;
	for (i = 0; i < 3; i++)
		c->fds[i] = i < 2 && fds[i] >= 0 ? fcntl(fds[i], F_DUPFD_CLOEXEC, 0) : -1;
	if (which == HV_CHILD_TEE)
		ret = make_world(c);
	if (ret) {
		close_fds(c);
		return ret;
	}
	ret = -pthread_create(&c->thread, NULL, child_main, c);
	if (ret) {
		/* A world closes its sockets itself. */
		if (which == HV_CHILD_TEE)
			world_destroy(c->world);
		else
			close_fds(c);
		return ret;
	}
	c->running = true;
	return (int)which + 1;
}

/* Their sockets tell: a thread has nothing like a pidfd. */
static int child_watch(void *data, int handle)
{
	(void)data;
	(void)handle;
	return -1;
}

static void child_kill(void *data, enum hv_child which, int handle)
{
	struct solo *s = data;
	struct solo_child *c = &s->child[which];

	(void)handle;
	if (!c->running)
		return;
	/* The launcher ends with the secure world's end of its socket, the supplicant with its VM. */
	if (which == HV_CHILD_TEE)
		world_stop(c->world);
	pthread_join(c->thread, NULL);
	c->running = false;
}

static int child_pid(void *data, int handle)
{
	(void)data;
	(void)handle;
	return 0;
}

static const struct hv_spawn_ops thread_ops = {
	.start = child_start,
	.watch = child_watch,
	.kill = child_kill,
	.pid = child_pid,
};

static void ready(void *data)
{
	struct solo *s = data;

	eventfd_write(s->ready_fd, 1);
}

static void *hv_main(void *arg)
{
	struct solo *s = arg;

	hv_run(s->hv);
	eventfd_write(s->ready_fd, 1); /* who still waits learns that it never got ready */
	return NULL;
}

int solo_start(char *const *ta_dirs, struct solo **sp)
{
	struct solo *s = calloc(1, sizeof(*s));
	struct hv_config cfg = { .spawn = &thread_ops, .ready = ready };
	eventfd_t count;
	int ret;

	if (!s)
		return -ENOMEM;
	s->ta_dirs = ta_dirs;
	snprintf(s->dir, sizeof(s->dir), "/tmp/teelink-solo-XXXXXX");
	if (!mkdtemp(s->dir)) {
		ret = -errno;
		goto err_free;
	}
	snprintf(s->socket, sizeof(s->socket), "%s/sock", s->dir);
	snprintf(s->state, sizeof(s->state), "%s/state", s->dir);
	s->ready_fd = eventfd(0, EFD_CLOEXEC);
	if (s->ready_fd < 0) {
		ret = -errno;
		goto err_folder;
	}
	cfg.socket = s->socket;
	cfg.state_dir = s->state;
	cfg.spawn_data = cfg.ready_data = s;
	ret = hv_create(&cfg, &s->hv);
	if (ret)
		goto err_ready;
	ret = -pthread_create(&s->thread, NULL, hv_main, s);
	if (ret)
		goto err_hv;
	eventfd_read(s->ready_fd, &count);
	setenv("TEELINK_SOCKET", s->socket, 1);
	setenv("TEELINK_AUTOSTART", "0", 1);
	*sp = s;
	return 0;

err_hv:
	hv_destroy(s->hv);
err_ready:
	close(s->ready_fd);
err_folder:
	folder_remove(s->dir);
err_free:
	free(s);
	return ret;
}

void solo_stop(struct solo *s)
{
	if (!s)
		return;
	hv_stop(s->hv);
	pthread_join(s->thread, NULL);
	hv_destroy(s->hv);
	close(s->ready_fd);
	folder_remove(s->dir);
	free(s);
}

const char *solo_socket(const struct solo *s)
{
	return s->socket;
}
