/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include <errno.h>
#include <time.h>

#include "ree/optee/optee_private.h"

static uint64_t attr_of(const struct optee_msg_param *p)
{
	return p->attr & OPTEE_MSG_ATTR_TYPE_MASK;
}

static uint32_t get_time(struct optee_msg_arg *arg)
{
	struct timespec ts;

	if (arg->num_params != 1 || attr_of(&arg->params[0]) != OPTEE_MSG_ATTR_TYPE_VALUE_OUTPUT)
		return OPTEE_ERROR_BAD_PARAMETERS;
	clock_gettime(CLOCK_REALTIME, &ts);
	arg->params[0].u.value.a = (uint64_t)ts.tv_sec;
	arg->params[0].u.value.b = (uint64_t)ts.tv_nsec;
	return OPTEE_SUCCESS;
}

static uint32_t notification(struct optee *o, const struct optee_msg_arg *arg)
{
	const struct optee_msg_param_value *v = &arg->params[0].u.value;
	int ret;

	if (arg->num_params != 1 || attr_of(&arg->params[0]) != OPTEE_MSG_ATTR_TYPE_VALUE_INPUT)
		return OPTEE_ERROR_BAD_PARAMETERS;
	if (v->b > UINT32_MAX || v->c > UINT32_MAX)
		return OPTEE_ERROR_BAD_PARAMETERS;
	switch (v->a) {
	case OPTEE_RPC_NOTIFICATION_WAIT:
		ret = optee_notif_wait(o, (uint32_t)v->b, (unsigned int)v->c);
		break;
	case OPTEE_RPC_NOTIFICATION_SEND:
		ret = optee_notif_send(o, (uint32_t)v->b);
		break;
	default:
		return OPTEE_ERROR_BAD_PARAMETERS;
	}
	switch (ret) {
	case 0:
		return OPTEE_SUCCESS;
	case -ETIMEDOUT:
		return OPTEE_ERROR_TIMEOUT;
	case -EIO:
	case -EINTR:
		return OPTEE_ERROR_COMMUNICATION;
	default:
		return OPTEE_ERROR_BAD_PARAMETERS;
	}
}

static bool never(void *arg)
{
	(void)arg;
	return false;
}

static uint32_t suspend(struct optee *o, const struct optee_msg_arg *arg)
{
	uint64_t ms;

	if (arg->num_params != 1 || attr_of(&arg->params[0]) != OPTEE_MSG_ATTR_TYPE_VALUE_INPUT)
		return OPTEE_ERROR_BAD_PARAMETERS;
	ms = arg->params[0].u.value.a;
	if (ms)
		o->ops->wait(o->vm, never, NULL, ms > UINT32_MAX ? UINT32_MAX : (unsigned int)ms);
	return OPTEE_SUCCESS;
}

/* The supplicant makes memory in its own context and says which. */
static int alloc_suppl(struct optee *o, uint64_t size, struct optee_rpc_mem **rmp)
{
	struct tee_param param = {
		.attr = TEE_IOCTL_PARAM_ATTR_TYPE_VALUE_INOUT,
		.u.value = { OPTEE_RPC_SHM_TYPE_APPL, size, 0 },
	};
	struct tee_shm *shm;
	int ret;

	if (optee_supp_request(o, OPTEE_RPC_CMD_SHM_ALLOC, 1, &param))
		return -ENOMEM;
	ret = optee_supp_get_shm(o, param.u.value.c, &shm);
	if (ret)
		return ret;
	if (shm->size < size) {
		tee_shm_put(shm);
		return -ENOMEM;
	}
	return optee_rpc_mem_adopt(o, shm, rmp);
}

/* Tells the secure world where @rm lies: at an address, or by a page list when it isn't reserved memory. */
static int tell_memory(struct optee *o, struct optee_call_ctx *cc, const struct optee_rpc_mem *rm,
		       struct optee_msg_param *p)
{
	struct tee_shm own = { .paddr = rm->mem.pa, .size = rm->mem.size };
	const struct tee_shm *shm = rm->shm ? rm->shm : &own;
	bool dynamic = rm->shm ? rm->shm->runs || rm->shm->pool_data : rm->mem.ds != NULL;
	int ret;

