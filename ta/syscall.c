// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
#include "ta/syscall.h"

#include <string.h>

#include "lib/trace.h"
#include "ta/runtime.h"

uint32_t ta_syscall(uint32_t nr, uint64_t arg[MAILBOX_SYSCALL_NUM_ARGS])
{
	struct ta_runtime *rt = ta_runtime_current();
	struct mailbox_syscall *sc = &rt->mb->syscall;
	uint32_t result;

	sc->nr = nr;
	memcpy(sc->arg, arg, sizeof(sc->arg));
	tl_trace(TRACE_TA, TRACE_DOWN, "syscall", nr);
	ta_runtime_answer(rt, MAILBOX_ANSWER_SYSCALL);
	ta_runtime_wait(rt, false);
	result = sc->result;
	memcpy(arg, sc->arg, sizeof(sc->arg));
	tl_trace(TRACE_TA, TRACE_UP, "syscall", result);
	return result;
}

uint8_t *ta_syscall_area(void)
{
	return (uint8_t *)ta_runtime_current()->cfg->io_area + TA_AREA_SIZE;
}
