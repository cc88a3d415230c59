// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
#include "tee/launch/launch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "lib/ctl.h"
#include "lib/log.h"

struct launcher {
	int sock, epfd;
	const struct launch_ops *ops;
	void *ops_data;
	struct list instances;
	unsigned int num;
};

static int watch(struct launcher *l, int fd, void *ptr)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = ptr };

	return epoll_ctl(l->epfd, EPOLL_CTL_ADD, fd, &ev) ? -errno : 0;
}

/* The secure world may be gone: then its closed socket is the next event. */
static void say(struct launcher *l, uint32_t type, uint32_t id, uint32_t arg)
{
	struct launch_msg msg = { .type = type, .id = id, .arg = arg };

	ctl_send(l->sock, &msg, sizeof(msg), NULL, 0);
}

static struct launch_instance *instance_find(struct launcher *l, uint32_t id)
{
	struct list *pos;

	list_for_each(pos, &l->instances) {
		struct launch_instance *inst = list_entry(pos, struct launch_instance, link);

		if (inst->id == id)
			return inst;
	}
	return NULL;
}

static int instance_start(struct launcher *l, const struct launch_msg *msg, const int *fds,
			  unsigned int num_fds)
{
	struct launch_instance *inst;
	int ret;

	if (num_fds != LAUNCH_FD_NUM && num_fds != LAUNCH_MAX_FDS)
		return -EINVAL;
	if (l->num >= LAUNCH_MAX_INSTANCES || instance_find(l, msg->id))
		return -EAGAIN;
	inst = calloc(1, sizeof(*inst));
	if (!inst)
		return -ENOMEM;
	inst->id = msg->id;
	inst->memory_mib = msg->arg;
	inst->num_libraries = num_fds - LAUNCH_FD_NUM;
	memcpy(inst->uuid, msg->uuid, sizeof(inst->uuid));
	ret = l->ops->start(l->ops_data, inst, fds);
	if (ret)
		goto err_free;
	ret = watch(l, inst->exit_fd, inst);
	if (ret)
		goto err_kill;
	list_add_tail(&l->instances, &inst->link);
	l->num++;
	say(l, LAUNCH_STARTED, inst->id, inst->pid);
	return 0;
err_kill:
	l->ops->kill(inst);
	l->ops->reap(inst);
err_free:
	free(inst);
	return ret;
}

static void instance_end(struct launcher *l, struct launch_instance *inst)
{
	int status;

	epoll_ctl(l->epfd, EPOLL_CTL_DEL, inst->exit_fd, NULL);
	status = l->ops->reap(inst);
	say(l, LAUNCH_EXITED, inst->id, (uint32_t)status);
	list_del(&inst->link);
	l->num--;
	free(inst);
}

static void handle(struct launcher *l, const struct launch_msg *msg, const int *fds,
		   unsigned int num_fds)
{
	struct launch_instance *inst;
	int ret;

	switch (msg->type) {
	case LAUNCH_START:
		ret = instance_start(l, msg, fds, num_fds);
		if (ret)
			say(l, LAUNCH_FAILED, msg->id, (uint32_t)-ret);
		break;
	case LAUNCH_KILL:
		inst = instance_find(l, msg->id);
		if (inst)
			l->ops->kill(inst);
		break;
	default:
		log_warn("unknown message %u", msg->type);
		break;
	}
}

/* Return: false when the secure world is gone. */
static bool receive(struct launcher *l)
{
	int fds[CTL_MAX_FDS];
	unsigned int i, num_fds = CTL_MAX_FDS;
	struct launch_msg msg;
	ssize_t n = ctl_recv(l->sock, &msg, sizeof(msg), fds, &num_fds);

	if (n == -EAGAIN)
		return true;
	if (n == -EMSGSIZE || n == -EPROTO)
		return true;
	if (n <= 0)
		return false;
	if (n == (ssize_t)sizeof(msg))
		handle(l, &msg, fds, num_fds);
	for (i = 0; i < num_fds; i++)
		close(fds[i]);
	return true;
}

static int serve(struct launcher *l)
{
	for (;;) {
		struct epoll_event ev;
		int n = epoll_wait(l->epfd, &ev, 1, -1);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n <= 0)
			continue;
		if (ev.data.ptr != l)
			instance_end(l, ev.data.ptr);
		else if (!receive(l))
			return 0;
	}
}

static void end_all(struct launcher *l)
{
	struct list *pos;

	list_for_each(pos, &l->instances)
		l->ops->kill(list_entry(pos, struct launch_instance, link));
	while (!list_empty(&l->instances)) {
		struct launch_instance *inst =
			list_entry(l->instances.next, struct launch_instance, link);

		l->ops->reap(inst);
		list_del(&inst->link);
		free(inst);
	}
}

int launch_run(int tee_sock, const struct launch_ops *ops)
{
	struct launcher l = { .sock = tee_sock, .ops = ops };
	int ret;

	list_init(&l.instances);
	l.epfd = epoll_create1(EPOLL_CLOEXEC);
	if (l.epfd < 0) {
		ret = -errno;
		goto out_sock;
	}
	ret = ops->init(&l.ops_data);
	if (ret)
		goto out_epoll;
	ret = watch(&l, tee_sock, &l);
	if (!ret)
		ret = serve(&l);
	end_all(&l);
	ops->fini(l.ops_data);
out_epoll:
	close(l.epfd);
out_sock:
	close(tee_sock);
	return ret;
}