	p->attr = OPTEE_MSG_ATTR_TYPE_TMEM_OUTPUT;
	p->u.tmem.buf_ptr = shm->paddr;
	p->u.tmem.size = shm->size;
	p->u.tmem.shm_ref = rm->cookie;
	if (!dynamic)
		return 0;
	optee_mem_free(o, &cc->page_list);
	ret = optee_page_list_make(o, shm, &cc->page_list);
	if (ret)
		return ret;
	p->attr |= OPTEE_MSG_ATTR_NONCONTIG;
	p->u.tmem.buf_ptr = cc->page_list.pa | tee_shm_get_page_offset(shm);
	return 0;
}

static uint32_t shm_alloc(struct optee *o, struct optee_call_ctx *cc, struct optee_msg_arg *arg)
{
	struct optee_msg_param_value v;
	struct optee_rpc_mem *rm;
	uint32_t i;
	int ret;

	if (!arg->num_params || arg->params[0].attr != OPTEE_MSG_ATTR_TYPE_VALUE_INPUT)
		return OPTEE_ERROR_BAD_PARAMETERS;
	for (i = 1; i < arg->num_params; i++)
		if (arg->params[i].attr != OPTEE_MSG_ATTR_TYPE_NONE)
			return OPTEE_ERROR_BAD_PARAMETERS;
	v = arg->params[0].u.value;
	if (v.b > OPTEE_MAX_RPC_BYTES)
		return OPTEE_ERROR_OUT_OF_MEMORY;
	switch (v.a) {
	case OPTEE_RPC_SHM_TYPE_APPL:
		ret = alloc_suppl(o, v.b, &rm);
		break;
	case OPTEE_RPC_SHM_TYPE_KERNEL:
		ret = optee_rpc_mem_alloc(o, (size_t)v.b, &rm);
		break;
	default:
		return OPTEE_ERROR_BAD_PARAMETERS;
	}
	if (ret)
		return OPTEE_ERROR_OUT_OF_MEMORY;
	if (tell_memory(o, cc, rm, &arg->params[0])) {
		optee_rpc_mem_free(o, rm->cookie, rm->shm != NULL);
		return OPTEE_ERROR_OUT_OF_MEMORY;
	}
	return OPTEE_SUCCESS;
}

static uint32_t shm_free(struct optee *o, const struct optee_msg_arg *arg)
{
	const struct optee_msg_param_value *v = &arg->params[0].u.value;
	struct tee_param param = {
		.attr = TEE_IOCTL_PARAM_ATTR_TYPE_VALUE_INOUT,
		.u.value = { OPTEE_RPC_SHM_TYPE_APPL, 0, 0 },
	};
	struct optee_rpc_mem *rm;

	if (arg->num_params != 1 || arg->params[0].attr != OPTEE_MSG_ATTR_TYPE_VALUE_INPUT)
		return OPTEE_ERROR_BAD_PARAMETERS;
	switch (v->a) {
	case OPTEE_RPC_SHM_TYPE_APPL:
		rm = optee_rpc_mem_get(o, v->b);
		if (rm && rm->shm)
			param.u.value.b = (uint32_t)rm->shm->id;
		if (rm)
			optee_rpc_mem_put(o, rm);
		if (optee_rpc_mem_free(o, v->b, true))
			return OPTEE_ERROR_BAD_PARAMETERS;
		/* The supplicant that made it may be gone, and its memory with it. */
		(void)optee_supp_request(o, OPTEE_RPC_CMD_SHM_FREE, 1, &param);
		return OPTEE_SUCCESS;
	case OPTEE_RPC_SHM_TYPE_KERNEL:
		return optee_rpc_mem_free(o, v->b, false) ? OPTEE_ERROR_BAD_PARAMETERS :
							    OPTEE_SUCCESS;
	default:
		return OPTEE_ERROR_BAD_PARAMETERS;
	}
}

/* A memref of the secure world's into the supplicant's memory; takes a reference to that. */
static int memref_in(struct optee *o, const struct optee_msg_param *mp, struct tee_param *p)
{
	bool tmem = attr_of(mp) >= OPTEE_MSG_ATTR_TYPE_TMEM_INPUT;
	uint64_t offs = tmem ? mp->u.tmem.buf_ptr : mp->u.rmem.offs;
	uint64_t cookie = mp->u.tmem.shm_ref, size = mp->u.tmem.size;
	struct optee_rpc_mem *rm;
	int ret = -EINVAL;

	p->attr = TEE_IOCTL_PARAM_ATTR_TYPE_MEMREF_INPUT + attr_of(mp) -
		  (tmem ? OPTEE_MSG_ATTR_TYPE_TMEM_INPUT : OPTEE_MSG_ATTR_TYPE_RMEM_INPUT);
	p->u.memref = (struct tee_param_memref){ 0, (size_t)size, NULL };
	if (!cookie)
		return 0;
	rm = optee_rpc_mem_get(o, cookie);
	if (!rm)
		return -EINVAL;
	if (rm->shm) {
		offs -= tmem ? rm->shm->paddr : 0;
		if (tee_shm_contains(rm->shm, offs, size)) {
			tee_shm_get(rm->shm);
			p->u.memref = (struct tee_param_memref){ offs, (size_t)size, rm->shm };
			ret = 0;
		}
	}
	optee_rpc_mem_put(o, rm);
	return ret;
}

