/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "tee/session/manager.h"

#include <errno.h>
#include <time.h>

#define NS_PER_S 1000000000ull

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * NS_PER_S + (uint64_t)ts.tv_nsec;
}

static struct session_inst *first_due(struct session_manager *sm)
{
	struct session_inst *first = NULL;
	struct list *pos;

	list_for_each(pos, &sm->doomed) {
		struct session_inst *inst = list_entry(pos, struct session_inst, doom_node);

		if (!first || inst->deadline < first->deadline)
			first = inst;
	}
	return first;
}

/* One thread waits for all deadlines, and only while there is one. */
static void reaper_run(struct runnable *r)
{
	struct session_manager *sm = container_of(r, struct session_manager, reaper);
	struct session_inst *inst;

	while ((inst = first_due(sm))) {
		if (now_ns() >= inst->deadline) {
			list_del(&inst->doom_node);
			ta_instance_kill(inst->ta);
			continue;
		}
		manager_hand_over(sm);
		if (world_wait(sm->world, &sm->reap_event, inst->deadline) == -ECANCELED)
			break;
	}
	sm->reaping = false;
}

void reaper_init(struct session_manager *sm)
{
	list_init(&sm->doomed);
	list_init(&sm->reaper.node);
	sm->reaper.run = reaper_run;
	world_event_init(&sm->reap_event);
}

void reaper_doom(struct session_inst *inst, uint64_t grace_ns)
{
	struct session_manager *sm = inst->image->sm;

	/* A pseudo-TA ends by itself. */
	if (!list_empty(&inst->doom_node) || !inst->ta)
		return;
	inst->deadline = now_ns() + grace_ns;
	list_add_tail(&sm->doomed, &inst->doom_node);
	if (sm->reaping) {
		world_signal(&sm->reap_event);
		return;
	}
	sm->reaping = true;
	manager_schedule(sm, &sm->reaper);
}

void reaper_spare(struct session_inst *inst)
{
	if (list_empty(&inst->doom_node))
		return;
	list_del(&inst->doom_node);
	world_signal(&inst->image->sm->reap_event);
}
