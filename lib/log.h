/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * Log lines on stderr: "teelinkd: vm 3: text". Level from TEELINK_LOG (error, warn, info, debug;
 * default warn), read once.
 * Thread rule: any thread; one line is one write.
 * Ownership rule: the name given to log_init must outlive the process.
 */
#ifndef TEELINK_LIB_LOG_H
#define TEELINK_LIB_LOG_H

#include <stdbool.h>
#include <stdint.h>

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

void log_init(const char *name);
/* What is printed at most. */
enum log_level log_get_level(void);
void log_print(enum log_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/*
 * How often somebody else may have a line written: LOG_LIMIT_LINES in LOG_LIMIT_NS. What is left out is
 * counted, and told with the next line. All zero at first; the caller's lock guards it.
 */
#define LOG_LIMIT_LINES 10u
#define LOG_LIMIT_NS 10000000000ull
struct log_limit {
	uint64_t since_ns;
	unsigned int lines, left_out;
};
/* May a line be written at @now_ns (CLOCK_MONOTONIC)? Then @left_out says how many weren't before it. */
bool log_limit_pass(struct log_limit *limit, uint64_t now_ns, unsigned int *left_out);
void log_warn_limited(struct log_limit *limit, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#define log_error(...) log_print(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warn(...) log_print(LOG_LEVEL_WARN, __VA_ARGS__)
#define log_info(...) log_print(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...) log_print(LOG_LEVEL_DEBUG, __VA_ARGS__)

#endif
