/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * Messages for people, as programs written for OP-TEE's client library print them. Define
 * BINARY_PREFIX (a string) before including this, and DEBUGLEVEL (or DEBUGLEVEL_0 … DEBUGLEVEL_4 as
 * that library's build does) to choose how much is printed; default: errors and information.
 * Thread rule: any thread; one message is one write to stdout.
 * Ownership rule: everything is borrowed for the call.
 */
#ifndef TEEC_TRACE_H
#define TEEC_TRACE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#ifndef BINARY_PREFIX
#error "define BINARY_PREFIX before including teec_trace.h"
#endif

#ifdef __cplusplus
extern "C" {
#endif

#define TRACE_ERROR 1
#define TRACE_INFO 2
#define TRACE_DEBUG 3
#define TRACE_FLOW 4

#ifndef DEBUGLEVEL
#if defined(DEBUGLEVEL_0) || defined(DEBUGLEVEL_1)
#define DEBUGLEVEL TRACE_ERROR
#elif defined(DEBUGLEVEL_2)
#define DEBUGLEVEL TRACE_INFO
#elif defined(DEBUGLEVEL_3)
#define DEBUGLEVEL TRACE_DEBUG
#elif defined(DEBUGLEVEL_4)
#define DEBUGLEVEL TRACE_FLOW
#else
#define DEBUGLEVEL TRACE_INFO
#endif
#endif

/**
 * _dprintf() - print a message: "ERR [tid] prefix:function:line: text"
 * @function: NULL leaves out everything before the text
 * @level: TRACE_…, printed only; the macros below decide whether it is printed at all
 */
void _dprintf(const char *function, int line, int level, const char *prefix, const char *fmt, ...)
	__attribute__((__format__(__printf__, 5, 6)));

/* Prints @blen bytes to stderr in hexadecimal and as characters, headed by @bname. */
void dump_buffer(const char *bname, const uint8_t *buffer, size_t blen);

/* Hides dprintf(3) from the file that includes this, as OP-TEE's header does. */
#define dprintf(level, ...)                                                                        \
	do {                                                                                       \
		if ((level) <= DEBUGLEVEL)                                                         \
			_dprintf(__func__, __LINE__, (level), BINARY_PREFIX, __VA_ARGS__);         \
	} while (0)
#define dprintf_raw(level, ...)                                                                    \
	do {                                                                                       \
		if ((level) <= DEBUGLEVEL)                                                         \
			_dprintf(NULL, 0, (level), BINARY_PREFIX, __VA_ARGS__);                    \
	} while (0)

#define EMSG(fmt, ...) dprintf(TRACE_ERROR, fmt "\n", ##__VA_ARGS__)
#define IMSG(fmt, ...) dprintf(TRACE_INFO, fmt "\n", ##__VA_ARGS__)
#define DMSG(fmt, ...) dprintf(TRACE_DEBUG, fmt "\n", ##__VA_ARGS__)
#define FMSG(fmt, ...) dprintf(TRACE_FLOW, fmt "\n", ##__VA_ARGS__)

#define EMSG_RAW(...) dprintf_raw(TRACE_ERROR, __VA_ARGS__)
#define IMSG_RAW(...) dprintf_raw(TRACE_INFO, __VA_ARGS__)
#define DMSG_RAW(...) dprintf_raw(TRACE_DEBUG, __VA_ARGS__)
#define FMSG_RAW(...) dprintf_raw(TRACE_FLOW, __VA_ARGS__)

#define INMSG(fmt, ...) FMSG("> " fmt, ##__VA_ARGS__)
#define OUTMSG(fmt, ...) FMSG("< " fmt, ##__VA_ARGS__)
#define OUTRMSG(r)                                                                                 \
	do {                                                                                       \
		if (r)                                                                             \
			EMSG("failed with %d", (int)(r));                                          \
		OUTMSG("returns %d", (int)(r));                                                    \
		return r;                                                                          \
	} while (0)

#ifdef __cplusplus
}
#endif

#endif
