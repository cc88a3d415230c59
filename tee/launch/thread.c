// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
/* An instance as a thread of this process, for solo mode: gdb, valgrind, sanitizers, fuzzers. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "include/teelink/ta_runtime.h"
#include "lib/futex.h"
#include "tee/launch/areas.h"
#include "tee/launch/launch.h"
#include "wire/mailbox.h"

struct thread_instance {
	pthread_t thread;
	struct ta_runtime_config cfg;
	int image;
	int exit_fd;
	char path[32];
};

static int thread_init(void **ops_data)
{
	*ops_data = NULL;
	return ta_runtime_prepare();
}

static void thread_fini(void *ops_data)
{
	(void)ops_data;
}

static bool copy_all(int from, int to, size_t size)
{
	char buf[65536];
	size_t at = 0;

	while (at < size) {
		ssize_t n = pread(from, buf, sizeof(buf), (off_t)at);

		if (n <= 0 || write(to, buf, (size_t)n) != n)
			return false;
		at += (size_t)n;
	}
	return lseek(to, 0, SEEK_SET) == 0;
}

/* A file of its own, so that the loader takes it for a new object with its own variables. */
static int copy_image(int fd)
{
	struct stat st;
	int copy;

	if (fstat(fd, &st))
		return -errno;
	copy = memfd_create("ta", MFD_CLOEXEC);
	if (copy < 0)
		return -errno;
	if (copy_all(fd, copy, (size_t)st.st_size))
		return copy;
	close(copy);
	return -EIO;
}

static void *run(void *arg)
{
	struct thread_instance *t = arg;
	uint64_t one = 1;

	ta_runtime_main(&t->cfg);
	/* The last word: after it, reap joins. It can't fail, the counter is 0. */
	if (write(t->exit_fd, &one, sizeof(one)) < 0)
		abort();
	return NULL;
}

static void close_libraries(struct thread_instance *t)
{
	unsigned int i;

	for (i = 0; i < t->cfg.num_libraries; i++)
		close(t->cfg.library_fd[i]);
}

static int keep_libraries(struct thread_instance *t, const int *fds, unsigned int num)
{
	while (t->cfg.num_libraries < num) {
		int fd = fcntl(fds[t->cfg.num_libraries], F_DUPFD_CLOEXEC, 0);

		if (fd < 0)
			return -errno;
		t->cfg.library_fd[t->cfg.num_libraries++] = fd;
	}
	return 0;
}

static int thread_start(void *ops_data, struct launch_instance *inst, const int *fds)
{
	struct thread_instance *t = calloc(1, sizeof(*t));
	int ret = -ENOMEM;

	(void)ops_data;
	if (!t)
		return ret;
	t->cfg.threaded = true;
	t->cfg.unconfined = true;
	t->cfg.image_path = t->path;
	ret = t->image = copy_image(fds[LAUNCH_FD_IMAGE]);
	if (ret < 0)
		goto err_free;
	snprintf(t->path, sizeof(t->path), "/proc/self/fd/%d", t->image);
	ret = areas_map(&t->cfg, fds);
	if (ret)
		goto err_image;
	t->cfg.ctl = fcntl(fds[LAUNCH_FD_CTL], F_DUPFD_CLOEXEC, 0);
	t->exit_fd = eventfd(0, EFD_CLOEXEC);
	if (t->cfg.ctl < 0 || t->exit_fd < 0) {
		ret = -errno;
		goto err_fds;
	}
	ret = keep_libraries(t, fds + LAUNCH_FD_LIBRARY, inst->num_libraries);
	if (ret)
		goto err_fds;
	ret = -pthread_create(&t->thread, NULL, run, t);
	if (ret)
		goto err_fds;
	inst->data = t;
	inst->exit_fd = t->exit_fd;
	return 0;
err_fds:
	close_libraries(t);
	if (t->cfg.ctl >= 0)
		close(t->cfg.ctl);
	if (t->exit_fd >= 0)
		close(t->exit_fd);
	areas_unmap(&t->cfg);
err_image:
	close(t->image);
err_free:
	free(t);
	return ret;
}

static void thread_kill(struct launch_instance *inst)
{
	struct thread_instance *t = inst->data;
	struct mailbox *mb = t->cfg.mailbox;

	__atomic_fetch_or(&mb->cancel, MAILBOX_STOP, __ATOMIC_ACQ_REL);
	__atomic_fetch_add(&mb->bell, 1, __ATOMIC_ACQ_REL);
	futex_wake_shared(&mb->cancel, 1);
	futex_wake_shared(&mb->bell, 1);
}

static int thread_reap(struct launch_instance *inst)
{
	struct thread_instance *t = inst->data;

	pthread_join(t->thread, NULL);
	areas_unmap(&t->cfg);
	close_libraries(t);
	close(t->cfg.ctl);
	close(t->exit_fd);
	close(t->image);
	free(t);
	return 0;
}

const struct launch_ops launch_thread_ops = {
	.init = thread_init,
	.fini = thread_fini,
	.start = thread_start,
	.kill = thread_kill,
	.reap = thread_reap,
};
