// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
/*
 * OP-TEE's libdl: libraries are named by their UUIDs. Built as hidden names, since the C library's are
 * the same; those are the process's, which a trusted application has no use for.
 */
#include <dlfcn.h>
#include <link.h>

#include "ta/library.h"

#undef dl_iterate_phdr

/* Who links this gets places for libraries (wire/ta_head.h: TA_LIBRARIES_SECTION). */
static const char asks_for_libraries[] __attribute__((section(".ta_libraries"), used)) = "dlopen";

void *dlopen(const char *name, int flags)
{
	/* Keeps it where unused sections are left out. */
	__asm__ volatile("" ::"r"(asks_for_libraries));
	return ta_library_open(name, flags);
}

void *dlsym(void *restrict handle, const char *restrict symbol)
{
	return ta_library_find(handle, symbol);
}

/* A library stays until the instance ends, as OP-TEE's do. */
int dlclose(void *handle)
{
	(void)handle;
	return 0;
}

char *dlerror(void)
{
	return (char *)(uintptr_t)ta_library_error();
}

struct walk {
	int (*callback)(struct dl_phdr_info *info, size_t size, void *data);
	void *data;
	int last;
};

static int step(struct dl_phdr_info *info, size_t size, void *data)
{
	struct walk *w = data;

	w->last = w->callback(info, size, w->data);
	return 0;
}

int ta_iterate_phdr(int (*callback)(struct dl_phdr_info *info, size_t size, void *data), void *data)
{
	struct walk w = { callback, data, 0 };

	dl_iterate_phdr(step, &w);
	return w.last;
}
