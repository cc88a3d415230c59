/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include <errno.h>
#include <stdlib.h>

#include "ree/mipstee/mipstee_private.h"

void mipstee_context_die(struct mipstee_context *ctx)
{
	struct mipstee_call *call;
	struct list *pos;

	pthread_mutex_lock(&ctx->lock);
	ctx->state = MIPSTEE_CTX_DEAD;
	while ((pos = list_pop(&ctx->calls))) {
		call = list_entry(pos, struct mipstee_call, link);
		tl_store_release(&call->state, MIPSTEE_CALL_DEAD);
	}
	pthread_mutex_unlock(&ctx->lock);
	ctx->mt->ops->wake(ctx->mt->vm);
}

static void handle_event(void *data, enum tipc_chan_event event, int status)
{
	(void)status;
	if (event != TIPC_CHANNEL_CONNECTED)
		mipstee_context_die(data);
}

const struct tipc_chan_ops mipstee_chan_ops = {
	.handle_event = handle_event,
	.handle_msg = mipstee_handle_msg,
};

/* Joins the device's contexts, unless it went offline meanwhile. */
static int context_join(struct mipstee_context *ctx)
{
	struct mipstee *mt = ctx->mt;
	int ret = 0;

	pthread_mutex_lock(&mt->lock);
	if (mt->state == MIPSTEE_ONLINE)
		list_add_tail(&mt->contexts, &ctx->link);
	else
		ret = -ENODEV;
	pthread_mutex_unlock(&mt->lock);
	return ret;
}

static int context_connect(struct mipstee_context *ctx)
{
	const struct mipstee_link_ops *ops = ctx->mt->ops;
	int ret;

	ret = ops->chan_connect_wait(ctx->chan, MIPSTEE_PORT);
	if (ret)
		return ret;
	if (ops->chan_max_msg_size(ctx->chan) < sizeof(struct mipstee_msg)) {
		ops->chan_shutdown(ctx->chan);
		return -EPROTO;
	}
	return 0;
}

int mipstee_context_create(struct mipstee *mt, struct mipstee_context **ctxp)
{
	struct mipstee_context *ctx;
	int ret;

	ctx = calloc(1, sizeof(*ctx));
	if (!ctx)
		return -ENOMEM;
	ctx->mt = mt;
	list_init(&ctx->calls);
	pthread_mutex_init(&ctx->lock, NULL);
	tee_session_set_init(&ctx->sessions);
	/* Before connecting, which may wait: offline reaches it from here on. */
	ret = context_join(ctx);
	if (ret)
		goto err_free;
	ret = mt->ops->chan_create(mt->tipc, &mipstee_chan_ops, ctx, &ctx->chan);
	if (ret)
		goto err_leave;
	ret = context_connect(ctx);
	if (ret)
		goto err_destroy;
	*ctxp = ctx;
	return 0;

err_destroy:
	mt->ops->chan_destroy(ctx->chan);
err_leave:
	pthread_mutex_lock(&mt->lock);
	list_del(&ctx->link);
	pthread_mutex_unlock(&mt->lock);
err_free:
	tee_session_set_destroy(&ctx->sessions);
	pthread_mutex_destroy(&ctx->lock);
	free(ctx);
	return ret;
}

void mipstee_context_destroy(struct mipstee_context *ctx)
{
	struct mipstee *mt = ctx->mt;

	pthread_mutex_lock(&mt->lock);
	list_del(&ctx->link);
	pthread_mutex_unlock(&mt->lock);
	/* The secure world closes the sessions of a channel that goes. */
	mt->ops->chan_shutdown(ctx->chan);
	mt->ops->chan_destroy(ctx->chan);
	tee_session_set_destroy(&ctx->sessions);
	pthread_mutex_destroy(&ctx->lock);
	free(ctx);
}
