/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/* Standard calls: an argument's command becomes a request of the session manager's, or is done at once. */
#include "tee/smc/smc_internal.h"

#include <errno.h>
#include <string.h>

#include "lib/trace.h"
#include "tee/session/result.h"

static void request_done(struct tee_request *rq)
{
	struct smc_thread *t = container_of(rq, struct smc_thread, rq);

	t->done = true;
	if (t->state == SMC_THREAD_ABANDONED) {
		smc_thread_free(t);
		return;
	}
	smc_std_answer(t);
	if (t->state == SMC_THREAD_INSIDE)
		smc_thread_finish(t);
	else if (t->state == SMC_THREAD_RPC && t->rpc == SMC_RPC_WAIT)
		smc_notif_send(t->front->smc, SMC_NOTIF_OF(t));
}

static const struct tee_request_ops request_ops = {
	.done = request_done,
};

void smc_std_answer(struct smc_thread *t)
{
	struct tee_request *rq = &t->rq;

	if (rq->kind == REQUEST_OPEN)
		t->arg.hdr.session = rq->result ? 0 : rq->session_id;
	if (rq->kind != REQUEST_CLOSE)
		smc_params_out(rq, &t->arg, rq->kind == REQUEST_OPEN ? SMC_META_PARAMS : 0);
	smc_arg_answer(&t->arg, rq->result, rq->origin);
}

/* The two META parameters. */
static uint32_t open_in(struct session_vm *sv, const struct smc_arg *arg, struct tee_request *rq)
{
	const uint64_t meta = OPTEE_MSG_ATTR_META | OPTEE_MSG_ATTR_TYPE_VALUE_INPUT;
	uint8_t data[16];

	if (arg->hdr.num_params < SMC_META_PARAMS || arg->param[0].attr != meta ||
	    arg->param[1].attr != meta || arg->param[1].u.value.c > UINT32_MAX)
		return TEE_ERROR_BAD_PARAMETERS;
	memcpy(rq->uuid, arg->param[0].u.octets, 16);
	memcpy(data, arg->param[1].u.octets, 16);
	rq->call.login = (uint32_t)arg->param[1].u.value.c;
	return login_identity(sv->vm, rq->call.login, data, rq->call.client_uuid);
}

static uint32_t request_in(struct session_vm *sv, const struct smc_arg *arg, struct tee_request *rq)
{
	uint32_t num = arg->hdr.num_params;
	uint32_t res;

	if (num > SMC_MAX_PARAMS)
		return TEE_ERROR_BAD_PARAMETERS;
	switch (arg->hdr.cmd) {
	case OPTEE_MSG_CMD_OPEN_SESSION:
		rq->kind = REQUEST_OPEN;
		res = open_in(sv, arg, rq);
		if (res)
			return res;
		return smc_params_in(sv, arg->param + SMC_META_PARAMS, num - SMC_META_PARAMS, rq);
	case OPTEE_MSG_CMD_INVOKE_COMMAND:
		rq->kind = REQUEST_INVOKE;
		return smc_params_in(sv, arg->param, num, rq);
	default:
		rq->kind = REQUEST_CLOSE;
		return num ? TEE_ERROR_BAD_PARAMETERS : TEE_SUCCESS;
	}
}

static void drop_refs(struct session_vm *sv, struct tee_request *rq)
{
	unsigned int i;

	for (i = 0; i < TA_NUM_PARAMS; i++)
		if (rq->shm[i])
			shm_put(sv->sm->world, rq->shm[i]);
}

/* A call that may wait for a TA. */
static void start_request(struct smc_vcpu *v, struct smc_front *f, struct smc_arg *arg)
{
	struct smc_thread *t = smc_thread_alloc(f);
	struct session_vm *sv = f->client.sv;
	uint32_t res;

	if (!t) {
		smc_place_drop(sv, &arg->place);
		smc_vcpu_return_a0(v, OPTEE_SMC_RETURN_ETHREAD_LIMIT);
		return;
	}
	t->arg = *arg;
	t->rq.ops = &request_ops;
	t->rq.client = &f->client;
	t->rq.cancel_id = arg->hdr.cancel_id;
	t->rq.call.cmd = arg->hdr.func;
	res = request_in(sv, arg, &t->rq);
	if (res) {
		drop_refs(sv, &t->rq);
		t->arg.hdr.session = 0;
		smc_arg_answer(&t->arg, res, TEE_ORIGIN_TEE);
		smc_thread_free(t);
		smc_vcpu_return_a0(v, OPTEE_SMC_RETURN_OK);
		return;
	}
	smc_thread_attach(t, v);
	/* It may be over, and the thread another vCPU's, when this returns. */
	request_submit(&t->rq, arg->hdr.session);
	if (v->thread == t)
		smc_thread_settle(t);
}

