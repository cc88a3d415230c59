/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "lib/core.h"

#include <errno.h>

void cores_init(struct cores *c)
{
	c->num = 0;
	if (!sched_getaffinity(0, sizeof(c->all), &c->all))
		c->num = (unsigned int)CPU_COUNT(&c->all);
}

int core_here(const struct cores *c)
{
	return c->num > 1 ? sched_getcpu() : -1;
}

int core_bind(const struct cores *c, pid_t tid, int core)
{
	cpu_set_t one;

	/* Moved to another set of cores since, by whoever may. */
	if (core < 0 || !CPU_ISSET((size_t)core, &c->all))
		return -EINVAL;
	CPU_ZERO(&one);
	CPU_SET((size_t)core, &one);
	return sched_setaffinity(tid, sizeof(one), &one) ? -errno : 0;
}

void core_free(const struct cores *c, pid_t tid)
{
	if (sched_setaffinity(tid, sizeof(c->all), &c->all)) {
		/* ESRCH: it has ended. */
	}
}

void core_leave(const struct cores *c)
{
	cpu_set_t others = c->all;
	int here = core_here(c);

	if (here < 0)
		return;
	CPU_CLR((size_t)here, &others);
	if (!sched_setaffinity(0, sizeof(others), &others))
		core_free(c, 0);
}
