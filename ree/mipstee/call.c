/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include <errno.h>
#include <string.h>

#include "lib/log.h"
#include "lib/trace.h"
#include "ree/mipstee/mipstee_private.h"
#include "wire/tipc.h"

/* Called with the context's lock held. */
static struct mipstee_call *find_call(struct mipstee_context *ctx, uint32_t tag)
{
	struct mipstee_call *call;
	struct list *pos;

	list_for_each(pos, &ctx->calls) {
		call = list_entry(pos, struct mipstee_call, link);
		if (call->msg.hdr.data_tag == tag)
			return call;
	}
	return NULL;
}

/* Called with the context's lock held: the call is its caller's again. */
static void finish_call(struct mipstee_call *call, enum mipstee_call_state state)
{
	list_del(&call->link);
	tl_store_release(&call->state, state);
}

void mipstee_handle_msg(void *data, const volatile void *shm_msg, size_t len)
{
	struct mipstee_context *ctx = data;
	struct mipstee_call *call;
	struct mipstee_msg ans;

	if (mipstee_msg_receive(&ans, shm_msg, len)) {
		log_warn("mipstee: dropped a malformed answer of %zu bytes", len);
		return;
	}
	pthread_mutex_lock(&ctx->lock);
	call = find_call(ctx, ans.hdr.data_tag);
	if (!call) {
		pthread_mutex_unlock(&ctx->lock);
		log_warn("mipstee: dropped an answer with unknown tag %u", ans.hdr.data_tag);
		return;
	}
	if (mipstee_msg_check_answer(&call->msg, &ans)) {
		log_warn("mipstee: answer %u doesn't fit its request", ans.hdr.data_tag);
		finish_call(call, MIPSTEE_CALL_BROKEN);
	} else {
		memcpy(&call->ans, &ans, len);
		finish_call(call, MIPSTEE_CALL_ANSWERED);
	}
	pthread_mutex_unlock(&ctx->lock);
}

static int queue_msg(struct mipstee_context *ctx, const struct mipstee_msg *msg)
{
	const struct mipstee_link_ops *ops = ctx->mt->ops;
	size_t len = mipstee_msg_size(msg->arg.num_params);
	struct tipc_txbuf *txbuf;
	int ret;

	ret = ops->chan_get_txbuf(ctx->chan, TIPC_TXBUF_TIMEOUT_MS, &txbuf);
	if (ret)
		return ret;
	if (txbuf->size < len) {
		ops->chan_put_txbuf(ctx->chan, txbuf);
		return -EMSGSIZE;
	}
	memcpy(txbuf->data, msg, len);
	ret = ops->chan_queue_msg(ctx->chan, txbuf, len);
	if (ret)
		ops->chan_put_txbuf(ctx->chan, txbuf);
	return ret;
}

/* A tag that no waiting call has; 0 is for messages without an answer. */
static uint32_t next_tag(struct mipstee_context *ctx)
{
	do
		ctx->last_tag++;
	while (!ctx->last_tag || find_call(ctx, ctx->last_tag));
	return ctx->last_tag;
}

static int begin_call(struct mipstee_context *ctx, struct mipstee_call *call)
{
	int ret = 0;

	call->msg.hdr.magic = MIPSTEE_MAGIC;
	call->state = MIPSTEE_CALL_WAITING;
	pthread_mutex_lock(&ctx->lock);
	if (ctx->state == MIPSTEE_CTX_LIVE) {
		call->msg.hdr.data_tag = next_tag(ctx);
		list_add_tail(&ctx->calls, &call->link);
	} else {
		ret = -EPIPE;
	}
	pthread_mutex_unlock(&ctx->lock);
	return ret;
}

/* No interrupt touches @call after this. Return: 0 when it was answered, else @error or better. */
static int end_call(struct mipstee_context *ctx, struct mipstee_call *call, int error)
{
	enum mipstee_call_state state;

	pthread_mutex_lock(&ctx->lock);
	state = call->state;
	if (state == MIPSTEE_CALL_WAITING)
		list_del(&call->link);
	pthread_mutex_unlock(&ctx->lock);

	switch (state) {
	case MIPSTEE_CALL_ANSWERED:
		return 0;
	case MIPSTEE_CALL_BROKEN:
		return -EPROTO;
	case MIPSTEE_CALL_DEAD:
		return -EPIPE;
	default:
		return error;
	}
}

static bool call_is_over(void *arg)
{
	const struct mipstee_call *call = arg;

	return tl_load_acquire(&call->state) != MIPSTEE_CALL_WAITING;
}

static const char *verb(uint32_t cmd)
{
	switch (cmd) {
	case MIPSTEE_CMD_OPEN_SESSION:
		return "open_session";
	case MIPSTEE_CMD_INVOKE_COMMAND:
		return "invoke";
	case MIPSTEE_CMD_CLOSE_SESSION:
		return "close_session";
	case MIPSTEE_CMD_CANCEL:
		return "cancel";
	case MIPSTEE_CMD_REGISTER_SHM:
		return "register_shm";
	default:
		return "unregister_shm";
	}
}

int mipstee_call(struct mipstee_context *ctx, struct mipstee_call *call)
{
	struct mipstee *mt = ctx->mt;
	uint32_t cmd = call->msg.arg.cmd;
	uint32_t tag;
	int ret;

	ret = begin_call(ctx, call);
	if (ret)
		return ret;
	tag = call->msg.hdr.data_tag;
	tl_trace(TRACE_MIPSTEE, TRACE_DOWN, verb(cmd), tag);
	ret = queue_msg(ctx, &call->msg);
	if (!ret)
		ret = mt->ops->wait(mt->vm, call_is_over, call, 0);
	ret = end_call(ctx, call, ret ? ret : -EIO);
	tl_trace(TRACE_MIPSTEE, TRACE_UP, verb(cmd), tag);
	return ret;
}

int mipstee_send(struct mipstee_context *ctx, struct mipstee_msg *msg)
{
	int ret;

	msg->hdr.magic = MIPSTEE_MAGIC;
	msg->hdr.data_tag = 0;
	tl_trace(TRACE_MIPSTEE, TRACE_DOWN, verb(msg->arg.cmd), msg->arg.cancel_id);
	ret = queue_msg(ctx, msg);
	tl_trace(TRACE_MIPSTEE, TRACE_UP, verb(msg->arg.cmd), msg->arg.cancel_id);
	return ret;
}

bool mipstee_call_opening(struct mipstee_context *ctx, uint32_t cancel_id)
{
	const struct mipstee_arg *arg;
	bool found = false;
	struct list *pos;

	pthread_mutex_lock(&ctx->lock);
	list_for_each(pos, &ctx->calls) {
		arg = &list_entry(pos, struct mipstee_call, link)->msg.arg;
		if (arg->cmd == MIPSTEE_CMD_OPEN_SESSION && arg->cancel_id == cancel_id)
			found = true;
	}
	pthread_mutex_unlock(&ctx->lock);
	return found;
}
