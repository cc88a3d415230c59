// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
#include "ree/supplicant/store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/log.h"

#define TEE_SUCCESS 0u
#define TEE_ERROR_GENERIC 0xffff0000u
#define TEE_ERROR_ACCESS_DENIED 0xffff0001u
#define TEE_ERROR_BAD_PARAMETERS 0xffff0006u
#define TEE_ERROR_ITEM_NOT_FOUND 0xffff0008u
#define TEE_ERROR_STORAGE_NO_SPACE 0xffff3041u

#define FOLDER_LEN 36u /* text of a UUID */
#define HEX_DIGITS "0123456789abcdef"

void store_init(struct store *st, const char *state_dir)
{
	st->state_dir = state_dir;
	st->dir = -1;
}

void store_release(struct store *st)
{
	if (st->dir >= 0)
		close(st->dir);
	st->dir = -1;
}

static uint32_t to_result(int err)
{
	switch (err) {
	case 0:
		return TEE_SUCCESS;
	case -ENOENT:
	case -ENOTDIR:
		return TEE_ERROR_ITEM_NOT_FOUND;
	case -ENOSPC:
	case -EDQUOT:
	case -EFBIG:
		return TEE_ERROR_STORAGE_NO_SPACE;
	case -EACCES:
	case -EPERM:
	case -EROFS:
		return TEE_ERROR_ACCESS_DENIED;
	case -EINVAL:
		return TEE_ERROR_BAD_PARAMETERS;
	default:
		return TEE_ERROR_GENERIC;
	}
}

/*
 * "<uuid>", or with @file "<uuid>/<32 digits>" and maybe the suffix: nothing that leaves the
 * folder.
 */
static bool name_ok(const char *name, bool file)
{
	if (strnlen(name, SUPP_FS_NAME_SIZE) == SUPP_FS_NAME_SIZE ||
	    strspn(name, HEX_DIGITS "-") != FOLDER_LEN)
		return false;
	name += FOLDER_LEN;
	if (!file)
		return !*name;
	if (*name++ != '/' || strspn(name, HEX_DIGITS) != SUPP_FS_ID_TEXT)
		return false;
	name += SUPP_FS_ID_TEXT;
	return !*name || !strcmp(name, SUPP_FS_NEW_SUFFIX);
}

static int sync_fd(int fd)
{
	return fsync(fd) ? -errno : 0;
}

static int make_folder(int at, const char *name)
{
	int parent, ret;

	if (mkdirat(at, name, 0700))
		return errno == EEXIST ? 0 : -errno;
	/* A folder that a power cut takes away takes its files along. */
	parent = openat(at, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (parent < 0)
		return at == AT_FDCWD ? 0 : -errno;
	ret = sync_fd(parent);
	close(parent);
	return ret;
}

static int open_folder(struct store *st, bool make)
{
	char path[PATH_MAX];
	int ret = 0;

	if (st->dir >= 0)
		return 0;
	if (!st->state_dir)
		return -ENOENT;
	if (snprintf(path, sizeof(path), "%s/storage", st->state_dir) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	if (make)
		ret = make_folder(AT_FDCWD, st->state_dir);
	if (make && !ret)
		ret = make_folder(AT_FDCWD, path);
	if (ret)
		return ret;
	st->dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	return st->dir < 0 ? -errno : 0;
}

static int open_file(struct store *st, const char *name, int flags)
{
	int fd =
		openat(st->dir, name, flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0600);
	struct stat st_buf;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st_buf) || !S_ISREG(st_buf.st_mode)) {
		close(fd);
		return -EACCES;
	}
	return fd;
}

