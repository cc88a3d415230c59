// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
/* Log lines, one system call of the mailbox each. */
#include <stdio.h>
#include <string.h>

#include "ta/runtime.h"

#define HEX_PER_LINE 16
_Static_assert(MAX_PRINT_SIZE <= MAILBOX_MAX_TEXT, "a line fits the mailbox");

static void send_line(struct ta_runtime *rt, int level, const char *line)
{
	size_t len = strlen(line);

	memcpy(rt->mb->text, line, len);
	rt->mb->answer.text_len = (uint32_t)len;
	rt->mb->answer.level = (uint32_t)level;
	ta_runtime_answer(rt, MAILBOX_ANSWER_LOG);
	ta_runtime_wait(rt, false);
}

void trace_vprintf(const char *func, int line, int level, bool level_ok, const char *fmt,
		   va_list args)
{
	struct ta_runtime *rt = ta_runtime_current();
	char text[MAX_PRINT_SIZE];
	int n = 0;

	if (level > (int)rt->mb->log_level || (level_ok && level > rt->trace_level))
		return;
	if (func)
		n = snprintf(text, sizeof(text), "%s:%d ", func, line);
	if (n < 0 || n >= (int)sizeof(text))
		n = 0;
	if (vsnprintf(text + n, sizeof(text) - (size_t)n, fmt, args) < 0)
		return;
	send_line(rt, level, text);
}

void trace_printf(const char *func, int line, int level, bool level_ok, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	trace_vprintf(func, line, level, level_ok, fmt, ap);
	va_end(ap);
}

void dhex_dump(const char *func, int line, int level, const void *buf, int len)
{
	const uint8_t *p = buf;
	char text[HEX_PER_LINE * 3 + 1];
	int i, at = 0;

	for (i = 0; i < len; i++) {
		at += snprintf(text + at, sizeof(text) - (size_t)at, "%02x ", p[i]);
		if ((i + 1) % HEX_PER_LINE == 0 || i + 1 == len) {
			trace_printf(func, line, level, true, "%s", text);
			at = 0;
		}
	}
}

void trace_set_level(int level)
{
	ta_runtime_current()->trace_level = level < TRACE_MIN ? TRACE_MIN :
					    level > TRACE_MAX ? TRACE_MAX :
								level;
}

int trace_get_level(void)
{
	return ta_runtime_current()->trace_level;
}
