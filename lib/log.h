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

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

void log_init(const char *name);
/* What is printed at most. */
enum log_level log_get_level(void);
void log_print(enum log_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#define log_error(...) log_print(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warn(...) log_print(LOG_LEVEL_WARN, __VA_ARGS__)
#define log_info(...) log_print(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...) log_print(LOG_LEVEL_DEBUG, __VA_ARGS__)

#endif
