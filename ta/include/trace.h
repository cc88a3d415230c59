/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * Log macros of a TA, in OP-TEE's words: EMSG, IMSG, DMSG, FMSG and MSG, with the function's name
 * and line; the same with _RAW at the end without. A line goes to the secure world, which prints it
 * as "D/TA:  function:line text". TRACE_LEVEL, 0 to 4, leaves out at compile time what lies above
 * it.
 * Thread rule: the TA's one entry thread.
 * Ownership rule: none.
 */
#ifndef TRACE_H
#define TRACE_H

#include <compiler.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#define TRACE_MIN 0
#define TRACE_ERROR 1
#define TRACE_INFO 2
#define TRACE_DEBUG 3
#define TRACE_FLOW 4
#define TRACE_MAX TRACE_FLOW
#define TRACE_PRINTF_LEVEL TRACE_ERROR

#define MAX_PRINT_SIZE 256

#ifndef TRACE_LEVEL
#define TRACE_LEVEL TRACE_MAX
#endif

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* @level_ok false: printed whatever the level is. @func NULL: no function and line in front. */
void trace_printf(const char *func, int line, int level, bool level_ok, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));
void trace_vprintf(const char *func, int line, int level, bool level_ok, const char *fmt,
		   va_list args) __attribute__((format(printf, 5, 0)));
void dhex_dump(const char *func, int line, int level, const void *buf, int len);
/* The level of this instance; it starts at what the machine prints, at most. */
void trace_set_level(int level);
int trace_get_level(void);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

/* The compiler drops what TRACE_LEVEL leaves out, but still checks its format. */
#define TRACE_AT(limit, func, line, level, level_ok, ...)                                          \
	do {                                                                                       \
		if (TRACE_LEVEL >= (limit))                                                        \
			trace_printf((func), (line), (level), (level_ok), __VA_ARGS__);            \
	} while (0)

#define MSG(...) TRACE_AT(TRACE_ERROR, __func__, __LINE__, TRACE_MIN, false, __VA_ARGS__)
#define EMSG(...) TRACE_AT(TRACE_ERROR, __func__, __LINE__, TRACE_ERROR, true, __VA_ARGS__)
#define IMSG(...) TRACE_AT(TRACE_INFO, __func__, __LINE__, TRACE_INFO, true, __VA_ARGS__)
#define DMSG(...) TRACE_AT(TRACE_DEBUG, __func__, __LINE__, TRACE_DEBUG, true, __VA_ARGS__)
#define FMSG(...) TRACE_AT(TRACE_FLOW, __func__, __LINE__, TRACE_FLOW, true, __VA_ARGS__)
#define SMSG(...) EMSG(__VA_ARGS__)
#define INMSG(...) FMSG("> " __VA_ARGS__)
#define OUTMSG(...) FMSG("< " __VA_ARGS__)
#define OUTRMSG(r)                                                                                 \
	do {                                                                                       \
		OUTMSG("r=[%x]", r);                                                               \
		return r;                                                                          \
	} while (0)

#define MSG_RAW(...) TRACE_AT(TRACE_ERROR, NULL, 0, TRACE_MIN, false, __VA_ARGS__)
#define EMSG_RAW(...) TRACE_AT(TRACE_ERROR, NULL, 0, TRACE_ERROR, true, __VA_ARGS__)
#define IMSG_RAW(...) TRACE_AT(TRACE_INFO, NULL, 0, TRACE_INFO, true, __VA_ARGS__)
#define DMSG_RAW(...) TRACE_AT(TRACE_DEBUG, NULL, 0, TRACE_DEBUG, true, __VA_ARGS__)
#define FMSG_RAW(...) TRACE_AT(TRACE_FLOW, NULL, 0, TRACE_FLOW, true, __VA_ARGS__)

#define DHEXDUMP(buf, len)                                                                         \
	do {                                                                                       \
		if (TRACE_LEVEL >= TRACE_DEBUG)                                                    \
			dhex_dump(__func__, __LINE__, TRACE_DEBUG, (buf), (len));                  \
	} while (0)

#endif
