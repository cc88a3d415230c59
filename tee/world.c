/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "tee/world_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "lib/log.h"
#include "tee/ipc/ipc.h"
#include "tee/property.h"
#include "tee/pta/pta.h"
#include "tee/session/session.h"
#include "tee/storage/service.h"
#include "tee/ta/ta.h"
#include "tee/vm.h"

void world_lock(struct tee_world *w)
{
	pthread_mutex_lock(&w->lock);
}

void world_unlock(struct tee_world *w)
{
	pthread_mutex_unlock(&w->lock);
}

struct ipc_kernel *world_ipc(struct tee_world *w)
{
	return w->ipc;
}

struct session_manager *world_sessions(struct tee_world *w)
{
	return w->sessions;
}

struct ta_manager *world_tas(struct tee_world *w)
{
	return w->tas;
}

struct storage_service *world_storage(struct tee_world *w)
{
	return w->storage;
}

int world_launch_sock(struct tee_world *w)
{
	return w->cfg.launch_sock;
}

const char *world_ta_key(const struct tee_world *w)
{
	return w->cfg.ta_key;
}

const char *world_ta_log(const struct tee_world *w)
{
	return w->cfg.ta_log;
}

struct world_counters *world_counters(struct tee_world *w)
{
	return &w->counters;
}

struct log_limit *world_drops(struct tee_world *w)
{
	return &w->drops;
}

const struct cores *world_cores(const struct tee_world *w)
{
	return &w->cores;
}

const struct limits *world_limits(const struct tee_world *w)
{
	return &w->limits;
}

bool world_stopping(const struct tee_world *w)
{
	return __atomic_load_n(&w->state, __ATOMIC_ACQUIRE) != WORLD_RUNNING;
}

void world_abandon(struct tee_world *w)
{
	world_begin_stop(w);
}

struct tee_vm *world_vm(struct tee_world *w, uint32_t vm_id)
{
	unsigned int i;

	for (i = 0; i < w->num_vms; i++)
		if (w->vm[i]->id == vm_id)
			return w->vm[i];
	return NULL;
}

void world_for_each_vm(struct tee_world *w, void (*fn)(struct tee_vm *vm, void *arg), void *arg)
{
	unsigned int i;

	for (i = 0; i < w->num_vms; i++)
		fn(w->vm[i], arg);
}

int world_add_vm(struct tee_world *w, struct tee_vm *vm)
{
	if (w->num_vms == WORLD_MAX_VMS)
		return -ENOSPC;
	w->vm[w->num_vms++] = vm;
	return 0;
}

void world_remove_vm(struct tee_world *w, struct tee_vm *vm)
{
	unsigned int i;

	for (i = 0; i < w->num_vms; i++) {
		if (w->vm[i] != vm)
			continue;
		w->vm[i] = w->vm[--w->num_vms];
		return;
	}
}

static void on_poke(void *data)
{
	struct tee_world *w = data;
	uint64_t count;

	if (read(w->poke_fd, &count, sizeof(count)) < 0) {
		/* EAGAIN: another thread took it. */
	}
	/* The thread that runs this dispatches afterwards, as after every event. */
	world_serve_rung(w);
}

static int make_fds(struct tee_world *w)
{
	struct epoll_event ev = { .events = EPOLLIN };
	int ret;

	w->epfd = epoll_create1(EPOLL_CLOEXEC);
	w->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	w->poke_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (w->epfd < 0 || w->stop_fd < 0 || w->poke_fd < 0)
		return -errno;
	if (epoll_ctl(w->epfd, EPOLL_CTL_ADD, w->stop_fd, &ev))
		return -errno;
	ret = world_watch(w, w->poke_fd, on_poke, w);
	return ret < 0 ? ret : world_bells_start(w);
}

