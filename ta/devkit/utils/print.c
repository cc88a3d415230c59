// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
/* A TA has no standard output: what it prints goes to its log, line by line. */
#include <printk.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <trace.h>

int vsnprintk(char *str, size_t size, const char *fmt, va_list ap)
{
	return vsnprintf(str, size, fmt, ap);
}

int snprintk(char *str, size_t size, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintk(str, size, fmt, ap);
	va_end(ap);
	return n;
}

/* What has been printed of a line. The TA's one thread's, as all of its memory. */
static char pending[MAX_PRINT_SIZE];
static size_t num_pending;

static void flush(void)
{
	pending[num_pending] = '\0';
	num_pending = 0;
	trace_printf(NULL, 0, TRACE_PRINTF_LEVEL, true, "%s", pending);
}

static void put(const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if (text[i] != '\n')
			pending[num_pending++] = text[i];
		if (text[i] == '\n' || num_pending == sizeof(pending) - 1)
			flush();
	}
}

int vprintf(const char *fmt, va_list ap)
{
	char text[4 * MAX_PRINT_SIZE];
	int n = vsnprintf(text, sizeof(text), fmt, ap);

	if (n > 0)
		put(text, strlen(text));
	return n;
}

int printf(const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vprintf(fmt, ap);
	va_end(ap);
	return n;
}

int puts(const char *text)
{
	put(text, strlen(text));
	put("\n", 1);
	return 0;
}

#undef putchar
int putchar(int c)
{
	char text = (char)c;

	put(&text, 1);
	return (unsigned char)c;
}
