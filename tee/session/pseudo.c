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
	inst = img ? inst_create(img) : NULL;
	if (!inst) {
		if (img)
			image_settle(img);
		return -ENOMEM;
	}
	img->state = IMAGE_LOADED;
	img->flags = TA_FLAG_SINGLE_INSTANCE | TA_FLAG_MULTI_SESSION | TA_FLAG_INSTANCE_KEEP_ALIVE |
		     ops->flags;
	img->pseudo = ops;
	img->pseudo_data = data;
	inst->state = INST_ALIVE;
	return 0;
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
