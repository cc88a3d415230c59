/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include <ctype.h>
#include <stdarg.h>
#include <unistd.h>

#include "lib/log.h"

#define BINARY_PREFIX "LT"
#pragma GCC visibility push(default)
#include <teec_trace.h>
#pragma GCC visibility pop

#define DUMP_COLUMNS 16u

void _dprintf(const char *function, int line, int level, const char *prefix, const char *fmt, ...)
{
	static const char *const names[] = { "", "ERR", "INF", "DBG", "FLW" };
	const char *name = level > 0 && level <= TRACE_FLOW ? names[level] : "";
	va_list ap;

	flockfile(stdout);
	if (function)
		fprintf(stdout, "%s [%d] %s:%s:%d: ", name, (int)gettid(), prefix, function, line);
	va_start(ap, fmt);
	vfprintf(stdout, fmt, ap);
	va_end(ap);
	funlockfile(stdout);
}

void dump_buffer(const char *bname, const uint8_t *buffer, size_t blen)
{
	char hex[3 * DUMP_COLUMNS + 1], text[DUMP_COLUMNS + 1];
	size_t i, n;

	log_debug("#### %s", bname);
	for (; blen; buffer += n, blen -= n) {
		n = blen < DUMP_COLUMNS ? blen : DUMP_COLUMNS;
		for (i = 0; i < n; i++) {
			snprintf(hex + 3 * i, 4, "%02x ", buffer[i]);
			text[i] = isprint(buffer[i]) ? (char)buffer[i] : '.';
		}
		text[n] = '\0';
		log_debug("%-48s|%s|", hex, text);
	}
}
