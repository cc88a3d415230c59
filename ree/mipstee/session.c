/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include <errno.h>
#include <stdlib.h>

#include "ree/mipstee/mipstee_private.h"

/* Called with the context's lock held. */
static struct mipstee_session *find_session(struct mipstee_context *ctx, uint32_t id)
{
	struct mipstee_session *sess;
	struct list *pos;

	list_for_each(pos, &ctx->sessions) {
		sess = list_entry(pos, struct mipstee_session, link);
		if (sess->id == id)
			return sess;
	}
	return NULL;
}

bool mipstee_session_known(struct mipstee_context *ctx, uint32_t id)
{
	bool known;

	pthread_mutex_lock(&ctx->lock);
	known = find_session(ctx, id);
	pthread_mutex_unlock(&ctx->lock);
	return known;
}

int mipstee_session_add(struct mipstee_context *ctx, struct mipstee_session *sess, uint32_t id)
{
	int ret = 0;

	sess->id = id;
	pthread_mutex_lock(&ctx->lock);
	if (find_session(ctx, id)) {
		ret = -EEXIST;
	} else if (ctx->num_sessions >= MIPSTEE_MAX_SESSIONS) {
		ret = -ENOSPC;
	} else {
		list_add_tail(&ctx->sessions, &sess->link);
		ctx->num_sessions++;
	}
	pthread_mutex_unlock(&ctx->lock);
	return ret;
}

int mipstee_session_remove(struct mipstee_context *ctx, uint32_t id)
{
	struct mipstee_session *sess;

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

void mipstee_session_remove_all(struct mipstee_context *ctx)
{
	struct list *pos;

	while ((pos = list_pop(&ctx->sessions)))
		free(list_entry(pos, struct mipstee_session, link));
	ctx->num_sessions = 0;
}
