/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include <errno.h>

#include "ree/optee/optee_private.h"

bool optee_attr_is_memref(uint64_t attr)
{
	switch (attr & OPTEE_MSG_ATTR_TYPE_MASK) {
	case OPTEE_MSG_ATTR_TYPE_RMEM_INPUT:
	case OPTEE_MSG_ATTR_TYPE_RMEM_OUTPUT:
	case OPTEE_MSG_ATTR_TYPE_RMEM_INOUT:
	case OPTEE_MSG_ATTR_TYPE_TMEM_INPUT:
	case OPTEE_MSG_ATTR_TYPE_TMEM_OUTPUT:
	case OPTEE_MSG_ATTR_TYPE_TMEM_INOUT:
		return true;
	default:
		return false;
	}
}

int optee_msg_check_answer(const struct optee_msg_arg *req, const struct optee_msg_arg *ans)
{
	const struct optee_msg_param *p, *q;
	uint32_t i;

	if (ans->cmd != req->cmd || ans->num_params != req->num_params)
		return -EPROTO;
	for (i = 0; i < req->num_params; i++) {
		p = &req->params[i];
		q = &ans->params[i];
		if (p->attr != q->attr)
			return -EPROTO;
		/*
		 * Sizes beyond the buffer are right: how much a TA would have needed. The subsystem and
		 * the client's library never copy more than the buffer holds.
		 */
		if (optee_attr_is_memref(q->attr) && q->u.tmem.size > OPTEE_MAX_SIZE &&
		    q->u.tmem.size != p->u.tmem.size)
			return -EPROTO;
	}
	return 0;
}

static void put_memref(struct optee_msg_param *mp, const struct tee_param *param)
{
	const struct tee_param_memref *ref = &param->u.memref;
	uint64_t dir = param->attr - TEE_IOCTL_PARAM_ATTR_TYPE_MEMREF_INPUT;
	const struct tee_shm *shm = ref->shm;

	if (shm && shm->sec_world_id) {
		mp->attr = OPTEE_MSG_ATTR_TYPE_RMEM_INPUT + dir;
		mp->u.rmem.offs = shm->skip + ref->shm_offs;
		mp->u.rmem.size = ref->size;
		mp->u.rmem.shm_ref = shm->sec_world_id;
		return;
	}
	mp->attr = OPTEE_MSG_ATTR_TYPE_TMEM_INPUT + dir;
	mp->u.tmem.size = ref->size;
	if (!shm)
		return;
	mp->attr |= OPTEE_MSG_ATTR_CACHE_PREDEFINED << OPTEE_MSG_ATTR_CACHE_SHIFT;
	mp->u.tmem.buf_ptr = shm->paddr + shm->skip + ref->shm_offs;
	mp->u.tmem.shm_ref = (uint32_t)shm->id;
}

int optee_msg_put_params(struct optee_msg_param *mp, const struct tee_param *params, uint32_t num)
{
	uint32_t i;

	for (i = 0; i < num; i++) {
		/* With META set no case fits: those are the driver's own. */
		switch (params[i].attr) {
		case TEE_IOCTL_PARAM_ATTR_TYPE_NONE:
			mp[i].attr = OPTEE_MSG_ATTR_TYPE_NONE;
			break;
		case TEE_IOCTL_PARAM_ATTR_TYPE_VALUE_INPUT:
		case TEE_IOCTL_PARAM_ATTR_TYPE_VALUE_OUTPUT:
		case TEE_IOCTL_PARAM_ATTR_TYPE_VALUE_INOUT:
			mp[i].attr = OPTEE_MSG_ATTR_TYPE_VALUE_INPUT +
				     (params[i].attr - TEE_IOCTL_PARAM_ATTR_TYPE_VALUE_INPUT);
			mp[i].u.value.a = params[i].u.value.a;
			mp[i].u.value.b = params[i].u.value.b;
			mp[i].u.value.c = params[i].u.value.c;
			break;
		case TEE_IOCTL_PARAM_ATTR_TYPE_MEMREF_INPUT:
		case TEE_IOCTL_PARAM_ATTR_TYPE_MEMREF_OUTPUT:
		case TEE_IOCTL_PARAM_ATTR_TYPE_MEMREF_INOUT:
			put_memref(&mp[i], &params[i]);
			break;
		default:
			return -EINVAL;
		}
	}
	return 0;
}

void optee_msg_get_params(const struct optee_msg_param *mp, struct tee_param *params, uint32_t num)
{
	uint32_t i;

	for (i = 0; i < num; i++) {
		switch (params[i].attr) {
		case TEE_IOCTL_PARAM_ATTR_TYPE_VALUE_OUTPUT:
		case TEE_IOCTL_PARAM_ATTR_TYPE_VALUE_INOUT:
			params[i].u.value.a = mp[i].u.value.a;
			params[i].u.value.b = mp[i].u.value.b;
			params[i].u.value.c = mp[i].u.value.c;
			break;
		case TEE_IOCTL_PARAM_ATTR_TYPE_MEMREF_OUTPUT:
		case TEE_IOCTL_PARAM_ATTR_TYPE_MEMREF_INOUT:
			params[i].u.memref.size = mp[i].u.tmem.size;
			break;
		default:
			break;
		}
	}
}
