// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
/*
 * Images from the supplicant, piece by piece over SUPP_PORT. The channel has one request
 * outstanding: loads take turns. Nothing of what comes is believed: lengths are bounded, tags must
 * match.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/futex.h"
#include "lib/log.h"
#include "tee/ipc/ipc.h"
#include "tee/ta/manager.h"
#include "wire/supp.h"

#define SUPP_BUFS 4u
#define SUPP_BUF_SIZE 4096u
#define CHANNEL_TIMEOUT_NS 5000000000ull
#define ANSWER_TIMEOUT_NS 10000000000ull
/* Of a whole image: a supplicant that sends byte by byte doesn't hold up all other loads. */
#define IMAGE_TIMEOUT_NS 30000000000ull

#define TEE_SUCCESS 0u
#define TEE_ERROR_ITEM_NOT_FOUND 0xffff0008u

struct ta_loader {
	struct tee_world *world;
	struct ipc_task *task;
	ipc_handle_t port, chan; /* chan 0: no supplicant is connected */
	struct world_event event;
	bool busy; /* a load has its turn */
	uint32_t tag;
	bool expecting, answered;
	int error; /* what came was no answer */
	struct supp_rsp rsp;
	uint8_t data[SUPP_MAX_DATA];
};

static void chan_accept(struct ta_loader *l)
{
	struct ipc_peer peer;
	ipc_handle_t chan = ipc_accept(l->task, l->port, &peer);

	if (chan <= 0)
		return;
	/* One supplicant at a time: who comes while another serves is turned away. */
	if (l->chan) {
		ipc_close(l->task, chan);
		return;
	}
	l->chan = chan;
	world_signal(&l->event);
}

static void chan_over(struct ta_loader *l)
{
	ipc_close(l->task, l->chan);
	l->chan = 0;
	world_signal(&l->event);
}

/* -EAGAIN: it comes late, for a request that was given up. */
static int read_answer(struct ta_loader *l, const struct ipc_msg_info *info)
{
	struct ipc_iov iov[2] = { { &l->rsp, sizeof(l->rsp) }, { l->data, sizeof(l->data) } };

	if (info->len < sizeof(l->rsp) || info->len > sizeof(l->rsp) + sizeof(l->data))
		return -EPROTO;
	if (ipc_read_msg(l->task, l->chan, info->id, 0, iov, 2) != (int)info->len)
		return -EPROTO;
	if ((int32_t)(l->rsp.tag - l->tag) < 0)
		return -EAGAIN;
	if (l->rsp.cmd != SUPP_CMD_LOAD_TA || l->rsp.tag != l->tag ||
	    l->rsp.len != info->len - sizeof(l->rsp))
		return -EPROTO;
	return 0;
}

static void chan_take(struct ta_loader *l)
{
	struct ipc_msg_info info;

	while (l->chan && ipc_get_msg(l->task, l->chan, &info) == NO_ERROR) {
		/*
		 * What follows an answer must not take its place: its reader hasn't run yet. And what comes
		 * late, for a load that gave up, is nobody's.
		 */
		bool wanted = l->expecting && !l->answered;
		int ret = wanted ? read_answer(l, &info) : 0;

		ipc_put_msg(l->task, l->chan, info.id);
		if (!wanted || ret == -EAGAIN)
			continue;
		l->answered = true;
		l->error = ret;
		world_signal(&l->event);
	}
}

static void on_event(void *data)
{
	struct ta_loader *l = data;
	struct ipc_uevent ev;

	while (ipc_wait_any(l->task, &ev, 0) == NO_ERROR) {
		if (ev.handle == l->port) {
			chan_accept(l);
			continue;
		}
		if (ev.handle != l->chan)
			continue;
		if (ev.event & IPC_HANDLE_POLL_MSG)
			chan_take(l);
		if (ev.event & IPC_HANDLE_POLL_HUP && l->chan)
			chan_over(l);
	}
}

int ta_loader_create(struct tee_world *w, struct ta_loader **lp)
{
	static const uint8_t uuid[16] = { 0 };
	struct ta_loader *l = calloc(1, sizeof(*l));

	if (!l)
		return -ENOMEM;
	l->world = w;
	l->task = ipc_task_create(world_ipc(w), uuid, NULL);
	if (!l->task)
		goto err_free;
	l->port = ipc_port_create(l->task, SUPP_PORT, SUPP_BUFS, SUPP_BUF_SIZE,
				  IPC_PORT_ALLOW_NS_CONNECT | IPC_PORT_SUPPLICANT_ONLY);
	if (l->port <= 0)
		goto err_task;
	world_event_init(&l->event);
	ipc_task_set_notify(l->task, on_event, l);
	*lp = l;
	return 0;
err_task:
	ipc_task_destroy(l->task);
err_free:
	free(l);
	return -ENOMEM;
}

