/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include <errno.h>
#include <string.h>

#include "lib/cursor.h"
#include "lib/log.h"
#include "lib/trace.h"
#include "ree/optee/optee_private.h"

int optee_smc(struct optee *o, struct smc_args *args, struct smc_res *res)
{
	return smc_conduit_call(o->conduit, args, res);
}

void optee_msg_init(union optee_msg *msg, enum optee_msg_cmd cmd, uint32_t num_params)
{
	memset(msg, 0, OPTEE_MSG_GET_ARG_SIZE(num_params));
	msg->arg.cmd = cmd;
	msg->arg.num_params = num_params;
}

static const char *verb(uint32_t cmd)
{
	switch (cmd) {
	case OPTEE_MSG_CMD_OPEN_SESSION:
		return "open_session";
	case OPTEE_MSG_CMD_INVOKE_COMMAND:
		return "invoke";
	case OPTEE_MSG_CMD_CLOSE_SESSION:
		return "close_session";
	case OPTEE_MSG_CMD_CANCEL:
		return "cancel";
	case OPTEE_MSG_CMD_REGISTER_SHM:
		return "register_shm";
	case OPTEE_MSG_CMD_UNREGISTER_SHM:
		return "unregister_shm";
	default:
		return "notification";
	}
}

/* May the call wait for a TA? Then it takes its turn; the others are short, and go past the queue. */
static bool is_normal(uint32_t cmd)
{
	return cmd == OPTEE_MSG_CMD_OPEN_SESSION || cmd == OPTEE_MSG_CMD_INVOKE_COMMAND ||
	       cmd == OPTEE_MSG_CMD_CLOSE_SESSION;
}

/* The call in its turn, from the first SMC to the last. */
static int run_call(struct optee *o, struct optee_waiter *w, const struct optee_arg_slot *slot,
		    size_t msg_size, uint32_t *ended)
{
	uint32_t func = o->rpc_param_count ? OPTEE_SMC_CALL_WITH_RPC_ARG : OPTEE_SMC_CALL_WITH_ARG;
	struct smc_args args = { .a0 = func, .a1 = slot->pa >> 32, .a2 = slot->pa & 0xffffffffu };
	struct optee_call_ctx cc = { .page_list.va = NULL };
	struct smc_res res;
	int ret;

	for (;;) {
		ret = optee_smc(o, &args, &res);
		if (ret)
			break;
		if (OPTEE_SMC_RETURN_IS_RPC(res.a0)) {
			optee_rpc_handle(o, slot, msg_size, &cc, &res, &args);
			continue;
		}
		if (res.a0 != OPTEE_SMC_RETURN_ETHREAD_LIMIT || args.a0 != func)
			break;
		ret = optee_queue_refused(o, w, ended);
		if (ret)
			break;
	}
	optee_rpc_end(o, &cc);
	if (!ret && res.a0 != OPTEE_SMC_RETURN_OK) {
		log_warn("optee: a call ended with 0x%llx", (unsigned long long)res.a0);
		ret = -EIO;
	}
	return ret;
}

/* Copies the answer once; then the copy counts. */
static int take_answer(const struct optee_arg_slot *slot, union optee_msg *msg, size_t size)
{
	union optee_msg ans;
	struct cursor c;

	cursor_init_ro(&c, slot->shm_va, size);
	if (!cursor_get(&c, &ans, size))
		return -EPROTO;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	if (optee_msg_check_answer(&msg->arg, &ans.arg)) {
		log_warn("optee: the answer doesn't fit its request");
		return -EPROTO;
	}
	memcpy(msg, &ans, size);
	return 0;
}