static void close_fds(struct tee_world *w)
{
	const int fds[] = { w->epfd, w->stop_fd, w->poke_fd, w->bells };
	unsigned int i;

	for (i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

static void init_lock(struct tee_world *w)
{
	pthread_mutexattr_t attr;

	pthread_mutexattr_init(&attr);
	/* The lock is held for moments only: a short spin is cheaper than a sleep. */
	pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_ADAPTIVE_NP);
	pthread_mutex_init(&w->lock, &attr);
	pthread_mutex_init(&w->turn, &attr);
	pthread_mutexattr_destroy(&attr);
}

/* Lock held: the parts are used to it. */
static int create_parts(struct tee_world *w)
{
	int ret;

	ret = ipc_kernel_create(w, &w->ipc);
	if (ret)
		return ret;
	ret = ta_manager_create(w, &w->tas);
	if (ret)
		return ret;
	ret = storage_service_create(w, &w->storage);
	if (ret)
		return ret;
	ret = property_service_create(w, &w->properties);
	if (ret)
		return ret;
	ret = session_manager_create(w, &w->sessions);
	if (ret)
		return ret;
	ret = pta_create(w, &w->pta);
	if (ret)
		return ret;
	ret = ipc_echo_create(w->ipc, &w->echo);
	if (ret)
		return ret;
	return hvlink_start(w);
}

static void destroy_parts(struct tee_world *w)
{
	while (w->num_vms) {
		struct tee_vm *vm = w->vm[0];

		world_remove_vm(w, vm);
		hvlink_vm_teardown(vm);
		vm_put(vm);
	}
	if (w->echo)
		ipc_echo_destroy(w->echo);
	if (w->sessions)
		session_manager_destroy(w->sessions);
	pta_destroy(w->pta);
	if (w->tas)
		ta_manager_destroy(w->tas);
	storage_service_destroy(w->storage);
	property_service_destroy(w->properties);
	if (w->ipc)
		ipc_kernel_destroy(w->ipc);
	hvlink_finish(w);
}

int world_create(const struct world_config *cfg, struct tee_world **wp)
{
	struct tee_world *w = calloc(1, sizeof(*w));
	int ret;

	if (!w)
		return -ENOMEM;
	w->cfg = *cfg;
	if (cfg->limits)
		w->limits = *cfg->limits;
	else
		limits_default(&w->limits);
	w->cfg.limits = &w->limits;
	w->epfd = w->stop_fd = w->poke_fd = w->bells = -1;
	list_init(&w->waiters);
	list_init(&w->dirty);
	list_init(&w->rung);
	outbox_init(&w->out, WORLD_MAX_OUT);
	world_key_init(w);
	init_lock(w);
	w->poll_max_ns = cfg->poll_us > WORLD_MAX_POLL_US ? WORLD_MAX_POLL_US : cfg->poll_us;
	/* Polling is for the case that the other side runs on another core. */
	cores_init(&w->cores);
	w->poll_max_ns *= w->cores.num == 1 ? 0 : 1000u;
	w->poll_ns = w->poll_max_ns;

	world_lock(w);
	ret = make_fds(w);
	if (!ret)
		ret = create_parts(w);
	if (ret)
		goto err_parts;
	world_unlock(w);
	*wp = w;
	return 0;

err_parts:
	destroy_parts(w);
	world_unlock(w);
	close_fds(w);
	world_key_release(w);
	pthread_mutex_destroy(&w->turn);
	pthread_mutex_destroy(&w->lock);
	free(w);
	return ret;
}

int world_run(struct tee_world *w)
{
	world_lock(w);
	w->running = true;
	w->num_threads++;
	while (w->num_threads < WORLD_MIN_THREADS && !w->spawn_failed)
		world_spawn_thread(w);
	hvlink_ready(w);
	while (w->state != WORLD_DONE) {
		world_thread_loop(w);
		/* A loop that ended since there are threads enough: this one stays until the end. */
		w->num_threads++;
	}
	w->num_threads--;
	w->running = false;
	world_unlock(w);
	return 0;
}

void world_stop(struct tee_world *w)
{
	const uint64_t one = 1;

	if (write(w->stop_fd, &one, sizeof(one)) < 0) {
		/* EAGAIN: stopped already. */
	}
}

void world_destroy(struct tee_world *w)
{
	if (!w)
		return;
	world_stop(w);
	world_join_threads(w);
	world_lock(w);
	__atomic_store_n(&w->state, WORLD_DONE, __ATOMIC_RELEASE);
	destroy_parts(w);
	world_unlock(w);
	close_fds(w);
	close(w->cfg.hv_sock);
	close(w->cfg.launch_sock);
	if (w->cfg.trace_fd >= 0)
		close(w->cfg.trace_fd);
	world_key_release(w);
	pthread_mutex_destroy(&w->turn);
	pthread_mutex_destroy(&w->lock);
	free(w);
}
