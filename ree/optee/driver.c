/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/log.h"
#include "ree/optee/optee_private.h"
#include "ree/tee/session_set.h"

static void get_version(struct tee_device *dev, struct tee_ioctl_version_data *vers)
{
	const struct optee *o = tee_get_drvdata(dev);

	vers->impl_id = TEE_IMPL_ID_OPTEE;
	vers->impl_caps = TEE_OPTEE_CAP_TZ;
	vers->gen_caps = TEE_GEN_CAP_GP;
	if (o->sec_caps & OPTEE_SMC_SEC_CAP_MEMREF_NULL)
		vers->gen_caps |= TEE_GEN_CAP_MEMREF_NULL;
}

static void clnt_get_version(struct tee_device *dev, struct tee_ioctl_version_data *vers)
{
	const struct optee *o = tee_get_drvdata(dev);

	get_version(dev, vers);
	if (optee_has_dynamic(o))
		vers->gen_caps |= TEE_GEN_CAP_REG_MEM;
}

static int optee_open(struct tee_context *ctx)
{
	struct optee *o = tee_get_drvdata(ctx->dev);
	struct tee_session_set *sessions;

	if (tl_load_acquire(&o->state) == OPTEE_OFFLINE)
		return -ENODEV;
	sessions = malloc(sizeof(*sessions));
	if (!sessions)
		return -ENOMEM;
	tee_session_set_init(sessions);
	ctx->data = sessions;
	ctx->cap_memref_null = o->sec_caps & OPTEE_SMC_SEC_CAP_MEMREF_NULL;
	return 0;
}

static void free_sessions(struct tee_context *ctx)
{
	tee_session_set_destroy(ctx->data);
	free(ctx->data);
}

static void close_remote_session(struct tee_context *ctx, uint32_t session)
{
	union optee_msg msg;

	optee_msg_init(&msg, OPTEE_MSG_CMD_CLOSE_SESSION, 0);
	msg.arg.session = session;
	/* Without an answer the VM is gone, and the session with it. */
	(void)optee_call(tee_get_drvdata(ctx->dev), ctx, &msg);
}

static void optee_release(struct tee_context *ctx)
{
	uint32_t session;

	while (tee_session_set_pop(ctx->data, &session))
		close_remote_session(ctx, session);
	free_sessions(ctx);
}

/* The two META parameters: whom to open, and who asks. */
static void put_meta(struct optee_msg_param *mp, const struct tee_ioctl_open_session_arg *arg)
{
	uint64_t half[2];

	memcpy(half, arg->uuid, sizeof(half));
	mp[0].attr = OPTEE_MSG_ATTR_TYPE_VALUE_INPUT | OPTEE_MSG_ATTR_META;
	mp[0].u.value.a = half[0];
	mp[0].u.value.b = half[1];

	mp[1].attr = OPTEE_MSG_ATTR_TYPE_VALUE_INPUT | OPTEE_MSG_ATTR_META;
	mp[1].u.value.c = arg->clnt_login;
	/* Only a group login has something to say: which group. */
	if (arg->clnt_login == TEE_IOCTL_LOGIN_GROUP) {
		memcpy(half, arg->clnt_uuid, sizeof(half));
		mp[1].u.value.a = half[0];
		mp[1].u.value.b = half[1];
	}
}

/* The secure world opened session @id: from now on it is the client's, or closed again. */
static void take_session(struct tee_context *ctx, struct tee_session_entry *entry, uint32_t id,
			 struct tee_ioctl_open_session_arg *arg)
{
	switch (tee_session_set_add(ctx->data, entry, id)) {
	case 0:
		return;
	case -EEXIST:
		log_warn("optee: session %u was opened twice", id);
		arg->ret = OPTEE_ERROR_COMMUNICATION;
		break;
	default:
		close_remote_session(ctx, id);
		arg->ret = OPTEE_ERROR_OUT_OF_MEMORY;
		break;
	}
	free(entry);
	arg->ret_origin = OPTEE_ORIGIN_COMMS;
}

/* What a client is told of a call that brought no answer. */
static uint32_t call_result(int ret)
{
	switch (ret) {
	case -ECANCELED:
		return OPTEE_ERROR_CANCEL;
	case -ENOMEM:
		return OPTEE_ERROR_OUT_OF_MEMORY;
	default:
		return OPTEE_ERROR_COMMUNICATION;
	}
}

static int optee_open_session(struct tee_context *ctx, struct tee_ioctl_open_session_arg *arg,
			      struct tee_param *params)
{
	struct tee_session_entry *entry;
	union optee_msg msg;
	int ret;

