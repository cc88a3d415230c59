// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
#include <errno.h>
#include <string.h>
#include <sys/wait.h>

#include "lib/futex.h"
#include "lib/log.h"
#include "lib/trace.h"
#include "lib/uuid.h"
#include "tee/ta/manager.h"
#include "tee/ta/param.h"

#define TEE_ERROR_TARGET_DEAD 0xffff3024u
#define TEE_ORIGIN_TEE 3u
#define TEE_ORIGIN_TRUSTED_APP 4u

_Static_assert((int)TA_ENTRY_CREATE == (int)MAILBOX_ENTRY_CREATE &&
		       (int)TA_ENTRY_DESTROY == (int)MAILBOX_ENTRY_DESTROY &&
		       (int)TA_ENTRY_OPEN_SESSION == (int)MAILBOX_ENTRY_OPEN_SESSION &&
		       (int)TA_ENTRY_CLOSE_SESSION == (int)MAILBOX_ENTRY_CLOSE_SESSION &&
		       (int)TA_ENTRY_INVOKE == (int)MAILBOX_ENTRY_INVOKE,
	       "entries are the mailbox's");

static const char *verb(enum ta_entry entry)
{
	static const char *const verbs[] = {
		[TA_ENTRY_CREATE] = "create",
		[TA_ENTRY_DESTROY] = "destroy",
		[TA_ENTRY_OPEN_SESSION] = "open_session",
		[TA_ENTRY_CLOSE_SESSION] = "close_session",
		[TA_ENTRY_INVOKE] = "invoke",
	};

	return verbs[entry];
}

static void write_call(struct ta_instance *inst, const struct ta_call *call)
{
	struct mailbox_call *shm_call = &inst->shm_mb->call;

	shm_call->kind = MAILBOX_CALL_ENTER;
	shm_call->entry = (uint32_t)call->entry;
	shm_call->session = call->session;
	shm_call->cmd = call->cmd;
	shm_call->login = call->login;
	memcpy(shm_call->client_uuid, call->client_uuid, sizeof(shm_call->client_uuid));
}

/* Without the lock. What it asks for on the way to its last answer is done. */
static int converse(struct ta_instance *inst, struct mailbox_answer *ans)
{
	for (;;) {
		int ret = ta_turn_take(inst, 0, ans);

		if (ret || ans->kind != MAILBOX_ANSWER_SYSCALL)
			return ret;
		ret = ta_syscall_serve(inst);
		if (ret)
			return ret;
		inst->shm_mb->call.kind = MAILBOX_CALL_RESUME;
		ta_turn_give(inst);
	}
}

/* Without the lock. Return: 0; -ENOMEM: the TA wasn't entered; -EOWNERDEAD; -EPROTO: it lied. */
static int enter(struct ta_instance *inst, struct ta_call *call, struct ta_param_plan *plan,
		 struct mailbox_answer *ans)
{
	int ret = ta_params_in(inst, call, plan);

	if (ret)
		return -ENOMEM;
	write_call(inst, call);
	ta_turn_give(inst);
	ret = converse(inst, ans);
	if (ret)
		return ret;
	inst->num_ctl_called = inst->num_ctl;
	if (ans->kind == MAILBOX_ANSWER_PANIC)
		return -EOWNERDEAD;
	if (ans->kind == MAILBOX_ANSWER_MAP_FAILED)
		return -ENOMEM;
	if (ans->kind != MAILBOX_ANSWER_DONE || ta_params_check(call, ans))
		return -EPROTO;
	/* The client's memory went while the TA ran: the client has gone, nobody misses it. */
	ta_params_out(call, ans, plan);
	call->result = ans->result;
	call->origin = TEE_ORIGIN_TRUSTED_APP;
	return 0;
}

