/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include <errno.h>
#include <stdlib.h>

#include "ree/tee/tee_private.h"

int tee_context_open(struct tee_device *dev, struct tee_context **ctxp)
{
	struct tee_context *ctx;
	int ret;

	ret = tee_device_get(dev);
	if (ret)
		return ret;
	ctx = calloc(1, sizeof(*ctx));
	if (!ctx) {
		ret = -ENOMEM;
		goto err_put;
	}
	ctx->dev = dev;
	ctx->refs = 1;
	ret = dev->desc->ops->open(ctx);
	if (ret)
		goto err_free;

	pthread_mutex_lock(&dev->lock);
	dev->num_contexts++;
	pthread_mutex_unlock(&dev->lock);
	*ctxp = ctx;
	return 0;

err_free:
	free(ctx);
err_put:
	tee_device_put(dev);
	return ret;
}

void tee_context_get(struct tee_context *ctx)
{
	struct tee_device *dev = ctx->dev;

	pthread_mutex_lock(&dev->lock);
	if (!ctx->releasing)
		ctx->refs++;
	pthread_mutex_unlock(&dev->lock);
}

/* The caller holds the device: the context's own hold on it may be gone. */
void tee_context_put(struct tee_context *ctx)
{
	struct tee_device *dev = ctx->dev;
	bool last = false;

	pthread_mutex_lock(&dev->lock);
	if (!ctx->releasing && !--ctx->refs) {
		ctx->releasing = true;
		dev->num_contexts--;
		last = true;
	}
	pthread_mutex_unlock(&dev->lock);
	if (!last)
		return;
	dev->desc->ops->release(ctx);
	free(ctx);
}

void tee_context_close(struct tee_context *ctx)
{
	struct tee_device *dev = ctx->dev;

	if (dev->desc->ops->close)
		dev->desc->ops->close(ctx);
	tee_context_put(ctx);
	tee_device_put(dev);
}

static int tee_node_open(struct node_file *file)
{
	struct tee_context *ctx;
	int ret;

	ret = tee_context_open(file->node_data, &ctx);
	if (ret)
		return ret;
	file->data = ctx;
	return 0;
}

static void tee_node_release(struct node_file *file)
{
	tee_context_close(file->data);
}

static int tee_node_ioctl(struct node_file *file, unsigned int cmd, void *arg)
{
	return tee_ioctl(file->data, cmd, arg);
}

const struct node_ops tee_node_ops = {
	.open = tee_node_open,
	.release = tee_node_release,
	.ioctl = tee_node_ioctl,
};
