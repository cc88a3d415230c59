/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ree/optee/optee_private.h"
#include "wire/port.h"

/* The first parameter of a supplicant that knows ids carries the id. */
#define META_ID_ATTR (TEE_IOCTL_PARAM_ATTR_TYPE_VALUE_INOUT | TEE_IOCTL_PARAM_ATTR_META)

void optee_supp_init(struct optee_supp *supp)
{
	pthread_mutex_init(&supp->lock, NULL);
	list_init(&supp->reqs);
}

void optee_supp_destroy(struct optee_supp *supp)
{
	tee_idr_destroy(&supp->idr);
	pthread_mutex_destroy(&supp->lock);
}

static void put_memrefs(struct tee_param *param, uint32_t num)
{
	uint32_t i;

	for (i = 0; i < num; i++)
		if (tee_param_is_memref(&param[i]) && param[i].u.memref.shm)
			tee_shm_put(param[i].u.memref.shm);
}

static void get_memrefs(const struct tee_param *param, uint32_t num)
{
	uint32_t i;

	for (i = 0; i < num; i++)
		if (tee_param_is_memref(&param[i]) && param[i].u.memref.shm)
			tee_shm_get(param[i].u.memref.shm);
}

static void req_free(struct optee_supp_req *req)
{
	put_memrefs(req->param, req->num_params);
	free(req);
}

static bool req_is_done(void *arg)
{
	const struct optee_supp_req *req = arg;

	return tl_load_acquire(&req->state) == OPTEE_SUPP_DONE;
}

/* Outputs of the answer @from into @to. */
static void copy_outputs(struct tee_param *to, const struct tee_param *from, uint32_t num)
{
	uint32_t i;

	for (i = 0; i < num; i++) {
		switch (to[i].attr & TEE_IOCTL_PARAM_ATTR_TYPE_MASK) {
		case TEE_IOCTL_PARAM_ATTR_TYPE_VALUE_OUTPUT:
		case TEE_IOCTL_PARAM_ATTR_TYPE_VALUE_INOUT:
			to[i].u.value = from[i].u.value;
			break;
		case TEE_IOCTL_PARAM_ATTR_TYPE_MEMREF_OUTPUT:
		case TEE_IOCTL_PARAM_ATTR_TYPE_MEMREF_INOUT:
			to[i].u.memref.size = from[i].u.memref.size;
			break;
		default:
			break;
		}
	}
}

/* -EPIPE: it would wait for nobody's sake. */
static int queue_request(struct optee *o, struct optee_supp_req *req)
{
	struct optee_supp *supp = &o->supp;
	int ret = 0;

	pthread_mutex_lock(&supp->lock);
	/* What a supplicant made goes with it. */
	if (req->func == OPTEE_RPC_CMD_SHM_FREE && !supp->ctx)
		ret = -EPIPE;
	else
		list_add_tail(&supp->reqs, &req->link);
	pthread_mutex_unlock(&supp->lock);
	if (!ret)
		o->ops->wake(o->vm);
	return ret;
}

/* The client goes before the answer came. Return: true when the queue has @req now. */
static bool abandon(struct optee_supp *supp, struct optee_supp_req *req)
{
	bool kept = false;

	pthread_mutex_lock(&supp->lock);
	switch (req->state) {
	case OPTEE_SUPP_QUEUED:
		list_del(&req->link);
		break;
	case OPTEE_SUPP_TAKEN:
		tl_store_release(&req->state, OPTEE_SUPP_ABANDONED);
		kept = true;
		break;
	default:
		break;
	}
	pthread_mutex_unlock(&supp->lock);
	return kept;
}

uint32_t optee_supp_request(struct optee *o, uint32_t func, uint32_t num_params,
			    struct tee_param *param)
{
	struct optee_supp_req *req;
	uint32_t result = OPTEE_ERROR_COMMUNICATION;

	if (num_params > OPTEE_MAX_RPC_PARAMS)
		return OPTEE_ERROR_BAD_PARAMETERS;
	req = calloc(1, sizeof(*req));
	if (!req)
		return OPTEE_ERROR_OUT_OF_MEMORY;
	list_init(&req->link);
	req->func = func;
	req->num_params = num_params;
	memcpy(req->param, param, num_params * sizeof(*param));
	get_memrefs(req->param, num_params);
	if (!queue_request(o, req) && o->ops->wait(o->vm, req_is_done, req, 0) &&
	    abandon(&o->supp, req))
		return result;
	if (req_is_done(req)) {
		result = req->ret;
		copy_outputs(param, req->param, num_params);
	}
	req_free(req);
	return result;
}

int optee_supp_attach(struct optee *o, struct tee_context *ctx)
{
	int ret = 0;

	pthread_mutex_lock(&o->supp.lock);
	if (o->supp.ctx)
		ret = -EBUSY;
	else
		o->supp.ctx = ctx;
	pthread_mutex_unlock(&o->supp.lock);
	return ret;
}

/* Called with the lock held: the request is its client's again, or nobody's. */
static void end_request(struct optee_supp *supp, struct optee_supp_req *req, uint32_t ret)
{
	if (req->id)
		tee_idr_remove(&supp->idr, req->id);
	req->id = 0;
	if (req->state == OPTEE_SUPP_ABANDONED) {
		req_free(req);
		return;
	}
	req->ret = ret;
	tl_store_release(&req->state, OPTEE_SUPP_DONE);
}

