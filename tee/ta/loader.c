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
#include "tee/supp/channel.h"
#include "tee/ta/manager.h"
#include "wire/supp.h"

#define CHANNEL_TIMEOUT_NS 5000000000ull
#define ANSWER_TIMEOUT_NS 10000000000ull
/* Of a whole image: a supplicant that sends byte by byte doesn't hold up all other loads. */
#define IMAGE_TIMEOUT_NS 30000000000ull

#define TEE_SUCCESS 0u
#define TEE_ERROR_ITEM_NOT_FOUND 0xffff0008u

struct ta_loader {
	struct tee_world *world;
	struct supp_chan chan;
	struct world_event event; /* a turn ends */
	bool busy; /* a load has its turn */
	uint32_t tag;
	struct supp_rsp rsp;
	uint8_t data[SUPP_MAX_DATA];
};

static int read_answer(void *data, const struct ipc_msg_info *info)
{
	struct ta_loader *l = data;
	struct ipc_iov iov[2] = { { &l->rsp, sizeof(l->rsp) }, { l->data, sizeof(l->data) } };

	if (info->len < sizeof(l->rsp) || info->len > sizeof(l->rsp) + sizeof(l->data))
		return -EPROTO;
	if (!supp_chan_read(&l->chan, info, iov, 2))
		return -EPROTO;
	if ((int32_t)(l->rsp.tag - l->tag) < 0)
		return -EAGAIN;
	if (l->rsp.cmd != SUPP_CMD_LOAD_TA || l->rsp.tag != l->tag ||
	    l->rsp.len != info->len - sizeof(l->rsp))
		return -EPROTO;
	return 0;
}

static const struct supp_chan_ops chan_ops = { .read = read_answer };

int ta_loader_create(struct tee_world *w, struct ta_loader **lp)
{
	struct ta_loader *l = calloc(1, sizeof(*l));
	int ret;

	if (!l)
		return -ENOMEM;
	l->world = w;
	ret = supp_chan_init(&l->chan, w, SUPP_PORT, &chan_ops, l);
	if (ret) {
		free(l);
		return ret;
	}
	world_event_init(&l->event);
	*lp = l;
	return 0;
}

void ta_loader_destroy(struct ta_loader *l)
{
	if (!l)
		return;
	supp_chan_release(&l->chan);
	world_event_destroy(&l->event);
	free(l);
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

/* One piece. Afterwards l->rsp and l->data hold it. */
static int request(struct ta_loader *l, const uint8_t uuid[16], uint64_t offset)
{
	struct supp_req req = {
		.cmd = SUPP_CMD_LOAD_TA, .tag = ++l->tag, .offset = offset, .max = SUPP_MAX_DATA
	};

	memcpy(req.uuid, uuid, sizeof(req.uuid));
	return supp_chan_ask(&l->chan, l->chan.generation, &req, sizeof(req), ANSWER_TIMEOUT_NS);
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
	ret = supp_chan_wait(&l->chan, CHANNEL_TIMEOUT_NS);
	if (!ret)
		ret = fetch(l, uuid, fd, size);
	else if (ret == -ETIMEDOUT)
		ret = -ECONNRESET;
	if (ret == -EPROTO) {
		supp_chan_drop(&l->chan, l->chan.generation);
		ret = -ECONNRESET;
	}
	give_turn(l);
	return ret;
}
