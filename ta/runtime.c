// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
#include "ta/runtime.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/futex.h"
#include "lib/trace.h"

/* GP's API has no instance argument: it is the thread's. */
static _Thread_local struct ta_runtime *current_instance;

struct ta_runtime *ta_runtime_current(void)
{
	if (!current_instance)
		abort();
	return current_instance;
}

int ta_runtime_trace(int fd)
{
	return trace_attach(fd);
}

int ta_runtime_prepare(void)
{
	ta_backtrace_prepare();
	return ta_algorithms_prepare();
}

void ta_runtime_answer(struct ta_runtime *rt, uint32_t kind)
{
	rt->mb->answer.kind = kind;
	tl_store_release(&rt->mb->answered, rt->seq);
	if (rt->cfg->answered)
		rt->cfg->answered(rt->cfg);
	else
		futex_wake_shared(&rt->mb->answered, 1);
}

void ta_runtime_check_stop(struct ta_runtime *rt)
{
	if (rt->cfg->threaded && !rt->loading && tl_load_acquire(&rt->mb->cancel) & MAILBOX_STOP)
		longjmp(rt->leave, MAILBOX_STOP);
}

void ta_runtime_wait(struct ta_runtime *rt, bool idle)
{
	for (;;) {
		uint32_t bell = tl_load_acquire(&rt->mb->bell);
		bool called = tl_load_acquire(&rt->mb->call.seq) != rt->seq;

		ta_runtime_check_stop(rt);
		/* After the look at seq: what the call needs has been sent before it. */
		if (idle)
			ta_map_update(rt);
		if (called)
			break;
		futex_wait_shared(&rt->mb->bell, bell, 0);
	}
	rt->seq = rt->mb->call.seq;
}

static __attribute__((noreturn)) void leave(struct ta_runtime *rt)
{
	if (!rt->cfg->threaded)
		for (;;)
			futex_wait_shared(&rt->mb->bell, tl_load_acquire(&rt->mb->bell), 0);
	/* The loader's lock is held while constructors run: no jumping over that. */
	if (rt->loading)
		abort();
	longjmp(rt->leave, MAILBOX_CANCEL);
}

void TEE_Panic(TEE_Result code)
{
	struct ta_runtime *rt = ta_runtime_current();

	ta_backtrace_print(rt);
	rt->mb->answer.result = code;
	ta_runtime_answer(rt, MAILBOX_ANSWER_PANIC);
	leave(rt);
}

void ta_panic(const char *func, TEE_Result code, const char *why)
{
	trace_printf(NULL, 0, TRACE_ERROR, true, "%s panics (0x%x): %s", func, code, why);
	TEE_Panic(code);
}

static void *find(struct ta_runtime *rt, const char *name)
{
	return dlsym(rt->image, name);
}

/* A function pointer from dlsym's object pointer, which ISO C can't cast. */
#define FIND_ENTRY(rt, dst, name)                                                                  \
	do {                                                                                       \
		void *sym_ = find((rt), (name));                                                   \
                                                                                                   \
		memcpy(&(dst), &sym_, sizeof(dst));                                                \
	} while (0)

/*
 * Where one image was unloaded the next may be loaded. The loader has a lock of its own for that, but a
 * race detector doesn't see it: solo mode's instances take this one too. A constructor may open libraries.
 */
static pthread_mutex_t image_lock = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;

void ta_loader_lock(struct ta_runtime *rt)
{
	pthread_mutex_lock(&image_lock);
	rt->loading++;
}

void ta_loader_unlock(struct ta_runtime *rt)
{
	rt->loading--;
	pthread_mutex_unlock(&image_lock);
}

void ta_image_close(struct ta_runtime *rt)
{
	if (!rt->image)
		return;
	ta_loader_lock(rt);
	ta_libraries_close(rt);
	dlclose(rt->image);
	ta_loader_unlock(rt);
	rt->image = NULL;
	memset(&rt->entry, 0, sizeof(rt->entry));
}

static const char *load(struct ta_runtime *rt)
{
	const size_t *num_props, *heap_size;
	const char *why = ta_libraries_load(rt);
	/* Libraries that are opened later find what the image has for them; not another instance's. */
	int scope = rt->cfg->num_libraries && !rt->cfg->unconfined ? RTLD_GLOBAL : RTLD_LOCAL;

	if (why)
		return why;
	ta_loader_lock(rt);
	rt->image = dlopen(rt->cfg->image_path, RTLD_NOW | scope);
	ta_loader_unlock(rt);
	if (!rt->image)
		return dlerror();
	FIND_ENTRY(rt, rt->entry.create, "TA_CreateEntryPoint");
	FIND_ENTRY(rt, rt->entry.destroy, "TA_DestroyEntryPoint");
	FIND_ENTRY(rt, rt->entry.open_session, "TA_OpenSessionEntryPoint");
	FIND_ENTRY(rt, rt->entry.close_session, "TA_CloseSessionEntryPoint");
	FIND_ENTRY(rt, rt->entry.invoke, "TA_InvokeCommandEntryPoint");
	if (!rt->entry.create || !rt->entry.destroy || !rt->entry.open_session ||
	    !rt->entry.close_session || !rt->entry.invoke)
		return "an entry point is missing";
	rt->props = find(rt, "ta_props");
	num_props = find(rt, "ta_num_props");
	heap_size = find(rt, "ta_heap_size");
	if (!rt->props || !num_props || !heap_size)
		return "built without user_ta_header.c";
	rt->num_props = *num_props;
	rt->heap_size = *heap_size;
	return NULL;
}

static int load_and_say(struct ta_runtime *rt)
{
	const char *why;

	rt->seq = MAILBOX_FIRST_SEQ;
	rt->loading++;
	why = load(rt);
	rt->loading--;
	if (rt->cfg->loaded)
		rt->cfg->loaded(rt->cfg);
	if (!why) {
		ta_runtime_answer(rt, MAILBOX_ANSWER_READY);
		return 0;
	}
	snprintf(rt->mb->text, sizeof(rt->mb->text), "%s", why);
	rt->mb->answer.text_len = (uint32_t)strlen(rt->mb->text);
	ta_runtime_answer(rt, MAILBOX_ANSWER_LOAD_FAILED);
	return -ENOEXEC;
}

static void tidy(struct ta_runtime *rt)
{
	ta_operations_free(rt);
	ta_objects_free(rt);
	ta_blocks_free(rt);
	ta_sessions_free(rt);
	ta_map_release_all(rt);
	ta_image_close(rt);
	ta_libraries_release(rt);
}

static int serve(struct ta_runtime *rt)
{
	int why = setjmp(rt->leave);

	if (why)
		return why == (int)MAILBOX_STOP ? 0 : -ECANCELED;
	for (;;) {
		ta_runtime_wait(rt, true);
		ta_call_serve(rt);
	}
}

int ta_runtime_main(const struct ta_runtime_config *cfg)
{
	struct ta_runtime *rt = calloc(1, sizeof(*rt));
	int ret;

	if (!rt)
		return -ENOMEM;
	rt->cfg = cfg;
	rt->mb = cfg->mailbox;
	rt->trace_level = (int)rt->mb->log_level;
	list_init(&rt->sessions);
	list_init(&rt->blocks);
	list_init(&rt->operations);
	list_init(&rt->objects);
	current_instance = rt;
	ret = load_and_say(rt);
	if (!ret)
		ret = serve(rt);
	tidy(rt);
	current_instance = NULL;
	free(rt);
	return ret;
}
