// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
#include "ree/supplicant/teepriv.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "ree/libteec/sys.h"
#include "ree/supplicant/sockets.h"
#include "ree/supplicant/teepriv_request.h"

#define MAX_DEVICES 10u
#define MAX_WORKERS 32u /* requests that are served at once */

struct teepriv {
	struct teepriv_server server;
	pthread_mutex_t lock;
	pthread_t thread[MAX_WORKERS];
	unsigned int num, idle; /* workers */
	int error; /* why the first one ended */
};

/* A request, whose answer takes its place. The first parameter carries its id. */
union message {
	struct tee_iocl_supp_recv_arg recv;
	struct tee_iocl_supp_send_arg send;
	struct {
		uint32_t words[2];
		struct tee_ioctl_param param[1 + TEEPRIV_MAX_PARAMS];
	} m;
};

static int receive(struct teepriv *t, union message *msg)
{
	struct tee_ioctl_buf_data buf = { (uintptr_t)msg, sizeof(*msg) };
	uint32_t num;
	int ret;

	*msg = (union message){ .recv = { .num_params = 1 + TEEPRIV_MAX_PARAMS } };
	/* We know ids: answers may overtake each other. */
	msg->m.param[0].attr = TEE_IOCTL_PARAM_ATTR_META;
	ret = t->server.sys->ioctl(t->server.device, TEE_IOC_SUPPL_RECV, &buf);
	if (ret < 0)
		return ret;
	num = msg->recv.num_params;
	if (!num || num > 1 + TEEPRIV_MAX_PARAMS ||
	    !(msg->m.param[0].attr & TEE_IOCTL_PARAM_ATTR_META))
		return -EPROTO;
	return 0;
}

static int answer(struct teepriv *t, union message *msg)
{
	uint32_t num = msg->recv.num_params;
	struct tee_ioctl_buf_data buf = { (uintptr_t)msg,
					  sizeof(msg->send) + num * sizeof(msg->m.param[0]) };
	int ret;

	msg->send.ret = teepriv_serve(&t->server, msg->recv.func, &msg->m.param[1], num - 1);
	msg->send.num_params = num;
	ret = t->server.sys->ioctl(t->server.device, TEE_IOC_SUPPL_SEND, &buf);
	/* -ENOENT: whoever asked doesn't want to know any more. */
	return ret < 0 && ret != -ENOENT ? ret : 0;
}

static void *worker(void *arg);

/* With the lock held. */
static void add_worker(struct teepriv *t)
{
	sigset_t all, old;

	if (t->num == MAX_WORKERS)
		return;
	/* Signals are the first thread's affair. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	if (!pthread_create(&t->thread[t->num], NULL, worker, t)) {
		t->num++;
		t->idle++;
	}
	pthread_sigmask(SIG_SETMASK, &old, NULL);
}

/* One that has a request leaves another one to wait for the next, as long as there may be more. */
static void set_idle(struct teepriv *t, bool idle)
{
	pthread_mutex_lock(&t->lock);
	if (idle)
		t->idle++;
	else if (!--t->idle)
		add_worker(t);
	pthread_mutex_unlock(&t->lock);
}

static int work(struct teepriv *t)
{
	union message msg;
	int ret = receive(t, &msg);

	if (ret)
		return ret == -EINTR || ret == -EAGAIN ? 0 : ret;
	set_idle(t, false);
	ret = answer(t, &msg);
	set_idle(t, true);
	return ret;
}

static void *worker(void *arg)
{
	struct teepriv *t = arg;
	int ret;

	do {
		ret = work(t);
	} while (!ret);
	/* Those that wait for a socket come back, and see the same. */
	sockets_stop(t->server.sockets);
	pthread_mutex_lock(&t->lock);
	if (!t->error)
		t->error = ret;
	pthread_mutex_unlock(&t->lock);
	return NULL;
}

/* Until the device gives none of them anything to do. */
static int run_workers(struct teepriv *t)
{
	unsigned int i = 0;

	t->idle = 1;
	worker(t);
	pthread_mutex_lock(&t->lock);
	while (i < t->num) {
		pthread_t thread = t->thread[i++];

		pthread_mutex_unlock(&t->lock);
		pthread_join(thread, NULL);
		pthread_mutex_lock(&t->lock);
	}
	pthread_mutex_unlock(&t->lock);
	return t->error;
}

static int open_one(const struct teec_sys_ops *sys, const char *path)
{
	struct tee_ioctl_version_data version = { 0 };
	int fd = sys->open(path), ret;

	if (fd < 0)
		return fd == -ENOENT ? -ENODEV : fd;
	ret = sys->ioctl(fd, TEE_IOC_VERSION, &version);
	if (ret >= 0 && version.impl_id == TEE_IMPL_ID_OPTEE)
		return fd;
	sys->close(fd);
	return ret < 0 ? ret : -ENODEV;
}

/* The first error that says more than that there is none counts. */
static int open_device(const struct teec_sys_ops *sys, const char *device)
{
	int fd = -ENODEV, first = -ENODEV;
	char path[32];
	unsigned int i;

	if (device)
		return open_one(sys, device);
	for (i = 0; i < MAX_DEVICES && fd < 0; i++) {
		snprintf(path, sizeof(path), "/dev/teepriv%u", i);
		fd = open_one(sys, path);
		if (fd < 0 && fd != -ENODEV && first == -ENODEV)
			first = fd;
	}
	return fd < 0 ? first : fd;
}

int teepriv_run(const struct teec_sys_ops *sys, const char *device,
		const struct supplicant_config *cfg)
{
	struct teepriv t = { .num = 0 };
	int fd = open_device(sys, device), ret;

	if (fd < 0)
		return fd;
	pthread_mutex_init(&t.lock, NULL);
	ret = teepriv_server_init(&t.server, sys, fd, cfg);
	if (!ret && cfg->ready)
		cfg->ready(cfg->ready_data);
	if (!ret)
		ret = run_workers(&t);
	teepriv_server_release(&t.server);
	pthread_mutex_destroy(&t.lock);
	sys->close(fd);
	return ret;
}