void ta_loader_destroy(struct ta_loader *l)
{
	if (!l)
		return;
	ipc_task_set_notify(l->task, NULL, NULL);
	ipc_task_destroy(l->task);
	world_event_destroy(&l->event);
	free(l);
}

/* The event may have come to this very thread, which is about to sleep: take it first. */
static int loader_wait(struct ta_loader *l, uint64_t deadline_ns)
{
	on_event(l);
	return world_wait(l->world, &l->event, deadline_ns);
}

static int take_turn(struct ta_loader *l)
{
	while (l->busy) {
		int ret = world_wait(l->world, &l->event, 0);

		if (ret)
			return ret;
	}
	l->busy = true;
	return 0;
}

static void give_turn(struct ta_loader *l)
{
	l->busy = false;
	world_signal(&l->event);
}

static int wait_channel(struct ta_loader *l)
{
	uint64_t deadline = tl_now_ns() + CHANNEL_TIMEOUT_NS;

	on_event(l);
	while (!l->chan) {
		int ret = loader_wait(l, deadline);

		if (ret == -ETIMEDOUT && !l->chan)
			return -ECONNRESET;
		if (ret && ret != -ETIMEDOUT)
			return ret;
	}
	return 0;
}

static int wait_answer(struct ta_loader *l, ipc_handle_t chan)
{
	uint64_t deadline = tl_now_ns() + ANSWER_TIMEOUT_NS;

	on_event(l);
	while (!l->answered && l->chan == chan) {
		int ret = loader_wait(l, deadline);

		if (ret && !l->answered)
			return ret;
	}
	if (!l->answered)
		return -ECONNRESET;
	return l->error;
}

/* One piece. Afterwards l->rsp and l->data hold it. */
static int request(struct ta_loader *l, const uint8_t uuid[16], uint64_t offset)
{
	struct supp_req req = { .cmd = SUPP_CMD_LOAD_TA, .tag = ++l->tag, .offset = offset,
				.max = SUPP_MAX_DATA };
	struct ipc_iov iov = { &req, sizeof(req) };
	ipc_handle_t chan = l->chan;
	int ret;

	memcpy(req.uuid, uuid, sizeof(req.uuid));
	l->answered = false;
	l->expecting = true;
	ret = ipc_send_msg(l->task, chan, &iov, 1);
	if (ret == (int)sizeof(req))
		ret = wait_answer(l, chan);
	else
		ret = ret == ERR_NOT_ENOUGH_BUFFER ? -ETIMEDOUT : -ECONNRESET;
	l->expecting = false;
	return ret;
}

static int check_piece(const struct ta_loader *l, uint64_t offset, uint64_t total)
{
	if (l->rsp.result == TEE_ERROR_ITEM_NOT_FOUND)
		return -ENOENT;
	if (l->rsp.result != TEE_SUCCESS)
		return -ECONNRESET;
	if (l->rsp.total > SUPP_MAX_IMAGE)
		return -EFBIG;
	/* The file changed while it was read, or this is no supplicant. */
	if ((offset && l->rsp.total != total) || l->rsp.len > l->rsp.total - offset ||
	    (l->rsp.len == 0 && offset < l->rsp.total))
		return -ECONNRESET;
	return 0;
}

static int fetch(struct ta_loader *l, const uint8_t uuid[16], int fd, uint64_t *size)
{
	uint64_t deadline = tl_now_ns() + IMAGE_TIMEOUT_NS;
	uint64_t offset = 0, total = 0;

	do {
		int ret = request(l, uuid, offset);

		if (!ret)
			ret = check_piece(l, offset, total);
		if (!ret && tl_now_ns() >= deadline)
			ret = -ETIMEDOUT;
		if (ret)
			return ret;
		total = l->rsp.total;
		if (l->rsp.len &&
		    pwrite(fd, l->data, l->rsp.len, (off_t)offset) != (ssize_t)l->rsp.len)
			return -ENOMEM;
		offset += l->rsp.len;
	} while (offset < total);
	*size = total;
	return 0;
}

int ta_loader_fetch(struct ta_loader *l, const uint8_t uuid[16], int fd, uint64_t *size)
{
	int ret = take_turn(l);

	if (ret)
		return ret;
	ret = wait_channel(l);
	if (!ret)
		ret = fetch(l, uuid, fd, size);
	if (ret == -EPROTO) {
		log_warn("the supplicant doesn't keep to its protocol");
		if (l->chan)
			chan_over(l);
		ret = -ECONNRESET;
	}
	give_turn(l);
	return ret;
}
