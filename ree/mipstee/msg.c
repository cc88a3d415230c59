/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include <errno.h>
#include <string.h>

#include "lib/cursor.h"
#include "ree/mipstee/mipstee_private.h"

void mipstee_msg_init(struct mipstee_msg *msg, enum mipstee_cmd cmd, uint32_t num_params)
{
	memset(msg, 0, mipstee_msg_size(num_params));
	msg->arg.cmd = cmd;
	msg->arg.num_params = num_params;
}

int mipstee_msg_receive(struct mipstee_msg *msg, const volatile void *shm_msg, size_t len)
{
	struct cursor c;

	if (len < mipstee_msg_size(0) || len > sizeof(*msg))
		return -EPROTO;
	cursor_init_ro(&c, (const void *)(uintptr_t)shm_msg, len);
	if (!cursor_get(&c, msg, len))
		return -EPROTO;
	/* From here on the copy counts: the compiler may not look at the original again. */
	__atomic_signal_fence(__ATOMIC_SEQ_CST);

	if (msg->hdr.magic != MIPSTEE_MAGIC || msg->arg.num_params > MIPSTEE_NUM_PARAMS ||
	    mipstee_msg_size(msg->arg.num_params) != len)
		return -EPROTO;
	return 0;
}

static bool attr_is_memref(uint64_t attr)
{
	switch (attr & MIPSTEE_ATTR_TYPE_MASK) {
	case MIPSTEE_ATTR_RMEM_IN:
	case MIPSTEE_ATTR_RMEM_OUT:
	case MIPSTEE_ATTR_RMEM_INOUT:
	case MIPSTEE_ATTR_TMEM_IN:
	case MIPSTEE_ATTR_TMEM_OUT:
	case MIPSTEE_ATTR_TMEM_INOUT:
		return true;
	default:
		return false;
	}
}

int mipstee_msg_check_answer(const struct mipstee_msg *req, const struct mipstee_msg *ans)
{
	uint32_t i;

	if (ans->arg.cmd != req->arg.cmd || ans->arg.num_params != req->arg.num_params)
		return -EPROTO;
	for (i = 0; i < req->arg.num_params; i++) {
		if (ans->param[i].attr != req->param[i].attr)
			return -EPROTO;
		/*
		 * Sizes beyond the buffer are right: how much a TA would have needed. The client's
		 * library never copies more than the buffer holds.
		 */
		if (attr_is_memref(ans->param[i].attr) &&
		    ans->param[i].u.tmem.size > MIPSTEE_MAX_SIZE &&
		    ans->param[i].u.tmem.size != req->param[i].u.tmem.size)
			return -EPROTO;
	}
	return 0;
}

static void put_memref(const struct mipstee *mt, struct mipstee_param *mp,
		       const struct tee_param *param)
{
	const struct tee_param_memref *ref = &param->u.memref;
	uint64_t dir = param->attr - TEE_IOCTL_PARAM_ATTR_TYPE_MEMREF_INPUT;
	const struct tee_shm *shm = ref->shm;

	if (shm && shm->sec_world_id) {
		mp->attr = MIPSTEE_ATTR_RMEM_IN + dir;
		mp->u.rmem.offs = shm->skip + ref->shm_offs;
		mp->u.rmem.size = ref->size;
		mp->u.rmem.shm_ref = shm->sec_world_id;
		return;
	}
	mp->attr = MIPSTEE_ATTR_TMEM_IN + dir;
	mp->u.tmem.buf_ptr = MIPSTEE_NULL_BUF;
	if (shm)
		mp->u.tmem.buf_ptr = shm->paddr - mt->shm_gpa + shm->skip + ref->shm_offs;
	mp->u.tmem.size = ref->size;
	mp->u.tmem.shm_ref = 0;
}

int mipstee_msg_put_params(const struct mipstee *mt, struct mipstee_param *mp,
			   const struct tee_param *params, uint32_t num)
{
	uint32_t i;

	for (i = 0; i < num; i++) {
		/* With META set no case fits: those are the driver's own. */
		switch (params[i].attr) {
		case TEE_IOCTL_PARAM_ATTR_TYPE_NONE:
			mp[i] = (struct mipstee_param){ .attr = MIPSTEE_ATTR_NONE };
			break;
		case TEE_IOCTL_PARAM_ATTR_TYPE_VALUE_INPUT:
		case TEE_IOCTL_PARAM_ATTR_TYPE_VALUE_OUTPUT:
		case TEE_IOCTL_PARAM_ATTR_TYPE_VALUE_INOUT:
			mp[i].attr = MIPSTEE_ATTR_VALUE_IN +
				     (params[i].attr - TEE_IOCTL_PARAM_ATTR_TYPE_VALUE_INPUT);
			mp[i].u.value.a = params[i].u.value.a;
			mp[i].u.value.b = params[i].u.value.b;
			mp[i].u.value.c = params[i].u.value.c;
			break;
		case TEE_IOCTL_PARAM_ATTR_TYPE_MEMREF_INPUT:
		case TEE_IOCTL_PARAM_ATTR_TYPE_MEMREF_OUTPUT:
		case TEE_IOCTL_PARAM_ATTR_TYPE_MEMREF_INOUT:
			put_memref(mt, &mp[i], &params[i]);
			break;
		default:
			return -EINVAL;
		}
	}
	return 0;
}

void mipstee_msg_get_params(const struct mipstee_param *mp, struct tee_param *params, uint32_t num)
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
