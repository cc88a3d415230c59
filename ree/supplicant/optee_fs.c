// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
#include "ree/supplicant/optee_fs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "include/tee_client_api.h"
#include "lib/log.h"
#include "ree/supplicant/optee_name.h"
#include "wire/optee_msg.h"

#define MAX_FILES 256u
#define MAX_FOLDERS 32u

#define VALUE_IN TEE_IOCTL_PARAM_ATTR_TYPE_VALUE_INPUT
#define VALUE_OUT TEE_IOCTL_PARAM_ATTR_TYPE_VALUE_OUTPUT
#define MEMREF_IN TEE_IOCTL_PARAM_ATTR_TYPE_MEMREF_INPUT
#define MEMREF_OUT TEE_IOCTL_PARAM_ATTR_TYPE_MEMREF_OUTPUT

/* The secure world's handles are indices here, plus 1. */
struct optee_fs {
	pthread_mutex_t lock;
	char *parent;
	int root; /* -1: not there yet */
	int file[MAX_FILES]; /* -1: free */
	DIR *folder[MAX_FOLDERS];
};

int optee_fs_create(const char *parent, struct optee_fs **fsp)
{
	struct optee_fs *fs = calloc(1, sizeof(*fs));
	unsigned int i;

	if (!fs)
		return -ENOMEM;
	fs->parent = strdup(parent);
	if (!fs->parent) {
		free(fs);
		return -ENOMEM;
	}
	pthread_mutex_init(&fs->lock, NULL);
	fs->root = -1;
	for (i = 0; i < MAX_FILES; i++)
		fs->file[i] = -1;
	*fsp = fs;
	return 0;
}

void optee_fs_destroy(struct optee_fs *fs)
{
	unsigned int i;

	if (!fs)
		return;
	for (i = 0; i < MAX_FILES; i++)
		if (fs->file[i] >= 0)
			close(fs->file[i]);
	for (i = 0; i < MAX_FOLDERS; i++)
		if (fs->folder[i])
			closedir(fs->folder[i]);
	if (fs->root >= 0)
		close(fs->root);
	pthread_mutex_destroy(&fs->lock);
	free(fs->parent);
	free(fs);
}

static uint32_t to_result(int err)
{
	switch (err) {
	case 0:
		return TEEC_SUCCESS;
	case ENOENT:
	case ENOTDIR:
		return TEEC_ERROR_ITEM_NOT_FOUND;
	case ENOSPC:
	case EDQUOT:
	case EFBIG:
		return TEEC_ERROR_STORAGE_NO_SPACE;
	case EEXIST:
		return TEEC_ERROR_ACCESS_CONFLICT;
	case EMFILE:
	case ENOMEM:
		return TEEC_ERROR_OUT_OF_MEMORY;
	case EINVAL:
		return TEEC_ERROR_BAD_PARAMETERS;
	default:
		return TEEC_ERROR_GENERIC;
	}
}

