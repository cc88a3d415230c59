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

#include "fuzz/target.h"
#include "tee/ipc/ipc.h"
#include "tee/storage/storage.h"
#include "tee/storage/supp_fs.h"
#include "tests/unit/tee/fake_world.h"

#define MAX_CALLS 6u
#define SUPPLICANT 0u
#define STRANGER 1u

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
	struct tee_world *w;
	struct supp_fs *files;
	struct tee_vm *vm[2];
	struct ipc_task *task[2];
	ipc_handle_t chan;
	struct supp_fs_req req; /* the last one taken */
};

static int root_key(void *data, uint8_t key[STORE_KEY_SIZE])
{
	(void)data;
	memset(key, 1, STORE_KEY_SIZE);
	return 0;
}

static void hang_up(struct env *e)
{
	if (e->chan > 0)
		ipc_close(e->task[SUPPLICANT], e->chan);
	e->chan = 0;
}

static void connect_to(struct env *e, unsigned int who)
{
	ipc_handle_t h;

	if (who == SUPPLICANT)
		hang_up(e);
	h = ipc_connect(e->task[who], SUPP_FS_PORT, IPC_CONNECT_ASYNC);
	if (who == SUPPLICANT)
		e->chan = h > 0 ? h : 0;
	else
		FUZZ_ASSERT(h <= 0);
}

static void take_requests(struct env *e)
{
	struct ipc_iov iov = { &e->req, sizeof(e->req) };
	struct ipc_task *t = e->task[SUPPLICANT];
	struct ipc_msg_info info;
	struct ipc_uevent ev;

	while (ipc_wait_any(t, &ev, 0) == NO_ERROR) {
		if (ev.event & IPC_HANDLE_POLL_HUP)
			hang_up(e);
		while (e->chan && ipc_get_msg(t, e->chan, &info) == NO_ERROR) {
			ipc_read_msg(t, e->chan, info.id, 0, &iov, 1);
			ipc_put_msg(t, e->chan, info.id);
			FUZZ_ASSERT(e->req.num_ops && e->req.num_ops <= SUPP_FS_MAX_OPS);
			FUZZ_ASSERT(info.len == offsetof(struct supp_fs_req, op) +
							e->req.num_ops * sizeof(e->req.op[0]));
		}
	}
}

static void say(struct env *e, const void *msg, size_t len)
{
	struct ipc_iov iov = { (void *)(uintptr_t)msg, len };

	if (e->chan)
		ipc_send_msg(e->task[SUPPLICANT], e->chan, &iov, 1);
}

static void answer(struct env *e, bool honest)
{
	struct supp_fs_rsp rsp = { .result = 0 };

	take_requests(e);
	rsp.tag = e->req.tag;
	rsp.done = e->req.num_ops;
	if (!honest) {
		rsp.tag += fuzz_take_delta(&e->in);
		rsp.result = (uint32_t)fuzz_take(&e->in, 4);
		rsp.done += fuzz_take_delta(&e->in);
	}
	rsp.got = (uint32_t)fuzz_take(&e->in, 4);
	say(e, &rsp, sizeof(rsp));
}

static void raw(struct env *e)
{
	uint8_t buf[4096];
	size_t len = (size_t)fuzz_take(&e->in, 2) % (sizeof(buf) + 1);

	memset(buf, (int)fuzz_take(&e->in, 1), sizeof(buf));
	say(e, buf, len);
}

static void write_memory(struct env *e)
{
	uint8_t *base = dataspace_map(e->vm[SUPPLICANT]->shm);
	uint64_t size = e->vm[SUPPLICANT]->shm->size;
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
		raw(e);
		break;
	case OP_MEMORY:
		write_memory(e);
		break;
	case OP_CONNECT:
		connect_to(e, (unsigned int)fuzz_take(&e->in, 1) % 2);
		break;
	case OP_CLOSE:
		hang_up(e);
		break;
	default:
		return -ETIMEDOUT;
	}
	ipc_dispatch(e->w->ipc);
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
	struct env e = { .in = { data, size }, .w = fake_world_create() };
	struct storage_config cfg = { .root_key = root_key };
	struct storage_client *client;
	struct storage *storage;
	unsigned int i;

	FUZZ_ASSERT(!supp_fs_create(e.w, &e.files));
	cfg.fs = (struct storage_fs){ &supp_fs_ops, e.files };
	FUZZ_ASSERT(!storage_create(&cfg, &storage));
	FUZZ_ASSERT(!storage_client_create(storage, (const uint8_t[16]){ 7 }, &client));
	for (i = 0; i < 2; i++) {
		e.vm[i] = fake_vm_create(e.w, i + 1, 2u << 20);
		e.vm[i]->supplicant = i == SUPPLICANT;
		e.task[i] = ipc_task_create(e.w->ipc, (const uint8_t[16]){ 0 }, e.vm[i]);
	}
	e.w->on_wait = step;
	e.w->on_wait_data = &e;
	connect_to(&e, SUPPLICANT);
	ipc_dispatch(e.w->ipc);
	world_block_begin(e.w);
	for (i = 0; i < MAX_CALLS && (e.in.size || !i); i++)
		call(client, i);
	storage_client_destroy(client);
	storage_destroy(storage);
	world_block_end(e.w);
	for (i = 0; i < 2; i++)
		ipc_task_destroy(e.task[i]);
	supp_fs_destroy(e.files);
	fake_world_destroy(e.w);
	return 0;
}
