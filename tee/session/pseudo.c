// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (c) 2026 the teelink authors */
#include "tee/session/pseudo.h"

#include <errno.h>
#include <stdlib.h>

#include "tee/session/manager.h"
#include "tee/session/result.h"

int pseudo_ta_add(struct session_manager *sm, const uint8_t uuid[16],
		  const struct pseudo_ta_ops *ops, void *data)
{
	struct session_image *img;
	struct session_inst *inst;

	if (image_find(sm, uuid))
		return -EEXIST;
	img = image_create(sm, uuid);
	if (!img)
		return -ENOMEM;
	img->state = IMAGE_LOADED;
	img->flags = ops->flags;
	img->pseudo = ops;
	img->pseudo_data = data;
	if (ops->concurrent)
		return 0;
	img->flags |= TA_FLAG_SINGLE_INSTANCE | TA_FLAG_MULTI_SESSION | TA_FLAG_INSTANCE_KEEP_ALIVE;
	inst = inst_create(img);
	if (inst)
		return 0;
	img->pseudo = NULL;
	image_settle(img);
	return -ENOMEM;
}

void pseudo_ta_cancel(struct session_inst *inst)
{
	const struct pseudo_ta_ops *ops = inst->image->pseudo;
	struct tee_request *rq = inst->current;

	if (!rq || rq->kind != REQUEST_INVOKE)
		return;
	rq->call.cancelled = true;
	if (ops->cancel)
		ops->cancel(inst->image->pseudo_data, rq->session->pseudo_ctx, &rq->call);
}

int pseudo_ta_call(struct session_inst *inst, struct ta_call *call)
{
	const struct pseudo_ta_ops *ops = inst->image->pseudo;
	void *data = inst->image->pseudo_data;
	struct tee_session *s = session_by_id(inst->image->sm, call->session);

	call->origin = TEE_ORIGIN_TRUSTED_APP;
	call->result = TEE_SUCCESS;
	switch (call->entry) {
	case TA_ENTRY_OPEN_SESSION:
		if (ops->open)
			call->result = ops->open(data, call, &s->pseudo_ctx);
		break;
	case TA_ENTRY_INVOKE:
		call->result = ops->invoke(data, s->pseudo_ctx, call);
		break;
	case TA_ENTRY_CLOSE_SESSION:
		if (ops->close)
			ops->close(data, s->pseudo_ctx);
		break;
	default:
		break;
	}
	return 0;
}
