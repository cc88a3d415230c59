/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "hv/hv_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/futex.h"
#include "lib/log.h"
#include "lib/machine_path.h"
#include "lib/trace.h"
#include "wire/trace_ring.h"

int hv_watch(struct hv *hv, struct hv_source *src, uint32_t events)
{
	struct epoll_event ev = { .events = events, .data.ptr = src };
	int op = src->events ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;

	if (src->events == events)
		return 0;
	if (epoll_ctl(hv->epfd, op, src->fd, &ev))
		return -errno;
	src->events = events;
	return 0;
}

void hv_unwatch(struct hv *hv, struct hv_source *src)
{
	if (src->events)
		epoll_ctl(hv->epfd, EPOLL_CTL_DEL, src->fd, NULL);
	src->events = 0;
}

/* 0 is never. */
static uint64_t earlier(uint64_t a, uint64_t b)
{
	return !a || (b && b < a) ? b : a;
}

/* One timer for everything: restarts that are due, waits that end, the end of idleness. */
void hv_timer_update(struct hv *hv)
{
	uint64_t due = earlier(hv->start_until_ns, hv->accept_at_ns);
	struct itimerspec its = { 0 };
	struct list *pos;
	unsigned int i;

	if (hv->idle_since_ns)
		due = earlier(due, hv->idle_since_ns + hv->cfg.idle_exit_s * 1000000000ull);
	for (i = 0; i < HV_NUM_CHILDREN; i++)
		due = earlier(due, hv->child[i].restart_ns);
	list_for_each(pos, &hv->peers) {
		const struct hv_peer *peer = list_entry(pos, struct hv_peer, node);

		due = earlier(due, peer->waiting ? peer->wait_until_ns : 0);
	}
	list_for_each(pos, &hv->pending)
		due = earlier(due, list_entry(pos, struct hv_pending, node)->until_ns);
	its.it_value.tv_sec = (time_t)(due / 1000000000u);
	its.it_value.tv_nsec = (long)(due % 1000000000u);
	timerfd_settime(hv->timer.fd, TFD_TIMER_ABSTIME, &its, NULL);
}

/* Idle: no VM but the supplicant's, and nobody who waits to become one. The timer runs only then. */
void hv_idle_update(struct hv *hv)
{
	unsigned int others = 0;
	struct list *pos;

	if (!hv->cfg.idle_exit_s)
		return;
	list_for_each(pos, &hv->vms)
		others += !list_entry(pos, struct hv_vm, node)->supplicant;
	list_for_each(pos, &hv->peers)
		others += list_entry(pos, struct hv_peer, node)->waiting;
	if (others)
		hv->idle_since_ns = 0;
	else if (!hv->idle_since_ns)
		hv->idle_since_ns = tl_now_ns();
	hv_timer_update(hv);
}

static void on_timer(struct hv *hv, struct hv_source *src, uint32_t events)
{
	uint64_t now = tl_now_ns(), count;

	(void)events;
	if (read(src->fd, &count, sizeof(count)) < 0)
		return;
	hv_idle_update(hv);
	if (hv->idle_since_ns && now >= hv->idle_since_ns + hv->cfg.idle_exit_s * 1000000000ull) {
		log_info("idle for %u s: leaving", hv->cfg.idle_exit_s);
		hv_begin_stop(hv);
		return;
	}
	if (hv->accept_at_ns && now >= hv->accept_at_ns) {
		hv->accept_at_ns = 0;
		hv_watch(hv, &hv->listener, EPOLLIN);
	}
	hv_children_due(hv, now);
	hv_peers_due(hv, now);
	hv_proxy_due(hv, now);
	hv_idle_update(hv);
	hv_timer_update(hv);
}

void hv_begin_stop(struct hv *hv)
{
	hv->state = HV_STOPPING;
}

static void on_stop(struct hv *hv, struct hv_source *src, uint32_t events)
{
	(void)src;
	(void)events;
	hv_begin_stop(hv);
}

static void on_connection(struct hv *hv, struct hv_source *src, uint32_t events)
{
	int sock = accept4(src->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	int ret;

	(void)events;
	if (sock < 0) {
		if (errno != EMFILE && errno != ENFILE && errno != ENOMEM && errno != ENOBUFS)
			return;
		/* Who waits goes on waiting: asking again at once would only burn time. */
		hv_unwatch(hv, src);
		hv->accept_at_ns = tl_now_ns() + HV_ACCEPT_PAUSE_MS * 1000000ull;
		hv_timer_update(hv);
		return;
	}
	ret = hv->num_peers < HV_MAX_PEERS ? hv_peer_create(hv, sock, false) : -EMFILE;
	if (ret) {
		log_warn("a connection is refused: %s", strerror(-ret));
		close(sock);
	}
}

static int make_source(struct hv *hv, struct hv_source *src, int fd,
		       void (*fn)(struct hv *, struct hv_source *, uint32_t))
{
	src->fd = fd;
	src->fn = fn;
	if (fd < 0)
		return -errno;
	return hv_watch(hv, src, EPOLLIN);
}

/*
 * Who holds this is the one hypervisor of the socket. It isn't the lock of machine_lock_path: who starts
 * us holds that one meanwhile.
 */
static int take_lock(struct hv *hv)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s.lock", hv->socket_path) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	hv->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (hv->lock_fd < 0)
		return -errno;
	if (flock(hv->lock_fd, LOCK_EX | LOCK_NB))
		return errno == EWOULDBLOCK ? -EADDRINUSE : -errno;
	return 0;
}