static uint32_t cancel(struct smc_front *f, const struct smc_arg *arg)
{
	struct session_manager *sm = f->client.sv->sm;
	struct list *pos;
	bool opening = false;

	if (arg->hdr.num_params)
		return TEE_ERROR_BAD_PARAMETERS;
	list_for_each(pos, &f->client.requests) {
		const struct tee_request *rq = list_entry(pos, struct tee_request, client_node);

		opening |= rq->kind == REQUEST_OPEN && rq->cancel_id == arg->hdr.cancel_id;
	}
	if (!opening && !session_find(sm, &f->client, arg->hdr.session))
		return TEE_ERROR_BAD_PARAMETERS;
	request_cancel(&f->client, arg->hdr.session, arg->hdr.cancel_id);
	return TEE_SUCCESS;
}

static uint32_t do_bottom_half(struct smc_vm *smc)
{
	smc->bottom_halves = 0;
	return TEE_SUCCESS;
}

static uint32_t stop_async_notif(struct smc_vm *smc)
{
	smc_notif_stop(smc);
	return TEE_SUCCESS;
}

/* Return: false for a command that there isn't. */
static bool do_at_once(struct smc_front *f, const struct smc_arg *arg, uint32_t *res)
{
	switch (arg->hdr.cmd) {
	case OPTEE_MSG_CMD_CANCEL:
		*res = cancel(f, arg);
		return true;
	case OPTEE_MSG_CMD_REGISTER_SHM:
		*res = smc_shm_register(f->client.sv, arg);
		return true;
	case OPTEE_MSG_CMD_UNREGISTER_SHM:
		*res = smc_shm_unregister(f->client.sv, arg);
		return true;
	case OPTEE_MSG_CMD_DO_BOTTOM_HALF:
		*res = do_bottom_half(f->smc);
		return true;
	case OPTEE_MSG_CMD_STOP_ASYNC_NOTIF:
		*res = stop_async_notif(f->smc);
		return true;
	default:
		return false;
	}
}

/* A registration that takes a thread. */
static void start_registration(struct smc_vcpu *v, struct smc_front *f, struct smc_arg *arg)
{
	struct smc_thread *t = smc_thread_alloc(f);

	if (!t) {
		smc_place_drop(f->client.sv, &arg->place);
		smc_vcpu_return_a0(v, OPTEE_SMC_RETURN_ETHREAD_LIMIT);
		return;
	}
	t->arg = *arg;
	smc_register_slowly(v, t);
}

static void call_with_arg(struct smc_vcpu *v, const struct smc_regs *r)
{
	struct smc_front *f = smc_front_of(v->smc);
	struct smc_arg arg;
	uint32_t ret, res;

	if (!f) {
		smc_vcpu_return_a0(v, OPTEE_SMC_RETURN_ENOMEM);
		return;
	}
	ret = smc_arg_open(f->client.sv, r, &arg);
	if (ret) {
		world_counters(v->smc->vm->world)->bad_messages++;
		smc_vcpu_return_a0(v, ret);
		return;
	}
	if (arg.hdr.cmd <= OPTEE_MSG_CMD_CLOSE_SESSION) {
		start_request(v, f, &arg);
		return;
	}
	if (!do_at_once(f, &arg, &res)) {
		ret = OPTEE_SMC_RETURN_EBADCMD;
	} else if (res == SMC_REGISTER_LATER) {
		start_registration(v, f, &arg);
		return;
	} else {
		smc_arg_answer(&arg, res, TEE_ORIGIN_TEE);
	}
	smc_place_drop(f->client.sv, &arg.place);
	smc_vcpu_return_a0(v, ret);
}

void smc_std(struct smc_vcpu *v, struct smc_regs *r)
{
	switch (r->a[0]) {
	case OPTEE_SMC_CALL_RETURN_FROM_RPC:
		smc_thread_resume(v, r);
		break;
	case OPTEE_SMC_CALL_WITH_ARG:
	case OPTEE_SMC_CALL_WITH_RPC_ARG:
	case OPTEE_SMC_CALL_WITH_REGD_ARG:
		call_with_arg(v, r);
		break;
	default:
		smc_vcpu_return_a0(v, OPTEE_SMC_RETURN_EBADCMD);
		break;
	}
}
