/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
#include "ree/libteec/operation.h"

#include <errno.h>
#include <pthread.h>

#include "ree/libteec/shm.h"

static int prepare_temp(TEEC_Context *ctx, uint32_t type, const TEEC_TempMemoryReference *ref,
			struct tee_ioctl_param *p, TEEC_SharedMemory *temp)
{
	int ret;

	temp->buffer = ref->buffer;
	temp->size = ref->size;
	/* The low two bits of the type are the directions. */
	temp->flags = type & (TEEC_MEM_INPUT | TEEC_MEM_OUTPUT);
	p->attr = type;
	p->b = ref->size;
	if (!ref->buffer && ref->size)
		return -EINVAL;
	if (!ref->buffer && ctx->imp.memref_null) {
		p->c = TEE_MEMREF_NULL;
		return 0;
	}
	if (ref->buffer)
		ret = teec_shm_register_brief(ctx, temp);
	else
		ret = teec_shm_allocate(ctx, temp);
	if (ret)
		return ret;
	p->c = (__u64)temp->imp.id;
	/* Outputs too: what the TA leaves alone must be the same after the copy back. */
	teec_shm_to_shadow(temp, 0, temp->size);
	return 0;
}

static int prepare_registered(const TEEC_Context *ctx, const TEEC_SharedMemory *shm,
			      uint32_t directions, size_t offset, size_t size,
			      struct tee_ioctl_param *p)
{
	int ret;

	if (!directions || (shm->flags & directions) != directions)
		return -EINVAL;
	if (offset > shm->size || size > shm->size - offset)
		return -EINVAL;
	ret = teec_shm_usable(shm, ctx->imp.fd);
	if (ret)
		return ret;
	p->attr = TEE_IOCTL_PARAM_ATTR_TYPE_MEMREF_INPUT - TEEC_MEM_INPUT + directions;
	p->a = offset;
	p->b = size;
	p->c = (__u64)shm->imp.id;
	teec_shm_to_shadow(shm, offset, size);
	return 0;
}

static const TEEC_SharedMemory *live_parent(const TEEC_RegisteredMemoryReference *ref)
{
	if (!ref->parent || !(ref->parent->imp.flags & TEEC_SHM_LIVE))
		return NULL;
	return ref->parent;
}

static int prepare_param(TEEC_Context *ctx, uint32_t type, const TEEC_Parameter *in,
			 struct tee_ioctl_param *p, TEEC_SharedMemory *temp)
{
	const uint32_t both = TEEC_MEM_INPUT | TEEC_MEM_OUTPUT;
	const TEEC_SharedMemory *shm;

	switch (type) {
	case TEEC_NONE:
		return 0;
	case TEEC_VALUE_INPUT:
	case TEEC_VALUE_OUTPUT:
	case TEEC_VALUE_INOUT:
		p->attr = type;
		p->a = in->value.a;
		p->b = in->value.b;
		return 0;
	case TEEC_MEMREF_TEMP_INPUT:
	case TEEC_MEMREF_TEMP_OUTPUT:
	case TEEC_MEMREF_TEMP_INOUT:
		return prepare_temp(ctx, type, &in->tmpref, p, temp);
	case TEEC_MEMREF_WHOLE:
		shm = live_parent(&in->memref);
		if (!shm)
			return -EINVAL;
		return prepare_registered(ctx, shm, shm->flags & both, 0, shm->size, p);
	case TEEC_MEMREF_PARTIAL_INPUT:
	case TEEC_MEMREF_PARTIAL_OUTPUT:
	case TEEC_MEMREF_PARTIAL_INOUT:
		shm = live_parent(&in->memref);
		if (!shm)
			return -EINVAL;
		return prepare_registered(ctx, shm, type & both, in->memref.offset, in->memref.size,
					  p);
	default:
		return -EINVAL;
	}
}

int teec_op_prepare(TEEC_Context *ctx, const TEEC_Operation *op, struct tee_ioctl_param *params,
		    TEEC_SharedMemory *temp)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < TEEC_NUM_PARAMS; i++)
		teec_shm_init(&temp[i]);
	if (!op)
		return 0;
	for (i = 0; i < TEEC_NUM_PARAMS && !ret; i++)
		ret = prepare_param(ctx, TEEC_PARAM_TYPE_GET(op->paramTypes, i), &op->params[i],
				    &params[i], &temp[i]);
	return ret;
}