	ret = tee_session_check_login(arg->clnt_login);
	if (ret)
		return ret;
	if (arg->num_params > OPTEE_MAX_CLIENT_PARAMS)
		return -EINVAL;
	optee_msg_init(&msg, OPTEE_MSG_CMD_OPEN_SESSION, 2 + arg->num_params);
	msg.arg.cancel_id = arg->cancel_id;
	put_meta(msg.arg.params, arg);
	ret = optee_msg_put_params(msg.arg.params + 2, params, arg->num_params);
	if (ret)
		return ret;
	/* First, so that an open session never lacks it. */
	entry = calloc(1, sizeof(*entry));
	if (!entry)
		return -ENOMEM;

	ret = optee_call(tee_get_drvdata(ctx->dev), ctx, &msg);
	if (ret) {
		free(entry);
		arg->ret = call_result(ret);
		arg->ret_origin = OPTEE_ORIGIN_COMMS;
		return 0;
	}
	arg->ret = msg.arg.ret;
	arg->ret_origin = msg.arg.ret_origin;
	optee_msg_get_params(msg.arg.params + 2, params, arg->num_params);
	if (arg->ret != OPTEE_SUCCESS) {
		free(entry);
		return 0;
	}
	arg->session = msg.arg.session;
	take_session(ctx, entry, arg->session, arg);
	return 0;
}

static int optee_close_session(struct tee_context *ctx, uint32_t session)
{
	int ret;

	ret = tee_session_set_remove(ctx->data, session);
	if (ret)
		return ret;
	close_remote_session(ctx, session);
	return 0;
}

static int optee_invoke_func(struct tee_context *ctx, struct tee_ioctl_invoke_arg *arg,
			     struct tee_param *params)
{
	union optee_msg msg;
	int ret;

	if (!tee_session_set_has(ctx->data, arg->session) ||
	    arg->num_params > OPTEE_MAX_CLIENT_PARAMS)
		return -EINVAL;
	optee_msg_init(&msg, OPTEE_MSG_CMD_INVOKE_COMMAND, arg->num_params);
	msg.arg.func = arg->func;
	msg.arg.session = arg->session;
	msg.arg.cancel_id = arg->cancel_id;
	ret = optee_msg_put_params(msg.arg.params, params, arg->num_params);
	if (ret)
		return ret;

	ret = optee_call(tee_get_drvdata(ctx->dev), ctx, &msg);
	if (ret) {
		arg->ret = call_result(ret);
		arg->ret_origin = OPTEE_ORIGIN_COMMS;
		return 0;
	}
	arg->ret = msg.arg.ret;
	arg->ret_origin = msg.arg.ret_origin;
	optee_msg_get_params(msg.arg.params, params, arg->num_params);
	return 0;
}

static int optee_cancel_req(struct tee_context *ctx, uint32_t cancel_id, uint32_t session)
{
	struct optee *o = tee_get_drvdata(ctx->dev);
	union optee_msg msg;

	/* One that still waits for a secure thread ends here. */
	if (optee_queue_cancel(o, ctx, session, cancel_id))
		return 0;
	/* A session that is being opened has no id yet. */
	if (session && !tee_session_set_has(ctx->data, session))
		return -EINVAL;
	optee_msg_init(&msg, OPTEE_MSG_CMD_CANCEL, 0);
	msg.arg.session = session;
	msg.arg.cancel_id = cancel_id;
	return optee_call(o, ctx, &msg);
}

static int supp_open(struct tee_context *ctx)
{
	struct optee *o = tee_get_drvdata(ctx->dev);
	int ret;

	ret = optee_open(ctx);
	if (ret)
		return ret;
	ret = optee_supp_attach(o, ctx);
	if (ret)
		free_sessions(ctx);
	return ret;
}

/* Its memory may live on, by the secure world's references: it serves no more all the same. */
static void supp_close(struct tee_context *ctx)
{
	optee_supp_detach(tee_get_drvdata(ctx->dev), ctx);
}

static const struct tee_driver_ops clnt_ops = {
	.get_version = clnt_get_version,
	.open = optee_open,
	.release = optee_release,
	.open_session = optee_open_session,
	.close_session = optee_close_session,
	.invoke_func = optee_invoke_func,
	.cancel_req = optee_cancel_req,
	.shm_register = optee_shm_register,
	.shm_register_fd = optee_shm_register_fd,
	.shm_unregister = optee_shm_unregister,
};

const struct tee_desc optee_clnt_desc = {
	.name = "optee-clnt",
	.ops = &clnt_ops,
};

static const struct tee_driver_ops supp_ops = {
	.get_version = get_version,
	.open = supp_open,
	.close = supp_close,
	.release = optee_release,
	.supp_recv = optee_supp_recv,
	.supp_send = optee_supp_send,
	.shm_register = optee_shm_register_supp,
	.shm_register_fd = optee_shm_register_fd,
	.shm_unregister = optee_shm_unregister,
};

const struct tee_desc optee_supp_desc = {
	.name = "optee-supp",
	.ops = &supp_ops,
	.flags = TEE_DESC_PRIVILEGED,
};
