/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/* The machine's other parts: started, watched, started again when they end. */
#include "hv/hv_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "lib/ctl.h"
#include "lib/futex.h"
#include "lib/log.h"

static const char *const child_names[HV_NUM_CHILDREN] = {
	[HV_CHILD_TEE] = "the secure world",
	[HV_CHILD_LAUNCH] = "the launcher",
	[HV_CHILD_SUPPLICANT] = "the supplicant",
};

static void child_kill(struct hv *hv, enum hv_child which)
{
	struct hv_child_slot *c = &hv->child[which];

	if (!c->handle)
		return;
	hv_unwatch(hv, &c->watch);
	c->watch.fd = -1;
	hv->cfg.spawn->kill(hv->cfg.spawn_data, which, c->handle);
	c->handle = 0;
}

/* When to start a child again: at once if it lived well, else after a pause that doubles. */
static uint64_t restart_at(struct hv_child_slot *c)
{
	uint64_t now = tl_now_ns();

	if (now - c->started_ns > HV_STABLE_MS * 1000000ull)
		c->pause_ms = 0;
	else
		c->pause_ms = c->pause_ms ? c->pause_ms * 2 : 10;
	if (c->pause_ms > HV_RESTART_MAX_MS)
		c->pause_ms = HV_RESTART_MAX_MS;
	return now + c->pause_ms * 1000000ull;
}

static void on_child(struct hv *hv, struct hv_source *src, uint32_t events)
{
	struct hv_child_slot *c = container_of(src, struct hv_child_slot, watch);
	enum hv_child which = (enum hv_child)(c - hv->child);

	(void)events;
	if (which != HV_CHILD_SUPPLICANT) {
		hv_tee_ended(hv, which == HV_CHILD_TEE ? "the secure world has ended" :
							 "the launcher has ended");
		return;
	}
	log_warn("%s has ended: started again", child_names[which]);
	child_kill(hv, which);
	c->restart_ns = restart_at(c);
	hv_timer_update(hv);
}

static int child_start(struct hv *hv, enum hv_child which, const int fds[3])
{
	struct hv_child_slot *c = &hv->child[which];
	int handle = hv->cfg.spawn->start(hv->cfg.spawn_data, which, fds);

	if (handle < 0) {
		log_error("%s doesn't start: %s", child_names[which], strerror(-handle));
		return handle;
	}
	c->handle = handle;
	c->started_ns = tl_now_ns();
	c->restart_ns = 0;
	c->watch.fd = hv->cfg.spawn->watch(hv->cfg.spawn_data, handle);
	c->watch.fn = on_child;
	return c->watch.fd < 0 ? 0 : hv_watch(hv, &c->watch, EPOLLIN);
}

static void set_nonblock(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags >= 0)
		fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

static int start_tee(struct hv *hv)
{
	int link[2], launch[2], ret;

	ret = ctl_pair(link);
	if (ret)
		return ret;
	ret = ctl_pair(launch);
	if (ret)
		goto err_link;
	ret = child_start(hv, HV_CHILD_LAUNCH, (const int[3]){ launch[0], -1, hv->trace_fd });
	if (ret)
		goto err_launch;
	ret = child_start(hv, HV_CHILD_TEE, (const int[3]){ link[1], launch[1], hv->trace_fd });
	if (ret)
		goto err_launch;
	set_nonblock(link[0]);
	ret = hv_proxy_start(hv, link[0]);
	if (ret)
		goto err_launch;
	close(launch[0]);
	close(launch[1]);
	close(link[1]);
	return 0;

err_launch:
	child_kill(hv, HV_CHILD_TEE);
	child_kill(hv, HV_CHILD_LAUNCH);
	close(launch[0]);
	close(launch[1]);
err_link:
	close(link[0]);
	close(link[1]);
	return ret;
}

/* Once more, later; but a machine that has never served, and can't be seen to, tells its starter. */
static void tee_start_later(struct hv *hv, int error)
{
	struct hv_child_slot *c = &hv->child[HV_CHILD_TEE];

	hv->start_until_ns = 0;
	if (!hv->ready_told && ++hv->failed_starts >= HV_MAX_FIRST_STARTS) {
		log_error("%s doesn't come up: giving up", child_names[HV_CHILD_TEE]);
		hv->result = error;
		hv_begin_stop(hv);
		return;
	}
	c->restart_ns = restart_at(c);
	hv_timer_update(hv);
}

static void tee_start_or_later(struct hv *hv)
{
	int ret = start_tee(hv);

	if (ret) {
		hv->child[HV_CHILD_TEE].started_ns = tl_now_ns();
		tee_start_later(hv, ret);
		return;
	}
	hv->start_until_ns = tl_now_ns() + HV_TEE_START_MS * 1000000ull;
	hv_timer_update(hv);
}

void hv_tee_serves(struct hv *hv)
{
	hv->start_until_ns = 0;
	hv_timer_update(hv);
}

void hv_children_start(struct hv *hv)
{
	tee_start_or_later(hv);
}

void hv_supplicant_start(struct hv *hv)
{
	struct hv_child_slot *c = &hv->child[HV_CHILD_SUPPLICANT];
	int s[2], ret;

	if (hv->cfg.user_supplicant)
		return;
	child_kill(hv, HV_CHILD_SUPPLICANT);
	ret = ctl_pair(s);
	if (ret) {
		log_error("%s has no socket: %s", child_names[HV_CHILD_SUPPLICANT], strerror(-ret));
		return;
	}
	set_nonblock(s[0]);
	ret = hv_peer_create(hv, s[0], true);
	if (!ret)
		ret = child_start(hv, HV_CHILD_SUPPLICANT, (const int[3]){ s[1], -1, hv->trace_fd });
	else
		close(s[0]);
	close(s[1]); /* when the child didn't start, its peer sees the end and goes */
	if (ret) {
		c->started_ns = tl_now_ns();
		c->restart_ns = restart_at(c);
		hv_timer_update(hv);
	}
}

void hv_tee_ended(struct hv *hv, const char *why)
{
	if (hv->state == HV_STOPPING)
		return;
	log_error("%s: every VM is dropped, it is started again", why);
	hv->state = HV_STARTING;
	child_kill(hv, HV_CHILD_TEE);
	child_kill(hv, HV_CHILD_LAUNCH);
	hv_proxy_end(hv);
	child_kill(hv, HV_CHILD_SUPPLICANT);
	hv->child[HV_CHILD_SUPPLICANT].restart_ns = 0;
	tee_start_later(hv, -EIO);
}

void hv_children_due(struct hv *hv, uint64_t now)
{
	struct hv_child_slot *tee = &hv->child[HV_CHILD_TEE];
	struct hv_child_slot *supplicant = &hv->child[HV_CHILD_SUPPLICANT];

	if (hv->start_until_ns && now >= hv->start_until_ns)
		hv_tee_ended(hv, "the secure world doesn't come up");
	if (tee->restart_ns && now >= tee->restart_ns) {
		tee->restart_ns = 0;
		tee_start_or_later(hv);
	}
	if (supplicant->restart_ns && now >= supplicant->restart_ns) {
		supplicant->restart_ns = 0;
		if (hv->state == HV_SERVING)
			hv_supplicant_start(hv);
	}
}

void hv_children_stop(struct hv *hv)
{
	unsigned int i;

	for (i = 0; i < HV_NUM_CHILDREN; i++) {
		hv->child[i].restart_ns = 0;
		child_kill(hv, (enum hv_child)i);
	}
}