/* The size that the TEE says may be larger than the memory: that much would have been needed. */
static size_t written(const struct tee_ioctl_param *p, size_t room)
{
	return p->b < room ? (size_t)p->b : room;
}

static void write_back_param(uint32_t type, TEEC_Parameter *out, const struct tee_ioctl_param *p,
			     const TEEC_SharedMemory *temp)
{
	const TEEC_SharedMemory *shm;

	switch (type) {
	case TEEC_VALUE_OUTPUT:
	case TEEC_VALUE_INOUT:
		out->value.a = (uint32_t)p->a;
		out->value.b = (uint32_t)p->b;
		break;
	case TEEC_MEMREF_TEMP_OUTPUT:
	case TEEC_MEMREF_TEMP_INOUT:
		teec_shm_from_shadow(temp, 0, written(p, temp->size));
		out->tmpref.size = (size_t)p->b;
		break;
	case TEEC_MEMREF_WHOLE:
		shm = out->memref.parent;
		if (!(shm->flags & TEEC_MEM_OUTPUT))
			break;
		teec_shm_from_shadow(shm, 0, written(p, shm->size));
		out->memref.size = (size_t)p->b;
		break;
	case TEEC_MEMREF_PARTIAL_OUTPUT:
	case TEEC_MEMREF_PARTIAL_INOUT:
		teec_shm_from_shadow(out->memref.parent, out->memref.offset,
				     written(p, out->memref.size));
		out->memref.size = (size_t)p->b;
		break;
	default:
		break;
	}
}

void teec_op_write_back(TEEC_Operation *op, const struct tee_ioctl_param *params,
			const TEEC_SharedMemory *temp)
{
	unsigned int i;

	for (i = 0; op && i < TEEC_NUM_PARAMS; i++)
		write_back_param(TEEC_PARAM_TYPE_GET(op->paramTypes, i), &op->params[i], &params[i],
				 &temp[i]);
}

void teec_op_release(TEEC_SharedMemory *temp)
{
	unsigned int i;

	for (i = 0; i < TEEC_NUM_PARAMS; i++)
		teec_shm_release(&temp[i]);
}

/*
 * lock guards last_id and, in every operation, started and imp.session: a canceller must find
 * either a call that hasn't returned or nothing.
 */
static struct {
	pthread_mutex_t lock;
	uint32_t last_id;
} calls = { .lock = PTHREAD_MUTEX_INITIALIZER };

/* A child has no thread that could give the lock back: a fork waits until it is free. */
static void fork_prepare(void)
{
	pthread_mutex_lock(&calls.lock);
}

static void fork_done(void)
{
	pthread_mutex_unlock(&calls.lock);
}

__attribute__((constructor)) static void fork_register(void)
{
	pthread_atfork(fork_prepare, fork_done, fork_done);
}

uint32_t teec_op_begin(TEEC_Operation *op, TEEC_Session *session)
{
	uint32_t id;

	if (!op)
		return 0;
	pthread_mutex_lock(&calls.lock);
	id = ++calls.last_id;
	if (!id)
		id = ++calls.last_id;
	op->started = id;
	op->imp.session = session;
	pthread_mutex_unlock(&calls.lock);
	return id;
}

void teec_op_end(TEEC_Operation *op)
{
	if (!op)
		return;
	pthread_mutex_lock(&calls.lock);
	op->imp.session = NULL;
	pthread_mutex_unlock(&calls.lock);
}

bool teec_op_target(const TEEC_Operation *op, int *fd, struct tee_ioctl_cancel_arg *arg)
{
	const TEEC_Session *session = NULL;

	pthread_mutex_lock(&calls.lock);
	/* A program that hasn't begun needn't have set more than started. */
	if (op->started)
		session = op->imp.session;
	if (session) {
		*fd = session->imp.device;
		arg->session = session->imp.session_id;
		arg->cancel_id = op->started;
	}
	pthread_mutex_unlock(&calls.lock);
	return session != NULL;
}
