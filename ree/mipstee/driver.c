/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/log.h"
#include "ree/mipstee/mipstee_private.h"

static void mipstee_get_version(struct tee_device *dev, struct tee_ioctl_version_data *vers)
{
	(void)dev;
	vers->impl_id = MIPSTEE_IMPL_ID;
	vers->gen_caps = TEE_GEN_CAP_GP | TEE_GEN_CAP_REG_MEM | TEE_GEN_CAP_MEMREF_NULL;
}

static int mipstee_open(struct tee_context *ctx)
{
	struct mipstee_context *mctx;
	int ret;

	ret = mipstee_context_create(tee_get_drvdata(ctx->dev), &mctx);
	if (ret)
		return ret;
	ctx->data = mctx;
	ctx->cap_memref_null = true;
	return 0;
}

static void mipstee_release(struct tee_context *ctx)
{
	mipstee_context_destroy(ctx->data);
}

/* The two META parameters: whom to open, and who asks. */
static void put_meta(struct mipstee_param *mp, const struct tee_ioctl_open_session_arg *arg)
{
	uint64_t half[2];

	memcpy(half, arg->uuid, sizeof(half));
	mp[0].attr = MIPSTEE_ATTR_VALUE_IN | MIPSTEE_ATTR_META;
	mp[0].u.value.a = half[0];
	mp[0].u.value.b = half[1];

	mp[1].attr = MIPSTEE_ATTR_VALUE_IN | MIPSTEE_ATTR_META;
	mp[1].u.value.c = arg->clnt_login;
	/* Only a group login has something to say: which group. */
	if (arg->clnt_login == TEE_IOCTL_LOGIN_GROUP) {
		memcpy(half, arg->clnt_uuid, sizeof(half));
		mp[1].u.value.a = half[0];
		mp[1].u.value.b = half[1];
	}
}

static void close_remote_session(struct mipstee_context *mctx, uint32_t session)
{
	struct mipstee_call call;

	mipstee_msg_init(&call.msg, MIPSTEE_CMD_CLOSE_SESSION, 0);
	call.msg.arg.session = session;
	/* Without an answer the channel is gone, and the session with it. */
	(void)mipstee_call(mctx, &call);
}

/* The secure world opened session @id: from now on it is the client's, or closed again. */
static void take_session(struct mipstee_context *mctx, struct tee_session_entry *entry, uint32_t id,
			 struct tee_ioctl_open_session_arg *arg)
{
	switch (tee_session_set_add(&mctx->sessions, entry, id)) {
	case 0:
		return;
	case -EEXIST:
		log_warn("mipstee: session %u was opened twice", id);
		arg->ret = MIPSTEE_ERROR_COMMUNICATION;
		break;
	default:
		close_remote_session(mctx, id);
		arg->ret = MIPSTEE_ERROR_OUT_OF_MEMORY;
		break;
	}
	free(entry);
	arg->ret_origin = MIPSTEE_ORIGIN_COMMS;
}

static int mipstee_open_session(struct tee_context *ctx, struct tee_ioctl_open_session_arg *arg,
				struct tee_param *params)
{
	struct mipstee_context *mctx = ctx->data;
	struct tee_session_entry *entry;
	struct mipstee_call call;
	int ret;

	ret = tee_session_check_login(arg->clnt_login);
	if (ret)
		return ret;
	if (arg->num_params > MIPSTEE_MAX_CLIENT_PARAMS)
		return -EINVAL;
	mipstee_msg_init(&call.msg, MIPSTEE_CMD_OPEN_SESSION, 2 + arg->num_params);
	call.msg.arg.cancel_id = arg->cancel_id;
	put_meta(call.msg.param, arg);
	ret = mipstee_msg_put_params(mctx->mt, call.msg.param + 2, params, arg->num_params);
	if (ret)
		return ret;
	/* First, so that an open session never lacks it. */
	entry = calloc(1, sizeof(*entry));
	if (!entry)
		return -ENOMEM;

	if (mipstee_call(mctx, &call)) {
		free(entry);
		arg->ret = MIPSTEE_ERROR_COMMUNICATION;
		arg->ret_origin = MIPSTEE_ORIGIN_COMMS;
		return 0;
	}
	arg->ret = call.ans.arg.ret;
	arg->ret_origin = call.ans.arg.ret_origin;
	mipstee_msg_get_params(call.ans.param + 2, params, arg->num_params);
	if (arg->ret != MIPSTEE_SUCCESS) {
		free(entry);
		return 0;
	}
	arg->session = call.ans.arg.session;
	take_session(mctx, entry, arg->session, arg);
	return 0;
}

static int mipstee_close_session(struct tee_context *ctx, uint32_t session)
{
	struct mipstee_context *mctx = ctx->data;
	int ret;

	ret = tee_session_set_remove(&mctx->sessions, session);
	if (ret)
		return ret;
	close_remote_session(mctx, session);
	return 0;
}

static int mipstee_invoke_func(struct tee_context *ctx, struct tee_ioctl_invoke_arg *arg,
			       struct tee_param *params)
{
	struct mipstee_context *mctx = ctx->data;
	struct mipstee_call call;
	int ret;

	if (!tee_session_set_has(&mctx->sessions, arg->session) ||
	    arg->num_params > MIPSTEE_MAX_CLIENT_PARAMS)
		return -EINVAL;
	mipstee_msg_init(&call.msg, MIPSTEE_CMD_INVOKE_COMMAND, arg->num_params);
	call.msg.arg.func = arg->func;
	call.msg.arg.session = arg->session;
	call.msg.arg.cancel_id = arg->cancel_id;
	ret = mipstee_msg_put_params(mctx->mt, call.msg.param, params, arg->num_params);
	if (ret)
		return ret;

	if (mipstee_call(mctx, &call)) {
		arg->ret = MIPSTEE_ERROR_COMMUNICATION;
		arg->ret_origin = MIPSTEE_ORIGIN_COMMS;
		return 0;
	}
	arg->ret = call.ans.arg.ret;
	arg->ret_origin = call.ans.arg.ret_origin;
	mipstee_msg_get_params(call.ans.param, params, arg->num_params);
	return 0;
}

static int mipstee_cancel_req(struct tee_context *ctx, uint32_t cancel_id, uint32_t session)
{
	struct mipstee_context *mctx = ctx->data;
	struct mipstee_msg msg;

	/* A session that is being opened has no id yet. */
	if (!tee_session_set_has(&mctx->sessions, session) &&
	    !mipstee_call_opening(mctx, cancel_id))
		return -EINVAL;
	mipstee_msg_init(&msg, MIPSTEE_CMD_CANCEL, 0);
	msg.arg.session = session;
	msg.arg.cancel_id = cancel_id;
	return mipstee_send(mctx, &msg);
}

static const struct tee_driver_ops mipstee_ops = {
	.get_version = mipstee_get_version,
	.open = mipstee_open,
	.release = mipstee_release,
	.open_session = mipstee_open_session,
	.close_session = mipstee_close_session,
	.invoke_func = mipstee_invoke_func,
	.cancel_req = mipstee_cancel_req,
	.shm_register = mipstee_shm_register,
	.shm_register_fd = mipstee_shm_register_fd,
	.shm_unregister = mipstee_shm_unregister,
};

const struct tee_desc mipstee_desc = {
	.name = "mipstee-clnt",
	.ops = &mipstee_ops,
};