void optee_supp_detach(struct optee *o, struct tee_context *ctx)
{
	struct optee_supp *supp = &o->supp;
	struct list *pos;
	uint32_t i;

	pthread_mutex_lock(&supp->lock);
	if (supp->ctx == ctx) {
		for (i = 1; i <= supp->idr.num; i++) {
			struct optee_supp_req *req = tee_idr_find(&supp->idr, i);

			if (req)
				end_request(supp, req, OPTEE_ERROR_COMMUNICATION);
		}
		while ((pos = list_pop(&supp->reqs)))
			end_request(supp, list_entry(pos, struct optee_supp_req, link),
				    OPTEE_ERROR_COMMUNICATION);
		supp->ctx = NULL;
		supp->req_id = 0;
	}
	pthread_mutex_unlock(&supp->lock);
	o->ops->wake(o->vm);
}

int optee_supp_get_shm(struct optee *o, uint64_t id, struct tee_shm **shmp)
{
	struct tee_context *ctx;
	int ret = -EPIPE;

	pthread_mutex_lock(&o->supp.lock);
	ctx = o->supp.ctx;
	if (ctx)
		ret = tee_shm_get_from_id(ctx, id, shmp);
	pthread_mutex_unlock(&o->supp.lock);
	return ret;
}

/* Room for parameters, all without a type; the first may be for the id. -EINVAL: something else. */
static int check_room(uint32_t num, const struct tee_param *param, bool *meta)
{
	uint32_t i;

	if (!num)
		return -EINVAL;
	for (i = 0; i < num; i++)
		if (param[i].attr & ~(uint64_t)TEE_IOCTL_PARAM_ATTR_META)
			return -EINVAL;
	*meta = param[0].attr == TEE_IOCTL_PARAM_ATTR_META;
	return 0;
}

static bool has_request(void *arg)
{
	struct optee_supp *supp = arg;
	bool has;

	pthread_mutex_lock(&supp->lock);
	has = !list_empty(&supp->reqs);
	pthread_mutex_unlock(&supp->lock);
	return has;
}

/*
 * Called with the lock held: the first request into @param. -EAGAIN: there is none; -EINVAL: it needs
 * more room, or an older supplicant hasn't answered its last one.
 */
static int take_request(struct optee_supp *supp, uint32_t *func, uint32_t *num_params,
			struct tee_param *param, bool meta)
{
	struct optee_supp_req *req;
	int id;

	if (supp->req_id)
		return -EINVAL;
	if (list_empty(&supp->reqs))
		return -EAGAIN;
	req = list_entry(supp->reqs.next, struct optee_supp_req, link);
	if (*num_params - meta < req->num_params)
		return -EINVAL;
	id = tee_idr_alloc(&supp->idr, req);
	if (id < 0)
		return id;
	list_del(&req->link);
	req->id = id;
	tl_store_release(&req->state, OPTEE_SUPP_TAKEN);
	if (meta) {
		param[0].attr = META_ID_ATTR;
		param[0].u.value = (struct tee_param_value){ (uint32_t)id, 0, 0 };
	} else {
		supp->req_id = id;
	}
	*func = req->func;
	*num_params = req->num_params + meta;
	memcpy(param + meta, req->param, req->num_params * sizeof(*param));
	get_memrefs(req->param, req->num_params);
	return 0;
}

int optee_supp_recv(struct tee_context *ctx, uint32_t *func, uint32_t *num_params,
		    struct tee_param *param)
{
	struct optee *o = tee_get_drvdata(ctx->dev);
	bool meta;
	int ret;

	ret = check_room(*num_params, param, &meta);
	if (ret)
		return ret;
	for (;;) {
		pthread_mutex_lock(&o->supp.lock);
		ret = take_request(&o->supp, func, num_params, param, meta);
		pthread_mutex_unlock(&o->supp.lock);
		if (ret != -EAGAIN)
			return ret;
		ret = o->ops->wait(o->vm, has_request, &o->supp, 0);
		if (ret)
			return ret == -EIO ? -ENODEV : ret;
	}
}

int optee_supp_send(struct tee_context *ctx, uint32_t ret, uint32_t num_params,
		    struct tee_param *param)
{
	struct optee *o = tee_get_drvdata(ctx->dev);
	struct optee_supp *supp = &o->supp;
	struct optee_supp_req *req;
	uint32_t meta = 0;
	uint64_t id;
	int err = 0;

	pthread_mutex_lock(&supp->lock);
	id = (uint32_t)supp->req_id;
	if (!id) {
		meta = 1;
		if (num_params && param[0].attr == META_ID_ATTR)
			id = param[0].u.value.a;
		else
			err = -EINVAL;
	}
	req = err ? NULL : tee_idr_find(&supp->idr, id);
	if (!err && !req)
		err = -ENOENT;
	if (!err && num_params - meta != req->num_params)
		err = -EINVAL;
	if (!err) {
		supp->req_id = 0;
		copy_outputs(req->param, param + meta, req->num_params);
		end_request(supp, req, ret);
	}
	pthread_mutex_unlock(&supp->lock);
	if (!err)
		o->ops->wake(o->vm);
	return err;
}
