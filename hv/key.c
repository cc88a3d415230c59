/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/* The machine's root key, and what its secure worlds remember: what fuses are elsewhere are files of mode 0600 here. */
#include "hv/hv_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/log.h"

#define KEY_NAME "root-key"
#define NEW_NAME "root-key.new"
#define RECORD_NAME "counters"

/* A file that is ours alone. Return: descriptor, -EPERM, -errno. */
static int open_own(int dir, const char *name, int flags)
{
	int fd = openat(dir, name, flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	struct stat st;
	int ret = 0;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st))
		ret = -errno;
	else if (!S_ISREG(st.st_mode) || st.st_uid != geteuid() || (st.st_mode & 077))
		ret = -EPERM;
	if (!ret)
		return fd;
	close(fd);
	return ret;
}

static int key_read(int dir, uint8_t key[TEECTL_ROOT_KEY_SIZE])
{
	int fd = open_own(dir, KEY_NAME, O_RDONLY);
	int ret = 0;

	if (fd < 0)
		return fd;
	if (read(fd, key, TEECTL_ROOT_KEY_SIZE) != (ssize_t)TEECTL_ROOT_KEY_SIZE)
		ret = -EIO;
	close(fd);
	return ret;
}

/* It is on the disk before anything is sealed with it. */
static int key_make(int dir)
{
	uint8_t key[TEECTL_ROOT_KEY_SIZE];
	int fd, ret = 0;

	if (getrandom(key, sizeof(key), 0) != (ssize_t)sizeof(key))
		return -EIO;
	fd = openat(dir, NEW_NAME, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -errno;
	if (write(fd, key, sizeof(key)) != (ssize_t)sizeof(key))
		ret = -ENOSPC;
	else if (fsync(fd))
		ret = -errno;
	close(fd);
	explicit_bzero(key, sizeof(key));
	if (!ret && renameat(dir, NEW_NAME, dir, KEY_NAME))
		ret = -errno;
	if (!ret && fsync(dir))
		ret = -errno;
	return ret;
}

int hv_key_load(const char *path, uint8_t key[TEECTL_ROOT_KEY_SIZE])
{
	int dir, ret;

	if (mkdir(path, 0700) && errno != EEXIST)
		return -errno;
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return -errno;
	ret = key_read(dir, key);
	if (ret == -ENOENT) {
		ret = key_make(dir);
		if (!ret)
			ret = key_read(dir, key);
	}
	close(dir);
	if (ret) {
		log_error("%s/" KEY_NAME ": %s: no secure storage", path,
			  ret == -EPERM ? "it must be a file of yours with mode 0600"
					: strerror(-ret));
		explicit_bzero(key, TEECTL_ROOT_KEY_SIZE);
	}
	return ret;
}

int hv_record_open(const char *path)
{
	int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), fd;

	if (dir < 0)
		return -errno;
	fd = open_own(dir, RECORD_NAME, O_RDWR | O_CREAT);
	close(dir);
	if (fd < 0)
		log_warn(
			"%s/" RECORD_NAME
			": %s: objects that are older than they were aren't noticed after a restart",
			path,
			fd == -EPERM ? "it must be a file of yours with mode 0600" : strerror(-fd));
	return fd;
}
