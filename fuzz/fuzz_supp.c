/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * The loader of images under a hostile supplicant: answers of any content, too many, too late,
 * none.
 * Input: steps of an op byte and its operands, see step(), taken whenever a load waits. When they
 * run out nobody says anything any more.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz/target.h"
#include "tee/ipc/ipc.h"
#include "tee/ta/manager.h"
#include "tests/unit/tee/fake_world.h"
#include "wire/supp.h"

#define MAX_LOADS 8u
#define SUPPLICANT 0u
#define STRANGER 1u

enum op {
	OP_ANSWER, /* u16 length: the next piece of an image, as asked for; u32 total */
	OP_MESSAGE, /* s8 past the tag, u8 cmd, u32 result, s8 past the length, u16 length, u64 total */
	OP_RAW,    /* u16 length, u8 value */
	OP_CONNECT, /* u8 whose */
	OP_CLOSE,
	OP_TAKE, /* the requests that lie there */
	OP_TIMEOUT,
	OP_NUM
};

struct env {
	struct fuzz_input in;
	struct tee_world *w;
	struct ta_loader *loader;
	struct tee_vm *vm[2];
	struct ipc_task *task[2];
	ipc_handle_t chan;
	struct supp_req req; /* the last one taken */
};

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
	h = ipc_connect(e->task[who], SUPP_PORT, IPC_CONNECT_ASYNC);
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
			FUZZ_ASSERT(info.len == sizeof(e->req));
			ipc_read_msg(t, e->chan, info.id, 0, &iov, 1);
			ipc_put_msg(t, e->chan, info.id);
			FUZZ_ASSERT(e->req.max <= SUPP_MAX_DATA && e->req.offset < SUPP_MAX_IMAGE);
		}
	}
}

static void send_answer(struct env *e, const struct supp_rsp *rsp, size_t len)
{
	uint8_t buf[4096];
	struct ipc_iov iov = { buf, sizeof(*rsp) + len };

	memset(buf, 0x5a, sizeof(buf));
	memcpy(buf, rsp, sizeof(*rsp));
	if (e->chan)
		ipc_send_msg(e->task[SUPPLICANT], e->chan, &iov, 1);
}

static void answer(struct env *e, bool honest)
{
	struct supp_rsp rsp = { .cmd = SUPP_CMD_LOAD_TA };
	size_t len;

	take_requests(e);
	rsp.tag = e->req.tag;
	if (!honest) {
		rsp.tag += fuzz_take_delta(&e->in);
		rsp.cmd = (uint32_t)fuzz_take(&e->in, 1);
		rsp.result = (uint32_t)fuzz_take(&e->in, 4);
		rsp.len = fuzz_take_delta(&e->in);
	}
	len = (size_t)fuzz_take(&e->in, 2) % (4096 - sizeof(rsp) + 1);
	rsp.total = fuzz_take(&e->in, honest ? 4 : 8);
	rsp.len += (uint32_t)len;
	send_answer(e, &rsp, len);
}

static void raw(struct env *e)
{
	uint8_t buf[4096];
	struct ipc_iov iov = { buf, (size_t)fuzz_take(&e->in, 2) % (sizeof(buf) + 1) };

	memset(buf, (int)fuzz_take(&e->in, 1), sizeof(buf));
	if (e->chan)
		ipc_send_msg(e->task[SUPPLICANT], e->chan, &iov, 1);
}

/* What happens while the loader sleeps: the result of its sleep. */
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
	case OP_CONNECT:
		connect_to(e, (unsigned int)fuzz_take(&e->in, 1) % 2);
		break;
	case OP_CLOSE:
		hang_up(e);
		break;
	case OP_TAKE:
		take_requests(e);
		break;
	default:
		return -ETIMEDOUT;
	}
	/* The supplicant's end, whose task nobody runs otherwise, is looked at by its steps. */
	ipc_dispatch(e->w->ipc);
	return 0;
}

static void load(struct env *e)
{
	static const uint8_t uuid[16] = { 1, 2, 3 };
	int fd = memfd_create("fuzz", MFD_CLOEXEC), ret;
	uint64_t size = 0;
	struct stat st;

	FUZZ_ASSERT(fd >= 0);
	ret = ta_loader_fetch(e->loader, uuid, fd, &size);
	FUZZ_ASSERT(!fstat(fd, &st));
	FUZZ_ASSERT(st.st_size <= (off_t)SUPP_MAX_IMAGE);
	if (!ret)
		FUZZ_ASSERT((uint64_t)st.st_size == size);
	else
		FUZZ_ASSERT(ret == -ENOENT || ret == -EFBIG || ret == -ECONNRESET ||
			    ret == -ETIMEDOUT || ret == -ENOMEM);
	close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct env e = { .in = { data, size }, .w = fake_world_create() };
	unsigned int i;

	FUZZ_ASSERT(!ta_loader_create(e.w, &e.loader));
	for (i = 0; i < 2; i++) {
		e.vm[i] = fake_vm_create(e.w, i + 1, 0);
		e.vm[i]->supplicant = i == SUPPLICANT;
		e.task[i] = ipc_task_create(e.w->ipc, (const uint8_t[16]){ 0 }, e.vm[i]);
	}
	e.w->on_wait = step;
	e.w->on_wait_data = &e;
	connect_to(&e, SUPPLICANT);
	ipc_dispatch(e.w->ipc);
	for (i = 0; i < MAX_LOADS && (e.in.size || !i); i++)
		load(&e);
	for (i = 0; i < 2; i++)
		ipc_task_destroy(e.task[i]);
	ta_loader_destroy(e.loader);
	fake_world_destroy(e.w);
	return 0;
}
