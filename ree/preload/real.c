/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "ree/preload/real.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stddef.h>

/* Per process by nature, as the names are. Each pointer is the same whoever stores it first. */
static struct real found;
static bool found_all;

#define NEXT(field, name) { offsetof(struct real, field), name }

static void find_all(void)
{
	static const struct {
		size_t offset;
		const char *name;
	} names[] = {
		NEXT(open, "open"),
		NEXT(openat, "openat"),
		NEXT(open_2, "__open_2"),
		NEXT(openat_2, "__openat_2"),
		NEXT(close, "close"),
		NEXT(close_range, "close_range"),
		NEXT(dup, "dup"),
		NEXT(dup2, "dup2"),
		NEXT(dup3, "dup3"),
		NEXT(fcntl, "fcntl"),
		NEXT(ioctl, "ioctl"),
		NEXT(read, "read"),
		NEXT(read_chk, "__read_chk"),
		NEXT(readv, "readv"),
		NEXT(write, "write"),
		NEXT(writev, "writev"),
		NEXT(mmap, "mmap"),
		NEXT(munmap, "munmap"),
		NEXT(poll, "poll"),
		NEXT(poll_chk, "__poll_chk"),
		NEXT(ppoll, "ppoll"),
		NEXT(ppoll_chk, "__ppoll_chk"),
		NEXT(select, "select"),
		NEXT(pselect, "pselect"),
		NEXT(epoll_ctl, "epoll_ctl"),
		NEXT(fstat, "fstat"),
		NEXT(fstatat, "fstatat"),
		NEXT(statx, "statx"),
		NEXT(access, "access"),
		NEXT(faccessat, "faccessat"),
		NEXT(euidaccess, "euidaccess"),
	};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		__atomic_store_n((void **)(void *)((char *)&found + names[i].offset),
				 dlsym(RTLD_NEXT, names[i].name), __ATOMIC_RELAXED);
	__atomic_store_n(&found_all, true, __ATOMIC_RELEASE);
}

/* Before main, since dlsym isn't for signal handlers; other libraries' constructors may come earlier. */
__attribute__((constructor)) static void find_early(void)
{
	real();
}

const struct real *real(void)
{
	if (!__atomic_load_n(&found_all, __ATOMIC_ACQUIRE))
		find_all();
	return &found;
}