/* The lock is ours: a socket that is there is a dead machine's; anything else isn't ours to remove. */
static int remove_stale(const char *path)
{
	struct stat st;

	if (lstat(path, &st))
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(st.st_mode))
		return -EEXIST;
	return unlink(path) ? -errno : 0;
}

static int open_listener(struct hv *hv)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd, ret;

	ret = machine_make_folder(hv->socket_path);
	if (!ret)
		ret = take_lock(hv);
	if (!ret)
		ret = remove_stale(hv->socket_path);
	if (ret)
		return ret;
	if (strlen(hv->socket_path) >= sizeof(addr.sun_path))
		return -ENAMETOOLONG;
	strcpy(addr.sun_path, hv->socket_path);
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	ret = bind(fd, (const struct sockaddr *)&addr, sizeof(addr)) || listen(fd, 128) ? -errno : 0;
	if (ret) {
		close(fd);
		return ret;
	}
	hv->listening = true;
	return make_source(hv, &hv->listener, fd, on_connection);
}

static int open_sources(struct hv *hv)
{
	int ret;

	hv->epfd = epoll_create1(EPOLL_CLOEXEC);
	if (hv->epfd < 0)
		return -errno;
	ret = make_source(hv, &hv->stopper, eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), on_stop);
	if (!ret)
		ret = make_source(hv, &hv->timer,
				  timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK), on_timer);
	if (!ret)
		ret = make_source(hv, &hv->turn, eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
				  hv_proxied_turns);
	if (!ret)
		ret = open_listener(hv);
	return ret;
}

static void set_limits(struct hv *hv)
{
	uint64_t fds;
	struct rlimit lim;

	if (hv->cfg.limits)
		hv->limits = *hv->cfg.limits;
	else
		limits_default(&hv->limits);
	hv->cfg.limits = &hv->limits;
	fds = getrlimit(RLIMIT_NOFILE, &lim) ? 1024 : lim.rlim_cur;
	if (hv->limits.descriptors && hv->limits.descriptors < fds)
		hv->max_tee_fds = hv->limits.descriptors;
	else
		hv->max_tee_fds = fds > 2 * HV_FDS_RESERVE ? fds - HV_FDS_RESERVE : fds / 2;
}

int hv_create(const struct hv_config *cfg, struct hv **hvp)
{
	struct hv *hv = calloc(1, sizeof(*hv));
	unsigned int i;
	int ret = -ENOMEM;

	if (!hv)
		return -ENOMEM;
	hv->cfg = *cfg;
	set_limits(hv);
	hv->epfd = hv->lock_fd = hv->trace_fd = hv->stop_asker_fd = -1;
	hv->listener.fd = hv->stopper.fd = hv->timer.fd = hv->tee.fd = hv->turn.fd = -1;
	for (i = 0; i < HV_NUM_CHILDREN; i++)
		hv->child[i].watch.fd = -1;
	list_init(&hv->peers);
	list_init(&hv->vms);
	list_init(&hv->pending);
	outbox_init(&hv->tee_out, HV_MAX_TEE_OUT);
	list_init(&hv->turns);
	hv->started_ns = tl_now_ns();
	hv->socket_path = strdup(cfg->socket);
	hv->state_dir = cfg->state_dir ? strdup(cfg->state_dir) : NULL;
	if (hv->socket_path && (hv->state_dir || !cfg->state_dir))
		ret = open_sources(hv);
	if (!ret && cfg->trace) {
		hv->trace_fd = hv_memory("teelink-trace", (sizeof(struct trace_ring) + 4095u) & ~4095ull,
					 NULL);
		ret = hv->trace_fd < 0 ? hv->trace_fd : trace_attach(hv->trace_fd);
	}
	if (ret) {
		hv_destroy(hv);
		return ret;
	}
	*hvp = hv;
	return 0;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* From here on another machine may serve the socket. */
static void leave_socket(struct hv *hv)
{
	if (hv->listening)
		unlink(hv->socket_path);
	hv->listening = false;
	close_fd(&hv->listener.fd);
	close_fd(&hv->lock_fd);
}

int hv_run(struct hv *hv)
{
	hv_children_start(hv);
	hv_idle_update(hv);
	while (hv->state != HV_STOPPING) {
		struct epoll_event ev;
		struct hv_source *src;
		/* One at a time: a handler may end what another event would be for. */
		int n = epoll_wait(hv->epfd, &ev, 1, -1);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n != 1)
			continue;
		src = ev.data.ptr;
		src->fn(hv, src, ev.events);
	}
	while (!list_empty(&hv->peers))
		hv_peer_destroy(hv, list_entry(hv->peers.next, struct hv_peer, node));
	hv_children_stop(hv);
	hv_proxy_end(hv);
	leave_socket(hv);
	close_fd(&hv->stop_asker_fd);
	return hv->result;
}

void hv_stop(struct hv *hv)
{
	const uint64_t one = 1;

	if (write(hv->stopper.fd, &one, sizeof(one)) < 0) {
		/* EAGAIN: it is told already. */
	}
}

void hv_destroy(struct hv *hv)
{
	if (!hv)
		return;
	leave_socket(hv);
	close_fd(&hv->stopper.fd);
	close_fd(&hv->timer.fd);
	close_fd(&hv->turn.fd);
	close_fd(&hv->trace_fd);
	close_fd(&hv->epfd);
	close_fd(&hv->stop_asker_fd);
	free(hv->socket_path);
	free(hv->state_dir);
	free(hv);
}
