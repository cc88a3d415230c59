/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "tee/storage/supp_fs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/log.h"
#include "tee/supp/channel.h"
#include "tee/vm.h"

#define CHANNEL_TIMEOUT_NS 10000000000ull
/* A disk may take its time; beyond it the supplicant is turned away. */
#define ANSWER_TIMEOUT_NS 30000000000ull
#define MAX_TRIES 4u

#define TEE_SUCCESS 0u
#define TEE_ERROR_ITEM_NOT_FOUND 0xffff0008u
#define TEE_ERROR_STORAGE_NO_SPACE 0xffff3041u

struct supp_fs {
	struct tee_world *world;
	struct supp_chan chan;
	struct dataspace *shm; /* a reference: its VM's static pool, while one is connected */
	uint32_t tag;
	struct supp_fs_req req;
	struct supp_fs_rsp rsp;
};

/* One whose memory has no room for a batch is none. */
static bool chan_accept(void *data, const struct ipc_peer *peer)
{
	struct supp_fs *fs = data;

	if (!peer->vm || !peer->vm->shm || peer->vm->shm->size < SUPP_FS_MAX_BYTES)
		return false;
	fs->shm = dataspace_get(peer->vm->shm);
	return true;
}

static void chan_over(void *data)
{
	struct supp_fs *fs = data;

	dataspace_put(fs->shm);
	fs->shm = NULL;
}

static int read_answer(void *data, const struct ipc_msg_info *info)
{
	struct supp_fs *fs = data;
	struct ipc_iov iov = { &fs->rsp, sizeof(fs->rsp) };

	if (info->len != sizeof(fs->rsp) || !supp_chan_read(&fs->chan, info, &iov, 1))
		return -EPROTO;
	if ((int32_t)(fs->rsp.tag - fs->tag) < 0)
		return -EAGAIN;
	return fs->rsp.tag == fs->tag ? 0 : -EPROTO;
}

static const struct supp_chan_ops chan_ops = {
	.accept = chan_accept,
	.read = read_answer,
	.over = chan_over,
};

int supp_fs_create(struct tee_world *w, struct supp_fs **fsp)
{
	struct supp_fs *fs = calloc(1, sizeof(*fs));
	int ret;

	if (!fs)
		return -ENOMEM;
	fs->world = w;
	ret = supp_chan_init(&fs->chan, w, SUPP_FS_PORT, &chan_ops, fs);
	if (ret) {
		free(fs);
		return ret;
	}
	*fsp = fs;
	return 0;
}

void supp_fs_destroy(struct supp_fs *fs)
{
	if (!fs)
		return;
	supp_chan_release(&fs->chan);
	free(fs);
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
static int exchange(struct supp_fs *fs, const struct fs_batch *b, unsigned int generation)
{
	size_t len = offsetof(struct supp_fs_req, op) + b->num * sizeof(fs->req.op[0]);
	int ret;

	fs->req.tag = ++fs->tag;
	ret = supp_chan_ask(&fs->chan, generation, &fs->req, len, ANSWER_TIMEOUT_NS);
	if (!ret || ret == -ECANCELED)
		return ret;
	if (ret == -ETIMEDOUT)
		log_warn("the supplicant doesn't answer");
	supp_chan_drop(&fs->chan, generation);
	return ret == -ETIMEDOUT ? ret : -ECONNRESET;
}

/* Under the lock, which is dropped to copy. -ECONNRESET: it may be tried again. */
static int try_batch(struct supp_fs *fs, struct fs_batch *b)
{
	unsigned int generation;
	struct dataspace *ds;
	int ret;

	ret = supp_chan_wait(&fs->chan, CHANNEL_TIMEOUT_NS);
	if (ret)
		return ret;
	generation = fs->chan.generation;
	ds = dataspace_get(fs->shm);
	world_block_begin(fs->world);
	ret = pack(fs, b, ds);
	world_block_end(fs->world);
	if (!ret)
		ret = exchange(fs, b, generation);
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
		supp_chan_drop(&fs->chan, generation);
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
