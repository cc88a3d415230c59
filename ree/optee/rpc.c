/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include <errno.h>
#include <string.h>

#include "lib/cursor.h"
#include "lib/log.h"
#include "ree/optee/optee_private.h"

static void rpc_alloc(struct optee *o, const struct smc_res *res, struct smc_args *args)
{
	struct optee_rpc_mem *rm;

	if (optee_rpc_mem_alloc(o, (size_t)(res->a1 & 0xffffffffu), &rm))
		return; /* all zero: there is none */
	args->a1 = rm->mem.pa >> 32;
	args->a2 = rm->mem.pa & 0xffffffffu;
	args->a4 = rm->cookie >> 32;
	args->a5 = rm->cookie & 0xffffffffu;
}

/* The RPC's argument behind @shm_va, of at most @room bytes: copied out, served, copied back. */
static void serve_cmd(struct optee *o, struct optee_call_ctx *cc, uint8_t *shm_va, size_t room)
{
	union optee_rpc_msg msg;
	struct cursor c;
	size_t size;

	if (room < OPTEE_MSG_GET_ARG_SIZE(0))
		return;
	cursor_init_ro(&c, shm_va, room);
	if (!cursor_get(&c, &msg, OPTEE_MSG_GET_ARG_SIZE(0)))
		return;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	size = msg.arg.num_params > OPTEE_MAX_RPC_PARAMS ?
		       SIZE_MAX :
		       OPTEE_MSG_GET_ARG_SIZE(msg.arg.num_params);
	if (size > room) {
		log_warn("optee: a request with %u parameters", msg.arg.num_params);
		msg.arg.ret = OPTEE_ERROR_BAD_PARAMETERS;
		msg.arg.ret_origin = OPTEE_ORIGIN_COMMS;
		memcpy(shm_va, &msg, OPTEE_MSG_GET_ARG_SIZE(0));
		return;
	}
	if (!cursor_get(&c, msg.bytes + OPTEE_MSG_GET_ARG_SIZE(0), size - OPTEE_MSG_GET_ARG_SIZE(0)))
		return;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	optee_rpc_cmd(o, cc, &msg.arg);
	memcpy(shm_va, &msg, size);
}

static void rpc_cmd(struct optee *o, const struct optee_arg_slot *slot, size_t rpc_offset,
		    struct optee_call_ctx *cc, const struct smc_res *res)
{
	struct optee_rpc_mem *rm;

	if (o->rpc_param_count) {
		serve_cmd(o, cc, slot->shm_va + rpc_offset,
			  OPTEE_MSG_GET_ARG_SIZE(o->rpc_param_count));
		return;
	}
	rm = optee_rpc_mem_get(o, optee_reg_pair(res->a1, res->a2));
	if (!rm || !rm->mem.va)
		log_warn("optee: a request in memory that isn't there");
	else
		serve_cmd(o, cc, rm->mem.va, rm->mem.size);
	if (rm)
		optee_rpc_mem_put(o, rm);
}

void optee_rpc_handle(struct optee *o, const struct optee_arg_slot *slot, size_t rpc_offset,
		      struct optee_call_ctx *cc, const struct smc_res *res, struct smc_args *args)
{
	*args = (struct smc_args){
		.a0 = OPTEE_SMC_CALL_RETURN_FROM_RPC,
		.a3 = res->a3, /* which call is resumed */
	};
	switch (OPTEE_SMC_RETURN_GET_RPC_FUNC(res->a0)) {
	case OPTEE_SMC_RPC_FUNC_ALLOC:
		rpc_alloc(o, res, args);
		break;
	case OPTEE_SMC_RPC_FUNC_FREE:
		if (optee_rpc_mem_free(o, optee_reg_pair(res->a1, res->a2), false))
			log_warn("optee: the secure world frees what it hasn't");
		break;
	case OPTEE_SMC_RPC_FUNC_FOREIGN_INTR:
		o->ops->poll_irq(o->vm);
		optee_do_pending(o);
		break;
	case OPTEE_SMC_RPC_FUNC_CMD:
		rpc_cmd(o, slot, rpc_offset, cc, res);
		break;
	default:
		log_warn("optee: unknown RPC 0x%llx", (unsigned long long)res->a0);
		break;
	}
}

void optee_rpc_end(struct optee *o, struct optee_call_ctx *cc)
{
	optee_mem_free(o, &cc->page_list);
}
