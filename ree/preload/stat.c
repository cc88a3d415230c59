/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/* stat, access and their kin: the devices' names look as those of character devices. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <teelink/dev.h>

#include "ree/preload/preload.h"
#include "ree/preload/real.h"

#define NODE_MODE (S_IFCHR | S_IRUSR | S_IWUSR)

static int look_up(const char *path)
{
	int old = preload_enter();

	return (int)preload_leave(old, teelink_dev()->exists(path));
}

static int fill(struct stat *st)
{
	memset(st, 0, sizeof(*st));
	st->st_mode = NODE_MODE;
	st->st_nlink = 1;
	st->st_uid = geteuid();
	st->st_gid = getegid();
	st->st_blksize = 4096;
	return 0;
}

PRELOAD_EXPORT int fstat(int fd, struct stat *st)
{
	return preload_owns(fd) ? fill(st) : real()->fstat(fd, st);
}

PRELOAD_EXPORT int fstatat(int dir, const char *path, struct stat *st, int flags)
{
	if (preload_is_node(path))
		return look_up(path) ? -1 : fill(st);
	if ((flags & AT_EMPTY_PATH) && !*path && preload_owns(dir))
		return fill(st);
	return real()->fstatat(dir, path, st, flags);
}

PRELOAD_EXPORT int stat(const char *path, struct stat *st)
{
	return fstatat(AT_FDCWD, path, st, 0);
}

PRELOAD_EXPORT int lstat(const char *path, struct stat *st)
{
	return fstatat(AT_FDCWD, path, st, AT_SYMLINK_NOFOLLOW);
}

/* One layout under two names. */
_Static_assert(sizeof(struct stat) == sizeof(struct stat64), "struct stat64");

static struct stat *narrow(struct stat64 *st)
{
	return (struct stat *)(void *)st;
}

PRELOAD_EXPORT int fstat64(int fd, struct stat64 *st)
{
	return fstat(fd, narrow(st));
}

PRELOAD_EXPORT int fstatat64(int dir, const char *path, struct stat64 *st, int flags)
{
	return fstatat(dir, path, narrow(st), flags);
}

PRELOAD_EXPORT int stat64(const char *path, struct stat64 *st)
{
	return stat(path, narrow(st));
}

PRELOAD_EXPORT int lstat64(const char *path, struct stat64 *st)
{
	return lstat(path, narrow(st));
}

PRELOAD_EXPORT int statx(int dir, const char *path, int flags, unsigned int mask, struct statx *st)
{
	bool named = preload_is_node(path);

	if (!named && !((flags & AT_EMPTY_PATH) && !*path && preload_owns(dir)))
		return real()->statx(dir, path, flags, mask, st);
	if (named && look_up(path))
		return -1;
	memset(st, 0, sizeof(*st));
	st->stx_mask = STATX_TYPE | STATX_MODE | STATX_NLINK | STATX_UID | STATX_GID;
	st->stx_mode = NODE_MODE;
	st->stx_nlink = 1;
	st->stx_uid = geteuid();
	st->stx_gid = getegid();
	st->stx_blksize = 4096;
	return 0;
}

static int access_node(const char *path, int mode)
{
	if (look_up(path))
		return -1;
	if (!(mode & X_OK))
		return 0;
	errno = EACCES;
	return -1;
}

PRELOAD_EXPORT int access(const char *path, int mode)
{
	return preload_is_node(path) ? access_node(path, mode) : real()->access(path, mode);
}

PRELOAD_EXPORT int faccessat(int dir, const char *path, int mode, int flags)
{
	if (preload_is_node(path))
		return access_node(path, mode);
	return real()->faccessat(dir, path, mode, flags);
}

PRELOAD_EXPORT int euidaccess(const char *path, int mode)
{
	return preload_is_node(path) ? access_node(path, mode) : real()->euidaccess(path, mode);
}

PRELOAD_EXPORT int eaccess(const char *path, int mode)
{
	return euidaccess(path, mode);
}
