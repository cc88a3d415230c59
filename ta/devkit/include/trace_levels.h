/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * Levels of <trace.h>, for whoever asks for them alone.
 * Thread rule: the TA's one entry thread.
 * Ownership rule: none.
 */
#ifndef TRACE_LEVELS_H
#define TRACE_LEVELS_H

#define TRACE_MIN 0
#define TRACE_ERROR 1
#define TRACE_INFO 2
#define TRACE_DEBUG 3
#define TRACE_FLOW 4
#define TRACE_MAX TRACE_FLOW
#define TRACE_PRINTF_LEVEL TRACE_ERROR

#endif
