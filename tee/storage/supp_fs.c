/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "tee/storage/supp_fs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/futex.h"
#include "lib/log.h"
#include "tee/ipc/ipc.h"
#include "tee/vm.h"
#include "tee/world.h"

#define NUM_BUFS 4u
#define BUF_SIZE 4096u
#define CHANNEL_TIMEOUT_NS 10000000000ull
/* A disk may take its time; beyond it the supplicant is turned away. */
#define ANSWER_TIMEOUT_NS 30000000000ull
#define MAX_TRIES 4u

#define TEE_SUCCESS 0u
#define TEE_ERROR_ITEM_NOT_FOUND 0xffff0008u
#define TEE_ERROR_STORAGE_NO_SPACE 0xffff3041u

struct supp_fs {
	struct tee_world *world;
	struct ipc_task *task;
	ipc_handle_t port, chan; /* chan 0: no supplicant is connected */
	struct dataspace *shm; /* a reference: its VM's static pool, with chan */
	struct world_event event;
	uint32_t tag;
	bool expecting, answered;
	int error; /* what came was no answer */
	struct supp_fs_req req;
	struct supp_fs_rsp rsp;
};

static void chan_over(struct supp_fs *fs)
{
	ipc_close(fs->task, fs->chan);
	fs->chan = 0;
	dataspace_put(fs->shm);
	fs->shm = NULL;
	world_signal(&fs->event);
}

static void chan_accept(struct supp_fs *fs)
{
	struct ipc_peer peer;
	ipc_handle_t chan = ipc_accept(fs->task, fs->port, &peer);

	if (chan <= 0)
		return;
	/* One supplicant at a time; one whose memory has no room for a batch is none. */
	if (fs->chan || !peer.vm || !peer.vm->shm || peer.vm->shm->size < SUPP_FS_MAX_BYTES) {
		ipc_close(fs->task, chan);
		return;
	}
	fs->chan = chan;
	fs->shm = dataspace_get(peer.vm->shm);
	world_signal(&fs->event);
}

/* -EAGAIN: it comes late, for a request that was given up. */
static int read_answer(struct supp_fs *fs, const struct ipc_msg_info *info)
{
	struct ipc_iov iov = { &fs->rsp, sizeof(fs->rsp) };

	if (info->len != sizeof(fs->rsp) ||
	    ipc_read_msg(fs->task, fs->chan, info->id, 0, &iov, 1) != (int)info->len)
		return -EPROTO;
	if ((int32_t)(fs->rsp.tag - fs->tag) < 0)
		return -EAGAIN;
	return fs->rsp.tag == fs->tag ? 0 : -EPROTO;
}

static void chan_take(struct supp_fs *fs)
{
	struct ipc_msg_info info;

	while (fs->chan && ipc_get_msg(fs->task, fs->chan, &info) == NO_ERROR) {
		/* What follows an answer must not take its place: its reader hasn't run yet. */
		bool wanted = fs->expecting && !fs->answered;
		int ret = wanted ? read_answer(fs, &info) : 0;

		ipc_put_msg(fs->task, fs->chan, info.id);
		if (!wanted || ret == -EAGAIN)
			continue;
		fs->answered = true;
		fs->error = ret;
		world_signal(&fs->event);
	}
}

static void on_event(void *data)
{
	struct supp_fs *fs = data;
	struct ipc_uevent ev;

	while (ipc_wait_any(fs->task, &ev, 0) == NO_ERROR) {
		if (ev.handle == fs->port) {
			chan_accept(fs);
			continue;
		}
		if (ev.handle != fs->chan)
			continue;
		if (ev.event & IPC_HANDLE_POLL_MSG)
			chan_take(fs);
		if (ev.event & IPC_HANDLE_POLL_HUP && fs->chan)
			chan_over(fs);
	}
}

int supp_fs_create(struct tee_world *w, struct supp_fs **fsp)
{
	static const uint8_t uuid[16] = { 0 };
	struct supp_fs *fs = calloc(1, sizeof(*fs));

	if (!fs)
		return -ENOMEM;
	fs->world = w;
	fs->task = ipc_task_create(world_ipc(w), uuid, NULL);
	if (!fs->task)
		goto err_free;
	fs->port = ipc_port_create(fs->task, SUPP_FS_PORT, NUM_BUFS, BUF_SIZE,
				   IPC_PORT_ALLOW_NS_CONNECT | IPC_PORT_SUPPLICANT_ONLY);
	if (fs->port <= 0)
		goto err_task;
	world_event_init(&fs->event);
	ipc_task_set_notify(fs->task, on_event, fs);
	*fsp = fs;
	return 0;
err_task:
	ipc_task_destroy(fs->task);
err_free:
	free(fs);
	return -ENOMEM;
}

void supp_fs_destroy(struct supp_fs *fs)
{
	if (!fs)
		return;
	ipc_task_set_notify(fs->task, NULL, NULL);
	ipc_task_destroy(fs->task);
	dataspace_put(fs->shm);
	world_event_destroy(&fs->event);
	free(fs);
}

/* Until @fs is answered, or (not @chan) connected. The event may have come to this very thread. */
static int wait_for(struct supp_fs *fs, ipc_handle_t chan, uint64_t timeout_ns)
{
	uint64_t deadline = tl_now_ns() + timeout_ns;
	int ret = 0;

	for (;;) {
		on_event(fs);
		if (chan ? fs->answered : fs->chan > 0)
			return chan ? fs->error : 0;
		if (chan && fs->chan != chan)
			return -ECONNRESET;
		if (ret)
			return ret;
		ret = world_wait(fs->world, &fs->event, deadline);
	}
}

