/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "fuzz/supplicant.h"

#include <string.h>

void fuzz_supp_start(struct fuzz_supp *s, struct tee_world *w, const char *port, uint64_t shm_size)
{
	unsigned int i;

	*s = (struct fuzz_supp){ .w = w, .port = port };
	for (i = 0; i < FUZZ_SUPP_NUM; i++) {
		s->vm[i] = fake_vm_create(w, i + 1, shm_size);
		s->vm[i]->supplicant = i == FUZZ_SUPPLICANT;
		s->task[i] = ipc_task_create(w->ipc, (const uint8_t[16]){ 0 }, s->vm[i]);
	}
	fuzz_supp_connect(s, FUZZ_SUPPLICANT);
	ipc_dispatch(w->ipc);
}

void fuzz_supp_end(struct fuzz_supp *s)
{
	unsigned int i;

	for (i = 0; i < FUZZ_SUPP_NUM; i++)
		ipc_task_destroy(s->task[i]);
}

void fuzz_supp_hang_up(struct fuzz_supp *s)
{
	if (s->chan > 0)
		ipc_close(s->task[FUZZ_SUPPLICANT], s->chan);
	s->chan = 0;
}

void fuzz_supp_connect(struct fuzz_supp *s, enum fuzz_supp_who who)
{
	ipc_handle_t h;

	if (who == FUZZ_SUPPLICANT)
		fuzz_supp_hang_up(s);
	h = ipc_connect(s->task[who], s->port, IPC_CONNECT_ASYNC);
	if (who == FUZZ_SUPPLICANT)
		s->chan = h > 0 ? h : 0;
	else
		FUZZ_ASSERT(h <= 0);
}

void fuzz_supp_take(struct fuzz_supp *s, void *req, size_t size,
		    void (*check)(const void *req, size_t len))
{
	struct ipc_iov iov = { req, size };
	struct ipc_task *t = s->task[FUZZ_SUPPLICANT];
	struct ipc_msg_info info;
	struct ipc_uevent ev;

	while (ipc_wait_any(t, &ev, 0) == NO_ERROR) {
		if (ev.event & IPC_HANDLE_POLL_HUP)
			fuzz_supp_hang_up(s);
		while (s->chan && ipc_get_msg(t, s->chan, &info) == NO_ERROR) {
			ipc_read_msg(t, s->chan, info.id, 0, &iov, 1);
			ipc_put_msg(t, s->chan, info.id);
			check(req, info.len);
		}
	}
}

void fuzz_supp_say(struct fuzz_supp *s, const void *msg, size_t len)
{
	struct ipc_iov iov = { (void *)(uintptr_t)msg, len };

	if (s->chan)
		ipc_send_msg(s->task[FUZZ_SUPPLICANT], s->chan, &iov, 1);
}

void fuzz_supp_say_raw(struct fuzz_supp *s, struct fuzz_input *in)
{
	uint8_t buf[4096];
	size_t len = (size_t)fuzz_take(in, 2) % (sizeof(buf) + 1);

	memset(buf, (int)fuzz_take(in, 1), sizeof(buf));
	fuzz_supp_say(s, buf, len);
}