static int call_with_slot(struct optee *o, struct tee_context *ctx, union optee_msg *msg,
			  const struct optee_arg_slot *slot)
{
	size_t size = OPTEE_MSG_GET_ARG_SIZE(msg->arg.num_params);
	bool normal = is_normal(msg->arg.cmd);
	struct optee_waiter w = {
		.ctx = ctx,
		.session = msg->arg.session,
		.cancel_id = msg->arg.cancel_id,
		.cancellable = normal && msg->arg.cmd != OPTEE_MSG_CMD_CLOSE_SESSION,
	};
	uint32_t ended;
	int ret;

	ret = optee_queue_enter(o, &w, normal, &ended);
	if (ret)
		return ret;
	memcpy(slot->shm_va, msg, size);
	if (o->rpc_param_count)
		memset(slot->shm_va + size, 0, OPTEE_MSG_GET_ARG_SIZE(o->rpc_param_count));
	ret = run_call(o, &w, slot, size, &ended);
	optee_queue_leave(o, normal);
	if (!ret)
		ret = take_answer(slot, msg, size);
	return ret;
}

int optee_call(struct optee *o, struct tee_context *ctx, union optee_msg *msg)
{
	uint32_t cmd = msg->arg.cmd;
	struct optee_arg_slot slot;
	int ret;

	ret = optee_arg_get(o, &slot);
	if (ret)
		return ret;
	tl_trace(TRACE_OPTEE, TRACE_DOWN, verb(cmd), msg->arg.session);
	ret = call_with_slot(o, ctx, msg, &slot);
	tl_trace(TRACE_OPTEE, TRACE_UP, verb(cmd), msg->arg.session);
	optee_arg_put(o, &slot);
	if (cmd != OPTEE_MSG_CMD_DO_BOTTOM_HALF)
		optee_do_pending(o);
	return ret;
}

void optee_do_pending(struct optee *o)
{
	union optee_msg msg;

	if (!tl_load_acquire(&o->notif.bottom_half))
		return;
	/* One at a time; what comes due meanwhile is seen by who does it. */
	if (__atomic_exchange_n(&o->notif.in_bottom_half, true, __ATOMIC_ACQ_REL))
		return;
	while (__atomic_exchange_n(&o->notif.bottom_half, false, __ATOMIC_ACQ_REL)) {
		optee_msg_init(&msg, OPTEE_MSG_CMD_DO_BOTTOM_HALF, 0);
		if (optee_call(o, NULL, &msg))
			break;
	}
	tl_store_release(&o->notif.in_bottom_half, false);
}

/* An SMC that is refused while the secure world is busy: again when a call of ours has ended. */
static int smc_until_free(struct optee *o, uint32_t func, struct smc_res *res)
{
	struct smc_args args = { .a0 = func };
	struct optee_waiter w = { .cancellable = false };
	uint32_t ended;
	int ret;

	ret = optee_queue_enter(o, &w, false, &ended);
	if (ret)
		return ret;
	do {
		ret = optee_smc(o, &args, res);
		if (ret || (res->a0 != OPTEE_SMC_RETURN_EBUSY &&
			    res->a0 != OPTEE_SMC_RETURN_ETHREAD_LIMIT))
			break;
		ret = optee_queue_refused(o, &w, &ended);
	} while (!ret);
	optee_queue_leave(o, false);
	return ret;
}

void optee_enable_shm_cache(struct optee *o)
{
	struct smc_res res;

	if (!smc_until_free(o, OPTEE_SMC_ENABLE_SHM_CACHE, &res) && res.a0 != OPTEE_SMC_RETURN_OK)
		log_warn("optee: no cache of shared memory: 0x%llx", (unsigned long long)res.a0);
}

void optee_disable_shm_cache(struct optee *o, bool ours)
{
	struct smc_res res;
	unsigned int i;

	/* The secure world has no more than we gave it. */
	for (i = 0; i <= OPTEE_MAX_RPC_MEM; i++) {
		if (smc_until_free(o, OPTEE_SMC_DISABLE_SHM_CACHE, &res) ||
		    res.a0 != OPTEE_SMC_RETURN_OK)
			return;
		if (ours && optee_rpc_mem_free(o, optee_reg_pair(res.a1, res.a2), false))
			log_warn("optee: the secure world gave back what it hadn't");
	}
	log_warn("optee: the secure world gives back without end");
}