static int sync_folder_of(struct store *st, const char *name)
{
	char folder[FOLDER_LEN + 1];
	int fd, ret;

	snprintf(folder, sizeof(folder), "%.36s", name);
	fd = openat(st->dir, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return -errno;
	ret = sync_fd(fd);
	close(fd);
	return ret;
}

/* One request's work: files stay open until it is done. */
struct work {
	struct store *st;
	const struct supp_fs_req *req;
	uint8_t *shm;
	int fd[SUPP_FS_NUM_FILES];
	uint32_t got;
};

static int file_of(struct work *w, const struct supp_fs_op *op)
{
	int *fd = &w->fd[op->file];

	if (*fd < 0)
		*fd = open_file(w->st, w->req->name[op->file], O_RDWR);
	return *fd;
}

static void forget_files(struct work *w)
{
	unsigned int i;

	for (i = 0; i < SUPP_FS_NUM_FILES; i++) {
		if (w->fd[i] >= 0)
			close(w->fd[i]);
		w->fd[i] = -1;
	}
}

static int do_create(struct work *w, const struct supp_fs_op *op)
{
	const char *name = w->req->name[op->file];
	char folder[FOLDER_LEN + 1];
	int ret = open_folder(w->st, true);

	snprintf(folder, sizeof(folder), "%.36s", name);
	if (!ret)
		ret = make_folder(w->st->dir, folder);
	if (ret)
		return ret;
	forget_files(w);
	w->fd[op->file] = open_file(w->st, name, O_RDWR | O_CREAT | O_TRUNC);
	return w->fd[op->file] < 0 ? w->fd[op->file] : 0;
}

static int do_read(struct work *w, const struct supp_fs_op *op)
{
	uint8_t *to = w->shm + op->shm_offset;
	size_t left = op->len;
	int fd = file_of(w, op);

	if (fd < 0)
		return fd;
	while (left) {
		ssize_t n = pread(fd, to, left, (off_t)(op->offset + (op->len - left)));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (!n)
			break;
		to += n;
		left -= (size_t)n;
	}
	memset(to, 0, left);
	w->got = (uint32_t)(op->len - left);
	return 0;
}

static int do_write(struct work *w, const struct supp_fs_op *op)
{
	const uint8_t *from = w->shm + op->shm_offset;
	size_t left = op->len;
	int fd = file_of(w, op);

	if (fd < 0)
		return fd;
	while (left) {
		ssize_t n = pwrite(fd, from, left, (off_t)(op->offset + (op->len - left)));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -ENOSPC;
		from += n;
		left -= (size_t)n;
	}
	return 0;
}

static int do_truncate(struct work *w, const struct supp_fs_op *op)
{
	int fd = file_of(w, op);

	if (fd < 0)
		return fd;
	return ftruncate(fd, (off_t)op->offset) ? -errno : 0;
}

static int do_sync(struct work *w, const struct supp_fs_op *op)
{
	int fd = file_of(w, op);

	if (fd < 0)
		return fd;
	return fdatasync(fd) ? -errno : 0;
}

static int do_rename(struct work *w)
{
	forget_files(w);
	if (renameat(w->st->dir, w->req->name[0], w->st->dir, w->req->name[1]))
		return -errno;
	return sync_folder_of(w->st, w->req->name[1]);
}

static int do_remove(struct work *w, const struct supp_fs_op *op)
{
	forget_files(w);
	if (unlinkat(w->st->dir, w->req->name[op->file], 0))
		return errno == ENOENT || errno == ENOTDIR ? 0 : -errno;
	return sync_folder_of(w->st, w->req->name[op->file]);
}

static unsigned int digit(char c)
{
	return (unsigned int)(strchr(HEX_DIGITS, c) - HEX_DIGITS);
}

static int do_list(struct work *w, const struct supp_fs_op *op)
{
	uint64_t at = 0;
	struct dirent *e;
	unsigned int i;
	DIR *d;
	int fd;

	w->got = 0;
	fd = openat(w->st->dir, w->req->name[op->file],
		    O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	d = fd < 0 ? NULL : fdopendir(fd);
	if (!d) {
		int ret = -errno;

		if (fd >= 0)
			close(fd);
		return ret == -ENOENT ? 0 : ret;
	}
	while ((e = readdir(d)) && w->got + SUPP_FS_ID_SIZE <= op->len) {
		uint8_t *to = w->shm + op->shm_offset + w->got;

		if (strlen(e->d_name) != SUPP_FS_ID_TEXT ||
		    strspn(e->d_name, HEX_DIGITS) != SUPP_FS_ID_TEXT)
			continue;
		at += SUPP_FS_ID_SIZE;
		if (at <= op->offset)
			continue;
		for (i = 0; i < SUPP_FS_ID_SIZE; i++)
			to[i] = (uint8_t)(digit(e->d_name[2 * i]) << 4 |
					  digit(e->d_name[2 * i + 1]));
		w->got += SUPP_FS_ID_SIZE;
	}
	closedir(d);
	return 0;
}

static int do_op(struct work *w, const struct supp_fs_op *op)
{
	if (w->st->dir < 0 && op->code != SUPP_FS_CREATE) {
		int ret = open_folder(w->st, false);

		/* No storage yet: no file to remove or to list either. */
		if (ret == -ENOENT && (op->code == SUPP_FS_LIST || op->code == SUPP_FS_REMOVE))
			return 0;
		if (ret)
			return ret;
	}
	switch ((enum supp_fs_op_code)op->code) {
	case SUPP_FS_CREATE:
		return do_create(w, op);
	case SUPP_FS_READ:
		return do_read(w, op);
	case SUPP_FS_WRITE:
		return do_write(w, op);
	case SUPP_FS_TRUNCATE:
		return do_truncate(w, op);
	case SUPP_FS_SYNC:
		return do_sync(w, op);
	case SUPP_FS_RENAME:
		return do_rename(w);
	case SUPP_FS_REMOVE:
		return do_remove(w, op);
	case SUPP_FS_LIST:
		return do_list(w, op);
	default:
		return -EINVAL;
	}
}

static bool op_ok(const struct supp_fs_req *req, const struct supp_fs_op *op, size_t shm_size)
{
	if (op->file >= SUPP_FS_NUM_FILES || op->shm_offset > shm_size ||
	    op->len > shm_size - op->shm_offset || op->offset > INT64_MAX - UINT32_MAX)
		return false;
	if (op->code == SUPP_FS_RENAME)
		return name_ok(req->name[0], true) && name_ok(req->name[1], true);
	return name_ok(req->name[op->file], op->code != SUPP_FS_LIST);
}

void store_serve(struct store *st, const struct supp_fs_req *req, size_t len, uint8_t *shm,
		 size_t shm_size, struct supp_fs_rsp *rsp)
{
	struct work w = { .st = st, .req = req, .shm = shm, .fd = { -1, -1 } };
	int ret = 0;
	uint32_t i;

	memset(rsp, 0, sizeof(*rsp));
	rsp->result = TEE_ERROR_BAD_PARAMETERS;
	if (len < offsetof(struct supp_fs_req, op))
		return;
	rsp->tag = req->tag;
	if (req->num_ops > SUPP_FS_MAX_OPS ||
	    len != offsetof(struct supp_fs_req, op) + req->num_ops * sizeof(req->op[0]))
		return;
	for (i = 0; i < req->num_ops && !ret; i++) {
		ret = op_ok(req, &req->op[i], shm_size) ? do_op(&w, &req->op[i]) : -EINVAL;
		rsp->done += !ret;
	}
	forget_files(&w);
	if (ret && ret != -ENOENT)
		log_warn("secure storage: %s", strerror(-ret));
	rsp->result = to_result(ret);
	rsp->got = w.got;
}