static int param_in(struct optee *o, const struct optee_msg_param *mp, struct tee_param *p)
{
	*p = (struct tee_param){ .attr = TEE_IOCTL_PARAM_ATTR_TYPE_NONE };
	switch (attr_of(mp)) {
	case OPTEE_MSG_ATTR_TYPE_NONE:
		return 0;
	case OPTEE_MSG_ATTR_TYPE_VALUE_INPUT:
	case OPTEE_MSG_ATTR_TYPE_VALUE_OUTPUT:
	case OPTEE_MSG_ATTR_TYPE_VALUE_INOUT:
		p->attr = TEE_IOCTL_PARAM_ATTR_TYPE_VALUE_INPUT + attr_of(mp) -
			  OPTEE_MSG_ATTR_TYPE_VALUE_INPUT;
		p->u.value = (struct tee_param_value){ mp->u.value.a, mp->u.value.b, mp->u.value.c };
		return 0;
	default:
		return optee_attr_is_memref(mp->attr) ? memref_in(o, mp, p) : -EINVAL;
	}
}

/* Everything that the supplicant serves. */
static uint32_t supplicant(struct optee *o, struct optee_msg_arg *arg)
{
	struct tee_param params[OPTEE_MAX_RPC_PARAMS];
	uint32_t i, num = 0;
	uint32_t result = OPTEE_ERROR_BAD_PARAMETERS;

	while (num < arg->num_params && !param_in(o, &arg->params[num], &params[num]))
		num++;
	if (num == arg->num_params)
		result = optee_supp_request(o, arg->cmd, num, params);
	for (i = 0; i < num; i++) {
		struct optee_msg_param *mp = &arg->params[i];

		if (params[i].attr == TEE_IOCTL_PARAM_ATTR_TYPE_VALUE_OUTPUT ||
		    params[i].attr == TEE_IOCTL_PARAM_ATTR_TYPE_VALUE_INOUT) {
			mp->u.value.a = params[i].u.value.a;
			mp->u.value.b = params[i].u.value.b;
			mp->u.value.c = params[i].u.value.c;
		} else if (tee_param_is_memref(&params[i])) {
			mp->u.tmem.size = params[i].u.memref.size;
			if (params[i].u.memref.shm)
				tee_shm_put(params[i].u.memref.shm);
		}
	}
	return result;
}

void optee_rpc_cmd(struct optee *o, struct optee_call_ctx *cc, struct optee_msg_arg *arg)
{
	arg->ret_origin = OPTEE_ORIGIN_COMMS;
	switch (arg->cmd) {
	case OPTEE_RPC_CMD_GET_TIME:
		arg->ret = get_time(arg);
		break;
	case OPTEE_RPC_CMD_NOTIFICATION:
		arg->ret = notification(o, arg);
		break;
	case OPTEE_RPC_CMD_SUSPEND:
		arg->ret = suspend(o, arg);
		break;
	case OPTEE_RPC_CMD_SHM_ALLOC:
		arg->ret = shm_alloc(o, cc, arg);
		break;
	case OPTEE_RPC_CMD_SHM_FREE:
		arg->ret = shm_free(o, arg);
		break;
	case OPTEE_RPC_CMD_LOAD_TA:
	case OPTEE_RPC_CMD_RPMB:
	case OPTEE_RPC_CMD_FS:
	case OPTEE_RPC_CMD_GPROF:
	case OPTEE_RPC_CMD_SOCKET:
	case OPTEE_RPC_CMD_FTRACE:
	case OPTEE_RPC_CMD_SUPP_PLUGIN:
		arg->ret = supplicant(o, arg);
		break;
	default:
		arg->ret = OPTEE_ERROR_NOT_SUPPORTED;
		break;
	}
}