static bool brings_bytes(const struct fs_op *op)
{
	return op->code == SUPP_FS_READ || op->code == SUPP_FS_LIST;
}

/*
 * Without the lock: the batch's bytes into the supplicant's memory, its operations into the
 * message.
 */
static int pack(struct supp_fs *fs, const struct fs_batch *b, struct dataspace *ds)
{
	uint8_t *shm_base = dataspace_map(ds);
	uint64_t at = 0;
	unsigned int i;

	if (!shm_base)
		return -ENOMEM;
	if (b->num > FS_MAX_OPS || b->bytes > FS_MAX_BYTES)
		return -EINVAL;
	memset(&fs->req, 0, sizeof(fs->req));
	fs->req.num_ops = b->num;
	memcpy(fs->req.name, b->name, sizeof(fs->req.name));
	for (i = 0; i < b->num; i++) {
		const struct fs_op *op = &b->op[i];

		fs->req.op[i] = (struct supp_fs_op){
			.code = (uint8_t)op->code,
			.file = (uint8_t)op->file,
			.len = (uint32_t)op->len,
			.offset = op->offset,
			.shm_offset = at,
		};
		if (op->code == SUPP_FS_WRITE)
			memcpy(shm_base + at, op->buf, op->len);
		at += op->len;
	}
	return 0;
}

/* Without the lock: what was read, once, into the batch's buffers. */
static int unpack(const struct supp_fs *fs, struct fs_batch *b, const struct dataspace *ds)
{
	const uint8_t *shm_at = ds->shm_base;
	unsigned int i;

	b->got = 0;
	for (i = 0; i < b->num; i++) {
		const struct fs_op *op = &b->op[i];

		if (brings_bytes(op)) {
			memcpy(op->buf, shm_at, op->len);
			b->got = fs->rsp.got;
			if (b->got > op->len)
				return -EPROTO;
		}
		shm_at += op->len;
	}
	/* What is looked at from here on are the copies. */
	__asm__ volatile("" ::: "memory");
	return 0;
}

static int result(const struct supp_fs *fs, const struct fs_batch *b)
{
	switch (fs->rsp.result) {
	case TEE_SUCCESS:
		return fs->rsp.done == b->num ? 0 : -EPROTO;
	case TEE_ERROR_ITEM_NOT_FOUND:
		return -ENOENT;
	case TEE_ERROR_STORAGE_NO_SPACE:
		return -ENOSPC;
	default:
		return -EIO;
	}
}

/* Under the lock. Return: 0: fs->rsp is the answer; -errno. */
static int exchange(struct supp_fs *fs, const struct fs_batch *b, ipc_handle_t chan)
{
	struct ipc_iov iov = { &fs->req,
			       offsetof(struct supp_fs_req, op) + b->num * sizeof(fs->req.op[0]) };
	int ret;

	if (fs->chan != chan)
		return -ECONNRESET;
	fs->req.tag = ++fs->tag;
	fs->answered = false;
	fs->expecting = true;
	ret = ipc_send_msg(fs->task, chan, &iov, 1);
	ret = ret == (int)iov.len ? wait_for(fs, chan, ANSWER_TIMEOUT_NS) : -ECONNRESET;
	fs->expecting = false;
	if (!ret || ret == -ECANCELED)
		return ret;
	if (ret == -EPROTO)
		log_warn("the supplicant doesn't keep to its protocol");
	else if (ret == -ETIMEDOUT)
		log_warn("the supplicant doesn't answer");
	if (fs->chan == chan)
		chan_over(fs);
	return ret == -ETIMEDOUT ? ret : -ECONNRESET;
}

/* Under the lock, which is dropped to copy. -ECONNRESET: it may be tried again. */
static int try_batch(struct supp_fs *fs, struct fs_batch *b)
{
	struct dataspace *ds;
	ipc_handle_t chan;
	int ret;

	ret = wait_for(fs, 0, CHANNEL_TIMEOUT_NS);
	if (ret)
		return ret;
	chan = fs->chan;
	ds = dataspace_get(fs->shm);
	world_block_begin(fs->world);
	ret = pack(fs, b, ds);
	world_block_end(fs->world);
	if (!ret)
		ret = exchange(fs, b, chan);
	if (!ret) {
		ret = result(fs, b);
		world_block_begin(fs->world);
		if (!ret)
			ret = unpack(fs, b, ds);
		world_block_end(fs->world);
	}
	dataspace_put(ds);
	if (ret == -EPROTO) {
		log_warn("the supplicant gives an answer that can't be");
		if (fs->chan == chan)
			chan_over(fs);
		ret = -ECONNRESET;
	}
	return ret;
}

static int run(void *data, struct fs_batch *b)
{
	struct supp_fs *fs = data;
	unsigned int i;
	int ret = -ECONNRESET;

	world_block_end(fs->world);
	for (i = 0; i < MAX_TRIES && ret == -ECONNRESET; i++)
		ret = try_batch(fs, b);
	world_block_begin(fs->world);
	return ret == -ETIMEDOUT || ret == -ECANCELED ? -ECONNRESET : ret;
}

const struct storage_fs_ops supp_fs_ops = { .run = run };
