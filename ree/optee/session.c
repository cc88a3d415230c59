/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include <errno.h>
#include <stdlib.h>

#include "ree/optee/optee_private.h"

/* Called with the context's lock held. */
static struct optee_session *find_session(struct optee_context *ctx, uint32_t id)
{
	struct optee_session *sess;
	struct list *pos;

	list_for_each(pos, &ctx->sessions) {
		sess = list_entry(pos, struct optee_session, link);
		if (sess->id == id)
			return sess;
	}
	return NULL;
}

bool optee_session_known(struct optee_context *ctx, uint32_t id)
{
	bool known;

	pthread_mutex_lock(&ctx->lock);
	known = find_session(ctx, id);
	pthread_mutex_unlock(&ctx->lock);
	return known;
}

int optee_session_add(struct optee_context *ctx, struct optee_session *sess, uint32_t id)
{
	int ret = 0;

	sess->id = id;
	pthread_mutex_lock(&ctx->lock);
	if (find_session(ctx, id)) {
		ret = -EEXIST;
	} else if (ctx->num_sessions >= OPTEE_MAX_SESSIONS) {
		ret = -ENOSPC;
	} else {
		list_add_tail(&ctx->sessions, &sess->link);
		ctx->num_sessions++;
	}
	pthread_mutex_unlock(&ctx->lock);
	return ret;
}

int optee_session_remove(struct optee_context *ctx, uint32_t id)
{
	struct optee_session *sess;

	pthread_mutex_lock(&ctx->lock);
	sess = find_session(ctx, id);
	if (sess) {
		list_del(&sess->link);
		ctx->num_sessions--;
	}
	pthread_mutex_unlock(&ctx->lock);
	if (!sess)
		return -EINVAL;
	free(sess);
	return 0;
}

bool optee_session_pop(struct optee_context *ctx, uint32_t *id)
{
	struct optee_session *sess = NULL;
	struct list *pos;

	pthread_mutex_lock(&ctx->lock);
	pos = list_pop(&ctx->sessions);
	if (pos) {
		sess = list_entry(pos, struct optee_session, link);
		*id = sess->id;
		ctx->num_sessions--;
	}
	pthread_mutex_unlock(&ctx->lock);
	free(sess);
	return pos;
}

int optee_context_create(struct optee_context **ctxp)
{
	struct optee_context *ctx = calloc(1, sizeof(*ctx));

	if (!ctx)
		return -ENOMEM;
	pthread_mutex_init(&ctx->lock, NULL);
	list_init(&ctx->sessions);
	*ctxp = ctx;
	return 0;
}

void optee_context_destroy(struct optee_context *ctx)
{
	pthread_mutex_destroy(&ctx->lock);
	free(ctx);
}
