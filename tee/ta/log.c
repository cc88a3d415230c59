// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
/* Lines of trusted applications, in OP-TEE's dress: on standard error, and in the machine's file. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/log.h"
#include "tee/ta/manager.h"

#define PREFIX "D/TA:  "

int ta_log_open(struct ta_log *log, const char *path)
{
	struct stat st;

	log->fd = -1;
	if (!path)
		return 0;
	log->fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK,
		       0600);
	if (log->fd < 0)
		return -errno;
	if (fstat(log->fd, &st) || !S_ISREG(st.st_mode)) {
		ta_log_close(log);
		return -EINVAL;
	}
	log->size = (uint64_t)st.st_size;
	return 0;
}

void ta_log_close(struct ta_log *log)
{
	if (log->fd >= 0)
		close(log->fd);
	log->fd = -1;
}

static void put(int fd, const char *line, size_t len)
{
	if (write(fd, line, len) < 0) {
		/* Nowhere left to say it. */
	}
}

/* A file that is full begins anew: what is there last is what is looked for. */
static void put_in_file(struct ta_log *log, const char *line, size_t len)
{
	if (log->fd < 0)
		return;
	if (__atomic_add_fetch(&log->size, len, __ATOMIC_RELAXED) > TA_LOG_MAX_BYTES) {
		__atomic_store_n(&log->size, len, __ATOMIC_RELAXED);
		if (ftruncate(log->fd, 0))
			return;
	}
	put(log->fd, line, len);
}

void ta_log_print(struct ta_log *log, uint32_t level, const char *shm_text, uint32_t len)
{
	static const char letters[] = "MEIDF";
	char line[sizeof(PREFIX) + MAILBOX_MAX_TEXT + 1] = PREFIX;
	char *text = line + strlen(PREFIX);
	uint32_t i;

	line[0] = letters[level < sizeof(letters) - 1 ? level : 0];
	len = len < MAILBOX_MAX_TEXT ? len : MAILBOX_MAX_TEXT;
	memcpy(text, shm_text, len);
	while (len && text[len - 1] == '\n')
		len--;
	/* What isn't text doesn't reach a terminal. */
	for (i = 0; i < len; i++)
		if (!isprint((unsigned char)text[i]))
			text[i] = '?';
	text[len++] = '\n';
	put(STDERR_FILENO, line, (size_t)(text - line) + len);
	put_in_file(log, line, (size_t)(text - line) + len);
}