static int open_root(struct optee_fs *fs)
{
	int ret;

	if (fs->root >= 0)
		return 0;
	ret = optee_name_make_folders(AT_FDCWD, fs->parent, true);
	if (!ret)
		fs->root = open(fs->parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (!ret && fs->root < 0)
		ret = errno;
	if (ret)
		log_error("%s: %s", fs->parent, strerror(ret));
	return ret;
}

static int sync_root(const struct optee_fs *fs)
{
	return fsync(fs->root) ? errno : 0;
}

static int *file_of(struct optee_fs *fs, uint64_t handle)
{
	if (!handle || handle > MAX_FILES || fs->file[handle - 1] < 0)
		return NULL;
	return &fs->file[handle - 1];
}

static DIR **folder_of(struct optee_fs *fs, uint64_t handle)
{
	if (!handle || handle > MAX_FOLDERS || !fs->folder[handle - 1])
		return NULL;
	return &fs->folder[handle - 1];
}

static int do_open(struct optee_fs *fs, const struct optee_arg *arg, bool create)
{
	int flags = O_RDWR | O_SYNC | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
	char name[PATH_MAX];
	unsigned int i = 0;
	int ret, fd;

	ret = optee_name_take(&arg[1], name);
	if (ret)
		return ret;
	while (i < MAX_FILES && fs->file[i] >= 0)
		i++;
	if (i == MAX_FILES)
		return EMFILE;
	if (create) {
		flags |= O_CREAT | O_TRUNC;
		ret = optee_name_make_folders(fs->root, name, false);
	}
	if (ret)
		return ret;
	fd = openat(fs->root, name, flags, 0600);
	if (fd < 0 && errno == EROFS && !create)
		fd = openat(fs->root, name, (flags & ~O_RDWR) | O_RDONLY);
	if (fd < 0)
		return errno;
	fs->file[i] = fd;
	arg[2].param->a = i + 1;
	return create ? sync_root(fs) : 0;
}

static int do_close(struct optee_fs *fs, const struct optee_arg *arg)
{
	int *fd = file_of(fs, arg[0].param->b);

	if (!fd)
		return EINVAL;
	close(*fd);
	*fd = -1;
	return 0;
}

static int do_transfer(struct optee_fs *fs, const struct optee_arg *arg, bool out)
{
	int *fd = file_of(fs, arg[0].param->b);
	uint64_t at = arg[0].param->c, left = arg[1].param->b;
	uint8_t *buf = arg[1].shm_buf;

	if (!fd || (left && !buf) || at > INT64_MAX - UINT32_MAX || left > UINT32_MAX)
		return EINVAL;
	while (left) {
		ssize_t n =
			out ? pwrite(*fd, buf, left, (off_t)at) : pread(*fd, buf, left, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno;
		if (!n)
			break;
		buf += n;
		at += (uint64_t)n;
		left -= (uint64_t)n;
	}
	if (out)
		return left ? ENOSPC : 0;
	arg[1].param->b -= left;
	return 0;
}

static int do_truncate(struct optee_fs *fs, const struct optee_arg *arg)
{
	int *fd = file_of(fs, arg[0].param->b);

	if (!fd || arg[0].param->c > INT64_MAX)
		return EINVAL;
	return ftruncate(*fd, (off_t)arg[0].param->c) ? errno : 0;
}

/* Folders that are empty now go too. */
static int do_remove(struct optee_fs *fs, const struct optee_arg *arg)
{
	char name[PATH_MAX], *slash;
	int ret;

	ret = optee_name_take(&arg[1], name);
	if (ret)
		return ret;
	if (unlinkat(fs->root, name, 0))
		return errno;
	while ((slash = strrchr(name + 2, '/'))) {
		*slash = '\0';
		if (unlinkat(fs->root, name, AT_REMOVEDIR))
			break;
	}
	return sync_root(fs);
}

static int do_rename(struct optee_fs *fs, const struct optee_arg *arg)
{
	unsigned int flags = arg[0].param->b ? 0 : RENAME_NOREPLACE;
	char from[PATH_MAX], to[PATH_MAX];
	int ret;

	ret = optee_name_take(&arg[1], from);
	if (!ret)
		ret = optee_name_take(&arg[2], to);
	if (ret)
		return ret;
	if (renameat2(fs->root, from, fs->root, to, flags))
		return errno;
	return sync_root(fs);
}

/* The next name that isn't hidden, or NULL. */
static const char *next_name(DIR *d)
{
	struct dirent *e;

	do {
		e = readdir(d);
	} while (e && e->d_name[0] == '.');
	return e ? e->d_name : NULL;
}

/* An empty folder is as good as none. */
static int do_opendir(struct optee_fs *fs, const struct optee_arg *arg)
{
	char name[PATH_MAX];
	unsigned int i = 0;
	int ret, fd;
	DIR *d;

	ret = optee_name_take(&arg[1], name);
	if (ret)
		return ret;
	while (i < MAX_FOLDERS && fs->folder[i])
		i++;
	if (i == MAX_FOLDERS)
		return EMFILE;
	fd = openat(fs->root, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	d = fd < 0 ? NULL : fdopendir(fd);
	if (!d) {
		ret = errno;
		if (fd >= 0)
			close(fd);
		return ret;
	}
	if (!next_name(d)) {
		closedir(d);
		return ENOENT;
	}
	rewinddir(d);
	fs->folder[i] = d;
	arg[2].param->a = i + 1;
	return 0;
}

static int do_closedir(struct optee_fs *fs, const struct optee_arg *arg)
{
	DIR **d = folder_of(fs, arg[0].param->b);

	if (!d)
		return EINVAL;
	closedir(*d);
	*d = NULL;
	return 0;
}

static uint32_t do_readdir(struct optee_fs *fs, const struct optee_arg *arg)
{
	DIR **d = folder_of(fs, arg[0].param->b);
	uint64_t room = arg[1].shm_buf ? arg[1].param->b : 0;
	const char *name = d ? next_name(*d) : NULL;

	if (!name)
		return d ? TEEC_ERROR_ITEM_NOT_FOUND : TEEC_ERROR_BAD_PARAMETERS;
	arg[1].param->b = strlen(name) + 1;
	if (arg[1].param->b > room)
		return TEEC_ERROR_SHORT_BUFFER;
	memcpy(arg[1].shm_buf, name, arg[1].param->b);
	return TEEC_SUCCESS;
}

/* Types of the parameters behind the first; 0 ends them. */
static bool types_are(const struct optee_arg *arg, unsigned int num, uint64_t t1, uint64_t t2)
{
	return num == 1u + !!t1 + !!t2 && (!t1 || optee_arg_type(&arg[1]) == t1) &&
	       (!t2 || optee_arg_type(&arg[2]) == t2);
}

static bool args_ok(const struct optee_arg *arg, unsigned int num)
{
	switch (arg[0].param->a) {
	case OPTEE_RPC_FS_OPEN:
	case OPTEE_RPC_FS_CREATE:
	case OPTEE_RPC_FS_OPENDIR:
		return types_are(arg, num, MEMREF_IN, VALUE_OUT);
	case OPTEE_RPC_FS_READ:
	case OPTEE_RPC_FS_READDIR:
		return types_are(arg, num, MEMREF_OUT, 0);
	case OPTEE_RPC_FS_WRITE:
	case OPTEE_RPC_FS_REMOVE:
		return types_are(arg, num, MEMREF_IN, 0);
	case OPTEE_RPC_FS_RENAME:
		return types_are(arg, num, MEMREF_IN, MEMREF_IN);
	default:
		return types_are(arg, num, 0, 0);
	}
}

static uint32_t serve(struct optee_fs *fs, const struct optee_arg *arg)
{
	switch (arg[0].param->a) {
	case OPTEE_RPC_FS_OPEN:
	case OPTEE_RPC_FS_CREATE:
		return to_result(do_open(fs, arg, arg[0].param->a == OPTEE_RPC_FS_CREATE));
	case OPTEE_RPC_FS_CLOSE:
		return to_result(do_close(fs, arg));
	case OPTEE_RPC_FS_READ:
	case OPTEE_RPC_FS_WRITE:
		return to_result(do_transfer(fs, arg, arg[0].param->a == OPTEE_RPC_FS_WRITE));
	case OPTEE_RPC_FS_TRUNCATE:
		return to_result(do_truncate(fs, arg));
	case OPTEE_RPC_FS_REMOVE:
		return to_result(do_remove(fs, arg));
	case OPTEE_RPC_FS_RENAME:
		return to_result(do_rename(fs, arg));
	case OPTEE_RPC_FS_OPENDIR:
		return to_result(do_opendir(fs, arg));
	case OPTEE_RPC_FS_CLOSEDIR:
		return to_result(do_closedir(fs, arg));
	case OPTEE_RPC_FS_READDIR:
		return do_readdir(fs, arg);
	default:
		return TEEC_ERROR_NOT_SUPPORTED;
	}
}

uint32_t optee_fs_serve(struct optee_fs *fs, const struct optee_arg *arg, unsigned int num)
{
	uint32_t result;

	if (!num || optee_arg_type(&arg[0]) != VALUE_IN || !args_ok(arg, num))
		return TEEC_ERROR_BAD_PARAMETERS;
	pthread_mutex_lock(&fs->lock);
	result = open_root(fs) ? TEEC_ERROR_STORAGE_NOT_AVAILABLE : serve(fs, arg);
	pthread_mutex_unlock(&fs->lock);
	return result;
}
