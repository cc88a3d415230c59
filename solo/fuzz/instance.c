// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
#include "solo/fuzz/instance.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "include/teelink/ta_runtime.h"
#include "lib/uuid.h"
#include "solo/fuzz/area.h"
#include "solo/fuzz/globals.h"
#include "solo/fuzz/memory_fs.h"
#include "solo/fuzz/show.h"
#include "ta/include/tee_api_defines.h"
#include "tee/storage/service.h"
#include "tee/storage/storage.h"
#include "tee/ta/syscall.h"
#include "wire/property.h"
#include "wire/ta_head.h"
#include "wire/ta_session.h"

#define NOTHING_LOGGED 0u
#define ALL_LOGGED 4u
#define DEVICE_ID_BYTE 0x5a

struct fuzz_ta {
	struct ta_runtime_config cfg;
	struct fuzz_ta_options opts;
	struct fuzz_area area;
	struct globals globals;
	uint8_t uuid[16];
	uint32_t num_sessions; /* that an instance may have */
	bool keep_alive;
	struct memory_fs fs;
	/* the input that runs */
	const struct fuzz_calls *calls;
	unsigned int next; /* call */
	struct storage *storage; /* once it is used */
	/* the instance that runs */
	struct storage_client *client;
	uint32_t entry, session; /* what it is in */
	bool open[FUZZ_MAX_SESSIONS];
	bool unasked; /* it is in the opening of a session that a call needs */
	bool ending, stopped;
};

static void resume(struct fuzz_ta *t)
{
	t->cfg.mailbox->call.kind = MAILBOX_CALL_RESUME;
	t->cfg.mailbox->call.seq++;
}

static void stop(struct fuzz_ta *t)
{
	t->stopped = true;
	t->cfg.mailbox->cancel |= MAILBOX_STOP;
}

/* @c: whose parameters, NULL for none. */
static void enter(struct fuzz_ta *t, enum mailbox_entry entry, uint32_t session,
		  const struct fuzz_call *c)
{
	struct mailbox_call *call = &t->cfg.mailbox->call;

	t->entry = entry;
	t->session = session;
	call->kind = MAILBOX_CALL_ENTER;
	call->entry = entry;
	call->session = session;
	call->cmd = c ? c->cmd : 0;
	call->seq++;
	fuzz_area_place(&t->area, &t->cfg, t->calls, c, call->param);
	t->cfg.mailbox->cancel = c && c->cancelled ? MAILBOX_CANCEL : 0;
	if (t->opts.show)
		fuzz_show_call(entry, session, t->calls, c);
}

static bool any_open(const struct fuzz_ta *t)
{
	unsigned int i;

	for (i = 0; i < t->num_sessions; i++)
		if (t->open[i])
			return true;
	return false;
}

static void end(struct fuzz_ta *t)
{
	unsigned int i;

	for (i = 0; i < t->num_sessions; i++)
		if (t->open[i])
			break;
	if (i < t->num_sessions)
		enter(t, MAILBOX_ENTRY_CLOSE_SESSION, i, NULL);
	else if (t->entry != MAILBOX_ENTRY_DESTROY)
		enter(t, MAILBOX_ENTRY_DESTROY, 0, NULL);
	else
		stop(t);
}

/* What the instance is called with next. A session is opened for who invokes without one. */
static void advance(struct fuzz_ta *t)
{
	while (!t->ending && t->next < t->calls->num) {
		const struct fuzz_call *c = &t->calls->call[t->next];
		uint32_t s = c->session % t->num_sessions;

		t->unasked = c->kind == FUZZ_INVOKE && !t->open[s];
		if (t->unasked) {
			enter(t, MAILBOX_ENTRY_OPEN_SESSION, s, NULL);
			return;
		}
		if (c->kind == FUZZ_OPEN && t->open[s]) {
			enter(t, MAILBOX_ENTRY_CLOSE_SESSION, s, NULL);
			return;
		}
		t->next++;
		if (c->kind == FUZZ_CLOSE && !t->open[s])
			continue;
		enter(t,
		      c->kind == FUZZ_INVOKE ? MAILBOX_ENTRY_INVOKE
		      : c->kind == FUZZ_OPEN ? MAILBOX_ENTRY_OPEN_SESSION
					     : MAILBOX_ENTRY_CLOSE_SESSION,
		      s, c);
		return;
	}
	end(t);
}

/* A call that can't be made is left out, lest the next instance tries it again. */
static void done(struct fuzz_ta *t, const struct mailbox_answer *ans)
{
	if (t->opts.show)
		fuzz_show_answer(&t->cfg.mailbox->call, ans);
	switch (t->entry) {
	case MAILBOX_ENTRY_CREATE:
		if (ans->result) {
			t->next++;
			stop(t);
			return;
		}
		break;
	case MAILBOX_ENTRY_OPEN_SESSION:
		t->open[t->session] = !ans->result;
		if (ans->result && t->unasked)
			t->next++;
		t->unasked = false;
		break;
	case MAILBOX_ENTRY_CLOSE_SESSION:
		t->open[t->session] = false;
		break;
	default:
		break;
	}
	if (t->entry != MAILBOX_ENTRY_CREATE && !t->keep_alive && !any_open(t))
		t->ending = true;
	advance(t);
}

/* Nobody else reads these objects. */
static int root_key(void *data, uint8_t key[STORE_KEY_SIZE])
{
	(void)data;
	memset(key, 0, STORE_KEY_SIZE);
	return 0;
}

