// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
/*
 * Secure storage under a hostile supplicant: answers of any content, memory of any content, too
 * many, too late, none.
 * Input: steps of an op byte and its operands, see step(), taken whenever a request waits. When
 * they run out nobody says anything any more.
 */
#include <errno.h>
#include <string.h>

#include "fuzz/supplicant.h"
#include "tee/storage/storage.h"
#include "tee/storage/supp_fs.h"

#define MAX_CALLS 6u

enum op {
	OP_ANSWER, /* u32 got: done, as asked for */
	OP_MESSAGE, /* s8 past the tag, u32 result, s8 past done, u32 got */
	OP_RAW, /* u16 length, u8 value */
	OP_MEMORY, /* u32 offset, u16 length, u8 value: of the shared memory */
	OP_CONNECT, /* u8 whose */
	OP_CLOSE,
	OP_TIMEOUT,
	OP_NUM
};

struct env {
	struct fuzz_input in;
	struct fuzz_supp supp;
	struct supp_fs_req req; /* the last one taken */
};

static int root_key(void *data, uint8_t key[STORE_KEY_SIZE])
{
	(void)data;
	memset(key, 1, STORE_KEY_SIZE);
	return 0;
}

static void check_request(const void *data, size_t len)
{
	const struct supp_fs_req *req = data;

	FUZZ_ASSERT(req->num_ops && req->num_ops <= SUPP_FS_MAX_OPS);
	FUZZ_ASSERT(len == offsetof(struct supp_fs_req, op) + req->num_ops * sizeof(req->op[0]));
}

static void answer(struct env *e, bool honest)
{
	struct supp_fs_rsp rsp = { .result = 0 };

	fuzz_supp_take(&e->supp, &e->req, sizeof(e->req), check_request);
	rsp.tag = e->req.tag;
	rsp.done = e->req.num_ops;
	if (!honest) {
		rsp.tag += fuzz_take_delta(&e->in);
		rsp.result = (uint32_t)fuzz_take(&e->in, 4);
		rsp.done += fuzz_take_delta(&e->in);
	}
	rsp.got = (uint32_t)fuzz_take(&e->in, 4);
	fuzz_supp_say(&e->supp, &rsp, sizeof(rsp));
}

static void write_memory(struct env *e)
{
	struct dataspace *shm = e->supp.vm[FUZZ_SUPPLICANT]->shm;
	uint8_t *base = dataspace_map(shm);
	uint64_t size = shm->size;
	uint64_t at = fuzz_take(&e->in, 4) % size, len = fuzz_take(&e->in, 2);

	memset(base + at, (int)fuzz_take(&e->in, 1), len < size - at ? len : size - at);
}

/* What happens while a request waits: the result of the wait. */
static int step(void *data)
{
	struct env *e = data;
	enum op op = e->in.size ? (enum op)(fuzz_take(&e->in, 1) % OP_NUM) : OP_TIMEOUT;

	switch (op) {
	case OP_ANSWER:
	case OP_MESSAGE:
		answer(e, op == OP_ANSWER);
		break;
	case OP_RAW:
		fuzz_supp_say_raw(&e->supp, &e->in);
		break;
	case OP_MEMORY:
		write_memory(e);
		break;
	case OP_CONNECT:
		fuzz_supp_connect(&e->supp, fuzz_take(&e->in, 1) % FUZZ_SUPP_NUM);
		break;
	case OP_CLOSE:
		fuzz_supp_hang_up(&e->supp);
		break;
	default:
		return -ETIMEDOUT;
	}
	ipc_dispatch(e->supp.w->ipc);
	return 0;
}

static void check(int ret)
{
	FUZZ_ASSERT(ret >= 0 || ret == -ENOENT || ret == -EBADMSG || ret == -ENOSPC ||
		    ret == -EIO || ret == -ECONNRESET || ret == -EEXIST || ret == -EBUSY);
}

static void call(struct storage_client *c, unsigned int which)
{
	const struct store_id id = { .size = 1, .id = "x" };
	struct store_content content = { .data = "content", .data_size = 7 };
	struct storage_info info;
	struct store_id found;
	int h, ret;

	if (which % 3 == 0) {
		h = storage_create_object(c, &id, STORAGE_READ | STORAGE_WRITE | STORAGE_OVERWRITE,
					  &content);
		check(h);
		if (h > 0)
			check(storage_write(c, h, 5000, "more", 4));
	} else if (which % 3 == 1) {
		h = storage_open(c, &id, STORAGE_READ);
		check(h);
	} else {
		h = storage_enum_alloc(c);
		ret = storage_enum_start(c, h);
		check(ret);
		if (!ret)
			check(storage_enum_next(c, h, &found, &info));
		storage_enum_free(c, h);
		return;
	}
	if (h > 0)
		storage_close(c, h);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct env e = { .in = { data, size } };
	struct storage_config cfg = { .root_key = root_key };
	struct tee_world *w = fake_world_create();
	struct storage_client *client;
	struct storage *storage;
	struct supp_fs *files;
	unsigned int i;

	FUZZ_ASSERT(!supp_fs_create(w, &files));
	cfg.fs = (struct storage_fs){ &supp_fs_ops, files };
	FUZZ_ASSERT(!storage_create(&cfg, &storage));
	FUZZ_ASSERT(!storage_client_create(storage, (const uint8_t[16]){ 7 }, &client));
	w->on_wait = step;
	w->on_wait_data = &e;
	fuzz_supp_start(&e.supp, w, SUPP_FS_PORT, 2u << 20);
	world_block_begin(w);
	for (i = 0; i < MAX_CALLS && (e.in.size || !i); i++)
		call(client, i);
	storage_client_destroy(client);
	storage_destroy(storage);
	world_block_end(w);
	fuzz_supp_end(&e.supp);
	supp_fs_destroy(files);
	fake_world_destroy(w);
	return 0;
}
