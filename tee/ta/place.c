// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
/*
 * Where a TA runs: on the core of the thread that calls it, as long as its turns are short. One that
 * needs longer is let loose, and stays so until a turn was short again.
 */
#include "lib/core.h"
#include "lib/futex.h"
#include "tee/ta/manager.h"

/*
 * More than a tick of the kernel's: a timer that comes before the next tick has hardware set for it, at
 * each call.
 */
#define PLACE_SHORT_NS 20000000u

/*
 * The process id is the TA's for as long as the launcher hasn't said that it ended. It says so just after
 * it has reaped the process; ids come round again only when all others have been used.
 */
static pid_t pid_of(const struct ta_instance *inst)
{
	return (pid_t)__atomic_load_n(&inst->pid, __ATOMIC_RELAXED);
}

void ta_place_here(struct ta_instance *inst)
{
	const struct cores *cores = world_cores(inst->tm->world);
	int here = inst->roams ? -1 : core_here(cores);
	pid_t pid;

	if (here >= 0 && here != inst->core - 1) {
		pid = pid_of(inst);
		inst->core = pid && !core_bind(cores, pid, here) ? here + 1 : 0;
	}
	inst->short_until = inst->core || inst->roams ? tl_now_ns() + PLACE_SHORT_NS : 0;
}

void ta_place_short(struct ta_instance *inst)
{
	inst->roams = false;
	inst->short_until = 0;
}

void ta_place_long(struct ta_instance *inst)
{
	pid_t pid = pid_of(inst);

	if (inst->core && pid)
		core_free(world_cores(inst->tm->world), pid);
	inst->core = 0;
	inst->roams = true;
	inst->short_until = 0;
}