static void say_why(const struct ta_instance *inst, const struct ta_call *call, int ret,
		    const struct mailbox_answer *ans)
{
	char uuid[UUID_TEXT_SIZE];

	uuid_format(inst->uuid, uuid);
	if (ret == -EPROTO)
		log_warn("TA %s: impossible answer to %s, session %u", uuid, verb(call->entry),
			 call->session);
	else if (ans->kind == MAILBOX_ANSWER_PANIC)
		log_warn("TA %s: panic 0x%08x in %s, session %u", uuid, ans->result,
			 verb(call->entry), call->session);
	else if (WIFSIGNALED(inst->status))
		log_warn("TA %s: ended by signal %d in %s, session %u", uuid,
			 WTERMSIG(inst->status), verb(call->entry), call->session);
	else
		log_warn("TA %s: ended in %s, session %u", uuid, verb(call->entry), call->session);
}

/* Under the lock, which is dropped while the process ends. */
static int end(struct ta_instance *inst, struct ta_call *call, int ret,
	       const struct mailbox_answer *ans)
{
	struct tee_world *w = inst->tm->world;

	ta_launcher_kill(inst);
	world_block_begin(w);
	ta_turn_end(inst);
	world_block_end(w);
	say_why(inst, call, ret, ans);
	call->result = TEE_ERROR_TARGET_DEAD;
	call->origin = TEE_ORIGIN_TEE;
	return -EOWNERDEAD;
}

/* The TA couldn't map all that came with the call, and doesn't say what. */
static void forget_maps(struct ta_instance *inst, const struct ta_param_plan *plan)
{
	unsigned int i;

	for (i = 0; i < TA_NUM_PARAMS; i++)
		if (plan->place[i].where == MAILBOX_WHERE_MAP)
			ta_mapping_doom(inst, plan->place[i].slot);
}

static int target_dead(struct ta_call *call)
{
	call->result = TEE_ERROR_TARGET_DEAD;
	call->origin = TEE_ORIGIN_TEE;
	return -EOWNERDEAD;
}

int ta_instance_call(struct ta_instance *inst, struct ta_call *call)
{
	struct tee_world *w = inst->tm->world;
	struct mailbox_answer ans = { .kind = 0 };
	struct ta_param_plan plan;
	int ret;

	if (inst->dead)
		return target_dead(call);
	inst->busy = true;
	inst->calls++;
	inst->cancelled = call->cancelled;
	__atomic_fetch_and(&inst->shm_mb->cancel, ~MAILBOX_CANCEL, __ATOMIC_ACQ_REL);
	if (call->cancelled)
		__atomic_fetch_or(&inst->shm_mb->cancel, MAILBOX_CANCEL, __ATOMIC_ACQ_REL);
	ret = ta_params_plan(inst, call, &plan);
	if (ret)
		goto out_idle;
	tl_trace(TRACE_TAMGR, TRACE_DOWN, verb(call->entry), call->session);
	world_block_begin(w);
	ret = enter(inst, call, &plan, &ans);
	world_block_end(w);
	if (ans.kind == MAILBOX_ANSWER_MAP_FAILED)
		forget_maps(inst, &plan);
	world_counters(w)->bytes_copied_in += plan.copied_in;
	world_counters(w)->bytes_copied_out += plan.copied_out;
	/*
	 * Also when it was killed meanwhile but answered first: whoever killed it counts on that.
	 */
	if ((ret && ret != -ENOMEM) || inst->dead)
		ret = end(inst, call, ret, &ans);
	tl_trace(TRACE_TAMGR, TRACE_UP, verb(call->entry), call->result);
	ta_params_finish(&plan);
out_idle:
	inst->busy = false;
	ta_mapping_release_doomed(inst);
	return ret == -EINVAL ? -ENOMEM : ret;
}

void ta_instance_cancel(struct ta_instance *inst)
{
	if (!inst->busy || inst->dead)
		return;
	tl_trace(TRACE_TAMGR, TRACE_DOWN, "cancel", inst->id);
	inst->cancelled = true;
	__atomic_fetch_or(&inst->shm_mb->cancel, MAILBOX_CANCEL, __ATOMIC_ACQ_REL);
	futex_wake_shared(&inst->shm_mb->cancel, 1);
	ta_syscall_interrupt(inst);
}

void ta_instance_kill(struct ta_instance *inst)
{
	ta_launcher_kill(inst);
}
