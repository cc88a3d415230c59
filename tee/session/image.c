/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "tee/session/manager.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tee/session/result.h"

bool image_keeps_alive(const struct session_image *img)
{
	return (img->flags & TA_FLAG_SINGLE_INSTANCE) && (img->flags & TA_FLAG_INSTANCE_KEEP_ALIVE);
}

bool image_keeps_crashed(const struct session_image *img)
{
	return image_keeps_alive(img) && (img->flags & TA_FLAG_INSTANCE_KEEP_CRASHED);
}

static void wait_at(struct session_image *img, struct tee_request *rq)
{
	rq->image = img;
	rq->inst = NULL;
	rq->state = REQUEST_QUEUED;
	list_add_tail(&img->waiters, &rq->node);
}

struct session_inst *image_single_inst(struct session_image *img)
{
	struct list *pos;

	list_for_each(pos, &img->insts) {
		struct session_inst *inst = list_entry(pos, struct session_inst, node);

		if (inst->state == INST_STILLBORN)
			continue;
		if (inst->state != INST_DEAD || image_keeps_crashed(img))
			return inst;
	}
	return NULL;
}

static void join_inst(struct session_inst *inst, struct tee_request *rq)
{
	rq->image = inst->image;
	inst->num_sessions++;
	inst_enqueue(inst, rq);
}

/* Return: false when a new instance is to be made. */
static bool route_to_single(struct session_image *img, struct tee_request *rq)
{
	struct session_inst *inst = image_single_inst(img);

	if (!inst)
		return false;
	if (inst_would_deadlock(inst, rq))
		request_finish(rq, TEE_ERROR_BUSY, TEE_ORIGIN_TEE);
	else if (inst->state == INST_ENDING)
		wait_at(img, rq);
	else if (inst->state == INST_DEAD)
		request_finish(rq, TEE_ERROR_TARGET_DEAD, TEE_ORIGIN_TEE);
	else if (inst->num_sessions && !(img->flags & TA_FLAG_MULTI_SESSION))
		request_finish(rq, TEE_ERROR_BUSY, TEE_ORIGIN_TEE);
	else
		join_inst(inst, rq);
	return true;
}

void image_route(struct session_image *img, struct tee_request *rq)
{
	struct session_inst *inst;

	if ((img->flags & TA_FLAG_SINGLE_INSTANCE) && route_to_single(img, rq))
		return;
	inst = inst_create(img);
	if (!inst)
		request_finish(rq, TEE_ERROR_OUT_OF_MEMORY, TEE_ORIGIN_TEE);
	else
		join_inst(inst, rq);
}

static void take_waiters(struct session_image *img, struct list *head)
{
	struct list *node;

	list_init(head);
	while ((node = list_pop(&img->waiters)))
		list_add_tail(head, node);
}

void image_wake(struct session_image *img)
{
	struct list waiters, *node;

	take_waiters(img, &waiters);
	while ((node = list_pop(&waiters)))
		image_route(img, list_entry(node, struct tee_request, node));
	image_settle(img);
}

static void image_free(struct session_image *img)
{
	list_del(&img->node);
	list_del(&img->run.node);
	if (img->ta)
		ta_image_put(img->ta);
	free(img);
}

void image_settle(struct session_image *img)
{
	if (img->state != IMAGE_LOADING && !img->pseudo && list_empty(&img->insts) &&
	    list_empty(&img->waiters))
		image_free(img);
}

static void refuse_waiters(struct session_image *img, uint32_t result)
{
	struct list waiters, *node;

	take_waiters(img, &waiters);
	while ((node = list_pop(&waiters)))
		request_finish(list_entry(node, struct tee_request, node), result, TEE_ORIGIN_TEE);
}

void image_drop_all(struct session_manager *sm)
{
	while (!list_empty(&sm->images)) {
		struct session_image *img = list_entry(sm->images.next, struct session_image, node);

		while (!list_empty(&img->insts))
			inst_drop(list_entry(img->insts.next, struct session_inst, node));
		refuse_waiters(img, TEE_ERROR_TARGET_DEAD);
		image_free(img);
	}
}

static void load_next(struct session_manager *sm)
{
	while (sm->num_loading < SESSION_MAX_LOADS && !list_empty(&sm->load_queue)) {
		struct runnable *r = list_entry(list_pop(&sm->load_queue), struct runnable, node);

		container_of(r, struct session_image, run)->state = IMAGE_LOADING;
		sm->num_loading++;
		manager_schedule(sm, r);
	}
}

static void image_load(struct runnable *r)
{
	struct session_image *img = container_of(r, struct session_image, run);
	struct session_manager *sm = img->sm;
	int rc;

	manager_hand_over(sm);
	rc = ta_image_load(sm->world, img->uuid, &img->ta);
	sm->num_loading--;
	load_next(sm);
	if (!rc) {
		img->flags = ta_image_flags(img->ta);
		img->state = IMAGE_LOADED;
		image_wake(img);
		return;
	}
	refuse_waiters(img, image_load_result(rc));
	image_free(img);
}

struct session_image *image_find(struct session_manager *sm, const uint8_t uuid[16])
{
	struct list *pos;

	list_for_each(pos, &sm->images) {
		struct session_image *img = list_entry(pos, struct session_image, node);

		if (!memcmp(img->uuid, uuid, 16))
			return img;
	}
	return NULL;
}

struct session_image *image_create(struct session_manager *sm, const uint8_t uuid[16])
{
	struct session_image *img = calloc(1, sizeof(*img));

	if (!img)
		return NULL;
	img->sm = sm;
	img->run.run = image_load;
	img->state = IMAGE_QUEUED;
	memcpy(img->uuid, uuid, 16);
	list_init(&img->insts);
	list_init(&img->waiters);
	list_init(&img->run.node);
	list_add_tail(&sm->images, &img->node);
	return img;
}

void image_open(struct session_manager *sm, struct tee_request *rq)
{
	struct session_image *img = image_find(sm, rq->uuid);

	if (img && img->state == IMAGE_LOADED) {
		image_route(img, rq);
		return;
	}
	if (!img) {
		img = image_create(sm, rq->uuid);
		if (!img) {
			request_finish(rq, TEE_ERROR_OUT_OF_MEMORY, TEE_ORIGIN_TEE);
			return;
		}
		list_add_tail(&sm->load_queue, &img->run.node);
	}
	wait_at(img, rq);
	load_next(sm);
}
