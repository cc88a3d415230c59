// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
#include <errno.h>
#include <string.h>

#include "lib/ctl.h"
#include "lib/limits.h"
#include "lib/log.h"
#include "tee/ta/manager.h"

void ta_launcher_kill(struct ta_instance *inst)
{
	struct launch_msg msg = { .type = LAUNCH_KILL, .id = inst->id };

	inst->dead = true;
	ta_syscall_interrupt(inst);
	if (inst->killed || inst->exited || inst->tm->launcher_gone)
		return;
	inst->killed = true;
	if (ctl_send(inst->tm->launch_sock, &msg, sizeof(msg), NULL, 0))
		log_error("the launcher takes no messages");
}

static struct ta_instance *instance_find(struct ta_manager *tm, uint32_t id)
{
	struct list *pos;

	list_for_each(pos, &tm->instances) {
		struct ta_instance *inst = list_entry(pos, struct ta_instance, link);

		if (inst->id == id)
			return inst;
	}
	return NULL;
}

static void instance_over(struct ta_instance *inst)
{
	inst->dead = true;
	__atomic_store_n(&inst->pid, 0, __ATOMIC_RELAXED);
	inst->started = true;
	ta_turn_over(inst);
	ta_syscall_interrupt(inst);
	world_signal(&inst->event);
}

static void take_msg(struct ta_manager *tm, const struct launch_msg *msg)
{
	struct ta_instance *inst = instance_find(tm, msg->id);

	/* One that was destroyed while its process ended. */
	if (!inst)
		return;
	switch (msg->type) {
	case LAUNCH_STARTED:
		__atomic_store_n(&inst->pid, msg->arg, __ATOMIC_RELAXED);
		inst->started = true;
		world_signal(&inst->event);
		break;
	case LAUNCH_FAILED:
		inst->error = -(int)msg->arg;
		instance_over(inst);
		break;
	case LAUNCH_EXITED:
		inst->status = (int)msg->arg;
		instance_over(inst);
		break;
	default:
		log_warn("unknown message %u of the launcher", msg->type);
		break;
	}
}

static void launcher_over(struct ta_manager *tm)
{
	struct list *pos;

	if (tm->launcher_gone)
		return;
	if (!world_stopping(tm->world))
		log_error("the launcher is gone, and with it all TAs");
	tm->launcher_gone = true;
	world_abandon(tm->world);
	list_for_each(pos, &tm->instances)
		instance_over(list_entry(pos, struct ta_instance, link));
}

int ta_launcher_start(struct ta_instance *inst, const struct ta_image *img, const int *fds,
		      unsigned int num_fds)
{
	const struct limits *lim = world_limits(inst->tm->world);
	struct launch_msg msg = {
		.type = LAUNCH_START,
		.id = inst->id,
		.arg = (uint32_t)(lim->memory_per_ta >> 20),
	};
	int ret = -ECONNRESET;

	memcpy(msg.uuid, img->uuid, sizeof(msg.uuid));
	if (!inst->tm->launcher_gone)
		ret = ctl_send(inst->tm->launch_sock, &msg, sizeof(msg), fds, num_fds);
	/* Seen here before the socket's end was: whoever waits for this TA hears of that, not of a TA. */
	if (ret == -EPIPE || ret == -ECONNRESET)
		launcher_over(inst->tm);
	return ret;
}

void ta_launcher_drain(struct ta_manager *tm)
{
	struct launch_msg msg;
	ssize_t n;

	while ((n = ctl_recv(tm->launch_sock, &msg, sizeof(msg), NULL, NULL)) ==
	       (ssize_t)sizeof(msg))
		take_msg(tm, &msg);
	if (n != -EAGAIN)
		launcher_over(tm);
}