static uint32_t serve_storage(struct fuzz_ta *t, struct ta_syscall *sc)
{
	const struct storage_config storage = {
		.fs = { .ops = &memory_fs_ops, .data = &t->fs },
		.root_key = root_key,
	};

	if (!t->storage && storage_create(&storage, &t->storage))
		return TEE_ERROR_OUT_OF_MEMORY;
	if (!t->client && storage_client_create(t->storage, t->uuid, &t->client))
		return TEE_ERROR_OUT_OF_MEMORY;
	return storage_service_serve(t->client, sc);
}

static uint32_t serve(struct fuzz_ta *t, struct ta_syscall *sc)
{
	switch (sc->nr / MAILBOX_SYSCALL_RANGE * MAILBOX_SYSCALL_RANGE) {
	case MAILBOX_SYSCALL_STORAGE:
		return serve_storage(t, sc);
	case MAILBOX_SYSCALL_SESSION:
		sc->arg[TA_SESSION_ARG_ORIGIN] = TEE_ORIGIN_TEE;
		return TEE_ERROR_ITEM_NOT_FOUND;
	case MAILBOX_SYSCALL_PROPERTY:
		/* The same id in each run. */
		memset(sc->arg, DEVICE_ID_BYTE, PROPERTY_DEVICE_ID_SIZE);
		return TEE_SUCCESS;
	default:
		return TEE_ERROR_NOT_IMPLEMENTED;
	}
}

static void syscall_made(struct fuzz_ta *t)
{
	struct mailbox_syscall *made = &t->cfg.mailbox->syscall;
	struct ta_syscall sc = { .nr = made->nr,
				 .shm_area = (uint8_t *)t->cfg.io_area + TA_AREA_SIZE };

	memcpy(sc.arg, made->arg, sizeof(sc.arg));
	made->result = serve(t, &sc);
	memcpy(made->arg, sc.arg, sizeof(sc.arg));
	resume(t);
}

static void panicked(struct fuzz_ta *t, uint32_t code)
{
	if (t->unasked || t->entry == MAILBOX_ENTRY_CREATE)
		t->next++;
	if (t->opts.show || t->opts.stop_on_panic)
		fprintf(stderr, "panic 0x%08x\n", code);
	if (t->opts.stop_on_panic)
		abort();
}

static void answered(const struct ta_runtime_config *cfg)
{
	struct fuzz_ta *t = (struct fuzz_ta *)(uintptr_t)cfg;
	const struct mailbox *mb = cfg->mailbox;

	switch (mb->answer.kind) {
	case MAILBOX_ANSWER_READY:
		enter(t, MAILBOX_ENTRY_CREATE, 0, NULL);
		break;
	case MAILBOX_ANSWER_DONE:
		done(t, &mb->answer);
		break;
	case MAILBOX_ANSWER_LOG:
		fuzz_show_log(mb);
		resume(t);
		break;
	case MAILBOX_ANSWER_SYSCALL:
		syscall_made(t);
		break;
	case MAILBOX_ANSWER_PANIC:
		panicked(t, mb->answer.result);
		break;
	default: /* the image was loaded before, and no objects are mapped */
		abort();
	}
}

static void run_instance(struct fuzz_ta *t)
{
	struct mailbox *mb = t->cfg.mailbox;

	globals_restore(&t->globals);
	memset(mb, 0, sizeof(*mb));
	mb->call.seq = MAILBOX_FIRST_SEQ;
	mb->log_level = t->opts.show ? ALL_LOGGED : NOTHING_LOGGED;
	memset(t->open, 0, sizeof(t->open));
	t->ending = t->stopped = t->unasked = false;
	ta_runtime_main(&t->cfg);
	storage_client_destroy(t->client);
	t->client = NULL;
}

void fuzz_ta_run(struct fuzz_ta *t, const struct fuzz_calls *calls)
{
	t->calls = calls;
	t->next = 0;
	while (t->next < calls->num)
		run_instance(t);
	if (!t->storage)
		return;
	storage_destroy(t->storage);
	t->storage = NULL;
	memory_fs_clear(&t->fs);
}

static int load(struct fuzz_ta *t)
{
	void *image = dlopen(t->cfg.image_path, RTLD_NOW | RTLD_LOCAL);
	const struct ta_head *head = image ? dlsym(image, "ta_head") : NULL;

	if (!head) {
		fprintf(stderr, "%s: %s\n", t->cfg.image_path,
			image ? "no trusted application" : dlerror());
		return -ENOEXEC;
	}
	uuid_to_octets(head->time_low, head->time_mid, head->time_hi_and_version,
		       head->clock_seq_and_node, t->uuid);
	t->num_sessions =
		head->flags & TA_FLAG_SINGLE_INSTANCE && head->flags & TA_FLAG_MULTI_SESSION
			? FUZZ_MAX_SESSIONS
			: 1;
	t->keep_alive =
		head->flags & TA_FLAG_SINGLE_INSTANCE && head->flags & TA_FLAG_INSTANCE_KEEP_ALIVE;
	return globals_take(&t->globals, head);
}

int fuzz_ta_create(const char *path, const struct fuzz_ta_options *opts, struct fuzz_ta **tp)
{
	struct fuzz_ta *t = calloc(1, sizeof(*t));
	int ret;

	if (!t)
		return -ENOMEM;
	t->opts = *opts;
	t->cfg.image_path = path;
	t->cfg.ctl = -1;
	t->cfg.threaded = true;
	t->cfg.answered = answered;
	ret = fuzz_area_map(&t->area, &t->cfg);
	if (!ret)
		ret = ta_runtime_prepare();
	if (!ret)
		ret = load(t);
	if (ret)
		free(t);
	else
		*tp = t;
	return ret;
}
