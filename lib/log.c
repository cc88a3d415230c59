/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "lib/log.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/futex.h"

static const char *log_name = "teelink";
static enum log_level log_max = LOG_LEVEL_WARN;
static pthread_once_t log_once = PTHREAD_ONCE_INIT;

static void log_read_level(void)
{
	static const char *const names[] = { "error", "warn", "info", "debug" };
	const char *s = getenv("TEELINK_LOG");
	unsigned int i;

	for (i = 0; s && i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(s, names[i]))
			log_max = (enum log_level)i;
}

void log_init(const char *name)
{
	log_name = name;
	pthread_once(&log_once, log_read_level);
}

enum log_level log_get_level(void)
{
	pthread_once(&log_once, log_read_level);
	return log_max;
}

static void print_va(enum log_level level, const char *fmt, va_list ap)
{
	int saved = errno;
	char line[512];
	int n, m;

	pthread_once(&log_once, log_read_level);
	if (level > log_max)
		return;
	n = snprintf(line, sizeof(line), "%s: ", log_name);
	m = vsnprintf(line + n, sizeof(line) - (size_t)n - 1, fmt, ap);
	n = m < 0 ? n : n + m;
	if (n > (int)sizeof(line) - 2)
		n = (int)sizeof(line) - 2;
	line[n++] = '\n';
	if (write(STDERR_FILENO, line, (size_t)n) < 0) {
		/* Nowhere left to say it. */
	}
	errno = saved;
}

void log_print(enum log_level level, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	print_va(level, fmt, ap);
	va_end(ap);
}

bool log_limit_pass(struct log_limit *limit, uint64_t now_ns, unsigned int *left_out)
{
	if (!limit->since_ns || now_ns - limit->since_ns >= LOG_LIMIT_NS) {
		limit->since_ns = now_ns;
		limit->lines = 0;
	}
	if (limit->lines == LOG_LIMIT_LINES) {
		limit->left_out++;
		return false;
	}
	limit->lines++;
	*left_out = limit->left_out;
	limit->left_out = 0;
	return true;
}

void log_warn_limited(struct log_limit *limit, const char *fmt, ...)
{
	unsigned int left_out;
	va_list ap;

	if (!log_limit_pass(limit, tl_now_ns(), &left_out))
		return;
	if (left_out)
		log_warn("%u lines like the next one were left out", left_out);
	va_start(ap, fmt);
	print_va(LOG_LEVEL_WARN, fmt, ap);
	va_end(ap);
}
