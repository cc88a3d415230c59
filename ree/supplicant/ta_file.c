// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/uuid.h"
#include "ree/supplicant/supplicant.h"

void ta_file_init(struct ta_file *f)
{
	memset(f, 0, sizeof(*f));
	f->fd = -1;
}

void ta_file_close(struct ta_file *f)
{
	if (f->fd >= 0)
		close(f->fd);
	f->fd = -1;
}

static int open_in(struct ta_file *f, const char *dir, const char *uuid)
{
	char path[PATH_MAX];
	struct stat st;

	if (snprintf(path, sizeof(path), "%s/%s.ta", dir, uuid) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	/* O_NONBLOCK: a fifo of that name isn't waited for. */
	f->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (f->fd < 0)
		return -errno;
	if (fstat(f->fd, &st) || !S_ISREG(st.st_mode)) {
		ta_file_close(f);
		return -ENOENT;
	}
	f->size = (uint64_t)st.st_size;
	return 0;
}

int ta_file_open(struct ta_file *f, char *const dirs[], const uint8_t uuid[16])
{
	char text[UUID_TEXT_SIZE];
	int ret = -ENOENT;

	ta_file_close(f);
	memcpy(f->uuid, uuid, sizeof(f->uuid));
	uuid_format(uuid, text);
	for (; *dirs; dirs++) {
		ret = open_in(f, *dirs, text);
		if (ret != -ENOENT && ret != -ENOTDIR)
			return ret;
	}
	return -ENOENT;
}

ssize_t ta_file_read(const struct ta_file *f, uint64_t offset, void *buf, size_t len)
{
	ssize_t n;

	if (offset > (uint64_t)INT64_MAX)
		return -EINVAL;
	do {
		n = pread(f->fd, buf, len, (off_t)offset);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}
