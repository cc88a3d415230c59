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

#include "fuzz/supplicant.h"
#include "tee/ta/manager.h"
#include "wire/supp.h"

#define MAX_LOADS 8u

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
	struct fuzz_supp supp;
	struct ta_loader *loader;
	struct supp_req req; /* the last one taken */
};

static void check_request(const void *data, size_t len)
{
	const struct supp_req *req = data;

	FUZZ_ASSERT(len == sizeof(*req));
	FUZZ_ASSERT(req->max <= SUPP_MAX_DATA && req->offset < SUPP_MAX_IMAGE);
}

static void take_requests(struct env *e)
{
	fuzz_supp_take(&e->supp, &e->req, sizeof(e->req), check_request);
}

static void send_answer(struct env *e, const struct supp_rsp *rsp, size_t len)
{
	uint8_t buf[4096];

	memset(buf, 0x5a, sizeof(buf));
	memcpy(buf, rsp, sizeof(*rsp));
	fuzz_supp_say(&e->supp, buf, sizeof(*rsp) + len);
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
		fuzz_supp_say_raw(&e->supp, &e->in);
		break;
	case OP_CONNECT:
		fuzz_supp_connect(&e->supp, fuzz_take(&e->in, 1) % FUZZ_SUPP_NUM);
		break;
	case OP_CLOSE:
		fuzz_supp_hang_up(&e->supp);
		break;
	case OP_TAKE:
		take_requests(e);
		break;
	default:
		return -ETIMEDOUT;
	}
	/* The supplicant's end, whose task nobody runs otherwise, is looked at by its steps. */
	ipc_dispatch(e->supp.w->ipc);
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
	struct env e = { .in = { data, size } };
	struct tee_world *w = fake_world_create();
	unsigned int i;

	FUZZ_ASSERT(!ta_loader_create(w, &e.loader));
	w->on_wait = step;
	w->on_wait_data = &e;
	fuzz_supp_start(&e.supp, w, SUPP_PORT, 0);
	for (i = 0; i < MAX_LOADS && (e.in.size || !i); i++)
		load(&e);
	fuzz_supp_end(&e.supp);
	ta_loader_destroy(e.loader);
	fake_world_destroy(w);
	return 0;
}
