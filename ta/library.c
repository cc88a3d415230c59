// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
/*
 * Shared libraries. All that an image needs is fetched before the loader is asked for it: confined, it
 * gets the descriptors of what was fetched. Where nobody answers it, instances may share a process: each
 * has copies of its own, in which names of libraries are paths of the copies.
 */
#include "ta/library.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/elf_names.h"
#include "ta/runtime.h"
#include "ta/syscall.h"
#include "wire/ta_library.h"

#define SUFFIX ".ta"
#define PATH_SIZE 64u

static __attribute__((format(printf, 2, 3))) const char *fail(struct ta_runtime *rt,
							      const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(rt->why, sizeof(rt->why), format, ap);
	va_end(ap);
	rt->why_untold = true;
	return rt->why;
}

static int find(const struct ta_runtime *rt, const uint8_t uuid[16])
{
	unsigned int i;

	for (i = 0; i < rt->num_libraries; i++)
		if (!memcmp(rt->library[i].uuid, uuid, 16))
			return (int)i;
	return -ENOENT;
}

/* <uuid> or <uuid>.ta */
static bool parse_name(const char *name, uint8_t uuid[16])
{
	char text[UUID_TEXT_SIZE];

	if (strnlen(name, sizeof(text)) < sizeof(text) - 1)
		return false;
	memcpy(text, name, sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	name += sizeof(text) - 1;
	return (!*name || !strcmp(name, SUFFIX)) && !uuid_parse(text, uuid);
}

int ta_runtime_library(const char *name)
{
	uint8_t uuid[16];

	return parse_name(name, uuid) ? find(ta_runtime_current(), uuid) : -ENOENT;
}

/* Of a file whose names are to be changed. */
static int copy_file(int fd)
{
	int copy = memfd_create("ta", MFD_CLOEXEC);
	struct ta_image_file f;
	bool ok;

	if (copy < 0 || !ta_image_file_map(fd, &f)) {
		if (copy >= 0)
			close(copy);
		return -1;
	}
	ok = pwrite(copy, f.data, f.size, 0) == (ssize_t)f.size;
	ta_image_file_unmap(&f);
	if (ok)
		return copy;
	close(copy);
	return -1;
}

static const char *fetch(struct ta_runtime *rt, const uint8_t uuid[16])
{
	uint64_t arg[MAILBOX_SYSCALL_NUM_ARGS] = { 0 };
	struct ta_library *lib = &rt->library[rt->num_libraries];
	char text[UUID_TEXT_SIZE];
	uint32_t res;

	uuid_format(uuid, text);
	memcpy(&arg[TA_LIBRARY_ARG_UUID], uuid, 16);
	res = ta_syscall(TA_LIBRARY_OPEN, arg);
	if (res == TEE_ERROR_ITEM_NOT_FOUND)
		return fail(rt, "library %s: there is none", text);
	if (res)
		return fail(rt, "library %s: 0x%x", text, res);
	/* They are counted alike on both sides. */
	if (arg[TA_LIBRARY_ARG_INDEX] != rt->num_libraries ||
	    rt->num_libraries >= rt->cfg->num_libraries)
		return fail(rt, "library %s: no place", text);
	lib->copy = rt->cfg->unconfined ? copy_file(rt->cfg->library_fd[rt->num_libraries]) : -1;
	if (rt->cfg->unconfined && lib->copy < 0)
		return fail(rt, "library %s: no memory", text);
	memcpy(lib->uuid, uuid, sizeof(lib->uuid));
	lib->handle = NULL;
	rt->num_libraries++;
	return NULL;
}

static const char *fetch_needed(struct ta_runtime *rt, int fd)
{
	const char *why = NULL;
	struct ta_image_file f;
	struct elf_names names;
	uint8_t uuid[16];

	if (!ta_image_file_map(fd, &f))
		return fail(rt, "an image can't be read");
	if (elf_names_begin(&names, f.data, f.size))
		why = fail(rt, "no shared object");
	while (!why && elf_names_next(&names, DT_NEEDED, uuid, NULL))
		if (find(rt, uuid) < 0)
			why = fetch(rt, uuid);
	ta_image_file_unmap(&f);
	return why;
}

static void copy_path(char path[PATH_SIZE], int copy)
{
	/* By our number: a debugger opens it too. */
	snprintf(path, PATH_SIZE, "/proc/%d/fd/%d", getpid(), copy);
}

/* In the place of a UUID. */
static bool write_path(int copy, uint64_t at, const char *path)
{
	size_t len = strlen(path) + 1;

	return len <= UUID_TEXT_SIZE && pwrite(copy, path, len, (off_t)at) == (ssize_t)len;
}

static bool link_needed(const struct ta_runtime *rt, int copy, struct elf_names names)
{
	char path[PATH_SIZE];
	uint8_t uuid[16];
	uint64_t at;

	while (elf_names_next(&names, DT_NEEDED, uuid, &at)) {
		int i = find(rt, uuid);

		if (i < 0)
			return false;
		copy_path(path, rt->library[i].copy);
		if (!write_path(copy, at, path))
			return false;
	}
	return true;
}

/*
 * Its own name, by which the loader would take another instance's for it, becomes that of the image: a
 * library finds there what the image has for it.
 */
static bool link_image(const struct ta_runtime *rt, int copy, struct elf_names names)
{
	const Elf64_Sxword needed = DT_NEEDED;
	uint8_t uuid[16];
	uint64_t at;

	if (!elf_names_next(&names, DT_SONAME, uuid, &at))
		return true;
	return write_path(copy, at, rt->cfg->image_path) &&
	       pwrite(copy, &needed, sizeof(needed),
		      (off_t)(names.entry + (names.next - 1) * sizeof(Elf64_Dyn))) ==
		       (ssize_t)sizeof(needed);
}

static bool link_copy(const struct ta_runtime *rt, int copy, bool library)
{
	struct ta_image_file f;
	struct elf_names names;
	bool ok;

	if (!ta_image_file_map(copy, &f))
		return false;
	ok = !elf_names_begin(&names, f.data, f.size) && link_needed(rt, copy, names) &&
	     (!library || link_image(rt, copy, names));
	ta_image_file_unmap(&f);
	return ok;
}

/* Libraries from @first on, and what they need: all there and ready for the loader. */
static const char *complete(struct ta_runtime *rt, unsigned int first)
{
	const char *why = NULL;
	unsigned int i;

	for (i = first; i < rt->num_libraries && !why; i++)
		why = fetch_needed(rt, rt->cfg->library_fd[i]);
	for (i = first; i < rt->num_libraries && !why && rt->cfg->unconfined; i++)
		if (!link_copy(rt, rt->library[i].copy, true))
			why = fail(rt, "a library can't be linked");
	return why;
}

const char *ta_libraries_load(struct ta_runtime *rt)
{
	const char *why;
	int fd;

	if (!rt->cfg->num_libraries)
		return NULL;
	fd = open(rt->cfg->image_path, (rt->cfg->unconfined ? O_RDWR : O_RDONLY) | O_CLOEXEC);
	if (fd < 0)
		return fail(rt, "the image can't be read");
	why = fetch_needed(rt, fd);
	if (!why)
		why = complete(rt, 0);
	if (!why && rt->cfg->unconfined && !link_copy(rt, fd, false))
		why = fail(rt, "the image can't be linked");
	close(fd);
	return why;
}

void ta_libraries_close(struct ta_runtime *rt)
{
	while (rt->num_opened) {
		struct ta_library *lib = &rt->library[rt->opened[--rt->num_opened]];

		dlclose(lib->handle);
		lib->handle = NULL;
	}
}

void ta_libraries_release(struct ta_runtime *rt)
{
	unsigned int i;

	for (i = 0; i < rt->num_libraries; i++)
		if (rt->library[i].copy >= 0)
			close(rt->library[i].copy);
}

/* Kept, whatever the flags say, until the instance ends: a place is filled once. */
static void *load(struct ta_runtime *rt, unsigned int i, int flags)
{
	struct ta_library *lib = &rt->library[i];
	char path[PATH_SIZE];
	void *handle;

	uuid_format(lib->uuid, path);
	if (rt->cfg->unconfined) {
		copy_path(path, lib->copy);
		flags &= ~RTLD_GLOBAL;
	}
	ta_loader_lock(rt);
	handle = dlopen(path, RTLD_NOW | (flags & RTLD_GLOBAL));
	if (!handle)
		fail(rt, "%s", dlerror());
	else if (lib->handle)
		dlclose(handle);
	ta_loader_unlock(rt);
	if (handle && !lib->handle) {
		lib->handle = handle;
		rt->opened[rt->num_opened++] = (uint8_t)i;
	}
	return handle;
}

void *ta_library_open(const char *name, int flags)
{
	struct ta_runtime *rt = ta_runtime_current();
	unsigned int first = rt->num_libraries;
	uint8_t uuid[16];
	int i;

	if (!name)
		return rt;
	if (!parse_name(name, uuid)) {
		fail(rt, "%.40s: not the UUID of a library", name);
		return NULL;
	}
	i = find(rt, uuid);
	if (i < 0 && fetch(rt, uuid))
		return NULL;
	if (i < 0)
		i = (int)first;
	/* Again what a failure left undone: a library that was missing may be there now. */
	if (complete(rt, (unsigned int)i))
		return NULL;
	return load(rt, (unsigned int)i, flags);
}

void *ta_library_find(void *handle, const char *symbol)
{
	struct ta_runtime *rt = ta_runtime_current();
	void *found = NULL;
	unsigned int i;

	if (!symbol) {
		fail(rt, "no name");
		return NULL;
	}
	if (handle && handle != rt) {
		found = dlsym(handle, symbol);
	} else {
		found = dlsym(rt->image, symbol);
		for (i = 0; i < rt->num_opened && !found; i++)
			found = dlsym(rt->library[rt->opened[i]].handle, symbol);
	}
	if (!found)
		fail(rt, "%.80s: no such name", symbol);
	return found;
}

const char *ta_library_error(void)
{
	struct ta_runtime *rt = ta_runtime_current();
	bool untold = rt->why_untold;

	rt->why_untold = false;
	return untold ? rt->why : NULL;
}
